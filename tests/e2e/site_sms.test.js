// Messages from plain telephones and what becomes of them: danger, wrong numbers, machines, repeats, parts, receipts,
// officers who work by SMS, and what must never be seen.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Site, until, REGION } = require('../support/site.js');
const { Handset, SMS_SECRET } = require('../support/handset.js');
const { strandedTicket, plainTicket, person } = require('../support/api.js');

const TOWNSHIP = '520102022';
const PLACE = '贵阳市南明区兴关路街道';
const STAGES = ['route', 'pay', 'notify', 'sms'];

let site;
let phones = 0;

test.before(async () => {
    site = await Site.start({
        clock: '2026-11-20T10:05:00+08:00', // answers are counted by the hour: none ends meanwhile
        settings: { bank_settle_ms: 300, bank_timeout_ms: 1000, sms_secret: SMS_SECRET, sms_answers_an_hour: 4 },
    });
    await site.ready();
    await site.fund(TOWNSHIP);
});

test.after(() => site?.stop());

// A telephone that nobody has used yet; the conversation is printed.
function handset(t) {
    const one = new Handset(site, `137${String(10000000 + ++phones)}`);
    one.print = (line) => t.diagnostic(line);
    return one;
}

const caseNo = (text) => /编号(\d{22})/.exec(text)[1];

async function silent(handset) {
    await site.quiet(STAGES);
    const before = handset.heard.length;
    await handset.listen();
    assert.strictEqual(handset.heard.length, before, handset.heard.at(-1));
}

async function call(ticket) {
    return (await (await site.as('agent')).must(201, 'POST', '/v1/tickets', ticket)).no;
}

test('danger to life: told 110, 119, 120 at once, and the case stands before all others', async (t) => {
    const citizen = handset(t);
    await citizen.writes(`${PLACE}着火了，三个人困在楼上！`);
    const no = caseNo(await citizen.hears(/110、119、120/));
    await citizen.hears(/由兴关路街道办理/);
    const shown = await site.awaitCase(no, (c) => c.state !== 'RECEIVED');
    assert.strictEqual(shown.urgency, 'CRITICAL');
    assert.strictEqual(shown.facts.danger_to_life, true);
    assert.strictEqual(shown.facts.persons, 3);
    assert.strictEqual(shown.facts.cause, 'fire');
});

test('danger in a later message makes the open case critical', async (t) => {
    const citizen = handset(t);
    await citizen.writes(`我一个人在${PLACE}，学费交不起`);
    const no = caseNo(await citizen.hears(/由兴关路街道办理/));
    await citizen.writes('我不想活了');
    await citizen.hears(/110、119、120/);
    const shown = await site.awaitCase(no, (c) => c.urgency === 'CRITICAL');
    assert.strictEqual(shown.facts.danger_to_life, true);
});

test('a second call for help is added to the open case; another matter opens another case', async (t) => {
    const citizen = handset(t);
    await citizen.writes(`我一个人在${PLACE}，学费交不起`);
    const no = caseNo(await citizen.hears(/由兴关路街道办理/));
    await citizen.writes('求助！还没有饭吃');
    assert.strictEqual(caseNo(await citizen.hears(/补充的情况已记入/)), no);
    await citizen.writes(`另一件事：邻居家两口人住${PLACE}，老人病了没钱治`);
    const second = caseNo(await citizen.hears(/由兴关路街道办理/));
    assert.notStrictEqual(second, no);
    await site.awaitCase(second, (c) => c.facts.cause === 'medical_bill' && c.facts.persons === 2);
    const events = await site.events(no);
    assert.ok(events.some((event) => event.verb === 'add' && event.actor === 'citizen:sms'));
});

test('the same delivery five times, and the same words under another id: one case, one answer', async (t) => {
    const citizen = handset(t);
    const text = '救助！钱包丢了，身上没钱';
    for (let i = 0; i < 5; i++) await citizen.writes(text, { id: 'mo-fixed' });
    await citizen.writes(text, { id: 'mo-other' });
    const no = caseNo(await citizen.hears(/县和乡镇/));
    await silent(citizen);
    const found = (await site.cases()).filter((one) => one === no);
    assert.strictEqual(found.length, 1);
    assert.strictEqual((await site.events(no)).filter((event) => event.verb === 'receive').length, 1);
});

