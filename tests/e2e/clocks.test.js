// Clocks over HTTP: every segment with its holder, pauses that the rules allow, what is late comes before the county.
// A timer is made due by what the store holds, nobody waits for it.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Site, until, REGION } = require('../support/site.js');
const { strandedTicket, plainTicket, freshKey } = require('../support/api.js');

const TOWNSHIP = '520102022';
const OTHER = '520103019';
const HOUR = 3600000;
// An ordinary Wednesday: what stands still for ten days moves by their working days, and a holiday has none.
const NOW = '2026-11-18T10:00:00+08:00';

let site;

test.before(async () => {
    site = await Site.start({
        clock: NOW,
        settings: { bank_settle_ms: 300 },
        policy: (pack) => {
            pack.rules.clock_pause.reasons = ['economy_check', 'fund_appropriation'];
        },
    });
    await site.ready();
    await site.fund(TOWNSHIP);
});

test.after(() => site?.stop());

async function dispatched(ticket = plainTicket(TOWNSHIP)) {
    const { no } = await (await site.as('agent')).must(201, 'POST', '/v1/tickets', ticket);
    await site.awaitCase(no, 'DISPATCHED');
    return no;
}

async function claimed(officer, no) {
    return (await officer.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: no })).claim;
}

async function accepted(officer) {
    const no = await dispatched();
    const claim = await claimed(officer, no);
    const answer = await officer.verb(no, 'accept', { claim });
    assert.strictEqual(answer.status, 200, answer.text);
    return { no, claim };
}

const problem = (answer) => answer.json?.type?.replace('urn:jiuji:problem:', '');

function is(answer, status, type) {
    assert.strictEqual(`${answer.status} ${problem(answer)}`, `${status} ${type}`, answer.text);
}

async function clocks(no, api) {
    api = api || (await site.as('auditor'));
    return api.must(200, 'GET', `/v1/cases/${no}/clocks`);
}

// The case as if all of it had happened so much earlier: its history is written again.
const AGE = `
local ev = {}
for id in string.gmatch(redis.call('HGET', KEYS[2], 'ev'), '[^,]+') do
  local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
  for i = 1, entry and #entry[2] or 0, 2 do
    if entry[2][i] == ARGV[1] then
      local json = string.gsub(entry[2][i + 1], '"at_ms":(%d+)', function(ms)
        return '"at_ms":' .. string.format('%.0f', tonumber(ms) - tonumber(ARGV[2]))
      end)
      ev[#ev + 1] = redis.call('XADD', KEYS[1], '*', ARGV[1], json)
    end
  end
end
redis.call('HSET', KEYS[2], 'ev', table.concat(ev, ','))`;

async function longAgo(no, ms) {
    await site.redis('EVAL', AGE, '2', site.key('events'), site.key(`case:${no}`), no, String(ms));
}

const of = (account, clock) => account.segments.filter((segment) => segment.clock === clock);

function addsUp(account) {
    const held = account.holders.reduce((sum, holder) => sum + holder.held_ms, 0);
    assert.strictEqual(held, account.total_ms);
    for (const segment of account.segments) {
        const end = segment.ended_at ? Date.parse(segment.ended_at) : null;
        const stood = segment.pauses.reduce((sum, p) => sum + (p.to ? Date.parse(p.to) - Date.parse(p.from) : 0), 0);
        if (end) assert.strictEqual(segment.used_ms + stood, end - Date.parse(segment.started_at));
        assert.match(segment.started_at, /\+08:00$/);
    }
}

async function pause(api, no, why, more = {}) {
    return api.post(`/v1/cases/${no}/pause`, { reason: '等待核对结果', pause: why, ...more });
}

const resume = (api, no) => api.post(`/v1/cases/${no}/resume`, { reason: '核对结果已到' });

