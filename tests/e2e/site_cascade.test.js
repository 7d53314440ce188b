// Who is asked when the township of the place does not take a case: neighbours by distance, the county's desk, the
// region's desk; full inboxes, duty, borders. A timer is made due by its score, nobody waits for it.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Site, until, REGION } = require('../support/site.js');
const { person, plainTicket, strandedTicket, freshKey } = require('../support/api.js');

const RUIXI = '520324101';
const BETWEEN = { lat: 28.565, lng: 107.395, crs: 'WGS-84' }; // 4.3 km from RUIXI's seat, 4.5 km from the next one's

let site;
let running; // the worker of the moment

test.before(async () => {
    site = await Site.start({ settings: { bank_settle_ms: 300 } });
    await site.ready();
    running = site.workers.get('worker-1');
});

test.after(() => site?.stop());

// A worker with these settings takes the place of the one before.
async function work(settings) {
    running.signal('SIGTERM');
    assert.deepStrictEqual(await running.exited, [0, null], running.log.slice(-2000));
    running = site.startWorker(`worker-${site.workers.size + 1}`, settings);
}

async function post(ticket) {
    return (await (await site.as('agent')).must(201, 'POST', '/v1/tickets', ticket)).no;
}

const ROUTED = ['TRIAGED', 'DISPATCHED'];
const routed = async (ticket) => site.awaitCase(await post(ticket), ROUTED);
const look = async (no) => (await site.as('agent')).must(200, 'GET', `/v1/cases/${no}`);

// The township, its three neighbours by distance, the desks of county and region.
async function chain(code) {
    const agent = await site.as('agent');
    const { routing } = await agent.must(200, 'POST', '/v1/routing/preview', { code });
    const codes = routing.candidates.map((candidate) => candidate.code);
    const far = routing.candidates.slice(1).map((candidate) => candidate.distance_m);
    assert.deepStrictEqual([codes.length, codes[0]], [4, code]);
    assert.ok(far[0] <= far[1] && far[1] <= far[2], `not by distance: ${far}`);
    return [...codes, code.slice(0, 6), REGION];
}

async function inbox(code) {
    const reviewer = await site.as('reviewer');
    const { items } = await reviewer.must(200, 'GET', `/v1/townships/${code}/inbox?limit=200`);
    return items.map((item) => item.no);
}

const timer = async (no) => {
    const score = await site.redis('ZSCORE', site.key('timers'), `accept:${no}`);
    return score === null ? null : Number(score);
};

// Its time to be accepted is over.
async function due(no) {
    const changed = await site.redis('ZADD', site.key('timers'), 'XX', 'CH', '1', `accept:${no}`);
    assert.strictEqual(Number(changed), 1, `${no} has no timer`);
}

// The same for a case that has no timer, and until the clock has looked at it.
async function force(no) {
    await site.redis('ZADD', site.key('timers'), '1', `accept:${no}`);
    await until('the timer to fire', async () => (await timer(no)) !== 1);
}

const inboxIs = (code) => (shown) => shown.inbox === code;

// [reason, inbox] of everyone passed over.
async function passed(no) {
    const events = (await site.events(no)).filter((event) => event.verb === 'cascade');
    for (const event of events) assert.strictEqual(event.actor, 'system');
    return events.map((event) => [event.reason, event.inbox]);
}

async function claim(officer, code, no) {
    return (await officer.must(200, 'POST', `/v1/townships/${code}/claim`, { case: no })).claim;
}

async function verb(officer, no, name, body) {
    const answer = await officer.verb(no, name, body);
    assert.strictEqual(answer.status, 200, answer.text);
    return answer.json;
}

// ---- Not accepted in time ----

