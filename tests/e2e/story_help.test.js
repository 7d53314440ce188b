// Stories of cases that end well: what help looks like from the call to the archive.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Story, TOWNSHIP, COUNTY, D } = require('../support/story.js');
const { REGION } = require('../support/site.js');
const { person } = require('../support/api.js');

let story;

test.before(async () => {
    story = await Story.begin('2026-09-30T23:40:00+08:00');
});

test.after(() => story?.end());

test('a fire at night before the national holiday: money the same night, papers after the holiday', async () => {
    await story.site.at('2026-09-30T23:40:00+08:00');
    const no = await story.call({
        cause: 'fire',
        shelter_lost: true,
        persons: 4,
        person: person(),
        place: { code: TOWNSHIP },
        narrative: '房子烧了，一家四口没有地方住',
    });
    const paid = await story.becomes(no, 'FIRST_AID_PAID');
    assert.strictEqual(paid.urgency, 'CRITICAL');
    assert.strictEqual(paid.decided_by, 'order:DEMO-2026-1/demo-officer');
    assert.strictEqual(paid.payments[0].amount_fen, 4 * D); // 2 x D x 4 is above the township's 4 x D
    const rest = paid.decision.follow_up_fen;
    assert.ok(rest > 0);
    // five working days behind the holiday: 8, 9, 10 (make-up), 12, 13 October
    assert.strictEqual(paid.review.due_at, '2026-10-14T00:00:00.000+08:00');

    await story.site.still(async () => {
        await story.site.at('2026-10-09T09:00:00+08:00');
        await story.works(story.wang, no, 'accept'); // else a neighbour would be asked: nobody was there in time
    });
    await story.works(story.wang, no, 'papers');
    await story.says(story.li, no, 'confirm');
    await story.works(story.wang, no, 'review', ['assess', { amount_fen: rest }]);
    await story.sendsUp(no);
    const waits = await story.shown(no);
    assert.deepStrictEqual(
        [waits.state, waits.grant.tier, waits.grant.fund],
        ['COUNTY_APPROVAL', 'county', COUNTY],
    );
    await story.says(story.zhao, no, 'approve', {}, '403 forbidden'); // above the township's power
    await story.countyApproves(no);
    await story.says(story.qian, no, 'pay');
    await story.becomes(no, 'PAID');

    await story.site.at('2026-10-12T10:00:00+08:00');
    await story.says(story.agent, no, 'follow-up', { answer: 'yes' });
    await story.says(story.zhao, no, 'close');
    const events = await story.explained(no, 4 * D + rest);
    assert.strictEqual(events.at(-1).to, 'ARCHIVED');
    assert.strictEqual((await story.shown(no)).approved_fen, 4 * D + rest);
});

test('a hospital bill of 30,000 yuan: publicity, county, six instalments under one approval', async () => {
    await story.site.at('2026-10-12T10:30:00+08:00');
    const no = await story.call({
        cause: 'illness',
        net_expense_fen: 3000000,
        persons: 3,
        months: 6,
        person: person({ name: '周小川' }),
        place: { code: TOWNSHIP },
        narrative: '手术费三万，已经借遍了',
    });
    const asked = await story.becomes(no, 'DISPATCHED'); // an expense is never paid by rule
    assert.deepStrictEqual([asked.decision.type, asked.decision.amount_fen], ['EXPENSE', 6 * 3 * D]);
    await story.works(
        story.wang,
        no,
        'accept',
        'verify',
        'review',
        ['assess', { amount_fen: 6 * 3 * D, instalments: 6 }],
        'publish',
    );
    const list = await story.site.api(null).must(200, 'GET', `/v1/townships/${TOWNSHIP}/publicity`);
    assert.deepStrictEqual(
        list.cases.map(({ name, cause, amount_fen: fen }) => [name, cause, fen]),
        [['周*', '突发重大疾病', 6 * 3 * D]],
    );
    assert.strictEqual(list.cases[0].until, '2026-10-20T00:00:00.000+08:00');
    assert.ok(!JSON.stringify(list).includes(no));

    await story.site.at('2026-10-20T00:01:00+08:00');
    await story.becomes(no, 'REVIEWING'); // taken down by itself
    const gone = await story.site.api(null).must(200, 'GET', `/v1/townships/${TOWNSHIP}/publicity`);
    assert.deepStrictEqual(gone.cases, []);
    await story.works(story.wang, no, ['propose', {}, '409 illegal-move']); // nobody else has signed
    await story.says(story.wang, no, 'sign', {}, '403 forbidden');
    await story.says(story.zhao, no, 'sign', { reason: '材料齐全，同意上报' });
    await story.says(story.zhao, no, 'sign', {}, '403 forbidden');
    await story.works(story.wang, no, ['propose', {}, '409 illegal-move']); // the leader has not
    await story.says(story.sun, no, 'sign');
    await story.works(story.wang, no, 'propose');
    await story.says(story.li, no, 'approve', {}, '409 illegal-move'); // the county's section has not
    await story.says(story.chen, no, 'sign');
    await story.says(story.chen, no, 'approve', {}, '403 forbidden');
    const signed = await story.says(story.li, no, 'approve');
    assert.deepStrictEqual(
        [
            signed.grant.proposed_by,
            ...signed.grant.signed_by.map((one) => one.actor),
            signed.grant.approved_by,
        ],
        ['officer:wang', 'officer:zhao', 'officer:sun', 'reviewer:chen', 'reviewer:li'],
    );
    await story.says(story.qian, no, 'pay');
    const first = await story.becomes(no, 'INSTALMENT');
    assert.strictEqual(first.grant.instalments_paid, 1);
    assert.strictEqual(first.payments[0].amount_fen, 248400);
    const months = ['2026-11-20', '2026-12-20', '2027-01-20', '2027-02-20', '2027-03-20'];
    for (const [i, day] of months.entries()) {
        await story.site.at(`${day}T09:01:00+08:00`);
        await story.site.awaitCase(no, (shown) => shown.grant.instalments_paid === i + 2);
    }
    const done = await story.becomes(no, 'PAID');
    assert.deepStrictEqual(
        done.payments.map((one) => one.amount_fen),
        Array(6).fill(248400),
    );
    await story.explained(no, 6 * 3 * D);
});

