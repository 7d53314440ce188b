// Money from the outside: who decided on it and where it is, loans and replenishments, the cash box, and the proof of
// the books, also when somebody has tampered with them.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const { Site, until } = require('../support/site.js');
const { strandedTicket, plainTicket } = require('../support/api.js');

const TOWNSHIP = '520102022';
const POOR = '520103019';
const COUNTY = '520103';

let site;
let finance;
let other; // of finance as well
let reviewer;

test.before(async () => {
    site = await Site.start({ settings: { bank_settle_ms: 300, bank_timeout_ms: 1000 } });
    await site.ready();
    finance = await site.as('finance', 'money1');
    other = await site.as('finance', 'money2');
    reviewer = await site.as('reviewer', 'r1');
    await finance.must(201, 'POST', `/v1/funds/${TOWNSHIP}/allotments`, {
        amount_fen: 10000000,
        reason: '年初拨付',
    });
});

test.after(() => site?.stop());

const officerOf = (township, name) => site.as('officer', name, township);
const problem = (answer) => `${answer.status} ${answer.json?.type?.replace('urn:jiuji:problem:', '')}`;

async function verify(...args) {
    try {
        return { status: 0, text: await site.ctl('ledger', 'verify', ...args) };
    } catch (error) {
        return { status: error.code, text: error.stdout + error.stderr };
    }
}

async function paidCase(township = TOWNSHIP) {
    const { no } = await (await site.as('agent')).must(201, 'POST', '/v1/tickets', strandedTicket(township));
    await site.awaitCase(no, 'FIRST_AID_PAID');
    return no;
}

test('for a payment one answer says who decided, under which rule and policy, when, and where it is', async () => {
    const no = await paidCase();
    const trail = await finance.must(200, 'GET', `/v1/payments/${no}A01/trail`);
    assert.match(trail.decided.actor, /^order:/);
    assert.strictEqual(trail.decided.verb, 'first-aid');
    assert.ok(trail.decided.policy.length > 10);
    assert.ok(Math.abs(Date.parse(trail.decided.at) - Date.now()) < 600000);
    assert.ok(Date.parse(trail.decided.review_due_at) > Date.now());
    assert.strictEqual(trail.decision.policy, trail.decided.policy);
    assert.ok(trail.decision.rules.length > 0);
    assert.strictEqual(trail.where.account, 'unreviewed');
    assert.deepStrictEqual(
        trail.accounts.map((a) => [a.fund, a.account, a.amount_fen]),
        [[TOWNSHIP, 'unreviewed', trail.amount_fen]],
    );
    assert.deepStrictEqual(
        trail.steps.flatMap((step) => step.postings.map((p) => `${p.from}>${p.to}`)),
        ['available>held', 'held>unreviewed'],
    );
    assert.strictEqual((await finance.get(`/v1/payments/${no}A02/trail`)).status, 404);
    const stranger = await officerOf(POOR, 'stranger');
    assert.strictEqual((await stranger.get(`/v1/payments/${no}A01/trail`)).status, 404);
    const { items } = await finance.must(200, 'GET', `/v1/funds/${TOWNSHIP}/entries`);
    const mine = items.filter((item) => item.case === no);
    assert.deepStrictEqual(
        mine.map((item) => `${item.from}>${item.to} ${item.verb}`),
        ['available>held first-aid', 'held>unreviewed paid'],
    );
    const later = encodeURIComponent(new Date(Date.now() + 1000).toISOString());
    assert.deepStrictEqual(
        (await finance.must(200, 'GET', `/v1/funds/${TOWNSHIP}/entries?from=${later}`)).items,
        [],
    );
    assert.strictEqual((await finance.get(`/v1/funds/${TOWNSHIP}/entries?from=yesterday`)).status, 400);
});

