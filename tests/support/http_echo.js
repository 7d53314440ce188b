// Starts the http-echo program and speaks to it over raw sockets. Every wait is for an event: a
// line on its output, a byte, an end of file. Nothing here measures time.
'use strict';

const { spawn } = require('node:child_process');
const { EventEmitter, once } = require('node:events');
const net = require('node:net');
const path = require('node:path');
const readline = require('node:readline');

const BIN = process.env.JIUJI_BIN || path.join(__dirname, '../../build/bin');

class Echo {
    // limits: {name: value} of HTTP_LIMITS_TABLE
    static async start(limits = {}) {
        const echo = new Echo();
        const args = Object.entries(limits).flatMap(([name, value]) => [`--${name}`, `${value}`]);
        echo.lines = [];
        echo.clients = new Set();
        echo.events = new EventEmitter().setMaxListeners(0);
        echo.process = spawn(path.join(BIN, 'http-echo'), args, { stdio: ['ignore', 'pipe', 'pipe'] });
        await once(echo.process, 'spawn'); // throws when there is no such program
        echo.errors = '';
        echo.process.stderr.on('data', (data) => { echo.errors += data; });
        echo.exited = once(echo.process, 'exit');
        readline.createInterface({ input: echo.process.stdout }).on('line', (line) => {
            echo.lines.push(line);
            echo.events.emit('line');
        });
        echo.process.on('exit', () => echo.events.emit('line'));
        echo.port = Number((await echo.line(/^port \d+/)).split(' ')[1]);
        return echo;
    }

    // The first line of output that fits; waits for it.
    async line(pattern) {
        for (;;) {
            const found = this.lines.find((line) => pattern.test(line));
            if (found !== undefined)
                return found;
            if (this.process.exitCode !== null || this.process.signalCode !== null)
                throw new Error(`http-echo ended without ${pattern}: ${this.errors}`);
            await once(this.events, 'line');
        }
    }

    async connect(options = {}) {
        const client = await Client.connect(this.port, options);
        this.clients.add(client);
        client.socket.on('close', () => this.clients.delete(client));
        return client;
    }

    // One request on a connection of its own; the answer.
    async ask(text, options = {}) {
        const client = await this.connect(options);
        client.send(text);
        const answer = await client.answer();
        client.destroy();
        return answer;
    }

    async counters() {
        const { body } = await this.ask(get('/counters'));
        return JSON.parse(body);
    }

    // Ask again and again until `check` holds: for states that have no event of their own.
    async until(check, target = '/counters') {
        for (;;) {
            const { body } = await this.ask(get(target));
            const value = JSON.parse(body);
            if (check(value))
                return value;
        }
    }

    // Let go of everything and end it; a sanitizer's report or an abort makes this fail.
    async stop() {
        for (const client of this.clients)
            client.destroy();
        this.process.kill('SIGUSR1');
        this.process.kill('SIGTERM');
        const [code, signal] = await this.exited;
        if (code !== 0)
            throw new Error(`http-echo ended with  : `);
    }
}

class Client {
    static async connect(port, options) {
        const client = new Client();
        client.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, ...options });
        client.socket.setNoDelay(true);
        client.data = Buffer.alloc(0);
        client.ended = false;
        client.reset = false;
        client.socket.on('data', (data) => {
            client.data = Buffer.concat([client.data, data]);
            client.socket.emit('news');
        });
        client.socket.on('end', () => { client.ended = true; client.socket.emit('news'); });
        client.socket.on('error', (error) => { client.error = error; });
        client.socket.on('close', () => {
            client.reset = client.error !== undefined && !client.ended;
            client.ended = true;
            client.socket.emit('news');
        });
        await once(client.socket, 'connect');
        return client;
    }

    // False when the socket is closed already, which a test of refusals may expect.
    send(data) {
        if (this.socket.destroyed || this.socket.writableEnded)
            return false;
        this.socket.write(data);
        return true;
    }

    // Resolves when all of data was handed to the system.
    sent(data) {
        return new Promise((resolve) => { this.socket.write(data, resolve); });
    }

    end() {
        this.socket.end();
    }

    destroy() {
        this.socket.destroy();
    }

    async news() {
        if (!this.ended)
            await once(this.socket, 'news');
    }

    // The next answer: {status, headers, body, raw}. 100 Continue counts as one. null when the
    // connection ends without one.
    async answer({ head = false } = {}) {
        for (;;) {
            const parsed = parseAnswer(this.data, this.ended, head);
            if (parsed !== null) {
                this.data = this.data.subarray(parsed.length);
                return parsed;
            }
            if (this.ended)
                return null;
            await this.news();
        }
    }

    // Everything until the server closes.
    async all() {
        while (!this.ended)
            await this.news();
        return this.data;
    }

    // Waits until the received bytes hold `text`.
    async holds(text) {
        while (!this.data.includes(text)) {
            if (this.ended)
                throw new Error(`closed before '${text}': ${this.data}`);
            await this.news();
        }
    }
}

// null: not complete
function parseAnswer(data, ended, head) {
    const end = data.indexOf('\r\n\r\n');
    if (end < 0)
        return null;
    const lines = data.subarray(0, end).toString('latin1').split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(lines[0])[1]);
    const headers = {};
    for (const line of lines.slice(1)) {
        const colon = line.indexOf(':');
        headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const begin = end + 4;
    const raw = data.subarray(0, begin).toString('latin1');
    if (head || status < 200 || status === 204 || status === 304)
        return { status, headers, body: Buffer.alloc(0), raw, length: begin };
    if (headers['transfer-encoding'] === 'chunked') {
        const chunks = parseChunks(data, begin);
        return chunks === null ? null : { status, headers, raw, ...chunks };
    }
    if (headers['content-length'] === undefined)
        return ended ? { status, headers, raw, body: data.subarray(begin), length: data.length } : null;
    const length = begin + Number(headers['content-length']);
    return data.length < length ? null : { status, headers, raw, body: data.subarray(begin, length), length };
}

function parseChunks(data, at) {
    const pieces = [];
    for (;;) {
        const line = data.indexOf('\r\n', at);
        if (line < 0)
            return null;
        const size = parseInt(data.subarray(at, line).toString('latin1'), 16);
        at = line + 2;
        if (data.length < at + size + 2)
            return null;
        if (size === 0)
            return { body: Buffer.concat(pieces), length: at + 2 };
        pieces.push(data.subarray(at, at + size));
        at += size + 2;
    }
}

function get(target, headers = '') {
    return `GET ${target} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
}

function post(target, body, headers = '') {
    const length = Buffer.byteLength(body);
    return `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n${headers}\r\n${body}`;
}

module.exports = { Echo, get, post };
