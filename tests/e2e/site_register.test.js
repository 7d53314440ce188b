// The low-income register is asked after every new case and answers when it likes: at once, days later, twice, in the
// wrong order, or not at all. No case waits for it.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const http = require('node:http');
const { Site, until } = require('../support/site.js');
const { plainTicket, strandedTicket, person } = require('../support/api.js');

const PLACE = '520102022';
const TOKEN = 'register-token-of-the-test';

let site;
let register;

// The register's side: keeps the questions; status is what it answers them with.
class Register {
    async start() {
        this.asked = [];
        this.status = 202;
        this.server = http.createServer((request, response) => {
            const chunks = [];
            request.on('data', (chunk) => chunks.push(chunk));
            request.on('end', () => {
                assert.strictEqual(request.url, '/base/register/checks');
                assert.strictEqual(request.headers.authorization, `Bearer ${TOKEN}`);
                this.asked.push(JSON.parse(Buffer.concat(chunks).toString('utf8')));
                response.writeHead(this.status).end('{}');
            });
        });
        await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
        this.url = `http://127.0.0.1:${this.server.address().port}/base`;
        return this;
    }

    question(no, matter = 'register') {
        return until(
            () => `a question about ${no}: ${JSON.stringify(this.asked)} ${site.tails()}`,
            () => this.asked.find((one) => one.check_id === `${no}.${matter}`),
        );
    }

    async answers(question, answer, { kind = '', at = new Date(), token = TOKEN, ...more } = {}) {
        const { check_id: id, id_hash: hash } = question;
        const said = { check_id: id, id_hash: hash, answer, kind, checked_at: at.toISOString(), ...more };
        const body = JSON.stringify(said);
        const signature = crypto.createHmac('sha256', token).update(body).digest('base64');
        const headers = { 'x-register-signature': signature };
        return site.api(null).ask('POST', '/v1/register/callback', { body, headers });
    }

    close() {
        this.server.close();
    }
}

test.before(async () => {
    register = await new Register().start();
    site = await Site.start({
        settings: {
            register_url: register.url,
            register_token: TOKEN,
            register_callback_url: 'https://jiuji.example/v1/register/callback',
            bank_settle_ms: 300,
        },
    });
    await site.ready();
    await site.fund(PLACE);
    // the register is asked after cases from the first look on
    await until('the first look', () => site.redis('EXISTS', site.key('registercur')));
});

test.after(async () => {
    register?.close();
    await site?.stop();
});

const call = async (ticket) => (await (await site.as('agent')).must(201, 'POST', '/v1/tickets', ticket)).no;
const sha256 = (text) => crypto.createHash('sha256').update(text).digest('hex');
const checks = async (no) =>
    (await (await site.as('reviewer')).must(200, 'GET', `/v1/cases/${no}/checks`)).checks;
const told = async (no) => (await site.events(no)).filter((event) => event.answer);

test('a new case is asked after by a hash; recognised goes into the case with what it lets skip', async () => {
    const ticket = plainTicket();
    const no = await call(ticket);
    const question = await register.question(no);
    assert.deepStrictEqual(question, {
        check_id: `${no}.register`,
        id_hash: sha256(ticket.person.id_number),
        matter: 'register',
        callback_url: 'https://jiuji.example/v1/register/callback',
    });
    await until('it to be asked', async () => (await checks(no))[0]?.state === 'ASKED');
    const answer = await register.answers(question, 'recognised', { kind: 'dibao' });
    assert.strictEqual(answer.status, 204, answer.text);
    const shown = await site.awaitCase(no, (c) => c.facts.recognised);
    assert.strictEqual(shown.facts.recognised, true);
    const [event] = await told(no);
    assert.strictEqual(event.actor, 'register');
    assert.strictEqual(event.kind, 'dibao');
    assert.strictEqual(event.skips, 'income-and-property-check');
    assert.match(event.reason, /低保.*不再重复核对/);
    const [check] = await checks(no);
    assert.deepStrictEqual([check.state, check.answer, check.kind], ['ANSWERED', 'recognised', 'dibao']);
});

test('twice, and an older answer behind a newer one, change nothing; a newer one does', async () => {
    const no = await call(plainTicket());
    const question = await register.question(no);
    const hour = (n) => new Date(Date.now() - n * 3600000);
    for (let i = 0; i < 3; i++) {
        assert.strictEqual((await register.answers(question, 'unknown', { at: hour(2) })).status, 204);
    }
    assert.strictEqual(
        (await register.answers(question, 'recognised', { kind: 'edge', at: hour(3) })).status,
        204,
    );
    assert.strictEqual((await told(no)).length, 1);
    assert.strictEqual((await checks(no))[0].answer, 'unknown');
    await register.answers(question, 'recognised', { kind: 'edge', at: hour(1) });
    assert.strictEqual((await told(no)).length, 2);
    await site.awaitCase(no, (c) => c.facts.recognised);
});

