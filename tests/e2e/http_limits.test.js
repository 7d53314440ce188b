// Every limit of server/http, at its edge and beyond; slow and greedy clients.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { once } = require('node:events');
const net = require('node:net');
const { setTimeout: pause } = require('node:timers/promises');
const { Echo, get, post } = require('../support/http_echo.js');

const HOST = 'Host: a\r\n';

async function withEcho(limits, body) {
    const echo = await Echo.start({ linger_ms: 200, ...limits });
    try {
        await body(echo);
    } finally {
        await echo.stop();
    }
}

async function statusOf(echo, text) {
    return (await echo.ask(text)).status;
}

test('the longest request line passes, one byte more is 414, however it is split', async () => {
    await withEcho({ request_line_bytes: 100 }, async (echo) => {
        const line = (length) => `GET /hello?${'x'.repeat(length - 20)} HTTP/1.1\r\n${HOST}\r\n`;
        assert.strictEqual(line(100).indexOf('\r\n'), 100);
        assert.strictEqual(await statusOf(echo, line(100)), 200);
        assert.strictEqual(await statusOf(echo, '\r\n' + line(100)), 200);
        assert.strictEqual(await statusOf(echo, line(101)), 414);
        assert.strictEqual(await statusOf(echo, line(20000)), 414);
        for (const split of [50, 99, 100, 101]) {
            const client = await echo.connect();
            await client.sent(line(101).slice(0, split));
            await new Promise(setImmediate);
            client.send(line(101).slice(split));
            assert.strictEqual((await client.answer()).status, 414);
            client.destroy();
        }
        const endless = await echo.connect();
        endless.send('GET /' + 'x'.repeat(200));
        assert.strictEqual((await endless.answer()).status, 414, 'refused before its end is there');
        endless.destroy();
    });
});

test('the largest headers pass, one byte more is 431', async () => {
    await withEcho({ header_bytes: 300 }, async (echo) => {
        const text = (length) => get('/hello', `X: ${'y'.repeat(length - 9 - 5)}\r\n`);
        assert.strictEqual(text(300).indexOf('\r\n\r\n') + 2 - 'GET /hello HTTP/1.1\r\n'.length, 300);
        assert.strictEqual(await statusOf(echo, text(300)), 200);
        assert.strictEqual(await statusOf(echo, text(301)), 431);
        assert.strictEqual(await statusOf(echo, text(100000)), 431);
        const endless = await echo.connect();
        endless.send(`GET /hello HTTP/1.1\r\n${HOST}X: ${'y'.repeat(400)}`);
        assert.strictEqual((await endless.answer()).status, 431);
        endless.destroy();
    });
});

test('the most header lines pass, one more is 431', async () => {
    await withEcho({ header_lines: 5 }, async (echo) => {
        assert.strictEqual(await statusOf(echo, get('/hello', 'X: y\r\n'.repeat(4))), 200);
        assert.strictEqual(await statusOf(echo, get('/hello', 'X: y\r\n'.repeat(5))), 431);
    });
    await withEcho({ header_lines: 128 }, async (echo) => {
        assert.strictEqual(await statusOf(echo, get('/hello', 'X: y\r\n'.repeat(127))), 200);
        assert.strictEqual(await statusOf(echo, get('/hello', 'X: y\r\n'.repeat(128))), 431);
    });
});

test('the largest body passes, one byte more is 413 before it is sent', async () => {
    await withEcho({ body_bytes: 1000 }, async (echo) => {
        const answer = await echo.ask(post('/echo', 'z'.repeat(1000)));
        assert.strictEqual(answer.body.length, 1000);
        const client = await echo.connect();
        client.send(`POST /echo HTTP/1.1\r\n${HOST}Content-Length: 1001\r\n\r\n`);
        assert.strictEqual((await client.answer()).status, 413);
        client.destroy();
        assert.strictEqual(await statusOf(echo,
            `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 999999999999999\r\n\r\n`), 413);
    });
});

