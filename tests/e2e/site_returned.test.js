// Money that a review has found wrong, and that the bank gives back as well: at every stage of the recovery it is
// booked, explained and, where its person had repaid it already, paid back to him by two people.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const { Story, TOWNSHIP, COUNTY } = require('../support/story.js');
const { person, freshKey } = require('../support/api.js');

const DAY = '2026-11-20';
const RAN_AWAY = { cause: 'stranded', stranded: true, narrative: '钱包丢了，回不了家' };

let story;

test.before(async () => {
    story = await Story.begin(`${DAY}T10:00:00+08:00`);
});
test.after(() => story?.end());

// A paid case with papers, of which `share` of the money was found wrong: {no, fen, wrong, payment}.
async function foundWrong(share) {
    const no = await story.call({ ...RAN_AWAY, person: person(), place: { code: TOWNSHIP } });
    await story.becomes(no, 'FIRST_AID_PAID');
    await story.works(story.wang, no, 'accept', 'papers');
    const [{ id: payment, amount_fen: fen }] = (await story.shown(no)).payments;
    const wrong = Math.floor(fen * share);
    await story.says(story.li, no, 'review-fail', { amount_fen: wrong });
    return { no, fen, wrong, payment };
}

async function recovering(share) {
    const one = await foundWrong(share);
    await story.says(story.chen, one.no, 'recover');
    return one;
}

// The bank's statement of the day, with these payments returned on it; the exit code of the run must be 0.
async function reconciled(name, returned) {
    const rows = ['payment,amount_fen,kind'];
    const { lines } = await story.site.bankGet('/sandbox/statement');
    for (const { reference, amount_fen: fen, status } of lines) rows.push(`${reference},${fen},${status}`);
    for (const { payment, fen } of returned) rows.push(`${payment},${fen},returned`);
    fs.writeFileSync(story.site.file(name), `${rows.join('\n')}\n`);
    const args = ['reconcile', '--rail', 'g2p', '--date', DAY, '--statement', story.site.file(name)];
    return JSON.parse(await story.site.ctl(...args));
}

test('the same key twice is one act: the kill switch, a run, an allotment; another body is refused', async () => {
    const { qian, li } = story;
    const twice = async (who, path, body, status) => {
        const key = freshKey();
        const first = await who.post(path, body, { key });
        const second = await who.post(path, body, { key });
        assert.deepStrictEqual([first.status, second.status], [status, status], `${path}: ${second.text}`);
        assert.strictEqual(first.headers['idempotency-replayed'], undefined, path);
        assert.strictEqual(second.headers['idempotency-replayed'], 'true', path);
        const other = await who.post(path, { ...body, reason: '另有原因' }, { key });
        assert.strictEqual(other.status, 422, `${path}: ${other.text}`);
        return second.json;
    };
    const body = { scope: 'rail:wechat', reason: '渠道异常' };
    await twice(li, '/v1/money/stops', body, 200);
    const { stops } = await twice(qian, '/v1/money/resumes', body, 200);
    assert.strictEqual(stops[0].resume_asked_by, 'finance:qian');
    assert.strictEqual((await qian.post('/v1/money/resumes', body)).status, 403); // asked anew it takes another one
    assert.deepStrictEqual((await twice(li, '/v1/money/resumes', body, 200)).stops, []);
    await twice(qian, `/v1/reconciliation/${DAY}`, { rail: 'wechat', reason: '核对' }, 202);
    const before = await story.fund();
    await twice(qian, `/v1/funds/${TOWNSHIP}/allotments`, { amount_fen: 700, reason: '拨付' }, 201);
    assert.strictEqual((await story.fund()).allotted_fen, before.allotted_fen + 700);
    await twice(qian, `/v1/funds/${TOWNSHIP}/withdrawals`, { amount_fen: 700, reason: '收回' }, 201);
});

const trail = (payment) => story.auditor.must(200, 'GET', `/v1/payments/${payment}/trail`);
const surplus = async () =>
    (await story.qian.must(200, 'GET', '/v1/tasks')).items.filter((one) => one.kind === 'surplus');

