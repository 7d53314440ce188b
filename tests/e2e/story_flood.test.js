// A flood takes a valley: a disaster is declared by two people, the township sends one list of 2,000 households, each
// becomes a case, is decided under the surge's own authorisation, paid, reviewed; then the surge ends.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Story, TOWNSHIP } = require('../support/story.js');
const { until } = require('../support/site.js');
const { person } = require('../support/api.js');

const HOUSEHOLDS = 2000;
const HEAD = '户主姓名,身份证号,联系电话,一卡通账号,需救助人口,村,急难事由,需求,申请金额,发放形式';

let story;

test.before(async () => {
    story = await Story.begin('2026-07-08T06:00:00+08:00', {
        settings: { bank_settle_ms: 300, bank_timeout_ms: 3000, sms_per_second: 10000 },
        workers: [{}, {}],
        policy: (pack) => {
            // the county's order for such days: only while the surge is on
            const order = structuredClone(pack.standing_orders[0]);
            const more = { id: 'FLOOD-2026', surge: 'flood', officer: 'county-head', case_fen: 500000 };
            Object.assign(order, more, { day_fen: 2000000000, month_fen: 4000000000 });
            order.signature.by = 'county-head';
            pack.standing_orders.unshift(order); // the first that fits is taken
        },
    });
    await story.site.fund(TOWNSHIP, 3000000000);
});

test.after(() => story?.end());

test('2,000 households of a flooded valley: one list, each helped once, and back to normal days', async () => {
    const { site } = story;
    const declared = {
        surge: 'flood',
        title: '2026年7月暴雨洪涝',
        divisions: [TOWNSHIP],
        to: '2026-07-31T00:00:00+08:00',
        reason: '启动三级响应',
    };
    const { id } = await story.li.must(201, 'POST', '/v1/disasters', declared);
    await story.chen.must(200, 'POST', `/v1/disasters/${id}/approve`, { reason: '同意启动' });
    let calls = 0; // that ask for something else, until the rules of the surge are with everybody
    await until('the surge to be in force', async () => {
        calls++;
        const no = await story.call({
            cause: 'education',
            person: person(),
            place: { code: TOWNSHIP },
            narrative: '学费',
        });
        return (await story.becomes(no, (seen) => seen.decision)).decision.disaster === `D${id}`;
    });
    const rows = Array.from({ length: HOUSEHOLDS }, (_, i) => {
        const who = person();
        const cells = [who.name, who.id_number, who.phone, who.account, 1 + (i % 5), '第一村民组', '洪涝'];
        return [...cells, '房屋倒塌，缺食物', '3000', '银行'].join(',');
    });
    const body = [HEAD, ...rows].join('\r\n');
    const send = () =>
        story.wang.ask('POST', `/v1/rosters?township=${TOWNSHIP}&name=haohuahong-flood`, {
            body,
            headers: { 'content-type': 'text/csv' },
        });
    const first = await send();
    assert.strictEqual(first.status, 202, first.text);
    const target = first.headers.location;
    const again = await send(); // nobody was sure that it had arrived
    assert.strictEqual(again.headers.location, target);

    const whole = await until('the list to be taken in', async () => {
        const shown = await story.li.must(200, 'GET', target);
        return shown.waiting === 0 && shown;
    });
    assert.strictEqual(whole.accepted, HOUSEHOLDS);
    const paid = async () => (await site.bankGet('/sandbox/totals')).paid;
    await until(
        async () => `every household to be paid: ${await paid()}`,
        async () => (await paid()) === HOUSEHOLDS,
    );
    await site.quiet(['route', 'pay']);
    const cases = await site.cases();
    assert.strictEqual(cases.length, HOUSEHOLDS + calls); // the second time made nothing

    const { accepted_rows: shownRows } = await story.li.must(200, 'GET', `${target}?rows=accepted&limit=1`);
    const one = await story.shown(shownRows[0].case);
    assert.strictEqual(one.state, 'FIRST_AID_PAID');
    assert.strictEqual(one.decided_by, 'order:FLOOD-2026/county-head');
    assert.strictEqual(one.decision.disaster, `D${id}`);
    assert.match(one.decision.why.join(''), /洪涝|应急/);
    // papers within twenty working days while the surge is on: 8 July is not counted
    assert.strictEqual(one.review.due_at, '2026-08-06T00:00:00.000+08:00');
    const fund = await story.fund();
    assert.strictEqual(fund.held_fen, 0);
    const { paid_fen: moved } = await site.bankGet('/sandbox/totals');
    assert.strictEqual(fund.unreviewed_fen, moved);
    await site.ctl('ledger', 'verify');

    await story.chen.must(200, 'POST', `/v1/disasters/${id}/end`, { reason: '险情解除' });
    await until('the surge to be over', async () => {
        const { items } = await story.li.must(200, 'GET', '/v1/disasters');
        return items.every((item) => !item.in_force);
    });
    const normal = await until('a case under the rules of normal days', async () => {
        const no = await story.call({
            cause: 'flood',
            food_lost: true,
            person: person(),
            place: { code: TOWNSHIP },
            narrative: '家里进水',
        });
        const shown = await story.becomes(no, (seen) => seen.decision);
        return !shown.decision.disaster && shown;
    });
    assert.notStrictEqual(normal.decided_by, 'order:FLOOD-2026/county-head');
});