test('the same person comes again for the same cause: nothing by rule, the county decides with a reason', async () => {
    await story.site.at('2026-10-21T09:00:00+08:00');
    const somebody = person();
    const first = await story.call({
        cause: 'robbery',
        stranded: true,
        person: somebody,
        place: { code: TOWNSHIP },
        narrative: '钱包被抢，回不了家',
    });
    const paid = await story.becomes(first, 'FIRST_AID_PAID');
    assert.strictEqual(paid.payments[0].amount_fen, 49680); // tier 2: 0.6 x D
    await story.site.at('2026-11-30T09:00:00+08:00');
    const again = await story.call({
        cause: 'robbery',
        stranded: true,
        person: somebody,
        place: { code: TOWNSHIP },
        narrative: '又被抢了',
    });
    const waits = await story.becomes(again, 'DISPATCHED');
    assert.deepStrictEqual(waits.payments, []);
    assert.match(waits.decision.why.join(''), /同一事由|本年/);
    await story.works(story.wang, again, 'accept');
    const held = await story.wang.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: again });
    const money = { claim: held.claim, amount_fen: 40000 };
    await story.says(story.wang, again, 'first-aid', money, '409 cap-reached');
    for (const verb of ['verify', 'review']) await story.says(story.wang, again, verb, { claim: held.claim });
    await story.says(story.wang, again, 'assess', money);
    await story.sendsUp(again);
    await story.countyApproves(again, { reason: '两次案发相隔一月余，公安均有立案证明' });
    await story.says(story.qian, again, 'pay');
    await story.becomes(again, 'PAID');
    const events = await story.explained(again, 40000);
    assert.match(events.find(({ verb }) => verb === 'approve').reason, /立案证明/);
});

test('a child alone: child protection within the hour, and the county is told when it does not answer', async () => {
    await story.site.at('2026-12-01T20:00:00+08:00');
    const no = await story.call({
        cause: 'child_alone',
        child_alone: true,
        person: { phone: '13900001234' },
        place: { code: TOWNSHIP },
        narrative: '七岁孩子一个人在家三天，没有吃的',
    });
    const taken = await story.becomes(no, (shown) => shown.state !== 'RECEIVED');
    assert.strictEqual(taken.urgency, 'CRITICAL');
    const referred = await story.says(story.agent, no, 'refer', { target: 'child_protection' });
    assert.strictEqual(referred.referrals[0].target, 'child_protection');
    const limit = new Date(referred.referrals[0].acknowledge_by);
    assert.ok(limit <= new Date('2026-12-01T21:01:00+08:00'), String(limit));
    await story.site.at('2026-12-01T21:02:00+08:00');
    const { events } = await story
        .becomes(no, (shown) => shown.inbox === REGION)
        .then(async () => ({
            events: await story.site.events(no),
        }));
    assert.strictEqual(events.at(-1).verb, 'escalate');
    const answered = await story.says(story.li, no, 'refer-ack', { referral: 1, outcome: 'accepted' });
    assert.strictEqual(answered.referrals[0].status, 'ACCEPTED');
});

test('three instalments: somebody objects to nothing, but the household has work again after the first', async () => {
    await story.site.at('2026-12-02T09:00:00+08:00');
    const no = await story.call({
        cause: 'medical_bill',
        net_expense_fen: 600000,
        persons: 2,
        months: 4,
        person: person(),
        place: { code: TOWNSHIP },
        narrative: '住院自付六千',
    });
    await story.becomes(no, 'DISPATCHED');
    const money = { amount_fen: 300000, instalments: 3 };
    await story.works(story.wang, no, 'accept', 'review', ['assess', money], 'publish');
    const held = await story.says(story.agent, no, 'object', { reason: '邻居称其有一处房产' });
    assert.deepStrictEqual([held.state, held.publicity.status], ['VERIFYING', 'OBJECTED']);
    await story.works(story.wang, no, 'review', ['assess', money], 'publish'); // looked into: not so
    await story.site.at('2026-12-10T00:01:00+08:00');
    await story.becomes(no, 'REVIEWING');
    const before = await story.fund();
    await story.says(story.sun, no, 'approve', {}, '409 illegal-move'); // the section head has not signed
    await story.says(story.zhao, no, 'sign');
    await story.says(story.sun, no, 'approve', { reason: '在乡镇审批权限内' });
    await story.says(story.qian, no, 'pay');
    const first = await story.becomes(no, 'INSTALMENT');
    assert.strictEqual(first.payments[0].amount_fen, 100000);
    const stopped = await story.says(story.agent, no, 'change', { reason: '群众来电：已找到工作' });
    assert.deepStrictEqual([stopped.state, stopped.grant.status], ['REVIEWING', 'STOPPED']);
    assert.strictEqual(stopped.approved_fen, 100000);
    const after = await story.fund();
    assert.strictEqual(before.available_fen - after.available_fen, 100000); // what was not paid is free again
    await story.site.at('2027-01-11T09:01:00+08:00');
    await story.says(story.zhao, no, 'conclude', { reason: '困难已缓解，不再追加' });
    assert.strictEqual((await story.shown(no)).payments.length, 1);
    await story.explained(no, 100000);
});
