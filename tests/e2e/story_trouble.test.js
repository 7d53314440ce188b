// Stories of cases where something goes wrong, and how it is put right.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Story, TOWNSHIP } = require('../support/story.js');
const { REGION } = require('../support/site.js');
const { person, account } = require('../support/api.js');

const NEIGHBOUR = '520103019';
const RAN_AWAY = { cause: 'stranded', stranded: true, narrative: '钱包丢了，回不了家' };

let story;

test.before(async () => {
    story = await Story.begin('2026-11-02T09:00:00+08:00');
    await story.site.fund(NEIGHBOUR, 10000000);
});

test.after(() => story?.end());

const robbed = (more = {}) => ({ ...RAN_AWAY, person: person(), place: { code: TOWNSHIP }, ...more });

// A case whose first aid has been paid, with papers, ready for the county's look.
async function withPapers(ticket = robbed()) {
    const no = await story.call(ticket);
    await story.becomes(no, 'FIRST_AID_PAID');
    await story.works(story.wang, no, 'accept', 'papers');
    return no;
}

test('returned three times: nobody passes it on any more, the county designates', async () => {
    const no = await story.call({
        cause: 'education',
        person: person(),
        place: { code: TOWNSHIP },
        narrative: '学费',
    });
    await story.becomes(no, 'DISPATCHED');
    const contact = (await story.shown(no)).facts.received_ms;
    for (let time = 1; time <= 3; time++) {
        await story.works(story.wang, no, ['return', { reason: '不在本辖区，依据：行政区划图' }]);
        const refusal = time < 3 ? undefined : '403 forbidden';
        await story.says(story.agent, no, 'dispatch', { township: TOWNSHIP }, refusal);
    }
    const given = await story.says(story.li, no, 'designate', {
        township: TOWNSHIP,
        reason: '经勘查属本辖区',
    });
    assert.deepStrictEqual([given.state, given.returns, given.inbox], ['DESIGNATED', 3, TOWNSHIP]);
    const { claim } = await story.wang.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: no });
    await story.says(story.wang, no, 'return', { claim }, '409 illegal-move');
    await story.says(story.wang, no, 'accept', { claim });
    const clocks = await story.auditor.must(200, 'GET', `/v1/cases/${no}/clocks`);
    assert.strictEqual(new Date(clocks.first_contact_at).getTime(), contact); // no return has moved it
    assert.strictEqual(clocks.returns, 3);
    await story.explained(no, 0);
});

test('the wrong account: the money comes back, the account is put right, the same help arrives', async () => {
    const wrong = account(987654);
    await story.site.fault({ kind: 'return_later', ms: 50 });
    const no = await story.call(robbed({ person: person({ account: wrong }) }));
    const failed = await story.becomes(no, 'PAY_FAILED');
    assert.strictEqual(failed.payments[0].state, 'RETURNED');
    assert.strictEqual(failed.inbox, TOWNSHIP);
    const fen = failed.payments[0].amount_fen;
    const right = account(987655);
    const fixed = await story.works(
        story.wang,
        no,
        ['account', { account: right, reason: '本人到场出示存折' }],
        ['first-aid', { amount_fen: fen }],
    );
    assert.strictEqual(fixed.person.account, `****${right.slice(-9, -5)}`);
    await story.becomes(no, 'FIRST_AID_PAID');
    const { lines } = await story.site.bankGet('/sandbox/statement');
    const ours = lines.filter((line) => line.reference.startsWith(no));
    assert.deepStrictEqual(
        ours.map((line) => line.status),
        ['paid', 'returned', 'paid'],
    );
    await story.explained(no, fen);
});

test('the review finds it wrong: part is recovered, hardship waives the rest', async () => {
    const no = await withPapers();
    const [{ id: payment, amount_fen: fen }] = (await story.shown(no)).payments;
    const wrong = fen - 10000;
    await story.says(story.wang, no, 'review-fail', { amount_fen: wrong }, '403 forbidden');
    await story.says(story.li, no, 'review-fail', { amount_fen: fen + 1 }, '409 cap-reached');
    await story.says(story.li, no, 'review-fail', { amount_fen: wrong, reason: '核实收入后部分不符' });
    await story.says(story.li, no, 'recover', {}, '403 forbidden'); // whoever found it does not decide
    const open = await story.says(story.chen, no, 'recover', { reason: '通知退回' });
    assert.deepStrictEqual(open.recovery.open, [{ payment, fund: TOWNSHIP, amount_fen: wrong }]);
    await story.says(story.qian, no, 'repay', { amount_fen: 5000 });
    const before = await story.fund();
    const done = await story.says(story.li, no, 'waive', { reason: '家庭困难，经核减免' });
    const after = await story.fund();
    assert.strictEqual(done.state, 'WRITTEN_OFF');
    assert.strictEqual(before.recovering_fen - after.recovering_fen, wrong - 5000);
    assert.strictEqual(after.written_off_fen - before.written_off_fen, wrong - 5000);
    await story.says(story.agent, no, 'follow-up', { answer: 'yes' });
    await story.says(story.zhao, no, 'close');
    await story.explained(no, fen);
});

