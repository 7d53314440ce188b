// Other systems hear of events: signed, without anybody's name, at least once and under an id that stays; slow and
// broken endpoints are nobody else's trouble.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const http = require('node:http');
const { Site, until, REGION } = require('../support/site.js');
const { plainTicket, strandedTicket, freshKey } = require('../support/api.js');
const { load, skipWithout } = require('../support/npm.js');

const PLACE = '520102022';
const NIGHT = '2026-03-02T10:00:00+08:00';

let site;
let admin;
const endpoints = [];

// A receiver; answer(request, n) gives a status, [status, headers] or nothing: then it never answers.
class Endpoint {
    static async start(answer = () => 204) {
        const one = new Endpoint();
        one.seen = [];
        one.open = 0; // requests without an end
        one.answer = answer;
        one.server = http.createServer((request, response) => {
            const chunks = [];
            one.open++;
            response.on('close', () => one.open--);
            request.on('data', (chunk) => chunks.push(chunk));
            request.on('end', () => {
                const body = Buffer.concat(chunks).toString('utf8');
                one.seen.push({ headers: request.headers, body, event: JSON.parse(body) });
                const [status, headers] = [].concat(one.answer(request, one.seen.length));
                if (status) response.writeHead(status, headers).end();
            });
        });
        await new Promise((resolve) => one.server.listen(0, '127.0.0.1', resolve));
        one.url = `http://127.0.0.1:${one.server.address().port}/events`;
        endpoints.push(one);
        return one;
    }

    async subscribe(types = ['*']) {
        const made = await admin.must(201, 'POST', '/v1/hooks', { url: this.url, types });
        Object.assign(this, { id: made.id, secret: made.secret });
        return this;
    }

    async hears(what, wanted) {
        return until(
            () => `${what}: ${JSON.stringify(this.seen.map((one) => one.event.type))} ${site.tails()}`,
            () => this.seen.find((one) => wanted(one.event)),
        );
    }

    of(no) {
        return this.seen.filter((one) => one.event.subject === `case/${no}`);
    }

    async row() {
        const { hooks } = await admin.must(200, 'GET', '/v1/hooks');
        return hooks.find((one) => one.id === this.id);
    }

    async gone() {
        const answer = await admin.ask('DELETE', `/v1/hooks/${this.id}`);
        assert.strictEqual(answer.status, 204, answer.text);
    }

    close() {
        this.server.close();
        this.server.closeAllConnections?.();
    }
}

test.before(async () => {
    site = await Site.start({ clock: NIGHT, settings: { hook_timeout_ms: 5000, bank_settle_ms: 300 } });
    await site.ready();
    await site.fund(PLACE);
    admin = await site.as('admin', 'integration');
});

test.after(async () => {
    for (const one of endpoints) one.close();
    await site?.stop();
});

async function call(ticket) {
    return (await (await site.as('agent')).must(201, 'POST', '/v1/tickets', ticket)).no;
}

test('a case and its payment go out as CloudEvents, without words of people', async () => {
    const all = await (await Endpoint.start()).subscribe();
    const money = await (await Endpoint.start()).subscribe(['payment.*']);
    const ticket = strandedTicket();
    const no = await call(ticket);
    await site.awaitCase(no, 'FIRST_AID_PAID');
    await money.hears(
        'the payment',
        (event) => event.subject === `case/${no}` && event.type === 'jiuji.payment.paid',
    );
    await all.hears(
        'the payment',
        (event) => event.subject === `case/${no}` && event.type === 'jiuji.payment.paid',
    );
    const { headers, event } = all.of(no)[0];
    assert.strictEqual(headers['content-type'], 'application/cloudevents+json; charset=utf-8');
    assert.strictEqual(headers['webhook-id'], event.id);
    assert.strictEqual(event.specversion, '1.0');
    assert.strictEqual(event.source, `/jiuji/${REGION}`);
    assert.strictEqual(event.type, 'jiuji.case.receive');
    assert.match(event.time, /^2026-03-02T10:/);
    assert.ok(money.seen.every((one) => one.event.type.startsWith('jiuji.payment.')));
    const paid = all.of(no).find((one) => one.event.type === 'jiuji.payment.paid').event;
    assert.ok(paid.data.postings[0].amount_fen > 0);
    const text = all.seen.map((one) => one.body).join('');
    for (const word of [
        ticket.person.name,
        ticket.person.phone,
        ticket.person.id_number,
        '钱包',
        'reason',
        'actor',
    ]) {
        assert.ok(!text.includes(word), word);
    }
    await all.gone();
    await money.gone();
});

const { standardwebhooks } = { standardwebhooks: load('standardwebhooks') };

