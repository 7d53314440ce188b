// Our SMS codecs against the vendors' own libraries, both ways: what their client sends is what ours writes, what they
// sign is what ours accepts, what we sign is what their code computes.
// Needs npm packages (tests/package.json); a test whose package is absent says SKIPPED.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { createHash, createHmac } = require('node:crypto');
const { once } = require('node:events');
const http = require('node:http');
const { load, skipWithout } = require('../support/npm.js');
const { SmsPeer } = require('../support/sms_peer.js');

const twilio = load('twilio');
const tencent = load('tencentcloud-sdk-nodejs-common');
const tencentSign = load('tencentcloud-sdk-nodejs-common/tencentcloud/common/sign');
const aliyun = load('@alicloud/dysmsapi20170525');
const aliyunCore = load('@alicloud/openapi-core');
const aliyunUtils = load('@alicloud/openapi-core/dist/utils');
const standardwebhooks = load('standardwebhooks');
const segments = load('sms-segments-calculator');

const NOW_MS = Date.UTC(2026, 2, 1, 1, 30, 0);
const NONCE = '0123456789abcdef0123456789abcdef';
const PATH = 's3cret-path_0123456789';

const peer = new SmsPeer();
test.after(() => peer.stop());

// The same numbers in every run.
function makeRandom(seed) {
    let state = seed;
    return (below) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
    };
}

