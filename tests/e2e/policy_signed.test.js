// Packs come into force only when they are signed as the site asks; past decisions are made again over the API.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { Site, until } = require('../support/site.js');
const { person } = require('../support/api.js');

const TOWNSHIP = '520102022';
const inMs = (ms) => new Date(Date.now() + ms).toISOString();
const pairs = { he: crypto.generateKeyPairSync('ed25519'), stranger: crypto.generateKeyPairSync('ed25519') };
pairs['demo-officer'] = crypto.generateKeyPairSync('ed25519');

// RFC 8785 for values without fractions: members sorted, no spaces.
function canonical(v) {
    if (Array.isArray(v)) return `[${v.map(canonical).join(',')}]`;
    if (v === null || typeof v !== 'object') return JSON.stringify(v);
    const members = Object.keys(v).sort();
    return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(v[name])}`).join(',')}}`;
}

function signed(value, by, more) {
    const signature = { ...value.signature, ...more };
    delete signature.ed25519;
    const bare = { ...value, signature };
    const text = crypto.sign(null, Buffer.from(canonical(bare)), pairs[by].privateKey).toString('base64');
    return { ...bare, signature: { ...signature, ed25519: text } };
}

const signPack = (pack, by = 'he', name = by) => signed(pack, by, { by: name, on: '2026-11-22' });

let site, li, wang;
const pack = () => JSON.parse(fs.readFileSync(site.file('policy.json'), 'utf8'));
const next = (version, change) => {
    const changed = { ...pack(), version };
    delete changed.signature;
    change?.(changed);
    return changed;
};

function writeKeys(folder, names) {
    fs.mkdirSync(folder);
    for (const name of names) {
        const pem = pairs[name].publicKey.export({ type: 'spki', format: 'pem' });
        fs.writeFileSync(path.join(folder, `${name}.pem`), pem);
    }
}

test.before(async () => {
    site = await Site.start({
        settings: (one) => ({ policy_signers: one.file('signers'), order_signers: one.file('officers') }),
        policy: (base) => {
            base.standing_orders = base.standing_orders.map((order) => signed(order, 'demo-officer'));
            Object.assign(base, signPack(base));
        },
        prepared: (one) => {
            writeKeys(one.file('signers'), ['he']);
            writeKeys(one.file('officers'), ['demo-officer']);
        },
    });
    await site.ready();
    await site.fund(TOWNSHIP);
    li = await site.as('reviewer', 'li');
    wang = await site.as('finance', 'wang');
});

test.after(() => site?.stop());

async function decided() {
    const ticket = {
        cause: 'fire',
        shelter_lost: true,
        persons: 4,
        person: person(),
        place: { code: TOWNSHIP },
        narrative: '房子烧了，没地方住',
    };
    const { no } = await (await site.as('agent')).must(201, 'POST', '/v1/tickets', ticket);
    const seen = await site.awaitCase(no, (shown) => shown.decision?.policy, {
        token: await site.token('reviewer', 'li'),
    });
    return seen.decision;
}

const checks = async () => {
    const { json } = await site.api(null).get('/readyz?verbose');
    return {
        ready: json.ready,
        alarms: json.alarms,
        ...json.checks.find((one) => one.name === 'policy_signatures'),
    };
};
const refusedGauge = async () =>
    Number(/^jiuji_policy_refused (\d)$/m.exec((await site.api(null).get('/metrics')).text)[1]);

// Drafted and named; {id, name}.
async function draft(document) {
    const { id } = await li.must(201, 'POST', '/v1/policies', document);
    const { items } = await wang.must(200, 'GET', '/v1/policies');
    return items.find((item) => item.id === id);
}

// A pack begins at least three seconds ahead; who was too slow to ask for that asks for a later time.
const LEADS_MS = [4000, 8000, 16000, 32000, 64000];
async function approve({ id, name }) {
    let answer;
    for (const ms of LEADS_MS) {
        const body = { name, effective_from: inMs(ms), reason: '核对无误' };
        answer = await wang.post(`/v1/policies/${id}/approve`, body);
        if (answer.status !== 409 || answer.json.errors) break; // neither in force nor refused for a fault: too late
    }
    return answer;
}

// Approved by somebody whose tool does not ask for signatures: what a forger could do who reaches the store.
async function smuggle(document) {
    const one = await draft(document);
    const open = ['--policy_signers', '', '--order_signers', '', 'policy', 'activate', String(one.id)];
    for (const ms of LEADS_MS) {
        const done = await site.ctl(...open, '--name', one.name, '--from', inMs(ms), '--by', 'wu').then(
            () => true,
            (error) => assert.match(error.stderr, /has passed/),
        );
        if (done) return one;
    }
    return assert.fail('never in time');
}