test(
    'the signature is one for the reference library',
    { skip: skipWithout({ standardwebhooks }) },
    async () => {
        const one = await (await Endpoint.start()).subscribe(['case.receive']);
        const no = await call(plainTicket());
        const { headers, body } = await one.hears('the case', (event) => event.subject === `case/${no}`);
        const webhook = new standardwebhooks.Webhook(one.secret);
        // the site's clock is set: the library is told the same time
        const real = Date.now;
        Date.now = () => Number(headers['webhook-timestamp']) * 1000;
        try {
            assert.deepStrictEqual(webhook.verify(body, headers), JSON.parse(body));
            assert.throws(() => webhook.verify(body.replace('receive', 'deceive'), headers));
        } finally {
            Date.now = real;
        }
        await one.gone();
    },
);

test('a failure is tried again when the schedule says, under the same id', async () => {
    const one = await (await Endpoint.start((_, n) => (n === 1 ? 500 : 200))).subscribe(['case.receive']);
    const no = await call(plainTicket());
    await one.hears('the first try', (event) => event.subject === `case/${no}`);
    await until('the failure to be known', async () => (await one.row()).last_failure === 'status 500');
    assert.strictEqual((await one.row()).waiting, 1);
    await site.at('2026-03-02T10:02:00+08:00');
    await until('the second try', () => one.of(no).length === 2);
    await until('nothing to wait', async () => (await one.row()).waiting === 0);
    const [first, second] = one.of(no);
    assert.strictEqual(first.headers['webhook-id'], second.headers['webhook-id']);
    assert.notStrictEqual(first.headers['webhook-signature'], second.headers['webhook-signature']);
    assert.strictEqual((await one.row()).failing_since, null);
    await one.gone();
});

test('429 with Retry-After is obeyed', async () => {
    const busy = (_, n) => (n === 1 ? [429, { 'retry-after': '3600' }] : 200);
    const one = await (await Endpoint.start(busy)).subscribe(['case.receive']);
    const first = await call(plainTicket());
    await one.hears('the first try', (event) => event.subject === `case/${first}`);
    await until('the answer to be known', async () => (await one.row()).last_failure === 'status 429');
    const second = await call(plainTicket());
    await site.at('2026-03-02T10:30:00+08:00');
    const other = await (await Endpoint.start()).subscribe(['case.receive']);
    const third = await call(plainTicket());
    await other.hears('the third', (event) => event.subject === `case/${third}`);
    assert.strictEqual(one.seen.length, 1, 'it has asked for an hour of rest');
    await site.at('2026-03-02T11:05:00+08:00');
    for (const no of [first, second, third]) await one.hears(no, (event) => event.subject === `case/${no}`);
    assert.strictEqual(one.of(first).length, 2);
    await one.gone();
    await other.gone();
});

test('an endpoint that hangs holds up neither the others nor a payment', async () => {
    const hung = await (await Endpoint.start(() => undefined)).subscribe();
    const quick = await (await Endpoint.start()).subscribe(['payment.paid']);
    const no = await call(strandedTicket());
    await hung.hears('something', () => true);
    const next = await call(strandedTicket());
    for (const one of [no, next]) await site.awaitCase(one, 'FIRST_AID_PAID');
    await quick.hears('the payment', (event) => event.subject === `case/${next}`);
    assert.ok(hung.open > 0, 'it hangs to this moment');
    await hung.gone();
    await quick.gone();
});

test('410 disables it; a replay brings everything since then, with the old ids', async () => {
    const one = await (await Endpoint.start((_, n) => (n === 1 ? 410 : 200))).subscribe(['case.receive']);
    const first = await call(plainTicket());
    await until('it to be disabled', async () => (await one.row()).state === 'disabled');
    const second = await call(plainTicket());
    await site.quiet(['route']);
    assert.strictEqual(one.seen.length, 1);
    const bad = await admin.ask('POST', `/v1/hooks/${one.id}/replay?from=yesterday`);
    assert.strictEqual(bad.status, 400);
    const answer = await admin.ask('POST', `/v1/hooks/${one.id}/replay?from=${encodeURIComponent(NIGHT)}`);
    assert.strictEqual(answer.status, 200, answer.text);
    await one.hears('the second', (event) => event.subject === `case/${second}`);
    await until('the first again', () => one.of(first).length === 2);
    assert.strictEqual(one.of(first)[0].event.id, one.of(first)[1].event.id);
    assert.strictEqual((await one.row()).state, 'active');
    const ids = one.seen.slice(1).map((seen) => seen.event.id);
    assert.strictEqual(new Set(ids).size, ids.length, 'each once');
    await one.gone();
});

