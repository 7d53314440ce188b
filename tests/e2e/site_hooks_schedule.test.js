// One event and a receiver that fails in ten different ways: it is tried again when the schedule of Standard Webhooks
// says, under one id, freshly signed each time, and redirects are not followed.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const http = require('node:http');
const { Site, until } = require('../support/site.js');
const { plainTicket } = require('../support/api.js');
const { load, skipWithout } = require('../support/npm.js');

const standardwebhooks = load('standardwebhooks');

const START = '2026-03-02T10:00:00+08:00';
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
// reference: suggested retries 0, 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h
const WAITS = [
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];

let site;
let offsetMs = Math.round((new Date(START) - Date.now()) / SECOND) * SECOND; // the shim knows seconds
const now = () => Date.now() + offsetMs;

// How each try fails; why: what the site says of it.
const FAILURES = [
    { name: '301', why: 'status 301', answer: (r, to) => r.writeHead(301, { location: to }).end() },
    { name: '307', why: 'status 307', answer: (r, to) => r.writeHead(307, { location: to }).end() },
    { name: 'hangs', why: 'no answer', answer: () => {} },
    { name: 'reset', why: 'no answer', answer: (r) => r.socket.destroy() },
    {
        name: 'half an answer',
        why: 'no answer',
        answer: (r) => {
            r.writeHead(200, { 'content-length': 100 });
            r.write('half', () => r.socket.destroy());
        },
    },
    { name: '304', why: 'status 304', answer: (r) => r.writeHead(304).end() },
    { name: '500', why: 'status 500', answer: (r) => r.writeHead(500).end() },
    { name: '504', why: 'status 504', answer: (r) => r.writeHead(504).end() },
    { name: '404', why: 'status 404', answer: (r) => r.writeHead(404).end() },
];

class Receiver {
    static async start(answer) {
        const one = new Receiver();
        one.seen = [];
        one.server = http.createServer(async (request, response) => {
            const chunks = [];
            for await (const chunk of request) chunks.push(chunk);
            const body = Buffer.concat(chunks).toString('utf8');
            one.seen.push({ at: now(), headers: request.headers, body });
            answer(response, one.seen.length);
        });
        await new Promise((resolve) => one.server.listen(0, '127.0.0.1', resolve));
        one.url = `http://127.0.0.1:${one.server.address().port}/events`;
        return one;
    }

    close() {
        this.server.close();
        this.server.closeAllConnections?.();
    }
}

test.before(async () => {
    site = await Site.start({ clock: START, settings: { hook_timeout_ms: 1000, sms_silence_hours: 0 } });
    await site.ready();
});

test.after(() => site?.stop());

// As if it were the time of `at`, for the library, which allows five minutes either way.
function verified({ headers, body }, secret, at = Number(headers['webhook-timestamp']) * 1000) {
    const real = Date.now;
    Date.now = () => at;
    try {
        return new standardwebhooks.Webhook(secret).verify(body, headers);
    } finally {
        Date.now = real;
    }
}

