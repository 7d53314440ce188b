// The sandbox as WeChat Pay, Alipay and a bank with files. Who talks to it here is written
// with node's own cryptography or is the vendor's own client; nothing of ours is used.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { load, skipWithout } = require('../support/npm.js');
const { keyPair } = require('../support/pay_peer.js');
const { Sandbox, withSandbox, until } = require('../support/sandbox.js');

// the official schemas, when they lie beside the checkout
const SPECS = path.join(__dirname, '../../../shared/data/specs');

const alipay = load('alipay-sdk');
const wechatpay = load('wechatpay-node-v3');

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'jiuji-peers-'));
test.after(() => fs.rmSync(scratch, { recursive: true }));
const inScratch = (name, text) => {
    fs.writeFileSync(path.join(scratch, name), text, { mode: 0o600 });
    return path.join(scratch, name);
};
const totals = (sandbox) => sandbox.get('/sandbox/totals');

/* ---- WeChat Pay ---- */

const merchant = keyPair();
const API_KEY = '0123456789abcdef0123456789ABCDEF';
const BILLS = '/v3/fund-app/mch-transfer/transfer-bills';
const WECHAT_ARGS = [
    ...['--wechat-mchid', '1900000109', '--wechat-appid', 'wx1', '--wechat-serial', 'S1'],
    ...['--wechat-merchant-key', inScratch('merchant.pem', merchant.publicKey)],
    ...['--wechat-api-key-file', inScratch('api.key', API_KEY)],
];

function bill(no, notify, more = {}) {
    return {
        appid: 'wx1',
        out_bill_no: no,
        transfer_scene_id: '1002',
        openid: 'oABC123456',
        transfer_amount: 80000,
        transfer_remark: '临时救助',
        user_recv_perception: '行政补贴',
        transfer_scene_report_infos: [{ info_type: '补贴类型', info_content: '临时救助' }],
        ...(notify ? { notify_url: notify } : {}),
        ...more,
    };
}

function platformKey(sandbox) {
    return fs.readFileSync(path.join(sandbox.data, 'wechat.public.pem'), 'utf8');
}

function platformSigned(sandbox, headers, body) {
    const text = `${headers['wechatpay-timestamp']}\n${headers['wechatpay-nonce']}\n${body}\n`;
    return crypto.verify(
        'sha256',
        Buffer.from(text),
        platformKey(sandbox),
        Buffer.from(headers['wechatpay-signature'], 'base64'),
    );
}

// One call as the pages describe it; spoil changes what is sent after it was signed.
async function wechat(sandbox, method, target, message, { at = Date.now(), spoil = (x) => x } = {}) {
    const body = message ? JSON.stringify(message) : '';
    const at_s = Math.floor(at / 1000);
    const nonce = crypto.randomBytes(16).toString('hex');
    const text = `${method}\n${target}\n${at_s}\n${nonce}\n${body}\n`;
    const signature = crypto.sign('sha256', Buffer.from(text), merchant.privateKey).toString('base64');
    const response = await fetch(sandbox.url + target, {
        method,
        body: body ? spoil(body) : undefined,
        headers: {
            connection: 'close',
            'content-type': 'application/json',
            authorization:
                `WECHATPAY2-SHA256-RSA2048 mchid="1900000109",nonce_str="${nonce}",timestamp="${at_s}",` +
                `serial_no="S1",signature="${signature}"`,
        },
    });
    const answer = await response.text();
    const headers = Object.fromEntries(response.headers);
    assert.ok(platformSigned(sandbox, headers, answer), 'the answer is signed');
    return { status: response.status, json: JSON.parse(answer) };
}

function opened(request) {
    const { resource, event_type: type } = JSON.parse(request.body);
    assert.strictEqual(type, 'MCHTRANSFER.BILL.FINISHED');
    const sealed = Buffer.from(resource.ciphertext, 'base64');
    const open = crypto.createDecipheriv('aes-256-gcm', API_KEY, resource.nonce);
    open.setAuthTag(sealed.subarray(-16));
    open.setAAD(Buffer.from(resource.associated_data));
    return JSON.parse(Buffer.concat([open.update(sealed.subarray(0, -16)), open.final()]).toString());
}

