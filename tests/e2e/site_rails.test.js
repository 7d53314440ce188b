// Every fault of the sandbox on every rail, through a whole site: a payment is made at most once, ends or stands in the
// list of stuck money, and the statement of the one book agrees with the ledger.
'use strict';

const { describe, it, test } = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { Site, until, SECRET } = require('../support/site.js');
const { strandedTicket, person } = require('../support/api.js');
const { keyPair } = require('../support/pay_peer.js');

const ROOT = path.join(__dirname, '../..');
const TOWNSHIP = '520102022';
const PAID = 'SUCCEEDED';
const FAILED = 'FAILED';
const RETURNED = 'RETURNED';
const STUCK = 'stuck';
const SILENT = { kind: 'no_callback' };
const QUERY = { on: 'query' };
// A worker that meets many of the faults in a row leaves the rail alone, each time for twice as long.
const PATIENCE_MS = 300000;

// What goes wrong with one payment, and how it must end. Faults that a rail cannot have are left out there.
const STORIES = [
    ['nothing goes wrong', [], PAID],
    ['the answer hangs', [{ kind: 'hang', ms: 2500 }], PAID],
    ['the answer hangs and nobody calls', [{ kind: 'hang', ms: 2500 }, SILENT], PAID],
    ['500 and not taken', [{ kind: 'error_500_before' }], PAID],
    ['500 but taken', [{ kind: 'error_500_after' }], PAID],
    ['500 but taken, and nobody calls', [{ kind: 'error_500_after' }, SILENT], PAID],
    ['cut off before it was taken', [{ kind: 'drop_before' }], PAID],
    ['cut off after it was taken', [{ kind: 'drop_after_accept' }], PAID],
    ['half an answer and nobody calls', [{ kind: 'half_answer' }, SILENT], PAID],
    ['an answer that nobody signed', [{ kind: 'forged_answer' }], PAID],
    ['an answer that nobody signed, and nobody calls', [{ kind: 'forged_answer' }, SILENT], PAID],
    ['the end comes late', [{ kind: 'late_callback', ms: 1500 }], PAID],
    ['the end is told twice', [{ kind: 'callback_twice' }], PAID],
    ['nobody calls', [SILENT], PAID],
    ['the end is told before the answer', [{ kind: 'callback_before_ack' }], PAID],
    ['a forged call says the contrary', [{ kind: 'forged_callback' }], PAID],
    ['the call is replayed', [{ kind: 'callback_replayed', ms: 500 }], PAID],
    ['"still pending" comes after the end', [{ kind: 'stale_callback' }], PAID],
    ['refused', [{ kind: 'reject' }], FAILED],
    ['refused with 500', [{ kind: 'reject' }, { kind: 'error_500_after' }], FAILED],
    ['refused, and a forged call says it was paid', [{ kind: 'reject' }, { kind: 'forged_callback' }], FAILED],
    [
        'taken, but queries do not know it, and it is sent again',
        [{ kind: 'error_500_after' }, SILENT, { kind: 'not_found_in_flight', ms: 4000 }],
        PAID,
    ],
    ['the query fails', [{ kind: 'error_500_after' }, SILENT, { kind: 'error_500_before', ...QUERY }], PAID],
    ['the query is cut off', [{ kind: 'drop_after_accept' }, SILENT, { kind: 'half_answer', ...QUERY }], PAID],
    ['the query is forged', [{ kind: 'half_answer' }, SILENT, { kind: 'forged_answer', ...QUERY }], PAID],
    ['the money comes back', [{ kind: 'return_later', ms: 400 }], RETURNED],
];

// Our own keys, and the profile of the rail with times for tests.
function prepareKeys(site) {
    for (const [name, kind] of [
        ['us', 'ed25519'],
        ['merchant', 'rsa'],
        ['app', 'rsa'],
    ]) {
        const pair = keyPair(kind);
        fs.writeFileSync(site.file(`${name}.pem`), pair.privateKey, { mode: 0o600 });
        fs.writeFileSync(site.file(`${name}.public.pem`), pair.publicKey);
    }
    fs.writeFileSync(site.file('api.key'), crypto.randomBytes(16).toString('hex'), { mode: 0o600 });
    fs.mkdirSync(site.file('profiles'));
    for (const rail of ['g2p', 'wechat', 'alipay', 'bank']) {
        const profile = JSON.parse(fs.readFileSync(path.join(ROOT, `ops/pay/${rail}.json`), 'utf8'));
        Object.assign(profile, { settle_s: 1, query_after_s: 0 });
        fs.writeFileSync(site.file('profiles', `${rail}.json`), JSON.stringify(profile));
    }
    for (const folder of ['bank', 'bank/out', 'bank/in', 'bank/in/done', 'bank/in/bad']) {
        fs.mkdirSync(site.file(folder), { mode: 0o700 });
    }
}

