// A random walk over the whole site: people say any verb at any time, the bank has faults, workers and gateways
// are killed, days pass. Whatever happened, what must hold is checked from the outside: API, bank and ledger.
// JIUJI_SEED and JIUJI_STEPS choose another walk; the seed of a failure is printed.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Site, until } = require('../support/site.js');
const { person, account, freshKey } = require('../support/api.js');

const SEED = Number(process.env.JIUJI_SEED || 20261121);
const STEPS = Number(process.env.JIUJI_STEPS || 8000);
const TOWNS = ['520102022', '520103019'];
const COUNTIES = ['520102', '520103'];
const LANES = 16; // people who act at the same time
const REST_MS = 600000; // until all is done that was begun, also on a slow machine
const CASES = 40 + Math.floor(STEPS / 25); // few enough that they get far

// mulberry32: the same walk everywhere
let dice = SEED >>> 0;
function roll(sides) {
    dice = (dice + 0x6d2b79f5) >>> 0;
    let t = dice;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % sides;
}
const one = (list) => list[roll(list.length)];

const site = { now: new Date('2026-11-02T09:00:00+08:00').getTime() };
const promised = new Map(); // case number -> ticket, of every 201
const done = {}; // how often each verb was accepted: a walk that does nothing proves nothing
const refused = {};
let people;

test.before(async () => {
    const settings = {
        bank_settle_ms: 200,
        bank_timeout_ms: 800,
        lease_ms: 600,
        claim_ms: 1500,
        sms_per_second: 5000,
        sms_quiet_from: 8, // no quiet hours: at the end nothing may wait
        sms_quiet_to: 8,
    };
    const options = { settings, gateways: 2, workers: [{}, {}], clock: new Date(site.now) };
    Object.assign(site, { site: await Site.start(options) });
    await site.site.ready();
    for (const code of [...TOWNS, ...COUNTIES]) await site.site.fund(code, 500000000);
    const as = (role, name, town) => site.site.as(role, name, town);
    people = {
        agent: [await as('agent', 'desk-1'), await as('agent', 'desk-2')],
        reviewer: [await as('reviewer', 'li'), await as('reviewer', 'chen'), await as('reviewer', 'wu')],
        finance: [await as('finance', 'qian'), await as('finance', 'sun')],
        officer: {},
    };
    for (const town of TOWNS) {
        people.officer[town] = [];
        for (const name of ['wang', 'zhao', 'sun'])
            people.officer[town].push(await as('officer', name, town));
    }
});

test.after(() => site.site?.stop({ check: false })); // killed processes do not end with 0

// ---- Steps ----

const CAUSES = [
    { cause: 'fire', shelter_lost: true },
    { cause: 'robbery', stranded: true },
    { cause: 'flood', food_lost: true },
    { cause: 'medical_bill', net_expense_fen: 800000, months: 4 },
    { cause: 'education' },
    { cause: 'child_alone', child_alone: true },
    { cause: 'bereavement', income_stopped: true },
];
const family = Array.from({ length: 60 }, () => person());

async function ticket() {
    const body = {
        ...one(CAUSES),
        persons: 1 + roll(5),
        person: roll(3) ? person() : one(family),
        place: { code: one(TOWNS) },
        narrative: '随机',
    };
    const key = freshKey();
    for (let attempt = 0; attempt < 3; attempt++) {
        // who gets no answer asks again with the same key
        const answer = await one(people.agent)
            .post('/v1/tickets', body, { key })
            .catch(() => null);
        if (answer?.status === 201) {
            promised.set(answer.json.no, body);
            return;
        }
    }
}

const MONEY = ['assess', 'first-aid', 'countersign', 'review-fail', 'repay', 'minutes', 'refund'];
const WORDS = {
    dispatch: () => ({ township: one(TOWNS) }),
    designate: () => ({ township: one(TOWNS) }),
    'follow-up': () => ({ answer: one(['yes', 'yes', 'yes', 'no', 'unreachable']) }),
    refer: () => ({ target: one(['housing', 'child_protection', 'medical']) }),
    'refer-out': () => ({ target: 'dibao' }),
    'refer-ack': () => ({ referral: 1 + roll(2), outcome: one(['accepted', 'declined', 'done']) }),
    account: () => ({ account: account(500000 + roll(100000)) }),
    rate: () => ({ rating: 1 + roll(5) }),
    add: () => ({ persons: 1 + roll(6) }),
    pause: () => ({ pause: one(['economy_check', 'applicant']) }),
    'hand-over': (shown) => ({ payment: shown.payments.at(-1)?.id, witness: 'village:w' }),
    'hand-fail': (shown) => ({ payment: shown.payments.at(-1)?.id }),
    receipt: (shown) => ({ payment: shown.payments.at(-1)?.id }),
    link: (shown) => ({ case: one([...promised.keys()]), kind: 'related', no: shown.no }),
    duplicate: () => ({ case: one([...promised.keys()]) }),
};