test('a case that is paid, taken on and confirmed shows who held which clock how long', async () => {
    const officer = await site.officer(TOWNSHIP, 'wang');
    const { no } = await (await site.as('agent')).must(201, 'POST', '/v1/tickets', strandedTicket(TOWNSHIP));
    await site.awaitCase(no, 'FIRST_AID_PAID');
    const claim = await claimed(officer, no);
    for (const verb of ['accept', 'papers']) {
        assert.strictEqual((await officer.verb(no, verb, { claim })).status, 200);
    }
    const account = await clocks(no);
    addsUp(account);
    const kinds = [...new Set(account.segments.map((segment) => segment.clock))].sort();
    assert.deepStrictEqual(kinds, ['accept', 'dispatch', 'papers', 'pay', 'return', 'review']);
    for (const clock of ['dispatch', 'accept', 'return', 'pay', 'papers']) {
        for (const segment of of(account, clock)) {
            assert.strictEqual(segment.state, 'stopped', clock);
            assert.strictEqual(segment.overdue_ms, 0);
            assert.ok(segment.label.length > 0);
        }
    }
    const received = Date.parse(account.first_contact_at);
    assert.strictEqual(Date.parse(of(account, 'dispatch')[0].due_at) - received, 2 * HOUR); // URGENT
    const [papers] = of(account, 'papers');
    assert.ok(papers.booked);
    const shown = await (await site.as('auditor')).must(200, 'GET', `/v1/cases/${no}`);
    assert.strictEqual(papers.due_at, shown.review.due_at);
    assert.strictEqual(of(account, 'accept')[0].inbox, TOWNSHIP);
    const review = of(account, 'review').at(-1);
    assert.strictEqual(review.state, 'running');
    assert.strictEqual(review.inbox, REGION); // the reviewers have it now
    assert.ok(account.holders.some((holder) => holder.actor === 'officer:wang' && holder.inbox === TOWNSHIP));
    const reviewer = await site.as('reviewer', 'li');
    assert.strictEqual((await reviewer.verb(no, 'confirm')).status, 200);
    const after = await clocks(no);
    assert.strictEqual(of(after, 'followup').at(-1).state, 'running');
    addsUp(after);
});

test('a return stops nothing of the citizen and restarts no dispatch', async () => {
    const officer = await site.officer(TOWNSHIP, 'wang');
    const no = await dispatched();
    const before = await clocks(no);
    const claim = await claimed(officer, no);
    assert.strictEqual((await officer.verb(no, 'return', { claim })).status, 200);
    const after = await clocks(no);
    assert.strictEqual(after.first_contact_at, before.first_contact_at);
    assert.strictEqual(after.returns, 1);
    assert.ok(after.total_ms >= before.total_ms);
    const [first, second] = of(after, 'dispatch');
    assert.strictEqual(second.due_at, first.due_at);
    assert.deepStrictEqual([second.state, second.inbox, second.ended_at], ['running', REGION, null]);
    addsUp(after);
});

test('a pause that the rules allow is booked, moves the due time, and its end never shortens it', async () => {
    const officer = await site.officer(TOWNSHIP, 'wang');
    const { no } = await accepted(officer);
    const [before] = of(await clocks(no), 'review').slice(-1);
    assert.ok(before.booked && before.state === 'running', JSON.stringify(before));
    const answer = await pause(officer, no, 'economy_check');
    assert.strictEqual(answer.status, 200, answer.text);
    assert.strictEqual(answer.json.paused.reason, 'economy_check');
    assert.strictEqual(answer.json.paused.reason_zh, '家庭经济状况核对');
    const review = of(answer.json, 'review').at(-1);
    assert.strictEqual(review.state, 'paused');
    assert.deepStrictEqual([review.pauses.length, review.pauses[0].to], [1, null]);
    is(await pause(officer, no, 'economy_check'), 409, 'illegal-move');

    // as if it had stood still for ten days
    const key = site.key(`case:${no}`);
    const ck = String(await site.redis('HGET', key, 'ck'));
    const earlier = ck.replace(/paused=economy_check\/(\d+)/, (_, ms) => `paused=economy_check/${ms - 240 * HOUR}`);
    assert.notStrictEqual(earlier, ck);
    await site.redis('HSET', key, 'ck', earlier);
    const went = await resume(officer, no);
    assert.strictEqual(went.status, 200, went.text);
    const on = of(went.json, 'review').at(-1);
    assert.deepStrictEqual([went.json.paused, on.state, on.pauses.length], [null, 'running', 1]);
    assert.ok(Date.parse(on.due_at) > Date.parse(before.due_at) + 5 * 24 * HOUR, `${before.due_at} ${on.due_at}`);
    assert.ok(on.booked);
    is(await resume(officer, no), 409, 'illegal-move');
    const events = await site.events(no);
    assert.deepStrictEqual(events.slice(-2).map((event) => event.verb), ['pause', 'resume']);
    assert.strictEqual(events.at(-2).actor, 'officer:wang');
    assert.strictEqual(events.at(-2).pause, 'economy_check');
});