test('a pack without a signature that holds is not approved, and the answer says which one is missing', async () => {
    const ok = await checks();
    assert.deepStrictEqual(
        [ok.ready, ok.ok, ok.why, ok.alarms],
        [true, true, 'packs, standing orders', undefined],
    );
    assert.strictEqual(await refusedGauge(), 0);
    const changed = signPack(next('2026.s4'));
    changed.rules.standard.dibao_month_fen += 1;
    const cases = [
        [next('2026.s1'), /is not signed/],
        [signPack(next('2026.s2'), 'stranger'), /signed by 'stranger', of whom there is no key/],
        [signPack(next('2026.s3'), 'stranger', 'he'), /the signature of 'he' does not hold/],
        [changed, /the signature of 'he' does not hold/],
        [
            signPack(next('2026.s5', (p) => (p.standing_orders[0].day_fen += 1))),
            /^order .* 'demo-officer' does not/,
        ],
    ];
    for (const [document, why] of cases) {
        const answer = await approve(await draft(document));
        assert.strictEqual(answer.status, 409, `${document.version}: ${answer.text}`);
        assert.strictEqual(answer.json.errors.length, 1, answer.text);
        assert.match(answer.json.errors[0].detail, why);
        assert.strictEqual(answer.json.errors[0].pointer, '/signature');
    }
    const { items } = await wang.must(200, 'GET', '/v1/policies');
    assert.ok(items.every((item) => item.state === 'draft'));
    // the tool of the site refuses as well
    const by = ['--name', items[0].name, '--from', inMs(60000), '--by', 'wu'];
    await assert.rejects(site.ctl('policy', 'activate', String(items[0].id), ...by), /not signed/);
});

test('the tool signs a pack as anybody else would, and a signed pack comes into force', async () => {
    const higher = next('2026.t1', (p) => (p.rules.standard.dibao_month_fen = 90000));
    fs.writeFileSync(site.file('plain.json'), JSON.stringify(higher, null, 2));
    fs.writeFileSync(site.file('he.key'), pairs.he.privateKey.export({ type: 'pkcs8', format: 'pem' }), {
        mode: 0o600,
    });
    const sign = ['policy', 'sign', site.file('plain.json'), '--by', 'he', '--key', site.file('he.key')];
    const text = await site.ctl(...sign);
    const ours = JSON.parse(text);
    const theirs = signed(higher, 'he', { by: 'he', on: ours.signature.on });
    assert.strictEqual(ours.signature.ed25519, theirs.signature.ed25519); // one signature for one text
    fs.writeFileSync(site.file('signed.json'), text);
    assert.match(await site.ctl('policy', 'check', site.file('signed.json')), /整包由 he 签署，有效/);
    await assert.rejects(site.ctl(...sign.with(2, site.file('signed.json'))), /signed by 'he' already/);

    const one = await draft(ours);
    assert.strictEqual((await approve(one)).status, 200);
    await until('the signed pack to decide', async () => (await decided()).policy === one.name);
    await until('the gateway to hold it', async () => {
        return (await wang.must(200, 'GET', '/v1/policies')).in_force === one.name;
    });
    assert.strictEqual((await checks()).ok, true);
});

test('who smuggles a pack into the store finds every process going on with the last signed one, loudly', async () => {
    const held = (await wang.must(200, 'GET', '/v1/policies')).in_force;
    const forged = await smuggle(next('2026.f1', (p) => (p.rules.standard.dibao_month_fen = 990000)));
    await until('the alarm', async () => (await refusedGauge()) === 1);
    const seen = await checks();
    assert.deepStrictEqual([seen.ready, seen.ok, seen.alarms], [true, false, ['policy']]);
    await site.workers.get('worker-1').says(/event=policy_signature_refused/);
    await site.gateways[1].says(/event=policy_signature_refused .*2026\.f1 is not signed/);
    const listed = await wang.must(200, 'GET', '/v1/policies');
    assert.strictEqual(listed.in_force_id, forged.id, 'what the store says');
    assert.strictEqual(listed.in_force, held, 'what holds here');
    const { policy, amount_fen: amount } = await decided();
    assert.strictEqual(policy, held);
    assert.strictEqual(amount, 2 * 90000 * 4);

    // who starts later finds the same pack, not the one of its file
    await site.workers.get('worker-1').kill();
    const worker = site.startWorker('worker-2');
    assert.strictEqual((await decided()).policy, held); // its very first case
    await worker.says(/event=policy_signature_refused/);

    // a signed pack ends the alarm
    const one = await draft(signPack(next('2026.t2')));
    assert.strictEqual((await approve(one)).status, 200);
    await until('the end of the alarm', async () => (await refusedGauge()) === 0);
    assert.strictEqual((await decided()).policy, one.name);
    assert.deepStrictEqual((await checks()).alarms, undefined);
});

