// A real Kannel (Debian's packages kannel and kannel-extras) on ports of the loopback: bearerbox, smsbox and fakesmsc,
// the telephone network with one telephone. Programs are looked for in the system, and below $JIUJI_KANNEL, where the
// packages may have been unpacked.
'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const { freePorts } = require('./ports.js');

const ROOT = [process.env.JIUJI_KANNEL, '/'].find(
    (root) => root && fs.existsSync(path.join(root, 'usr/sbin/bearerbox')),
);
const program = (name) => path.join(ROOT, name);
const FAKESMSC =
    ROOT && ['usr/lib/kannel/test/fakesmsc', 'usr/bin/fakesmsc'].find((f) => fs.existsSync(program(f)));

// For node:test's `skip`.
const skip = FAKESMSC ? false : 'SKIPPED: kannel and kannel-extras are not installed';

function environment() {
    if (ROOT === '/') return process.env;
    const lib = path.join(ROOT, 'usr/lib');
    const folders = fs.readdirSync(lib).filter((name) => name.endsWith('-linux-gnu'));
    return { ...process.env, LD_LIBRARY_PATH: folders.map((name) => path.join(lib, name)).join(':') };
}

// Until fn gives something true; an error counts as "not yet".
async function until(what, fn, seconds = 120) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        const value = await Promise.resolve()
            .then(fn)
            .catch(() => false);
        if (value) return value;
        if (Date.now() > end) throw new Error(`in vain: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 30));
    }
}

function get(url) {
    return new Promise((resolve, reject) => {
        http.get(url, { agent: false }, async (response) => {
            let body = '';
            for await (const chunk of response) body += chunk;
            resolve(body);
        }).on('error', reject);
    });
}

class Kannel {
    // service: lines of the sms-service group that say where messages go; core: more lines of the core group
    static async start({ service, core = '', retries = 3 }) {
        const k = new Kannel();
        k.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'jiuji-kannel-'));
        k.children = [];
        k.got = []; // what the telephone got: {from, to, text}
        [k.admin, k.box, k.smsc, k.sendsms] = await freePorts(4);
        k.url = `http://127.0.0.1:${k.sendsms}/cgi-bin/sendsms`;
        fs.writeFileSync(path.join(k.folder, 'kannel.conf'), k.config(service, core, retries));
        try {
            k.run('bearerbox', program('usr/sbin/bearerbox'), ['-v', '4', 'kannel.conf']);
            await until('bearerbox', () => k.status());
            k.run('smsbox', program('usr/sbin/smsbox'), ['-v', '4', 'kannel.conf']);
            await until('smsbox', async () => (await k.status()).includes('smsbox') && get(k.url));
        } catch (error) {
            await k.stop();
            throw error;
        }
        return k;
    }

    config(service, core, retries) {
        return `group = core
admin-port = ${this.admin}
admin-password = pw
smsbox-port = ${this.box}
box-allow-ip = 127.0.0.1
dlr-storage = internal
${core}

group = smsc
smsc = fake
smsc-id = fake1
port = ${this.smsc}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = ${this.box}
sendsms-port = ${this.sendsms}
http-request-retry = ${retries}
http-queue-delay = 1

group = sendsms-user
username = jiuji
password = pw
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 3
omit-empty = true
send-sender = true
${service}
`;
    }

    status() {
        return get(`http://127.0.0.1:${this.admin}/status.txt?password=pw`);
    }

    run(name, file, args, onLine = () => {}) {
        const child = spawn(file, args, {
            cwd: this.folder,
            env: environment(),
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        const log = fs.createWriteStream(path.join(this.folder, `${name}.log`), { flags: 'a' });
        for (const stream of [child.stdout, child.stderr]) {
            readline.createInterface({ input: stream }).on('line', (line) => {
                log.write(`${line}\n`);
                onLine(line);
            });
        }
        child.on('error', () => {});
        this.children.push({ child, ended: once(child, 'exit').catch(() => {}) });
    }

    // The telephone; it sends `texts` ("FROM TO text|ucs2 ESCAPED") in a random order, again and again, `count` in all.
    async connectTelephone(texts, count) {
        const args = [
            '-H',
            '127.0.0.1',
            '-r',
            String(this.smsc),
            '-i',
            '0.05',
            '-m',
            String(count),
            ...texts,
        ];
        this.run('fakesmsc', program(FAKESMSC), args, (line) => {
            const m = /Got message \d+: <(\S+) (\S+) (\S+) (.*)>/.exec(line);
            if (m) this.got.push({ from: m[1], to: m[2], text: decode(m[3], m[4]) });
        });
        await until('fakesmsc', async () => /fake1[^\n]*online/.test(await this.status()));
    }

    async stop() {
        for (const { child } of this.children.reverse()) child.kill('SIGTERM');
        const patience = setTimeout(() => this.children.forEach(({ child }) => child.kill('SIGKILL')), 5000);
        await Promise.all(this.children.map(({ ended }) => ended));
        clearTimeout(patience);
        fs.rmSync(this.folder, { recursive: true, force: true });
    }
}

// fakesmsc prints bytes with escapes and '+' for a blank.
function decode(kind, escaped) {
    if (kind !== 'ucs-2') return escaped;
    const bytes = Buffer.from(unescape(escaped.replace(/\+/g, ' ')), 'latin1');
    return bytes.swap16().toString('utf16le');
}

module.exports = { Kannel, skip, until };