test('a long message in parts, the second one first: triage at once, complete later', async (t) => {
    const citizen = handset(t);
    const udh = (part) => Buffer.from([5, 0, 3, 77, 2, part]);
    await citizen.writes('我们一家四口没地方住，也没饭吃，请帮帮我们。', { udh: udh(2) });
    const no = caseNo(await citizen.hears(/县和乡镇/));
    await citizen.writes(`昨天夜里房子塌了，我在${PLACE}。`, { udh: udh(1) });
    const shown = await site.awaitCase(no, (c) => c.township?.code === TOWNSHIP);
    assert.strictEqual(shown.facts.persons, 4);
    const officer = await site.officer(TOWNSHIP);
    const { claim } = await officer.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: no });
    const seen = await officer.verb(no, 'reveal', { claim });
    assert.match(seen.text, /昨天夜里房子塌了.*没地方住/s);
});

test('what cannot be read is kept for a person, and the sender is asked for words', async (t) => {
    const citizen = handset(t);
    await citizen.writes('x', { coding: '1' });
    await citizen.hears(/没能读出来/);
    await site.quiet(STAGES);
});

test('one message that cannot be handled holds up no other, and is found among the dead', async (t) => {
    const [broken, citizen] = [handset(t), handset(t)];
    const worker = site.workers.get('worker-1');
    worker.signal('SIGSTOP');
    await broken.writes('救助，没饭吃');
    const [key] = (await site.redis('ZRANGE', site.key('q:sms:ready'), '0', '-1')).map(String);
    await site.redis('HSET', site.key(`sms:${key}`), 'p1', key); // damaged
    await citizen.writes('救助，没饭吃，冷');
    worker.signal('SIGCONT');
    await citizen.hears(/县和乡镇/);
    await silent(broken);
});

test('machines are neither answered nor taken for people', async (t) => {
    for (const number of ['10691234567', '12345', '95588', '10086']) {
        const machine = new Handset(site, number);
        machine.print = (line) => t.diagnostic(line);
        await machine.writes('您的验证码是 123456，救助中心');
        await site.quiet(STAGES);
        const all = (await site.bankGet(`/sandbox/sms?to=${number}`)).messages;
        assert.deepStrictEqual(all, []);
        assert.deepStrictEqual((await site.bankGet(`/sandbox/sms?to=%2B86${number}`)).messages, []);
    }
});

test('two machines that answer each other are cut', async (t) => {
    const robot = handset(t);
    for (let i = 0; i < 9; i++) {
        await robot.writes(`自动答复第${i}次：查询`, { id: `loop-${i}` });
        await site.quiet(STAGES);
    }
    await robot.listen();
    assert.ok(robot.heard.length <= 5, `${robot.heard.length} answers`); // four, and the news of the case
});

test('money came? no: the county desk has it; then yes takes it back for the follow-up', async (t) => {
    const ticket = strandedTicket(TOWNSHIP);
    const citizen = new Handset(site, ticket.person.phone);
    citizen.print = (line) => t.diagnostic(line);
    const no = await call(ticket);
    await citizen.hears(/办理/);
    await citizen.hears(/收到请回复1，没收到请回复2/);
    await citizen.writes('没有收到');
    await citizen.hears(/会核查/);
    const shown = await site.awaitCase(no, (c) => c.inbox === REGION);
    assert.strictEqual(shown.state, 'FIRST_AID_PAID');
    const events = await site.events(no);
    assert.ok(events.some((event) => event.verb === 'attempt' && event.actor === 'citizen:sms'));
});

test('reviewed without a word of the citizen: he is asked, and his answer is the follow-up', async (t) => {
    const ticket = strandedTicket(TOWNSHIP);
    const citizen = new Handset(site, ticket.person.phone);
    citizen.print = (line) => t.diagnostic(line);
    const no = await call(ticket);
    await citizen.hears(/办理/);
    await citizen.hears(/收到请回复1/);
    const officer = await site.officer(TOWNSHIP);
    const { claim } = await officer.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: no });
    for (const verb of ['accept', 'papers']) {
        assert.strictEqual((await officer.verb(no, verb, { claim })).status, 200);
    }
    const confirmed = await (await site.as('reviewer')).verb(no, 'confirm');
    assert.strictEqual(confirmed.json.state, 'REVIEW_CONFIRMED', 'nobody has asked the citizen');
    await citizen.hears(/复核完成.*都收到了请回复1/);
    await citizen.writes('1');
    await citizen.hears(/打分/);
    await site.awaitCase(no, 'FOLLOWED_UP');
    assert.strictEqual((await (await site.as('reviewer')).verb(no, 'close')).status, 200);
    await citizen.hears(/办结归档/);
    await citizen.writes('4');
    await citizen.hears(/谢谢您的评价/);
    await citizen.writes(`2 ${no.slice(-6)}`); // days later: it did not come after all
    const second = caseNo(await citizen.hears(/没有收到钱/));
    assert.notStrictEqual(second, no);
    const shown = await site.awaitCase(second, 'TRIAGED');
    assert.strictEqual(shown.inbox, REGION);
    assert.strictEqual(shown.facts.wants_person, true);
    await silent(citizen);
});