// A server that keeps what it gets and answers with `reply`.
async function listen(reply) {
    const requests = [];
    const server = http.createServer(async (request, response) => {
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        requests.push({
            method: request.method,
            url: request.url,
            headers: request.headers,
            body: Buffer.concat(chunks).toString(),
        });
        response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', connection: 'close' });
        response.end(JSON.stringify(reply.body));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
        server,
        requests,
        port: server.address().port,
        url: `http://127.0.0.1:${server.address().port}`,
    };
}

function headersOf(written) {
    return Object.fromEntries(
        written.headers.map((line) => [
            line.slice(0, line.indexOf(':')).toLowerCase(),
            line.slice(line.indexOf(':') + 2),
        ]),
    );
}

const sortedQuery = (text) => [...new URLSearchParams(text)].sort().map(([k, v]) => `${k}=${v}`);

// ---- Twilio ----

const TOKEN = 'b8a3c41f0ea0d3aef5b3dbdb8e4a1e09';
const PUBLIC_URL = 'https://h.example/v1/sms/twilio/';

function encodeForm(pairs) {
    return pairs
        .map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v).replace(/%20/g, '+')}`)
        .join('&');
}

function twilioCallback(pairs, { tail = 'mo', query = '', token = TOKEN } = {}) {
    const params = {};
    for (const [k, v] of pairs) params[k] = k in params ? [params[k], v].flat() : v;
    const url = PUBLIC_URL + tail + (query ? `?${query}` : '');
    return {
        provider: 'twilio',
        method: 'POST',
        tail,
        query,
        content_type: 'application/x-www-form-urlencoded; charset=utf-8',
        body: encodeForm(pairs),
        headers: { 'x-twilio-signature': twilio.getExpectedTwilioSignature(token, url, params) },
        secrets: { token: TOKEN, public_url: PUBLIC_URL },
    };
}

test(
    'callbacks signed by twilio are accepted, and not one with a change',
    { skip: skipWithout({ twilio }) },
    async () => {
        const random = makeRandom(7);
        const words = ['', 'a', 'A', 'aa', '救急', 'x=y', '&', '+', ' ', '%25', 'é', '\n', 'https://h/?a=1'];
        const names = [
            'Body',
            'From',
            'FromCity',
            'Fro',
            'NumMedia',
            'AddOns',
            'a',
            'A',
            '_x',
            'MessageStatus',
        ];
        for (let i = 0; i < 300; i++) {
            const pairs = [['MessageSid', `SM${i}`]];
            for (let k = random(8); k > 0; k--)
                pairs.push([names[random(names.length)], words[random(words.length)]]);
            const query = random(2) ? 'mid=n-1&x=%E6%95%91' : '';
            const good = twilioCallback(pairs, { query });
            const answer = await peer.receive(good);
            assert.strictEqual(answer.err, 'ok', JSON.stringify(pairs));
            assert.strictEqual(answer.items.length, 1);
            assert.strictEqual(answer.items[0].provider_id, `SM${i}`);
            for (const bad of [
                { ...good, body: `${good.body}&z=1` },
                { ...good, body: good.body.replace('SM', 'SN') },
                { ...good, query: `${query}&z=1` },
                { ...good, secrets: { ...good.secrets, token: 'other' } },
                { ...good, secrets: { ...good.secrets, public_url: 'http://h.example/v1/sms/twilio/' } },
                { ...good, headers: {} },
            ]) {
                const refused = await peer.receive(bad);
                assert.strictEqual(refused.err, 'unauthorized');
                assert.strictEqual(refused.items.length, 0);
            }
        }
    },
);

test(
    'a message and its reports come through as twilio sends them',
    { skip: skipWithout({ twilio }) },
    async () => {
        const message = await peer.receive(
            twilioCallback([
                ['ToCountry', 'CN'],
                ['SmsMessageSid', 'SM1'],
                ['NumMedia', '0'],
                ['Body', '我家着火了 + 2人'],
                ['From', '+8613812341234'],
                ['To', '+18005551212'],
                ['MessageSid', 'SM1'],
                ['AccountSid', 'AC1'],
                ['ApiVersion', '2010-04-01'],
            ]),
        );
        assert.strictEqual(message.items[0].text, '我家着火了 + 2人');
        assert.strictEqual(message.items[0].from, '+8613812341234');
        const report = await peer.receive(
            twilioCallback(
                [
                    ['MessageSid', 'SM2'],
                    ['MessageStatus', 'undelivered'],
                    ['ErrorCode', '30003'],
                    ['To', '+8613812341234'],
                ],
                { tail: 'dlr', query: 'mid=n-7' },
            ),
        );
        assert.strictEqual(report.items[0].final, true);
        assert.strictEqual(report.items[0].advice, 'retry');
        assert.strictEqual(report.items[0].message_id, 'n-7');
        assert.strictEqual(report.items[0].report, 'failed');
        // their parser of our acknowledgement: TwiML without a message, so that nothing is sent back
        assert.strictEqual(message.stored.body, new twilio.twiml.MessagingResponse().toString());
    },
);

test("twilio's client sends what our codec writes", { skip: skipWithout({ twilio }) }, async () => {
    const { server, requests, url } = await listen({
        status: 201,
        body: { sid: 'SM123', status: 'queued', date_created: null, date_sent: null, date_updated: null },
    });
    try {
        const client = twilio('AC0123456789abcdef0123456789abcdef', TOKEN, {
            httpClient: new (class extends twilio.RequestClient {
                request(options) {
                    return super.request({
                        ...options,
                        uri: options.uri.replace('https://api.twilio.com', url),
                    });
                }
            })(),
        });
        const text = '您的求助已受理 a&b=c+d';
        const sent = await client.messages.create({
            to: '+8613812341234',
            from: '+18005551212',
            body: text,
            statusCallback: 'https://h.example/v1/sms/twilio/dlr?mid=n-1',
        });
        assert.strictEqual(sent.sid, 'SM123');
        const ours = await peer.ask({
            do: 'write',
            provider: 'twilio',
            account: {
                user: 'AC0123456789abcdef0123456789abcdef',
                secret: TOKEN,
                from: '+18005551212',
                report_url: 'https://h.example/v1/sms/twilio/dlr',
                url,
            },
            message: { id: 'n-1', to: '13812341234', text },
        });
        assert.strictEqual(ours.err, 'ok');
        assert.strictEqual(ours.url, url + requests[0].url);
        assert.strictEqual(ours.method, requests[0].method);
        assert.deepStrictEqual(sortedQuery(ours.body), sortedQuery(requests[0].body));
        assert.strictEqual(headersOf(ours).authorization, requests[0].headers.authorization);
    } finally {
        server.close();
    }
});

// ---- Tencent ----

const TENCENT = { user: 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE', secret: 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE' };
const TENCENT_ACCOUNT = { ...TENCENT, app: '1400006666', sign: '民政救助', region: 'ap-guangzhou' };
const TENCENT_MESSAGE = {
    id: 'n-1',
    to: '13812341234',
    text: '您的求助已受理',
    template_code: '1110',
    params: { no: '5200-1', name: '王"某&' },
};

test("tencent's signer computes our signature", { skip: skipWithout({ tencentSign }) }, async () => {
    for (const now_ms of [NOW_MS, 1551113065000, Date.UTC(2027, 11, 31, 23, 59, 59)]) {
        const ours = await peer.ask({
            do: 'write',
            provider: 'tencent',
            account: TENCENT_ACCOUNT,
            message: TENCENT_MESSAGE,
            now_ms,
            nonce: NONCE,
        });
        assert.strictEqual(ours.err, 'ok');
        const headers = headersOf(ours);
        const theirs = tencentSign.default.sign3({
            method: 'POST',
            url: ours.url,
            payload: JSON.parse(ours.body),
            timestamp: now_ms / 1000,
            service: 'sms',
            secretId: TENCENT.user,
            secretKey: TENCENT.secret,
            headers: { 'Content-Type': ours.content_type },
        });
        assert.strictEqual(headers.authorization, theirs);
        assert.strictEqual(headers['x-tc-timestamp'], String(now_ms / 1000));
    }
});

test(
    "tencent's client sends what our codec writes, and signs as ours",
    { skip: skipWithout({ tencent }) },
    async () => {
        const { server, requests, port } = await listen({
            body: { Response: { SendStatusSet: [{ SerialNo: '5000:1', Code: 'Ok' }], RequestId: 'r' } },
        });
        try {
            const client = new tencent.CommonClient('', '2021-01-11', {
                credential: { secretId: TENCENT.user, secretKey: TENCENT.secret },
                region: 'ap-guangzhou',
                profile: { httpProfile: { endpoint: `127.0.0.1:${port}`, protocol: 'http://' } },
            });
            const answer = await client.request('SendSms', {
                PhoneNumberSet: ['+8613812341234'],
                SmsSdkAppId: '1400006666',
                SignName: '民政救助',
                TemplateId: '1110',
                TemplateParamSet: ['5200-1', '王"某&'],
                SessionContext: 'n-1',
            });
            assert.strictEqual(answer.SendStatusSet[0].SerialNo, '5000:1');
            const [theirs] = requests;
            const ours = await peer.ask({
                do: 'write',
                provider: 'tencent',
                account: TENCENT_ACCOUNT,
                message: TENCENT_MESSAGE,
                now_ms: NOW_MS,
                nonce: NONCE,
            });
            assert.deepStrictEqual(JSON.parse(ours.body), JSON.parse(theirs.body));
            const headers = headersOf(ours);
            for (const name of ['x-tc-action', 'x-tc-version', 'x-tc-region']) {
                assert.strictEqual(headers[name], theirs.headers[name]);
            }
            // their signature, computed by ours: they sign the host without its port and name the service in the scope
            const [, scope, signature] =
                /Credential=[^/]+\/(\S+), SignedHeaders=content-type;host, Signature=(\w+)/.exec(
                    theirs.headers.authorization,
                );
            const check = await peer.ask({
                do: 'tencent_sign',
                host: '127.0.0.1',
                content_type: theirs.headers['content-type'],
                body: theirs.body,
                service: scope.split('/')[1],
                at_s: Number(theirs.headers['x-tc-timestamp']),
                secret: TENCENT.secret,
            });
            assert.strictEqual(check.scope, scope);
            assert.strictEqual(check.signature, signature);
        } finally {
            server.close();
        }
    },
);

// ---- Aliyun ----

const ALIYUN_ACCOUNT = { user: 'LTAI4GEXAMPLE', secret: 'YourAccessKeySecret', sign: '民政救助' };
const ALIYUN_MESSAGE = {
    id: 'n-1',
    to: '13812341234',
    text: '您的求助已受理',
    template_code: 'SMS_154950909',
    params: { no: '5200-1', name: "王'某*&(救)" },
};

test("aliyun's signer computes our signature", { skip: skipWithout({ aliyunUtils }) }, async () => {
    const ours = await peer.ask({
        do: 'write',
        provider: 'aliyun',
        account: ALIYUN_ACCOUNT,
        message: ALIYUN_MESSAGE,
        now_ms: NOW_MS,
        nonce: NONCE,
    });
    assert.strictEqual(ours.err, 'ok');
    const url = new URL(ours.url);
    const { authorization, ...headers } = headersOf(ours);
    const digest = createHash('sha256').update(ours.body).digest('hex');
    assert.strictEqual(headers['x-acs-content-sha256'], digest);
    const theirs = aliyunUtils.default.getAuthorization(
        {
            method: ours.method,
            pathname: url.pathname,
            query: Object.fromEntries(url.searchParams),
            headers: { ...headers, host: url.host },
        },
        'ACS3-HMAC-SHA256',
        digest,
        ALIYUN_ACCOUNT.user,
        ALIYUN_ACCOUNT.secret,
    );
    assert.strictEqual(authorization, theirs);
});

test(
    "aliyun's client sends what our codec writes",
    { skip: skipWithout({ aliyun, aliyunCore }) },
    async () => {
        const { server, requests, port } = await listen({
            body: { Code: 'OK', Message: 'OK', BizId: '9006^0', RequestId: 'r' },
        });
        try {
            const config = new aliyunCore.$OpenApiUtil.Config({
                accessKeyId: ALIYUN_ACCOUNT.user,
                accessKeySecret: ALIYUN_ACCOUNT.secret,
                endpoint: `127.0.0.1:${port}`,
                protocol: 'HTTP',
            });
            const client = new aliyun.default(config);
            const answer = await client.sendSms(
                new aliyun.SendSmsRequest({
                    phoneNumbers: '13812341234',
                    signName: ALIYUN_ACCOUNT.sign,
                    templateCode: ALIYUN_MESSAGE.template_code,
                    templateParam: JSON.stringify(ALIYUN_MESSAGE.params),
                    outId: 'n-1',
                }),
            );
            assert.strictEqual(answer.body.bizId, '9006^0');
            const ours = await peer.ask({
                do: 'write',
                provider: 'aliyun',
                account: { ...ALIYUN_ACCOUNT, url: `http://127.0.0.1:${port}` },
                message: ALIYUN_MESSAGE,
                now_ms: NOW_MS,
                nonce: NONCE,
            });
            const [theirs] = requests;
            const url = new URL(ours.url);
            assert.strictEqual(ours.method, theirs.method);
            assert.strictEqual(ours.body, theirs.body);
            assert.deepStrictEqual(
                sortedQuery(url.search),
                sortedQuery(new URL(theirs.url, ours.url).search),
            );
            for (const name of ['x-acs-action', 'x-acs-version', 'x-acs-content-sha256']) {
                assert.strictEqual(headersOf(ours)[name], theirs.headers[name]);
            }
        } finally {
            server.close();
        }
    },
);

