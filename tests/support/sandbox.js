// Starts jiuji-sandbox and a listener for its callbacks. Every wait is for an event or a condition.
'use strict';

const { spawn } = require('node:child_process');
const { EventEmitter, once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');

const BIN = process.env.JIUJI_BIN || path.join(__dirname, '../../build/bin');
const TOKEN = 'bank-token-of-the-test';

class Sandbox {
    static folder() {
        return fs.mkdtempSync(path.join(os.tmpdir(), 'jiuji-sandbox-'));
    }

    // data: folder of an earlier run, to go on with its journal
    static async start({ data = Sandbox.folder(), args = [] } = {}) {
        const s = new Sandbox();
        s.data = data;
        s.process = spawn(
            path.join(BIN, 'jiuji-sandbox'),
            ['--data', data, '--bank-token', TOKEN, '--sms-password', 'pw', ...args],
            { stdio: ['ignore', 'pipe', 'pipe'] },
        );
        s.output = '';
        s.process.stderr.on('data', (chunk) => {
            s.output += chunk;
        });
        s.exited = once(s.process, 'exit');
        const lines = readline.createInterface({ input: s.process.stdout });
        lines.on('line', (line) => {
            s.output += `${line}\n`;
        });
        const [line] = await Promise.race([
            once(lines, 'line'),
            s.exited.then(([code]) => {
                throw new Error(`ended with ${code}: ${s.output}`);
            }),
        ]);
        s.port = Number(line.replace('port=', ''));
        s.url = `http://127.0.0.1:${s.port}`;
        return s;
    }

    // Resolves to [exit code, signal].
    stop(signal = 'SIGTERM') {
        this.process.kill(signal);
        return this.exited;
    }

    // {status, body, json} of one request on a connection of its own
    async ask(method, target, { body, token = TOKEN, headers = {} } = {}) {
        const response = await fetch(this.url + target, {
            method,
            body,
            headers: { connection: 'close', authorization: `Bearer ${token}`, ...headers },
        });
        const text = await response.text();
        return { status: response.status, body: text, type: response.headers.get('content-type') };
    }

    async get(target) {
        const answer = await this.ask('GET', target);
        if (answer.status !== 200) throw new Error(`${target}: ${answer.status} ${answer.body}`);
        return JSON.parse(answer.body);
    }

    async fault(fault) {
        const answer = await this.ask('POST', '/sandbox/faults', { body: JSON.stringify(fault) });
        if (answer.status !== 200) throw new Error(`fault refused: ${answer.body}`);
    }

    async met(kind) {
        return (await this.get('/sandbox/faults')).met[kind];
    }

    disburse(orders, { uri, token, header = {}, headers } = {}) {
        return this.ask('POST', '/disburse', {
            token,
            headers,
            body: JSON.stringify(disburseMessage(orders, uri, header)),
        });
    }

    // Map from reference to its entry of the answer
    async status(references) {
        const answer = await this.ask('POST', '/disburse/sync/txn/status', {
            body: JSON.stringify(statusMessage(references)),
        });
        if (answer.status !== 200) throw new Error(`status: ${answer.status} ${answer.body}`);
        return entriesOf(JSON.parse(answer.body).message.txnstatus_response.txn_status);
    }
}

function entriesOf(message) {
    return Object.fromEntries(message.disbursements_status.map((entry) => [entry.reference_id, entry]));
}

function header(action, count, more) {
    return {
        version: '1.0.0',
        message_id: `m${Math.random()}`,
        message_ts: '2026-03-01T09:30:00+08:00',
        action,
        sender_id: 'lsjz.county',
        total_count: count,
        is_msg_encrypted: false,
        ...more,
    };
}

// orders: [reference, amount, payee?] or whole objects
function disburseMessage(orders, uri, more = {}) {
    const list = orders.map((order) =>
        Array.isArray(order)
            ? {
                  reference_id: order[0],
                  payer_fa: 'account:1@bank',
                  payee_fa: order[2] || 'account:6200000000000005@bank',
                  amount: order[1],
                  currency_code: 'CNY',
              }
            : order,
    );
    return {
        signature: '',
        header: header('disburse', list.length, { ...(uri ? { sender_uri: uri } : {}), ...more }),
        message: { transaction_id: 'T1', disbursements: list },
    };
}

function statusMessage(references) {
    return {
        signature: '',
        header: header('search', references.length),
        message: {
            transaction_id: 'T2',
            txnstatus_request: {
                reference_id: 'q1',
                txn_type: 'disburse',
                attribute_type: 'reference_id_list',
                attribute_value: references,
            },
        },
    };
}

// A listener for callbacks and delivery reports. `answer(count)` gives the status, or [status, body], for the
// count-th request.
class Listener {
    static async start(answer = () => 200) {
        const l = new Listener();
        l.requests = [];
        l.events = new EventEmitter().setMaxListeners(0);
        l.server = http.createServer(async (request, response) => {
            let body = '';
            for await (const chunk of request) body += chunk;
            l.requests.push({ method: request.method, url: request.url, headers: request.headers, body });
            const [status, text = ''] = [].concat(answer(l.requests.length));
            response.statusCode = status;
            response.end(text);
            l.events.emit('request');
        });
        l.server.listen(0, '127.0.0.1');
        await once(l.server, 'listening');
        l.uri = `http://127.0.0.1:${l.server.address().port}/cb`;
        return l;
    }

    // The first `count` requests; waits for them.
    async wait(count) {
        while (this.requests.length < count) await once(this.events, 'request');
        return this.requests;
    }

    stop() {
        this.server.closeAllConnections?.();
        this.server.close();
    }
}

// Asks again until the condition holds; the runner's time-out is the limit.
async function until(condition) {
    for (;;) {
        const value = await condition();
        if (value) return value;
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
}

// A sandbox and a listener for the time of `body`; options: those of start(), and `answer` of the listener.
async function withSandbox(body, options) {
    const sandbox = await Sandbox.start(options);
    const listener = await Listener.start(options?.answer);
    try {
        await body(sandbox, listener);
    } finally {
        listener.stop();
        const [code, signal] = await sandbox.stop();
        const report = /^.*(ERROR: (Address|Leak)Sanitizer|runtime error:|ASSERT)[^]*/m.exec(sandbox.output);
        if (code !== 0 || report) {
            throw new Error(`the sandbox ended with ${code ?? signal}: ${sandbox.output.slice(-3000)}`);
        }
        fs.rmSync(sandbox.data, { recursive: true });
    }
}

const ackOf = (answer) => JSON.parse(answer.body).message;
const callbackOf = (request) => JSON.parse(request.body);

module.exports = {
    Sandbox,
    Listener,
    TOKEN,
    withSandbox,
    ackOf,
    callbackOf,
    entriesOf,
    disburseMessage,
    statusMessage,
    until,
};
