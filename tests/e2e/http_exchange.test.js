// Answers that come late, in pieces, in order, or to nobody.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Echo, get, post } = require('../support/http_echo.js');

async function withEcho(limits, body) {
    const echo = await Echo.start({ linger_ms: 200, ...limits });
    try {
        await body(echo);
    } finally {
        await echo.stop();
    }
}

const held = (echo, ...names) => echo.until((list) => names.every((n) => list.includes(n)), '/held');

test('a problem is written with type, title, status and a Chinese sentence', async () => {
    await withEcho({}, async (echo) => {
        const answer = await echo.ask(get('/problem'));
        assert.strictEqual(answer.status, 409);
        assert.deepStrictEqual(JSON.parse(answer.body), {
            type: 'urn:jiuji:problem:conflict', title: 'the request conflicts with what is stored',
            status: 409, detail: '与已有记录冲突。',
        });
        assert.strictEqual(answer.headers.connection, undefined, 'a handler\'s problem does not close');
    });
});

test('204 has neither body nor length', async () => {
    await withEcho({}, async (echo) => {
        const client = await echo.connect();
        client.send(get('/empty') + get('/hello'));
        const answer = await client.answer();
        assert.strictEqual(answer.status, 204);
        assert.strictEqual(answer.headers['content-length'], undefined);
        assert.strictEqual((await client.answer()).body.toString(), 'hello');
        client.destroy();
    });
});

test('an answer may come many ticks later', async () => {
    await withEcho({}, async (echo) => {
        const client = await echo.connect();
        client.send(get('/hold?name=a'));
        await held(echo, 'a');
        assert.strictEqual(client.data.length, 0);
        assert.strictEqual((await echo.ask(get('/release?name=a'))).status, 200);
        assert.strictEqual((await client.answer()).body.toString(), 'a');
        assert.strictEqual((await echo.ask(get('/release?name=a'))).status, 404);
        client.destroy();
    });
});

test('pipelined requests are answered in order, one at a time', async () => {
    await withEcho({}, async (echo) => {
        const client = await echo.connect();
        client.send(get('/hello') + get('/hold?name=a') + get('/hold?name=b') + post('/echo', 'x') +
            get('/describe?z'));
        assert.strictEqual((await client.answer()).body.toString(), 'hello');
        const list = await held(echo, 'a');
        assert.deepStrictEqual(list, ['a'], 'the next request is not looked at before');
        await echo.ask(get('/release?name=a'));
        assert.strictEqual((await client.answer()).body.toString(), 'a');
        await held(echo, 'b');
        assert.strictEqual(client.data.length, 0);
        await echo.ask(get('/release?name=b'));
        assert.strictEqual((await client.answer()).body.toString(), 'b');
        assert.strictEqual((await client.answer()).body.toString(), 'x');
        assert.strictEqual(JSON.parse((await client.answer()).body).query, 'z');
        client.destroy();
    });
});

test('a thousand pipelined requests in one write are all answered', async () => {
    await withEcho({}, async (echo) => {
        const client = await echo.connect();
        let text = '';
        for (let i = 0; i < 1000; i++)
            text += post('/echo', `${i}`);
        client.send(text);
        for (let i = 0; i < 1000; i++)
            assert.strictEqual((await client.answer()).body.toString(), `${i}`);
        client.destroy();
    });
});

test('a flood of pipelined requests behind a held one waits in the client, and is answered after', async () => {
    await withEcho({}, async (echo) => {
        const client = await echo.connect();
        const one = post('/echo', 'y'.repeat(1000));
        client.send(get('/hold?name=a'));
        await held(echo, 'a');
        const all = client.sent(one.repeat(20000)); // 20 MB, more than all socket buffers
        assert.strictEqual((await echo.ask(get('/hello'))).status, 200);
        assert.ok(client.socket.writableLength > 0, 'the server has stopped reading');
        await echo.ask(get('/release?name=a'));
        client.socket.removeAllListeners('data');
        let bytes = 0;
        const one_answer = 1000 + 190; // more or less: the count is checked by the server's counters
        client.socket.on('data', (data) => { bytes += data.length; });
        await all;
        await echo.until((c) => c.busy_now === 1 && c.requests >= 20000);
        while (bytes < 20000 * one_answer * 0.9)
            await new Promise(setImmediate);
        client.destroy();
    });
});

