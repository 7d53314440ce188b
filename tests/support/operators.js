// Sites whose first SMS operator is one of the sandbox's, and whose second one is its Kannel. What an operator calls
// back passes a proxy, as it does in front of a real site: there it can be looked at, held and broken.
'use strict';

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { Site } = require('./site.js');

const SECRET = 'path-secret-of-the-operator';
const KANNEL_SECRET = 'path-secret-of-the-second-one';
const KANNEL_FROM = '10699';
const SIGN = '民政救助';
const TWILIO_SID = 'AC0123456789abcdef0123456789abcdef';
const DAY = '2026-03-03T10:00:00+08:00'; // a Tuesday, nobody sleeps

// Stands between the operators and the gateway.
class Proxy {
    static async start() {
        const one = new Proxy();
        one.seen = []; // {method, url, headers, body, status}, in the order of the answers
        one.kept = []; // what keep() wanted
        one.keep = () => false; // (request) => true: not passed on; the operator hears that all is well
        one.fail = () => false; // 'before': 503 and not passed on; 'after': passed on, the answer is lost
        one.server = http.createServer((request, response) => one.take(request, response));
        one.server.listen(0, '127.0.0.1');
        await once(one.server, 'listening');
        one.url = `http://127.0.0.1:${one.server.address().port}`;
        return one;
    }

    async take(request, response) {
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        const { method, url, headers } = request;
        const asked = { method, url, headers, body: Buffer.concat(chunks) };
        const form = asked.body.toString('utf8').replace(/\+/g, '%20');
        asked.text = `${decodeURIComponent(url)}\n${decodeURIComponent(form)}`;
        if (this.keep(asked)) {
            this.kept.push(asked);
            response.writeHead(200, { 'content-type': 'application/json' }).end('{"code":0,"result":0}');
            return;
        }
        const fault = this.fail(asked);
        if (fault === 'before') {
            response.writeHead(503).end();
            return;
        }
        const answer = await this.pass(asked).catch(() => null);
        if (fault === 'after' || !answer) {
            response.destroy();
            return;
        }
        response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
    }

    // To the gateway, as it is; resolves to its answer.
    pass(asked) {
        return new Promise((resolve, reject) => {
            const { method, url, headers, body } = asked;
            const options = { host: '127.0.0.1', port: this.port, method, path: url, headers, agent: false };
            const request = http.request(
                { ...options, headers: { ...headers, connection: 'close' } },
                (response) => {
                    const chunks = [];
                    response.on('data', (chunk) => chunks.push(chunk));
                    response.on('end', () => {
                        const text = Buffer.concat(chunks);
                        this.seen.push({
                            ...asked,
                            status: response.statusCode,
                            answer: text.toString('utf8'),
                        });
                        resolve({
                            status: response.statusCode,
                            type: response.headers['content-type'] || '',
                            body: text,
                        });
                    });
                },
            );
            request.on('error', reject);
            request.end(body);
        });
    }

    // What the gateway has answered to callbacks that name this.
    statuses(name) {
        return this.seen.filter((one) => one.text.includes(name)).map((one) => one.status);
    }

    close() {
        this.server.close();
        this.server.closeAllConnections?.();
    }
}

