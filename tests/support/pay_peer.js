// The payment codecs as a process (pay_peer.c): one question per line, one answer per line. And key pairs for it, made
// new in every run.
'use strict';

const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const { once } = require('node:events');
const path = require('node:path');
const readline = require('node:readline');

const BIN = process.env.JIUJI_BIN || path.join(__dirname, '../../build/bin');

// {privateKey, publicKey} in PEM
function keyPair(kind = 'rsa') {
    const encoding = {
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    };
    return crypto.generateKeyPairSync(kind, {
        ...(kind === 'rsa' ? { modulusLength: 2048 } : {}),
        ...encoding,
    });
}

class PayPeer {
    constructor() {
        this.process = spawn(path.join(BIN, 'pay-peer'), { stdio: ['pipe', 'pipe', 'inherit'] });
        this.waiting = [];
        const fail = (error) => this.waiting.splice(0).forEach(({ reject }) => reject(error));
        readline.createInterface({ input: this.process.stdout }).on('line', (line) => {
            this.waiting.shift().resolve(JSON.parse(line));
        });
        this.process.on('error', fail);
        this.exited = once(this.process, 'exit').then(([code, signal]) => {
            fail(new Error(`pay-peer ended with ${code ?? signal}`));
        });
        this.process.stdin.on('error', () => {});
    }

    ask(what, question = {}) {
        return new Promise((resolve, reject) => {
            this.waiting.push({ resolve, reject });
            this.process.stdin.write(`${JSON.stringify({ do: what, ...question })}\n`);
        });
    }

    async stop() {
        this.process.stdin.end();
        await this.exited;
    }
}

module.exports = { PayPeer, keyPair };