test('a pause that comes twice with one key is one pause', async () => {
    const officer = await site.officer(TOWNSHIP, 'wang');
    const { no } = await accepted(officer);
    const body = { reason: '等待核对结果', pause: 'economy_check' };
    const key = freshKey();
    const first = await officer.post(`/v1/cases/${no}/pause`, body, { key });
    const second = await officer.post(`/v1/cases/${no}/pause`, body, { key });
    assert.deepStrictEqual([first.status, second.status], [200, 200], second.text);
    assert.strictEqual(second.headers['idempotency-replayed'], 'true');
    assert.strictEqual((await site.events(no)).filter((event) => event.verb === 'pause').length, 1);
});

test('what the rules do not allow stands still for nobody: other reasons, first aid, others’ cases', async () => {
    const officer = await site.officer(TOWNSHIP, 'wang');
    const { no } = await accepted(officer);
    is(await pause(officer, no, 'applicant'), 403, 'forbidden'); // not in this county's policy
    is(await pause(officer, no, 'fund_appropriation'), 409, 'illegal-move'); // nothing is approved yet
    is(await pause(officer, no, 'tea'), 400, 'bad-input');
    is(await pause(officer, no, 'economy_check', { until: '2020-01-01T00:00:00+08:00' }), 400, 'bad-input');
    is(await pause(officer, no, 'economy_check', { price: 5 }), 400, 'bad-input');
    is(await officer.post(`/v1/cases/${no}/pause`, { pause: 'economy_check' }), 400, 'bad-input');
    is(await pause(await site.officer(TOWNSHIP, 'zhao'), no, 'economy_check'), 409, 'stale-claim');
    is(await pause(await site.officer(OTHER, 'qian'), no, 'economy_check'), 404, 'not-found');
    is(await pause(await site.as('agent'), no, 'economy_check'), 403, 'forbidden');
    const waiting = await dispatched();
    is(await pause(officer, waiting, 'economy_check'), 409, 'illegal-move'); // the time to sign for it

    const { no: aid } = await (await site.as('agent')).must(201, 'POST', '/v1/tickets', strandedTicket(TOWNSHIP));
    await site.awaitCase(aid, 'FIRST_AID_PAID');
    const refused = await pause(officer, aid, 'economy_check');
    is(refused, 409, 'illegal-move');
    assert.match(refused.json.detail, /先行救助/);
    assert.strictEqual((await site.events(aid)).filter((event) => event.verb === 'pause').length, 0);
});

test('what is late is told of, then on top, then before the county as well, and may still be done', async () => {
    const officer = await site.officer(TOWNSHIP, 'wang');
    const { no, claim } = await accepted(officer);
    assert.strictEqual((await officer.verb(no, 'hand-back', { claim })).status, 200);
    // the worker wakes up three days late
    const due = Date.parse(NOW) - 72 * HOUR;
    await site.redis('HSET', site.key(`case:${no}`), 'ck', `review=${due}/${due - 24 * HOUR}/0/${due + 24 * HOUR}/0`);
    await site.redis('ZADD', site.key('timers'), 'XX', '1', `review:${no}`);
    const steps = async () =>
        (await site.events(no))
            .filter((event) => event.step)
            .map((event) => `${event.verb} ${event.clock} ${event.step}`);
    await until('the escalation', async () => (await steps()).length >= 2);
    assert.deepStrictEqual(await steps(), ['escalate review overdue', 'escalate review county']);
    const reviewer = await site.as('reviewer', 'li');
    const desk = await reviewer.must(200, 'GET', `/v1/townships/${REGION}/inbox?limit=200`);
    assert.ok(desk.items.some((item) => item.no === no));
    const mine = await officer.must(200, 'GET', `/v1/townships/${TOWNSHIP}/inbox?limit=200`);
    const waits = mine.items.filter((item) => !item.holder);
    assert.strictEqual(waits[0].no, no);
    const again = await claimed(officer, no); // it is still theirs
    assert.strictEqual((await officer.verb(no, 'verify', { claim: again })).status, 200);
});