function bodyOf(verb, shown, claim) {
    const body = { reason: '随机', ...WORDS[verb]?.(shown) };
    delete body.no;
    if (MONEY.includes(verb)) body.amount_fen = 1 + roll(roll(4) ? 200000 : 1500000);
    if (verb === 'refund') {
        const owed = (shown.recovery?.owed || []).reduce((sum, part) => sum + part.amount_fen, 0);
        Object.assign(body, { outcome: one(['paid', 'paid', 'retained']), amount_fen: owed || 1 });
    }
    if (verb === 'assess' && roll(4)) {
        // mostly what the rules give
        body.amount_fen = 1 + roll(Math.max(1, (shown.decision?.amount_fen || 1) - shown.approved_fen));
    }
    if (verb === 'assess' && body.amount_fen > 36) body.instalments = roll(3) ? 1 : 2 + roll(3);
    if (verb === 'first-aid') body.method = one(['bank', 'bank', 'cash', 'goods']);
    if (verb === 'minutes') {
        const votes = { votes_for: 1 + roll(3), votes_against: roll(2) };
        Object.assign(body, votes, {
            participants: ['a:1', 'b:2', 'c:3', 'd:4'].slice(roll(2)),
            minutes: '纪要',
        });
    }
    if (claim) body.claim = claim;
    return body;
}

// Verbs that leave a case where it is, said now and then.
const STAY = new Set([
    'note',
    'link',
    'rate',
    'add',
    'refer',
    'refer-ack',
    'pause',
    'resume',
    'reveal',
    'hand-back',
    'recuse',
    'countersign',
]);
// Verbs that end a case before much has happened are rarer.
const RARE = new Set([
    'withdraw',
    'cancel',
    'duplicate',
    'consult',
    'refer-out',
    'reject',
    'return',
    'recuse',
    'object',
]);
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

// The way of a grant is long, and by chance alone nobody would ever be paid one: who says what next, every other time.
const WAY = {
    DISPATCHED: ['officer', 'accept'],
    ACCEPTED: ['officer', 'review'],
    VERIFYING: ['officer', 'review'],
    REVIEW_CONFIRMED: ['officer', 'review'],
    APPROVED: ['finance', 'pay'],
    PAY_FAILED: ['finance', 'pay'],
};

function onTheWay(shown) {
    if (shown.state === 'COUNTY_APPROVAL')
        return one([
            ['reviewer', 'approve'],
            ['reviewer', 'sign'],
        ]);
    if (shown.state !== 'REVIEWING') return WAY[shown.state];
    if (shown.grant?.status !== 'PROPOSED') return ['officer', 'assess'];
    return one([
        ['officer', 'approve'],
        ['officer', 'sign'],
        ['officer', 'sign'],
        ['officer', 'publish'],
        ['officer', 'propose'],
    ]);
}

// Somebody looks at a case and says one of the verbs he is offered; now and then one he is not.
async function say() {
    const no = one([...promised.keys()]);
    const town = promised.get(no).place.code;
    const before = await people.reviewer[0].get(`/v1/cases/${no}`).catch(() => null);
    const way = before?.status === 200 && roll(2) ? onTheWay(before.json) : undefined;
    const role =
        way?.[0] || one(['agent', 'officer', 'officer', 'officer', 'reviewer', 'reviewer', 'finance']);
    // mostly the one who had it before: a claim keeps the others away
    const own = Number(no.slice(-4, -1)) % 2;
    const chain = { sign: 1 - own, approve: 2 }; // who handles it has signed already
    const mine = chain[way?.[1]] ?? (roll(6) ? own : 1 - own);
    const who = role === 'officer' ? people.officer[town][mine] : one(people[role]);
    const seen = await who.get(`/v1/cases/${no}`).catch(() => null);
    if (seen?.status !== 200) return;
    const shown = seen.json;
    let verbs = shown.allowed.filter((verb) => !(RARE.has(verb) || STAY.has(verb)) || roll(15) === 0);
    if (!shown.recovery?.owed.length && roll(20)) verbs = verbs.filter((verb) => verb !== 'refund');
    if (roll(40) === 0) verbs = ['close', 'pay', 'approve', 'confirm', 'recover'];
    if (way && shown.allowed.includes(way[1])) verbs = [way[1]];
    if (verbs.length === 0) return;
    const verb = one(verbs);
    let claim;
    if (CLAIMED.has(verb)) {
        const got = await who.claim(shown.inbox || town, no).catch(() => null);
        claim = got?.status === 200 ? got.json.claim : 1;
    }
    const key = freshKey();
    const body = bodyOf(verb, shown, claim);
    let answer = await who.verb(no, verb, body, { key }).catch(() => null);
    if (!answer || roll(25) === 0) answer = await who.verb(no, verb, body, { key }).catch(() => null); // twice
    if (answer?.status === 200) done[verb] = (done[verb] || 0) + 1;
    else if (answer) {
        const why = answer.status === 400 ? `400 ${verb} ${answer.json.errors?.[0]?.pointer}` : answer.status;
        refused[why] = (refused[why] || 0) + 1;
        assert.ok(answer.status < 500 || answer.status === 503, `${verb}: ${answer.text}`);
    }
}

