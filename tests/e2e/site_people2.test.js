// People beside the case: households share their caps, relatives' cases go to the county, the county checks.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { Site, BIN, REGION } = require('../support/site.js');
const { strandedTicket, plainTicket, person, freshKey } = require('../support/api.js');

const TOWNSHIP = '520102022';
const COUNTY = '520102';

let site;

test.before(async () => {
    site = await Site.start({
        clock: '2026-11-20T10:00:00+08:00', // in one year from the first test to the last
        settings: { bank_settle_ms: 300, bank_timeout_ms: 1000 },
        policy: (pack) => {
            pack.rules.caps.times_per_year = 2;
            pack.rules.caps.same_cause_per_year = 2;
            pack.rules.integrity.spot_check_permille = 0;
            pack.rules.integrity.repeat_check_permille = 0;
        },
    });
    await site.ready();
    await site.fund(TOWNSHIP);
});

test.after(() => site?.stop());

const problem = (answer) => answer.json?.type?.replace('urn:jiuji:problem:', '');

function is(answer, status, type) {
    assert.strictEqual(`${answer.status} ${problem(answer)}`, `${status} ${type}`, answer.text);
}

async function post(ticket) {
    return (await (await site.as('agent')).must(201, 'POST', '/v1/tickets', ticket)).no;
}

const history = async (no) => (await site.as('reviewer')).must(200, 'GET', `/v1/cases/${no}/history`);

test('a household of three has one history: what two of them had counts for the third', async () => {
    const [a, b, c] = [person(), person(), person()];
    const household = [{ name: b.name, id_number: b.id_number }, { id_number: c.id_number }];
    const first = await post(strandedTicket(TOWNSHIP, { person: a, household }));
    const paid = await site.awaitCase(first, 'FIRST_AID_PAID');
    const fen = paid.payments[0].amount_fen;
    assert.deepStrictEqual((await history(first)).household, {
        year: 2026,
        paid_fen: fen,
        times: 1,
        small_fast_times: 1,
    });

    // the second member, on a later day as far as likeness is concerned: the household's list is emptied
    const forget = async () => {
        for (const key of await site.keys('household:')) await site.redis('HDEL', site.key(key), 'op');
        for (const key of await site.keys('person:')) await site.redis('HDEL', site.key(key), 'op');
    };
    await forget();
    const second = await post(strandedTicket(TOWNSHIP, { person: b }));
    await site.awaitCase(second, 'FIRST_AID_PAID');
    await forget();
    const third = await post(strandedTicket(TOWNSHIP, { person: c }));
    const shown = await site.awaitCase(third, 'DISPATCHED');
    assert.deepStrictEqual(shown.payments, [], 'two times a year, and that is the household');

    const had = await history(third);
    assert.strictEqual(had.person, null, 'the third person himself has had nothing');
    assert.strictEqual(had.household.times, 2);
    assert.deepStrictEqual(had.approved.map((one) => [one.case, one.whom, one.amount_fen > 0]).sort(), [
        [first, 'household', true],
        [second, 'household', true],
    ]);
    assert.ok(had.approved.every((one) => one.township === TOWNSHIP && one.cause === 'stranded' && one.at));

    // leaving gives nothing back
    const reviewer = await site.as('reviewer');
    const left = await reviewer.verb(third, 'leave-household', {});
    assert.strictEqual(left.status, 200, left.text);
    assert.strictEqual((await history(third)).person.times, 2);
    is(await reviewer.verb(third, 'leave-household', {}), 409, 'conflict');
});

test('no personal data of the household lies in the store in clear', async () => {
    const [a, b] = [person(), person({ name: '欧阳测试甲' })];
    const no = await post(
        plainTicket(TOWNSHIP, { person: a, household: [{ name: b.name, id_number: b.id_number }] }),
    );
    await site.awaitCase(no, 'DISPATCHED');
    const folder = site.file('redis', 'appendonlydir'); // every command as it was written
    const written = Buffer.concat(
        fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name))),
    );
    assert.ok(written.includes(no), 'this is the place to look');
    assert.ok(!written.includes(b.id_number));
    assert.ok(!written.includes(b.name));
});

test('a household that cannot be read is told by field, and nothing is stored', async () => {
    const agent = await site.as('agent');
    const before = (await site.cases()).length;
    for (const household of [
        {},
        [{ name: '无号' }],
        [{ id_number: '123' }],
        [{ id: '1' }],
        new Array(20).fill({}),
    ]) {
        const answer = await agent.post('/v1/tickets', plainTicket(TOWNSHIP, { household }), {
            headers: { 'idempotency-key': freshKey() },
        });
        assert.strictEqual(answer.status, 400, answer.text);
        assert.ok(
            answer.json.errors.some((one) => one.pointer === '/household'),
            answer.text,
        );
    }
    assert.strictEqual((await site.cases()).length, before);
});

