// A client of the HTTP API, and people who do not exist.
'use strict';

const http = require('node:http');

let count = 0;

// A fresh Idempotency-Key.
const freshKey = () => `test-${process.pid}-${Date.now().toString(36)}-${++count}`;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Api {
    constructor(port, token) {
        this.port = port;
        this.token = token;
        this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    }

    // {status, headers, text, json}; body: an object, or text or bytes as they are. Rejects without an answer.
    ask(method, target, { body, headers = {}, key, timeoutMs = 60000, agent = this.agent } = {}) {
        const bytes =
            body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
        const all = { ...headers };
        if (this.token) all.authorization ??= `Bearer ${this.token}`;
        if (key) all['idempotency-key'] = key;
        if (bytes !== undefined) {
            all['content-type'] ??= 'application/json';
            all['content-length'] = Buffer.byteLength(bytes);
        }
        return new Promise((resolve, reject) => {
            const options = { host: '127.0.0.1', port: this.port, method, path: target, headers: all, agent };
            const request = http.request(options, (response) => {
                const chunks = [];
                response.on('data', (chunk) => chunks.push(chunk));
                response.on('error', reject);
                response.on('end', () => {
                    const text = Buffer.concat(chunks).toString('utf8');
                    const json = /json/.test(response.headers['content-type'] || '') ? JSON.parse(text) : undefined;
                    resolve({ status: response.statusCode, headers: response.headers, text, json });
                });
            });
            request.setTimeout(timeoutMs, () => request.destroy(new Error(`no answer to ${method} ${target}`)));
            request.on('error', reject);
            request.end(bytes);
        });
    }

    get(target, options) {
        return this.ask('GET', target, options);
    }

    // With a fresh key unless one is given; key: null sends none.
    post(target, body, { key = freshKey(), ...options } = {}) {
        return this.ask('POST', target, { body, key, ...options });
    }

    // The answer's body; any other status than wanted is an error that tells.
    async must(status, method, target, body) {
        const answer = await (method === 'GET' ? this.get(target) : this.post(target, body));
        if (answer.status !== status) {
            throw new Error(`${method} ${target}: ${answer.status} instead of ${status}: ${answer.text}`);
        }
        return answer.json;
    }

    verb(no, verb, body, options) {
        return this.post(`/v1/cases/${no}/${verb}`, { reason: '测试', ...body }, options);
    }

    claim(township, no, options) {
        return this.post(`/v1/townships/${township}/claim`, no ? { case: no } : {}, options);
    }

    close() {
        this.agent.destroy();
    }
}

// ---- People ----

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

function idNumber(n) {
    const two = (x) => String(x).padStart(2, '0');
    const first = `5201021980${two(1 + (n % 12))}${two(1 + (Math.floor(n / 12) % 28))}`;
    const digits = first + String(Math.floor(n / 336) % 1000).padStart(3, '0');
    const sum = WEIGHTS.reduce((total, weight, i) => total + weight * Number(digits[i]), 0);
    return digits + '10X98765432'[sum % 11];
}

function account(n) {
    const digits = `6222020000${String(n).padStart(8, '0')}`;
    let sum = 0;
    for (let i = 0; i < digits.length; i++) {
        let digit = Number(digits[digits.length - 1 - i]);
        if (i % 2 === 0) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return `account:${digits}${(10 - (sum % 10)) % 10}@icbc`;
}

let people = 0;

// Somebody whom no other ticket of this process names.
function person(more = {}) {
    const n = ++people;
    return {
        name: `测试${n}`,
        id_number: idNumber(n),
        phone: `139${String(10000000 + n)}`,
        account: account(n),
        ...more,
    };
}

// A ticket that the rules pay by themselves (stranded without money, two days' help) in that township.
function strandedTicket(code = '520102022', more = {}) {
    return { cause: 'stranded', stranded: true, person: person(), place: { code }, narrative: '钱包被偷，回不了家', ...more };
}

// A ticket that is left to the township's officer.
function plainTicket(code = '520102022', more = {}) {
    return { cause: 'education', person: person(), place: { code }, narrative: '学费', ...more };
}

module.exports = { Api, freshKey, sleep, person, idNumber, account, strandedTicket, plainTicket };