test('on the statement at every stage of a recovery: all of it is booked, and the surplus is paid back', async () => {
    const before = await story.fund();
    const undecided = await foundWrong(1);
    const partly = await recovering(0.5);
    await story.says(story.qian, partly.no, 'repay', { amount_fen: 400 });
    const waived = await foundWrong(1);
    await story.says(story.chen, waived.no, 'waive', { reason: '家庭困难，经核减免' });
    const repaid = await recovering(1);
    await story.says(story.qian, repaid.no, 'repay', { amount_fen: repaid.wrong });
    await story.says(story.agent, repaid.no, 'follow-up', { answer: 'yes' });
    await story.says(story.zhao, repaid.no, 'close');
    const all = [undecided, partly, waived, repaid];

    const report = await reconciled('day.csv', all);
    assert.deepStrictEqual([report.ledger_gap_fen, report.statement_gap_fen], [0, 0]);
    assert.deepStrictEqual(
        report.recorded.map(({ payment, action }) => [payment, action]).sort(),
        all.map(({ payment }) => [payment, 'record_return']).sort(),
    );
    assert.match(await story.site.ctl('ledger', 'verify'), /the books are right/);

    const states = await Promise.all(all.map(async ({ no }) => (await story.shown(no)).state));
    assert.deepStrictEqual(states, ['RECOVERED', 'PAY_FAILED', 'RECOVERED', 'ARCHIVED']);
    const after = await story.fund();
    assert.deepStrictEqual(
        [after.held_fen, after.owed_fen, after.recovered_fen],
        [repaid.fen + 400, repaid.fen + 400, repaid.fen + 400],
    );
    for (const name of ['unreviewed_fen', 'confirmed_fen', 'recovering_fen', 'written_off_fen']) {
        assert.strictEqual(after[name], before[name], name);
    }
    assert.strictEqual(after.available_fen, before.available_fen - repaid.fen - 400);

    // the trail says where it is, and who had decided what
    const { steps, where } = await trail(repaid.payment);
    const back = steps.find(({ verb }) => verb === 'pay-returned');
    assert.deepStrictEqual([back.owed_fen, back.due_fen, back.recovered_fen], [repaid.fen, 0, 0]);
    assert.deepStrictEqual([where.account, where.recovery], ['held', 'DONE']);
    assert.deepStrictEqual(
        where.found_wrong.map(({ account, owed, amount_fen: fen }) => [account, owed, fen]),
        [['held', true, repaid.fen]],
    );
    assert.strictEqual((await trail(waived.payment)).where.account, 'available');
    const was = steps.map(({ verb }) => verb);
    for (const verb of ['review-fail', 'recover', 'repay', 'recovered']) assert.ok(was.includes(verb), verb);

    // somebody's task, until two people have paid it back
    const tasks = await surplus();
    assert.deepStrictEqual(
        tasks.map(({ owner }) => owner),
        [COUNTY, COUNTY],
    );
    const refund = { outcome: 'paid', amount_fen: repaid.fen, reason: '柜台退还本人，凭证 77' };
    await story.says(story.qian, repaid.no, 'refund', { ...refund, amount_fen: 1 }, '409 illegal-move');
    await story.says(story.qian, repaid.no, 'refund', { ...refund, outcome: 'gone' }, '400 bad-input');
    await story.says(story.agent, repaid.no, 'refund', refund, '403 forbidden');
    const asked = await story.says(story.qian, repaid.no, 'refund', refund);
    assert.deepStrictEqual(asked.recovery.refund, { outcome: 'paid', asked_by: 'finance:qian' });
    assert.deepStrictEqual(asked.recovery.owed, [
        { payment: repaid.payment, fund: TOWNSHIP, amount_fen: repaid.fen },
    ]);
    await story.says(story.qian, repaid.no, 'refund', refund, '403 forbidden');
    const done = await story.says(story.li, repaid.no, 'refund', refund);
    assert.deepStrictEqual(
        [done.state, done.recovery.owed, done.recovery.refund],
        ['ARCHIVED', [], undefined],
    );
    assert.strictEqual((await surplus()).length, 1);

    // he has been paid what was right of it: nobody ends his case before he has his 400 as well
    await story.says(story.agent, partly.no, 'withdraw', {}, '409 illegal-move');
    await story.says(story.qian, partly.no, 'refund', { outcome: 'retained', amount_fen: 400 });
    await story.says(story.chen, partly.no, 'refund', { outcome: 'retained', amount_fen: 400 });
    await story.says(story.agent, partly.no, 'withdraw');
    const end = await story.fund();
    assert.deepStrictEqual([end.held_fen, end.owed_fen], [before.held_fen, 0]);
    assert.strictEqual(end.allotted_fen, before.allotted_fen + 400);
    assert.strictEqual((await surplus()).length, 0);
    assert.match(await story.site.ctl('ledger', 'verify'), /the books are right/);

    // the same statement again changes nothing
    const again = await reconciled('day.csv', all);
    assert.deepStrictEqual(again.buckets, report.buckets);
    assert.deepStrictEqual(await story.fund(), end);
});
