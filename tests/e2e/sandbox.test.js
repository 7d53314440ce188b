// The stand-in bank and SMS operator: money moves once, what was answered survives.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const support = require('../support/sandbox.js');

const { Sandbox, Listener, withSandbox, ackOf, callbackOf, entriesOf, disburseMessage } = support;

test('an envelope is acknowledged, called back in one request and stands on the statement', async () => {
    await withSandbox(async (sandbox, listener) => {
        const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
        const answer = await sandbox.disburse(
            [
                ['P1', '800.00'],
                ['P2', '0.05'],
            ],
            { uri: listener.uri, headers: { traceparent: trace } },
        );
        assert.strictEqual(answer.status, 200);
        assert.strictEqual(ackOf(answer).ack_status, 'ACK');
        assert.ok(ackOf(answer).correlation_id.length > 0);

        const [request] = await listener.wait(1);
        assert.strictEqual(request.method, 'POST');
        assert.strictEqual(request.url, '/cb/on-disburse');
        assert.strictEqual(request.headers.traceparent, trace);
        const { header, message } = callbackOf(request);
        assert.strictEqual(header.action, 'on-disburse');
        assert.strictEqual(header.receiver_id, 'lsjz.county');
        assert.strictEqual(message.transaction_id, 'T1');
        const entries = entriesOf(message);
        assert.strictEqual(entries.P1.status, 'succ');
        assert.strictEqual(entries.P1.amount, '800.00');
        assert.strictEqual(entries.P2.amount, '0.05');

        const { lines, opening_fen: opening, balance_fen: balance } = await sandbox.get('/sandbox/statement');
        assert.deepStrictEqual(
            lines.map((l) => [l.reference, l.amount_fen, l.payee_tail, l.status]),
            [
                ['P1', 80000, '0005', 'paid'],
                ['P2', 5, '0005', 'paid'],
            ],
        );
        assert.strictEqual(opening - balance, 80005);
    });
});

test('the token is asked for', async () => {
    await withSandbox(async (sandbox) => {
        for (const token of ['', 'wrong', 'bank-token-of-the-test2']) {
            const answer = await sandbox.disburse([['P1', '800.00']], { token });
            assert.strictEqual(answer.status, 401);
            assert.strictEqual(JSON.parse(answer.body).errors[0].code, 'err.request.unauthorized');
            assert.strictEqual(
                (await sandbox.ask('POST', '/disburse/sync/txn/status', { token, body: '{}' })).status,
                401,
            );
        }
        assert.strictEqual((await sandbox.get('/sandbox/totals')).paid, 0);
    });
});

test('a request that is not as specified is refused whole', async () => {
    await withSandbox(async (sandbox) => {
        const good = () =>
            disburseMessage([
                ['P1', '800.00'],
                ['P2', '1.00'],
            ]);
        const rows = [
            [
                'err.request.bad',
                (m) => {
                    delete m.header.message_id;
                },
            ],
            [
                'err.request.bad',
                (m) => {
                    m.header.action = 'search';
                },
            ],
            [
                'err.request.bad',
                (m) => {
                    m.header.total_count = 3;
                },
            ],
            [
                'err.request.bad',
                (m) => {
                    m.header.message_ts = 'yesterday';
                },
            ],
            [
                'err.request.bad',
                (m) => {
                    delete m.message.transaction_id;
                },
            ],
            [
                'err.request.bad',
                (m) => {
                    m.message.disbursements = {};
                },
            ],
            [
                'err.request.bad',
                (m) => {
                    delete m.message.disbursements[1].payer_fa;
                },
            ],
            [
                'err.request.bad',
                (m) => {
                    m.message.disbursements[1].amount = 800;
                },
            ],
            [
                'err.request.bad',
                (m) => {
                    m.message.disbursements[1].reference_id = '';
                },
            ],
            [
                'err.sender_id.invalid',
                (m) => {
                    m.header.sender_id = '';
                },
            ],
            [
                'err.sender_uri.invalid',
                (m) => {
                    m.header.sender_uri = 'file:///etc/passwd';
                },
            ],
            [
                'err.version.not_supported',
                (m) => {
                    m.header.version = '2.0.0';
                },
            ],
            [
                'err.encryption.invalid',
                (m) => {
                    m.header.is_msg_encrypted = true;
                },
            ],
        ];
        for (const [code, spoil] of rows) {
            const message = good();
            spoil(message);
            const answer = await sandbox.ask('POST', '/disburse', { body: JSON.stringify(message) });
            assert.strictEqual(answer.status, 400, code);
            assert.strictEqual(ackOf(answer).ack_status, 'ERR');
            assert.strictEqual(ackOf(answer).error.code, code);
        }
        for (const body of ['', '[]', '{"a":1', `${JSON.stringify(good())}x`])
            assert.strictEqual((await sandbox.ask('POST', '/disburse', { body })).status, 400);
        assert.strictEqual((await sandbox.get('/sandbox/totals')).paid, 0);
    });
});