test('WeChat: a bill is created, confirmed, told and found; the same number is the same bill', () =>
    withSandbox(
        async (sandbox, listener) => {
            const made = await wechat(sandbox, 'POST', BILLS, bill('W1', listener.uri));
            assert.deepStrictEqual([made.status, made.json.state], [200, 'WAIT_USER_CONFIRM']);
            assert.ok(made.json.package_info && made.json.transfer_bill_no);
            const [request] = await listener.wait(1);
            assert.ok(platformSigned(sandbox, request.headers, request.body));
            const told = opened(request);
            assert.deepStrictEqual(
                [told.state, told.out_bill_no, told.transfer_amount, told.mch_id],
                ['SUCCESS', 'W1', 80000, '1900000109'],
            );
            const found = await wechat(sandbox, 'GET', `${BILLS}/out-bill-no/W1`);
            assert.deepStrictEqual([found.status, found.json.state], [200, 'SUCCESS']);
            const again = await wechat(sandbox, 'POST', BILLS, bill('W1', listener.uri));
            assert.deepStrictEqual([again.status, again.json.state], [200, 'SUCCESS']);
            const other = await wechat(sandbox, 'POST', BILLS, bill('W1', '', { transfer_amount: 1000 }));
            assert.deepStrictEqual([other.status, other.json.code], [400, 'INVALID_REQUEST']);
            assert.strictEqual((await totals(sandbox)).paid, 1);
            if (wechatpay) {
                const pay = new (wechatpay.default || wechatpay)({
                    appid: 'wx1',
                    mchid: '1900000109',
                    publicKey: Buffer.from(merchant.publicKey),
                    privateKey: Buffer.from(merchant.privateKey),
                    serial_no: 'S1',
                    key: API_KEY,
                });
                const { resource } = JSON.parse(request.body);
                const text = pay.decipher_gcm(
                    resource.ciphertext,
                    resource.associated_data,
                    resource.nonce,
                    API_KEY,
                );
                assert.strictEqual(text.out_bill_no, 'W1');
            }
        },
        { args: WECHAT_ARGS },
    ));

test('WeChat: what is not signed, or not as the page says, is refused and nothing is taken', () =>
    withSandbox(
        async (sandbox) => {
            const code = async (...call) => (await wechat(sandbox, ...call)).json.code;
            const spoil = (body) => body.replace('80000', '80001');
            assert.strictEqual(await code('POST', BILLS, bill('W1'), { spoil }), 'SIGN_ERROR');
            const at = Date.now() - 301000;
            assert.strictEqual(await code('POST', BILLS, bill('W1'), { at }), 'SIGN_ERROR');
            for (const wrong of [
                { transfer_scene_id: '1000' },
                { out_bill_no: 'W-1' },
                { out_bill_no: 'W'.repeat(33) },
                { transfer_amount: 9 },
                { transfer_amount: '80000' },
                { transfer_amount: 200000 }, // needs the name
                { user_recv_perception: '现金' },
                { transfer_scene_report_infos: [] },
                { notify_url: 'https://h.example/x?y=1' },
                { appid: 'wx2' },
            ]) {
                const answer = await code('POST', BILLS, bill('W1', '', wrong));
                assert.strictEqual(answer, 'PARAM_ERROR', JSON.stringify(wrong));
            }
            assert.strictEqual(await code('GET', `${BILLS}/out-bill-no/W1`), 'NOT_FOUND');
            const name = crypto.publicEncrypt(
                { key: platformKey(sandbox), padding: crypto.constants.RSA_PKCS1_OAEP_PADDING },
                Buffer.from('张三'),
            );
            const more = { transfer_amount: 200000, user_name: name.toString('base64') };
            // the name was encrypted with a key that is not named
            assert.strictEqual(await code('POST', BILLS, bill('W1', '', more)), 'PARAM_ERROR');
            const { paid, envelopes } = await totals(sandbox);
            assert.deepStrictEqual([paid, envelopes], [0, 0]);
        },
        { args: WECHAT_ARGS },
    ));

