// What server/http takes for a request and what it refuses, each over a raw socket.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Echo, get, post } = require('../support/http_echo.js');

let echo;
test.before(async () => { echo = await Echo.start({ linger_ms: 200 }); });
test.after(async () => { await echo.stop(); });

const HOST = 'Host: a\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

// A refusal: the status, a problem, the connection closed, and nothing of what stood behind it
// taken for a request.
async function refused(text, status) {
    const client = await echo.connect();
    client.send(text);
    const answer = await client.answer();
    assert.ok(answer !== null, `no answer to ${JSON.stringify(text)}`);
    assert.strictEqual(answer.status, status, JSON.stringify(text));
    assert.strictEqual(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
    assert.strictEqual(answer.headers.connection, 'close');
    const problem = JSON.parse(answer.body);
    assert.strictEqual(problem.status, status);
    assert.match(problem.type, /^urn:jiuji:problem:[a-z-]+$/);
    assert.match(problem.detail, /\p{Script=Han}.*。$/u);
    client.send(get('/hello'));
    assert.strictEqual((await client.all()).length, 0, 'nothing behind a refusal is answered');
    client.destroy();
}

async function described(text) {
    const answer = await echo.ask(text);
    assert.strictEqual(answer.status, 200, JSON.stringify(text));
    return JSON.parse(answer.body);
}

test('a plain request is understood', async () => {
    const seen = await described('POST /describe?a=1&b=%20?x HTTP/1.1\r\nHost: a:80\r\nX-A:  b c \t\r\n' +
        'x-empty:\r\nContent-Length: 6\r\n\r\n救急');
    assert.deepStrictEqual(seen, {
        method: 'POST', path: '/describe', query: 'a=1&b=%20?x', version: '1.1', remote: '127.0.0.1',
        body: '救急',
        headers: ['Host', 'a:80', 'X-A', 'b c', 'x-empty', '', 'Content-Length', '6'],
    });
});

test('answers carry the protective headers and never say which server this is', async () => {
    const answer = await echo.ask(get('/hello'));
    assert.strictEqual(answer.headers['cache-control'], 'no-store');
    assert.strictEqual(answer.headers['x-content-type-options'], 'nosniff');
    assert.match(answer.headers.date, /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    assert.ok(Math.abs(Date.parse(answer.headers.date) - Date.now()) < 60000);
    assert.strictEqual(answer.headers.server, undefined);
    assert.strictEqual(answer.headers.connection, undefined);
});

test('a handler that makes a header with a line break answers 500, not two headers', async () => {
    const answer = await echo.ask(get('/broken'));
    assert.strictEqual(answer.status, 500);
    assert.strictEqual(answer.headers['x-b'], undefined);
    assert.strictEqual(JSON.parse(answer.body).status, 500);
});

test('HEAD is answered like GET without the body', async () => {
    const client = await echo.connect();
    client.send(`HEAD /hello HTTP/1.1\r\n${HOST}\r\n` + get('/describe'));
    const answer = await client.answer({ head: true });
    assert.strictEqual(answer.headers['content-length'], '5');
    assert.strictEqual((await client.answer()).status, 200, 'no stray body in between');
    client.destroy();
});

test('every method that is served reaches the handler', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
        assert.strictEqual((await described(`${method} /describe HTTP/1.1\r\n${HOST}\r\n`)).method, method);
    assert.strictEqual((await described(`OPTIONS * HTTP/1.1\r\n${HOST}\r\n`)).path, '*');
});

test('methods that are not served are 501', async () => {
    for (const method of ['TRACE', 'BREW', 'get', 'PROPFIND', 'M-SEARCH', 'DESCRIBE', 'SETUP'])
        await refused(`${method} /hello HTTP/1.1\r\n${HOST}\r\n`, 501);
    await refused(`CONNECT a:80 HTTP/1.1\r\n${HOST}\r\n`, 501);
});

test('an absolute target is taken when it names the same host', async () => {
    const seen = await described('GET http://A/describe?q HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.strictEqual(seen.path, '/describe');
    assert.strictEqual(seen.query, 'q');
    await refused('GET http://b/hello HTTP/1.1\r\nHost: a\r\n\r\n', 400);
    await refused('GET http://a@b/hello HTTP/1.1\r\nHost: a\r\n\r\n', 400);
    await refused('GET https://a/hello HTTP/1.1\r\nHost: a\r\n\r\n', 400);
    await refused('GET http://a HTTP/1.1\r\nHost: a\r\n\r\n', 400);
    await refused('GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n', 400);
});

test('one empty line before a request is skipped, two are not', async () => {
    assert.strictEqual((await echo.ask('\r\n' + get('/hello'))).status, 200);
    await refused('\r\n\r\n' + get('/hello'), 400);
    await refused('\n' + get('/hello'), 400);
    await refused('\r' + get('/hello'), 400);
});

test('leading zeros and an empty body are lengths like any other', async () => {
    const zeros = `POST /describe HTTP/1.1\r\n${HOST}Content-Length: 003\r\n\r\nabc`;
    assert.strictEqual((await described(zeros)).body, 'abc');
    assert.strictEqual((await described(`POST /describe HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`)).body, '');
    assert.strictEqual((await described(`POST /describe HTTP/1.1\r\n${HOST}\r\n`)).body, '');
    assert.strictEqual((await described(`GET /describe HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`)).body, '');
});

test('a chunked body is put together', async () => {
    const text = `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n` +
        '3\r\nabc\r\n00A\r\n0123456789\r\n1\r\n\n\r\n0\r\n\r\n';
    const client = await echo.connect();
    client.send(text + get('/hello'));
    assert.strictEqual((await client.answer()).body.toString(), 'abc0123456789\n');
    assert.strictEqual((await client.answer()).body.toString(), 'hello');
    client.destroy();
});

test('HTTP/1.0 is served and closed, or kept when asked for', async () => {
    const client = await echo.connect();
    client.send('GET /describe HTTP/1.0\r\n\r\n');
    const answer = await client.answer();
    assert.strictEqual(JSON.parse(answer.body).version, '1.0');
    assert.strictEqual(answer.headers.connection, 'close');
    assert.strictEqual((await client.all()).length, 0);
    const kept = await echo.connect();
    for (let i = 0; i < 2; i++) {
        kept.send('GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
        assert.strictEqual((await kept.answer()).headers.connection, 'keep-alive');
    }
    kept.destroy();
    client.destroy();
});

test('Connection: close is obeyed', async () => {
    const client = await echo.connect();
    client.send(get('/hello', 'Connection: close\r\n') + get('/hello'));
    const answer = await client.answer();
    assert.strictEqual(answer.headers.connection, 'close');
    assert.strictEqual((await client.all()).length, 0, 'the request behind it is not served');
    client.destroy();
});

test('100-continue is sent when the body is awaited and only then', async () => {
    const head = `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 3\r\nExpect: 100-Continue\r\n\r\n`;
    const client = await echo.connect();
    client.send(head);
    assert.strictEqual((await client.answer()).status, 100);
    client.send('abc');
    assert.strictEqual((await client.answer()).body.toString(), 'abc');
    client.send(head + 'abc');
    assert.strictEqual((await client.answer()).status, 200, 'the body was there already');
    await client.sent(head + 'a');
    await new Promise(setImmediate);
    client.send('bc');
    assert.strictEqual((await client.answer()).status, 200, 'it had begun already');
    client.destroy();
    await refused(`POST /echo HTTP/1.1\r\n${HOST}Content-Length: 3\r\nExpect: a-miracle\r\n\r\nabc`, 417);
    await refused(`POST /echo HTTP/1.1\r\n${HOST}Content-Length: 999999\r\nExpect: 100-continue\r\n\r\n`, 413);
});

test('other versions of HTTP are 505 or not HTTP at all', async () => {
    await refused('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505);
    await refused(`GET /hello HTTP/1.2\r\n${HOST}\r\n`, 505);
    await refused(`GET /hello HTTP/3.0\r\n${HOST}\r\n`, 505);
    await refused(`GET /hello HTTP/0.9\r\n${HOST}\r\n`, 505);
    for (const version of ['HTTP/1', 'HTTP/1.10', 'http/1.1', 'HTTP/a.b', 'HTTP/11', 'RTSP/1.0', 'HTTP/1.1 '])
        await refused(`GET /hello ${version}\r\n${HOST}\r\n`, 400);
    await refused('GET /hello\r\n\r\n', 400);
    await refused('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400); // TLS to a plain port
});

// Each of these is read differently by some server or proxy in the wild.
const SMUGGLING = [
    ['two lengths', `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc`],
    ['the same length twice', `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`],
    ['a list of lengths', `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 3, 3\r\n\r\nabc`],
    ['a signed length', `POST /echo HTTP/1.1\r\n${HOST}Content-Length: +3\r\n\r\nabc`],
    ['a negative length', `POST /echo HTTP/1.1\r\n${HOST}Content-Length: -3\r\n\r\nabc`],
    ['a hexadecimal length', `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 0x3\r\n\r\nabc`],
    ['a length with a space in it', `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 1 3\r\n\r\nabc`],
    ['an empty length', `POST /echo HTTP/1.1\r\n${HOST}Content-Length:\r\n\r\n`],
    ['a length beyond 64 bits', `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 18446744073709551619\r\n\r\nabc`],
    ['length then coding', `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 5\r\n${CHUNKED}\r\n0\r\n\r\n`],
    ['coding then length', `POST /echo HTTP/1.1\r\n${HOST}${CHUNKED}Content-Length: 5\r\n\r\n0\r\n\r\n`],
    ['length zero and coding', `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 0\r\n${CHUNKED}\r\n0\r\n\r\n`],
    ['two codings', `POST /echo HTTP/1.1\r\n${HOST}${CHUNKED}${CHUNKED}\r\n0\r\n\r\n`],
    ['coding on HTTP/1.0', `POST /echo HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a space before the colon', `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['a space before the name', `GET /hello HTTP/1.1\r\n Host: a\r\n\r\n`],
    ['a folded line', `GET /hello HTTP/1.1\r\n${HOST}X-A: b\r\n c\r\n\r\n`],
    ['a line folded with a tab', `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding:\r\n\tchunked\r\n\r\n0\r\n\r\n`],
    ['a header without a colon', `GET /hello HTTP/1.1\r\n${HOST}X-A\r\n\r\n`],
    ['a header without a name', `GET /hello HTTP/1.1\r\n${HOST}: b\r\n\r\n`],
    ['a vertical tab in a value', `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
    ['a NUL in a value', `GET /hello HTTP/1.1\r\n${HOST}X-A: b\0c\r\n\r\n`],
    ['a NUL in a name', `GET /hello HTTP/1.1\r\n${HOST}X\0A: b\r\n\r\n`],
    ['DEL in a value', `GET /hello HTTP/1.1\r\n${HOST}X-A: b\x7f\r\n\r\n`],
    ['8-bit bytes in a name', `GET /hello HTTP/1.1\r\n${HOST}X-é: b\r\n\r\n`],
    ['bare LF in the request line', `GET /hello HTTP/1.1\n${HOST}\r\n`],
    ['bare LF behind a header', 'GET /hello HTTP/1.1\r\nHost: a\n\r\n'],
    ['bare LF at the end', 'GET /hello HTTP/1.1\r\nHost: a\r\n\n'],
    ['bare CR in the request line', `GET /hello HTTP/1.1\r${HOST}\r\n`],
    ['bare CR in a value', `GET /hello HTTP/1.1\r\n${HOST}X-A: b\rContent-Length: 5\r\n\r\n`],
    ['CR alone between lines', `GET /hello HTTP/1.1\r\nHost: a\rX-A: b\r\n\r\n`],
    ['CR CR LF', `GET /hello HTTP/1.1\r\nHost: a\r\r\n\r\n`],
    ['a space at the beginning', ` GET /hello HTTP/1.1\r\n${HOST}\r\n`],
    ['two spaces behind the method', `GET  /hello HTTP/1.1\r\n${HOST}\r\n`],
    ['two spaces behind the target', `GET /hello  HTTP/1.1\r\n${HOST}\r\n`],
    ['a tab as separator', `GET\t/hello HTTP/1.1\r\n${HOST}\r\n`],
    ['a space behind the version', `GET /hello HTTP/1.1 \r\n${HOST}\r\n`],
    ['no Host', 'GET /hello HTTP/1.1\r\n\r\n'],
    ['an empty Host', 'GET /hello HTTP/1.1\r\nHost:\r\n\r\n'],
    ['two Hosts', `GET /hello HTTP/1.1\r\n${HOST}${HOST}\r\n`],
    ['two Hosts in one', 'GET /hello HTTP/1.1\r\nHost: a, b\r\n\r\n'],
    ['a Host with user', 'GET /hello HTTP/1.1\r\nHost: x@a\r\n\r\n'],
    ['a Host with path', 'GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n'],
    ['a Host with a wrong port', 'GET /hello HTTP/1.1\r\nHost: a:b\r\n\r\n'],
    ['a Host in open brackets', 'GET /hello HTTP/1.1\r\nHost: [::1\r\n\r\n'],
    ['two authorizations', `GET /hello HTTP/1.1\r\n${HOST}Authorization: a\r\nauthorization: b\r\n\r\n`],
    ['two idempotency keys', `POST /echo HTTP/1.1\r\n${HOST}Idempotency-Key: a\r\nIdempotency-Key: a\r\n\r\n`],
    ['a body with GET', `GET /hello HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`],
    ['a chunked body with GET', `GET /hello HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a body with HEAD', `HEAD /hello HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`],
    ['a body with DELETE', `DELETE /hello HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`],
    ['a request hidden in the body of GET', `GET /hello HTTP/1.1\r\n${HOST}Content-Length: 40\r\n\r\n${get('/hello')}`],
    ['a fragment', `GET /hello#x HTTP/1.1\r\n${HOST}\r\n`],
    ['a relative target', `GET hello HTTP/1.1\r\n${HOST}\r\n`],
    ['a star for GET', `GET * HTTP/1.1\r\n${HOST}\r\n`],
    ['8-bit bytes in the path', `GET /é HTTP/1.1\r\n${HOST}\r\n`],
    ['a control byte in the path', `GET /a\x01 HTTP/1.1\r\n${HOST}\r\n`],
    ['a NUL escape in the path', `GET /a%00 HTTP/1.1\r\n${HOST}\r\n`],
    ['a wrong escape in the path', `GET /a%2 HTTP/1.1\r\n${HOST}\r\n`],
    ['an escape that is not hexadecimal', `GET /a%zz HTTP/1.1\r\n${HOST}\r\n`],
    ['a backslash in the path', `GET \\hello HTTP/1.1\r\n${HOST}\r\n`],
    ['a quote in the target', `GET /a"b HTTP/1.1\r\n${HOST}\r\n`],
    ['an empty request line', '\r\nHost: a\r\n\r\n'],
];
for (const [what, text] of SMUGGLING)
    test(`${what}: 400 and closed`, () => refused(Buffer.from(text, 'latin1'), 400));

const CHUNKS = [
    ['an extension', '3;a=b\r\nabc\r\n0\r\n\r\n'],
    ['an extension without value', '3;\r\nabc\r\n0\r\n\r\n'],
    ['an extension on the last chunk', '0;a\r\n\r\n'],
    ['a space behind the size', '3 \r\nabc\r\n0\r\n\r\n'],
    ['a space before the size', ' 3\r\nabc\r\n0\r\n\r\n'],
    ['0x', '0x3\r\nabc\r\n0\r\n\r\n'],
    ['a sign', '+3\r\nabc\r\n0\r\n\r\n'],
    ['no size', '\r\nabc\r\n0\r\n\r\n'],
    ['nine digits', '000000003\r\nabc\r\n0\r\n\r\n'],
    ['bare LF behind the size', '3\nabc\r\n0\r\n\r\n'],
    ['bare CR behind the size', '3\rabc\r\n0\r\n\r\n'],
    ['bare LF behind the data', '3\r\nabc\n0\r\n\r\n'],
    ['longer data than said', '3\r\nabcd\r\n0\r\n\r\n'],
    ['shorter data than said', '3\r\nab\r\n0\r\n\r\n'],
    ['a trailer', '0\r\nX-A: b\r\n\r\n'],
    ['a trailer that sets a length', '0\r\nContent-Length: 5\r\n\r\n'],
    ['bare LF at the end', '0\r\n\n'],
];
for (const [what, body] of CHUNKS) {
    test(`chunked with ${what}: 400 and closed`, () =>
        refused(`POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${body}`, 400));
}

test('transfer codings other than chunked are 501', async () => {
    for (const coding of ['gzip', 'gzip, chunked', 'chunked, gzip', 'identity', 'xchunked', 'chunked, chunked',
        'chunked;q=1', '"chunked"', 'chu nked', 'chunked,'])
        await refused(`POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`, 501);
    assert.strictEqual((await echo.ask(
        `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n`)).status, 200);
});

test('an upgrade is 501', async () => {
    await refused(get('/hello', 'Upgrade: websocket\r\nConnection: Upgrade\r\n'), 501);
    await refused(get('/hello', 'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n'), 501);
});

test('hosts of all usual forms are taken', async () => {
    for (const host of ['a', 'a:80', 'A.b-c.example:65535', '127.0.0.1', '[::1]', '[::1]:8600', 'a:'])
        assert.strictEqual((await echo.ask(`GET /hello HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status, 200, host);
});

test('8-bit bytes may stand in values', async () => {
    assert.strictEqual((await echo.ask(get('/hello', 'X-Name: 张三\r\n'))).status, 200);
});

test('a request cut off by the end of the connection is 400', async () => {
    for (const text of ['GET /hel', `GET /hello HTTP/1.1\r\n${HOST}`, post('/echo', 'abc').slice(0, -1)]) {
        const client = await echo.connect();
        client.send(text);
        client.end();
        assert.strictEqual((await client.answer()).status, 400);
        assert.strictEqual((await client.all()).length, 0);
    }
});

test('requests read the same wherever they are split', async () => {
    const text = Buffer.from(post('/describe?x=1', '救急', 'X-A: b\r\n') +
        `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n2\r\n, \r\n0\r\n\r\n` +
        get('/hello'));
    const whole = await echo.connect();
    whole.send(text);
    const want = [await whole.answer(), await whole.answer(), await whole.answer()];
    whole.destroy();
    const check = async (client) => {
        for (const { status, body } of want) {
            const answer = await client.answer();
            assert.strictEqual(answer.status, status);
            assert.deepStrictEqual(answer.body, body);
        }
        client.destroy();
    };
    for (let at = 1; at < text.length; at++) {
        const client = await echo.connect();
        await client.sent(text.subarray(0, at));
        await new Promise(setImmediate);
        client.send(text.subarray(at));
        await check(client);
    }
    const bytewise = await echo.connect();
    for (const byte of text) {
        await bytewise.sent(Buffer.from([byte]));
        await new Promise(setImmediate);
    }
    await check(bytewise);
});

test('refusals are the same wherever they are split', async () => {
    for (const [what, text, status] of [
        ['bare CR', 'GET /hello HTTP/1.1\r\nHost: a\rX: b\r\n\r\n', 400],
        ['coding', `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip\r\n\r\n`, 501],
        ['chunk', `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3;a\r\n`, 400],
    ]) {
        const bytes = Buffer.from(text, 'latin1');
        for (let at = 1; at < bytes.length; at++) {
            const client = await echo.connect();
            await client.sent(bytes.subarray(0, at));
            await new Promise(setImmediate);
            client.send(bytes.subarray(at));
            assert.strictEqual((await client.answer()).status, status, `${what} split at ${at}`);
            client.destroy();
        }
    }
});
