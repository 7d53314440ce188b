// The switchboard tells of its calls: twice, late and in any order; whoever was not heard is called back, once; how
// fast people were answered.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Site, until, REGION } = require('../support/site.js');

const WAIT_MS = 1500; // call_ticket_ms
const PLACE = '520102022';

let site;
let machine;
let calls = 0;

test.before(async () => {
    site = await Site.start({
        settings: { call_ticket_ms: WAIT_MS, bank_settle_ms: 300, bank_timeout_ms: 1000 },
    });
    await site.ready();
    machine = await site.as('machine', 'pbx-bridge');
});

test.after(() => site?.stop());

const at = (s) => new Date(Math.floor(Date.now() / 1000) * 1000 - 60000 + s * 1000).toISOString();

function call(caller) {
    const id = `1558000000.${++calls}`;
    return {
        id,
        caller,
        async says(event, s, more = {}) {
            const body = {
                call_id: id,
                event,
                ts: at(s),
                queue: 'relief',
                ...(caller && { caller }),
                ...more,
            };
            return machine.must(200, 'POST', '/v1/calls/events', body);
        },
        async shown() {
            const agent = await site.as('agent');
            return agent.must(200, 'GET', `/v1/calls/pbx/${id}`);
        },
    };
}

const phone = () => `1391${String(1000000 + ++calls)}`;

// No timer of a call is left.
const decided = () =>
    until('all calls to be decided on', async () => {
        const timers = await site.redis('ZRANGE', site.key('timers'), 0, -1);
        return !timers.some((one) => String(one).startsWith('callback:'));
    });

test('an abandoned call becomes a case to call back in the duty desk, a second one adds to it', async () => {
    const number = phone();
    const first = call(number);
    await first.says('offered', 0);
    const { taken } = await first.says('abandoned', 31, { hold_s: 31 });
    assert.strictEqual(taken, 1);
    await decided();
    const { case: no } = await first.shown();
    assert.match(no, /^\d{22}$/);
    const shown = await site.awaitCase(no, (c) => c.state !== 'RECEIVED');
    assert.strictEqual(shown.facts.channel, 'call');
    const reviewer = await site.as('reviewer');
    const inbox = await reviewer.must(200, 'GET', `/v1/townships/${REGION}/inbox`);
    assert.ok(JSON.stringify(inbox).includes(no), 'it lies with the duty desk');

    const second = call(number);
    await second.says('abandoned', 40);
    await decided();
    assert.strictEqual((await second.shown()).case, no);
    const adds = (await site.events(no)).filter((event) => event.verb === 'add' && /回拨/.test(event.reason));
    assert.strictEqual(adds.length, 1);
    assert.strictEqual((await site.cases()).length, 1);
});

test('the number is sealed: neither the store, nor logs, nor the case in clear have it', async () => {
    const number = phone();
    const one = call(number);
    await one.says('abandoned', 3, { recording_ref: `out-${number}.wav` });
    await one.says('recorded', 4, { recording_ref: `out-${number}.wav` });
    await decided();
    const { case: no, recording_ref: ref } = await one.shown();
    assert.strictEqual(ref, `out-${number}.wav`);
    await site.awaitCase(no, (c) => c.state !== 'RECEIVED');
    for (const key of await site.redis('KEYS', '*')) {
        assert.ok(!String(key).includes(number));
        const bytes = await site.redis('DUMP', key);
        if (bytes === null) continue; // it was there for a moment only
        const dump = Buffer.from(bytes).toString('latin1');
        assert.ok(!dump.includes(number), String(key));
    }
    assert.ok(!site.tails().includes(number));
});

test('a ticket made from the call, before or after it ended, needs no call back', async () => {
    const agent = await site.as('agent');
    const before = (await site.cases()).length;
    const early = call(phone());
    await early.says('offered', 0);
    const ticket = { call_id: early.id, cause: 'fire', person: { phone: phone() }, place: { code: PLACE } };
    const { no } = await agent.must(201, 'POST', '/v1/tickets', ticket);
    await early.says('abandoned', 5);
    const late = call(phone());
    let other;
    await site.still(async () => {
        await late.says('abandoned', 5);
        other = await agent.must(201, 'POST', '/v1/tickets', { ...ticket, call_id: late.id });
    });
    await decided();
    assert.strictEqual((await early.shown()).case, no);
    assert.strictEqual((await late.shown()).case, other.no);
    assert.strictEqual((await site.cases()).length, before + 2);
});

test('who hides his number is helped all the same; nobody is called back for him', async () => {
    const agent = await site.as('agent');
    const before = (await site.cases()).length;
    const hidden = call('anonymous');
    await hidden.says('offered', 0);
    await hidden.says('abandoned', 2);
    const heard = call();
    await heard.says('offered', 0);
    await heard.says('answered', 3);
    const ticket = { call_id: heard.id, cause: 'fire', place: { code: PLACE }, narrative: '不愿留电话' };
    const made = await agent.must(201, 'POST', '/v1/tickets', ticket);
    assert.ok(made.missing.includes('person.phone'));
    const without = await agent.post('/v1/tickets', { ...ticket, call_id: undefined });
    assert.strictEqual(without.status, 400);
    await decided();
    assert.strictEqual((await site.cases()).length, before + 1);
});