test('a relative on the register: county desk, no rule pays, the officer is refused, the county checks', async () => {
    const wang = await site.officer(TOWNSHIP, 'wang');
    const reviewer = await site.as('reviewer', 'li');
    const cousin = person();
    const declared = await wang.post(
        '/v1/relatives',
        { id_number: cousin.id_number, reason: '表亲' },
        { headers: { 'idempotency-key': freshKey() } },
    );
    assert.strictEqual(declared.json?.changed, true, declared.text);
    const no = await post(strandedTicket(TOWNSHIP, { person: cousin }));
    const shown = await site.awaitCase(no, 'DISPATCHED');
    assert.strictEqual(shown.inbox, COUNTY);
    assert.strictEqual(shown.township.code, TOWNSHIP);
    assert.strictEqual(shown.decision.county_must_review, true);
    assert.deepStrictEqual(shown.payments, []);

    is(await wang.claim(TOWNSHIP, no), 404, 'not-found');
    const list = await reviewer.must(200, 'GET', '/v1/spot-checks');
    assert.ok(
        list.items.some((item) => item.no === no),
        JSON.stringify(list),
    );

    // whoever gets it into his hands: what decides is refused to him alone
    const held = (await reviewer.must(200, 'POST', `/v1/townships/${COUNTY}/claim`, { case: no })).claim;
    assert.ok(held > 0);
    const key = site.key(`case:${no}`);
    await site.redis('HSET', key, 'cl', `${held}:4102444800000:officer:wang`);
    is(await wang.verb(no, 'accept', { claim: held }), 403, 'forbidden');
    await site.redis('HSET', key, 'cl', `${held}:4102444800000:officer:zhao`);
    const zhao = await site.officer(TOWNSHIP, 'zhao');
    assert.strictEqual((await zhao.verb(no, 'accept', { claim: held })).status, 200);

    const checked = await reviewer.verb(no, 'spot-check', { result: 'ok' });
    assert.strictEqual(checked.status, 200, checked.text);
    const after = await reviewer.must(200, 'GET', '/v1/spot-checks');
    assert.ok(!after.items.some((item) => item.no === no));
    assert.ok((await site.events(no)).some((event) => event.verb === 'checked' && event.result === 'ok'));
});

test('what the caller says about an officer sends the case to the county as well, and he stands back', async () => {
    const wang = await site.officer(TOWNSHIP, 'wang');
    const no = await post(strandedTicket(TOWNSHIP, { relative_of: 'wang' }));
    const shown = await site.awaitCase(no, 'DISPATCHED');
    assert.strictEqual(shown.inbox, COUNTY);
    assert.strictEqual(shown.facts.relative_declared, true);
    const key = site.key(`case:${no}`);
    await site.redis('HSET', key, 'cl', '7:4102444800000:officer:wang');
    is(await wang.verb(no, 'accept', { claim: 7 }), 403, 'forbidden');
});

test('who may write into the register: an officer his own relatives, a reviewer anybody, nobody else', async () => {
    const wang = await site.officer(TOWNSHIP, 'wang');
    const reviewer = await site.as('reviewer', 'li');
    const who = person();
    const headers = () => ({ headers: { 'idempotency-key': freshKey() } });
    const body = (more) => ({ id_number: who.id_number, reason: '近亲属', ...more });
    is(await wang.post('/v1/relatives', body({ officer: 'zhao' }), headers()), 403, 'forbidden');
    is(await wang.post('/v1/relatives/remove', body({}), headers()), 403, 'forbidden');
    is(await (await site.as('agent')).post('/v1/relatives', body({}), headers()), 403, 'forbidden');
    is(await reviewer.post('/v1/relatives', body({}), headers()), 400, 'bad-input');
    is(
        await reviewer.post('/v1/relatives', body({ officer: 'a', reviewer: 'b' }), headers()),
        400,
        'bad-input',
    );
    is(
        await reviewer.post('/v1/relatives', body({ officer: 'a', id_number: '1' }), headers()),
        400,
        'bad-input',
    );
    for (const changed of [true, false]) {
        const answer = await reviewer.post('/v1/relatives', body({ reviewer: 'li' }), headers());
        assert.strictEqual(answer.json?.changed, changed, answer.text);
    }
    const listed = await reviewer.must(200, 'GET', '/v1/relatives?actor=reviewer:li');
    assert.strictEqual(listed.relatives.length, 1);
    assert.ok(listed.relatives[0].person.length < 32, 'no whole hash');
    const removed = await reviewer.post('/v1/relatives/remove', body({ reviewer: 'li' }), headers());
    assert.strictEqual(removed.json?.changed, true, removed.text);
    const no = await post(strandedTicket(TOWNSHIP, { person: who }));
    assert.strictEqual((await site.awaitCase(no, 'FIRST_AID_PAID')).inbox, TOWNSHIP);
});