test('an answer that comes when the case is over is kept and changes nothing', async () => {
    const no = await call(plainTicket());
    const question = await register.question(no);
    assert.strictEqual((await (await site.as('agent')).verb(no, 'withdraw', {})).status, 200);
    assert.strictEqual((await register.answers(question, 'recognised', { kind: 'tekun' })).status, 204);
    assert.strictEqual((await checks(no))[0].answer, 'recognised');
    assert.strictEqual((await told(no)).length, 0);
});

test('not recognised takes nothing away from what people have said', async () => {
    const no = await call(plainTicket(PLACE, { recognised: true }));
    const question = await register.question(no);
    await register.answers(question, 'not');
    const shown = await site.awaitCase(no, (c) => c.facts.recognised);
    assert.strictEqual(shown.facts.recognised, true);
    assert.strictEqual((await told(no)).length, 1);
});

test('an unreachable register holds up neither the case nor its money', async () => {
    register.status = 503;
    const no = await call(strandedTicket());
    await register.question(no);
    await site.awaitCase(no, 'FIRST_AID_PAID');
    assert.strictEqual((await checks(no))[0].state, 'WAITS');
    register.status = 202;
    const job = `${no}.register`;
    await until('the next try to be put off', () =>
        site.redis('ZSCORE', site.key('q:register:delayed'), job),
    );
    // a person need not wait for it: as if the time had come
    await site.redis('ZADD', site.key('q:register:delayed'), 'XX', 1, job);
    await until('it to be asked', async () => (await checks(no))[0].state === 'ASKED');
});

test('without an ID number nothing is asked', async () => {
    const before = register.asked.length;
    const { name, phone } = person();
    const no = await call(plainTicket(PLACE, { person: { name, phone } }));
    const other = await call(plainTicket());
    await register.question(other);
    assert.ok(!register.asked.slice(before).some((one) => one.check_id.startsWith(no)));
});

test('the household check is asked for by people, once', async () => {
    const no = await call(plainTicket());
    const officer = await site.officer(PLACE);
    await site.awaitCase(no, (c) => c.township?.code === PLACE);
    const asked = await officer.post(`/v1/cases/${no}/checks`, { matter: 'household' });
    assert.strictEqual(asked.status, 202, asked.text);
    const question = await register.question(no, 'household');
    assert.strictEqual(question.matter, 'household');
    await officer.must(202, 'POST', `/v1/cases/${no}/checks`, { matter: 'household' });
    await register.answers(question, 'recognised', { kind: 'rigid' });
    await site.awaitCase(no, (c) => c.facts.recognised);
    assert.strictEqual(register.asked.filter((one) => one.check_id === `${no}.household`).length, 1);
    assert.strictEqual((await officer.post(`/v1/cases/${no}/checks`, { matter: 'all' })).status, 400);
    const elsewhere = await site.officer('520102001');
    assert.strictEqual((await elsewhere.post(`/v1/cases/${no}/checks`, { matter: 'register' })).status, 404);
});

test('the clocks stand still while a household is checked, and go on with the answer', async () => {
    const no = await call(plainTicket());
    await site.awaitCase(no, (c) => c.township?.code === PLACE);
    const officer = await site.officer(PLACE);
    const paused = async () => (await officer.must(200, 'GET', `/v1/cases/${no}/clocks`)).paused;
    for (const verb of ['accept', 'verify', 'review']) {
        const { claim } = await officer.must(200, 'POST', `/v1/townships/${PLACE}/claim`, { case: no });
        const answer = await officer.verb(no, verb, { claim });
        assert.strictEqual(answer.status, 200, `${verb}: ${answer.text}`);
    }
    assert.strictEqual(await paused(), null);
    await officer.must(202, 'POST', `/v1/cases/${no}/checks`, { matter: 'household' });
    assert.strictEqual((await paused()).reason, 'economy_check');
    const question = await register.question(no, 'household');
    const twice = { at: new Date() };
    assert.strictEqual((await register.answers(question, 'not', twice)).status, 204);
    assert.strictEqual(await paused(), null);
    assert.strictEqual((await register.answers(question, 'not', twice)).status, 204);
    const verbs = (await site.events(no)).map((event) => event.verb);
    assert.strictEqual(verbs.filter((verb) => verb === 'pause').length, 1);
    assert.strictEqual(verbs.filter((verb) => verb === 'resume').length, 1);
});

test('forged answers, answers about somebody else and answers that nobody asked for are refused', async () => {
    const no = await call(plainTicket());
    const question = await register.question(no);
    assert.strictEqual((await register.answers(question, 'recognised', { token: 'forged' })).status, 401);
    const other = await register.answers(question, 'recognised', { id_hash: sha256('other') });
    assert.strictEqual(other.status, 404);
    const unasked = await register.answers({ ...question, check_id: `${no}.household` }, 'recognised');
    assert.strictEqual(unasked.status, 404);
    assert.strictEqual((await register.answers(question, 'rich')).status, 400);
    assert.strictEqual((await register.answers({ ...question, check_id: '12.register' }, 'not')).status, 404);
    assert.strictEqual((await told(no)).length, 0);
});