test('a stranger learns nothing of a case whose number he knows', async (t) => {
    const no = await call(plainTicket(TOWNSHIP));
    const stranger = handset(t);
    await stranger.writes(`查询 ${no.slice(-6)}`);
    await stranger.hears(/没有查到/);
    await stranger.writes(`撤回${no}`);
    await stranger.hears(/没有查到/);
    assert.ok((await site.awaitCase(no, 'DISPATCHED')).no);
});

test('withdrawn after a question, kept after a no', async (t) => {
    const citizen = handset(t);
    await citizen.writes(`我一个人在${PLACE}，学费交不起`);
    const no = caseNo(await citizen.hears(/由兴关路街道办理/));
    await citizen.writes('撤回');
    await citizen.hears(/确认撤回/);
    await citizen.writes('2');
    await citizen.hears(/继续办理/);
    await citizen.writes('撤 回！');
    await citizen.hears(/确认撤回/);
    await citizen.writes('１');
    await citizen.hears(/已按您的要求撤回/);
    await site.awaitCase(no, 'WITHDRAWN');
});

test('a wrong number hears no more of the case, and the case says so', async (t) => {
    const ticket = plainTicket(TOWNSHIP);
    const citizen = new Handset(site, ticket.person.phone);
    citizen.print = (line) => t.diagnostic(line);
    const no = await call(ticket);
    await citizen.hears(/办理/);
    await citizen.writes('你打错了，我不是');
    await citizen.hears(/不再向本号码发送/);
    const officer = await site.officer(TOWNSHIP);
    const { claim } = await officer.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: no });
    assert.strictEqual((await officer.verb(no, 'accept', { claim })).status, 200);
    await silent(citizen);
    assert.ok((await site.events(no)).some((event) => event.word === 'wrong-number'));
});

test('an officer without a smartphone: accepts by digit, gives back with a reason', async (t) => {
    const officer = handset(t);
    const reviewer = await site.as('reviewer');
    const set = await reviewer.post(`/v1/townships/${TOWNSHIP}/phone`, { phone: officer.number, officer: 'lao-li' });
    assert.strictEqual(set.status, 204, set.text);
    const ticket = plainTicket(TOWNSHIP);
    const citizen = new Handset(site, ticket.person.phone);
    const first = await call(ticket);
    const told = await officer.hears(/新求助尾号(\d{6})/);
    assert.ok(told.includes(first.slice(-6)) && !told.includes(ticket.person.name) && !told.includes(first));
    await officer.writes('1');
    await officer.hears(/已由您受理/);
    await officer.writes('撤回'); // it is not his own case
    await officer.hears(/没有查到/);
    const taken = await site.awaitCase(first, 'ACCEPTED');
    assert.strictEqual(taken.holder?.actor ?? taken.handler, 'officer:lao-li');
    await citizen.hears(/由.*办理/);
    await citizen.hears(/受理/);
    const second = await call(plainTicket(TOWNSHIP));
    await officer.hears(/新求助/);
    await officer.writes('2');
    await officer.hears(/理由/);
    await officer.writes('人在隔壁街道，不属我处');
    await officer.hears(/已退回/);
    await site.awaitCase(second, 'RETURNED');
    const off = await reviewer.post(`/v1/townships/${TOWNSHIP}/phone`, { phone: '', officer: 'lao-li' });
    assert.strictEqual(off.status, 204, off.text);
});