test('a reply to a client that has gone is harmless', async () => {
    await withEcho({}, async (echo) => {
        const client = await echo.connect();
        client.send(get('/hold?name=a'));
        await held(echo, 'a');
        client.socket.resetAndDestroy?.() ?? client.destroy();
        await echo.until((c) => c.open_now === 1 || c.busy_now === 1);
        const { status } = await echo.ask(get('/release?name=a'));
        assert.strictEqual(status, 200);
    });
});

test('a ticket does not reach the next request on the same connection', async () => {
    await withEcho({ connections: 2 }, async (echo) => {
        const first = await echo.connect();
        first.send(get('/hold?name=a'));
        await held(echo, 'a');
        first.socket.resetAndDestroy?.() ?? first.destroy();
        await echo.until((c) => c.open_now === 1);
        const second = await echo.connect(); // takes the slot of the first
        second.send(get('/hold?name=b'));
        await held(echo, 'b');
        assert.strictEqual((await echo.ask(get('/release?name=a'))).body.toString(), 'gone');
        assert.strictEqual(second.data.length, 0);
        await echo.ask(get('/release?name=b'));
        assert.strictEqual((await second.answer()).body.toString(), 'b');
        second.destroy();
    });
});

test('a watched client that leaves is told of once', async () => {
    await withEcho({}, async (echo) => {
        const client = await echo.connect();
        client.send(get('/poll?name=a'));
        await held(echo, 'a');
        client.destroy();
        await echo.line(/^gone a$/);
        assert.deepStrictEqual(await echo.until(() => true, '/held'), []);
        assert.strictEqual(echo.lines.filter((line) => line === 'gone a').length, 1);
    });
});

test('a watched client that shuts its side is told of, and gets 503', async () => {
    await withEcho({}, async (echo) => {
        const client = await echo.connect();
        client.send(get('/poll?name=a'));
        await held(echo, 'a');
        client.end();
        await echo.line(/^gone a$/);
        assert.strictEqual((await client.answer()).status, 503);
        assert.strictEqual((await client.all()).length, 0);
    });
});

test('an unwatched client that shuts its side still gets its answer', async () => {
    await withEcho({}, async (echo) => {
        const client = await echo.connect();
        client.send(get('/hold?name=a') + get('/hello'));
        client.end();
        await held(echo, 'a');
        await echo.ask(get('/release?name=a'));
        assert.strictEqual((await client.answer()).body.toString(), 'a');
        assert.strictEqual((await client.answer()).body.toString(), 'hello', 'and so does the one behind it');
        assert.strictEqual((await client.all()).length, 0);
    });
});

test('watching a client that has shut its side already ends the request', async () => {
    await withEcho({}, async (echo) => {
        const client = await echo.connect();
        client.send(get('/hold?name=a') + get('/poll?name=b'));
        client.end();
        await held(echo, 'a');
        await echo.ask(get('/release?name=a'));
        assert.strictEqual((await client.answer()).status, 200);
        const second = await client.answer();
        assert.strictEqual(second.status, 503);
        await echo.line(/^gone b$/);
    });
});

test('a long poll that is answered is not told of afterwards', async () => {
    await withEcho({}, async (echo) => {
        const client = await echo.connect();
        client.send(get('/poll?name=a'));
        await held(echo, 'a');
        await echo.ask(get('/release?name=a'));
        assert.strictEqual((await client.answer()).status, 200);
        client.destroy();
        await echo.until((c) => c.open_now === 1);
        assert.ok(!echo.lines.includes('gone a'));
    });
});

test('a large answer arrives whole and the connection goes on', async () => {
    await withEcho({}, async (echo) => {
        const client = await echo.connect();
        client.send(get('/big?bytes=3000000') + get('/hello'));
        assert.strictEqual((await client.answer()).body.length, 3000000);
        assert.strictEqual((await client.answer()).body.toString(), 'hello');
        client.destroy();
    });
});

test('a stream is sent in pieces, ends, and the connection goes on', async () => {
    await withEcho({}, async (echo) => {
        const client = await echo.connect();
        client.send(get('/stream?name=s') + get('/hello'));
        await client.holds('\r\n\r\n');
        assert.match(client.data.toString(), /Transfer-Encoding: chunked/);
        assert.match(client.data.toString(), /Content-Type: text\/event-stream; charset=utf-8/);
        assert.doesNotMatch(client.data.toString(), /Content-Length/);
        await held(echo, 's');
        for (const bytes of [1, 16, 65536, 0]) {
            const { body } = await echo.ask(get(`/push?name=s&bytes=${bytes}`));
            assert.strictEqual(body.toString(), 'sent');
        }
        await client.holds('\r\n10000\r\nxx');
        await echo.ask(get('/finish?name=s'));
        const answer = await client.answer();
        assert.strictEqual(answer.body.toString(), 'x'.repeat(1 + 16 + 65536));
        assert.strictEqual((await client.answer()).body.toString(), 'hello');
        assert.strictEqual((await echo.ask(get('/push?name=s&bytes=1'))).status, 404);
        client.destroy();
    });
});

