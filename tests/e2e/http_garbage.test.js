// Ten thousand inputs that are not requests, or nearly: the server answers each with well-formed
// HTTP or closes, keeps nothing, and serves the next client.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Echo, get, post } = require('../support/http_echo.js');

const INPUTS = 10000;
const AT_ONCE = 32;
const SEED = Number(process.env.JIUJI_SEED || 20261121);

// mulberry32: small, and the same on every machine
function random(seed) {
    let a = seed >>> 0;
    return (below) => {
        a = (a + 0x6d2b79f5) >>> 0;
        let t = Math.imul(a ^ (a >>> 15), a | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) % below;
    };
}

const SEEDS = [
    get('/hello'), get('/describe?a=b&c=%41', 'X-A: b\r\nAccept: */*\r\n'), post('/echo', '{"a":[1,2,3]}'),
    'POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    'GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', get('/hello').repeat(3),
    'GET http://a/hello HTTP/1.1\r\nHost: a\r\n\r\n', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
    'POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc',
].map((text) => Buffer.from(text));
const TOKENS = ['\r', '\n', '\r\n', '\r\n\r\n', '\0', ' ', '\t', ':', ';', '%', '%00', 'chunked', '0\r\n\r\n',
    'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', 'Host: b\r\n', 'HTTP/1.1', 'HTTP/2.0', '\x7f', '\xff',
    'ffffffff\r\n', 'GET / HTTP/1.1\r\n'].map((text) => Buffer.from(text, 'latin1'));

function mutate(input, next) {
    const at = next(input.length + 1);
    const to = Math.min(input.length, at + 1 + next(8));
    const [before, cut, after] = [input.subarray(0, at), input.subarray(at, to), input.subarray(to)];
    switch (next(5)) {
        case 0: return Buffer.concat([before, Buffer.from([next(256)]), cut.subarray(1), after]);
        case 1: return Buffer.concat([before, after]);
        case 2: return Buffer.concat([before, cut, cut, after]);
        case 3: return Buffer.concat([before, TOKENS[next(TOKENS.length)], input.subarray(at)]);
        default: return Buffer.concat([before, SEEDS[next(SEEDS.length)]]);
    }
}

function garbage(next) {
    if (next(10) === 0)
        return Buffer.from(Array.from({ length: 1 + next(300) }, () => next(256)));
    let input = SEEDS[next(SEEDS.length)];
    for (let i = 1 + next(4); i > 0; i--)
        input = mutate(input, next);
    return input;
}

test(`${INPUTS} inputs of garbage, seed ${SEED}`, async (t) => {
    const echo = await Echo.start({ linger_ms: 100, body_bytes: 2000 });
    const statuses = {};
    let begun = 0;

    async function feed(input, next) {
        const client = await echo.connect();
        const cut = next(input.length + 1);
        await client.sent(input.subarray(0, cut));
        if (next(2) === 0)
            await new Promise(setImmediate);
        client.send(input.subarray(cut));
        client.end();
        for (let answer; (answer = await client.answer()) !== null;) {
            statuses[answer.status] = (statuses[answer.status] || 0) + 1;
            assert.ok([100, 200, 204, 400, 404, 408, 413, 417, 501, 505].includes(answer.status), `${answer.status}`);
            if (answer.status >= 400 && answer.status !== 404) {
                assert.strictEqual(JSON.parse(answer.body).status, answer.status);
                assert.strictEqual(answer.headers.connection, 'close');
            }
        }
        assert.strictEqual(client.data.length, 0, 'no bytes that are not an answer');
        client.destroy();
    }

    async function feeder() {
        while (begun < INPUTS) {
            const number = begun++; // each input can be made again from its number
            const next = random(SEED + number);
            const input = garbage(next);
            await feed(input, next).catch((error) => {
                error.message += ` on input ${number}: ${JSON.stringify(input.toString('latin1'))}`;
                throw error;
            });
        }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, feeder));
    t.diagnostic(`answers by status: ${JSON.stringify(statuses)}`);
    assert.ok(statuses[200] > 100 && statuses[400] > 1000, 'the inputs hit both sides of the border');

    const counters = await echo.until((c) => c.open_now === 1);
    assert.strictEqual(counters.busy_now, 1);
    assert.strictEqual((await echo.ask(get('/hello'))).body.toString(), 'hello');
    await echo.stop();
});
