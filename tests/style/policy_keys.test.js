// Every key of the policy pack has a reader: code that acts on it, or it is declared data, and then the pack's README
// says so. A key that is added and forgotten, and one that is connected and still called declared, both fail here.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');
const ROOMS = ['workers', 'server', 'ops/ctl'];
// These files read, write and compare all keys alike.
const ALIKE = /policy_(fields|lists|write|diff|hash)\.c$/;
// Struct members that are not called as the key is (workers/rules/policy.h).
const MEMBERS = {
    'return.working_days': 'give_back.working_days',
    'return.critical_minutes': 'give_back.critical_minutes',
    'return.times': 'give_back.times',
    'dispatch.critical_minutes': 'dispatch.minutes',
    'dispatch.urgent_minutes': 'dispatch.minutes',
    'dispatch.normal_minutes': 'dispatch.minutes',
    'small_fast.tiers': 'small_fast.tier_rules',
    'triage.rules': 'triage.rules',
};

function sources(folder) {
    return fs.readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
        const name = `${folder}/${entry.name}`;
        if (entry.isDirectory()) return sources(name);
        return /\.c$/.test(name) && !ALIKE.test(name) ? [name] : [];
    });
}

const FILES = ROOMS.flatMap(sources).map((name) => ({ name, text: fs.readFileSync(path.join(ROOT, name), 'utf8') }));
const RULES = JSON.parse(fs.readFileSync(path.join(ROOT, 'ops/policy/base.json'), 'utf8')).rules;
const KEYS = Object.entries(RULES).flatMap(([group, rules]) =>
    Object.keys(rules)
        .filter((key) => key !== 'note' && key !== 'legal_basis')
        .map((key) => `${group}.${key}`),
);

function readers(key) {
    const member = (MEMBERS[key] ?? key).replace('.', '\\.');
    const pattern = new RegExp(`(?:->|\\.|\\()${member}\\b`);
    return FILES.filter((file) => pattern.test(file.text)).map((file) => file.name);
}

// The list under "Declared data" of the README: lines "- `group.key`: why".
function declared() {
    const text = fs.readFileSync(path.join(ROOT, 'ops/policy/README.md'), 'utf8');
    const part = text.split('## Declared data')[1]?.split('\n## ')[0] ?? '';
    return part.split('\n').flatMap((line) => {
        const names = line.startsWith('- `') ? line.slice(0, line.indexOf(':')) : '';
        return [...names.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map((match) => match[1]);
    });
}

test('every key of the pack is read by code that acts on it, or is declared data', () => {
    const silent = KEYS.filter((key) => readers(key).length === 0);
    assert.deepStrictEqual(silent.sort(), declared().sort());
});

test('the look for readers finds what is there and not what is not', () => {
    assert.ok(readers('urgent_first.pay_hours').includes('workers/rules/clock_terms.c'));
    assert.ok(readers('return.times').includes('server/verb_plan.c'));
    assert.deepStrictEqual(readers('urgent_first.no_such_key'), []);
    assert.ok(KEYS.length > 90);
});

test('every key of the pack is told of in its README', () => {
    const text = fs.readFileSync(path.join(ROOT, 'ops/policy/README.md'), 'utf8');
    const missing = KEYS.filter((key) => !text.includes(`\`${key}`) && !text.includes(`\`${key.split('.')[1]}`));
    const pairs = missing.filter((key) => !/_minutes$/.test(key)); // "critical_minutes … normal_minutes"
    assert.deepStrictEqual(pairs, []);
});