test('the history of a case is for those who may see the case', async () => {
    const no = await post(plainTicket(TOWNSHIP));
    await site.awaitCase(no, 'DISPATCHED');
    is(await (await site.officer('520103019')).get(`/v1/cases/${no}/history`), 404, 'not-found');
    is(await (await site.as('agent')).get(`/v1/cases/${no}/history`), 403, 'forbidden');
    assert.deepStrictEqual((await history(no)).approved, []);
});

test('the operator writes the register from a file of ID numbers, and never shows one', async () => {
    const [a, b] = [person(), person()];
    const run = (args, input) =>
        new Promise((resolve) => {
            const child = spawn(path.join(BIN, 'jiujictl'), ['--config', site.config, 'relatives', ...args]);
            let out = '';
            for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (out += text));
            child.on('close', (code) => resolve({ code, out }));
            child.stdin.on('error', () => {});
            child.stdin.end(input);
        });
    const file = `${a.id_number}\n\n${b.id_number}\n`;
    assert.deepStrictEqual(await run(['add', 'officer:sun', '--by', 'zhou'], file), {
        code: 0,
        out: '2 added\n',
    });
    assert.deepStrictEqual(await run(['add', 'officer:sun', '--by', 'zhou'], file), {
        code: 0,
        out: '0 added\n',
    });
    const listed = await run(['list', 'officer:sun'], '');
    assert.match(listed.out, /^(officer:sun\t[0-9a-f]{8}\n){2}$/);
    const no = await post(strandedTicket(TOWNSHIP, { person: a }));
    assert.strictEqual((await site.awaitCase(no, 'DISPATCHED')).inbox, COUNTY);
    assert.deepStrictEqual(await run(['remove', 'officer:sun', '--by', 'zhou'], file), {
        code: 0,
        out: '2 removed\n',
    });
    assert.strictEqual((await run(['list', 'officer:sun'], '')).out, '');
    const wrong = await run(['add', 'officer:sun', '--by', 'zhou'], `${a.id_number}\n123\n`);
    assert.strictEqual(wrong.code, 1);
    assert.match(wrong.out, /line 2/);
    for (const args of [['add', 'officer:sun'], ['add', 'sun', '--by', 'z'], ['list', 'x:y'], []]) {
        assert.strictEqual((await run(args, '')).code, 2, args.join(' '));
    }
});

test('a case without a place goes on by itself once its place is said', async () => {
    const agent = await site.as('agent');
    const no = await post({ ...strandedTicket(), place: undefined, narrative: '钱包被偷，说不清在哪里' });
    assert.strictEqual((await site.awaitCase(no, 'TRIAGED')).township.code, REGION);
    const reviewer = await site.as('reviewer', 'li');
    await reviewer.must(200, 'POST', `/v1/townships/${REGION}/claim`, { case: no });
    const added = await agent.verb(no, 'add', { place: { code: TOWNSHIP } });
    assert.strictEqual(added.status, 200, added.text);
    const shown = await site.awaitCase(no, 'FIRST_AID_PAID');
    assert.strictEqual(shown.inbox, TOWNSHIP);
    assert.strictEqual(shown.holder, null, 'whoever held it at the desk has let go of it');
    const desk = await reviewer.must(200, 'GET', `/v1/townships/${REGION}/inbox?limit=200`);
    assert.ok(!desk.items.some((item) => item.no === no));
});

test('life in danger where the township has no money: the county reserve pays, by rule', async () => {
    const poor = '520102020';
    const reserve = '520102';
    await site.ctl('fund', 'allot', poor, '1');
    await site.ctl('fund', 'allot', reserve, '100000000');
    const no = await post({
        cause: 'fire',
        danger_to_life: true,
        shelter_lost: true,
        person: person(),
        place: { code: poor },
        narrative: '房屋起火',
    });
    const shown = await site.awaitCase(no, 'FIRST_AID_PAID');
    assert.strictEqual(shown.decision.from_county_reserve, true);
    assert.strictEqual(shown.decision.tell_emergency, true);
    const finance = await site.as('finance');
    const fund = await finance.must(200, 'GET', `/v1/townships/${reserve}/fund`);
    assert.strictEqual(fund.unreviewed_fen, shown.payments[0].amount_fen);
    assert.strictEqual((await finance.must(200, 'GET', `/v1/townships/${poor}/fund`)).available_fen, 1);
});