test('orders that cannot be paid are refused one by one, with the reason', async () => {
    await withSandbox(
        async (sandbox, listener) => {
            const order = (reference, more) => ({
                reference_id: reference,
                payer_fa: 'account:1@bank',
                payee_fa: 'account:2@bank',
                amount: '1.00',
                currency_code: 'CNY',
                ...more,
            });
            const rows = {
                P1: [{ currency_code: 'USD' }, 'rjct.currency_code.invalid'],
                P2: [{ amount: '0.00' }, 'rjct.amount.invalid'],
                P3: [{ amount: '-1.00' }, 'rjct.amount.invalid'],
                P4: [{ amount: '800' }, 'rjct.amount.invalid'],
                P5: [{ amount: '1.000' }, 'rjct.amount.invalid'],
                P6: [{ payee_fa: 'nobody' }, 'rjct.payee_fa.invalid'],
                P7: [{ payee_fa: 'account:@bank' }, 'rjct.payee_fa.invalid'],
                P8: [{ amount: '1000.01' }, 'rjct.payer_fa.invalid'], // more than there is
                'P 9': [{}, 'rjct.reference_id.invalid'],
                P10: [{ scheduled_timestamp: '2030-01-01T00:00:00Z' }, 'rjct.schedule_ts.invalid'],
            };
            await sandbox.disburse(
                [...Object.entries(rows).map(([id, [more]]) => order(id, more)), order('GOOD')],
                { uri: listener.uri },
            );
            const [request] = await listener.wait(1);
            const entries = entriesOf(callbackOf(request).message);
            for (const [id, [, reason]] of Object.entries(rows)) {
                assert.strictEqual(entries[id].status, 'rjct', id);
                assert.strictEqual(entries[id].status_reason_code, reason, id);
            }
            assert.strictEqual(entries.GOOD.status, 'succ');
            const totals = await sandbox.get('/sandbox/totals');
            assert.deepStrictEqual([totals.paid, totals.paid_fen, totals.balance_fen], [1, 100, 99900]);
            assert.strictEqual((await sandbox.status(['P6'])).P6.status_reason_code, 'rjct.payee_fa.invalid');
        },
        { args: ['--opening-fen', '100000'] },
    );
});

test('the same reference moves money once; another amount under it is a duplicate', async () => {
    await withSandbox(async (sandbox, listener) => {
        for (let i = 0; i < 3; i++)
            await sandbox.disburse(
                [
                    ['P1', '800.00'],
                    ['P1', '800.00'],
                ],
                { uri: listener.uri },
            );
        await sandbox.disburse([['P1', '800.01']], { uri: listener.uri });
        await sandbox.disburse([['P1', '800.00', 'account:999999@bank']], { uri: listener.uri });
        const requests = await listener.wait(5);
        const entries = requests.flatMap((r) => callbackOf(r).message.disbursements_status);
        assert.strictEqual(entries.filter((e) => e.status === 'succ').length, 6);
        assert.deepStrictEqual(
            entries.filter((e) => e.status === 'rjct').map((e) => e.status_reason_code),
            ['rjct.reference_id.duplicate', 'rjct.reference_id.duplicate'],
        );
        const totals = await sandbox.get('/sandbox/totals');
        assert.deepStrictEqual(
            [totals.paid, totals.paid_fen, totals.duplicates, totals.mismatches],
            [1, 80000, 5, 2],
        );
        assert.strictEqual((await sandbox.get('/sandbox/statement')).lines.length, 1);
    });
});

