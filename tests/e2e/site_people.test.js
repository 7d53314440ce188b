// People at work on cases: claims, maker and checker, follow-up, withdrawal, duty desks, parked jobs.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Site, until, REGION } = require('../support/site.js');
const { strandedTicket, plainTicket, freshKey, person } = require('../support/api.js');

const TOWNSHIP = '520102022';
const OTHER = '520103019';

let site;

test.before(async () => {
    site = await Site.start({ settings: { bank_settle_ms: 300, bank_timeout_ms: 1000, lease_ms: 500 } });
    await site.ready();
    await site.fund(TOWNSHIP);
    await site.fund(OTHER);
});

test.after(() => site?.stop());

async function post(ticket) {
    return (await (await site.as('agent')).must(201, 'POST', '/v1/tickets', ticket)).no;
}

async function dispatched(ticket = plainTicket(TOWNSHIP)) {
    const no = await post(ticket);
    await site.awaitCase(no, 'DISPATCHED');
    return no;
}

async function claimed(officer, no, township = TOWNSHIP) {
    return (await officer.must(200, 'POST', `/v1/townships/${township}/claim`, { case: no })).claim;
}

const problem = (answer) => answer.json?.type?.replace('urn:jiuji:problem:', '');

function is(answer, status, type) {
    assert.strictEqual(`${answer.status} ${problem(answer)}`, `${status} ${type}`, answer.text);
}

// A case that is paid, with papers complete, handled by `officer`.
async function withPapers(officer) {
    const no = await post(strandedTicket(TOWNSHIP));
    await site.awaitCase(no, 'FIRST_AID_PAID');
    const claim = await claimed(officer, no);
    for (const verb of ['accept', 'papers']) {
        const answer = await officer.verb(no, verb, { claim });
        assert.strictEqual(answer.status, 200, answer.text);
    }
    return no;
}

test('two officers claim one case at once, twenty times: one of them has it', async () => {
    const officers = await Promise.all(['o1', 'o2'].map((name) => site.officer(TOWNSHIP, name)));
    const nos = await Promise.all(Array.from({ length: 20 }, () => dispatched()));
    for (const no of nos) {
        const answers = await Promise.all(officers.map((officer) => officer.claim(TOWNSHIP, no)));
        const won = answers.findIndex((answer) => answer.status === 200);
        assert.ok(won >= 0, answers[0].text);
        is(answers[1 - won], 409, 'conflict');
        const refused = await officers[1 - won].verb(no, 'accept', { claim: answers[won].json.claim });
        is(refused, 409, 'stale-claim');
        const accepted = await officers[won].verb(no, 'accept', { claim: answers[won].json.claim });
        assert.strictEqual(accepted.status, 200, accepted.text);
        assert.strictEqual(accepted.json.holder.actor, `officer:o${won + 1}`);
    }
});

test('two officers draw from the inbox until it is empty: every case once', async () => {
    const officers = await Promise.all(['o1', 'o2', 'o3'].map((name) => site.officer(OTHER, name)));
    const nos = await Promise.all(Array.from({ length: 30 }, () => dispatched(plainTicket(OTHER))));
    const drawn = [];
    await Promise.all(
        officers.map(async (officer) => {
            for (;;) {
                const answer = await officer.claim(OTHER);
                if (answer.status === 204) return;
                assert.strictEqual(answer.status, 200, answer.text);
                drawn.push(answer.json.no);
            }
        }),
    );
    assert.deepStrictEqual(drawn.sort(), nos.sort());
    const inbox = await officers[0].must(200, 'GET', `/v1/townships/${OTHER}/inbox?limit=200`);
    assert.strictEqual(inbox.count, 30);
    assert.ok(inbox.items.every((item) => /^officer:o[123]$/.test(item.holder)));
});