test(
    'what our client really sends to aliyun has the signature of their signer',
    {
        skip: skipWithout({ aliyunUtils }),
    },
    async () => {
        const { server, requests, url } = await listen({ body: { Code: 'OK', BizId: '9006^0' } });
        try {
            const account = { ...ALIYUN_ACCOUNT, url };
            const sent = await peer.ask({ do: 'send', provider: 'aliyun', account, message: ALIYUN_MESSAGE });
            assert.deepStrictEqual([sent.err, sent.outcome, sent.provider_id], ['ok', 'accepted', '9006^0']);
            const [{ method, headers, ...request }] = requests;
            const at = new URL(request.url, url);
            const theirs = aliyunUtils.default.getAuthorization(
                {
                    method,
                    pathname: at.pathname,
                    query: Object.fromEntries(at.searchParams),
                    headers: Object.fromEntries(
                        Object.entries(headers).filter(([k]) => /^(host|x-acs-.*)$/.test(k)),
                    ),
                },
                'ACS3-HMAC-SHA256',
                createHash('sha256').update(request.body).digest('hex'),
                ALIYUN_ACCOUNT.user,
                ALIYUN_ACCOUNT.secret,
            );
            assert.strictEqual(headers.authorization, theirs);
            assert.ok(Math.abs(Date.parse(headers['x-acs-date']) - Date.now()) < 60_000);
            // a nonce is never used twice
            await peer.ask({ do: 'send', provider: 'aliyun', account, message: ALIYUN_MESSAGE });
            assert.notStrictEqual(
                requests[1].headers['x-acs-signature-nonce'],
                headers['x-acs-signature-nonce'],
            );
            // without a template nothing goes out
            const { template_code, params, ...plain } = ALIYUN_MESSAGE;
            const none = await peer.ask({ do: 'send', provider: 'aliyun', account, message: plain });
            assert.strictEqual(none.outcome, 'final');
            assert.strictEqual(requests.length, 2);
        } finally {
            server.close();
        }
    },
);