test('goods that an officer hands over: the code is read back by SMS, a wrong one is told', async (t) => {
    const ticket = plainTicket(TOWNSHIP, { person: person({ account: undefined }) });
    const citizen = new Handset(site, ticket.person.phone);
    citizen.print = (line) => t.diagnostic(line);
    const no = await call(ticket);
    await citizen.hears(/办理/);
    const officer = await site.officer(TOWNSHIP);
    const { claim } = await officer.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: no });
    const says = async (verb, body) => {
        const answer = await officer.verb(no, verb, { claim, ...body });
        assert.strictEqual(answer.status, 200, answer.text);
        return answer.json;
    };
    await says('accept');
    const payment = (await says('first-aid', { amount_fen: 30000, method: 'goods' })).payments[0].id;
    await says('hand-over', { payment, witness: 'village:chen' });
    await citizen.hears(/受理/);
    await citizen.hears(/已批准先行救助300.00 元/);
    const [, code] = /签收码(\d{6})/.exec(await citizen.hears(/签收码/));
    await citizen.writes(code === '123456' ? '654321' : '123456');
    await citizen.hears(/签收码不对/);
    await citizen.writes(code);
    await citizen.hears(/签收码已核对/);
    const shown = await site.awaitCase(no, 'FIRST_AID_PAID');
    assert.strictEqual(shown.payments[0].state, 'SUCCEEDED');
    for (const key of await site.keys('out:')) {
        const kept = await site.redis('HGETALL', site.key(key));
        assert.ok(!kept.map(String).some((value) => value.includes(code)), `the code stands in ${key}`);
    }
});

test('receipts: final wins over late and repeated ones', async (t) => {
    const ticket = plainTicket(TOWNSHIP);
    const citizen = new Handset(site, ticket.person.phone);
    citizen.print = (line) => t.diagnostic(line);
    const no = await call(ticket);
    await citizen.hears(/办理/);
    await site.quiet(STAGES);
    const [id] = (await site.keys('out:')).filter((key) => key.startsWith(`out:${no}`)).map((key) => key.slice(4));
    const api = site.api(null);
    const dlr = (type) => api.get(`/v1/sms/kannel/${SMS_SECRET}/dlr?mid=${id}&type=${type}&smscid=&ts=1795305600`);
    const state = async () => String(await site.redis('HGET', site.key(`out:${id}`), 's'));
    assert.strictEqual(await state(), 'accepted');
    for (const type of [1, 8, 1, 4]) assert.strictEqual((await dlr(type)).status, 200);
    assert.strictEqual(await state(), 'delivered');
    const told = (await (await site.as('auditor')).must(200, 'GET', `/v1/cases/${no}/messages`)).items;
    assert.deepStrictEqual(
        told.map((one) => [one.template, one.state, one.state_zh, one.provider]),
        [['dispatched', 'delivered', '已送达', 'kannel']],
    );
    const stranger = await site.officer('520103019');
    assert.strictEqual((await stranger.get(`/v1/cases/${no}/messages`)).status, 404);
});

test('without the secret there is nothing; a store that is away is said so, and the message comes again', async (t) => {
    const citizen = handset(t);
    const target = citizen.delivery('求助，没饭吃');
    const api = site.api(null);
    const refused = await api.get(target.replace(SMS_SECRET, 'sms-secret-of-somebody-else'));
    assert.ok(refused.status >= 400, String(refused.status));
    assert.strictEqual((await api.get('/v1/sms/twilio/x/mo')).status, 404, 'not a channel of this site');
    site.redisChild.signal('SIGSTOP');
    const away = await api.get(target);
    site.redisChild.signal('SIGCONT');
    assert.ok(away.status >= 500, String(away.status));
    await until('the store to be back', async () => (await api.get('/readyz').catch(() => null))?.status === 200);
    assert.strictEqual((await api.get(target)).status, 200);
    await citizen.hears(/县和乡镇/);
    await silent(citizen);
});

test('what people wrote stands nowhere in clear', async (t) => {
    const citizen = handset(t);
    const secret = '我叫欧阳测试身份证11010519491231002X';
    await citizen.writes(`${secret}，没饭吃`);
    await citizen.hears(/县和乡镇/);
    await site.quiet(STAGES);
    await site.redis('SAVE').catch(() => null);
    for (const key of await site.keys('')) {
        const full = site.key(key);
        const type = String(await site.redis('TYPE', full));
        const read = { hash: ['HGETALL', full], string: ['GET', full], stream: ['XRANGE', full, '-', '+'] }[type];
        const value = read ? await site.redis(...read) : '';
        const text = JSON.stringify(value, (_, v) => (Buffer.isBuffer(v) ? String(v) : v));
        assert.ok(!(key + text).includes('欧阳测试') && !text.includes('11010519491231002'), key);
        assert.ok(!(key + text).includes(citizen.number), key);
    }
    const logs = site.tails();
    assert.ok(!logs.includes('欧阳测试') && !logs.includes(citizen.number));
});
