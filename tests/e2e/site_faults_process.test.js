// Processes that are killed, stopped, drained and started again in the middle of the work: what was answered 201 is
// there, nothing is doubled, everything comes to its end. JIUJI_TEST_SEED repeats a run.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { Site, Child, until, sleep, BIN } = require('../support/site.js');
const { strandedTicket, freshKey } = require('../support/api.js');

const SETTINGS = { bank_settle_ms: 300, bank_timeout_ms: 1000, lease_ms: 2000 };
const STORE_DEADLINE_MS = 2000; // of the gateway
const TOWNSHIPS = ['520102022', '520102016', '520102017', '520103019', '520111004'];
const SEED = Number(process.env.JIUJI_TEST_SEED || Date.now() % 1000000);

// mulberry32: small, seeded, good enough to choose moments
function random(seed) {
    let a = seed >>> 0;
    return () => {
        a = (a + 0x6d2b79f5) >>> 0;
        let t = Math.imul(a ^ (a >>> 15), 1 | a);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

async function withSite(options, body) {
    const site = await Site.start({ settings: SETTINGS, ...options });
    try {
        await site.ready();
        for (const township of TOWNSHIPS) await site.fund(township);
        await body(site);
    } finally {
        await site.stop();
    }
}

// One ticket until it is answered 201; what was unclear on the way is asked again with the same key.
async function insist(api, ticket, key, outcomes) {
    const end = Date.now() + 60000;
    for (;;) {
        const answer = await api
            .post('/v1/tickets', ticket, { key, timeoutMs: 10000 })
            .catch((error) => error);
        outcomes.push(answer.status || answer.code || 'cut');
        if (answer.status === 201) return answer;
        assert.ok(answer instanceof Error || answer.status === 503, `${answer.status} ${answer.text}`);
        assert.ok(Date.now() < end, 'a ticket was not taken within a minute');
        await sleep(25);
    }
}

test(`kill -9 of gateways, workers and Redis during a stream of tickets (seed ${SEED})`, async (t) => {
    await withSite({ gateways: 2, workers: [{}, {}] }, async (site) => {
        const dice = random(SEED);
        const api = site.api(await site.token('agent'));
        const outcomes = [];
        const taken = new Map(); // key -> {ticket, no}
        let sent = 0;
        let stop = false;
        const sender = async () => {
            while (!stop) {
                const ticket = strandedTicket(TOWNSHIPS[sent++ % TOWNSHIPS.length]);
                const key = freshKey();
                const { json } = await insist(api, ticket, key, outcomes);
                taken.set(key, { ticket, no: json.no });
                await sleep(dice() * (sent < 300 ? 60 : 1500)); // fewer when it takes long: all must be paid
            }
        };
        const senders = Promise.all(Array.from({ length: 6 }, sender));
        const kills = ['gateway', 'worker', 'redis', 'gateway', 'worker', 'redis'];
        for (const what of kills) {
            await sleep(100 + dice() * 500);
            if (what === 'gateway') {
                const node = dice() < 0.5 ? 1 : 2;
                await site.gateways[node].kill();
                await site.startGateway(node, { port: site.port });
            } else if (what === 'worker') {
                const name = dice() < 0.5 ? 'worker-1' : 'worker-2';
                await site.workers.get(name).kill();
                await site.startWorker(name);
            } else {
                await site.redisChild.kill();
                await sleep(dice() * 200);
                await site.startRedis();
            }
        }
        stop = true;
        await senders;
        t.diagnostic(`${taken.size} tickets; refused or cut on the way: ${outcomes.length - taken.size}`);
        assert.ok(outcomes.length > taken.size, 'no ticket met a fault');

        const nos = new Set([...taken.values()].map(({ no }) => no));
        assert.strictEqual(nos.size, taken.size, 'two tickets share a number');
        for (const no of nos) await site.awaitCase(no, 'FIRST_AID_PAID');
        assert.deepStrictEqual((await site.cases()).sort(), [...nos].sort(), 'cases that nobody was told of');
        for (const [key, { ticket, no }] of [...taken].slice(0, 30)) {
            const again = await api.post('/v1/tickets', ticket, { key });
            assert.strictEqual(again.status, 201);
            assert.strictEqual(again.json.no, no);
            assert.strictEqual(again.headers['idempotency-replayed'], 'true');
        }
        await site.quiet();
        const payments = await site.moneyAgrees();
        assert.strictEqual(payments.size, taken.size);
        for (const stage of ['route', 'pay', 'notify']) {
            assert.strictEqual(await site.redis('ZCARD', site.key(`q:${stage}:dead`)), 0, stage);
        }
        for (const no of [...nos].slice(0, 20)) {
            const events = await site.events(no);
            assert.deepStrictEqual(
                events.map((event) => event.verb),
                ['receive', 'dispatch', 'first-aid', 'paid'],
            );
            assert.deepStrictEqual(
                events.map((event) => event.seq),
                [1, 2, 3, 4],
            );
        }
    });
});

test('a worker that is stopped beyond its lease and goes on later moves no money twice', async () => {
    await withSite({ workers: [{ stages: 'route,notify' }] }, async (site) => {
        const api = site.api(await site.token('agent'));
        const tickets = Array.from({ length: 5 }, (_, i) =>
            api.post('/v1/tickets', strandedTicket(TOWNSHIPS[i])),
        );
        const nos = (await Promise.all(tickets)).map((answer) => answer.json.no);
        for (const no of nos) await site.awaitCase(no, 'FIRST_AID_APPROVED');
        // the bank has taken the orders and lets the first worker hang on their answer: there it is stopped
        await site.fault({ kind: 'hang', ms: 30000 });
        await site.fault({ kind: 'no_callback' });
        const zombie = await site.startWorker('zombie', { stages: 'pay', bank_timeout_ms: 60000 });
        await until('the orders to be taken', async () => (await site.bankGet('/sandbox/totals')).paid === 5);
        zombie.signal('SIGSTOP');
        await site.startWorker('heir', { stages: 'pay' });
        for (const no of nos) await site.awaitCase(no, 'FIRST_AID_PAID');
        const before = (await site.bankGet('/sandbox/totals')).envelopes;
        zombie.signal('SIGCONT');
        zombie.signal('SIGTERM'); // it finishes its batch first, and ends by itself
        await site.quiet();
        assert.deepStrictEqual((await site.moneyAgrees()).size, 5);
        assert.strictEqual((await site.bankGet('/sandbox/totals')).envelopes, before);
        await site.sandboxChild.signal('SIGKILL'); // nobody waits for the answer that hangs
        assert.deepStrictEqual(await zombie.exited, [0, null]);
        for (const no of nos) {
            const verbs = (await site.events(no)).map((event) => event.verb);
            assert.deepStrictEqual(verbs, ['receive', 'dispatch', 'first-aid', 'paid']);
        }
    });
});

test('a route worker that is stopped beyond its lease: another takes over, its own commit is refused', async () => {
    await withSite({ workers: [] }, async (site) => {
        const agent = await site.as('agent');
        const workers = [await site.startWorker('first'), await site.startWorker('second')];
        const nos = [];
        for (let round = 0; round < 6; round++) {
            const frozen = workers[round % 2];
            const posts = Array.from({ length: 20 }, (_, i) =>
                agent.post('/v1/tickets', strandedTicket(TOWNSHIPS[i % 5])),
            );
            frozen.signal('SIGSTOP');
            nos.push(...(await Promise.all(posts)).map((answer) => answer.json.no));
            for (const no of nos.slice(-20)) await site.awaitCase(no, 'FIRST_AID_PAID');
            frozen.signal('SIGCONT');
        }
        await site.quiet();
        assert.strictEqual((await site.moneyAgrees()).size, nos.length);
        for (const no of nos) {
            const verbs = (await site.events(no)).map((event) => event.verb);
            assert.deepStrictEqual(verbs, ['receive', 'dispatch', 'first-aid', 'paid'], no);
        }
    });
});

// What waits unread in the sockets of the gateway's port, in bytes, and how many connections it has.
function gatewaySockets(port) {
    const hex = port.toString(16).toUpperCase().padStart(4, '0');
    const rows = fs
        .readFileSync('/proc/net/tcp', 'utf8')
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(/\s+/));
    const ours = rows.filter((row) => row[3] === '01' && row[1]?.endsWith(`:${hex}`));
    const unread = ours.reduce((sum, row) => sum + parseInt(row[4].split(':')[1], 16), 0);
    return { unread, count: ours.length };
}

test('SIGTERM: every request the gateway has is answered, and it ends with 0', async () => {
    await withSite({ workers: [] }, async (site) => {
        const api = site.api(await site.token('agent'));
        await api.must(201, 'POST', '/v1/tickets', strandedTicket());
        site.redisChild.signal('SIGSTOP'); // so that the answers are still to come
        const stopped = Date.now();
        const open = gatewaySockets(site.port).count;
        const posts = Array.from({ length: 40 }, () => api.post('/v1/tickets', strandedTicket()));
        await until('the requests to be read', () => {
            const { unread, count } = gatewaySockets(site.port);
            return unread === 0 && count >= open + 39;
        });
        const gateway = site.gateways[1];
        gateway.signal('SIGTERM');
        const [, requests] = await gateway.says(/event=draining requests=(\d+)/);
        site.redisChild.signal('SIGCONT');
        const inTime = Date.now() - stopped < STORE_DEADLINE_MS / 2;
        const answers = await Promise.all(posts);
        assert.deepStrictEqual(await gateway.exited, [0, null]);
        const stored = answers.filter((answer) => answer.status === 201);
        for (const answer of answers)
            assert.ok([201, 503].includes(answer.status), `${answer.status} ${answer.text}`);
        assert.ok(Number(requests) >= 35, `only ${requests} were under way`);
        const cases = (await site.cases()).length;
        if (inTime) {
            assert.ok(stored.length >= Number(requests) - 5, `${stored.length} of ${requests} were stored`);
            assert.strictEqual(cases, 1 + stored.length);
        }
        // on a slow machine Redis was away for too long: 503 says that nobody knows
        assert.ok(cases >= 1 + stored.length && cases <= 1 + answers.length, `${cases} cases`);
    });
});

test('two gateways, one is drained under load: every ticket is taken once', async () => {
    await withSite({ gateways: 2, workers: [] }, async (site) => {
        const api = site.api(await site.token('agent'));
        const outcomes = [];
        let stop = false;
        const nos = [];
        const sender = async () => {
            while (!stop) nos.push((await insist(api, strandedTicket(), freshKey(), outcomes)).json.no);
        };
        const senders = Promise.all(Array.from({ length: 8 }, sender));
        for (const node of [1, 2]) {
            await until('some tickets', () => nos.length > node * 50);
            site.gateways[node].signal('SIGTERM');
            assert.deepStrictEqual(await site.gateways[node].exited, [0, null]);
            await site.startGateway(node, { port: site.port });
        }
        stop = true;
        await senders;
        assert.strictEqual(new Set(nos).size, nos.length);
        assert.strictEqual((await site.cases()).length, nos.length);
    });
});

test('without Redis: 503 with Retry-After, in time, and it recovers by itself', async () => {
    await withSite({}, async (site) => {
        const agent = await site.as('agent');
        const ticket = strandedTicket();
        const key = freshKey();
        const refused = async (what) => {
            const began = Date.now();
            for (const answer of await Promise.all([
                agent.post('/v1/tickets', ticket, { key }),
                agent.get('/v1/cases/5200002611220100000013'),
                agent.post('/v1/cases/5200002611220100000013/withdraw', { reason: '测试' }),
            ])) {
                assert.ok([503, 404].includes(answer.status), `${what}: ${answer.status} ${answer.text}`);
                if (answer.status === 503) {
                    assert.ok(Number(answer.headers['retry-after']) >= 1, what);
                    assert.match(answer.headers['content-type'], /problem\+json/);
                }
            }
            assert.ok(Date.now() - began < 30000, `${what}: the answer took ${Date.now() - began} ms`);
        };
        assert.strictEqual((await agent.get('/readyz')).status, 200);
        site.redisChild.signal('SIGSTOP');
        await refused('Redis hangs');
        await until('not ready', async () => (await agent.get('/readyz')).status === 503);
        assert.strictEqual((await agent.get('/livez')).status, 200);
        assert.strictEqual((await agent.get('/metrics')).status, 200);
        site.redisChild.signal('SIGCONT');
        await site.ready();
        const first = await agent.post('/v1/tickets', ticket, { key });
        assert.strictEqual(first.status, 201, first.text);

        await site.redisChild.kill();
        await refused('Redis is gone');
        await site.startRedis();
        await site.ready();
        const again = await agent.post('/v1/tickets', ticket, { key });
        assert.strictEqual(again.json.no, first.json.no);
        await site.awaitCase(first.json.no, 'FIRST_AID_PAID');
        assert.strictEqual((await site.cases()).length, 1);
    });
});

test('a Redis that could lose what was answered is refused, by name of the setting', async () => {
    await withSite({}, async (site) => {
        const agent = await site.as('agent');
        await site.redisChild.kill();
        await site.startRedis({ appendfsync: 'everysec' });
        const told = await until('the gateway to look', async () => {
            const answer = await agent.get('/readyz?verbose');
            return answer.status === 503 && /appendfsync/.test(answer.text) && answer.json;
        });
        assert.strictEqual(told.ready, false);
        assert.match(told.checks.find((check) => check.name === 'store').why, /'appendfsync' is 'everysec'/);
        const answer = await agent.post('/v1/tickets', strandedTicket());
        assert.strictEqual(answer.status, 503);
        assert.ok(answer.headers['retry-after']);
        assert.deepStrictEqual(await site.cases(), []);

        const args = ['--config', site.config, '--worker_name', 'late'];
        const worker = new Child('late', path.join(BIN, 'jiuji-worker'), args);
        assert.strictEqual((await worker.exited)[0], 1);
        assert.match(worker.log, /appendfsync/);
        await site.workers.get('worker-1').says(/appendfsync/);

        await site.redisChild.kill();
        await site.startRedis();
        await site.ready();
        const { no } = await agent.must(201, 'POST', '/v1/tickets', strandedTicket());
        await site.awaitCase(no, 'FIRST_AID_PAID');
    });
});
