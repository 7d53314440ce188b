// The fault menu of the stand-in bank and SMS operator: every fault happens, and is counted.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { withSandbox, ackOf, callbackOf, entriesOf, disburseMessage, until } = require('../support/sandbox.js');

// kind, is the order taken, what the client sees
const ANSWER_FAULTS = [
    ['error_500_before', false, 500],
    ['error_500_after', true, 500],
    ['drop_before', false, 'cut'],
    ['drop_after_accept', true, 'cut'],
    ['half_answer', true, 'cut'],
];

for (const [kind, taken, seen] of ANSWER_FAULTS) {
    test(`fault ${kind}: the order is ${taken ? '' : 'not '}taken, the client sees ${seen}`, async () => {
        await withSandbox(async (sandbox, listener) => {
            await sandbox.fault({ kind, match: 'X' });
            assert.strictEqual((await sandbox.disburse([['P1', '1.00']])).status, 200);
            const outcome = sandbox.disburse(
                [
                    ['P2', '1.00'],
                    ['X1', '1.00'],
                ],
                { uri: listener.uri },
            );
            if (seen === 'cut') await assert.rejects(outcome);
            else assert.strictEqual((await outcome).status, seen);
            assert.strictEqual(await sandbox.met(kind), 1);
            if (taken) await listener.wait(1);
            assert.strictEqual((await sandbox.get('/sandbox/totals')).paid, taken ? 3 : 1);
            assert.strictEqual((await sandbox.disburse([['X1', '1.00']])).status, 200); // once only
        });
    });
}

test('fault hang: the order is taken and nobody is answered for ms', async () => {
    await withSandbox(async (sandbox, listener) => {
        await sandbox.fault({ kind: 'hang', ms: 600000 });
        const abort = new AbortController();
        const outcome = fetch(`${sandbox.url}/disburse`, {
            method: 'POST',
            signal: abort.signal,
            headers: { authorization: 'Bearer bank-token-of-the-test' },
            body: JSON.stringify(disburseMessage([['P1', '1.00']], listener.uri)),
        });
        const [request] = await listener.wait(1); // the callback comes all the same
        assert.strictEqual(entriesOf(callbackOf(request).message).P1.status, 'succ');
        assert.strictEqual(await sandbox.met('hang'), 1);
        abort.abort();
        await assert.rejects(outcome);
        await sandbox.fault({ kind: 'hang', ms: 20 });
        assert.strictEqual((await sandbox.disburse([['P2', '1.00']])).status, 200);
    });
});

test('fault late_callback: pending until it comes', async () => {
    await withSandbox(async (sandbox, listener) => {
        await sandbox.fault({ kind: 'late_callback', ms: 4000 });
        await sandbox.disburse([['P1', '1.00']], { uri: listener.uri });
        assert.strictEqual((await sandbox.status(['P1'])).P1.status, 'pdng');
        const [request] = await listener.wait(1);
        assert.strictEqual(entriesOf(callbackOf(request).message).P1.status, 'succ');
        await until(async () => (await sandbox.status(['P1'])).P1.status === 'succ');
    });
});

test('faults callback_twice and no_callback', async () => {
    await withSandbox(async (sandbox, listener) => {
        await sandbox.fault({ kind: 'callback_twice', match: 'T' });
        await sandbox.fault({ kind: 'no_callback', match: 'N' });
        await sandbox.disburse([['N1', '1.00']], { uri: listener.uri });
        await sandbox.disburse([['T1', '1.00']], { uri: listener.uri });
        const [first, second] = await listener.wait(2);
        assert.strictEqual(first.body, second.body);
        assert.deepStrictEqual(Object.keys(entriesOf(callbackOf(first).message)), ['T1']);
        assert.strictEqual((await sandbox.status(['N1'])).N1.status, 'succ');
        await until(async () => (await sandbox.get('/sandbox/totals')).callbacks.waiting === 0);
        assert.strictEqual(listener.requests.length, 2);
        assert.strictEqual(await sandbox.met('no_callback'), 1);
    });
});