test('a chunked body is measured without its framing', async () => {
    await withEcho({ body_bytes: 1000 }, async (echo) => {
        const head = `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;
        const answer = await echo.ask(head + '1\r\nz\r\n'.repeat(1000) + '0\r\n\r\n');
        assert.strictEqual(answer.body.toString(), 'z'.repeat(1000));
        assert.strictEqual(await statusOf(echo, head + '1\r\nz\r\n'.repeat(1000) + '1\r\n'), 413);
        assert.strictEqual(await statusOf(echo, head + '3e8\r\n' + 'z'.repeat(1000) + '\r\n0\r\n\r\n'), 200);
        assert.strictEqual(await statusOf(echo, head + '3e9\r\n'), 413);
        assert.strictEqual(await statusOf(echo, head + 'ffffffff\r\n'), 413);
    });
});

test('a body limit of zero refuses every body', async () => {
    await withEcho({ body_bytes: 0 }, async (echo) => {
        assert.strictEqual(await statusOf(echo, post('/echo', '')), 200);
        assert.strictEqual(await statusOf(echo, post('/echo', 'a')), 413);
    });
});

test('a large body arrives whole', async () => {
    await withEcho({ body_bytes: 8000000 }, async (echo) => {
        const body = Buffer.alloc(8000000, '0123456789');
        const client = await echo.connect();
        client.send(`POST /echo HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n`);
        client.send(body);
        client.send(get('/hello'));
        assert.ok((await client.answer()).body.equals(body));
        assert.strictEqual((await client.answer()).body.toString(), 'hello');
        client.destroy();
    });
});

test('the 413 reaches a client that goes on sending', async () => {
    await withEcho({ body_bytes: 1000, linger_ms: 60000 }, async (echo) => {
        const client = await echo.connect();
        client.send(`POST /echo HTTP/1.1\r\n${HOST}Content-Length: 20000000\r\n\r\n`);
        client.send(Buffer.alloc(20000000));
        assert.strictEqual((await client.answer()).status, 413);
        client.end();
        await once(client.socket, 'close'); // all of it was taken and thrown away
        assert.strictEqual(client.error, undefined);
    });
});

// A byte at a time until the server has had enough.
async function drip(client, text) {
    for (let i = 0; !client.ended && client.data.length === 0; i++) {
        client.send(text[i % text.length]);
        await Promise.race([pause(5), client.news()]);
    }
}

test('a head that drips in is 408 at its deadline, and others are served meanwhile', async () => {
    await withEcho({ head_deadline_ms: 200 }, async (echo) => {
        const client = await echo.connect();
        client.send(`GET /hello HTTP/1.1\r\n${HOST}X: `);
        const dripping = drip(client, 'y');
        assert.strictEqual(await statusOf(echo, get('/hello')), 200);
        await dripping;
        const answer = await client.answer();
        assert.strictEqual(answer.status, 408);
        assert.strictEqual(answer.headers.connection, 'close');
        await client.all();
        assert.strictEqual((await echo.counters()).head_timeouts, 1);
    });
});

test('a body that drips in is 408 at its deadline, framed either way', async () => {
    await withEcho({ body_deadline_ms: 200 }, async (echo) => {
        for (const [framing, text] of [['Content-Length: 60000', 'z'], ['Transfer-Encoding: chunked', '1\r\nz\r\n']]) {
            const client = await echo.connect();
            client.send(`POST /echo HTTP/1.1\r\n${HOST}${framing}\r\n\r\n`);
            await drip(client, text);
            assert.strictEqual((await client.answer()).status, 408);
            await client.all();
        }
        assert.strictEqual((await echo.counters()).body_timeouts, 2);
    });
});

test('a connection is closed without a word after idling, new or used', async () => {
    await withEcho({ idle_ms: 3000 }, async (echo) => {
        const fresh = await echo.connect();
        const used = await echo.connect();
        used.send(get('/hello')); // within its three seconds
        assert.strictEqual((await used.answer()).status, 200);
        assert.strictEqual((await fresh.all()).length, 0);
        assert.strictEqual((await used.all()).length, 0);
    });
});

test('a request that waits for its answer is not idle', async () => {
    const limits = { idle_ms: 3000, head_deadline_ms: 50, body_deadline_ms: 50, write_deadline_ms: 50 };
    await withEcho(limits, async (echo) => {
        const client = await echo.connect();
        client.send(get('/hold?name=a'));
        const idle = await echo.connect();
        await idle.all();
        assert.strictEqual(await statusOf(echo, get('/release?name=a')), 200);
        assert.strictEqual((await client.answer()).body.toString(), 'a');
    });
});

test('a client that does not read is closed at the write deadline', async () => {
    await withEcho({ write_deadline_ms: 200 }, async (echo) => {
        const client = await echo.connect();
        client.socket.pause();
        client.send(get('/big?bytes=50000000'));
        await echo.until((c) => c.write_timeouts === 1 && c.busy_now === 1 && c.open_now === 1);
        client.destroy();
    });
});

test('a slow but steady reader gets everything', async () => {
    await withEcho({ write_deadline_ms: 3000 }, async (echo) => {
        const socket = net.connect(echo.port, '127.0.0.1');
        const began = Date.now();
        let length = 0;
        socket.on('data', (data) => {
            length += data.length;
            socket.pause();
            setTimeout(() => socket.resume(), 10); // at most 64 KiB each time
        });
        socket.write(get('/big?bytes=30000000', 'Connection: close\r\n'));
        await once(socket, 'end');
        assert.ok(length > 30000000, `${length}`);
        assert.ok(Date.now() - began > 3000, 'the whole took longer than the deadline of one write');
    });
});

test('when full, the longest idle connection makes room', async () => {
    await withEcho({ connections: 4 }, async (echo) => {
        const clients = [];
        for (let i = 0; i < 4; i++) {
            const client = await echo.connect();
            client.send(get('/hello'));
            await client.answer();
            clients.push(client);
        }
        clients[0].send(get('/hello')); // now the second one idles longest
        await clients[0].answer();
        const late = await echo.connect();
        late.send(get('/hello'));
        assert.strictEqual((await late.answer()).status, 200);
        assert.strictEqual((await clients[1].all()).length, 0);
        for (const client of [clients[0], clients[2], clients[3], late]) {
            client.send(get('/counters'));
            assert.strictEqual(JSON.parse((await client.answer()).body).shed_idle, 1);
            client.destroy();
        }
    });
});

test('when all are busy a new client gets 503 and nobody else is hurt', async () => {
    await withEcho({ connections: 3 }, async (echo) => {
        const control = await echo.connect();
        control.send(get('/hello'));
        await control.answer();
        const held = [];
        for (const name of ['a', 'b']) {
            const client = await echo.connect();
            client.send(get(`/hold?name=${name}`));
            held.push(client);
        }
        for (;;) {
            control.send(get('/held'));
            if (JSON.parse((await control.answer()).body).length === 2)
                break;
        }
        control.send(get('/hold?name=c'));
        let refusal;
        do { // until the hold has been seen, the control connection counts as idle and would be shed
            const late = await echo.connect();
            refusal = await late.answer();
            late.destroy();
        } while (refusal === null);
        assert.strictEqual(refusal.status, 503);
        assert.strictEqual(refusal.headers['retry-after'], '1');
        echo.process.kill('SIGUSR1');
        for (const client of [...held, control])
            assert.strictEqual((await client.answer()).status, 200);
        assert.strictEqual(await statusOf(echo, get('/hello')), 200);
    });
});

test('a flood of clients beyond the limit leaves nothing behind', async () => {
    await withEcho({ connections: 8, linger_ms: 50 }, async (echo) => {
        const flood = await Promise.all(Array.from({ length: 300 }, () => echo.connect()));
        const seen = await echo.until((c) => c.accepted > 300);
        assert.ok(seen.open_now <= 8 + 64, `${seen.open_now} open`);
        assert.ok(seen.shed_idle + seen.refused_full >= 292, `${seen.shed_idle} shed`);
        for (const client of flood)
            client.destroy();
        await echo.until((c) => c.open_now === 1);
    });
});

test('one address may not take all connections; another one is served', async () => {
    await withEcho({ connections: 10, connections_per_address: 3 }, async (echo) => {
        const clients = [];
        for (let i = 0; i < 3; i++) {
            const client = await echo.connect({ localAddress: '127.0.0.2' });
            client.send(get('/hello'));
            assert.strictEqual((await client.answer()).status, 200);
            clients.push(client);
        }
        const late = await echo.connect({ localAddress: '127.0.0.2' });
        assert.strictEqual((await late.answer()).status, 503);
        await late.all();
        assert.strictEqual((await echo.counters()).refused_address, 1);
        clients[0].destroy();
        await echo.until((c) => c.open_now <= 3);
        const again = await echo.ask(get('/describe'), { localAddress: '127.0.0.2' });
        assert.strictEqual(JSON.parse(again.body).remote, '127.0.0.2');
        for (const client of clients)
            client.destroy();
    });
});

test('limits out of range and addresses that are none are refused at the start', async () => {
    for (const bad of [{ connections: 0 }, { idle_ms: 5 }, { header_lines: 129 }, { ip: 'localhost' },
        { ip: '300.1.1.1' }])
        await assert.rejects(Echo.start(bad), /the input is not valid/, JSON.stringify(bad));
});
