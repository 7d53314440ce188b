// The SMS codecs as a process (sms_peer.c): one question per line, one answer per line.
'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const readline = require('node:readline');

const BIN = process.env.JIUJI_BIN || path.join(__dirname, '../../build/bin');

class SmsPeer {
    constructor() {
        this.process = spawn(path.join(BIN, 'sms-peer'), { stdio: ['pipe', 'pipe', 'inherit'] });
        this.waiting = [];
        const fail = (error) => this.waiting.splice(0).forEach(({ reject }) => reject(error));
        readline.createInterface({ input: this.process.stdout }).on('line', (line) => {
            this.waiting.shift().resolve(JSON.parse(line));
        });
        this.process.on('error', fail);
        this.exited = once(this.process, 'exit').then(([code, signal]) => {
            fail(new Error(`sms-peer ended with ${code ?? signal}`));
        });
        this.process.stdin.on('error', () => {});
    }

    ask(question) {
        return new Promise((resolve, reject) => {
            this.waiting.push({ resolve, reject });
            this.process.stdin.write(`${JSON.stringify(question)}\n`);
        });
    }

    // body: string or Buffer
    receive(question) {
        return this.ask({
            do: 'receive',
            ...question,
            body: Buffer.from(question.body ?? '').toString('base64'),
        });
    }

    read(provider, status, body) {
        return this.ask({ do: 'read', provider, status, body: Buffer.from(body).toString('base64') });
    }

    async stop() {
        this.process.stdin.end();
        await this.exited;
    }
}

module.exports = { SmsPeer };
