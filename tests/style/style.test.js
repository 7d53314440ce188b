// What the house rules say and a machine can see. Every test names file and line of what it found.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const path = require('node:path');
const tree = require('./tree.js');
const code = require('./code.js');
const rooms = require('./rooms.js');

const FILE_LINES_MAX = 600;
const LINE_MAX = 120;
const TOP_LEVEL = ['CMakeLists.txt', 'README.md', 'server', 'workers', 'queue', 'integrations',
    'tests', 'ops'];

// Why: no bound on what they write, or no way to tell an error, or a shell in between.
const BANNED = ['strcpy', 'strcat', 'sprintf', 'vsprintf', 'gets', 'atoi', 'atol', 'atoll', 'atof',
    'strtok', 'scanf', 'sscanf', 'fscanf', 'alloca', 'system', 'popen', 'tmpnam', 'mktemp',
    'strncpy', 'setjmp', 'longjmp'];

function none(found, rule) {
    assert.strictEqual(found.length, 0, `${rule}:\n  ${found.slice(0, 40).join('\n  ')}`);
}

// check(line, number, name) -> words about the fault, or null.
function eachLine(names, check) {
    const found = [];
    for (const name of names) {
        tree.lines(name).forEach((line, i) => {
            const fault = check(line, i + 1, name);
            if (fault !== null)
                found.push(`${name}:${i + 1}: ${fault}`);
        });
    }
    return found;
}

test('the tests see the tree', () => {
    assert.ok(tree.c.includes('queue/base/err.h'));
    assert.ok(tree.sources.includes('ops/up'));
    assert.ok(tree.sources.length > 50);
});

test('the top level holds only the agreed names and dot-files', () => {
    const top = new Set(tree.files.map((name) => name.split('/')[0]));
    none([...top].filter((name) => !name.startsWith('.') && !TOP_LEVEL.includes(name)),
        'not at home on the top level');
});

test('no source file is longer than 600 lines', () => {
    none(tree.sources.filter((name) => tree.lines(name).length - 1 > FILE_LINES_MAX)
        .map((name) => `${name}: ${tree.lines(name).length - 1} lines`), 'split by noun');
});

test('no source line is longer than 120 characters', () => {
    none(eachLine(tree.sources, (line) => {
        const length = [...line].length;
        return length > LINE_MAX ? `${length} characters` : null;
    }), 'too long');
});

test('sources hold no tabs, no carriage returns and no spaces at the end of a line', () => {
    none(eachLine(tree.sources, (line) => (/[\t\r]|[ ]$/.test(line) ? JSON.stringify(line) : null)),
        'white space');
});

test('every source file is UTF-8 and ends with exactly one line feed', () => {
    none(tree.sources.filter((name) => {
        const bytes = tree.read(name);
        return bytes.toString('utf8').trim() !== '' && (!/[^\n]\n$/.test(bytes.toString('utf8').slice(-2)) ||
            !Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes));
    }), 'end of file or encoding');
});

test('includes of our own are written from the root of the project', () => {
    const found = [];
    for (const name of tree.c) {
        for (const inc of code.includes(tree.text(name))) {
            const generated = /^queue\/store\/lua|_generated\.h$/.test(inc.name);
            if (!inc.angle && !tree.exists(inc.name) && !generated)
                found.push(`${name}:${inc.line}: "${inc.name}"`);
        }
    }
    none(found, 'no such file from the root');
});

test('includes go down the house only', () => {
    const found = [];
    for (const name of tree.c) {
        const from = rooms.roomOf(name);
        for (const inc of code.includes(tree.text(name)).filter((i) => !i.angle)) {
            const to = rooms.roomOf(inc.name);
            if (to !== null && !rooms.mayInclude(from, to))
                found.push(`${name}:${inc.line}: ${from} must not know ${to} (${inc.name})`);
        }
    }
    none(found, 'wrong direction');
});

test('every C file lives in a room', () => {
    none(tree.c.filter((name) => rooms.roomOf(name) === null), 'homeless');
});

test('only queue/base includes cJSON', () => {
    const found = [];
    for (const name of tree.c.filter((n) => !n.startsWith('queue/base/'))) {
        for (const inc of code.includes(tree.text(name))) {
            if (/cjson/i.test(inc.name))
                found.push(`${name}:${inc.line}`);
        }
    }
    none(found, 'use queue/base/json.h');
});

test('no banned function is called', () => {
    const call = new RegExp(`(?<![\\w.>])(${BANNED.join('|')})\\s*\\(`);
    const found = [];
    for (const name of tree.c) {
        code.strip(tree.text(name)).split('\n').forEach((line, i) => {
            const m = call.exec(line);
            if (m !== null)
                found.push(`${name}:${i + 1}: ${m[1]}()`);
        });
    }
    none(found, 'banned');
});

test('assert.h stays out: its checks vanish in release builds', () => {
    none(tree.c.filter((name) => !name.startsWith('tests/') &&
        code.includes(tree.text(name)).some((inc) => inc.name === 'assert.h')), 'use ASSERT');
});

test('every header has a comment on top and a guard made from its path', () => {
    const found = [];
    for (const name of tree.headers) {
        const text = tree.text(name);
        const guard = name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
        if (!/^\/[*/][\s\S]{20,}/.test(text))
            found.push(`${name}: begins without a comment`);
        if (!text.includes(`#ifndef ${guard}\n#define ${guard}\n`) || !/#endif[^\n]*\n$/.test(text))
            found.push(`${name}: guard ${guard} is missing`);
    }
    none(found, 'header');
});

test('every script says on top what it is', () => {
    none(tree.sources.filter((name) => tree.isScript(name) &&
        !/^(#|\/\/|--|\/\*)/.test(tree.lines(name)[1])), 'no comment on top');
});

test('scripts have the run bit and nothing else has', () => {
    const found = [];
    for (const name of tree.files) {
        const runs = (tree.mode(name) & 0o111) !== 0;
        if (runs !== tree.isScript(name))
            found.push(`${name}: ${runs ? 'has' : 'lacks'} the run bit`);
    }
    none(found, 'run bit');
});

test('nothing names a home or temporary folder of some machine', () => {
    const folders = ['home', 'root', 'tmp', 'var/tmp', 'Users'].join('|');
    const absolute = new RegExp(`(?<![\\w.}~-])/(${folders})/[\\w.]`);
    const template = /XXXXXX/; // what mkdtemp() fills in is the same on every machine
    const texts = tree.files.filter((name) => !/\.(csv|tsv|gz|png|ico)$/.test(name));
    none(eachLine(texts, (line) => (absolute.test(line) && !template.test(line) ?
        line.trim().slice(0, 80) : null)),
        'absolute path');
});

test('links between the pages lead somewhere', () => {
    const found = [];
    for (const name of tree.files.filter((n) => n.endsWith('.md'))) {
        for (const [, target] of tree.text(name).matchAll(/\]\(([^)\s#]+)[^)]*\)/g)) {
            const at = path.posix.join(path.posix.dirname(name), target);
            if (!/^[a-z]+:/.test(target) && !tree.exists(at))
                found.push(`${name}: ${target}`);
        }
    }
    none(found, 'no such file');
});