const COMMON = (site) => ({
    bank_timeout_ms: 1000,
    lease_ms: 5000,
    pay_profile_dir: site.file('profiles'),
});

const callback = (site, rail) => `http://127.0.0.1:${site.port || 1}/v1/payments/callback/${rail}/${SECRET}`;

function bankSettings(site) {
    return {
        ...COMMON(site),
        pay_routes: 'account:bank',
        bankfile_registry: site.file('bank/registry'),
        bankfile_out: site.file('bank/out'),
        bankfile_in: site.file('bank/in'),
        bankfile_payer_name: '民政局',
        bankfile_payer_account: '6200000000000005',
        bankfile_payer_bank: '102100099996',
    };
}

const bankArgs = (site) => ['--bank-out', site.file('bank/out'), '--bank-in', site.file('bank/in')];
const makeBooks = (site) => site.ctl('bankfile', 'create');

let payees = 0;

const RAILS = {
    'g2p, asynchronous': { rail: 'g2p', settings: COMMON, unless: ['forged_answer'] },
    'g2p, synchronous and signed': {
        rail: 'g2p',
        unless: ['callback_before_ack'],
        settings: (site) => ({
            ...COMMON(site),
            bank_sync: 1,
            bank_sign_key_file: site.file('us.pem'),
            bank_sign_key_id: 'k1',
            bank_key_file: site.file('sandbox/g2p.public.pem'),
            bank_sender_id: 'sandbox-bank',
            bank_key_id: 'bank-key-1',
        }),
        args: (site) => [
            ...['--g2p-client-key', site.file('us.public.pem'), '--g2p-client-id', '520000|k1'],
            ...['--g2p-sign', '1'],
        ],
    },
    wechat: {
        rail: 'wechat',
        ends: { RETURNED: FAILED }, // who never confirms was never paid
        account: () => `openid:oUpF8uMuAJO_M2pxb1Q9zNjWe${String(++payees).padStart(3, '0')}@wechat`,
        settings: (site) => ({
            ...COMMON(site),
            wechat_url: `http://127.0.0.1:${site.bankPort || 1}`,
            wechat_mchid: '1900000109',
            wechat_appid: 'wxf636efh567hg4356',
            wechat_serial: '5157F09EFDC096DE15EBE81A47057A72',
            wechat_key_file: site.file('merchant.pem'),
            wechat_platform_serial: 'PUB_KEY_ID_0000000000000000000000000000000001',
            wechat_platform_key_file: site.file('sandbox/wechat.public.pem'),
            wechat_api_key_file: site.file('api.key'),
            wechat_notify_url: callback(site, 'wechat'),
        }),
        args: (site) => [
            ...['--wechat-mchid', '1900000109', '--wechat-appid', 'wxf636efh567hg4356'],
            ...['--wechat-serial', '5157F09EFDC096DE15EBE81A47057A72'],
            ...['--wechat-merchant-key', site.file('merchant.public.pem')],
            ...['--wechat-api-key-file', site.file('api.key')],
        ],
    },
    alipay: {
        rail: 'alipay',
        unless: [],
        account: () => `alipay-uid:2088${String(100000000000 + ++payees)}@alipay`,
        settings: (site) => ({
            ...COMMON(site),
            alipay_url: `http://127.0.0.1:${site.bankPort || 1}/gateway.do`,
            alipay_app_id: '2021000000000001',
            alipay_key_file: site.file('app.pem'),
            alipay_public_key_file: site.file('sandbox/alipay.public.pem'),
        }),
        args: (site) => ['--alipay-app-id', '2021000000000001', '--alipay-app-key', site.file('app.public.pem')],
        ready: (site) =>
            site.bank.must(200, 'POST', '/sandbox/settings', { 'alipay-notify-url': callback(site, 'alipay') }),
    },
    'bank file, pain.001': {
        rail: 'bank',
        files: true,
        settings: bankSettings,
        args: bankArgs,
        books: true,
        ends: { 'cut off before it was taken': STUCK },
    },
    'bank file, text': {
        rail: 'bank',
        files: true,
        settings: (site) => ({
            ...bankSettings(site),
            bankfile_layout: path.join(ROOT, 'ops/pay/example_daifa.json'),
        }),
        args: bankArgs,
        books: true,
        ends: {
            'cut off before it was taken': STUCK,
            // there is no statement beside the result file
            'the answer hangs and nobody calls': STUCK,
            '500 but taken, and nobody calls': STUCK,
            'half an answer and nobody calls': STUCK,
            'an answer that nobody signed, and nobody calls': STUCK,
            'nobody calls': STUCK,
        },
    },
};