const FAULTS = [
    'hang',
    'error_500_before',
    'error_500_after',
    'drop_before',
    'drop_after_accept',
    'half_answer',
    'late_callback',
    'callback_twice',
    'no_callback',
    'callback_before_ack',
    'reject',
    'not_found_in_flight',
    'return_later',
];

async function trouble() {
    switch (roll(6)) {
        case 0: {
            const name = one([...site.site.workers.keys()]);
            // in the middle of its work: who dies before he has begun takes nothing with him
            if (!site.site.workers.get(name).log.includes('event=worker_started')) break;
            await site.site.workers.get(name).kill();
            site.site.startWorker(name);
            done.killWorker = (done.killWorker || 0) + 1;
            break;
        }
        case 1: {
            // the second gateway; the first one is where the bank calls back
            await site.site.gateways[2].kill();
            await site.site.startGateway(2);
            done.killGateway = (done.killGateway || 0) + 1;
            break;
        }
        case 2:
            site.now += 3600000 * (1 + roll(STEPS > 20000 ? 12 : 60)); // less than a year in all: tokens end then
            site.site.setClock(new Date(site.now));
            done.timePasses = (done.timePasses || 0) + 1;
            break;
        default:
            await site.site.bank.post('/sandbox/faults', {
                kind: one(FAULTS),
                ms: 100 + roll(400),
                count: 1 + roll(3),
            });
    }
}

// ---- What must hold ----

async function stopWorkers() {
    for (const worker of site.site.workers.values()) {
        worker.signal('SIGTERM');
        await worker.exited;
    }
}

function startWorkers() {
    for (const name of [...site.site.workers.keys()]) site.site.startWorker(name);
}

// The faults are over, and time passes until nothing waits for its next try any more. Then the workers stop: what is
// compared must not move meanwhile.
async function rest() {
    await site.site.bank.ask('DELETE', '/sandbox/faults');
    // new workers have met no faults: the old ones may leave the bank alone for minutes
    await stopWorkers();
    startWorkers();
    const waiting = async () => {
        let n = 0;
        for (const stage of ['route', 'pay']) {
            for (const part of ['ready', 'leased', 'delayed']) {
                n += await site.site.redis('ZCARD', site.site.key(`q:${stage}:${part}`));
            }
        }
        return n;
    };
    const left = async () => JSON.stringify((await people.finance[0].get('/v1/money/stuck')).json);
    await until(
        left,
        async () => {
            if ((await waiting()) === 0) {
                await stopWorkers();
                // what five workers died of is put back by a person
                const dead = await site.site.redis('ZCARD', site.site.key('q:route:dead'));
                if (dead > 0) await site.site.ctl('dead', 'requeue', 'route', '--all');
                if ((await waiting()) === 0) return true;
                startWorkers();
            }
            await new Promise((resolve) => setTimeout(resolve, 500));
            site.now += 1800000;
            site.site.setClock(new Date(site.now));
            return false;
        },
        REST_MS,
    );
}

let auditor;

async function look(no) {
    auditor ??= await site.site.as('auditor');
    const shown = await auditor.must(200, 'GET', `/v1/cases/${no}`);
    const { events } = await auditor.must(200, 'GET', `/v1/cases/${no}/events`);
    return { shown, events };
}

const LIVE = new Set(['INTENT', 'UNKNOWN', 'ACCEPTED', 'SUCCEEDED']);