test('a fund borrows from the county, another person approves, the next allotment repays', async () => {
    await finance.must(201, 'POST', `/v1/funds/${POOR}/allotments`, { amount_fen: 1000, reason: '首次拨付' });
    await finance.must(201, 'POST', `/v1/funds/${COUNTY}/allotments`, {
        amount_fen: 5000000,
        reason: '县级备用金',
    });
    const wanted = { amount_fen: 300000, reason: '月末用款高峰' };
    const { request } = await reviewer.must(201, 'POST', `/v1/funds/${POOR}/loans`, wanted);
    assert.strictEqual(problem(await reviewer.post(`/v1/funds/${POOR}/loans`, wanted)), '409 conflict');
    const listed = (await finance.must(200, 'GET', '/v1/fund-requests')).items.filter(
        (r) => r.kind === 'loan',
    );
    assert.deepStrictEqual(
        [listed[0].fund, listed[0].amount_fen, listed[0].asked_by],
        [POOR, 300000, 'reviewer:r1'],
    );
    const yes = { decision: 'approve', reason: '同意' };
    const samePerson = await site.as('finance', 'r1');
    assert.strictEqual(
        problem(await samePerson.post(`/v1/funds/${POOR}/loans/${request}`, yes)),
        '403 forbidden',
    );
    const fund = await finance.must(201, 'POST', `/v1/funds/${POOR}/loans/${request}`, yes);
    assert.deepStrictEqual([fund.available_fen, fund.borrowed_fen, fund.lender], [301000, 300000, COUNTY]);
    const after = await finance.must(201, 'POST', `/v1/funds/${POOR}/allotments`, {
        amount_fen: 400000,
        reason: '补拨',
    });
    assert.deepStrictEqual([after.available_fen, after.borrowed_fen, after.imbalance_fen], [401000, 0, 0]);
});

test('a fund that falls below its mark asks by itself, once', async () => {
    const kept = (await finance.must(200, 'GET', `/v1/townships/${TOWNSHIP}/fund`)).available_fen;
    const back = { amount_fen: kept - 3100000, reason: '调减' };
    const { request } = await finance.must(201, 'POST', `/v1/funds/${TOWNSHIP}/withdrawals`, back);
    const yes = { decision: 'approve', reason: '同意' };
    assert.strictEqual(
        problem(await finance.post(`/v1/funds/${TOWNSHIP}/withdrawals/${request}`, yes)),
        '403 forbidden',
    );
    await other.must(201, 'POST', `/v1/funds/${TOWNSHIP}/withdrawals/${request}`, yes);
    await finance.must(201, 'POST', `/v1/funds/${TOWNSHIP}/allotments`, { amount_fen: 1000, reason: '拨付' });
    const fund = await finance.must(200, 'GET', `/v1/townships/${TOWNSHIP}/fund`);
    assert.ok(fund.low_mark_fen > 0, 'it is watched');
    const mine = async () =>
        (await finance.must(200, 'GET', '/v1/fund-requests')).items.filter(
            (r) => r.kind === 'replenish' && r.fund === TOWNSHIP,
        );
    assert.deepStrictEqual(await mine(), []);
    const draw = {
        amount_fen: fund.available_fen - fund.low_mark_fen + 1,
        second: 'w1',
        reason: '提取备用现金',
    };
    const officer = await officerOf(TOWNSHIP, 'o1');
    await officer.must(201, 'POST', `/v1/townships/${TOWNSHIP}/cash/draws`, draw);
    assert.strictEqual((await mine()).length, 1);
    assert.strictEqual((await mine())[0].asked_by, 'system');
    await officer.must(201, 'POST', `/v1/townships/${TOWNSHIP}/cash/returns`, { ...draw, reason: '退回' });
    const open = await mine();
    assert.strictEqual(open.length, 1);
    await other.must(201, 'POST', `/v1/funds/${TOWNSHIP}/replenishments/${open[0].request}`, {
        decision: 'approve',
        reason: '补足',
    });
    assert.deepStrictEqual(await mine(), []);
});

