// A small client of Redis over its socket: what tests need to look at, and to damage, the store.
'use strict';

const { once } = require('node:events');
const net = require('node:net');

class Redis {
    static async connect(path) {
        const redis = new Redis();
        redis.waiting = [];
        redis.bytes = Buffer.alloc(0);
        redis.socket = net.connect(path);
        redis.socket.on('error', () => {});
        redis.socket.on('data', (chunk) => redis.read(chunk));
        redis.socket.on('close', () => {
            for (const { reject } of redis.waiting.splice(0)) reject(new Error('redis has gone'));
        });
        await once(redis.socket, 'connect');
        return redis;
    }

    // Resolves to a number, a Buffer, null or an array of these.
    call(...command) {
        const parts = command.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(String(part))));
        const out = [Buffer.from(`*${parts.length}\r\n`)];
        for (const part of parts) out.push(Buffer.from(`$${part.length}\r\n`), part, Buffer.from('\r\n'));
        return new Promise((resolve, reject) => {
            if (this.socket.destroyed) {
                reject(new Error('redis has gone'));
                return;
            }
            this.waiting.push({ resolve, reject });
            this.socket.write(Buffer.concat(out));
        });
    }

    read(chunk) {
        this.bytes = Buffer.concat([this.bytes, chunk]);
        for (;;) {
            const found = parse(this.bytes, 0);
            if (!found) return;
            this.bytes = this.bytes.subarray(found.end);
            const { resolve, reject } = this.waiting.shift();
            if (found.value instanceof Error) reject(found.value);
            else resolve(found.value);
        }
    }

    close() {
        this.socket.destroy();
    }
}

// {value, end} of the reply at `at`, null when it is not all there yet.
function parse(bytes, at) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return null;
    const text = bytes.toString('latin1', at + 1, line);
    const next = line + 2;
    switch (String.fromCharCode(bytes[at])) {
        case '+':
            return { value: Buffer.from(text), end: next };
        case '-':
            return { value: new Error(text), end: next };
        case ':':
            return { value: Number(text), end: next };
        case '$': {
            const length = Number(text);
            if (length < 0) return { value: null, end: next };
            if (bytes.length < next + length + 2) return null;
            return { value: bytes.subarray(next, next + length), end: next + length + 2 };
        }
        default: {
            const list = [];
            let end = next;
            for (let i = 0; i < Number(text); i++) {
                const part = parse(bytes, end);
                if (!part) return null;
                list.push(part.value);
                end = part.end;
            }
            return { value: list, end };
        }
    }
}

module.exports = { Redis };
