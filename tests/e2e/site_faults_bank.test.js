// Payments against a bank that does everything a bank can do wrong: each is paid at most once, ends in the right
// state, and ledger, payments and the bank's statement agree in the end.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Site, until, SECRET } = require('../support/site.js');
const { strandedTicket, freshKey } = require('../support/api.js');
const { Listener } = require('../support/sandbox.js');

const TOWNSHIP = '520102022';
const SETTINGS = { bank_settle_ms: 300, bank_timeout_ms: 1000, lease_ms: 5000 };
// A worker that meets many faults in a row leaves the bank alone, each time for twice as long.
const PATIENCE = { deadlineMs: 300000 };
const PAID = 'FIRST_AID_PAID';
const FAILED = 'PAY_FAILED';

// What the bank does with one payment, and how it must end.
const STORIES = [
    ['nothing goes wrong', [], PAID],
    ['the answer hangs beyond our deadline', [{ kind: 'hang', ms: 3000 }], PAID],
    ['the answer hangs and no callback comes', [{ kind: 'hang', ms: 3000 }, { kind: 'no_callback' }], PAID],
    ['500 and not taken', [{ kind: 'error_500_before' }], PAID],
    ['500 and not taken, twice', [{ kind: 'error_500_before', count: 2 }], PAID],
    ['500 but taken', [{ kind: 'error_500_after' }], PAID],
    ['500 but taken, and no callback', [{ kind: 'error_500_after' }, { kind: 'no_callback' }], PAID],
    ['cut off after it was taken', [{ kind: 'drop_after_accept' }], PAID],
    [
        'cut off after it was taken, and no callback',
        [{ kind: 'drop_after_accept' }, { kind: 'no_callback' }],
        PAID,
    ],
    ['cut off before it was taken', [{ kind: 'drop_before' }], PAID],
    ['half an answer', [{ kind: 'half_answer' }], PAID],
    ['half an answer and no callback', [{ kind: 'half_answer' }, { kind: 'no_callback' }], PAID],
    ['the callback is late', [{ kind: 'late_callback', ms: 1500 }], PAID],
    ['the callback comes twice', [{ kind: 'callback_twice' }], PAID],
    ['the callback never comes', [{ kind: 'no_callback' }], PAID],
    ['the callback comes before the answer', [{ kind: 'callback_before_ack' }], PAID],
    ['the bank refuses', [{ kind: 'reject' }], FAILED],
    ['the bank refuses with 500', [{ kind: 'reject' }, { kind: 'error_500_after' }], FAILED],
    ['the bank refuses and never says so', [{ kind: 'reject' }, { kind: 'no_callback' }], FAILED],
    [
        'taken, but for a while queries do not know it, and the order is sent again under its id',
        [{ kind: 'error_500_after' }, { kind: 'no_callback' }, { kind: 'not_found_in_flight', ms: 6000 }],
        PAID,
    ],
    ['the money comes back later', [{ kind: 'return_later', ms: 400 }], FAILED],
    [
        'two callbacks, and the money comes back',
        [{ kind: 'callback_twice' }, { kind: 'return_later', ms: 400 }],
        FAILED,
    ],
    [
        'the query fails as well',
        [{ kind: 'drop_after_accept' }, { kind: 'no_callback' }, { kind: 'error_500_before', on: 'query' }],
        PAID,
    ],
    [
        'the query is cut off',
        [{ kind: 'error_500_after' }, { kind: 'no_callback' }, { kind: 'half_answer', on: 'query' }],
        PAID,
    ],
    [
        'the query hangs',
        [{ kind: 'error_500_after' }, { kind: 'no_callback' }, { kind: 'hang', on: 'query', ms: 3000 }],
        PAID,
    ],
];

// One order in an envelope of its own, so that each fault meets the payment it is meant for.
const PAY_WORKER = { stages: 'pay', batch: 1 };