function checkCase(no, { shown, events }) {
    events.forEach((event, i) => {
        assert.strictEqual(event.seq, i + 1, no);
        assert.ok(event.at_ms > 0 && event.actor && event.reason, `${no}: ${JSON.stringify(event)}`);
        if (i > 0)
            assert.strictEqual(
                event.from,
                events[i - 1].to,
                `${no}: event ${i + 1} begins where the last ended`,
            );
    });
    assert.strictEqual(events.at(-1).to, shown.state, no);
    const paid = shown.payments
        .filter(({ state }) => LIVE.has(state))
        .reduce((sum, one) => sum + one.amount_fen, 0);
    assert.ok(
        paid <= shown.approved_fen,
        `${no}: ${paid} paid or on its way, ${shown.approved_fen} approved`,
    );
    if (['REJECTED', 'WITHDRAWN', 'CANCELLED', 'DUPLICATE'].includes(shown.state)) {
        assert.strictEqual(paid, 0, `${no} is ${shown.state} with money out`);
    }
    const aid = shown.payments.some((one) => one.purpose === 'first_aid' && one.state === 'SUCCEEDED');
    assert.ok(!aid || shown.review, `${no}: first aid without a review duty`);
    const open = (shown.recovery?.open || []).length > 0;
    assert.strictEqual(open, ['REVIEW_FAILED', 'RECOVERING'].includes(shown.state), `${no}: open recovery`);
    const final = ['ARCHIVED', 'WITHDRAWN', 'CANCELLED', 'DUPLICATE'].includes(shown.state);
    assert.ok(final || shown.inbox !== '', `${no} is ${shown.state} and lies with nobody`);
}

async function statement() {
    const lines = [];
    for (let from = 0; from !== null && from !== undefined;) {
        const page = await site.site.bankGet(`/sandbox/statement?limit=100000&from=${from}`);
        lines.push(...page.lines);
        from = page.next;
    }
    return lines;
}

async function checkAll() {
    const lines = await statement();
    const moved = new Map();
    for (const { reference, status, amount_fen: fen } of lines) {
        const key = `${reference} ${status}`;
        assert.ok(!moved.has(key), `${key} twice`);
        moved.set(key, fen);
    }
    let explained = 0;
    const finance = await site.site.as('finance');
    const stuck = await finance.must(200, 'GET', '/v1/money/stuck?limit=500');
    const parked = new Set(stuck.payments.filter(({ place }) => place === 'dead').map(({ id }) => id));
    for (const no of promised.keys()) {
        const seen = await look(no);
        checkCase(no, seen);
        for (const payment of seen.shown.payments.filter(({ method }) => method === 'bank')) {
            const { id, state, amount_fen: fen } = payment;
            explained += (moved.has(`${id} paid`) ? 1 : 0) + (moved.has(`${id} returned`) ? 1 : 0);
            if (!['SUCCEEDED', 'FAILED', 'RETURNED'].includes(state)) {
                assert.ok(parked.has(id), `${id} is ${state} at rest and nobody is told`);
                continue; // sent so long ago that it may not be sent again: a person compares with the statement
            }
            assert.strictEqual(
                moved.get(`${id} paid`),
                state === 'FAILED' ? undefined : fen,
                `${id} is ${state}`,
            );
            const back = moved.get(`${id} returned`);
            assert.strictEqual(back, state === 'RETURNED' ? fen : undefined, `${id} is ${state}`);
        }
    }
    assert.strictEqual(explained, moved.size, 'the bank moved money that no case knows');
    assert.match(await site.site.ctl('ledger', 'verify'), /./); // fails with the differences
}

test(`${STEPS} steps, seed ${SEED}`, { timeout: 3600000 }, async () => {
    for (let i = 0; i < 30; i++) await ticket();
    let left = STEPS;
    const lane = async () => {
        while (left-- > 0) await (roll(8) === 0 && promised.size < CASES ? ticket() : say());
    };
    let walking = true;
    const troubles = (async () => {
        while (walking) {
            await trouble();
            await new Promise((resolve) => setTimeout(resolve, 30));
        }
    })();
    await Promise.all(Array.from({ length: LANES }, lane));
    walking = false;
    await troubles;
    await rest();
    console.log(`${promised.size} cases`, JSON.stringify(done), 'refused', JSON.stringify(refused));
    await checkAll();
    for (const verb of [
        'accept',
        'papers',
        'confirm',
        'first-aid',
        'assess',
        'pay',
        'follow-up',
        'killWorker',
    ]) {
        assert.ok(done[verb] > 0, `${verb} never had an effect`);
    }
});