test('not accepted in time: neighbours, the desk of the county, the desk of the region, and no farther', async () => {
    const order = await chain(RUIXI);
    const shown = await routed(plainTicket(RUIXI));
    assert.strictEqual(shown.inbox, RUIXI);
    assert.strictEqual(
        await timer(shown.no),
        Date.parse(shown.decision.accept_by),
        'the limit of the policy',
    );
    const expected = [];
    for (const [i, next] of order.entries()) {
        if (i === 0) continue;
        await due(shown.no);
        const moved = await site.awaitCase(shown.no, inboxIs(next));
        expected.push(['accept-overdue', order[i - 1]]);
        assert.deepStrictEqual(await passed(shown.no), expected);
        assert.deepStrictEqual(
            [moved.state, moved.township.code],
            ['DISPATCHED', RUIXI],
            'its place is the same',
        );
        for (const code of order)
            assert.strictEqual((await inbox(code)).includes(shown.no), code === next, code);
    }
    assert.strictEqual(await timer(shown.no), null);
    const { version } = await look(shown.no);
    await force(shown.no);
    const last = await look(shown.no);
    assert.deepStrictEqual([last.inbox, last.version], [REGION, version], 'it stays');
    // and from there a reviewer sends it on
    const reviewer = await site.as('reviewer');
    const number = await claim(reviewer, REGION, shown.no);
    await verb(reviewer, shown.no, 'return', { claim: number });
    const sent = await verb(reviewer, shown.no, 'dispatch', { township: RUIXI });
    assert.deepStrictEqual([sent.state, sent.inbox], ['DISPATCHED', RUIXI]);
    assert.ok((await timer(shown.no)) > 0, 'and its time runs again');
});

test('a claimed case does not move before the claim ends, an accepted one not at all', async () => {
    const officer = await site.officer(RUIXI);
    const { no } = await routed(plainTicket(RUIXI));
    const taken = await officer.must(200, 'POST', `/v1/townships/${RUIXI}/claim`, { case: no });
    await due(no);
    await until('the timer to wait for the claim', async () => (await timer(no)) === Date.parse(taken.until));
    assert.strictEqual((await look(no)).inbox, RUIXI);
    await verb(officer, no, 'accept', { claim: taken.claim });
    assert.strictEqual(await timer(no), null);
    await verb(officer, no, 'hand-back', { claim: taken.claim });
    await force(no);
    assert.deepStrictEqual([(await look(no)).inbox, await passed(no)], [RUIXI, []]);
});

test('a case whose officer has granted first aid does not move any more', async () => {
    await site.fund(RUIXI);
    const officer = await site.officer(RUIXI);
    const { no } = await routed(plainTicket(RUIXI));
    const number = await claim(officer, RUIXI, no);
    await verb(officer, no, 'first-aid', { claim: number, amount_fen: 20000 });
    await site.awaitCase(no, 'FIRST_AID_PAID');
    await verb(officer, no, 'hand-back', { claim: number });
    assert.strictEqual(await timer(no), null);
    await force(no);
    assert.deepStrictEqual([(await look(no)).inbox, await passed(no)], [RUIXI, []]);
});

test('a case that was accepted, sent back and dispatched again goes on when nobody accepts it', async () => {
    const officer = await site.officer(RUIXI);
    const { no } = await routed(plainTicket(RUIXI));
    const number = await claim(officer, RUIXI, no);
    await verb(officer, no, 'accept', { claim: number });
    await verb(officer, no, 'return', { claim: number, misled: '瑞溪' });
    const order = await chain('520324103');
    await verb(await site.as('agent'), no, 'dispatch', { township: order[0] });
    for (const next of order.slice(1)) {
        await due(no);
        await site.awaitCase(no, inboxIs(next));
    }
    assert.deepStrictEqual(
        await passed(no),
        order.slice(0, -1).map((code) => ['accept-overdue', code]),
    );
});

test('what the rules have paid goes to a neighbour as well, who does the papers', async () => {
    const [, next, other] = await chain(RUIXI);
    await site.fund(RUIXI);
    const no = await post(strandedTicket(RUIXI));
    await site.awaitCase(no, 'FIRST_AID_PAID');
    await due(no);
    await site.awaitCase(no, inboxIs(next));
    const officer = await site.officer(next);
    const number = await claim(officer, next, no);
    await verb(officer, no, 'accept', { claim: number });
    // with his papers the case leaves his inbox; he is told what he did, also when he asks again
    const key = freshKey();
    for (const replayed of [undefined, 'true']) {
        const done = await officer.verb(no, 'papers', { claim: number }, { key });
        assert.strictEqual(done.status, 200, done.text);
        assert.deepStrictEqual([done.json.state, done.json.inbox], ['PAPERS_OK', REGION]);
        assert.strictEqual(done.headers['idempotency-replayed'], replayed);
    }
    assert.strictEqual(
        (await officer.verb(no, 'papers', { claim: number })).status,
        404,
        'it is not his any more',
    );
    assert.strictEqual((await officer.get(`/v1/cases/${no}`)).status, 404);
    assert.strictEqual((await (await site.officer(other)).get(`/v1/cases/${no}`)).status, 404);
});