test('WeChat: a bill that waits is cancelled, or closes; nothing is paid; a restart forgets neither', async () => {
    const data = Sandbox.folder();
    await withSandbox(
        async (sandbox, listener) => {
            await wechat(sandbox, 'POST', BILLS, bill('W1', listener.uri));
            const cancel = await wechat(sandbox, 'POST', `${BILLS}/out-bill-no/W1/cancel`);
            assert.deepStrictEqual([cancel.status, cancel.json.state], [200, 'CANCELING']);
            const [request] = await listener.wait(1);
            assert.strictEqual(opened(request).state, 'CANCELLED');
            await sandbox.fault({ kind: 'return_later', rail: 'wechat', ms: 10 });
            await wechat(sandbox, 'POST', BILLS, bill('W2', listener.uri));
            const [, closed] = await listener.wait(2);
            const { state, fail_reason: reason } = opened(closed);
            assert.deepStrictEqual([state, reason], ['FAIL', 'OVERDUE_CLOSE']);
            await wechat(sandbox, 'POST', BILLS, bill('W3', listener.uri));
            assert.deepStrictEqual((await sandbox.get('/sandbox/statement')).lines, []);
            fs.cpSync(sandbox.data, data, { recursive: true });
        },
        { args: [...WECHAT_ARGS, '--wechat-confirm-ms', '600000'] },
    );
    await withSandbox(
        async (sandbox) => {
            const state = async (no) =>
                (await wechat(sandbox, 'GET', `${BILLS}/out-bill-no/${no}`)).json.state;
            assert.deepStrictEqual([await state('W1'), await state('W2')], ['CANCELLED', 'FAIL']);
            await until(async () => (await state('W3')) === 'SUCCESS'); // the payee confirms after all
            assert.strictEqual((await totals(sandbox)).paid, 1);
        },
        { data, args: WECHAT_ARGS },
    );
});

test('the rail filter: a fault strikes its own rail only; a forgotten reference is a new one', () =>
    withSandbox(
        async (sandbox) => {
            await sandbox.fault({ kind: 'error_500_before', rail: 'wechat' });
            await sandbox.fault({ kind: 'key_forgotten', rail: 'g2p', ms: 0 });
            assert.strictEqual((await sandbox.disburse([['P1', '1.00']])).status, 200);
            assert.strictEqual((await sandbox.disburse([['P1', '1.00']])).status, 200);
            assert.strictEqual((await sandbox.disburse([['P1', '1.00']])).status, 200);
            const { menu, met } = await sandbox.get('/sandbox/faults');
            assert.deepStrictEqual([menu.length, menu[0].rail, met.key_forgotten], [1, 'wechat', 1]);
            // paid a second time, and the statement says so; the new one is remembered
            const { paid, duplicates } = await totals(sandbox);
            assert.deepStrictEqual([paid, duplicates], [2, 1]);
            const bad = await sandbox.ask('POST', '/sandbox/faults', { body: '{"kind":"hang","rail":"moon"}' });
            assert.strictEqual(bad.status, 400);
        },
        { args: WECHAT_ARGS },
    ));

/* ---- Alipay ---- */

test("Alipay: its own client's orders are taken, its library believes answers and notices", {
    skip: skipWithout({ 'alipay-sdk': alipay }),
}, () => {
    const app = keyPair();
    const bare = (pem) => pem.replace(/-----[^-]+-----|\n/g, '');
    return withSandbox(
        async (sandbox, listener) => {
            await sandbox.ask('POST', '/sandbox/settings', {
                body: JSON.stringify({ 'alipay-notify-url': listener.uri }),
            });
            const sdk = (key) =>
                new alipay.AlipaySdk({
                    appId: '2021000000000001',
                    privateKey: bare(key),
                    alipayPublicKey: bare(
                        fs.readFileSync(path.join(sandbox.data, 'alipay.public.pem'), 'utf8'),
                    ),
                    keyType: 'PKCS8',
                    gateway: `${sandbox.url}/gateway.do`,
                });
            const client = sdk(app.privateKey);
            const order = (amount) => ({
                bizContent: {
                    out_biz_no: 'A1',
                    trans_amount: amount,
                    product_code: 'TRANS_ACCOUNT_NO_PWD',
                    biz_scene: 'DIRECT_TRANSFER',
                    order_title: '临时救助',
                    payee_info: { identity: '2088123412341234', identity_type: 'ALIPAY_USER_ID' },
                },
            });
            const transfer = (amount, from = client) =>
                from.exec('alipay.fund.trans.uni.transfer', order(amount), { validateSign: true });
            const paid = await transfer('800.00');
            assert.deepStrictEqual([paid.code, paid.status, paid.outBizNo], ['10000', 'SUCCESS', 'A1']);
            const [notice] = await listener.wait(1);
            const form = Object.fromEntries(new URLSearchParams(notice.body));
            assert.ok(client.checkNotifySign(form) || client.checkNotifySignV2(form));
            assert.strictEqual(JSON.parse(form.biz_content).status, 'SUCCESS');
            assert.strictEqual((await transfer('800.00')).orderId, paid.orderId);
            assert.strictEqual((await transfer('1.00')).subCode, 'INVALID_PARAMETER');
            for (const bizContent of [
                { out_biz_no: 'A1', product_code: 'TRANS_ACCOUNT_NO_PWD', biz_scene: 'DIRECT_TRANSFER' },
                { order_id: paid.orderId },
                { pay_fund_order_id: paid.payFundOrderId },
            ]) {
                const found = await client.exec(
                    'alipay.fund.trans.common.query',
                    { bizContent },
                    { validateSign: true },
                );
                assert.deepStrictEqual([found.status, found.transAmount], ['SUCCESS', '800.00']);
            }
            const stranger = await transfer('800.00', sdk(keyPair().privateKey));
            assert.strictEqual(stranger.subCode, 'isv.invalid-signature');
            await sandbox.fault({ kind: 'forged_answer', rail: 'alipay' });
            await assert.rejects(transfer('800.00'));
            assert.strictEqual((await totals(sandbox)).paid, 1);
        },
        {
            args: [
                ...['--alipay-app-id', '2021000000000001'],
                ...['--alipay-app-key', inScratch('app.pem', app.publicKey)],
            ],
            answer: () => [200, 'success'],
        },
    );
});