test('fault callback_before_ack: the callback is there before the answer', async () => {
    await withSandbox(async (sandbox, listener) => {
        await sandbox.fault({ kind: 'callback_before_ack', count: 2 });
        for (let i = 1; i <= 2; i++) {
            assert.strictEqual(
                ackOf(await sandbox.disburse([[`P${i}`, '1.00']], { uri: listener.uri })).ack_status,
                'ACK',
            );
            assert.strictEqual(listener.requests.length, i);
        }
        listener.stop(); // nobody listens: the answer comes after the first try all the same
        await sandbox.fault({ kind: 'callback_before_ack' });
        assert.strictEqual((await sandbox.disburse([['P3', '1.00']], { uri: listener.uri })).status, 200);
    });
});

test('fault reject: single orders, by prefix and count', async () => {
    await withSandbox(async (sandbox, listener) => {
        await sandbox.fault({ kind: 'reject', count: 2, match: 'R' });
        await sandbox.disburse(
            [
                ['R1', '1.00'],
                ['P1', '1.00'],
                ['R2', '1.00'],
                ['R3', '1.00'],
            ],
            { uri: listener.uri },
        );
        const [request] = await listener.wait(1);
        const entries = entriesOf(callbackOf(request).message);
        assert.deepStrictEqual(
            ['R1', 'P1', 'R2', 'R3'].map((id) => entries[id].status),
            ['rjct', 'succ', 'rjct', 'succ'],
        );
        assert.strictEqual(await sandbox.met('reject'), 2);
        await sandbox.disburse([['R1', '1.00']], { uri: listener.uri }); // a refusal stays one
        const [, again] = await listener.wait(2);
        assert.strictEqual(
            entriesOf(callbackOf(again).message).R1.status_reason_code,
            'rjct.payee_fa.invalid',
        );
    });
});

test('fault not_found_in_flight: paid, but queries do not know it yet', async () => {
    await withSandbox(async (sandbox) => {
        await sandbox.fault({ kind: 'not_found_in_flight', ms: 4000, match: 'P1' });
        await sandbox.disburse([
            ['P1', '1.00'],
            ['P2', '1.00'],
        ]);
        const entries = await sandbox.status(['P1', 'P2']);
        assert.strictEqual(entries.P1.status_reason_code, 'rjct.reference_id.invalid');
        assert.strictEqual(entries.P2.status, 'succ');
        await sandbox.disburse([['P1', '1.00']]); // the same reference again while in flight
        assert.strictEqual((await sandbox.get('/sandbox/totals')).paid, 2);
        await until(async () => (await sandbox.status(['P1'])).P1.status === 'succ');
    });
});

test('fault return_later: the money comes back, with a callback and a line of its own', async () => {
    await withSandbox(async (sandbox, listener) => {
        await sandbox.fault({ kind: 'return_later', ms: 10 });
        await sandbox.disburse(
            [
                ['P1', '8.00'],
                ['P2', '1.00'],
            ],
            { uri: listener.uri },
        );
        const [first, second] = await listener.wait(2);
        assert.strictEqual(entriesOf(callbackOf(first).message).P1.status, 'succ');
        const entry = entriesOf(callbackOf(second).message).P1;
        assert.deepStrictEqual(
            [entry.status, entry.status_reason_code, entry.amount],
            ['rjct', 'rjct.returned', '8.00'],
        );
        assert.strictEqual((await sandbox.status(['P1'])).P1.status_reason_code, 'rjct.returned');
        const { lines } = await sandbox.get('/sandbox/statement');
        assert.deepStrictEqual(
            lines.map((l) => [l.reference, l.amount_fen, l.status]),
            [
                ['P1', 800, 'paid'],
                ['P2', 100, 'paid'],
                ['P1', 800, 'returned'],
            ],
        );
        const totals = await sandbox.get('/sandbox/totals');
        assert.deepStrictEqual(
            [totals.returned, totals.returned_fen, totals.opening_fen - totals.balance_fen],
            [1, 800, 100],
        );
    });
});

test('faults on the status query', async () => {
    await withSandbox(async (sandbox) => {
        await sandbox.disburse([['P1', '1.00']]);
        await sandbox.fault({ kind: 'error_500_after', on: 'query' });
        await sandbox.fault({ kind: 'half_answer', on: 'query' });
        await assert.rejects(sandbox.status(['P1']), /500/);
        await assert.rejects(sandbox.status(['P1']));
        assert.strictEqual((await sandbox.status(['P1'])).P1.status, 'succ');
    });
});