test('a claim that has ended: the next officer takes the case, the first one is refused', async () => {
    const gateway = await site.startGateway(7, { port: 0, claim_ms: 300 });
    await site.ready(gateway.port);
    const slow = site.api(await site.token('officer', 'slow', TOWNSHIP), { port: gateway.port });
    const quick = await site.officer(TOWNSHIP, 'quick');
    const no = await dispatched();
    const old = await claimed(slow, no);
    const fresh = await until('the claim to end', async () => {
        const answer = await quick.claim(TOWNSHIP, no);
        return answer.status === 200 && answer.json.claim;
    });
    assert.ok(fresh > old);
    for (const verb of ['accept', 'papers', 'hand-back', 'reveal']) {
        const answer = await slow.verb(no, verb, { claim: old });
        assert.ok(['stale-claim', 'illegal-move'].includes(problem(answer)), answer.text);
        assert.strictEqual(answer.status, 409);
    }
    is(await slow.verb(no, 'first-aid', { claim: old, amount_fen: 100 }), 409, 'stale-claim');
    is(await slow.verb(no, 'accept', { claim: fresh }), 409, 'stale-claim');
    assert.strictEqual((await quick.verb(no, 'accept', { claim: fresh })).status, 200);
    const events = await site.events(no);
    assert.ok(events.some((event) => event.verb === 'hand-back' && event.reason === 'claim-expired'));
    gateway.signal('SIGTERM');
});

test('handing back puts the case into the inbox again', async () => {
    const officer = await site.officer(TOWNSHIP);
    const no = await dispatched();
    const claim = await claimed(officer, no);
    assert.strictEqual((await officer.verb(no, 'hand-back', { claim })).json.holder, null);
    is(await officer.verb(no, 'accept', { claim }), 409, 'stale-claim');
    assert.ok((await claimed(await site.officer(TOWNSHIP, 'other'), no)) > claim);
});

test('an officer of another township sees nothing and does nothing', async () => {
    const stranger = await site.officer(OTHER);
    const no = await dispatched();
    const claim = await claimed(await site.officer(TOWNSHIP), no);
    is(await stranger.get(`/v1/cases/${no}`), 404, 'not-found');
    is(await stranger.get(`/v1/cases/${no}/events`), 404, 'not-found');
    for (const verb of ['accept', 'papers', 'hand-back', 'reveal', 'close']) {
        const body = verb === 'close' ? {} : { claim };
        is(await stranger.verb(no, verb, body), 404, 'not-found');
    }
    is(await stranger.verb(no, 'follow-up', { answer: 'yes' }), 404, 'not-found');
    is(await stranger.claim(OTHER, no), 404, 'not-found');
    is(await stranger.claim(TOWNSHIP, no), 404, 'not-found');
});

test('who decided or handled a case does not confirm it', async () => {
    const no = await withPapers(await site.officer(TOWNSHIP));
    is(await (await site.officer(TOWNSHIP)).verb(no, 'confirm'), 403, 'forbidden');
    const reviewer = await site.as('reviewer');
    // the same person under two roles has the same name in the register of officers
    await site.redis('HSET', site.key(`case:${no}`), 'hd', 'reviewer:reviewer');
    is(await reviewer.verb(no, 'confirm'), 403, 'forbidden');
    const second = await site.as('reviewer', 'second');
    assert.strictEqual((await second.verb(no, 'confirm')).json.state, 'REVIEW_CONFIRMED');
    const fund = await (await site.as('finance')).must(200, 'GET', `/v1/townships/${TOWNSHIP}/fund`);
    assert.ok(fund.confirmed_fen > 0);
});

test('the whole way to the archive, and nothing moves after it', async () => {
    const officer = await site.officer(TOWNSHIP);
    const no = await withPapers(officer);
    const reviewer = await site.as('reviewer');
    const agent = await site.as('agent');
    const before = await reviewer.must(200, 'GET', `/v1/townships/${REGION}/inbox`);
    assert.ok(
        before.items.some((item) => item.no === no),
        'the reviewers have it before them',
    );
    is(await reviewer.verb(no, 'close'), 409, 'illegal-move');
    assert.strictEqual((await reviewer.verb(no, 'confirm')).json.state, 'REVIEW_CONFIRMED');
    assert.strictEqual((await agent.verb(no, 'follow-up', { answer: 'yes' })).json.state, 'FOLLOWED_UP');
    const closed = await reviewer.verb(no, 'close');
    assert.strictEqual(closed.json.state, 'ARCHIVED');
    assert.deepStrictEqual(closed.json.allowed, ['review-fail', 'refund']); // a later check may still find it wrong
    is(await agent.verb(no, 'withdraw'), 409, 'illegal-move');
    is(await agent.verb(no, 'follow-up', { answer: 'no' }), 409, 'illegal-move');
    is(await agent.verb(no, 'dispatch', { township: TOWNSHIP }), 409, 'illegal-move');
    is(await officer.claim(TOWNSHIP, no), 404, 'not-found');
    const verbs = (await site.events(no)).map((event) => event.verb);
    const tail = ['claim', 'accept', 'papers', 'confirm', 'follow-up', 'close'];
    assert.deepStrictEqual(verbs, ['receive', 'dispatch', 'first-aid', 'paid', ...tail]);
    for (const event of await site.events(no)) {
        assert.ok(
            event.actor && event.at_ms && event.reason !== undefined && event.policy !== undefined,
            event.verb,
        );
    }
});

