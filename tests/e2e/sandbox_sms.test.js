// The sandbox as SMS operators and as a register. Who talks to it here is written with node's own cryptography or is
// the vendor's own client; nothing of ours is used.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const { load, skipWithout } = require('../support/npm.js');
const { withSandbox } = require('../support/sandbox.js');

const twilio = load('twilio');
const tencent = load('tencentcloud-sdk-nodejs-common');
const aliyun = load('@alicloud/dysmsapi20170525');
const aliyunCore = load('@alicloud/openapi-core');

/* ---- SMS operators ---- */

const BODY = '受理 a&b=c';

const texts = async (sandbox) => (await sandbox.get('/sandbox/sms')).messages.map(({ to, text }) => [to, text]);
const says = (sandbox, message) =>
    sandbox.ask('POST', '/sandbox/mo', { body: JSON.stringify(message) });

test("Aliyun: its own client's texts are taken, with report and reply", {
    skip: skipWithout({ aliyun, aliyunCore }),
}, () =>
    withSandbox(
        async (sandbox, listener) => {
            await sandbox.ask('POST', '/sandbox/settings', {
                body: JSON.stringify({ 'aliyun-report-url': listener.uri, 'aliyun-up-url': listener.uri }),
            });
            const send = (secret) =>
                new aliyun.default(
                    new aliyunCore.$OpenApiUtil.Config({
                        accessKeyId: 'LTAI',
                        accessKeySecret: secret,
                        endpoint: `127.0.0.1:${sandbox.port}`,
                        protocol: 'HTTP',
                    }),
                ).sendSms(
                    new aliyun.SendSmsRequest({
                        phoneNumbers: '13812341234',
                        signName: '民政救助',
                        templateCode: 'SMS_1',
                        templateParam: '{"no":"a b+c/~"}',
                        outId: 'n-1',
                    }),
                );
            const { body } = await send('secret');
            assert.strictEqual(body.code, 'OK');
            const [report] = await listener.wait(1);
            const [one] = JSON.parse(report.body);
            assert.deepStrictEqual(
                [one.phone_number, one.success, one.err_code, one.biz_id, one.out_id],
                ['13812341234', true, 'DELIVERED', body.bizId, 'n-1'],
            );
            await assert.rejects(send('other'));
            assert.deepStrictEqual(await texts(sandbox), [
                ['13812341234', '【民政救助】SMS_1 {"no":"a b+c/~"}'],
            ]);
            await says(sandbox, { from: '13812341234', text: '救命', operator: 'aliyun' });
            const [, up] = await listener.wait(2);
            assert.strictEqual(JSON.parse(up.body)[0].content, '救命');
        },
        {
            args: ['--aliyun-key-id', 'LTAI', '--aliyun-secret', 'secret'],
            answer: () => [200, '{"code":0,"msg":"ok"}'],
        },
    ));

test("Tencent: its own client's texts are taken, with report and reply", {
    skip: skipWithout({ tencent }),
}, () =>
    withSandbox(
        async (sandbox, listener) => {
            await sandbox.ask('POST', '/sandbox/settings', {
                body: JSON.stringify({ 'tencent-url': listener.uri }),
            });
            const send = (secretKey) =>
                new tencent.CommonClient('', '2021-01-11', {
                    credential: { secretId: 'AKID', secretKey },
                    region: 'ap-guangzhou',
                    profile: { httpProfile: { endpoint: `127.0.0.1:${sandbox.port}`, protocol: 'http://' } },
                }).request('SendSms', {
                    PhoneNumberSet: ['+8613812341234', '+85212345678'],
                    SmsSdkAppId: '14',
                    SignName: '民政救助',
                    TemplateId: '1110',
                    TemplateParamSet: ['x'],
                    SessionContext: 'n-1',
                });
            const { SendStatusSet: set } = await send('key');
            assert.deepStrictEqual(
                set.map(({ Code }) => Code),
                ['Ok', 'InvalidParameterValue.IncorrectPhoneNumber'],
            );
            const [report] = await listener.wait(1);
            const told = JSON.parse(report.body);
            assert.deepStrictEqual(
                told.map((one) => [one.mobile, one.report_status, one.sid]),
                [['13812341234', 'SUCCESS', set[0].SerialNo]],
            );
            await assert.rejects(send('other'), { code: 'AuthFailure.SignatureFailure' });
            await says(sandbox, { from: '13812341234', text: '救命', operator: 'tencent' });
            const [, up] = await listener.wait(2);
            const { mobile, text, nationcode } = JSON.parse(up.body);
            assert.deepStrictEqual([mobile, text, nationcode], ['13812341234', '救命', '86']);
        },
        {
            args: ['--tencent-id', 'AKID', '--tencent-secret', 'key'],
            answer: () => [200, '{"result":0,"errmsg":"OK"}'],
        },
    ));

