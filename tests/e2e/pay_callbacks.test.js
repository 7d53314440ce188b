// Callbacks of WeChat Pay, Alipay and a signing G2P disburser at the gateway of a whole site: what is genuine has its
// effect once, what is not is refused in the provider's own words. Keys are made here.
'use strict';

const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');
const { strandedTicket } = require('../support/api.js');
const { PayPeer, keyPair } = require('../support/pay_peer.js');
const { Site, until, SECRET } = require('../support/site.js');

const TOWNSHIP = '520102022';
const API_KEY = '0123456789abcdefghijklmnopqrstuv';
const SERIAL = 'PUB_KEY_ID_0000000000000024101100397200000006';
const FAIL = { code: 'FAIL', message: '验签失败' };

// A site with all rails, and no worker that would pay: payments wait for news.
async function withSite(body) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'jiuji-keys-'));
    const keys = { wechat: keyPair(), alipay: keyPair(), bank: keyPair('ed25519'), other: keyPair() };
    const write = (name, text) => {
        fs.writeFileSync(`${folder}/${name}`, text, { mode: 0o600 });
        return `${folder}/${name}`;
    };
    const settings = {
        wechat_mchid: '1900000109',
        wechat_platform_serial: SERIAL,
        wechat_platform_key_file: write('wechat.pem', keys.wechat.publicKey),
        wechat_api_key_file: write('wechat.key', `${API_KEY}\n`),
        alipay_app_id: '2021000000000000',
        alipay_public_key_file: write('alipay.pem', keys.alipay.publicKey),
        bank_sender_id: 'lsjz.county', // the peer below signs under this name
        bank_key_id: 'k1',
        bank_key_file: write('bank.pem', keys.bank.publicKey),
    };
    const site = await Site.start({ settings, workers: [{ stages: 'route,notify,clock' }] });
    try {
        await site.ready();
        await site.fund(TOWNSHIP);
        await body(site, keys);
    } finally {
        await site.stop();
        fs.rmSync(folder, { recursive: true });
    }
}

async function approved(site) {
    const agent = await site.as('agent');
    const { no } = await agent.must(201, 'POST', '/v1/tickets', strandedTicket(TOWNSHIP));
    const shown = await site.awaitCase(no, 'FIRST_AID_APPROVED');
    return { no, id: shown.payments[0].id, amount: shown.payments[0].amount_fen };
}

const rsa2 = (key, text) => crypto.sign('RSA-SHA256', Buffer.from(text), key).toString('base64');
const yuan = (fen) => `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`;

function wechatNotice(key, bill, { at = Math.floor(Date.now() / 1000), serial = SERIAL } = {}) {
    const nonce = crypto.randomBytes(6).toString('hex');
    const cipher = crypto.createCipheriv('aes-256-gcm', API_KEY, nonce);
    cipher.setAAD(Buffer.from('mch_payment'));
    const text = [cipher.update(JSON.stringify(bill)), cipher.final(), cipher.getAuthTag()];
    const body = JSON.stringify({
        id: crypto.randomUUID(),
        event_type: 'MCHTRANSFER.BILL.FINISHED',
        resource_type: 'encrypt-resource',
        resource: {
            original_type: 'mch_payment',
            algorithm: 'AEAD_AES_256_GCM',
            ciphertext: Buffer.concat(text).toString('base64'),
            nonce,
            associated_data: 'mch_payment',
        },
    });
    return {
        body,
        headers: {
            'Content-Type': 'application/json',
            'Wechatpay-Timestamp': String(at),
            'Wechatpay-Nonce': nonce,
            'Wechatpay-Serial': serial,
            'Wechatpay-Signature': rsa2(key, `${at}\n${nonce}\n${body}\n`),
        },
    };
}