test('a citizen who says no: the case lies at the duty desk', async () => {
    const no = await withPapers(await site.officer(TOWNSHIP));
    const reviewer = await site.as('reviewer');
    await reviewer.verb(no, 'confirm');
    const answer = await (await site.as('agent')).verb(no, 'follow-up', { answer: 'no' });
    assert.strictEqual(answer.json.state, 'REVIEW_CONFIRMED');
    assert.strictEqual(answer.json.inbox, REGION);
    const desk = await reviewer.must(200, 'GET', `/v1/townships/${REGION}/inbox?limit=200`);
    assert.ok(desk.items.some((item) => item.no === no));
    assert.strictEqual((await reviewer.verb(no, 'follow-up', { answer: 'yes' })).json.state, 'FOLLOWED_UP');
});

test('the third time that nobody answers counts as followed up', async () => {
    const no = await withPapers(await site.officer(TOWNSHIP));
    await (await site.as('reviewer')).verb(no, 'confirm');
    const agent = await site.as('agent');
    const states = [];
    for (let i = 0; i < 3; i++) {
        const key = freshKey();
        const first = await agent.verb(no, 'follow-up', { answer: 'unreachable' }, { key });
        const again = await agent.verb(no, 'follow-up', { answer: 'unreachable' }, { key });
        assert.strictEqual(again.headers['idempotency-replayed'], 'true', 'a repeat is no further attempt');
        states.push(first.json.state);
    }
    assert.deepStrictEqual(states, ['REVIEW_CONFIRMED', 'REVIEW_CONFIRMED', 'FOLLOWED_UP']);
});

test('a citizen who withdraws: the case leaves the inbox, money that is on its way cannot be called back', async () => {
    const agent = await site.as('agent');
    const no = await dispatched();
    const answer = await agent.verb(no, 'withdraw');
    assert.strictEqual(answer.json.state, 'WITHDRAWN');
    const inbox = await (
        await site.officer(TOWNSHIP)
    ).must(200, 'GET', `/v1/townships/${TOWNSHIP}/inbox?limit=200`);
    assert.ok(!inbox.items.some((item) => item.no === no));
    const paid = await post(strandedTicket(TOWNSHIP));
    await site.awaitCase(paid, 'FIRST_AID_PAID');
    is(await agent.verb(paid, 'withdraw'), 409, 'illegal-move');
});

test('a claim at the duty desk does not stand in the way of the township it is dispatched to', async () => {
    const no = await post({ cause: 'education', person: person(), narrative: '在路上，说不清在哪里' });
    await site.awaitCase(no, 'TRIAGED');
    const reviewer = await site.as('reviewer');
    await claimed(reviewer, no, REGION);
    const sent = await reviewer.verb(no, 'dispatch', { township: TOWNSHIP });
    assert.strictEqual(sent.json.state, 'DISPATCHED', sent.text);
    const officer = await site.officer(TOWNSHIP);
    const answer = await officer.claim(TOWNSHIP, no);
    assert.strictEqual(answer.status, 200, answer.text);
    assert.strictEqual((await officer.verb(no, 'accept', { claim: answer.json.claim })).status, 200);
});

test('a case that no township has accepted in time can be dispatched again by the duty desk', async () => {
    const no = await dispatched();
    await site.redis('ZADD', site.key('timers'), 1, `accept:${no}`);
    const shown = await site.awaitCase(no, (one) => one.inbox !== TOWNSHIP);
    const desk = shown.inbox;
    const reviewer = await site.as('reviewer');
    const held = await claimed(reviewer, no, desk);
    assert.strictEqual((await reviewer.verb(no, 'return', { claim: held })).json.state, 'RETURNED');
    const sent = await reviewer.verb(no, 'dispatch', { township: OTHER });
    assert.strictEqual(sent.status, 200, sent.text);
    assert.strictEqual(sent.json.inbox, OTHER);
    const officer = await site.officer(OTHER);
    const claim = await claimed(officer, no, OTHER);
    assert.strictEqual((await officer.verb(no, 'accept', { claim })).json.state, 'ACCEPTED');
});