test('clocks are shown to those who may see the case, and to nobody else', async () => {
    const no = await dispatched();
    const path = `/v1/cases/${no}/clocks`;
    for (const role of ['agent', 'reviewer', 'auditor']) await clocks(no, await site.as(role));
    await clocks(no, await site.officer(TOWNSHIP, 'wang'));
    is(await (await site.officer(OTHER, 'qian')).get(path), 404, 'not-found');
    is(await (await site.as('finance')).get(path), 403, 'forbidden');
    is(await site.api(null).get(path), 401, 'unauthorized');
    is(await (await site.as('auditor')).get('/v1/cases/5200002611210000000/clocks'), 404, 'not-found');
});

// Notes written straight into the store, as the functions write them: making thousands by request would take too long.
const NOTES = `
local ev = redis.call('HGET', KEYS[2], 'ev')
local list = { ev }
for i = 1, tonumber(ARGV[2]) do
  list[i + 1] = redis.call('XADD', KEYS[1], '*', ARGV[1], ARGV[3])
end
redis.call('HSET', KEYS[2], 'ev', table.concat(list, ','))
return #list`;

async function notes(no, count) {
    const moved = { verb: 'note', from: 'ACCEPTED', to: 'ACCEPTED' };
    const event = { seq: 99, ...moved, at_ms: Date.parse(NOW), actor: 'officer:wang' };
    const keys = [site.key('events'), site.key(`case:${no}`)];
    await site.redis('EVAL', NOTES, '2', ...keys, no, String(count), JSON.stringify(event));
}

test('a history of ten thousand events is reckoned page by page; one that is too long is refused', async () => {
    const officer = await site.officer(TOWNSHIP, 'wang');
    const { no, claim } = await accepted(officer);
    const before = await clocks(no);
    await notes(no, 9000);
    const long = await clocks(no);
    assert.deepStrictEqual(
        long.segments.map((s) => [s.clock, s.run, s.started_at, s.due_at]),
        before.segments.map((s) => [s.clock, s.run, s.started_at, s.due_at]),
    );
    addsUp(long);
    assert.strictEqual((await officer.verb(no, 'hand-back', { claim })).status, 200);
    const after = await clocks(no); // what came behind the first pages is there as well
    assert.strictEqual(of(after, 'review').length, of(long, 'review').length + 1);
    await notes(no, 9000);
    const answer = await (await site.as('auditor')).get(`/v1/cases/${no}/clocks`);
    is(answer, 413, 'too-large');
    assert.match(answer.json.detail, /events/);
    const again = await claimed(officer, no); // and it can still be worked on
    assert.strictEqual((await pause(officer, no, 'economy_check')).status, 413);
    assert.strictEqual((await site.events(no)).filter((event) => event.verb === 'pause').length, 1);
    assert.strictEqual((await officer.verb(no, 'verify', { claim: again })).status, 200);
});

test('a case is returned within the time of the policy, later only by the county; the remedy is told', async () => {
    const officer = await site.officer(TOWNSHIP, 'wang');
    const reviewer = await site.as('reviewer', 'li');
    const early = await accepted(officer);
    assert.strictEqual((await officer.verb(early.no, 'return', { claim: early.claim })).status, 200);

    const { no, claim } = await accepted(officer);
    await longAgo(no, 20 * 24 * HOUR);
    const late = await officer.verb(no, 'return', { claim });
    is(late, 409, 'illegal-move');
    assert.match(late.json.detail, /1 个工作日/);
    assert.match(late.json.detail, /县级/);
    assert.strictEqual((await site.events(no)).filter((event) => event.verb === 'return').length, 0);
    assert.strictEqual((await officer.verb(no, 'hand-back', { claim })).status, 200);
    const taken = (await reviewer.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: no })).claim;
    assert.strictEqual((await reviewer.verb(no, 'return', { claim: taken })).status, 200);
});
