// Starts a whole site for one test file: a Redis of its own, the sandbox bank and SMS operator, gateways and
// workers from JIUJI_BIN, all in one temporary folder. Every wait is for a condition and has a deadline.
'use strict';

const assert = require('node:assert');
const { execFile, execFileSync, spawn } = require('node:child_process');
const { once } = require('node:events');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { promisify } = require('node:util');
const { Api, sleep } = require('./api.js');
const { Redis } = require('./redis.js');

const BIN = process.env.JIUJI_BIN || path.join(__dirname, '../../build/bin');
const ROOT = path.join(__dirname, '../..');
const REGION = '520000';
// of one condition, also under sanitizers on a busy machine
const DEADLINE_MS = Number(process.env.JIUJI_TEST_DEADLINE_MS || 120000);
const BANK_TOKEN = 'bank-token-of-the-test';
const SECRET = 'callback-secret-of-the-test';

// Waits until condition() gives something true, and gives it back.
async function until(what, condition, deadlineMs = DEADLINE_MS) {
    const end = Date.now() + deadlineMs;
    for (;;) {
        const value = await condition();
        if (value) return value;
        if (Date.now() > end) {
            throw new Error(`not within ${deadlineMs} ms: ${typeof what === 'function' ? await what() : what}`);
        }
        await sleep(20);
    }
}

// Whatever way the test ends, its processes end with it.
const alive = new Set();
process.on('SIGTERM', () => process.exit(1));
process.on('exit', () => alive.forEach((child) => child.signal('SIGKILL')));

// A process of the site; what it writes collects in .log, .exited resolves to [code, signal].
class Child {
    constructor(name, program, args, env) {
        this.name = name;
        this.log = '';
        this.process = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
        for (const stream of [this.process.stdout, this.process.stderr]) {
            stream.setEncoding('utf8');
            stream.on('data', (text) => {
                this.log += text;
            });
        }
        this.running = true;
        alive.add(this);
        this.exited = once(this.process, 'close').then((how) => {
            this.running = false;
            alive.delete(this);
            return how;
        });
    }

    // Waits for a line and gives the match.
    says(pattern) {
        return until(
            () => `${this.name} to say ${pattern}: ${this.log.slice(-2000)}`,
            () => {
                const match = pattern.exec(this.log);
                if (!match && !this.running) throw new Error(`${this.name} has ended: ${this.log.slice(-2000)}`);
                return match;
            },
        );
    }

    signal(name) {
        if (this.running) this.process.kill(name);
    }

    kill() {
        this.signal('SIGKILL');
        return this.exited;
    }
}

// Sets the wall clock of a process and moves it while it runs (clock_shim.c).
const CLOCK_SHIM = path.join(BIN, 'libclock_shim.so');
// How far the clock of this process is moved itself, where the whole suite runs at another time (clock_shim.c).
const OWN_CLOCK = process.env.JIUJI_CLOCK_FILE;
const OWN_OFFSET_S = OWN_CLOCK ? fs.readFileSync(OWN_CLOCK).readBigInt64LE() : 0n;

class Site {
    // clock: what time it is for all processes (at() moves it);
    // settings: for all processes; workers: settings of each; policy(pack): changes the policy pack; callbackUrl:
    // where the bank calls instead of the gateway; sandboxArgs: more arguments of jiuji-sandbox; prepared(site): called
    // when the folder is there and nothing runs. settings and sandboxArgs may be functions of the site.
    static async start({
        settings = {},
        gateways = 1,
        workers = [{}],
        policy,
        callbackUrl,
        clock,
        sandboxArgs = [],
        prepared,
    } = {}) {
        const site = new Site();
        site.data = fs.mkdtempSync(path.join(os.tmpdir(), 'jiuji-site-'));
        site.children = []; // every process there ever was
        site.env = {};
        if (clock) site.setClock(clock);
        site.settings = settings;
        site.sandboxArgs = sandboxArgs;
        site.tokens = new Map();
        site.apis = [];
        site.callbackUrl = callbackUrl;
        site.gateways = [];
        site.workers = new Map();
        try {
            site.prepare(policy);
            await prepared?.(site);
            await site.startRedis();
            await site.ctl('store', 'load');
            await site.startSandbox();
            for (let i = 1; i <= gateways; i++) await site.startGateway(i);
            site.writeConfig();
            for (const [i, one] of workers.entries()) await site.startWorker(`worker-${i + 1}`, one);
        } catch (error) {
            await site.stop({ check: false });
            throw error;
        }
        return site;
    }