test('a process whose own file is not signed, or without any key, does not start', async () => {
    const worker = (more) => site.startWorker('worker-9', more);
    fs.writeFileSync(site.file('unsigned.json'), JSON.stringify(next('2026.u1')));
    const first = worker({ policy_file: site.file('unsigned.json') });
    assert.strictEqual((await first.exited)[0], 1);
    assert.match(first.log, /2026\.u1 is not signed\n.*policy_signers/);
    fs.mkdirSync(site.file('nobody'));
    const second = worker({ policy_signers: site.file('nobody') });
    assert.strictEqual((await second.exited)[0], 1);
    assert.match(second.log, /nobody' holds no NAME\.pem/);
    const open = worker({ policy_file: site.file('unsigned.json'), policy_signers: '', order_signers: '' });
    await open.says(/event=policy_signatures packs=not_asked orders=not_asked/);
    await open.kill();
});

test('past decisions are made again over the API, with the numbers of the tool', async () => {
    const admin = await site.as('admin', 'gu');
    const half = await draft(signPack(next('2026.r1', (p) => (p.rules.urgent_first.months = 1))));
    const replay = (who, body, options) => who.post(`/v1/policies/${half.id}/replay`, body, options);
    const answer = await replay(li, {});
    assert.strictEqual(answer.status, 200, answer.text);
    const seen = answer.json;
    const printed = await site.ctl('policy', 'replay', String(half.id));
    for (const name of ['same', 'more', 'less', 'nothing']) {
        const [, cases, fen] = new RegExp(`^${name} +(\\d+) +(\\d+) fen`, 'm').exec(printed);
        assert.deepStrictEqual(seen[name], { cases: Number(cases), amount_fen: Number(fen) }, printed);
    }
    const [, before, after] = /^in all +(\d+) fen -> (\d+) fen$/m.exec(printed);
    assert.deepStrictEqual([seen.before_fen, seen.after_fen], [Number(before), Number(after)]);
    const [, code, cases, lost] = /^worst-hit township (\d+): (\d+) cases get less, (\d+) fen/m.exec(printed);
    assert.strictEqual(code, TOWNSHIP);
    assert.strictEqual(seen.worst_township.township, code);
    assert.ok(seen.worst_township.township_name.length > 0);
    assert.deepStrictEqual(
        [seen.worst_township.cases, seen.worst_township.lost_fen],
        [Number(cases), Number(lost)],
    );
    const all = (await site.cases()).length;
    assert.deepStrictEqual([seen.decisions, seen.complete], [all, true]);
    assert.strictEqual(seen.draft, half.name);
    assert.ok(seen.less.cases > 0 && seen.worst_township.lost_fen > 0, answer.text);
    assert.strictEqual(seen.after_fen, seen.before_fen + seen.more.amount_fen - seen.less.amount_fen);
    for (const no of await site.cases()) assert.ok(!answer.text.includes(no), 'no case is named');

    assert.strictEqual((await replay(admin, { cases: 2 })).json.decisions, 2);
    assert.strictEqual((await replay(admin, { cases: 2 })).json.complete, true);
    for (const [body, pointer] of [
        [{ cases: 0 }, '/cases'],
        [{ cases: 1001 }, '/cases'],
        [{ at: 'tomorrow' }, '/at'],
        [{ case: 1 }, ''],
    ]) {
        const wrong = await replay(li, body);
        assert.deepStrictEqual([wrong.status, wrong.json.errors[0].pointer], [400, pointer], wrong.text);
    }
    assert.strictEqual((await li.post('/v1/policies/999/replay', {})).status, 404);
    for (const who of [await site.as('agent'), await site.officer(TOWNSHIP), wang]) {
        assert.strictEqual((await replay(who, {})).status, 403);
    }
    // one at a time, each with an answer; then the next one again
    const many = await Promise.all(Array.from({ length: 4 }, () => replay(li, {})));
    assert.ok(many.every((one) => one.status === 200 || one.status === 429));
    assert.ok(many.some((one) => one.status === 200));
    assert.strictEqual((await replay(li, {})).status, 200);
});
