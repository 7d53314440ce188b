// The register of the sandbox in front of a whole site: it answers late, twice, in the wrong order, by somebody who
// only pretends to be it, not to us, or not at all; it hangs, breaks off and refuses. No case waits for it, and a check
// that is never answered ends in its time.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const { Site, until, REGION } = require('../support/site.js');
const { plainTicket } = require('../support/api.js');

const PLACE = '520102022';
const TOKEN = 'register-token-of-the-test';
const DAY_MS = 86400000;
const START = '2026-03-03T10:00:00+08:00';

let site;
let offsetMs = new Date(START) - Date.now();

test.before(async () => {
    site = await Site.start({
        clock: START,
        sandboxArgs: ['--register-token', TOKEN],
        settings: (of) => ({
            register_url: `http://127.0.0.1:${of.bankPort || 1}`,
            register_token: TOKEN,
            register_callback_url: `http://127.0.0.1:${of.port || 1}/v1/register/callback`,
            sms_silence_hours: 0,
        }),
    });
    await site.ready();
    await until('the first look', () => site.redis('EXISTS', site.key('registercur')));
});

test.after(() => site?.stop());

const sha256 = (text) => crypto.createHash('sha256').update(text).digest('hex');
const told = async (no) => (await site.events(no)).filter((event) => event.answer);

function forward(ms) {
    offsetMs += ms;
    return site.at(new Date(Date.now() + offsetMs));
}

async function checks(no) {
    return (await (await site.as('reviewer')).must(200, 'GET', `/v1/cases/${no}/checks`)).checks;
}

async function check(no, matter = 'register') {
    return (await checks(no)).find((one) => one.matter === matter);
}

// Until the check is in that state; the clock moves whenever its next try waits.
async function ends(no, state, matter = 'register') {
    const job = `${no}.${matter}`;
    let seen;
    return until(
        () => `${job} to be ${state}: ${JSON.stringify(seen)} ${site.tails()}`,
        async () => {
            seen = await check(no, matter);
            if (seen?.state === state) return seen;
            const due = await site.redis('ZSCORE', site.key('q:register:delayed'), job);
            if (due !== null) await forward(Math.max(0, Number(due) - (Date.now() + offsetMs)) + 1000);
            return false;
        },
        60000,
    );
}

// A call of somebody whom the register knows, or not; faults strike the question about it.
async function call({ answer = 'recognised', kind = 'dibao', faults = [] } = {}) {
    const ticket = plainTicket();
    const hash = sha256(ticket.person.id_number);
    if (answer) await site.bank.post('/sandbox/register', { id_hash: hash, answer, kind });
    for (const fault of faults) await site.fault({ on: 'check', rail: 'register', ...fault });
    return (await (await site.as('agent')).must(201, 'POST', '/v1/tickets', ticket)).no;
}

const met = async (kind) => (await site.bankGet('/sandbox/faults')).met[kind];

for (const [kind, ms, forged] of [
    ['late_callback', 300, 0],
    ['callback_twice', 0, 0],
    ['callback_replayed', 200, 0],
    ['stale_callback', 0, 0],
    ['callback_before_ack', 0, 0],
    ['forged_callback', 0, 1],
]) {
    test(`answers: ${kind}`, async () => {
        const no = await call({ faults: [{ kind, ms }] });
        const one = await ends(no, 'ANSWERED');
        assert.deepStrictEqual([one.answer, one.kind], ['recognised', 'dibao']);
        await site.awaitCase(no, (shown) => shown.facts.recognised);
        const quiet = async () => (await site.bankGet('/sandbox/totals')).callbacks?.waiting;
        await until('all its callbacks', async () => forged || !(await quiet()));
        const [event, ...others] = await told(no);
        assert.deepStrictEqual([event.answer, event.actor, others.length], ['recognised', 'register', 0]);
        assert.strictEqual((await check(no)).answer, 'recognised');
        assert.ok((await met(kind)) >= 1);
    });
}

for (const kind of [
    'error_500_before',
    'error_500_after',
    'drop_before',
    'drop_after_accept',
    'half_answer',
]) {
    test(`the question: ${kind}`, async () => {
        const no = await call({ faults: [{ kind }] });
        await site.awaitCase(no, 'DISPATCHED'); // it does not wait
        const one = await ends(no, 'ANSWERED');
        assert.strictEqual(one.answer, 'recognised');
        await until('the job to be over', async () => {
            const due = await site.redis('ZSCORE', site.key('q:register:delayed'), `${no}.register`);
            if (due !== null) await forward(60000);
            return (await site.redis('HEXISTS', site.key('q:register:jobs'), `${no}.register`)) === 0;
        });
        assert.strictEqual((await told(no)).length, 1);
    });
}

test('the question hangs: the case does not, and neither does anything else of it', async () => {
    const no = await call({ faults: [{ kind: 'hang', ms: 40000 }, { kind: 'no_callback' }] });
    await site.awaitCase(no, 'DISPATCHED');
    const one = await ends(no, 'ANSWERED');
    assert.strictEqual(one.answer, 'recognised');
    assert.strictEqual((await told(no)).length, 1);
});

