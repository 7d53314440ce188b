// Every verb in every state, through the API: what the one table of moves allows is done or refused for a reason of
// its own, everything else is an illegal move that says what is allowed instead and changes nothing.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { Site } = require('../support/site.js');
const { plainTicket, account } = require('../support/api.js');

const TOWNSHIP = '520102022';
const SOURCE = fs.readFileSync(path.join(__dirname, '../../queue/domain/case_state.h'), 'utf8');

// The rows X(a, b, …) of one table of the header.
function rows(table) {
    const [, body] = new RegExp(`#define ${table}\\(X\\)([^]*?)\\n\\n`).exec(SOURCE);
    return [...body.matchAll(/X\(([^)]*)\)/g)].map(([, row]) =>
        row.split(',').map((cell) => cell.trim().replace(/"/g, '')),
    );
}

const STATES = new Map(rows('CASE_STATE_TABLE').map(([id, word]) => [id, word]));
const VERBS = new Map(rows('CASE_VERB_TABLE').map(([id, word]) => [id, word]));
const STAYS = new Set(rows('CASE_STAY_TABLE').map(([id]) => VERBS.get(id)));
const MOVES = new Set(
    rows('CASE_MOVE_TABLE').map(([verb, from]) => `${VERBS.get(verb)} ${STATES.get(from)}`),
);
const FINAL = new Set(['ARCHIVED', 'WITHDRAWN', 'DUPLICATE', 'CANCELLED']);

const legal = (verb, state) =>
    MOVES.has(`${verb} ${state}`) || (STAYS.has(verb) && state !== 'NONE' && !FINAL.has(state));

let site;
let people;
let no;
let other;

test.before(async () => {
    site = await Site.start();
    await site.ready();
    await site.fund(TOWNSHIP);
    people = {
        agent: await site.as('agent'),
        officer: await site.as('officer', 'wang', TOWNSHIP),
        reviewer: await site.as('reviewer'),
        finance: await site.as('finance'),
    };
    const make = async () => (await people.agent.must(201, 'POST', '/v1/tickets', plainTicket(TOWNSHIP))).no;
    [no, other] = [await make(), await make()];
    for (const one of [no, other]) await site.awaitCase(one, 'DISPATCHED');
    await site.quiet();
});

test.after(() => site?.stop());

// A body that is well formed for the verb, whether or not it makes sense now.
const BODIES = {
    dispatch: () => ({ township: TOWNSHIP }),
    designate: () => ({ township: TOWNSHIP }),
    'first-aid': () => ({ amount_fen: 100 }),
    countersign: () => ({ amount_fen: 100 }),
    'hand-over': () => ({ payment: `${no}A01`, witness: 'village:chen' }),
    'hand-fail': () => ({ payment: `${no}A01` }),
    receipt: () => ({ payment: `${no}A01` }),
    account: () => ({ account: account(7) }),
    assess: () => ({ amount_fen: 100 }),
    minutes: () => ({
        participants: ['a:1', 'b:2', 'c:3'],
        votes_for: 2,
        votes_against: 1,
        minutes: '纪要',
        amount_fen: 100,
    }),
    refer: () => ({ target: 'housing' }),
    'refer-out': () => ({ target: 'housing' }),
    'refer-ack': () => ({ referral: 1, outcome: 'accepted' }),
    'follow-up': () => ({ answer: 'yes' }),
    'review-fail': () => ({ amount_fen: 100 }),
    repay: () => ({ amount_fen: 100 }),
    refund: () => ({ outcome: 'paid', amount_fen: 100 }),
    duplicate: () => ({ case: other }),
    link: () => ({ case: other, kind: 'related' }),
    rate: () => ({ rating: 5 }),
    add: () => ({ persons: 2 }),
    pause: () => ({ pause: 'applicant' }),
};
const CLAIMED = new Set([
    'return',
    'accept',
    'verify',
    'first-aid',
    'hand-over',
    'hand-fail',
    'account',
    'papers',
    'review',
    'assess',
    'publish',
    'propose',
    'hand-back',
    'reveal',
]);

// Who may say it, found by asking: the roles are the gateway's.
async function say(verb, state) {
    for (const role of ['officer', 'reviewer', 'agent', 'finance']) {
        const body = { ...BODIES[verb]?.(), ...(CLAIMED.has(verb) ? { claim: 7 } : {}) };
        const answer = await people[role].verb(no, verb, body);
        if (answer.status === 403 && answer.json.detail.includes('角色')) continue;
        return answer;
    }
    return assert.fail(`nobody may say ${verb} (${state})`);
}

test('every verb in every state', async () => {
    const key = site.key(`case:${no}`);
    const before = await site.redis('DUMP', key);
    const wrong = [];
    const done = new Set();
    let asked = 0;
    for (const verb of VERBS.values()) {
        const known = await people.officer.verb(no, verb, {});
        if (known.status === 404) continue; // follows from what happened: nobody says it
        done.add(verb);
        for (const state of STATES.values()) {
            if (state === 'NONE') continue;
            await site.redis('RESTORE', key, '0', before, 'REPLACE');
            await site.redis('HSET', key, 's', state, 'cl', '7:4102444800000:officer:wang', 'o', TOWNSHIP);
            const answer = await say(verb, state);
            asked++;
            const told = Array.isArray(answer.json.allowed) || /不能(暂停|恢复)计时/.test(answer.json.detail);
            const illegal = answer.status === 409 && told;
            if (illegal === legal(verb, state))
                wrong.push(`${verb} in ${state}: ${answer.status} ${answer.text}`);
            if (answer.status === 400 || answer.status >= 500)
                wrong.push(`${verb} in ${state}: ${answer.text}`);
            if (illegal) assert.strictEqual(String(await site.redis('HGET', key, 's')), state);
        }
    }
    assert.deepStrictEqual(wrong.slice(0, 10), []);
    for (const verb of ['sign', 'approve', 'pay', 'recover', 'waive', 'designate', 'publish', 'minutes'])
        assert.ok(done.has(verb));
    assert.ok(asked > 1000, String(asked));
});