test('a notice of WeChat Pay pays its case once; forged, old and foreign ones change nothing', () =>
    withSite(async (site, keys) => {
        const { no, id, amount } = await approved(site);
        const anyone = site.api(null);
        const deliver = ({ body, headers }, secret = SECRET) =>
            anyone.ask('POST', `/v1/payments/callback/wechat/${secret}`, { body, headers });
        const bill = {
            out_bill_no: id,
            transfer_bill_no: '1330000071100999991182020050700019480001',
            state: 'SUCCESS',
            mch_id: '1900000109',
            transfer_amount: amount,
        };
        const now = Math.floor(Date.now() / 1000);
        const genuine = wechatNotice(keys.wechat.privateKey, bill);
        const another = wechatNotice(keys.wechat.privateKey, { ...bill, state: 'FAIL' });
        const refused = [
            wechatNotice(keys.other.privateKey, bill),
            wechatNotice(keys.wechat.privateKey, bill, { at: now - 301 }),
            wechatNotice(keys.wechat.privateKey, bill, { at: now + 301 }),
            wechatNotice(keys.wechat.privateKey, bill, { serial: '5157F09EFDC096DE' }),
            { ...genuine, body: another.body }, // a signature taken from another notice
            { ...genuine, headers: {} },
        ];
        for (const one of refused) {
            const answer = await deliver(one);
            assert.strictEqual(answer.status, 401, answer.text);
            assert.deepStrictEqual(JSON.parse(answer.text), FAIL);
        }
        assert.strictEqual((await deliver(genuine, `${SECRET}x`)).status, 404);
        const foreign = wechatNotice(keys.wechat.privateKey, { ...bill, mch_id: '1900000110' });
        assert.strictEqual((await deliver(foreign)).status, 400);
        const wrong = wechatNotice(keys.wechat.privateKey, { ...bill, transfer_amount: amount + 1 });
        assert.strictEqual((await deliver(wrong)).status, 204, 'it need not come again');
        const shown = await site.awaitCase(no, 'FIRST_AID_APPROVED');
        assert.strictEqual(shown.payments[0].state, 'INTENT');

        const answer = await deliver(genuine);
        assert.strictEqual(answer.status, 204, answer.text);
        assert.strictEqual(answer.text, '');
        const paid = await site.awaitCase(no, 'FIRST_AID_PAID');
        assert.strictEqual(paid.payments[0].state, 'SUCCEEDED');
        assert.strictEqual((await deliver(genuine)).status, 204, 'and again');
        assert.strictEqual((await deliver(another)).status, 204, 'a contradiction is not repeated either');
        const after = await site.awaitCase(no, 'FIRST_AID_PAID');
        assert.strictEqual(after.version, paid.version);
        assert.match((await anyone.get('/metrics')).text, /^jiuji_payment_contradictions_total [1-9]/m);
    }));

test('a notice of Alipay pays its case once and is answered with success', () =>
    withSite(async (site, keys) => {
        const { no, id, amount } = await approved(site);
        const anyone = site.api(null);
        const notice = (key, change = {}) => {
            const biz = { out_biz_no: id, order_id: 'O-1', status: 'SUCCESS', trans_amount: yuan(amount) };
            const fields = {
                app_id: '2021000000000000',
                biz_content: JSON.stringify(biz),
                charset: 'UTF-8',
                msg_method: 'alipay.fund.trans.order.changed',
                notify_id: '2026030100222',
                version: '1.1',
                ...change,
            };
            const text = Object.keys(fields)
                .sort()
                .map((name) => `${name}=${fields[name]}`);
            return { ...fields, sign_type: 'RSA2', sign: rsa2(key, text.join('&')) };
        };
        const deliver = (fields) =>
            anyone.ask('POST', `/v1/payments/callback/alipay/${SECRET}`, {
                body: new URLSearchParams(fields).toString(),
                headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
            });
        const genuine = notice(keys.alipay.privateKey);
        for (const forged of [
            notice(keys.other.privateKey),
            { ...genuine, notify_id: '1' },
            notice(keys.alipay.privateKey, { app_id: '2021000000000001' }),
        ]) {
            const answer = await deliver(forged);
            assert.strictEqual(answer.status, 401, answer.text);
            assert.strictEqual(answer.text, 'fail');
        }
        await site.awaitCase(no, 'FIRST_AID_APPROVED');
        for (let i = 0; i < 2; i++) {
            const answer = await deliver(genuine);
            assert.strictEqual(answer.status, 200);
            assert.strictEqual(answer.text, 'success');
            await site.awaitCase(no, 'FIRST_AID_PAID');
        }
    }));