test('after ten failures over three days it is given up and disabled; it can be sent again', async () => {
    const one = await (await Endpoint.start((_, n) => (n <= 10 ? 500 : 200))).subscribe(['case.receive']);
    const no = await call(plainTicket());
    let hour = 12;
    for (let tries = 1; tries <= 10; tries++) {
        await until(`try ${tries}`, () => one.of(no).length === tries);
        await until('its answer to be known', async () => {
            const waits = await site.redis(
                'HGET',
                site.key(`hook:${one.id}:tries`),
                (await names(one))[0] || '-',
            );
            return Number(waits) === tries || (tries === 10 && (await one.row()).dead === 1);
        });
        hour += 27;
        await site.at(new Date(Date.parse('2026-03-02T00:00:00+08:00') + hour * 3600000).toISOString());
    }
    await until('it to be disabled', async () => (await one.row()).state === 'disabled');
    const { dead } = await admin.must(200, 'GET', `/v1/hooks/${one.id}/dead`);
    assert.strictEqual(dead.length, 1);
    assert.strictEqual(dead[0].webhook_id, one.seen[0].event.id);
    assert.strictEqual(dead[0].why, 'status 500');
    assert.match(
        await site.ctl('hooks', 'list'),
        new RegExp(`^${one.id}\tdisabled\t.*given up 1\t.*status 500`, 'm'),
    );
    assert.match(
        await site.ctl('hooks', 'dead', one.id),
        new RegExp(`^${one.seen[0].event.id}\t.*\tstatus 500`),
    );
    const answer = await admin.ask('POST', `/v1/hooks/${one.id}/replay`);
    assert.deepStrictEqual(answer.json, { given_up_sent_again: 1 });
    assert.match(await site.ctl('hooks', 'replay', one.id), /^active; 0 given-up/);
    await until('the eleventh', () => one.of(no).length === 11);
    await one.gone();
});

async function names(one) {
    return (await site.redis('ZRANGE', site.key(`hook:${one.id}:due`), 0, -1)).map(String);
}

test('nothing is lost when the worker dies in the middle', async () => {
    let hang = true;
    const one = await (await Endpoint.start(() => (hang ? undefined : 200))).subscribe(['case.receive']);
    const no = await call(plainTicket());
    await one.hears('the first try', (event) => event.subject === `case/${no}`);
    await site.workers.get('worker-1').kill();
    hang = false;
    await site.startWorker('worker-2', { lease_ms: 200 });
    const later = await call(plainTicket());
    await until('the lease to end', async () => {
        const [, due] = await site.redis('ZRANGE', site.key('q:hook:leased'), 0, -1, 'WITHSCORES');
        if (due !== undefined) await site.at(new Date(Number(due) + 120000).toISOString());
        return true;
    });
    await until('the second try', () => one.of(no).length >= 2);
    await one.hears('the later one', (event) => event.subject === `case/${later}`);
    assert.strictEqual(new Set(one.of(no).map((seen) => seen.event.id)).size, 1);
    await until('nothing to wait', async () => (await one.row()).waiting === 0);
    await one.gone();
});

test('subscriptions: who may, what is refused, the secret is seen once and sealed', async () => {
    const body = { url: 'https://a.example/hook', types: ['case.*'] };
    for (const role of ['agent', 'reviewer', 'finance', 'machine']) {
        assert.strictEqual((await (await site.as(role)).post('/v1/hooks', body)).status, 403, role);
    }
    for (const bad of [
        { ...body, url: 'http://a.example/hook' },
        { ...body, url: 'https://u:p@a.example/' },
        { ...body, types: [] },
        { ...body, types: ['sms.*'] },
        { ...body, secret: 'whsec_short' },
        { ...body, more: 1 },
    ]) {
        assert.strictEqual((await admin.post('/v1/hooks', bad)).status, 400, JSON.stringify(bad));
    }
    const key = freshKey();
    const made = await admin.post('/v1/hooks', body, { key });
    assert.strictEqual(made.status, 201);
    assert.match(made.json.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    const again = await admin.post('/v1/hooks', body, { key });
    assert.strictEqual(again.json.id, made.json.id);
    assert.ok(!again.text.includes('whsec_'));
    const other = await admin.post('/v1/hooks', { ...body, types: ['*'] }, { key });
    assert.strictEqual(other.status, 422);
    const dump = Buffer.from(await site.redis('DUMP', site.key(`hook:${made.json.id}`))).toString('latin1');
    assert.ok(!dump.includes(made.json.secret));
    assert.ok(!(await admin.get('/v1/hooks')).text.includes('whsec_'));
    assert.match(await site.ctl('hooks', 'remove', made.json.id), /removed/);
    assert.strictEqual((await admin.ask('DELETE', `/v1/hooks/${made.json.id}`)).status, 404);
});