// Cases that are approved and whose payment has not left yet; {no, payment} each.
async function approved(site, count) {
    const agent = await site.as('agent');
    const cases = [];
    for (let i = 0; i < count; i++) {
        const { no } = await agent.must(201, 'POST', '/v1/tickets', strandedTicket(TOWNSHIP));
        cases.push({ no });
    }
    for (const one of cases) {
        const shown = await site.awaitCase(one.no, 'FIRST_AID_APPROVED');
        one.payment = shown.payments[0].id;
        one.amount = shown.payments[0].amount_fen;
    }
    return cases;
}

test('every fault of the bank: paid at most once, right state, ledger and statement agree', async () => {
    const site = await Site.start({ settings: SETTINGS, workers: [{ stages: 'route,notify,clock' }] });
    try {
        await site.ready();
        await site.fund(TOWNSHIP);
        const cases = await approved(site, STORIES.length);
        const wanted = {};
        for (const [i, [, faults]] of STORIES.entries()) {
            for (const fault of faults) {
                await site.fault({ ...fault, match: cases[i].payment });
                wanted[fault.kind] = (wanted[fault.kind] || 0) + (fault.count || 1);
            }
        }
        for (const name of ['pay-1', 'pay-2', 'pay-3']) await site.startWorker(name, PAY_WORKER);
        const ends = await Promise.allSettled(
            STORIES.map(([, , end], i) => site.awaitCase(cases[i].no, end, PATIENCE)),
        );
        const late = ends.flatMap((end, i) =>
            end.status === 'rejected' ? [`${STORIES[i][0]}: ${end.reason}`] : [],
        );
        assert.deepStrictEqual(late, []);
        await site.quiet(['pay']);

        const { met, menu } = await site.bankGet('/sandbox/faults');
        assert.deepStrictEqual(menu, [], 'a fault was not met');
        for (const [kind, count] of Object.entries(wanted)) assert.strictEqual(met[kind], count, kind);

        const payments = await site.moneyAgrees();
        for (const [i, [story, faults, end]] of STORIES.entries()) {
            const { no, payment } = cases[i];
            const verbs = (await site.events(no)).map((event) => event.verb);
            const returned = faults.some((fault) => fault.kind === 'return_later');
            const state = returned ? 'RETURNED' : end === PAID ? 'SUCCEEDED' : 'FAILED';
            assert.strictEqual(payments.get(payment).state, state, story);
            const times = (verb) => verbs.filter((one) => one === verb).length;
            assert.ok(
                times('paid') <= 1 && times('pay-failed') <= 1 && times('pay-returned') <= 1,
                `${story}: ${verbs}`,
            );
            assert.strictEqual(times('paid') === 1, end === PAID || times('paid') === 1, story);
            const shown = await site.awaitCase(no, end);
            assert.strictEqual(shown.review.state, end === PAID ? 'BOOKED' : 'VOID', story);
            assert.strictEqual(shown.inbox, TOWNSHIP, story);
        }
        const totals = await site.bankGet('/sandbox/totals');
        assert.strictEqual(totals.mismatches, 0, 'an id was used for two different orders');
    } finally {
        await site.stop();
    }
});

test('a bank that is down for a while: nothing is lost, nothing is paid twice', async () => {
    const site = await Site.start({ settings: SETTINGS, workers: [{ stages: 'route,notify,clock' }] });
    try {
        await site.ready();
        await site.fund(TOWNSHIP);
        const cases = await approved(site, 6);
        site.sandboxChild.signal('SIGKILL');
        await site.sandboxChild.exited;
        const worker = await site.startWorker('pay-1', PAY_WORKER);
        await worker.says(/event=rail_breaker_open/); // tried and put off, until it leaves the bank alone
        await site.startSandbox();
        for (const { no } of cases) await site.awaitCase(no, PAID, PATIENCE);
        await site.quiet(['pay']);
        const payments = await site.moneyAgrees();
        assert.strictEqual(payments.size, 6);
    } finally {
        await site.stop();
    }
});

