// A citizen's whole journey by plain SMS: through the gateway, the workers and the operator; the conversation is
// printed.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Site, REGION } = require('../support/site.js');
const { Handset, SMS_SECRET } = require('../support/handset.js');
const { account } = require('../support/api.js');

const TOWNSHIP = '520102022'; // the township that the citizen names
const PLACE = '我在贵阳市南明区兴关路街道';

let site;

test.before(async () => {
    site = await Site.start({
        clock: '2026-11-20T10:05:00+08:00', // answers are counted by the hour: none ends meanwhile
        settings: { bank_settle_ms: 300, bank_timeout_ms: 1000, sms_secret: SMS_SECRET, sms_gather_ms: 600000 },
    });
    await site.ready();
    await site.fund(TOWNSHIP);
});

test.after(() => site?.stop());

test('from the first vague words to the archive, by SMS alone on the side of the citizen', async (t) => {
    const citizen = new Handset(site, '13900000001');
    const card = account(77).slice(8, 27);
    citizen.print = (line) => t.diagnostic(line);

    await citizen.writes(`你好，钱包被偷了，身上没钱，回不了家！卡号${card}还在`);
    const first = await citizen.hears(/哪个县|县和乡镇/);
    const no = /编号(\d{22})/.exec(first)[1];
    await site.awaitCase(no, 'TRIAGED');

    await citizen.writes(PLACE);
    await citizen.hears(/几个人/);

    await citizen.writes('俩人');
    await citizen.hears(/由.*办理/);
    const paid = await citizen.hears(/已发放至尾号\d{4}的账户.*收到请回复1/s);
    assert.ok(!paid.includes(card), 'the account is not told');
    const shown = await site.awaitCase(no, 'FIRST_AID_PAID');
    assert.strictEqual(shown.township.code, TOWNSHIP);
    assert.strictEqual(shown.facts.persons, 2);

    await citizen.writes('查詢');
    await citizen.hears(/先行救助已发放，由兴关路街道办理/);

    await citizen.writes('１');
    await citizen.hears(/打分/);
    await citizen.writes('5分');
    await citizen.hears(/谢谢您的评价/);

    const officer = await site.officer(TOWNSHIP);
    const { claim } = await officer.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: no });
    for (const verb of ['accept', 'papers']) {
        const answer = await officer.verb(no, verb, { claim });
        assert.strictEqual(answer.status, 200, answer.text);
    }
    const reviewer = await site.as('reviewer');
    const confirmed = await reviewer.verb(no, 'confirm');
    assert.strictEqual(confirmed.json.state, 'FOLLOWED_UP', 'the citizen has said that the money came');
    assert.strictEqual((await reviewer.verb(no, 'close')).json.state, 'ARCHIVED');
    await citizen.hears(/办结归档/);

    const verbs = (await site.events(no)).map((event) => `${event.verb} ${event.actor.split(':')[0]}`);
    const steps = ['receive citizen', 'triage worker', 'add citizen', 'dispatch worker', 'paid bank', 'note citizen'];
    for (const step of [...steps, 'rate citizen', 'confirm reviewer', 'follow-up citizen', 'close reviewer']) {
        assert.ok(verbs.includes(step), `${step} in ${verbs}`);
    }
    await site.quiet(['route', 'pay', 'notify', 'sms']);
    const said = citizen.heard.length;
    await citizen.writes('谢谢');
    await site.quiet(['sms', 'notify']);
    await citizen.listen();
    assert.strictEqual(citizen.heard.length, said, 'thanks are not answered');
});