const NO_FILES = ['callback_before_ack', 'not_found_in_flight'];

function storiesOf({ unless = [], files, ends = {} }) {
    const without = files ? [...unless, ...NO_FILES] : unless;
    return STORIES.filter(
        ([, faults]) => !faults.some(({ kind, on }) => without.includes(kind) || (files && on === 'query')),
    ).map(([story, faults, end]) => [story, faults, ends[story] || ends[end] || end]);
}

async function start(rail, more = {}) {
    const site = await Site.start({
        workers: [{ stages: 'route,notify,clock' }],
        settings: rail.settings,
        sandboxArgs: (one) => rail.args?.(one) || [],
        prepared: async (one) => {
            prepareKeys(one);
            one.writeConfig();
            if (rail.books) await makeBooks(one);
        },
        ...more,
    });
    try {
        await site.ready();
        await rail.ready?.(site);
        await site.fund(TOWNSHIP);
    } catch (error) {
        await site.stop({ check: false });
        throw error;
    }
    return site;
}

// Approved cases whose payment has not left yet.
async function approved(site, rail, count) {
    const agent = await site.as('agent');
    const cases = [];
    for (let i = 0; i < count; i++) {
        const payee = rail.account ? person({ account: rail.account() }) : person();
        const { no } = await agent.must(201, 'POST', '/v1/tickets', strandedTicket(TOWNSHIP, { person: payee }));
        cases.push({ no });
    }
    for (const one of cases) {
        const shown = await site.awaitCase(one.no, 'FIRST_AID_APPROVED');
        one.payment = shown.payments[0].id;
    }
    return cases;
}

async function stateOf(site, id) {
    const auditor = await site.as('auditor');
    return (await auditor.must(200, 'GET', `/v1/payments/${id}`)).state;
}

async function stuck(site) {
    const finance = await site.as('finance');
    return (await finance.must(200, 'GET', '/v1/money/stuck?limit=100')).payments;
}

// The one book against payments and funds: nothing is paid twice; what is final agrees; what is not is listed.
async function agrees(site, rail, cases) {
    const { lines } = await site.bankGet('/sandbox/statement');
    const moved = { paid: new Map(), returned: new Map() };
    for (const line of lines) {
        assert.strictEqual(line.rail, rail.rail);
        assert.ok(!moved[line.status].has(line.reference), `${line.reference} is ${line.status} twice`);
        moved[line.status].set(line.reference, line.amount_fen);
    }
    const listed = new Set((await stuck(site)).map(({ id }) => id));
    const sums = { spent: 0, held: 0 };
    for (const { id, state, amount_fen: amount } of await site.payments()) {
        const final = [PAID, FAILED, RETURNED].includes(state);
        assert.strictEqual(listed.has(id), !final, `${id} is ${state}`);
        if (final) {
            assert.strictEqual(moved.paid.has(id), state !== FAILED, `${id} is ${state}, the bank differs`);
            assert.strictEqual(moved.returned.has(id), state === RETURNED, `${id} is ${state}, the bank differs`);
        }
        if (moved.paid.has(id)) assert.strictEqual(moved.paid.get(id), amount, id);
        if (state === PAID) sums.spent += amount;
        if (!final) sums.held += amount;
    }
    const known = new Set(cases.map(({ payment }) => payment));
    for (const id of moved.paid.keys()) assert.ok(known.has(id), `the bank paid ${id}, which we do not know`);
    const fund = await (await site.as('finance')).must(200, 'GET', `/v1/townships/${TOWNSHIP}/fund`);
    assert.strictEqual(fund.held_fen, sums.held, 'held');
    assert.strictEqual(fund.unreviewed_fen + fund.confirmed_fen, sums.spent, 'spent');
    assert.strictEqual((await site.bankGet('/sandbox/totals')).mismatches, 0);
}