test("Twilio: its own client's texts are taken, its library believes the webhooks", {
    skip: skipWithout({ twilio }),
}, () => {
    const sid = 'AC0123456789abcdef0123456789abcdef';
    return withSandbox(
        async (sandbox, listener) => {
            const hook = `${listener.uri}/twilio`;
            await sandbox.ask('POST', '/sandbox/settings', { body: JSON.stringify({ 'twilio-url': hook }) });
            const send = (token, to = '+8613812341234') =>
                twilio(sid, token, {
                    httpClient: new (class extends twilio.RequestClient {
                        request(options) {
                            const uri = options.uri.replace('https://api.twilio.com', sandbox.url);
                            return super.request({ ...options, uri });
                        }
                    })(),
                }).messages.create({ to, from: '+18005551212', body: BODY, statusCallback: `${hook}?mid=n-1` });
            const valid = (request, url) =>
                twilio.validateRequest(
                    'token',
                    request.headers['x-twilio-signature'],
                    url,
                    Object.fromEntries(new URLSearchParams(request.body)),
                );
            const sent = await send('token');
            const [report] = await listener.wait(1);
            assert.ok(valid(report, `${hook}?mid=n-1`) && !valid(report, `${hook}?mid=n-2`));
            const fields = new URLSearchParams(report.body);
            assert.deepStrictEqual([fields.get('MessageSid'), fields.get('MessageStatus')], [sent.sid, 'delivered']);
            await assert.rejects(send('other'), { status: 401 });
            await assert.rejects(send('token', '13812341234'), { status: 400 });
            await says(sandbox, { from: '+8613812341234', text: '救命', operator: 'twilio' });
            const [, up] = await listener.wait(2);
            assert.ok(valid(up, hook));
            assert.strictEqual(new URLSearchParams(up.body).get('Body'), '救命');
            assert.deepStrictEqual(await texts(sandbox), [['+8613812341234', BODY]]);
        },
        { args: ['--twilio-sid', sid, '--twilio-token', 'token'] },
    );
});

test('courier and Kannel: sent, reported, and replies pushed in their forms; faults by operator', () =>
    withSandbox(
        async (sandbox, listener) => {
            await sandbox.ask('POST', '/sandbox/settings', {
                body: JSON.stringify({ 'courier-url': listener.uri, 'kannel-mo-url': `${listener.uri}/mo` }),
            });
            const send = (token) =>
                sandbox.ask('POST', '/courier/send', {
                    token,
                    headers: { 'content-type': 'application/json' },
                    body: JSON.stringify({ to: '+8613812341234', text: '受理', id: 'n-1' }),
                });
            assert.strictEqual((await send('x')).status, 401);
            await sandbox.fault({ kind: 'reject', on: 'sms', rail: 'twilio' });
            assert.strictEqual((await send('t')).status, 200);
            const [report] = await listener.wait(1);
            assert.deepStrictEqual([report.url, report.body], ['/cb/delivered', 'id=n-1']);
            await says(sandbox, { from: '13812341234', text: '救', operator: 'courier' });
            const [, up] = await listener.wait(2);
            assert.deepStrictEqual([up.url, new URLSearchParams(up.body).get('text')], ['/cb/receive', '救']);
            await says(sandbox, { from: '13812341234', text: '救😀' });
            const [, , mo] = await listener.wait(3);
            assert.match(mo.url, /^\/cb\/mo\?from=13812341234&.*text=%65%51%D8%3D%DE%00&coding=2/);
            const nowhere = await says(sandbox, { from: '138', text: 'x', operator: 'aliyun' });
            assert.strictEqual(nowhere.status, 400);
        },
        { args: ['--courier-token', 't'] },
    ));

/* ---- Register ---- */

test('register: asked now, answered later, by the hash of the ID; forged answers do not carry its signature', () =>
    withSandbox(
        async (sandbox, listener) => {
            const hash = (id) => crypto.createHash('sha256').update(id).digest('hex');
            const ask = (id, person, token = 'r') =>
                sandbox.ask('POST', '/register/checks', {
                    token,
                    body: JSON.stringify({ check_id: id, id_hash: hash(person), callback_url: listener.uri }),
                });
            const signed = ({ headers, body }) =>
                headers['x-register-signature'] === crypto.createHmac('sha256', 'r').update(body).digest('base64');
            await sandbox.ask('POST', '/sandbox/register', {
                body: JSON.stringify({ id_hash: hash('p1'), answer: 'recognised', kind: 'dibao' }),
            });
            assert.strictEqual((await ask('c1', 'p1', 'x')).status, 401);
            assert.strictEqual((await ask('c1', 'p1')).status, 202);
            assert.strictEqual((await ask('c1', 'p2')).status, 409);
            assert.strictEqual((await ask('c2', 'p2')).status, 202);
            const told = (await listener.wait(2)).map(({ body }) => JSON.parse(body));
            const answers = Object.fromEntries(told.map((one) => [one.check_id, [one.answer, one.kind]]));
            assert.deepStrictEqual(answers, { c1: ['recognised', 'dibao'], c2: ['unknown', ''] });
            assert.ok(listener.requests.every(signed));
            await sandbox.fault({ kind: 'forged_callback', on: 'check', rail: 'register' });
            await ask('c3', 'p1');
            const two = (await listener.wait(4)).slice(2);
            assert.deepStrictEqual(
                two.map((one) => [signed(one), JSON.parse(one.body).answer]).sort(),
                [
                    [false, 'not'],
                    [true, 'recognised'],
                ],
            );
        },
        { args: ['--register-token', 'r'] },
    ));
