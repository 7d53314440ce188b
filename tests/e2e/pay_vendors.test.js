// The vendors' own libraries as peers of our payment codecs, in both directions: what they sign we verify, what we sign
// and encrypt they verify and decrypt. Key pairs are made here.
'use strict';

const assert = require('node:assert');
const crypto = require('node:crypto');
const http = require('node:http');
const test = require('node:test');
const { load, skipWithout } = require('../support/npm.js');
const { PayPeer, keyPair } = require('../support/pay_peer.js');

const alipay = load('alipay-sdk');
const canonicalizeModule = load('canonicalize');
const canonicalize = canonicalizeModule && (canonicalizeModule.default || canonicalizeModule);
const WechatPay = load('wechatpay-node-v3');

const SERIAL = 'PUB_KEY_ID_0000000000000024101100397200000006';
const API_KEY = '0123456789abcdefghijklmnopqrstuv';
const NOW_S = 1772328600;
const ORDER = {
    id: 'P20260301A01',
    amount_fen: 80000,
    payee_name: '张三丰',
    note: '临时救助 & "先行救助"',
};

const keys = {
    merchant: keyPair(),
    platform: keyPair(),
    app: keyPair(),
    alipay: keyPair(),
    us: keyPair('ed25519'),
    bank: keyPair('ed25519'),
};

async function withPeer(body) {
    const peer = new PayPeer();
    try {
        await peer.ask('keys', {
            wechat: keys.merchant.privateKey,
            wechat_platform: keys.platform.publicKey,
            alipay: keys.app.privateKey,
            alipay_public: keys.alipay.publicKey,
            g2p: keys.us.privateKey,
            g2p_public: keys.bank.publicKey,
        });
        await body(peer);
    } finally {
        await peer.stop();
    }
}

// A small generator with a seed, so that a failure can be seen again.
function dice(seed) {
    let state = seed;
    return (n) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * n);
    };
}

/* ---- RFC 8785 ---- */

function randomText(roll) {
    const points = [
        0x20, 0x22, 0x5c, 0x2f, 0x08, 0x0a, 0x1f, 0x7f, 0x80, 0xf6, 0x6551, 0xe000, 0xfb33, 0xffff, 0x1f602,
        0x20164,
    ];
    return Array.from({ length: roll(5) }, () => String.fromCodePoint(points[roll(points.length)])).join('');
}

function randomNumber(roll) {
    switch (roll(4)) {
        case 0:
            return roll(1000000) - 500000;
        case 1:
            return (roll(2 ** 31) - 2 ** 30) / 10 ** roll(12);
        case 2:
            return (roll(2) ? 1 : -1) * 2 ** (roll(2097) - 1074);
        default: {
            const bytes = Buffer.from(Array.from({ length: 8 }, () => roll(256)));
            const value = bytes.readDoubleLE();
            return Number.isFinite(value) ? value : 0;
        }
    }
}

function randomValue(roll, depth) {
    switch (roll(depth > 4 ? 4 : 6)) {
        case 0:
            return randomText(roll);
        case 1:
            return randomNumber(roll);
        case 2:
            return roll(2) === 1;
        case 3:
            return null;
        case 4:
            return Array.from({ length: roll(4) }, () => randomValue(roll, depth + 1));
        default:
            return Object.fromEntries(
                Array.from({ length: roll(6) }, () => [randomText(roll), randomValue(roll, depth + 1)]),
            );
    }
}

test('our canonical JSON is that of npm canonicalize', { skip: skipWithout({ canonicalize }) }, () =>
    withPeer(async (peer) => {
        const roll = dice(20260301);
        for (let i = 0; i < 1500; i++) {
            const value = randomValue(roll, 0);
            const { err, text } = await peer.ask('canonical', { text: JSON.stringify(value, null, i % 3) });
            assert.strictEqual(err, 'ok');
            assert.strictEqual(text, canonicalize(value));
        }
    }),
);

/* ---- WeChat Pay ---- */

function wechatSdk({ privateKey, publicKey }) {
    const SDK = WechatPay.default || WechatPay;
    return new SDK({
        appid: 'wxf636efh567hg4356',
        mchid: '1900000109',
        serial_no: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
        publicKey: Buffer.from(publicKey),
        privateKey: Buffer.from(privateKey),
        key: API_KEY,
    });
}

const withWechat = { skip: skipWithout({ 'wechatpay-node-v3': WechatPay }) };