test('with a key of the disburser only what it signed is taken', () =>
    withSite(async (site, keys) => {
        const { no, id, amount } = await approved(site);
        const anyone = site.api(null);
        const peer = new PayPeer();
        await peer.ask('keys', { g2p: keys.bank.privateKey });
        const at = new Date().toISOString();
        const status = { reference_id: id, timestamp: at, status: 'succ', amount: yuan(amount) };
        const plain = JSON.stringify({
            signature: '',
            header: {
                version: '1.0.0',
                message_id: 'b1',
                message_ts: at,
                action: 'on-disburse',
                status: 'succ',
            },
            message: { transaction_id: 't1', disbursements_status: [status] },
        });
        const deliver = (body) =>
            anyone.ask('POST', `/v1/payments/callback/g2p/${SECRET}/on-disburse`, { body });
        const now = Math.floor(Date.now() / 1000);
        const old = await peer.ask('g2p_sign', { text: plain, now_s: now - 301 });
        const { text } = await peer.ask('g2p_sign', { text: plain, now_s: now });
        await peer.stop();
        for (const body of [plain, old.text, text.replace('"succ"', '"rjct"')]) {
            const answer = await deliver(body);
            assert.strictEqual(answer.status, 401, answer.text);
            const { message } = JSON.parse(answer.text);
            assert.strictEqual(message.ack_status, 'ERR');
            assert.strictEqual(message.error.code, 'err.signature.invalid');
        }
        await site.awaitCase(no, 'FIRST_AID_APPROVED');
        const answer = await deliver(text);
        assert.strictEqual(answer.status, 200);
        assert.strictEqual(JSON.parse(answer.text).message.ack_status, 'ACK');
        await site.awaitCase(no, 'FIRST_AID_PAID');
    }));

// A disburser that takes whatever comes and keeps it.
async function bankOf(answer) {
    const seen = [];
    const server = http.createServer((request, response) => {
        const chunks = [];
        request.on('data', (chunk) => chunks.push(chunk));
        request.on('end', () => {
            const body = Buffer.concat(chunks).toString();
            seen.push({ url: request.url, body });
            response.end(JSON.stringify(answer(JSON.parse(body))));
        });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { seen, url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

test('a worker with keys signs its orders, and an unsigned answer of the disburser proves nothing', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'jiuji-keys-'));
    const us = keyPair('ed25519');
    const theirs = keyPair('ed25519');
    fs.writeFileSync(`${folder}/us.pem`, us.privateKey, { mode: 0o600 });
    fs.writeFileSync(`${folder}/bank.pem`, theirs.publicKey);
    const bank = await bankOf(({ message }) => ({
        signature: '',
        header: {
            message_id: 'b',
            message_ts: new Date().toISOString(),
            action: 'on-disburse',
            status: 'succ',
        },
        message: {
            transaction_id: message.transaction_id,
            disbursements_status: (message.disbursements || []).map(({ reference_id, amount }) => ({
                reference_id,
                timestamp: new Date().toISOString(),
                status: 'succ',
                amount,
            })),
        },
    }));
    const settings = {
        bank_url: bank.url,
        bank_sync: 1,
        bank_sign_key_file: `${folder}/us.pem`,
        bank_sign_key_id: 'k1',
        bank_sender_id: 'bank',
        bank_key_id: 'b1',
        bank_key_file: `${folder}/bank.pem`,
    };
    const site = await Site.start({ settings, workers: [{ stages: 'route,pay,clock' }] });
    const peer = new PayPeer();
    try {
        await site.ready();
        await site.fund(TOWNSHIP);
        const { no } = await approved(site);
        await until('the order to be sent', async () => bank.seen.length >= 2);
        assert.strictEqual(bank.seen[0].url, '/disburse/sync/disburse');
        await peer.ask('keys', { g2p_public: us.publicKey, g2p_sender: '520000', g2p_key_id: 'k1' });
        const now_s = Math.floor(Date.now() / 1000);
        for (const { body } of bank.seen) {
            assert.strictEqual((await peer.ask('g2p_verify', { text: body, now_s })).err, 'ok');
            const forged = body.replace('"sender_id":"520000"', '"sender_id":"520001"');
            assert.strictEqual((await peer.ask('g2p_verify', { text: forged, now_s })).err, 'unauthorized');
        }
        assert.strictEqual(bank.seen.filter(({ url }) => url === '/disburse/sync/disburse').length, 1);
        const shown = await site.awaitCase(no, 'FIRST_AID_APPROVED');
        assert.notStrictEqual(shown.payments[0].state, 'SUCCEEDED');
    } finally {
        await peer.stop();
        await site.stop({ check: false });
        bank.stop();
        fs.rmSync(folder, { recursive: true });
    }
});

test('a rail whose keys are not set has no endpoint', async () => {
    const site = await Site.start({ workers: [] });
    try {
        await site.ready();
        for (const rail of ['wechat', 'alipay', 'bank', '']) {
            const answer = await site
                .api(null)
                .ask('POST', `/v1/payments/callback/${rail}/${SECRET}`, { body: '{}' });
            assert.strictEqual(answer.status, 404, rail);
        }
    } finally {
        await site.stop();
    }
});
