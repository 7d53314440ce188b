// ops/up from the outside: it starts, plays its cases, goes on with its data, watches its processes
// and leaves nothing behind.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');

const UP = path.resolve(__dirname, '..', '..', 'ops', 'up');
const BIN = process.env.JIUJI_BIN;
const DEADLINE_MS = 120000;

const data = fs.mkdtempSync(path.join(os.tmpdir(), 'jiuji-up-'));
const running = new Set();

test.after(() => {
    for (const child of running)
        child.kill('SIGKILL');
    for (const pid of Object.values(pids()).filter(lives)) // left behind by a test that failed
        process.kill(pid, 'SIGKILL');
    fs.rmSync(data, { recursive: true, force: true });
});

// Start ops/up for the time of one test; its output collects in .out and .err, .ended resolves with
// {code, signal}.
function up(t, ...options) {
    const child = spawn(UP, ['--bin', BIN, '--data', data, ...options],
        { stdio: ['ignore', 'pipe', 'pipe'] });
    child.out = '';
    child.err = '';
    child.stdout.on('data', (bytes) => { child.out += bytes; });
    child.stderr.on('data', (bytes) => { child.err += bytes; });
    child.ended = new Promise((resolve) => {
        child.on('close', (code, signal) => {
            running.delete(child);
            resolve({ code, signal });
        });
    });
    running.add(child);
    t.after(async () => {
        child.kill('SIGTERM');
        await child.ended;
    });
    return child;
}

async function until(what, condition) {
    const deadline = Date.now() + DEADLINE_MS;
    while (!condition()) {
        assert.ok(Date.now() < deadline, `${what} did not happen in time`);
        await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
}

function pids() {
    const folder = path.join(data, 'run');
    if (!fs.existsSync(folder))
        return {};
    return Object.fromEntries(fs.readdirSync(folder).filter((name) => name.endsWith('.pid'))
        .map((name) => [name.slice(0, -4),
            Number(fs.readFileSync(path.join(folder, name), 'utf8').split(' ')[0])]));
}

// A zombie has ended; whoever adopted it has only not looked yet.
function lives(pid) {
    try {
        return !/\) Z /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
        return false;
    }
}

function caseNumbers(text) {
    return new Set(text.match(/\b52\d{18,21}\b/g));
}

let firstCases;

test('the first start plays three cases to the end and stops', async (t) => {
    const child = up(t, '--demo-only');
    const { code } = await child.ended;
    assert.strictEqual(code, 0, child.out + child.err);
    assert.match(child.out, /All three cases went the whole way/);
    assert.match(child.out, /they agree to the fen/);
    firstCases = caseNumbers(child.out);
    assert.strictEqual(firstCases.size, 3, child.out);
    assert.deepStrictEqual(pids(), {});
});

test('keys and tokens are for their owner only', () => {
    for (const folder of ['keys', 'tokens']) {
        for (const name of fs.readdirSync(path.join(data, folder)))
            assert.strictEqual(fs.statSync(path.join(data, folder, name)).mode & 0o777, 0o600, name);
    }
    assert.match(fs.readFileSync(path.join(data, 'keys/master.key'), 'utf8'), /^[0-9a-f]{64}$/);
});

test('the second start goes on with the same data and plays new cases', async (t) => {
    const key = fs.readFileSync(path.join(data, 'keys/master.key'), 'utf8');
    const token = fs.readFileSync(path.join(data, 'tokens/agent.token'), 'utf8');
    const child = up(t, '--demo-only');
    const { code } = await child.ended;
    assert.strictEqual(code, 0, child.out + child.err);
    for (const no of caseNumbers(child.out))
        assert.ok(!firstCases.has(no), no);
    assert.strictEqual(fs.readFileSync(path.join(data, 'keys/master.key'), 'utf8'), key);
    assert.strictEqual(fs.readFileSync(path.join(data, 'tokens/agent.token'), 'utf8'), token);
});

test('it watches its processes, holds its folder and stops all of them on SIGTERM', async (t) => {
    const child = up(t, '--no-demo');
    await until('the start', () => child.err.includes('Jiuji is up') || child.exitCode !== null);
    assert.strictEqual(child.exitCode, null, child.err);

    const second = up(t, '--no-demo');
    assert.notStrictEqual((await second.ended).code, 0);
    assert.match(second.err, /in use/);

    const before = pids();
    process.kill(before['worker-1'], 'SIGKILL');
    await until('the new start of the worker', () => child.err.includes('worker-1 is started again'));
    const after = pids();
    assert.notStrictEqual(after['worker-1'], before['worker-1']);
    assert.ok(Object.values(after).every(lives));

    child.kill('SIGTERM');
    assert.strictEqual((await child.ended).code, 0, child.err);
    assert.deepStrictEqual(Object.values(after).filter(lives), []);
});

test('when Redis dies the others live on, and answer again as soon as it is back', async (t) => {
    const child = up(t, '--no-demo');
    await until('the start', () => child.err.includes('Jiuji is up') || child.exitCode !== null);
    const [url] = /http:\/\/[^ ]+/.exec(child.err);
    const token = fs.readFileSync(path.join(data, 'tokens/finance.token'), 'utf8').trim();
    const ask = () => fetch(`${url}/v1/townships/520330110/fund`,
        { headers: { authorization: `Bearer ${token}` } }).then((answer) => answer.status, () => 'no answer');
    assert.strictEqual(await ask(), 200);

    const before = pids();
    process.kill(before.redis, 'SIGKILL');
    const statuses = new Set();
    const deadline = Date.now() + DEADLINE_MS;
    for (let status; status !== 200 || !child.err.includes('redis is started again');) {
        assert.ok(Date.now() < deadline, 'no answer after the death of Redis');
        status = await ask();
        statuses.add(status);
    }
    assert.deepStrictEqual([...statuses].filter((status) => status !== 200 && status !== 503), []);
    const after = pids();
    assert.strictEqual(after['gateway-1'], before['gateway-1'], child.err);
    assert.strictEqual(after['worker-1'], before['worker-1'], child.err);
    child.kill('SIGTERM');
    assert.strictEqual((await child.ended).code, 0, child.err);
});

test('what a killed start has left behind is stopped by the next one', async (t) => {
    const child = up(t, '--no-demo');
    await until('the start', () => child.err.includes('Jiuji is up') || child.exitCode !== null);
    const orphans = Object.values(pids());
    child.kill('SIGKILL');
    await child.ended;
    assert.ok(orphans.every(lives));

    const next = up(t, '--no-demo');
    await until('the next start', () => next.err.includes('Jiuji is up') || next.exitCode !== null);
    assert.strictEqual(next.exitCode, null, next.err);
    assert.deepStrictEqual(orphans.filter(lives), []);
    next.kill('SIGTERM');
    assert.strictEqual((await next.ended).code, 0, next.err);
});