test('answered calls: hung up before a word or cut off are called back, ended ones are not', async () => {
    const before = (await site.cases()).length;
    const ended = call(phone());
    await ended.says('answered', 1, { hold_s: 1 });
    await ended.says('ended', 200, { talk_s: 190, ended_by: 'caller' });
    const short = call(phone());
    await short.says('answered', 1);
    await short.says('ended', 5, { talk_s: 4, ended_by: 'caller' });
    const cut = call(phone());
    const out = call(phone());
    await site.still(async () => {
        await cut.says('ended', 90, { talk_s: 80, ended_by: 'dropped' }); // the end comes before the answer
        await cut.says('answered', 10);
        await out.says('ended', 50, { talk_s: 40 });
        await out.says('answered', 10);
    });
    await decided();
    assert.ok(!(await ended.shown()).case);
    assert.ok(!(await out.shown()).case);
    assert.ok((await short.shown()).case);
    assert.ok((await cut.shown()).case);
    assert.strictEqual((await site.cases()).length, before + 2);
});

test('the same events again and in any order change nothing', async () => {
    const one = call(phone());
    const events = [
        { call_id: one.id, event: 'ended', ts: at(50), caller: one.caller, talk_s: 40 },
        { call_id: one.id, event: 'offered', ts: at(0), caller: one.caller },
        { call_id: one.id, event: 'answered', ts: at(10), caller: one.caller },
    ];
    // the calls of a minute ago may be yesterday's
    const day = (ms) => new Date(Date.now() + ms + 8 * 3600000).toISOString().slice(0, 10);
    const days = `from=${day(-3600000)}&to=${day(3600000)}`;
    const today = async () =>
        (await (await site.as('auditor')).must(200, 'GET', `/v1/reports/hotline?${days}`)).total;
    const before = await today();
    assert.deepStrictEqual(await machine.must(200, 'POST', '/v1/calls/events', events), {
        taken: 3,
        seen: 0,
        ignored: 0,
    });
    const first = await today();
    assert.strictEqual(first.offered, before.offered + 1);
    assert.strictEqual(first.answered, before.answered + 1);
    assert.strictEqual(first.answered_within_15s, before.answered_within_15s + 1);
    assert.strictEqual(first.wait_s, before.wait_s + 10);
    for (let i = 0; i < 3; i++) {
        const again = await machine.must(200, 'POST', '/v1/calls/events', events.slice().reverse());
        assert.deepStrictEqual(again, { taken: 0, seen: 3, ignored: 0 });
    }
    assert.deepStrictEqual(await today(), first);
    await decided();
});

test('recorded frames of Asterisk are understood as they are', async () => {
    const epoch = Math.floor(Date.now() / 1000) - 100;
    const number = phone();
    const caller = `CallerIDNum: ${number}\r\nUniqueid: ${epoch}.7\r\nLinkedid: ${epoch}.7\r\n`;
    const frames =
        `Asterisk Call Manager/5.0.2\r\n` +
        `Event: QueueCallerJoin\r\nTimestamp: ${epoch}.100000\r\n${caller}Queue: relief\r\n` +
        `Position: 1\r\nCount: 1\r\n\r\n` +
        `Event: QueueCallerAbandon\r\nTimestamp: ${epoch + 20}.100000\r\n${caller}Queue: relief\r\n` +
        `HoldTime: 20\r\n\r\n` +
        `Event: Hangup\r\nTimestamp: ${epoch + 20}.200000\r\n${caller}Cause: 16\r\n\r\n`;
    const headers = { 'content-type': 'text/plain' };
    const answer = await machine.ask('POST', '/v1/calls/events?source=pbx-9', { body: frames, headers });
    assert.strictEqual(answer.status, 200, answer.text);
    assert.deepStrictEqual(answer.json, { taken: 3, seen: 0, ignored: 0 });
    await decided();
    const agent = await site.as('agent');
    const shown = await agent.must(200, 'GET', `/v1/calls/pbx-9/${epoch}.7`);
    assert.match(shown.case, /^\d{22}$/);
});

test('who may post, and what is refused', async () => {
    const officer = await site.officer(PLACE);
    const body = { call_id: 'x', event: 'offered', ts: at(0) };
    assert.strictEqual((await officer.post('/v1/calls/events', body)).status, 403);
    assert.strictEqual((await site.api(null).post('/v1/calls/events', body)).status, 401);
    for (const bad of [
        { ...body, event: 'rang' },
        { ...body, ts: '2020-01-01T00:00:00Z' },
        { ...body, call_id: '' },
        Array(65).fill(body),
    ]) {
        const answer = await machine.post('/v1/calls/events', bad);
        assert.ok([400, 413].includes(answer.status), answer.text);
    }
    for (const query of [
        '?from=2026-13-01',
        '?from=2026-03-02&to=2026-03-01',
        '?more=1',
        '?from=2024-01-01&to=2026-01-01',
    ]) {
        assert.strictEqual((await machine.get(`/v1/reports/hotline${query}`)).status, 400, query);
    }
    assert.strictEqual(
        (await machine.get('/v1/cases/5200002603010100000012')).status,
        403,
        'a machine is nobody',
    );
});
