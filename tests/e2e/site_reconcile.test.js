// Reconciliation with a bank that is not ours: statement line against payment against ledger, day by day.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const { Site, until, SECRET } = require('../support/site.js');
const { strandedTicket } = require('../support/api.js');
const { Listener } = require('../support/sandbox.js');

const TOWNSHIP = '520102022';
const SETTINGS = { bank_settle_ms: 300, bank_timeout_ms: 1000, lease_ms: 5000 };
const PAY_WORKER = { stages: 'pay', batch: 1 };

// No day ends between a payment and the question what was paid that day.
const TODAY = '2026-11-20';

// A site whose bank calls a listener of the test instead of us: whatever it tells, nobody hears.
async function withDeafSite(more, body) {
    const listener = await Listener.start();
    let site;
    try {
        site = await Site.start({
            settings: SETTINGS,
            workers: [{ stages: 'route,notify,clock' }],
            callbackUrl: listener.uri,
            clock: `${TODAY}T10:00:00+08:00`,
            ...more,
        });
        await site.ready();
        await site.fund(TOWNSHIP);
        await body(site, listener);
    } finally {
        listener.stop();
        await site?.stop();
    }
}

// Cases that are approved and whose payment has not left yet.
async function approved(site, count) {
    const agent = await site.as('agent');
    const cases = [];
    for (let i = 0; i < count; i++) {
        const { no } = await agent.must(201, 'POST', '/v1/tickets', strandedTicket(TOWNSHIP));
        cases.push({ no });
    }
    for (const one of cases) {
        const shown = await site.awaitCase(one.no, 'FIRST_AID_APPROVED');
        one.payment = shown.payments[0].id;
        one.amount = shown.payments[0].amount_fen;
    }
    return cases;
}

// The sandbox prints its statement into a file, as a person downloads it from the bank.
async function download(site, name = 'statement.csv') {
    const answer = await site.bank.get('/sandbox/statement?format=csv');
    assert.strictEqual(answer.status, 200, answer.text);
    const file = site.file(name);
    fs.writeFileSync(file, answer.text);
    return file;
}

// The operator's tool; {code, report or text}.
async function reconcile(site, date, ...more) {
    const args = ['reconcile', '--rail', 'g2p', '--date', date, ...more];
    const run = await site.ctl(...args).then(
        (stdout) => ({ code: 0, stdout }),
        (error) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
    );
    assert.ok(run.code === 0 || run.code === 1, run.stderr);
    return { code: run.code, text: run.stdout, report: more.includes('--csv') ? null : JSON.parse(run.stdout) };
}

const item = (report, payment) => report.items.find((one) => one.payment === payment);

// RFC 4180, strictly: a byte order mark, CR LF behind every row, quotes closed and doubled, every row as wide as the
// first one. Answers objects.
function parseCsv(text) {
    assert.ok(text.startsWith('\ufeff') && text.endsWith('\r\n'), 'not a CSV file for spreadsheets');
    const rows = [[]];
    const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
    for (let at = 1; at < text.length; at = field.lastIndex) {
        field.lastIndex = at;
        const match = field.exec(text);
        assert.ok(match, `cannot be read from ${JSON.stringify(text.slice(at, at + 40))}`);
        rows.at(-1).push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
        if (match[3] === '\r\n') rows.push([]);
    }
    const [names, ...others] = rows.slice(0, -1);
    for (const row of others) assert.strictEqual(row.length, names.length, row.join());
    return others.map((row) => Object.fromEntries(row.map((value, i) => [names[i], value])));
}