test('a worker that does not reach the bank leaves the payments to the one that does', async () => {
    const site = await Site.start({ settings: SETTINGS, workers: [{ stages: 'route,notify,clock' }] });
    try {
        await site.ready();
        await site.fund(TOWNSHIP);
        const cases = await approved(site, 12);
        const lost = await site.startWorker('lost', { ...PAY_WORKER, bank_url: 'http://127.0.0.1:1' });
        const opened = () => (lost.log.match(/event=rail_breaker_open/g) || []).length;
        await until('it to have tried once more', () => opened() >= 2);
        // the fifth failure opens the breaker, then each try: nothing was put off but what was tried
        const putOff = () => site.redis('ZCARD', site.key('q:pay:delayed'));
        await until(
            async () => `${await putOff()} put off, opened ${opened()} times`,
            async () => (await putOff()) <= 4 + opened(),
        );
        await site.startWorker('pay-1', PAY_WORKER);
        for (const { no } of cases) await site.awaitCase(no, PAID, PATIENCE);
        await site.quiet(['pay']);
        assert.strictEqual((await site.moneyAgrees()).size, 12);
    } finally {
        await site.stop();
    }
});

// The bank calls a listener of the test instead of the gateway, which gets to see what the test lets through.
async function withCallbacksCaught(body) {
    const listener = await Listener.start();
    let site;
    try {
        site = await Site.start({
            settings: SETTINGS,
            workers: [{ stages: 'route,clock' }],
            callbackUrl: listener.uri,
        });
        await site.ready();
        await site.fund(TOWNSHIP);
        await body(site, listener);
    } finally {
        listener.stop();
        await site?.stop();
    }
}

const VERSION = (shown) => shown.version;

test('callbacks: forged, unknown, wrong amount, replayed and contradicting ones have no effect', async () => {
    await withCallbacksCaught(async (site, listener) => {
        const [{ no, amount }] = await approved(site, 1);
        await site.startWorker('pay-1', PAY_WORKER);
        const [request] = await listener.wait(1);
        const real = JSON.parse(request.body);
        const anyone = site.api(null);
        const deliver = (message, secret = SECRET) =>
            anyone.ask('POST', `/v1/payments/callback/g2p/${secret}/on-disburse`, { body: message });
        const changed = (edit) => {
            const copy = structuredClone(real);
            edit(copy.message.disbursements_status[0], copy);
            return copy;
        };
        // the bank has acknowledged the order, and nobody has told us more than that
        await until(
            'the answer to be dealt with',
            async () => (await site.redis('ZCARD', site.key('q:pay:delayed'))) === 1,
        );
        const before = await site.awaitCase(no, 'FIRST_AID_APPROVED');
        const unmoved = async (what) => {
            const now = await site.awaitCase(no, () => true);
            assert.strictEqual(VERSION(now), VERSION(before), what);
            const { state } = now.payments[0]; // what cannot be read leaves it UNKNOWN, which is asked about
            assert.ok(['INTENT', 'UNKNOWN', 'ACCEPTED'].includes(state), `${what}: ${state}`);
        };

        for (const secret of ['x', 'callback-secret-of-the-tesT', `${SECRET}x`, SECRET.slice(0, -1)]) {
            const answer = await deliver(real, secret);
            assert.strictEqual(answer.status, 404, secret);
            assert.doesNotMatch(answer.text, /secret/i);
        }
        await unmoved('a forged callback');

        const strange = changed((entry) => {
            entry.reference_id = '5200002611210100000019A77';
        });
        assert.strictEqual((await deliver(strange)).status, 200, 'the bank need not send it again');
        await unmoved('a callback for an unknown payment');
        assert.deepStrictEqual(await site.cases(), [no]);

        for (const wrong of ['0.01', '99999999.00', '248.41', '-248.40', '248.4000', 'NaN']) {
            const answer = await deliver(
                changed((entry) => {
                    entry.amount = wrong;
                }),
            );
            assert.ok(answer.status === 200 || answer.status === 400, `${wrong}: ${answer.text}`);
            await unmoved(`amount ${wrong}`);
        }
        const foreign = await deliver(
            changed((entry) => {
                entry.currency_code = 'USD';
            }),
        );
        assert.ok(foreign.status === 200 || foreign.status === 400, foreign.text);
        await unmoved('another currency');
        for (const rubbish of [
            '',
            '{',
            '[]',
            '{"header":1}',
            'null',
            '\u0000',
            '{"message":{"disbursements_status":{}}}',
        ]) {
            const answer = await deliver(rubbish);
            assert.strictEqual(answer.status, 400, `${rubbish}: ${answer.text}`);
        }
        await unmoved('no message at all');

        assert.strictEqual((await deliver(real)).status, 200);
        const paid = await site.awaitCase(no, PAID);
        for (let i = 0; i < 3; i++) assert.strictEqual((await deliver(real)).status, 200);
        const refusal = changed((entry) => {
            entry.status = 'rjct';
            entry.status_reason_code = 'rjct.payee_fa.invalid';
        });
        assert.strictEqual((await deliver(refusal)).status, 200);
        const pending = changed((entry) => {
            entry.status = 'pdng';
        });
        assert.strictEqual((await deliver(pending)).status, 200);
        const after = await site.awaitCase(no, PAID);
        assert.strictEqual(VERSION(after), VERSION(paid), 'a replayed or contradicting callback');
        assert.match((await anyone.get('/metrics')).text, /^jiuji_payment_contradictions_total [1-9]/m);
        const fund = await (await site.as('finance')).must(200, 'GET', `/v1/townships/${TOWNSHIP}/fund`);
        assert.strictEqual(fund.unreviewed_fen, amount);
        await site.quiet(['pay']);
        await site.moneyAgrees();
    });
});

