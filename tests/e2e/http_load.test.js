// The load generator counts what happens, and does not look away while the server stalls.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: pause } = require('node:timers/promises');
const { Echo } = require('../support/http_echo.js');

const LOAD = path.join(process.env.JIUJI_BIN || path.join(__dirname, '../../build/bin'), 'jiuji-load');

// How many bytes wait in the sockets of this port.
function unread(port) {
    const hex = port.toString(16).toUpperCase().padStart(4, '0');
    const rows = fs.readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1);
    const ours = rows.map((row) => row.trim().split(/\s+/)).filter((row) => row[1]?.endsWith(`:${hex}`));
    return ours.reduce((sum, row) => sum + (row[3] === '01' ? parseInt(row[4].split(':')[1], 16) : 0), 0);
}

// {code, report, errors}
function load(options) {
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    return new Promise((resolve) => {
        execFile(LOAD, args, (error, stdout, stderr) => resolve({
            code: error === null ? 0 : error.code,
            report: stdout === '' ? null : JSON.parse(stdout),
            errors: stderr,
        }));
    });
}

test('a closed loop sends each request once and counts the answers', async () => {
    const echo = await Echo.start();
    const { code, report } = await load(
        { port: echo.port, connections: 8, requests: 1000, post: '/hello', expect: 200 });
    assert.strictEqual(code, 0);
    assert.strictEqual(report.answered, 1000);
    assert.deepStrictEqual(report.statuses, { 200: 1000 });
    assert.ok(report.latency_us.p50 <= report.latency_us.p99 && report.latency_us.p99 <= report.latency_us.max);
    const { requests, accepted } = await echo.counters();
    assert.strictEqual(requests, 1001);
    assert.strictEqual(accepted, 9);
    await echo.stop();
});

test('statuses that are not wanted are counted and make it fail', async () => {
    const echo = await Echo.start();
    const { code, report } = await load({ port: echo.port, requests: 100, get: '/nothing', expect: 200 });
    assert.strictEqual(code, 1);
    assert.deepStrictEqual(report.statuses, { 404: 100 });
    await echo.stop();
});

test('answers in several pieces and without a body are read', async () => {
    const echo = await Echo.start();
    for (const [target, status] of [['/big?bytes=300000', 200], ['/empty', 204], ['/problem', 409]]) {
        const { report } = await load({ port: echo.port, requests: 100, get: target });
        assert.deepStrictEqual(report.statuses, { [status]: 100 }, target);
    }
    await echo.stop();
});

test('a server that closes after each answer is connected to again', async () => {
    const echo = await Echo.start();
    const { code, report } = await load({ port: echo.port, connections: 4, requests: 100, get: '/close' });
    assert.strictEqual(code, 0);
    assert.deepStrictEqual(report.statuses, { 204: 100 });
    await echo.stop();
});

test('a server that is not there is reported, not waited for', async () => {
    const echo = await Echo.start();
    await echo.stop();
    const { code, report } = await load({ port: echo.port, connections: 4, requests: 100, get: '/hello' });
    assert.strictEqual(code, 1);
    assert.strictEqual(report.answered, 0);
    assert.ok(report.failures.connect > 0);
});

test('requests that are never answered time out', async () => {
    const echo = await Echo.start();
    const { code, report } = await load(
        { port: echo.port, connections: 2, requests: 2, get: '/hold?name=a', timeout_ms: 200 });
    assert.strictEqual(code, 1);
    assert.strictEqual(report.failures.timeout, 2);
    await echo.stop();
});

test('an open loop charges a stall to every request that was due in it', async () => {
    const echo = await Echo.start();
    echo.process.kill('SIGSTOP'); // it stalls from the first request on, for at least 300 ms
    const running = load({ port: echo.port, connections: 4, requests: 2000, rate: 2000, get: '/hello' });
    while (unread(echo.port) === 0) await pause(5);
    await pause(300);
    echo.process.kill('SIGCONT');
    const { code, report } = await running;
    assert.strictEqual(code, 0);
    assert.strictEqual(report.answered, 2000);
    // A closed loop would have noticed 4 slow requests; 600 were due.
    assert.ok(report.late_sends >= 300, `${report.late_sends}`);
    assert.ok(report.latency_us.p90 > 100000, JSON.stringify(report.latency_us));
    await echo.stop();
});

test('a wrong option is named', async () => {
    for (const options of [{ prot: 1 }, { port: 0 }, { port: 80, connections: 'x' },
        { port: 80, places: 'no-such-file' }])
        assert.strictEqual((await load(options)).code, 2, JSON.stringify(options));
    const { errors } = await load({ port: 80, connections: -1 });
    assert.match(errors, /'--connections'/);
});