test('statement, payments and ledger agree; a payment the bank made though it said no is frozen', async () => {
    await withDeafSite({}, async (site, listener) => {
        const cases = await approved(site, 4);
        const [good, alsoGood, denied, lost] = cases;
        // the bank's machine fails after it has taken the order
        await site.fault({ kind: 'error_500_after', match: lost.payment });
        await site.startWorker('pay-1', PAY_WORKER);
        await listener.wait(4);
        // the bank says no to one that it pays
        const real = listener.requests.map((one) => JSON.parse(one.body));
        const message = real.find((one) =>
            one.message.disbursements_status.some((entry) => entry.reference_id === denied.payment),
        );
        const entry = message.message.disbursements_status[0];
        entry.status = 'rjct';
        entry.status_reason_code = 'rjct.payee_fa.invalid';
        const told = await site
            .api(null)
            .ask('POST', `/v1/payments/callback/g2p/${SECRET}/on-disburse`, { body: message });
        assert.strictEqual(told.status, 200, told.text);
        await site.awaitCase(denied.no, 'PAY_FAILED');
        for (const one of [good, alsoGood, lost]) await site.awaitCase(one.no, 'FIRST_AID_PAID');

        const file = await download(site);
        const date = TODAY;
        const first = await reconcile(site, date, '--statement', file);
        assert.strictEqual(first.code, 1);
        const { report } = first;
        assert.strictEqual(report.state, 'differences');
        const sum = good.amount + alsoGood.amount + lost.amount;
        assert.strictEqual(report.ledger_paid_fen, sum);
        assert.strictEqual(report.payments_paid_fen, sum);
        assert.strictEqual(report.statement_paid_fen, sum + denied.amount);
        assert.strictEqual(report.ledger_gap_fen, 0);
        assert.strictEqual(report.statement_gap_fen, -denied.amount);
        assert.deepStrictEqual(
            Object.values(report.buckets).map((bucket) => bucket.items),
            [3, 0, 1, 0],
        );
        assert.strictEqual(report.items.length, 1);
        const wrong = item(report, denied.payment);
        assert.strictEqual(wrong.bucket, 'theirs_only');
        assert.strictEqual(wrong.reason, 'paid_though_failed');
        assert.strictEqual(wrong.next, 'freeze');
        assert.deepStrictEqual(report.recorded, []);
        // nothing was changed by looking
        assert.strictEqual((await site.awaitCase(denied.no, 'PAY_FAILED')).payments[0].state, 'FAILED');

        // the same run again, with the same file, gives the same report
        const again = await reconcile(site, date, '--statement', file);
        assert.strictEqual(again.text, first.text);

        // everything as CSV, the matched lines too
        const rows = parseCsv((await reconcile(site, date, '--csv')).text);
        assert.strictEqual(rows.length, 4);
        const yuan = (fen) => (fen / 100).toFixed(2);
        const frozen = rows.find((row) => row.payment === denied.payment);
        assert.strictEqual(frozen.reason, 'paid_though_failed');
        assert.strictEqual(frozen.debit_yuan.replaceAll(',', ''), yuan(denied.amount));
        const total = rows.reduce((all, row) => all + Math.round(Number(row.debit_yuan.replaceAll(',', '')) * 100), 0);
        assert.strictEqual(total, sum + denied.amount);

        // the ledger's own proof agrees with what the report says of the ledger
        const proof = await site.ctl('ledger', 'verify');
        assert.ok(proof.length > 0);

        // through the API, for whoever may see it
        const finance = await site.as('finance');
        const target = `/v1/reconciliation/${date}`;
        const shown = await finance.must(200, 'GET', `${target}?rail=g2p`);
        assert.deepStrictEqual(shown.items, report.items);
        assert.strictEqual(shown.made_by, 'operator:jiujictl');
        const csv = await (await site.as('auditor')).get(`${target}?rail=g2p&format=csv`);
        assert.strictEqual(csv.status, 200, csv.text);
        assert.match(csv.headers['content-type'], /^text\/csv/);
        const [one, ...others] = parseCsv(csv.text);
        assert.deepStrictEqual(others, []);
        assert.strictEqual(one.payment, denied.payment);
        assert.strictEqual(one.next, 'freeze');
        const list = await finance.must(200, 'GET', target);
        assert.deepStrictEqual(
            list.reports.map((row) => [row.rail, row.state, row.differences]),
            [['g2p', 'differences', 1]],
        );
        assert.strictEqual((await finance.get(`${target}?rail=wechat`)).status, 404);
        for (const bad of [`${target}?rail=visa`, `${target}?format=xml`, `${target}?format=csv`])
            assert.strictEqual((await finance.get(bad)).status, 400, bad);
        for (const bad of ['2026-02-30', '20261121', 'today', '2999-01-01'])
            assert.strictEqual((await finance.get(`/v1/reconciliation/${bad}`)).status, 400, bad);
        assert.strictEqual((await (await site.officer(TOWNSHIP)).get(`${target}?rail=g2p`)).status, 403);

        // asked for by finance, done by a worker, with the same result
        const body = { rail: 'g2p', reason: '月末核对' };
        assert.strictEqual((await (await site.as('reviewer')).post(target, body)).status, 403);
        assert.strictEqual((await finance.post(target, { rail: 'visa', reason: 'x' })).status, 400);
        const asked = await finance.post(target, body);
        assert.strictEqual(asked.status, 202, asked.text);
        await until('the worker to have run', async () => {
            const now = await finance.must(200, 'GET', `${target}?rail=g2p`);
            return !now.waiting;
        });
        const after = await finance.must(200, 'GET', `${target}?rail=g2p`);
        assert.deepStrictEqual(after.items, report.items);
        assert.deepStrictEqual(after.buckets, report.buckets);

        // no personal data in what is kept
        for (const key of [...(await site.keys('statement:')), ...(await site.keys('reconcile:g2p'))]) {
            const text = JSON.stringify(await site.redis('HGETALL', site.key(key)));
            assert.doesNotMatch(text, /\*\*\*\*|6222|[\u4e00-\u9fff]{2,3}\|/, key);
        }
    });
});