test('paid, but she says that no money came: it is with the county, and nobody closes it', async () => {
    const no = await withPapers();
    await story.says(story.li, no, 'confirm');
    const upset = await story.says(story.agent, no, 'follow-up', { answer: 'no', reason: '群众称没有到账' });
    assert.deepStrictEqual([upset.state, upset.inbox], ['REVIEW_CONFIRMED', REGION]);
    await story.says(story.zhao, no, 'close', {}, '409 illegal-move');
    await story.says(story.li, no, 'note', { reason: '银行回单显示到账，已陪同打印流水' });
    await story.says(story.agent, no, 'follow-up', { answer: 'yes', reason: '已在另一张卡上查到' });
    await story.says(story.agent, no, 'redo', { reason: '对解释过程不满意' });
    const again = await story.shown(no);
    assert.strictEqual(again.redone, 1);
    const events = await story.explained(no, again.payments[0].amount_fen);
    assert.ok(events.some((event) => event.verb === 'attempt' && event.answer === 'no'));
});

test('a household above every ceiling: a conference of three, minutes, votes, and no fen without', async () => {
    const no = await story.call({
        cause: 'medical_bill',
        net_expense_fen: 9000000,
        persons: 2,
        months: 6,
        person: person(),
        place: { code: TOWNSHIP },
        narrative: '透析自付九万',
    });
    const asked = await story.becomes(no, 'DISPATCHED');
    const beyond = asked.decision.amount_fen + 1000000;
    await story.works(story.wang, no, 'accept', 'review', ['assess', { amount_fen: beyond }], 'publish');
    await story.site.at('2026-11-12T09:00:00+08:00');
    await story.becomes(no, 'REVIEWING');
    const seen = await story.sendsUp(no);
    assert.strictEqual(seen.grant.tier, 'conference');
    await story.says(story.li, no, 'approve', {}, '409 illegal-move');
    await story.says(story.li, no, 'convene', { reason: '超出县级审批上限' });
    await story.says(story.chen, no, 'approve', {}, '409 illegal-move');
    const minutes = {
        participants: ['reviewer:li', 'reviewer:chen'],
        votes_for: 2,
        votes_against: 0,
        amount_fen: beyond,
        minutes: '病情属实，自付九万元，同意救助。',
    };
    await story.says(story.li, no, 'minutes', minutes, '409 illegal-move'); // two are no conference
    const three = { ...minutes, participants: [...minutes.participants, 'county:zhou'] };
    await story.says(story.li, no, 'minutes', { ...three, votes_for: 1, votes_against: 2 });
    await story.says(story.chen, no, 'approve', {}, '409 illegal-move'); // voted down
    await story.says(story.li, no, 'minutes', { ...three, votes_for: 2, votes_against: 1 });
    await story.says(story.chen, no, 'approve', { reason: '会商通过' });
    await story.says(story.chen, no, 'pay', {}, '403 forbidden'); // who approves does not pay
    await story.says(story.qian, no, 'pay');
    await story.becomes(no, 'PAID');
    const events = await story.site.events(no);
    const held = events.filter((event) => event.verb === 'minutes');
    assert.deepStrictEqual(
        held.map((event) => event.votes_for),
        [1, 2],
    );
    assert.deepStrictEqual(held[1].attended, three.participants);
    assert.strictEqual(held[1].minutes, minutes.minutes);
    await story.explained(no, beyond);
});

test('cash for somebody without an account: code, witness, and four eyes when there is no phone', async () => {
    const ticket = {
        cause: 'accident',
        person: person({ account: undefined }),
        place: { code: TOWNSHIP },
        narrative: '车祸',
    };
    const no = await story.call(ticket);
    await story.becomes(no, 'DISPATCHED');
    const { claim } = await story.wang.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: no });
    await story.says(story.wang, no, 'accept', { claim });
    const cash = { claim, amount_fen: 30000, method: 'cash' };
    await story.says(story.wang, no, 'first-aid', cash, '409 fund-too-low'); // the box is empty
    const draw = { amount_fen: 50000, second: 'zhao', reason: '提取备用现金' };
    await story.qian.must(201, 'POST', `/v1/townships/${TOWNSHIP}/cash/draws`, draw);
    const given = await story.says(story.wang, no, 'first-aid', cash);
    const payment = given.payments[0].id;
    assert.deepStrictEqual([given.state, given.payments[0].method], ['FIRST_AID_APPROVED', 'cash']);
    await story.says(story.wang, no, 'receipt', { payment }, '409 illegal-move'); // nothing handed over yet
    await story.says(story.wang, no, 'hand-over', { claim, payment, witness: 'village:chen' });
    await story.says(story.wang, no, 'receipt', { payment }, '403 forbidden'); // not he himself
    await story.says(story.wang, no, 'receipt', { payment, code: '000000' }, '409 illegal-move');
    const [, code] = await story.sms(ticket.person.phone, /签收码(\d{6})/);
    const signed = await story.says(story.wang, no, 'receipt', { payment, code });
    assert.deepStrictEqual([signed.state, signed.payments[0].state], ['FIRST_AID_PAID', 'SUCCEEDED']);
    await story.explained(no, 0); // no bank has moved anything
});