test('our requests to WeChat Pay carry the signature its library would make', withWechat, () =>
    withPeer(async (peer) => {
        const sdk = wechatSdk(keys.merchant);
        const order = { ...ORDER, payee_fa: 'openid:o-MYE42l80oelYMDE34nYD456Xoy@wechat' };
        const ours = await peer.ask('wechat_transfer', { order, at_s: NOW_S, nonce: 'nonce1' });
        assert.strictEqual(ours.err, 'ok');
        const theirs = sdk.getSignature('POST', 'nonce1', String(NOW_S), ours.target, ours.body);
        assert.ok(ours.authorization.endsWith(`,signature="${theirs}"`));
        const header = sdk.getAuthorization('nonce1', String(NOW_S), theirs);
        const parts = (text) =>
            text
                .replace(/^.*?WECHATPAY2-SHA256-RSA2048 /, '')
                .split(',')
                .sort();
        assert.deepStrictEqual(parts(ours.authorization), parts(header));

        const query = await peer.ask('wechat_query', { id: ORDER.id, at_s: NOW_S, nonce: 'nonce2' });
        const asked = sdk.getSignature('GET', 'nonce2', String(NOW_S), query.target, '');
        assert.ok(query.authorization.endsWith(`,signature="${asked}"`));

        // the name we encrypt is what the owner of the platform's key reads
        const body = JSON.parse(ours.body);
        assert.doesNotMatch(ours.body, /张三丰/);
        assert.strictEqual(wechatSdk(keys.platform).privateDecrypt(body.user_name), '张三丰');
        assert.throws(() => sdk.privateDecrypt(body.user_name));
        assert.strictEqual(body.transfer_amount, 80000);
    }),
);

test('what its library signs as the platform we verify, and what we refuse it refuses', withWechat, () =>
    withPeer(async (peer) => {
        const platform = wechatSdk(keys.platform);
        const reader = wechatSdk(keys.merchant);
        reader.constructor.certificates = { [SERIAL]: keys.platform.publicKey };
        const body = JSON.stringify({ out_bill_no: ORDER.id, state: 'SUCCESS', note: '急难' });
        const signature = platform.sha256WithRsa(`${NOW_S}\nnonce\n${body}\n`);
        const good = { timestamp: String(NOW_S), nonce: 'nonce', serial: SERIAL, signature, body };
        const cases = [
            [good, 'ok'],
            [{ ...good, body: body.replace('SUCCESS', 'FAIL') }, 'unauthorized'],
            [{ ...good, nonce: 'noncf' }, 'unauthorized'],
            [{ ...good, timestamp: String(NOW_S + 1) }, 'unauthorized'],
            [{ ...good, signature: reader.sha256WithRsa(`${NOW_S}\nnonce\n${body}\n`) }, 'unauthorized'],
        ];
        for (const [message, want] of cases) {
            const { err } = await peer.ask('wechat_verify', { ...message, now_ms: NOW_S * 1000 });
            assert.strictEqual(err, want);
            assert.strictEqual(await reader.verifySign(message), want === 'ok');
        }
    }),
);

function sealed(plain, nonce = 'abcdefghijkl', aad = 'mch_payment') {
    const cipher = crypto.createCipheriv('aes-256-gcm', API_KEY, nonce);
    cipher.setAAD(Buffer.from(aad));
    const text = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return { ciphertext: text.toString('base64'), nonce, associated_data: aad };
}

test('a notice sealed elsewhere is opened here, and what we seal its library opens', withWechat, () =>
    withPeer(async (peer) => {
        const sdk = wechatSdk(keys.platform);
        const bill = {
            out_bill_no: ORDER.id,
            transfer_bill_no: '133',
            state: 'SUCCESS',
            transfer_amount: 80000,
        };
        const resource = {
            original_type: 'mch_payment',
            algorithm: 'AEAD_AES_256_GCM',
            ...sealed(JSON.stringify({ ...bill, mch_id: '1900000109' })),
        };
        const body = JSON.stringify({
            id: 'EV-1',
            event_type: 'MCHTRANSFER.BILL.FINISHED',
            resource_type: 'encrypt-resource',
            resource,
        });
        const headers = {
            'Wechatpay-Timestamp': String(NOW_S),
            'Wechatpay-Nonce': 'nonce',
            'Wechatpay-Serial': SERIAL,
            'Wechatpay-Signature': sdk.sha256WithRsa(`${NOW_S}\nnonce\n${body}\n`),
        };
        const ask = (change = {}) =>
            peer.ask('callback', { rail: 'wechat', headers, body, now_ms: NOW_S * 1000, ...change });
        const read = await ask();
        assert.deepStrictEqual(read.results, [
            {
                id: ORDER.id,
                outcome: 'succeeded',
                amount_fen: 80000,
                ref: '133',
                reason: '',
                not_taken: false,
            },
        ]);
        assert.strictEqual(read.status, 204);
        assert.strictEqual(read.answer, '');
        const old = await ask({ now_ms: (NOW_S + 300) * 1000 });
        assert.strictEqual(old.status, 401);
        assert.deepStrictEqual(JSON.parse(old.answer), { code: 'FAIL', message: '验签失败' });

        const { ciphertext } = await peer.ask('aead_seal', {
            key: API_KEY,
            nonce: 'abcdefghijkl',
            aad: 'mch_payment',
            text: JSON.stringify(bill),
        });
        const opened = sdk.decipher_gcm(ciphertext, 'mch_payment', 'abcdefghijkl', API_KEY);
        assert.deepStrictEqual(typeof opened === 'string' ? JSON.parse(opened) : opened, bill);
    }),
);