async function tellAll(site, rail, stories) {
    const cases = await approved(site, rail, stories.length);
    const wanted = {};
    for (const [i, [, faults]] of stories.entries()) {
        for (const fault of faults) {
            await site.fault({ rail: rail.rail, ...fault, match: cases[i].payment });
            wanted[fault.kind] = (wanted[fault.kind] || 0) + 1;
        }
    }
    for (const name of ['pay-1', 'pay-2', 'pay-3']) await site.startWorker(name, { stages: 'pay', batch: 1 });
    const faults = () => site.bankGet('/sandbox/faults');
    await until(
        async () => `every fault to be met: ${JSON.stringify((await faults()).menu)} ${site.tails()}`,
        async () => (await faults()).menu.length === 0,
        PATIENCE_MS,
    );
    for (const [i, [story, , end]] of stories.entries()) {
        const id = cases[i].payment;
        if (end === STUCK) continue;
        await until(
            async () => `${story}: ${id} to be ${end}, it is ${await stateOf(site, id)} ${site.tails()}`,
            async () => (await stateOf(site, id)) === end,
            PATIENCE_MS,
        );
    }
    const { met } = await faults();
    for (const [kind, count] of Object.entries(wanted)) assert.strictEqual(met[kind], count, kind);
    // what is forged is refused for ever, and the sandbox goes on trying; everything else has been taken
    const totals = () => site.bankGet('/sandbox/totals');
    const forged = rail.files ? 0 : wanted.forged_callback || 0;
    await until(
        async () => `the callbacks to be over: ${JSON.stringify(await totals())} ${site.tails()}`,
        async () => (await totals()).callbacks.waiting === forged,
        PATIENCE_MS,
    );
    for (const [i, [story, , end]] of stories.entries()) {
        const state = await stateOf(site, cases[i].payment);
        assert.strictEqual(end === STUCK ? STUCK : state, end, story); // and it has not moved since
        if (end === STUCK) {
            const one = (await stuck(site)).find(({ id }) => id === cases[i].payment);
            assert.ok(one, `${story}: ${state}, and not listed`);
        }
    }
    await agrees(site, rail, cases);
}

// Two at a time: most of it is waiting.
describe('every fault', { concurrency: 2 }, () => {
    for (const [name, rail] of Object.entries(RAILS)) {
        it(name, async () => {
            const site = await start(rail);
            try {
                await tellAll(site, rail, storiesOf(rail));
            } finally {
                await site.stop();
            }
        });
    }
});

// The provider forgets the order's number after a day, and never told us anything: sending it again would pay twice.
for (const name of ['g2p, asynchronous', 'wechat', 'alipay']) {
    test(`${name}: a forgotten number is never sent again, a person decides`, async () => {
        const rail = RAILS[name];
        const site = await start(rail, { clock: '2026-03-03T10:00:00+08:00' });
        try {
            const cases = await approved(site, rail, 1);
            const { payment } = cases[0];
            for (const fault of [
                { kind: 'error_500_after' },
                SILENT,
                { kind: 'key_forgotten', ms: 3600000 },
                { kind: 'error_500_before', ...QUERY, count: 2 },
            ]) {
                await site.fault({ rail: rail.rail, ...fault, match: payment });
            }
            await site.startWorker('pay-1', { stages: 'pay', batch: 1 });
            await until('the order to be taken', async () => (await site.bankGet('/sandbox/totals')).paid === 1);
            await site.workers.get('pay-1').kill();
            await site.at('2026-03-13T10:00:00+08:00'); // later than any key lives
            await site.startWorker('pay-2', { stages: 'pay', batch: 1 });
            // asked about once more where the provider still answers for so old a number, else not
            await until('it to be put to a person', async () => (await stuck(site))[0]?.place === 'dead', PATIENCE_MS);
            await agrees(site, rail, cases);
            const totals = await site.bankGet('/sandbox/totals');
            assert.deepStrictEqual([totals.paid, totals.envelopes], [1, 1]);
        } finally {
            await site.stop();
        }
    });
}
