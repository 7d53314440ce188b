// SIGTERM: what has begun is finished, nothing new is begun.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Echo, get, post } = require('../support/http_echo.js');

async function drained(echo) {
    const [code, signal] = await echo.exited;
    assert.strictEqual(code, 0, `${signal} ${echo.errors}`);
    assert.ok(echo.lines.includes('drained '));
}

test('a server without clients ends at once', async () => {
    const echo = await Echo.start();
    echo.process.kill('SIGTERM');
    await drained(echo);
});

test('idle clients are closed, one with a request in flight gets its answer first', async () => {
    const echo = await Echo.start({ idle_ms: 600000 });
    const idle = await echo.connect();
    idle.send(get('/hello'));
    await idle.answer();
    const fresh = await echo.connect();
    const busy = await echo.connect();
    busy.send(get('/hold?name=a') + get('/hello'));
    await echo.until((list) => list.includes('a'), '/held');
    echo.process.kill('SIGTERM');
    await echo.line(/^draining/);
    assert.strictEqual((await idle.all()).length, 0);
    assert.strictEqual((await fresh.all()).length, 0);
    await assert.rejects(echo.connect(), { code: 'ECONNREFUSED' });
    assert.strictEqual(busy.data.length, 0);
    echo.process.kill('SIGUSR1');
    const answer = await busy.answer();
    assert.strictEqual(answer.body.toString(), 'a');
    assert.strictEqual(answer.headers.connection, 'close');
    assert.strictEqual((await busy.all()).length, 0);
    await drained(echo);
});

test('a request that was on its way when draining began is answered', async () => {
    const echo = await Echo.start();
    const half = await echo.connect();
    const text = post('/echo', 'abc');
    half.send(text.slice(0, 30));
    const idle = await echo.connect();
    idle.send(get('/hello'));
    await idle.answer();
    const seen = await echo.until((c) => c.open_now === 3);
    assert.strictEqual(seen.busy_now, 1);
    echo.process.kill('SIGSTOP');
    echo.process.kill('SIGTERM');
    await idle.sent(get('/hello')); // is in the server's socket before it learns of the signal
    echo.process.kill('SIGCONT');
    const answer = await idle.answer();
    assert.strictEqual(answer.body.toString(), 'hello');
    await echo.line(/^draining/);
    half.send(text.slice(30));
    const late = await half.answer();
    assert.strictEqual(late.body.toString(), 'abc');
    assert.strictEqual(late.headers.connection, 'close');
    await drained(echo);
});

test('an answer that is being written is finished', async () => {
    const echo = await Echo.start();
    const client = await echo.connect();
    client.socket.pause();
    client.send(get('/big?bytes=20000000'));
    await echo.until((c) => c.open_now === 2 && c.responses >= 1);
    echo.process.kill('SIGTERM');
    await echo.line(/^draining/);
    client.socket.resume();
    assert.strictEqual((await client.answer()).body.length, 20000000);
    client.destroy();
    await drained(echo);
});

test('streams are ended properly and their owner is told', async () => {
    const echo = await Echo.start();
    const client = await echo.connect();
    client.send(get('/stream?name=s'));
    await echo.until((list) => list.includes('s'), '/held');
    await echo.ask(get('/push?name=s&bytes=3'));
    echo.process.kill('SIGTERM');
    const answer = await client.answer();
    assert.strictEqual(answer.body.toString(), 'xxx');
    client.end();
    await echo.line(/^gone s$/);
    await drained(echo);
});

test('a second signal stops, answered or not', async () => {
    const echo = await Echo.start();
    const client = await echo.connect();
    client.send(get('/poll?name=a'));
    await echo.until((list) => list.includes('a'), '/held');
    echo.process.kill('SIGTERM');
    await echo.line(/^draining/);
    echo.process.kill('SIGTERM');
    assert.strictEqual((await client.all()).length, 0);
    await drained(echo);
    assert.ok(echo.lines.includes('gone a'));
});