test('a status query knows what was taken and says what it does not know', async () => {
    await withSandbox(async (sandbox) => {
        await sandbox.disburse([['P1', '800.00']]);
        const entries = await sandbox.status(['P1', 'P2']);
        assert.strictEqual(entries.P1.status, 'succ');
        assert.strictEqual(entries.P1.amount, '800.00');
        assert.strictEqual(entries.P2.status, 'rjct');
        assert.strictEqual(entries.P2.status_reason_code, 'rjct.reference_id.invalid');
        const bad = await sandbox.ask('POST', '/disburse/sync/txn/status', { body: '{"header":{}}' });
        assert.strictEqual(bad.status, 400);
    });
});

test('what was answered survives kill -9, a line torn at the end is dropped, references stay known', async () => {
    const data = Sandbox.folder();
    let sandbox = await Sandbox.start({ data });
    await sandbox.fault({ kind: 'reject', match: 'R' });
    await sandbox.disburse([
        ['P1', '800.00'],
        ['R1', '5.00'],
        ['P2', '1.00'],
    ]);
    await sandbox.ask(
        'GET',
        '/cgi-bin/sendsms?username=jiuji&password=pw&to=13800138000&text=%E6%80%A5%22%20a&coding=2',
    );
    await sandbox.stop('SIGKILL');
    const journal = path.join(data, 'journal');
    assert.strictEqual(fs.statSync(journal).mode & 0o777, 0o600);
    fs.appendFileSync(journal, 'M 1795295113229 P3 80000 p 0');
    sandbox = await Sandbox.start({ data });
    const entries = await sandbox.status(['P1', 'P2', 'P3', 'R1']);
    assert.deepStrictEqual(
        ['P1', 'P2', 'P3', 'R1'].map((id) => entries[id].status_reason_code),
        [undefined, undefined, 'rjct.reference_id.invalid', 'rjct.payee_fa.invalid'],
    );
    await sandbox.disburse([
        ['P1', '800.00'],
        ['P3', '3.00'],
    ]);
    const totals = await sandbox.get('/sandbox/totals');
    assert.deepStrictEqual(
        [totals.paid, totals.paid_fen, totals.rejected, totals.duplicates],
        [3, 80400, 1, 1],
    );
    assert.strictEqual((await sandbox.get('/sandbox/sms')).messages[0].text, '急" a');
    assert.deepStrictEqual(await sandbox.stop(), [0, null]);
    sandbox = await Sandbox.start({ data });
    assert.strictEqual((await sandbox.get('/sandbox/totals')).paid, 3);
    await sandbox.stop();
    fs.rmSync(data, { recursive: true });
});

test('a damaged journal and a folder in use are refused at start', async () => {
    const data = Sandbox.folder();
    const sandbox = await Sandbox.start({ data });
    await assert.rejects(Sandbox.start({ data }), /err=conflict/);
    await sandbox.stop();
    fs.writeFileSync(path.join(data, 'journal'), 'M 1 P1 80000 p 0 4567\nnonsense\n');
    await assert.rejects(Sandbox.start({ data }), /err=corrupt/);
    fs.rmSync(data, { recursive: true });
});

test('the statement comes as CSV too, and in pages', async () => {
    await withSandbox(async (sandbox) => {
        await sandbox.disburse(Array.from({ length: 5 }, (_, i) => [`P${i}`, '1.00']));
        const csv = await sandbox.ask('GET', '/sandbox/statement?format=csv');
        assert.match(csv.type, /^text\/csv/);
        const rows = csv.body.split('\r\n');
        assert.strictEqual(rows[0], 'time,reference,amount_fen,payee,status');
        assert.match(rows[5], /^20\d\d-\d\d-\d\dT[\d:.]+\+08:00,P4,100,\*\*\*\*0005,paid$/);
        assert.strictEqual(rows.length, 7);
        const page = await sandbox.get('/sandbox/statement?from=1&limit=3');
        assert.deepStrictEqual([page.lines.map((l) => l.reference), page.next], [['P1', 'P2', 'P3'], 4]);
        assert.strictEqual((await sandbox.get('/sandbox/statement?from=4')).next, null);
        assert.deepStrictEqual((await sandbox.get('/sandbox/statement?from=99')).lines, []);
        for (const query of ['format=xml', 'from=-1', 'limit=0', 'page=2'])
            assert.strictEqual((await sandbox.ask('GET', `/sandbox/statement?${query}`)).status, 400);
    });
});