test('the neighbour who holds a case reads and acts on it, others do not; the fund of the place pays', async () => {
    const [, next, other] = await chain(RUIXI);
    await site.fund(RUIXI);
    await site.fund(next);
    const finance = await site.as('finance');
    const fund = (code) => finance.must(200, 'GET', `/v1/townships/${code}/fund`);
    const [own, theirs] = [await fund(RUIXI), await fund(next)];

    const { no } = await routed(plainTicket(RUIXI));
    await due(no);
    await site.awaitCase(no, inboxIs(next));
    const officer = await site.officer(next);
    const stranger = await site.officer(other);
    assert.strictEqual((await stranger.claim(next, no)).status, 404);
    assert.strictEqual((await stranger.claim(other, no)).status, 404);
    const number = await claim(officer, next, no);
    for (const target of [`/v1/cases/${no}`, `/v1/cases/${no}/events`]) {
        assert.strictEqual((await officer.get(target)).status, 200, target);
        assert.strictEqual((await stranger.get(target)).status, 404, target);
    }
    for (const name of ['accept', 'reveal', 'hand-back']) {
        assert.strictEqual((await stranger.verb(no, name, { claim: number })).status, 404, name);
    }
    await verb(officer, no, 'reveal', { claim: number });
    await verb(officer, no, 'accept', { claim: number });
    await verb(officer, no, 'first-aid', { claim: number, amount_fen: 20000 });
    const shown = await site.awaitCase(no, 'FIRST_AID_PAID');
    assert.deepStrictEqual([shown.inbox, shown.township.code], [next, RUIXI]);
    const { available_fen: left, unreviewed_fen: paid } = await fund(RUIXI);
    assert.deepStrictEqual([left, paid], [own.available_fen - 20000, own.unreviewed_fen + 20000]);
    assert.deepStrictEqual(await fund(next), theirs);
});

test('a neighbour sends back what is not his either, and is told so', async () => {
    const [, next] = await chain(RUIXI);
    const { no } = await routed(plainTicket(RUIXI));
    await due(no);
    await site.awaitCase(no, inboxIs(next));
    const officer = await site.officer(next);
    const number = await claim(officer, next, no);
    const back = await verb(officer, no, 'return', { claim: number });
    assert.deepStrictEqual([back.state, back.inbox], ['RETURNED', REGION]);
    assert.strictEqual((await officer.get(`/v1/cases/${no}`)).status, 404);
});

// ---- Full inboxes ----

test('a full inbox is passed over, also within one batch; the desk of the region takes everything', async () => {
    const order = await chain('520325101');
    await work({ inbox_max: 1 });
    const nos = await Promise.all(Array.from({ length: 8 }, () => post(plainTicket('520325101'))));
    const counts = new Map();
    for (const no of nos) {
        const shown = await site.awaitCase(no, ROUTED);
        counts.set(shown.inbox, (counts.get(shown.inbox) || 0) + 1);
        const before = order.slice(0, order.indexOf(shown.inbox));
        assert.deepStrictEqual(
            await passed(no),
            before.map((code) => ['inbox-full', code]),
        );
        assert.strictEqual(shown.township.code, '520325101');
    }
    assert.deepStrictEqual(
        order.map((code) => counts.get(code)),
        [1, 1, 1, 1, 1, 3],
    );

    // too late at the first: the others are full, so the desk of the region is next
    let first;
    for (const no of nos) if ((await look(no)).inbox === order[0]) first = no;
    await due(first);
    await site.awaitCase(first, inboxIs(REGION));
    const full = order.slice(1, 5).map((code) => ['inbox-full', code]);
    assert.deepStrictEqual(await passed(first), [['accept-overdue', order[0]], ...full]);
    assert.strictEqual((await routed(plainTicket('520325101'))).inbox, order[0], 'there is room again');
});

// ---- Duty ----