test('while Redis is away the bank is told to call again, and then it has its effect', async () => {
    await withCallbacksCaught(async (site, listener) => {
        const [{ no }] = await approved(site, 1);
        await site.startWorker('pay-1', PAY_WORKER);
        const [request] = await listener.wait(1);
        const anyone = site.api(null);
        const target = `/v1/payments/callback/g2p/${SECRET}/on-disburse`;
        await site.redisChild.kill();
        const refused = await anyone.ask('POST', target, { body: request.body });
        assert.strictEqual(refused.status, 503);
        assert.ok(Number(refused.headers['retry-after']) > 0);
        await site.startRedis();
        await site.ready();
        assert.strictEqual((await anyone.ask('POST', target, { body: request.body })).status, 200);
        await site.awaitCase(no, PAID);
        await site.moneyAgrees();
    });
});

test('after a refusal the officer pays again under a new id', async () => {
    const site = await Site.start({ settings: SETTINGS, workers: [{ stages: 'route,notify,clock' }] });
    try {
        await site.ready();
        await site.fund(TOWNSHIP);
        const [{ no, payment, amount }] = await approved(site, 1);
        await site.fault({ kind: 'reject', match: payment });
        await site.startWorker('pay-1', PAY_WORKER);
        await site.awaitCase(no, FAILED);
        const officer = await site.officer(TOWNSHIP);
        const { claim } = await officer.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: no });
        const key = freshKey();
        const pay = () => officer.verb(no, 'first-aid', { claim, amount_fen: amount }, { key });
        const answers = await Promise.all([pay(), pay(), pay()]);
        assert.deepStrictEqual(
            answers.map((answer) => answer.status),
            [200, 200, 200],
            answers[0].text,
        );
        const shown = await site.awaitCase(no, PAID);
        assert.deepStrictEqual(
            shown.payments.map((one) => [one.id, one.state]),
            [
                [`${no}A01`, 'FAILED'],
                [`${no}A02`, 'SUCCEEDED'],
            ],
        );
        await site.quiet(['pay']);
        await site.moneyAgrees();
    } finally {
        await site.stop();
    }
});