test('papers that are overdue: the case escalates, nothing is refused for it', async () => {
    const no = await post(strandedTicket(TOWNSHIP));
    await site.awaitCase(no, 'FIRST_AID_PAID');
    await site.redis('HSET', site.key(`case:${no}`), 'rv', 'BOOKED:1'); // its day has passed
    await site.redis('ZADD', site.key('timers'), 1, `papers:${no}`);
    await site.awaitCase(no, 'PAPERS_OVERDUE');
    const officer = await site.officer(TOWNSHIP);
    const claim = await claimed(officer, no);
    assert.strictEqual((await officer.verb(no, 'papers', { claim })).json.state, 'PAPERS_OK');
});

test('a job that cannot be done is parked with its reason, listed, and put back', async () => {
    for (const worker of site.workers.values()) {
        worker.signal('SIGTERM');
        await worker.exited;
    }
    const no = await post(strandedTicket(TOWNSHIP));
    const facts = await site.redis('HGET', site.key(`case:${no}`), 'f');
    await site.redis('HSET', site.key(`case:${no}`), 'f', '{"broken":');
    await site.startWorker('worker-1');
    const listed = await until('the job to be parked', async () => {
        const text = await site.ctl('dead', 'list', 'route');
        return text.includes(no) && text;
    });
    assert.match(listed, new RegExp(`^${no}\\t\\d{4}-\\d\\d-\\d\\dT[^\\t]+\\t.*damaged`, 'm'));
    // others are not held up by it
    await site.awaitCase(await post(strandedTicket(TOWNSHIP)), 'FIRST_AID_PAID');
    assert.match(
        (await (await site.as('agent')).get('/metrics')).text,
        /jiuji_queue_jobs\{stage="route",part="dead"\} 1/,
    );
    await site.redis('HSET', site.key(`case:${no}`), 'f', facts);
    assert.match(await site.ctl('dead', 'requeue', 'route', no), /1 of 1/);
    await site.awaitCase(no, 'FIRST_AID_PAID');
    assert.strictEqual((await site.ctl('dead', 'list', 'route')).trim(), '');
    await assert.rejects(site.ctl('dead', 'requeue', 'route', no));
});

test('a job that kills its worker five times is parked; put back, it is asked about before it is sent', async () => {
    for (const worker of site.workers.values()) {
        worker.signal('SIGTERM');
        await worker.exited;
    }
    await site.startWorker('router', { stages: 'route,notify,clock' });
    const no = await post(strandedTicket(TOWNSHIP));
    const shown = await site.awaitCase(no, 'FIRST_AID_APPROVED');
    const { id } = shown.payments[0];
    await site.fault({ kind: 'hang', ms: 20000, match: id });
    await site.fault({ kind: 'no_callback', match: id });
    await site.fault({ kind: 'hang', ms: 20000, count: 4, on: 'query', match: id });
    const envelopes = (await site.bankGet('/sandbox/totals')).envelopes;
    const asked = async () => {
        const totals = await site.bankGet('/sandbox/totals');
        return totals.envelopes + totals.queries;
    };
    for (let i = 1; i <= 5; i++) {
        const before = await asked();
        const worker = await site.startWorker(`victim-${i}`, { stages: 'pay', bank_timeout_ms: 60000 });
        await until(`delivery ${i} to reach the bank`, async () => (await asked()) > before);
        await worker.kill();
    }
    const worker = await site.startWorker('payer', { stages: 'pay' });
    await until('the job to be parked', async () => (await site.ctl('dead', 'list', 'pay')).includes(id));
    assert.match(await site.ctl('dead', 'list', 'pay'), /delivered 5 times without an answer/);
    assert.match(await site.ctl('dead', 'requeue', 'pay', '--all'), /1 of 1/);
    await site.awaitCase(no, 'FIRST_AID_PAID');
    assert.strictEqual(
        (await site.bankGet('/sandbox/totals')).envelopes,
        envelopes + 1,
        'sent once, then only asked',
    );
    worker.signal('SIGTERM');
});

test('in the end ledger, payments and statement agree', async () => {
    await site.startWorker('last', {});
    await site.quiet(['route', 'pay']);
    await site.moneyAgrees();
});