    file(...parts) {
        return path.join(this.data, ...parts);
    }

    prepare(policy) {
        for (const folder of ['redis', 'sandbox']) fs.mkdirSync(this.file(folder));
        fs.writeFileSync(this.file('master.key'), crypto.randomBytes(32).toString('hex'), { mode: 0o600 });
        const pack = JSON.parse(fs.readFileSync(path.join(ROOT, 'ops/policy/base.json'), 'utf8'));
        policy?.(pack);
        fs.writeFileSync(this.file('policy.json'), JSON.stringify(pack));
        const compile = ['townships', 'compile', '--from', path.join(ROOT, 'ops/townships')];
        execFileSync(path.join(BIN, 'jiujictl'), [...compile, '--out', this.file('townships.set')], { stdio: 'pipe' });
        this.socket = this.file('redis.sock');
        this.writeConfig();
    }

    writeConfig() {
        const all = {
            region: REGION,
            redis_socket: this.socket,
            data_dir: this.data,
            listen: '127.0.0.1',
            port: this.port || 0,
            master_key_file: this.file('master.key'),
            policy_file: this.file('policy.json'),
            calendar_file: path.join(ROOT, 'ops/calendar/china.json'),
            townships_file: this.file('townships.set'),
            bank_url: `http://127.0.0.1:${this.bankPort || 1}`,
            bank_token: BANK_TOKEN,
            callback_url: this.callbackUrl || `http://127.0.0.1:${this.port || 1}/v1/payments/callback/g2p/${SECRET}`,
            callback_secret: SECRET,
            sms_url: `http://127.0.0.1:${this.bankPort || 1}/cgi-bin/sendsms`,
            sms_password: 'pw',
            log_level: 'debug',
            ...(typeof this.settings === 'function' ? this.settings(this) : this.settings),
        };
        this.config = this.file('site.conf');
        const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}\n`);
        fs.writeFileSync(this.config, lines.join(''), { mode: 0o600 });
    }

    child(name, program, args) {
        const child = new Child(name, program, args, this.env);
        this.children.push(child);
        return child;
    }

    // ---- Time ----

    setClock(time) {
        const offset = Buffer.alloc(8);
        offset.writeBigInt64LE(OWN_OFFSET_S + BigInt(Math.round((new Date(time) - Date.now()) / 1000)));
        if (this.clockFile === undefined) this.clockFile = fs.openSync(this.file('clock'), 'w');
        fs.writeSync(this.clockFile, offset, 0, 8, 0);
        this.env = {
            LD_PRELOAD: CLOCK_SHIM,
            JIUJI_CLOCK_FILE: this.file('clock'),
            ASAN_OPTIONS: `verify_asan_link_order=0:${process.env.ASAN_OPTIONS || ''}`,
        };
    }

    // It is that time now, for all processes of the site.
    async at(time) {
        this.setClock(time);
        const [seconds] = await this.redis('TIME');
        assert.ok(Math.abs(Number(seconds) * 1000 - new Date(time)) < 60000, 'the clock of redis');
    }

    // ---- Redis ----

    async startRedis({ appendfsync = 'always' } = {}) {
        const template = fs.readFileSync(path.join(ROOT, 'ops/redis/redis.conf.in'), 'utf8');
        const text = template
            .replaceAll('@SOCKET@', this.socket)
            .replaceAll('@DIR@', this.file('redis'))
            .replaceAll('@MAXMEMORY@', '256mb')
            .replace('appendfsync always', `appendfsync ${appendfsync}`);
        fs.writeFileSync(this.file('redis.conf'), text);
        fs.rmSync(this.socket, { force: true });
        this.redisChild = this.child('redis', 'redis-server', [this.file('redis.conf')]);
        await this.redisChild.says(/eady to accept connections/);
        await this.connectRedis();
    }

    async connectRedis() {
        this.connection?.close();
        this.connection = await Redis.connect(this.socket);
    }

    // One command; names of keys are given without the region's hash tag by key().
    redis(...command) {
        return this.connection.call(...command);
    }

    key(name) {
        return `{${REGION}}:${name}`;
    }

    // All keys that begin with name, without hash tag.
    async keys(name) {
        const found = await this.redis('KEYS', `{${REGION}}:${name}*`);
        return found.map((key) => String(key).slice(REGION.length + 3));
    }

    // ---- The programs ----

    // Starts a program until it says that it listens: while its port was free, a connection of another process may have
    // got it for a moment.
    async listening(begin, pattern) {
        let begun;
        const match = await until('the port to be free again', async () => {
            begun = begin();
            try {
                return await begun.says(pattern);
            } catch (error) {
                if (!/[Aa]ddress already in use|is it taken/.test(begun.log)) throw error;
                return null;
            }
        });
        return { child: begun, match };
    }

    async startSandbox() {
        const args = ['--data', this.file('sandbox'), '--bank-token', BANK_TOKEN, '--sms-password', 'pw'];
        const port = ['--port', String(this.bankPort || 0)];
        const more = typeof this.sandboxArgs === 'function' ? this.sandboxArgs(this) : this.sandboxArgs;
        const begin = () => this.child('sandbox', path.join(BIN, 'jiuji-sandbox'), [...args, ...port, ...more]);
        const { child, match } = await this.listening(begin, /port=(\d+)/);
        this.sandboxChild = child;
        const [, found] = match;
        this.bankPort = Number(found);
        this.bank = new Api(this.bankPort, BANK_TOKEN);
        this.apis.push(this.bank);
        this.writeConfig();
    }

    // node: its number; the first one chooses the port, the others share it unless they ask for port 0.
    async startGateway(node = 1, more = {}) {
        const folder = this.file(`gateway-${node}`);
        fs.mkdirSync(folder, { recursive: true });
        const args = ['--config', this.config, '--node', String(node), '--data_dir', folder];
        for (const [name, value] of Object.entries(more)) args.push(`--${name}`, String(value));
        const begin = () => {
            this.gateways[node] = this.child(`gateway-${node}`, path.join(BIN, 'jiuji-gateway'), args);
            return this.gateways[node];
        };
        const { child, match } = await this.listening(begin, /event=listening .*port=(\d+)/);
        child.port = Number(match[1]);
        if (!this.port) {
            this.port = child.port;
            this.writeConfig();
        }
        return child;
    }

    // Until it is ready to take tickets.
    async ready(port = this.port) {
        const api = this.api(null, { port });
        await until('the gateway to be ready', async () => {
            const answer = await api.get('/readyz').catch(() => null);
            return answer?.status === 200;
        });
    }

    startWorker(name, more = {}) {
        const folder = this.file(name);
        fs.mkdirSync(folder, { recursive: true });
        const args = ['--config', this.config, '--worker_name', name, '--data_dir', folder];
        for (const [setting, value] of Object.entries(more)) args.push(`--${setting}`, String(value));
        const child = this.child(name, path.join(BIN, 'jiuji-worker'), args);
        child.settings = more;
        this.workers.set(name, child);
        return child;
    }

    // What people do while no worker looks: no timer fires between the steps of body, however long they take.
    async still(body) {
        const workers = [...this.workers.values()].filter((worker) => worker.running);
        for (const worker of workers) worker.signal('SIGSTOP');
        try {
            return await body();
        } finally {
            for (const worker of workers) worker.signal('SIGCONT');
        }
    }

    // The operator's tool; resolves to its output, rejects when it fails.
    async ctl(...args) {
        const env = { ...process.env, ...this.env };
        const run = promisify(execFile)(path.join(BIN, 'jiujictl'), ['--config', this.config, ...args], { env });
        const { stdout, stderr } = await run;
        this.ctlLog = (this.ctlLog || '') + stderr;
        return stdout;
    }

    // ---- Clients ----

    // Token of a role; made once. Officers have a township.
    async token(role, name = role, township = '') {
        const id = `${role}/${name}/${township}`;
        if (!this.tokens.has(id)) {
            const more = township ? ['--township', township] : [];
            const made = await this.ctl('token', 'create', '--role', role, '--name', name, ...more);
            this.tokens.set(id, made.trim());
        }
        return this.tokens.get(id);
    }

    api(token, { port = this.port } = {}) {
        const api = new Api(port, token);
        this.apis.push(api);
        return api;
    }

    async as(role, name = role, township = '') {
        return this.api(await this.token(role, name, township));
    }

    officer(township, name = `officer-${township}`) {
        return this.as('officer', name, township);
    }

    async fund(township, amount = 100000000) {
        await this.ctl('fund', 'allot', township, String(amount));
    }

    // The case, once it is as wanted: a state, a list of states or a function of the case.
    async awaitCase(no, wanted, { deadlineMs = DEADLINE_MS, token } = {}) {
        const api = this.api(token || (await this.token('agent')));
        const end = Date.now() + deadlineMs;
        let etag;
        let seen;
        const fits =
            typeof wanted === 'function' ? wanted : (shown) => [].concat(wanted).includes(shown.state);
        for (;;) {
            const headers = etag ? { 'if-none-match': etag } : {};
            const answer = await api.get(`/v1/cases/${no}${etag ? '?wait=2' : ''}`, { headers }).catch(() => null);
            if (answer?.status === 200) {
                seen = answer.json;
                etag = answer.headers.etag;
                if (fits(seen)) return seen;
            } else if (answer?.status !== 304) {
                await sleep(20);
            }
            if (Date.now() > end) {
                throw new Error(`case ${no} did not become ${wanted}: ${JSON.stringify(seen)} ${this.tails()}`);
            }
        }
    }

    async events(no) {
        const answer = await (await this.as('auditor')).get(`/v1/cases/${no}/events`);
        assert.strictEqual(answer.status, 200, answer.text);
        return answer.json.events;
    }

    // ---- The sandbox ----

    async bankGet(target) {
        const answer = await this.bank.get(target);
        assert.strictEqual(answer.status, 200, answer.text);
        return answer.json;
    }

    async fault(fault) {
        const answer = await this.bank.post('/sandbox/faults', fault);
        assert.strictEqual(answer.status, 200, answer.text);
    }

    // ---- What must hold ----

    // Nothing is on its way any more: no job ready, leased or delayed.
    async quiet(stages = ['route', 'pay', 'notify']) {
        const waiting = async () => {
            const counts = {};
            for (const stage of stages) {
                for (const part of ['ready', 'leased', 'delayed']) {
                    const n = await this.redis('ZCARD', this.key(`q:${stage}:${part}`));
                    if (n > 0) counts[`${stage}:${part}`] = n;
                }
            }
            return counts;
        };
        await until(
            async () => `no job left: ${JSON.stringify(await waiting())} ${this.tails()}`,
            async () => Object.keys(await waiting()).length === 0,
        );
    }

    // The numbers of all cases there are.
    async cases() {
        return (await this.keys('case:')).map((key) => key.slice(5));
    }

    // The payments of all cases, as the API shows them.
    async payments() {
        const auditor = await this.as('auditor');
        const list = [];
        for (const no of await this.cases()) {
            const shown = await auditor.must(200, 'GET', `/v1/cases/${no}`);
            for (const { id } of shown.payments) list.push(await auditor.must(200, 'GET', `/v1/payments/${id}`));
        }
        return list;
    }

    // Ledger = payments = the bank's statement, at rest. Gives the payments by id.
    async moneyAgrees() {
        const lines = (await this.bankGet('/sandbox/statement')).lines;
        const paid = new Map();
        const returned = new Map();
        for (const line of lines) {
            const seen = line.status === 'paid' ? paid : returned;
            assert.ok(!seen.has(line.reference), `${line.reference} is ${line.status} twice`);
            seen.set(line.reference, line.amount_fen);
        }
        const payments = new Map();
        let expected = 0;
        for (const { id, state, amount_fen: amount } of await this.payments()) {
            payments.set(id, { state, amount });
            assert.ok(['SUCCEEDED', 'FAILED', 'RETURNED'].includes(state), `${id} is ${state}`);
            assert.strictEqual(paid.has(id), state !== 'FAILED', `${id} is ${state}, the bank differs`);
            assert.strictEqual(returned.has(id), state === 'RETURNED', `${id} is ${state}, the bank differs`);
            if (paid.has(id)) assert.strictEqual(paid.get(id), amount, id);
            if (state === 'SUCCEEDED') expected += amount;
        }
        for (const id of paid.keys()) assert.ok(payments.has(id), `the bank paid ${id}, which we do not know`);
        let out = 0;
        const finance = await this.as('finance');
        for (const key of await this.keys('fund:')) {
            const { json: fund } = await finance.get(`/v1/townships/${key.slice(5)}/fund`);
            const spent = fund.unreviewed_fen + fund.confirmed_fen;
            const rest = fund.recovering_fen + fund.written_off_fen;
            assert.strictEqual(fund.held_fen, 0, `${key} still holds money`);
            assert.strictEqual(fund.allotted_fen, fund.available_fen + spent + rest, key);
            out += spent;
        }
        assert.strictEqual(out, expected, 'the funds differ from the payments');
        return payments;
    }

    // The last words of every process, for messages.
    tails() {
        return this.children.map((child) => `\n--- ${child.name}\n${child.log.slice(-1500)}`).join('');
    }

    // Stops everything; check: the programs must end with 0 and without a sanitizer's report.
    async stop({ check = true } = {}) {
        for (const api of this.apis) api.close();
        for (const child of this.children) child.signal('SIGCONT');
        const ours = this.children.filter((child) => !['redis', 'sandbox'].includes(child.name));
        const running = ours.filter((child) => child.running);
        for (const child of running) child.signal('SIGTERM');
        const late = setTimeout(() => running.forEach((child) => child.signal('SIGKILL')), DEADLINE_MS);
        const ends = await Promise.all(running.map((child) => child.exited));
        clearTimeout(late);
        this.sandboxChild?.signal('SIGTERM');
        await this.sandboxChild?.exited;
        this.connection?.close();
        await this.redisChild?.kill();
        fs.rmSync(this.data, { recursive: true, force: true });
        if (!check) return;
        for (const [i, [code, signal]] of ends.entries()) {
            assert.deepStrictEqual([code, signal], [0, null], `${running[i].name}: ${running[i].log.slice(-3000)}`);
        }
        for (const text of [...this.children.map((child) => child.log), this.ctlLog || '']) {
            const report = /^.*(ERROR: (Address|Leak)Sanitizer|runtime error:|ASSERT)[^]*/m.exec(text);
            assert.ok(!report, report?.[0].slice(0, 6000));
        }
    }
}

module.exports = { Site, Child, until, sleep, BIN, REGION, SECRET, BANK_TOKEN };