test('a gap in the cash box stops cash, is a task of the county, and another person lifts the stop', async () => {
    const officer = await officerOf(TOWNSHIP, 'o1');
    await officer.must(201, 'POST', `/v1/townships/${TOWNSHIP}/cash/draws`, {
        amount_fen: 50000,
        second: 'w1',
        reason: '提取备用现金',
    });
    const counted = { counted_fen: 49000, second: 'w1', reason: '月末盘点' };
    assert.strictEqual(
        problem(await officer.post(`/v1/townships/${TOWNSHIP}/cash/counts`, { ...counted, second: 'o1' })),
        '403 forbidden',
    );
    const { gap_fen } = await officer.must(201, 'POST', `/v1/townships/${TOWNSHIP}/cash/counts`, counted);
    assert.strictEqual(gap_fen, -1000);
    const [task] = (await reviewer.must(200, 'GET', '/v1/tasks')).items;
    assert.deepStrictEqual([task.kind, task.owner], ['cash-gap', TOWNSHIP.slice(0, 6)]);
    assert.match(task.evidence, /counted=49000,expected=50000,by=officer:o1,second=w1/);

    const { no } = await (await site.as('agent')).must(201, 'POST', '/v1/tickets', plainTicket(TOWNSHIP));
    await site.awaitCase(no, 'DISPATCHED');
    const { claim } = await officer.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: no });
    const aid = { claim, amount_fen: 20000, method: 'cash' };
    assert.strictEqual((await officer.verb(no, 'first-aid', aid)).status, 409);

    const lift = `/v1/townships/${TOWNSHIP}/cash/lifts`;
    assert.strictEqual(problem(await reviewer.post(lift, { reason: '已查明' })), '409 conflict');
    const fund = await reviewer.must(201, 'POST', lift, { settle: true, reason: '短款已查明，按规定核销' });
    assert.deepStrictEqual([fund.cash_stopped, fund.cash_fen, fund.written_off_fen], [false, 49000, 1000]);
    assert.deepStrictEqual((await reviewer.must(200, 'GET', '/v1/tasks')).items, []);
    const given = await officer.verb(no, 'first-aid', aid);
    assert.strictEqual(given.status, 200, given.text);
    const after = await reviewer.must(200, 'GET', `/v1/townships/${TOWNSHIP}/fund`);
    assert.deepStrictEqual([after.cash_fen, after.cash_held_fen, after.imbalance_fen], [29000, 20000, 0]);
});

test('overdue papers lower first aid, then the county signs; in danger to life the reserve pays', async () => {
    const officer = await officerOf(POOR, 'o3');
    const dispatched = async (more) => {
        const { no } = await (
            await site.as('agent')
        ).must(201, 'POST', '/v1/tickets', plainTicket(POOR, more));
        await site.awaitCase(no, 'DISPATCHED');
        const { claim } = await officer.must(200, 'POST', `/v1/townships/${POOR}/claim`, { case: no });
        return { no, claim };
    };
    const one = await dispatched();
    const two = await dispatched({ danger_to_life: true, wants_person: true });
    const overdue = (permille) =>
        site.redis('HSET', site.key(`fund:${POOR}`), 'overdue', String(401 * permille));
    await overdue(100);
    const aid = { claim: one.claim, amount_fen: 200000 };
    assert.strictEqual(problem(await officer.verb(one.no, 'first-aid', aid)), '409 cap-reached');
    await overdue(900);
    const blocked = await officer.verb(one.no, 'first-aid', aid);
    assert.strictEqual(blocked.status, 409);
    assert.match(blocked.json.detail, /会签/);
    const small = await reviewer.verb(one.no, 'countersign', { amount_fen: 199999 });
    assert.strictEqual(small.status, 200, small.text);
    assert.strictEqual((await officer.verb(one.no, 'first-aid', aid)).status, 409);
    await reviewer.verb(one.no, 'countersign', { amount_fen: 200000 });
    const signed = await officer.verb(one.no, 'first-aid', aid);
    assert.strictEqual(signed.status, 200, signed.text);
    const trail = await reviewer.must(200, 'GET', `/v1/payments/${one.no}A01/trail`);
    assert.strictEqual(trail.decided.countersigned_by, 'reviewer:r1');

    const saved = await officer.verb(two.no, 'first-aid', { claim: two.claim, amount_fen: 200000 });
    assert.strictEqual(saved.status, 200, saved.text);
    const from = await reviewer.must(200, 'GET', `/v1/payments/${two.no}A01/trail`);
    assert.strictEqual(from.fund, COUNTY);
    await overdue(0);
});