test(
    'nine failures, each another one, and then it arrives',
    { skip: skipWithout({ standardwebhooks }) },
    async (t) => {
        const elsewhere = await Receiver.start((response) => response.writeHead(200).end());
        const receiver = await Receiver.start((response, n) => {
            const failure = FAILURES[n - 1];
            if (failure) failure.answer(response, elsewhere.url);
            else response.writeHead(204).end();
        });
        t.after(() => [elsewhere, receiver].forEach((one) => one.close()));
        const admin = await site.as('admin', 'integration');
        const { id, secret } = await admin.must(201, 'POST', '/v1/hooks', {
            url: receiver.url,
            types: ['case.receive'],
        });
        const row = async () =>
            (await admin.must(200, 'GET', '/v1/hooks')).hooks.find((one) => one.id === id);
        await (await site.as('agent')).must(201, 'POST', '/v1/tickets', plainTicket());
        for (const [i, { name, why }] of FAILURES.entries()) {
            await until(
                () => `try ${i + 1} ${site.tails()}`,
                () => receiver.seen.length === i + 1,
            );
            const { at } = receiver.seen[i];
            let due;
            await until(`the failure '${name}' to be known`, async () => {
                const key = site.key(`hook:${id}:due`);
                const [event] = (await site.redis('ZRANGE', key, 0, -1)).map(String);
                const tries = event && (await site.redis('HGET', site.key(`hook:${id}:tries`), event));
                due = event && Number(await site.redis('ZSCORE', key, event)); // behind the number of tries
                return Number(tries) === i + 1;
            });
            assert.strictEqual((await row()).last_failure, why, name);
            // not before the schedule says, at most a tenth later, counted from when the failure was known
            assert.ok(due - at >= WAITS[i] - SECOND, `${name}: ${due - at} ms`);
            assert.ok(due - now() <= WAITS[i] * 1.1 + SECOND, `${name}: ${due - now()} ms from now`);
            if (WAITS[i] > HOUR) {
                offsetMs += Math.floor((due - now()) / SECOND) * SECOND - MINUTE;
                await site.at(new Date(now()));
                assert.strictEqual(receiver.seen.length, i + 1, 'not a minute too early');
            }
            offsetMs += Math.ceil((due - now()) / SECOND) * SECOND + SECOND;
            await site.at(new Date(now()));
        }
        await until('the tenth try', () => receiver.seen.length === 10);
        await until('nothing to wait', async () => (await row()).waiting === 0);
        const shown = await row();
        assert.deepStrictEqual([shown.state, shown.failing_since, shown.dead], ['active', null, 0]);
        assert.strictEqual(
            elsewhere.seen.length,
            0,
            'redirects are not followed: whoever signed up is told, nobody else',
        );
        assert.strictEqual(new Set(receiver.seen.map((one) => one.headers['webhook-id'])).size, 1);
        assert.strictEqual(new Set(receiver.seen.map((one) => one.headers['webhook-signature'])).size, 10);
        assert.strictEqual(new Set(receiver.seen.map((one) => one.body)).size, 1);
        for (const one of receiver.seen) {
            // signed when it was sent: a receiver whose clock is right takes it, and takes no old one
            assert.strictEqual(verified(one, secret, one.at).id, one.headers['webhook-id']);
            assert.throws(() => verified(one, secret, one.at + 6 * MINUTE), /too old/);
            const forged = { ...one, body: one.body.replace('receive', 'deceive') };
            assert.throws(() => verified(forged, secret), /No matching signature/);
        }
        assert.throws(() => verified(receiver.seen[0], `whsec_${Buffer.alloc(32).toString('base64')}`));
    },
);

test('a receiver that never stops answering is cut off in its time', async (t) => {
    let timer;
    const receiver = await Receiver.start((response, n) => {
        if (n > 1) {
            response.writeHead(200).end();
            return;
        }
        response.writeHead(200);
        timer = setInterval(() => response.write('x'.repeat(10)), 20);
        response.on('close', () => clearInterval(timer));
    });
    t.after(() => {
        clearInterval(timer);
        receiver.close();
    });
    const admin = await site.as('admin', 'integration');
    const { id } = await admin.must(201, 'POST', '/v1/hooks', { url: receiver.url, types: ['case.receive'] });
    const row = async () => (await admin.must(200, 'GET', '/v1/hooks')).hooks.find((one) => one.id === id);
    await (await site.as('agent')).must(201, 'POST', '/v1/tickets', plainTicket());
    await until('it to be cut off', async () => (await row()).last_failure === 'no answer');
    offsetMs += MINUTE;
    await site.at(new Date(now()));
    await until('it to arrive', async () => (await row()).waiting === 0 && receiver.seen.length >= 2);
    assert.strictEqual(new Set(receiver.seen.map((one) => one.headers['webhook-id'])).size, 1);
});
