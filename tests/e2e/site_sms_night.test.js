// Messages and trouble: quiet hours, silence, a second operator when the first one refuses us, workers that are killed.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Site, sleep } = require('../support/site.js');
const { Handset, SMS_SECRET } = require('../support/handset.js');
const { plainTicket, strandedTicket, person } = require('../support/api.js');

const TOWNSHIP = '520102022';
const STAGES = ['route', 'pay', 'sms'];

let site;

test.afterEach(async () => {
    await site?.stop();
    site = undefined;
});

async function start(options) {
    site = await Site.start(options);
    await site.ready();
    await site.fund(TOWNSHIP);
}

// The citizen of a ticket, and the number of the case.
async function call(t, ticket) {
    const citizen = new Handset(site, ticket.person.phone);
    citizen.print = (line) => t.diagnostic(line);
    const { no } = await (await site.as('agent')).must(201, 'POST', '/v1/tickets', ticket);
    return { citizen, no };
}

async function accept(no) {
    const officer = await site.officer(TOWNSHIP);
    const { claim } = await officer.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: no });
    assert.strictEqual((await officer.verb(no, 'accept', { claim })).status, 200);
}

test('at night only what somebody waits for; the rest in the morning; after a day of silence a word', async (t) => {
    await start({ clock: '2026-11-23T18:30:00+08:00', settings: { sms_secret: SMS_SECRET } });
    const { citizen, no } = await call(t, plainTicket(TOWNSHIP));
    await citizen.hears(/由兴关路街道办理/);
    await site.at('2026-11-23T22:00:00+08:00');
    const late = await call(t, strandedTicket(TOWNSHIP)); // has just called: is awake and waits
    await late.citizen.hears(/办理/);
    await late.citizen.hears(/收到请回复1/);
    const asleep = await call(t, plainTicket(TOWNSHIP, { channel: 'officer' })); // an officer has found him in need
    await accept(no);
    await site.quiet(STAGES);
    await citizen.writes('查询'); // who writes is answered at any time
    await citizen.hears(/已受理/);
    assert.strictEqual((await citizen.listen()).length, 2, 'the news waits');
    await site.at('2026-11-24T07:58:00+08:00');
    await site.quiet(STAGES);
    assert.strictEqual((await citizen.listen()).length, 2, 'the news still waits');
    assert.deepStrictEqual(await asleep.citizen.listen(), []);
    await site.at('2026-11-24T08:00:30+08:00');
    await citizen.hears(/受理，经办人会联系您/);
    await asleep.citizen.hears(/由兴关路街道办理/);
    await site.at('2026-11-25T08:30:00+08:00');
    await citizen.hears(/正由兴关路街道办理.*还没有新的结果|下一步最迟/);
    await site.at('2026-11-26T09:00:00+08:00');
    await citizen.hears(/正由兴关路街道办理/);
});

test('danger to life is told at night as well', async (t) => {
    await start({ clock: '2026-11-23T18:30:00+08:00', settings: { sms_secret: SMS_SECRET } });
    const ticket = { danger_to_life: true, cause: 'fire', person: person({ account: undefined }) };
    const { citizen, no } = await call(t, plainTicket(TOWNSHIP, ticket));
    await citizen.hears(/110、119、120/);
    await site.still(async () => {
        await site.at('2026-11-23T23:30:00+08:00');
        await accept(no); // else a neighbour would be asked: nobody has accepted it in time
    });
    await citizen.hears(/受理，经办人会联系您/);
});

test('an operator that refuses us is left alone: the second one takes the messages', async (t) => {
    await start({ settings: { sms_password: 'no-longer-ours', sms_secret: SMS_SECRET } });
    const second = { sms2_provider: 'kannel', sms2_url: `http://127.0.0.1:${site.bankPort}/cgi-bin/sendsms` };
    const worker = site.workers.get('worker-1');
    const { citizen, no } = await call(t, plainTicket(TOWNSHIP));
    await worker.says(/event=sms_channel_stopped/);
    assert.deepStrictEqual(await citizen.listen(), []);
    worker.signal('SIGTERM');
    await worker.exited;
    await site.redis('DEL', site.key('q:notify:delayed')); // its pause is over
    await site.redis('ZADD', site.key('q:notify:ready'), '1', `${no}:2`);
    site.startWorker('worker-2', { ...second, sms2_user: 'jiuji', sms2_password: 'pw', sms2_from: '12349' });
    await citizen.hears(/由兴关路街道办理/);
    const [key] = (await site.keys('out:')).filter((one) => one.includes(no));
    assert.strictEqual(String(await site.redis('HGET', site.key(key), 'ch')), '1');
});

test('workers killed again and again while twenty people write: nothing is lost, nothing doubled', async () => {
    await start({ settings: { sms_secret: SMS_SECRET, lease_ms: 400 } });
    const citizens = Array.from({ length: 20 }, (_, i) => new Handset(site, `136${10000000 + i}`));
    const all = ['route', 'pay', 'notify', 'sms'];
    let workers = 1;
    // Four die, one after the other, in the middle of their work; what has been delivered five times is for a person.
    const killFour = async () => {
        for (let i = 0; i < 4; i++) {
            const worker = site.workers.get(`worker-${workers}`);
            await worker.says(/event=worker_started/);
            await sleep(120);
            await worker.kill();
            site.startWorker(`worker-${++workers}`);
        }
    };
    let killed = killFour();
    for (const citizen of citizens) {
        await citizen.writes('学费交不起，求助');
        await sleep(20);
    }
    for (const citizen of citizens) await citizen.hears(/县和乡镇/);
    await killed;
    await site.quiet(all);
    killed = killFour();
    for (const citizen of citizens) {
        await citizen.writes('我一个人在贵阳市南明区兴关路街道');
        await sleep(20);
    }
    for (const citizen of citizens) {
        while (!/由兴关路街道办理/.test(await citizen.hears(/县和乡镇|几个人|由兴关路街道办理/)));
    }
    await killed;
    await site.quiet(all);
    const cases = await site.cases();
    assert.strictEqual(cases.length, citizens.length);
    for (const no of cases) {
        const verbs = (await site.events(no)).map((event) => event.verb);
        // cases alike are linked; who answers before the router has looked is never waited for
        const own = verbs.filter((verb) => verb !== 'link' && verb !== 'triage');
        assert.deepStrictEqual(own, ['receive', 'add', 'dispatch']);
    }
    for (const citizen of citizens) {
        await citizen.listen();
        // a message whose sender died before it could say so goes out once more, as often as senders die
        for (const text of citizen.heard) assert.ok(citizen.heard.filter((one) => one === text).length <= 5, text);
    }
});