test('texts are taken by GET, by form and by headers, and shown by number', async () => {
    await withSandbox(async (sandbox) => {
        const login = 'username=jiuji&password=pw';
        const text = encodeURIComponent('您的求助已受理 & +1');
        const answers = [
            await sandbox.ask(
                'GET',
                `/cgi-bin/sendsms?${login}&to=%2B8613800138000&from=12349&text=${text}&coding=2&charset=UTF-8`,
            ),
            await sandbox.ask('POST', '/cgi-bin/sendsms', {
                body: `${login}&to=%2B8613800138000&text=two`,
                headers: { 'content-type': 'application/x-www-form-urlencoded' },
            }),
            await sandbox.ask('POST', '/cgi-bin/sendsms', {
                body: '三',
                headers: {
                    'content-type': 'text/plain; charset=UTF-8',
                    'x-kannel-username': 'jiuji',
                    'x-kannel-password': 'pw',
                    'x-kannel-to': '+8613800138000',
                    'x-kannel-coding': '2',
                },
            }),
            await sandbox.ask('GET', `/cgi-bin/sendsms?${login}&to=139&text=other`),
        ];
        for (const answer of answers)
            assert.deepStrictEqual([answer.status, answer.body], [202, '0: Accepted for delivery']);
        const { messages } = await sandbox.get('/sandbox/sms?to=%2B8613800138000');
        assert.deepStrictEqual(
            messages.map((m) => m.text),
            ['您的求助已受理 & +1', 'two', '三'],
        );
        assert.strictEqual(messages[0].from, '12349');
        assert.strictEqual((await sandbox.get('/sandbox/sms?limit=1')).messages[0].text, 'other');

        const bad = [
            [403, 'Authorization failed for sendsms', 'username=jiuji&password=no&to=1&text=a'],
            [403, 'Authorization failed for sendsms', 'to=1&text=a'],
            [400, 'Missing receiver number, rejected', `${login}&text=a`],
            [400, 'Missing or unreadable text, rejected', `${login}&to=1`],
            [400, 'Missing or unreadable text, rejected', `${login}&to=1&text=%FF`],
            [400, 'Invalid charset, rejected', `${login}&to=1&text=a&charset=GBK`],
        ];
        for (const [status, body, query] of bad) {
            const answer = await sandbox.ask('GET', `/cgi-bin/sendsms?${query}`);
            assert.deepStrictEqual([answer.status, answer.body], [status, body]);
        }
        assert.strictEqual((await sandbox.get('/sandbox/totals')).sms, 4);
    });
});

test('SIGTERM ends it with 0 although a request hangs and callbacks are owed', async () => {
    const sandbox = await Sandbox.start();
    const listener = await Listener.start(() => 503);
    await sandbox.fault({ kind: 'hang', ms: 600000 });
    await sandbox.fault({ kind: 'late_callback', ms: 600000, match: 'L' });
    const outcome = sandbox.disburse([['P1', '1.00']], { uri: listener.uri });
    outcome.catch(() => {});
    await listener.wait(2);
    await sandbox.disburse([['L1', '1.00']], { uri: listener.uri });
    assert.deepStrictEqual(await sandbox.stop(), [0, null]);
    await assert.rejects(outcome);
    listener.stop();
    fs.rmSync(sandbox.data, { recursive: true });
});

test('nothing personal is told on stdout or stderr, and only the tail of an account is kept', async () => {
    await withSandbox(async (sandbox) => {
        await sandbox.disburse([
            {
                reference_id: 'P1',
                payer_fa: 'account:1@bank',
                payee_fa: 'account:6222021234567890123@bank',
                amount: '1.00',
                currency_code: 'CNY',
                payee_name: '张三丰',
            },
        ]);
        await sandbox.ask(
            'GET',
            '/cgi-bin/sendsms?username=jiuji&password=pw&to=13912345678&text=secret-text',
        );
        await sandbox.ask(
            'GET',
            '/cgi-bin/sendsms?username=jiuji&password=wrong&to=13912345678&text=secret-text',
        );
        await sandbox.stop();
        assert.doesNotMatch(sandbox.output, /13912345678|secret-text|张三丰|622202|bank-token/);
        const journal = fs.readFileSync(path.join(sandbox.data, 'journal'), 'utf8');
        assert.doesNotMatch(journal, /张三丰|622202|67890123/);
    });
});