test('what our clients really send is answered by the table of their operator', async () => {
    const messages = { twilio: { id: 'n-1', to: '13812341234', text: '您好' }, tencent: TENCENT_MESSAGE };
    const accounts = {
        twilio: { user: 'AC1', secret: TOKEN, from: '+18005551212' },
        tencent: TENCENT_ACCOUNT,
    };
    const rows = [
        ['twilio', 201, { sid: 'SM1', status: 'queued' }, 'accepted', 'SM1'],
        ['twilio', 400, { code: 21610, status: 400 }, 'final', ''],
        ['twilio', 401, { code: 20003, status: 401 }, 'channel_stop', ''],
        ['twilio', 500, {}, 'unknown', ''],
        [
            'tencent',
            200,
            { Response: { SendStatusSet: [{ SerialNo: '5:1', Code: 'Ok' }] } },
            'accepted',
            '5:1',
        ],
        [
            'tencent',
            200,
            { Response: { Error: { Code: 'AuthFailure.SignatureExpire' } } },
            'channel_stop',
            '',
        ],
        ['tencent', 200, { Response: { Error: { Code: 'InternalError.Timeout' } } }, 'unknown', ''],
    ];
    for (const [provider, status, body, outcome, id] of rows) {
        const { server, requests, url } = await listen({ status, body });
        try {
            const account = { ...accounts[provider], url };
            const sent = await peer.ask({ do: 'send', provider, account, message: messages[provider] });
            assert.deepStrictEqual([sent.outcome, sent.provider_id], [outcome, id], JSON.stringify(body));
            assert.strictEqual(requests.length, 1);
            if (provider === 'twilio') {
                const basic = Buffer.from(
                    requests[0].headers.authorization.split(' ')[1],
                    'base64',
                ).toString();
                assert.strictEqual(basic, `AC1:${TOKEN}`);
            } else {
                assert.strictEqual(requests[0].headers.authorization, tc3(requests[0]));
            }
        } finally {
            server.close();
        }
    }
});