test('with duty required only where somebody is signed in is asked', async () => {
    const order = await chain('520326101');
    await work({ duty_required: 1 });
    const duty = (api, code, hours) => api.post(`/v1/townships/${code}/duty`, { hours });
    const signs = async (api, code, hours) => {
        const answer = await duty(api, code, hours);
        assert.strictEqual(answer.status, 204, answer.text);
    };
    const goes = async (to) => {
        const shown = await routed(plainTicket('520326101'));
        const before = order.slice(0, order.indexOf(to));
        assert.deepStrictEqual(
            [shown.inbox, await passed(shown.no)],
            [to, before.map((code) => ['nobody-on-duty', code])],
        );
    };
    const [own, , second] = order;
    const officer = await site.officer(own);
    const neighbour = await site.officer(second);
    await goes(REGION);
    await signs(neighbour, second, 8);
    await goes(second);
    await signs(officer, own, 8);
    await goes(own);
    // a colleague comes and goes, and comes for longer: the first is still there
    const colleague = await site.officer(own, 'colleague');
    await signs(colleague, own, 8);
    await signs(colleague, own, 0);
    await goes(own);
    await signs(colleague, own, 24);
    await signs(officer, own, 0);
    await goes(own);
    await signs(colleague, own, 0);
    await goes(second);
    await signs(neighbour, second, 0);
    await goes(REGION);
    // the desk of the county is a reviewer's
    await signs(await site.as('reviewer'), order[4], 8);
    await goes(order[4]);
    await signs(await site.as('reviewer'), order[4], 0);

    assert.strictEqual((await duty(officer, second, 8)).status, 404, 'only at home');
    for (const hours of [25, -1, 1.5, '8', null])
        assert.strictEqual((await duty(officer, own, hours)).status, 400, hours);
    assert.strictEqual((await duty(await site.as('agent'), own, 8)).status, 403);
});

// ---- Borders ----

test('near a border both see the case; the first to claim it has it', async () => {
    await work({ border_margin_m: 20000 });
    await site.fund(RUIXI);
    const near = () => routed({ cause: 'education', person: person(), place: BETWEEN, narrative: '学费' });
    const both = (await chain(RUIXI)).slice(0, 2);
    for (const [first, last] of [both, [...both].reverse()]) {
        const { no, inbox: shownIn, routing } = await near();
        assert.strictEqual(routing.code, RUIXI);
        assert.strictEqual(shownIn, both.join());
        const [winner, loser] = [await site.officer(first), await site.officer(last)];
        for (const code of both) {
            assert.ok((await inbox(code)).includes(no), code);
            assert.strictEqual((await (await site.officer(code)).get(`/v1/cases/${no}`)).status, 200);
        }
        const number = await claim(winner, first, no);
        assert.ok(!(await inbox(last)).includes(no), 'gone from the other');
        assert.strictEqual((await loser.claim(last, no)).status, 404);
        assert.strictEqual((await look(no)).inbox, first);
        // the township of the place may go on reading, a neighbour who has lost it may not
        assert.strictEqual((await loser.get(`/v1/cases/${no}`)).status, last === RUIXI ? 200 : 404);
        await verb(winner, no, 'accept', { claim: number });
        await verb(winner, no, 'first-aid', { claim: number, amount_fen: 10000 });
        await site.awaitCase(no, 'FIRST_AID_PAID');
    }
});

test('two officers near a border claim at once, ten times: one of them has it', async () => {
    const both = (await chain(RUIXI)).slice(0, 2);
    const officers = await Promise.all(both.map((code) => site.officer(code)));
    for (let i = 0; i < 10; i++) {
        const { no } = await routed({
            cause: 'education',
            person: person(),
            place: BETWEEN,
            narrative: '学费',
        });
        const answers = await Promise.all(officers.map((officer, k) => officer.claim(both[k], no)));
        const won = answers.findIndex((answer) => answer.status === 200);
        assert.deepStrictEqual(answers.map((answer) => answer.status).sort(), [200, 404]);
        assert.strictEqual((await look(no)).inbox, both[won]);
    }
});

test('near a border nobody takes it: both were asked, the next one follows', async () => {
    const order = await chain(RUIXI);
    const { no } = await routed({ cause: 'education', person: person(), place: BETWEEN, narrative: '学费' });
    await due(no);
    const moved = await site.awaitCase(no, (shown) => !shown.inbox.startsWith(RUIXI));
    assert.deepStrictEqual(
        await passed(no),
        order.slice(0, 2).map((code) => ['accept-overdue', code]),
    );
    assert.strictEqual(moved.inbox, order[2]);
    for (const code of order.slice(0, 2)) assert.ok(!(await inbox(code)).includes(no), code);
});

test('in the end the money agrees', async () => {
    await site.quiet();
    await site.moneyAgrees();
});