// The operator's code of every template of ours, as it would be approved there.
function codes(name, code) {
    const source = fs.readFileSync(path.join(__dirname, '../../workers/sms_text.c'), 'utf8');
    const all = [...source.matchAll(/\{"([a-z-]+)", (\d+), SMS_CLASS/g)];
    const list = all.map(([, template, version], i) => [
        template,
        { code: code(i + 1), version: Number(version) },
    ]);
    return { [name]: Object.fromEntries(list) };
}

const sandboxUrl = (site) => `http://127.0.0.1:${site.bankPort || 1}`;

// hook: where the proxy is. ourId: a receipt gives our id back, so that it can be joined also when the answer to the
// sending stayed away. onItsWay: it has receipts that are not the end.
const OPERATORS = {
    aliyun: {
        ourId: true,
        onItsWay: false,
        to: (phone) => phone,
        sandboxArgs: ['--aliyun-key-id', 'LTAI', '--aliyun-secret', 'secret-of-aliyun'],
        codes: codes('aliyun', (i) => `SMS_${100000 + i}`),
        settings: (site) => ({
            sms_url: sandboxUrl(site),
            sms_user: 'LTAI',
            sms_password: 'secret-of-aliyun',
            sms_sign: SIGN,
        }),
        hooks: (hook) => ({
            'aliyun-report-url': `${hook}/${SECRET}/dlr`,
            'aliyun-up-url': `${hook}/${SECRET}/mo`,
        }),
        receipt: (hook, { id, phone, failed }) => [
            `${hook}/${SECRET}/dlr`,
            JSON.stringify([
                {
                    phone_number: phone,
                    send_time: '2026-03-03 10:00:00',
                    report_time: '2026-03-03 10:00:01',
                    success: !failed,
                    err_code: failed ? 'UNDELIV' : 'DELIVERED',
                    err_msg: '',
                    sms_size: '1',
                    biz_id: `unknown-${id}`,
                    out_id: id,
                },
            ]),
        ],
    },
    tencent: {
        ourId: false,
        onItsWay: false,
        to: (phone) => phone,
        sandboxArgs: ['--tencent-id', 'AKID', '--tencent-secret', 'secret-of-tencent'],
        codes: codes('tencent', (i) => String(2000 + i)),
        settings: (site) => ({
            sms_url: sandboxUrl(site),
            sms_user: 'AKID',
            sms_password: 'secret-of-tencent',
            sms_sign: SIGN,
            sms_app: '1400006666',
        }),
        hooks: (hook) => ({ 'tencent-url': `${hook}/${SECRET}` }),
        receipt: (hook, { id, phone, failed }) => [
            `${hook}/${SECRET}`,
            JSON.stringify([
                {
                    user_receive_time: '2026-03-03 10:00:01',
                    nationcode: '86',
                    mobile: phone,
                    report_status: failed ? 'FAIL' : 'SUCCESS',
                    errmsg: failed ? 'UNDELIV' : 'DELIVRD',
                    description: '',
                    sid: `2019:${id}`,
                },
            ]),
        ],
    },
    twilio: {
        ourId: true,
        onItsWay: true,
        to: (phone) => `+86${phone}`,
        sandboxArgs: ['--twilio-sid', TWILIO_SID, '--twilio-token', 'token-of-twilio'],
        settings: (site, hook) => ({
            sms_url: sandboxUrl(site),
            sms_user: TWILIO_SID,
            sms_password: 'token-of-twilio',
            sms_from: '+18005551212',
            sms_token: 'token-of-twilio',
            sms_secret: '',
            sms_public_url: `${hook}/`,
            sms_report_url: `${hook}/dlr`,
        }),
        hooks: (hook) => ({ 'twilio-url': `${hook}/mo` }),
        receipt: null, // it is signed: nobody else makes one
    },
    courier: {
        ourId: true,
        onItsWay: true,
        to: (phone) => `+86${phone}`,
        sandboxArgs: ['--courier-token', 'token-of-courier'],
        settings: (site) => ({
            sms_url: `${sandboxUrl(site)}/courier/send?id={{id}}&to={{to}}&from={{from}}&text={{text}}`,
            sms_password: 'Bearer token-of-courier',
            sms_from: '96333',
        }),
        hooks: (hook) => ({ 'courier-url': `${hook}/${SECRET}` }),
        receipt: (hook, { id, failed }) => [
            `${hook}/${SECRET}/${failed ? 'failed' : 'delivered'}`,
            `id=${id}`,
            'application/x-www-form-urlencoded',
        ],
    },
};

class OperatorSite {
    // name: of the operator
    static async start(name) {
        const one = new OperatorSite();
        Object.assign(one, { name, operator: OPERATORS[name], offsetMs: new Date(DAY) - Date.now() });
        one.proxy = await Proxy.start();
        one.hook = `${one.proxy.url}/v1/sms/${name}`;
        try {
            await one.open();
        } catch (error) {
            await one.stop();
            throw error;
        }
        return one;
    }

    async open() {
        const { name, proxy, operator, hook } = this;
        const hook2 = `${proxy.url}/v1/sms/kannel/${KANNEL_SECRET}`;
        this.site = await Site.start({
            clock: DAY,
            sandboxArgs: operator.sandboxArgs,
            prepared: (site) => {
                fs.writeFileSync(site.file('codes.json'), JSON.stringify(operator.codes || {}));
            },
            settings: (site) => ({
                sms_provider: name,
                sms_secret: SECRET,
                sms_codes_file: site.file('codes.json'),
                sms_answers_an_hour: 1000,
                sms_silence_hours: 0, // days pass here
                sms2_provider: 'kannel',
                sms2_url: `${sandboxUrl(site)}/cgi-bin/sendsms`,
                sms2_user: 'jiuji',
                sms2_password: 'pw',
                sms2_from: KANNEL_FROM,
                sms2_secret: KANNEL_SECRET,
                sms2_report_url: `${hook2}/dlr`,
                bank_settle_ms: 300,
                ...operator.settings(site, hook),
            }),
        });
        proxy.port = this.site.port;
        await this.site.ready();
        const told = await this.site.bank.post('/sandbox/settings', operator.hooks(hook));
        if (told.status !== 200) throw new Error(told.text);
    }

    async stop() {
        this.proxy.close();
        await this.site?.stop();
    }

    // The clock of all processes goes on by so much.
    forward(ms) {
        this.offsetMs += ms;
        return this.site.at(new Date(Date.now() + this.offsetMs));
    }

    // Somebody writes to the operator's number.
    async writes(phone, text) {
        const body = { from: this.operator.to(phone), text, operator: this.name };
        const answer = await this.site.bank.post('/sandbox/mo', body);
        if (answer.status !== 200) throw new Error(answer.text);
    }

    fault(kind, phone, more = {}) {
        return this.site.fault({ kind, on: 'sms', rail: this.name, match: this.operator.to(phone), ...more });
    }

    // What this telephone has got: [{via, text}], via: the operator or kannel.
    async got(phone) {
        const { messages } = await this.site.bankGet('/sandbox/sms?limit=1000');
        return messages
            .filter((one) => one.to.endsWith(phone))
            .map((one) => ({ via: one.from === KANNEL_FROM ? 'kannel' : this.name, text: one.text }));
    }

    // The outbox's only message about the case: {state, provider, tries}.
    async told(no) {
        const { items } = await (await this.site.as('auditor')).must(200, 'GET', `/v1/cases/${no}/messages`);
        return items;
    }
}

module.exports = { OperatorSite, OPERATORS, Proxy };