test('its answers do not reach us: it is looked at, and only a signed answer is believed', async () => {
    const no = await call({
        faults: [
            { kind: 'no_callback' },
            { kind: 'error_500_before', on: 'query' },
            { kind: 'half_answer', on: 'query' },
            { kind: 'drop_before', on: 'query' },
            { kind: 'forged_answer', on: 'query' },
        ],
    });
    const one = await ends(no, 'ANSWERED');
    assert.deepStrictEqual([one.answer, one.kind], ['recognised', 'dibao']);
    const shown = await site.awaitCase(no, (c) => c.facts.recognised);
    assert.strictEqual(shown.facts.recognised, true);
    const [event, ...others] = await told(no);
    assert.deepStrictEqual(
        [event.actor, event.skips, others.length],
        ['register', 'income-and-property-check', 0],
    );
    assert.deepStrictEqual((await site.bankGet('/sandbox/faults')).menu, [], 'all of it was met');
    assert.match(site.workers.get('worker-1').log, /event=register_answer_forged/);
});

test('not yet, says the register when it is looked at: nothing is taken from that', async () => {
    const ticket = plainTicket();
    const hash = sha256(ticket.person.id_number);
    await site.fault({ kind: 'late_callback', on: 'check', rail: 'register', ms: 3600000 });
    const { no } = await (await site.as('agent')).must(201, 'POST', '/v1/tickets', ticket);
    await until('it to be asked', async () => (await check(no))?.state === 'ASKED');
    const looks = async () =>
        String(await site.redis('HGET', site.key('q:register:jobs'), `${no}.register`))
            .split('|')
            .at(-1);
    await until('it to wait', async () => (await looks()) === '1');
    await forward(31000);
    await until('a look that brought nothing', async () => (await looks()) === '2');
    assert.deepStrictEqual([(await check(no)).state, await told(no)], ['ASKED', []]);
    // the same question again brings the answer at once, as somebody at the register may do by hand
    await site.bank.post('/sandbox/register', { id_hash: hash, answer: 'not' });
    const callback = `http://127.0.0.1:${site.port}/v1/register/callback`;
    const body = { check_id: `${no}.register`, id_hash: hash, matter: 'register', callback_url: callback };
    const again = await site.bank.post('/register/checks', body, {
        headers: { authorization: `Bearer ${TOKEN}` },
    });
    assert.strictEqual(again.status, 202, again.text);
    await until('the answer', async () => (await check(no)).state === 'ANSWERED');
    assert.strictEqual((await told(no)).length, 1);
});

test('a household check that is never answered is over after fifteen days; then people decide', async () => {
    const no = await call({ answer: null });
    await ends(no, 'ANSWERED');
    await site.awaitCase(no, (c) => c.township?.code === PLACE);
    const officer = await site.officer(PLACE);
    for (const verb of ['accept', 'verify', 'review']) {
        const { claim } = await officer.must(200, 'POST', `/v1/townships/${PLACE}/claim`, { case: no });
        assert.strictEqual((await officer.verb(no, verb, { claim })).status, 200, verb);
    }
    await site.fault({ kind: 'not_found_in_flight', on: 'check', rail: 'register' });
    const asked = Date.now() + offsetMs;
    await officer.must(202, 'POST', `/v1/cases/${no}/checks`, { matter: 'household' });
    const paused = async () => (await officer.must(200, 'GET', `/v1/cases/${no}/clocks`)).paused;
    assert.strictEqual((await paused()).reason, 'economy_check');
    await ends(no, 'SILENT', 'household');
    const days = (Date.now() + offsetMs - asked) / DAY_MS;
    assert.ok(days >= 15 && days < 15.1, `${days} days`);
    const event = (await site.events(no)).find((one) => one.answer === 'silent');
    assert.deepStrictEqual([event.check, event.actor], ['household', 'register']);
    await until('the county to look', async () => {
        const { inbox, inboxes = [] } = await (await site.as('auditor')).must(200, 'GET', `/v1/cases/${no}`);
        const events = await site.events(no);
        return inbox === REGION || inboxes.length > 1 || events.some((one) => one.verb === 'escalate');
    });
    assert.strictEqual(await site.redis('HEXISTS', site.key('q:register:jobs'), `${no}.household`), 0);
    // people ask again, and now it answers
    await officer.must(202, 'POST', `/v1/cases/${no}/checks`, { matter: 'household' });
    const one = await ends(no, 'ANSWERED', 'household');
    assert.strictEqual(one.answer, 'unknown');
    await until('the clocks to go on', async () => (await paused()) === null);
});

test("a refused question is a person's, is shown as such, and may be put again", async () => {
    const no = await call({ faults: [{ kind: 'reject' }] });
    await ends(no, 'REFUSED');
    assert.strictEqual((await told(no))[0].answer, 'refused');
    const dead = () => site.redis('ZSCORE', site.key('q:register:dead'), `${no}.register`);
    await until('it to lie with the dead letters', async () => (await dead()) !== null);
    const officer = await site.officer(PLACE);
    await officer.must(202, 'POST', `/v1/cases/${no}/checks`, { matter: 'register' });
    const one = await ends(no, 'ANSWERED');
    assert.strictEqual(one.answer, 'recognised');
    assert.strictEqual(await dead(), null);
    await site.awaitCase(no, (c) => c.facts.recognised);
});