/* ---- Alipay ---- */

const withAlipay = { skip: skipWithout({ 'alipay-sdk': alipay }) };

function alipaySdk(own, theirs, gateway = 'http://127.0.0.1:1/gateway.do') {
    const bare = (pem) => pem.replace(/-----[^-]+-----|\n/g, '');
    return new alipay.AlipaySdk({
        appId: '2021000000000000',
        privateKey: bare(own.privateKey),
        alipayPublicKey: bare(theirs.publicKey),
        keyType: 'PKCS8',
        gateway,
    });
}

// Answers every request with answer(url, body); remembers what came.
async function gatewayOf(answer) {
    const seen = [];
    const server = http.createServer((request, response) => {
        const chunks = [];
        request.on('data', (chunk) => chunks.push(chunk));
        request.on('end', () => {
            seen.push({ query: request.url.split('?')[1], body: Buffer.concat(chunks).toString() });
            response.end(answer(seen.at(-1)));
        });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { seen, url: `http://127.0.0.1:${server.address().port}/gateway.do`, stop: () => server.close() };
}

const rsa2 = (key, text) => crypto.sign('RSA-SHA256', Buffer.from(text), key).toString('base64');

test('Alipay: its verifier takes our transfer and query, not changed ones', withAlipay, () =>
    withPeer(async (peer) => {
        const verifier = alipaySdk(keys.alipay, keys.app); // Alipay, who knows our public key
        const order = { ...ORDER, payee_fa: 'alipay-uid:2088123412341234@alipay' };
        const requests = [
            await peer.ask('alipay_transfer', { order, at_ms: NOW_S * 1000 }),
            await peer.ask('alipay_query', { id: ORDER.id, at_ms: NOW_S * 1000 }),
        ];
        for (const { err, query, body } of requests) {
            assert.strictEqual(err, 'ok');
            const params = Object.fromEntries(new URLSearchParams(`${query}&${body}`));
            assert.ok(verifier.checkNotifySignV2(params));
            assert.ok(!verifier.checkNotifySignV2({ ...params, timestamp: '2026-03-01 09:30:01' }));
            assert.strictEqual(params.timestamp, '2026-03-01 09:30:00');
            assert.strictEqual(JSON.parse(params.biz_content).out_biz_no, ORDER.id);
        }
        assert.strictEqual(
            JSON.parse(new URLSearchParams(requests[0].body).get('biz_content')).trans_amount,
            '800.00',
        );
    }),
);

test('Alipay: its client and ours believe the same answers', withAlipay, () =>
    withPeer(async (peer) => {
        const name = 'alipay_fund_trans_uni_transfer_response';
        const node =
            `{"code":"10000","msg":"Success","out_biz_no":"${ORDER.id}","order_id":"O-1",` +
            '"status":"SUCCESS","u":"https:\\/\\/x","t":"},\\"sign\\":\\"no\\""}';
        const sign = rsa2(keys.alipay.privateKey, node);
        const cases = [
            [`{"${name}":${node},"sign":"${sign}"}`, true],
            [`{"${name}":${node.replace('O-1', 'O-2')},"sign":"${sign}"}`, false],
            [`{"${name}":${node.replace('\\/\\/', '//')},"sign":"${sign}"}`, false],
            [`{"${name}":${node},"sign":"${rsa2(keys.app.privateKey, node)}"}`, false],
        ];
        for (const [text, believed] of cases) {
            const gateway = await gatewayOf(() => text);
            const sdk = alipaySdk(keys.app, keys.alipay, gateway.url);
            const call = sdk.exec(
                'alipay.fund.trans.uni.transfer',
                { bizContent: { outBizNo: ORDER.id } },
                { validateSign: true },
            );
            if (believed) {
                assert.strictEqual((await call).status, 'SUCCESS');
            } else {
                await assert.rejects(call);
            }
            gateway.stop();
            const { result } = await peer.ask('alipay_answer', {
                source: 'transfer',
                status: 200,
                body: text,
                id: ORDER.id,
            });
            assert.strictEqual(result.outcome, believed ? 'succeeded' : 'unknown');
            assert.strictEqual(result.reason, believed ? '' : '[signature]');

            // the request it sent stands up to our verifier, with the app's key in the role of Alipay's
            const judge = new PayPeer();
            await judge.ask('keys', { alipay_public: keys.app.publicKey });
            const { query, body } = gateway.seen[0];
            const form = `${query}&${body}`;
            assert.strictEqual((await judge.ask('alipay_verify_form', { form })).err, 'ok');
            const forged = form.replace('app_id=2021', 'app_id=2022');
            assert.notStrictEqual(forged, form);
            assert.strictEqual((await judge.ask('alipay_verify_form', { form: forged })).err, 'unauthorized');
            await judge.stop();
        }
    }),
);

test('Alipay: a notice is taken here exactly when its library takes it', withAlipay, () =>
    withPeer(async (peer) => {
        const sdk = alipaySdk(keys.app, keys.alipay);
        const fields = {
            notify_id: '2026030100222',
            msg_method: 'alipay.fund.trans.order.changed',
            app_id: '2021000000000000',
            biz_content: JSON.stringify({
                out_biz_no: ORDER.id,
                order_id: 'O-1',
                status: 'SUCCESS',
                trans_amount: '800.00',
                title: '100% + 急难&',
            }),
            charset: 'UTF-8',
            version: '1.1',
        };
        const textOf = (all) =>
            Object.keys(all)
                .sort()
                .map((name) => `${name}=${all[name]}`)
                .join('&');
        const typed = { ...fields, sign_type: 'RSA2' };
        const cases = [
            [{ ...typed, sign: rsa2(keys.alipay.privateKey, textOf(typed)) }, true],
            [{ ...typed, sign: rsa2(keys.alipay.privateKey, textOf(fields)) }, true],
            [{ ...typed, sign: rsa2(keys.app.privateKey, textOf(fields)) }, false],
            [{ ...typed, notify_id: '1', sign: rsa2(keys.alipay.privateKey, textOf(fields)) }, false],
            [typed, false],
        ];
        for (const [message, good] of cases) {
            assert.strictEqual(sdk.checkNotifySignV2(message), good);
            const read = await peer.ask('callback', {
                rail: 'alipay',
                body: new URLSearchParams(message).toString(),
                now_ms: NOW_S * 1000,
            });
            assert.strictEqual(read.err, good ? 'ok' : 'unauthorized');
            assert.strictEqual(read.answer, good ? 'success' : 'fail');
            assert.strictEqual(read.results.length, good ? 1 : 0);
        }
    }),
);

/* ---- G2P Connect ---- */

const withCanonical = { skip: skipWithout({ canonicalize }) };

function signedText(envelope, created, expires) {
    const { header, message } = envelope;
    const digest = crypto.createHash('sha256').update(canonicalize({ header, message })).digest('base64');
    return `(created): ${created}\n(expires): ${expires}\ndigest: SHA-256=${digest}`;
}

test('G2P: another implementation of the documented form verifies us, and we verify it', withCanonical, () =>
    withPeer(async (peer) => {
        const roll = dice(7);
        for (let i = 0; i < 100; i++) {
            const header = {
                message_id: `m${i}`,
                action: 'on-disburse',
                total_count: roll(100),
                x: randomValue(roll, 2),
            };
            const message = { transaction_id: '急', list: [randomValue(roll, 2), randomValue(roll, 2)] };
            const plain = JSON.stringify({ signature: '', header, message });
            const { err, text } = await peer.ask('g2p_sign', { text: plain, now_s: NOW_S });
            assert.strictEqual(err, 'ok');
            const envelope = JSON.parse(text);
            assert.deepStrictEqual(envelope.header, JSON.parse(JSON.stringify(header)));
            const signature = Buffer.from(/ signature="([^"]+)"$/.exec(envelope.signature)[1], 'base64');
            const signedBytes = Buffer.from(signedText(envelope, NOW_S, NOW_S + 300));
            assert.ok(crypto.verify(null, signedBytes, keys.us.publicKey, signature));

            const theirs = crypto.sign(
                null,
                Buffer.from(signedText(envelope, NOW_S, NOW_S + 60)),
                keys.bank.privateKey,
            );
            const line =
                'Signature:  namespace="g2p", kidId="bank|b1|ed25519", algorithm="ed25519", ' +
                `created="${NOW_S}", expires="${NOW_S + 60}", headers="(created) (expires) digest", ` +
                `signature="${theirs.toString('base64')}"`;
            const answer = JSON.stringify({ message, header, signature: line }, null, i % 3);
            const ask = (now_s) => peer.ask('g2p_verify', { text: answer, now_s });
            assert.strictEqual((await ask(NOW_S)).err, 'ok');
            assert.strictEqual((await ask(NOW_S + 60)).err, 'unauthorized');
        }
    }),
);