test('a stream to HTTP/1.0 is plain and ends with the connection', async () => {
    await withEcho({}, async (echo) => {
        const client = await echo.connect();
        client.send('GET /stream?name=s HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
        await held(echo, 's');
        await echo.ask(get('/push?name=s&bytes=5'));
        await echo.ask(get('/finish?name=s'));
        const text = (await client.all()).toString();
        assert.match(text, /\r\nConnection: close\r\n/);
        assert.doesNotMatch(text, /chunked/);
        assert.ok(text.endsWith('\r\n\r\nxxxxx'));
    });
});

test('HEAD of a stream has no pieces', async () => {
    await withEcho({}, async (echo) => {
        const client = await echo.connect();
        client.send('HEAD /stream?name=s HTTP/1.1\r\nHost: a\r\n\r\n' + get('/hello'));
        await held(echo, 's');
        await echo.ask(get('/push?name=s&bytes=5'));
        await echo.ask(get('/finish?name=s'));
        assert.strictEqual((await client.answer({ head: true })).status, 200);
        assert.strictEqual((await client.answer()).body.toString(), 'hello');
        client.destroy();
    });
});

test('a reader that leaves a stream is told of', async () => {
    await withEcho({}, async (echo) => {
        for (const leave of ['destroy', 'end']) {
            const client = await echo.connect();
            client.send(get(`/stream?name=${leave}`));
            await held(echo, leave);
            client[leave]();
            await echo.line(new RegExp(`^gone ${leave}$`));
            client.destroy();
        }
    });
});

test('a slow reader of a stream is closed when its backlog is full', async () => {
    await withEcho({ stream_backlog_bytes: 100000 }, async (echo) => {
        const client = await echo.connect();
        client.send(get('/stream?name=s'));
        await held(echo, 's');
        client.socket.pause();
        const control = await echo.connect();
        let said = 'sent';
        let pushes = 0;
        for (; said === 'sent'; pushes++) {
            control.send(get('/push?name=s&bytes=65536'));
            said = (await control.answer()).body.toString();
        }
        assert.ok(pushes > 2, 'some of it went into the system\'s buffers');
        await echo.line(/^gone s$/);
        const counters = await echo.counters();
        assert.strictEqual(counters.stream_overflows, 1);
        client.destroy();
        control.destroy();
    });
});

test('a stream nobody reads is closed at the write deadline', async () => {
    await withEcho({ write_deadline_ms: 100, stream_backlog_bytes: 50000000 }, async (echo) => {
        const client = await echo.connect();
        client.send(get('/stream?name=s'));
        await held(echo, 's');
        client.socket.pause();
        const control = await echo.connect();
        for (let i = 0; i < 200; i++) {
            control.send(get('/push?name=s&bytes=65536'));
            if ((await control.answer()).status !== 200)
                break;
        }
        await echo.line(/^gone s$/);
        assert.strictEqual((await echo.counters()).write_timeouts, 1);
        client.destroy();
        control.destroy();
    });
});

test('several processes share a port when both ask for it, and only then', async () => {
    const first = await Echo.start({ reuse_port: 1 });
    const second = await Echo.start({ reuse_port: 1, port: first.port });
    assert.strictEqual(second.port, first.port);
    await assert.rejects(Echo.start({ port: first.port }), /input or output failed/);
    await first.stop();
    assert.strictEqual((await second.ask(get('/hello'))).status, 200, 'the other one goes on');
    await second.stop();
});

test('IPv6 is served, and IPv4 through an IPv6 socket is shown as IPv4', async (t) => {
    let echo;
    try {
        echo = await Echo.start({ ip: '::' });
    } catch {
        t.skip('no IPv6 here');
        return;
    }
    const four = JSON.parse((await echo.ask(get('/describe'))).body);
    assert.strictEqual(four.remote, '127.0.0.1');
    try {
        const six = JSON.parse((await echo.ask(get('/describe'), { host: '::1' })).body);
        assert.strictEqual(six.remote, '::1');
    } catch (error) {
        if (error.code !== 'EADDRNOTAVAIL')
            throw error;
    }
    await echo.stop();
});