/* ---- The bank that takes files ---- */

function pain001(msgId, orders, { count = orders.length, sum, account = '1' } = {}) {
    const yuan = orders.reduce((total, [, amount]) => total + Math.round(Number(amount) * 100), 0) / 100;
    const txs = orders.map(
        ([id, amount]) =>
            `<CdtTrfTxInf><PmtId><EndToEndId>${id}</EndToEndId></PmtId><Amt><InstdAmt Ccy="CNY">${amount}` +
            '</InstdAmt></Amt><Cdtr><Nm>张三</Nm></Cdtr><CdtrAcct><Id><Othr><Id>6200000000000005</Id></Othr></Id>' +
            '</CdtrAcct></CdtTrfTxInf>',
    );
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>' +
        `<GrpHdr><MsgId>${msgId}</MsgId><CreDtTm>2026-03-01T09:30:00</CreDtTm><NbOfTxs>${count}</NbOfTxs>` +
        `<CtrlSum>${sum ?? yuan.toFixed(2)}</CtrlSum><InitgPty><Nm>民政局</Nm></InitgPty></GrpHdr>` +
        '<PmtInf><PmtInfId>I1</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>2026-03-01</Dt></ReqdExctnDt>' +
        `<Dbtr><Nm>民政局</Nm></Dbtr><DbtrAcct><Id><Othr><Id>${account}</Id></Othr></Id></DbtrAcct>` +
        `${txs.join('')}</PmtInf></CstmrCdtTrfInitn></Document>`
    );
}

async function withFileBank(body, args = []) {
    const [out, back] = ['out', 'in'].map((name) => fs.mkdtempSync(path.join(scratch, name)));
    const bank = {
        put: (name, bytes) => {
            fs.writeFileSync(path.join(out, `.${name}`), bytes);
            fs.renameSync(path.join(out, `.${name}`), path.join(out, name));
        },
        // the files that are there, whole, once some text is in one of them
        files: () =>
            fs
                .readdirSync(back)
                .filter((name) => !name.startsWith('.'))
                .map((name) => fs.readFileSync(path.join(back, name)).toString('latin1')),
        find: (pattern) => until(() => bank.files().find((text) => pattern.test(text))),
        back,
        taken: (name) => until(() => !fs.existsSync(path.join(out, name))),
    };
    await withSandbox((sandbox) => body(sandbox, bank), {
        args: ['--bank-out', out, '--bank-in', back, '--bank-settle-ms', '50', ...args],
    });
}