test("a return that nobody called back about is found by the next day's statement and flows back", async () => {
    await withDeafSite({}, async (site, listener) => {
        const [back, kept] = await approved(site, 2);
        await site.fault({ kind: 'return_later', ms: 1500, match: back.payment });
        await site.startWorker('pay-1', PAY_WORKER);
        // the bank's first word comes through: paid; what it says later nobody hears
        for (const one of (await listener.wait(2)).slice(0, 2)) {
            const target = `/v1/payments/callback/g2p/${SECRET}/on-disburse`;
            assert.strictEqual((await site.api(null).ask('POST', target, { body: one.body })).status, 200);
        }
        for (const one of [back, kept]) await site.awaitCase(one.no, 'FIRST_AID_PAID');
        await until('the bank to have given it back', async () => {
            const { lines } = await site.bankGet('/sandbox/statement');
            return lines.filter((one) => one.status === 'returned').length === 1 && lines.length === 3;
        });
        await site.quiet(['pay']);
        const finance = await site.as('finance');
        const fundBefore = await finance.must(200, 'GET', `/v1/townships/${TOWNSHIP}/fund`);
        assert.strictEqual((await site.awaitCase(back.no, () => true)).payments[0].state, 'SUCCEEDED');

        // the morning after: the daily run finds no statement and says so; then the statement comes
        await site.at('2026-11-21T09:05:00+08:00');
        const target = '/v1/reconciliation/2026-11-20?rail=g2p';
        const missing = await until('the daily run', async () => {
            const answer = await finance.get(target);
            return answer.status === 200 && answer.json;
        });
        assert.strictEqual(missing.state, 'no_statement');
        assert.match(missing.made_by, /^worker:/);

        const run = await reconcile(site, '2026-11-20', '--statement', await download(site));
        const { report } = run;
        const { payments } = await site.awaitCase(back.no, 'PAY_FAILED');
        assert.strictEqual(payments[0].state, 'RETURNED');
        assert.strictEqual(item(report, back.payment).reason, 'returned');
        assert.strictEqual(item(report, back.payment).bucket, 'returned');
        assert.strictEqual(report.ledger_gap_fen, 0);
        assert.strictEqual(report.statement_gap_fen, 0);
        assert.strictEqual(run.code, 0, run.text);
        assert.deepStrictEqual(
            report.recorded.map((one) => [one.payment, one.action]),
            [[back.payment, 'record_return']],
        );
        const fund = await finance.must(200, 'GET', `/v1/townships/${TOWNSHIP}/fund`);
        assert.strictEqual(fund.available_fen, fundBefore.available_fen + back.amount);
        assert.strictEqual(fund.unreviewed_fen, fundBefore.unreviewed_fen - back.amount);
        const event = (await site.events(back.no)).find((one) => one.verb === 'pay-returned');
        assert.strictEqual(event.actor, 'operator:jiujictl');
        assert.match(event.reason, /^g2p statement 20261120 [0-9a-f]{64}: record_return$/);

        // somebody has to speak with the citizen: the case lies on top of the township's inbox, and he is told
        const officer = await site.officer(TOWNSHIP);
        const inbox = await officer.must(200, 'GET', `/v1/townships/${TOWNSHIP}/inbox`);
        assert.strictEqual(inbox.items[0].no, back.no);
        await until('the text to the citizen', async () => {
            const { messages } = await site.bankGet('/sandbox/sms');
            return messages.some((one) => one.text.includes('被银行退回') && one.text.includes(back.no));
        });
        assert.strictEqual((await site.awaitCase(kept.no, 'FIRST_AID_PAID')).payments[0].state, 'SUCCEEDED');

        // the same run again gives the same report
        assert.strictEqual((await reconcile(site, '2026-11-20')).text, run.text);
        // and the day after has nothing more to say of either
        const next = await reconcile(site, '2026-11-21', '--statement', site.file('statement.csv'));
        assert.strictEqual(next.code, 0, next.text);
        assert.strictEqual(next.report.payments, 0);
    });
});

test('statements that cannot be read are refused as a whole, with the line', async () => {
    await withDeafSite({}, async (site) => {
        const refused = async (text) => {
            fs.writeFileSync(site.file('bad.csv'), text);
            const args = ['reconcile', '--rail', 'g2p', '--date', TODAY, '--statement', site.file('bad.csv')];
            const error = await site.ctl(...args).then(
                () => assert.fail(`taken: ${text}`),
                (reason) => reason,
            );
            return error.stderr;
        };
        assert.match(await refused('payment,amount_fen,kind\nA1,5,paid\nA2,0,paid\n'), /line 3: amount_fen/);
        assert.match(await refused('payment,amount_fen,kind\nA1,5.00,paid\n'), /line 2: amount_fen/);
        assert.match(await refused('payment,amount_fen,kind\nA1,5,payed\n'), /line 2: kind/);
        assert.match(await refused('payment,amount_fen\nA1,5\n'), /line 1: columns/);
        assert.match(await refused('payment,amount_fen,kind,date\nA1,5,paid,2026-02-30\n'), /line 2: date/);
        assert.match(await refused('payment,amount_fen,kind\n"A1,5,paid\n'), /line 2/);
        assert.match(await refused('<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'), /line/);
        assert.deepStrictEqual(await site.keys('statement:'), []);
    });
});