test('the books are proved from the entries, against payments and statement; what is wrong is named', async () => {
    const no = await paidCase();
    const good = await verify();
    assert.strictEqual(good.status, 0, good.text);
    assert.match(good.text, /the books are right: \d+ events, \d+ postings, 3 funds/);

    const lines = [];
    for (const key of await site.keys('case:')) {
        for (let i = 1; ; i++) {
            const text = await site.redis('HGET', site.key(key), `m${i}`);
            if (!text) break;
            const [state, fen, , , , , , , how] = String(text).split('|');
            const id = `${key.slice('case:'.length)}A${String(i).padStart(2, '0')}`;
            if (state === 'SUCCEEDED' && how[1] === 'b') lines.push(`${id},${fen},paid`);
        }
    }
    const file = site.file('statement.csv');
    fs.writeFileSync(file, ['payment,fen,kind', ...lines, ''].join('\n'));
    const stated = await verify('--statement', file);
    assert.strictEqual(stated.status, 0, stated.text);
    fs.writeFileSync(file, [...lines.filter((l) => !l.startsWith(no)), `${no}A77,5,paid`].join('\n'));
    const missing = await verify('--statement', file);
    assert.strictEqual(missing.status, 1);
    assert.match(missing.text, new RegExp(`payment ${no}A01 is SUCCEEDED: the statement has it 0 times`));
    assert.match(missing.text, new RegExp(`payment ${no}A77: on the statement \\(5 fen, paid\\)`));

    await site.redis('HINCRBY', site.key(`fund:${POOR}`), 'available', '7');
    const fund = await verify();
    assert.strictEqual(fund.status, 1);
    assert.match(fund.text, new RegExp(`fund ${POOR} available: entries (\\d+), stored \\d+7?`));
    await site.redis('HINCRBY', site.key(`fund:${POOR}`), 'available', '-7');

    const was = String(await site.redis('HGET', site.key(`case:${no}`), 'm1'));
    await site.redis('HSET', site.key(`case:${no}`), 'm1', was.replace('SUCCEEDED', 'RETURNED'));
    const payment = await verify();
    assert.strictEqual(payment.status, 1);
    assert.match(payment.text, new RegExp(`case ${no} fund ${TOWNSHIP} arrived: entries \\d+, payments 0`));
    await site.redis('HSET', site.key(`case:${no}`), 'm1', was);

    const event = '{"verb":"forged","at_ms":1,"actor":"nobody","reason":"","postings":[{"fund":"520103019",';
    const forged = await site.redis(
        'XADD',
        site.key('events'),
        '*',
        'fund:520103019',
        `${event}"from":"held","to":"confirmed","amount_fen":5}]}`,
    );
    const entry = await verify();
    assert.strictEqual(entry.status, 1);
    assert.match(
        entry.text,
        /entry .* of fund:520103019: .* held to confirmed, 5 fen: a balance falls below zero/,
    );
    await site.redis('XDEL', site.key('events'), String(forged));
    assert.strictEqual((await verify()).status, 0);
    assert.match(await site.ctl('ledger', 'fund', TOWNSHIP), /unreviewed +\d+ fen/);
    assert.match(await site.ctl('ledger', 'entries', TOWNSHIP), new RegExp(`${no} available -> held`));
});

test('metrics show the imbalance, the review debt and what is available, by county', async () => {
    const text = await until('metrics', async () => {
        const answer = await finance.get('/metrics');
        return /jiuji_ledger_imbalance_fen/.test(answer.text) && answer.text;
    });
    assert.match(text, /^jiuji_ledger_imbalance_fen 0$/m);
    assert.match(text, /^jiuji_fund_available_fen\{county="520103"\} \d+$/m);
    assert.match(text, /^jiuji_review_debt_fen\{county="520102",part="unreviewed"\} [1-9]\d*$/m);
});