// TC3-HMAC-SHA256 over what really came, the Host header with its port.
function tc3({ headers, body }) {
    const hash = (text) => createHash('sha256').update(text).digest('hex');
    const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
    const at = headers['x-tc-timestamp'];
    const date = new Date(at * 1000).toISOString().slice(0, 10);
    const canonical = [
        'POST',
        '/',
        '',
        `content-type:${headers['content-type']}`,
        `host:${headers.host}`,
        '',
        'content-type;host',
        hash(body),
    ].join('\n');
    const text = `TC3-HMAC-SHA256\n${at}\n${date}/sms/tc3_request\n${hash(canonical)}`;
    const key = hmac(hmac(hmac(`TC3${TENCENT.secret}`, date), 'sms'), 'tc3_request');
    const signature = hmac(key, text).toString('hex');
    const scope = `${TENCENT.user}/${date}/sms/tc3_request`;
    return `TC3-HMAC-SHA256 Credential=${scope}, SignedHeaders=content-type;host, Signature=${signature}`;
}

// ---- Standard Webhooks and the counter of parts ----

test('what standardwebhooks signs is accepted', { skip: skipWithout({ standardwebhooks }) }, async () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const body = 'from=13812341234&text=%E6%95%91';
    const webhook = new standardwebhooks.Webhook(secret);
    const at = new Date(NOW_MS);
    const question = {
        provider: 'courier',
        method: 'POST',
        tail: `${PATH}/receive`,
        content_type: 'application/x-www-form-urlencoded',
        body,
        now_ms: NOW_MS + 299_000,
        headers: {
            'webhook-id': 'msg_1',
            'webhook-timestamp': String(NOW_MS / 1000),
            'webhook-signature': webhook.sign('msg_1', at, body),
        },
        secrets: { path: PATH, token: secret },
    };
    const good = await peer.receive(question);
    assert.strictEqual(good.err, 'ok');
    assert.strictEqual(good.items[0].text, '救');
    assert.strictEqual((await peer.receive({ ...question, now_ms: NOW_MS + 301_000 })).err, 'unauthorized');
    assert.strictEqual((await peer.receive({ ...question, body: `${body}1` })).err, 'unauthorized');
});

test('parts are counted as sms-segments-calculator does', { skip: skipWithout({ segments }) }, async () => {
    const random = makeRandom(11);
    const alphabets = ['abc XYZ019@', 'ab{}[]~^|\\€', '急救求助 a1', '救😀a', 'äöüßñ¿ΔΩ'];
    for (let i = 0; i < 300; i++) {
        const letters = [...alphabets[i % alphabets.length]];
        let text = '';
        for (let k = 1 + random(i % 2 ? 330 : 90); k > 0; k--) text += letters[random(letters.length)];
        const theirs = new segments.SegmentedMessage(text, 'auto');
        const ours = await peer.ask({ do: 'measure', text });
        assert.strictEqual(ours.parts, theirs.segmentsCount, JSON.stringify(text));
        assert.strictEqual(ours.gsm7, theirs.encodingName === 'GSM-7', JSON.stringify(text));
    }
});