test('a callback is repeated until it is answered 2xx', async () => {
    await withSandbox(
        async (sandbox, listener) => {
            await sandbox.disburse([['P1', '1.00']], { uri: listener.uri });
            const requests = await listener.wait(4);
            assert.strictEqual(new Set(requests.map((r) => r.body)).size, 1);
            await until(async () => (await sandbox.get('/sandbox/totals')).callbacks.delivered === 1);
            const { callbacks } = await sandbox.get('/sandbox/totals');
            assert.deepStrictEqual([callbacks.failed_tries, callbacks.waiting], [3, 0]);
        },
        { answer: (count) => [500, 302, 404, 204][count - 1] },
    );
});

test('the fault menu refuses what it does not know and can be cleared', async () => {
    await withSandbox(async (sandbox) => {
        for (const fault of [
            {},
            { kind: 'nothing' },
            { kind: 'hang', count: 0 },
            { kind: 'hang', ms: -1 },
            { kind: 'hang', on: 'moon' },
            { kind: 'hang', times: 3 },
            { kind: 'hang', match: 'x'.repeat(65) },
            [],
        ])
            assert.strictEqual(
                (await sandbox.ask('POST', '/sandbox/faults', { body: JSON.stringify(fault) })).status,
                400,
            );
        for (let i = 0; i < 64; i++) await sandbox.fault({ kind: 'reject' });
        assert.strictEqual(
            (await sandbox.ask('POST', '/sandbox/faults', { body: '{"kind":"hang"}' })).status,
            429,
        );
        assert.strictEqual((await sandbox.get('/sandbox/faults')).menu.length, 64);
        await sandbox.ask('DELETE', '/sandbox/faults');
        assert.strictEqual((await sandbox.get('/sandbox/faults')).menu.length, 0);
        assert.strictEqual(await sandbox.met('reject'), 0);
    });
});

test('delivery reports are fetched as Kannel does it; SMS faults strike SMS only', async () => {
    await withSandbox(async (sandbox, listener) => {
        const url = encodeURIComponent(`${listener.uri}/dlr?mid=n1&type=%d&smscid=%F`);
        const send = (to) =>
            sandbox.ask(
                'GET',
                `/cgi-bin/sendsms?username=jiuji&password=pw&to=${to}&text=a&dlr-mask=27&dlr-url=${url}`,
            );
        assert.strictEqual((await send('138')).status, 202);
        const types = (await listener.wait(2)).map((r) => new URL(r.url, listener.uri).searchParams);
        assert.deepStrictEqual(types.map((p) => p.get('type')).sort(), ['1', '8']);
        assert.deepStrictEqual(
            types.map((p) => p.get('mid')),
            ['n1', 'n1'],
        );
        assert.ok(listener.requests.every((r) => r.method === 'GET'));

        await sandbox.fault({ kind: 'drop_after_accept', on: 'sms', match: '139' });
        await sandbox.fault({ kind: 'error_500_before', on: 'sms' });
        await sandbox.fault({ kind: 'reject', on: 'sms' });
        assert.strictEqual((await sandbox.disburse([['P1', '1.00']])).status, 200);
        assert.strictEqual((await send('138')).status, 500);
        const refused = await send('138');
        assert.deepStrictEqual([refused.status, refused.body], [403, 'Not routable. Do not try again.']);
        await assert.rejects(send('139'));
        assert.strictEqual((await sandbox.get('/sandbox/sms')).messages.length, 2);
    });
});

test('the menu is filled by chance from a seed: the same seed, the same menu', async () => {
    await withSandbox(async (sandbox) => {
        const menu = async (seed, count = 20) => {
            await sandbox.ask('DELETE', '/sandbox/faults');
            await sandbox.fault({ seed, count, rail: 'wechat' });
            return (await sandbox.get('/sandbox/faults')).menu;
        };
        const first = await menu(7);
        assert.strictEqual(first.length, 20);
        assert.ok(new Set(first.map(({ kind }) => kind)).size > 5);
        assert.ok(first.every(({ rail, ms }) => rail === 'wechat' && ms <= 2000));
        assert.deepStrictEqual(await menu(7), first);
        assert.notDeepStrictEqual(await menu(8), first);
        for (const [body, status] of [
            ['{"seed":-1}', 400],
            ['{"seed":1,"kind":"hang"}', 400],
            ['{"seed":1,"count":65}', 400],
            ['{"seed":1,"count":50}', 429],
        ]) {
            assert.strictEqual((await sandbox.ask('POST', '/sandbox/faults', { body })).status, status, body);
        }
    });
});