test('bank files: pain.001 is paid once and told by pain.002, camt.054 and camt.053', () =>
    withFileBank(async (sandbox, bank) => {
        const file = pain001('M1', [
            ['E1', '800.00'],
            ['E2', '0.50'],
        ]);
        await sandbox.fault({ kind: 'reject', rail: 'bank', match: 'E2' });
        await sandbox.fault({ kind: 'return_later', rail: 'bank', match: 'E1', ms: 300 });
        bank.put('M1.xml', file);
        await bank.find(/E1<\/OrgnlEndToEndId><TxSts>ACCP/);
        const end = await bank.find(/E1<\/OrgnlEndToEndId><TxSts>ACSC/);
        assert.match(end, /<OrgnlMsgId>M1<.*E2<\/OrgnlEndToEndId><TxSts>RJCT<\/TxSts><StsRsnInf>/);
        await bank.find(/camt\.054.*DBIT.*E1/);
        assert.match(await bank.find(/camt\.053.*E1/), /OPBD.*1000000000\.00.*CLBD.*999999200\.00/);
        await bank.find(/camt\.054.*CRDT.*E1.*RtrInf/);
        bank.put('again.xml', file); // the very same bytes: nothing new
        await bank.taken('again.xml');
        const { paid, returned, rejected, duplicates } = await totals(sandbox);
        assert.deepStrictEqual([paid, returned, rejected, duplicates], [1, 1, 1, 2]);
        if (fs.existsSync(SPECS) && !spawnSync('xmllint', ['--version']).error) {
            const files = fs.readdirSync(bank.back).filter((name) => /^[^.].*xml$/.test(name));
            for (const file of files.map((name) => path.join(bank.back, name))) {
                const [, schema] = /tech:xsd:([a-z0-9.]+)"/.exec(fs.readFileSync(file, 'utf8'));
                const args = ['--nonet', '--noout', '--schema', path.join(SPECS, `${schema}.xsd`), file];
                const { status, stderr } = spawnSync('xmllint', args, { encoding: 'utf8' });
                assert.strictEqual(status, 0, stderr);
            }
        }
    }));

test('bank files: wrong counts or sums, doubled ids, other bytes under a MsgId: nothing is paid', () =>
    withFileBank(async (sandbox, bank) => {
        const order = [['E1', '800.00']];
        const wrong = {
            count: pain001('X1', order, { count: 2 }),
            sum: pain001('X2', order, { sum: '800.01' }),
            twice: pain001('X3', [...order, ...order]),
            decimals: pain001('X4', [['E1', '800.001']]),
            currency: pain001('X5', order).replace('"CNY"', '"RMB"'),
            entity: `<!DOCTYPE a [<!ENTITY x "y">]>${pain001('X6', order)}`,
            version: pain001('X7', order).replace('001.09', '001.03'),
            account: pain001('X8', order, { account: '2' }),
            empty: '',
            text: 'H|X9|20260301|p|1|1|800.00\r\nD|1|E1|n|62|b|800.00|x\r\nT|1|800.01\r\n',
        };
        for (const [name, bytes] of Object.entries(wrong)) {
            bank.put(`${name}.xml`, bytes);
            await bank.taken(`${name}.xml`);
        }
        assert.strictEqual((await totals(sandbox)).paid, 0);
        for (const msgId of ['X1', 'X2', 'X8']) {
            await bank.find(new RegExp(`<OrgnlMsgId>${msgId}<.*<GrpSts>RJCT`));
        }
        bank.put('a.xml', pain001('M1', order));
        await bank.find(/M1<.*ACSC/);
        bank.put('b.xml', pain001('M1', [['E2', '1.00']]));
        await bank.find(/M1<.*<GrpSts>RJCT<.*AM05/);
        assert.strictEqual((await totals(sandbox)).paid, 1);
    }, ['--bank-account', '1']));

test('bank files: the text layout, with its result file', () =>
    withFileBank(async (sandbox, bank) => {
        const rows = ['H|T1|20260301|lsjz|1|2|801.50', 'D|1|E1|n|6200000000000005|b|800.00|x', 'D|2|E2|n|62|b|1.50|'];
        await sandbox.fault({ kind: 'reject', rail: 'bank', match: 'E2' });
        bank.put('T1.txt', [...rows, 'T|2|801.50', ''].join('\r\n'));
        await bank.find(/^H\|T1\|\d{8}\r\nD\|E1\|1\|800\.00\|0001\|/);
        const end = await bank.find(/D\|E1\|1\|800\.00\|0000\|/);
        assert.match(end, /\r\nD\|E2\|2\|1\.50\|1001\|.*\r\nT\|2\|801\.50\r\n$/);
        assert.strictEqual((await totals(sandbox)).paid_fen, 80000);
    }));
