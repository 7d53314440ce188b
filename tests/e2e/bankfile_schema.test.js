// Our pain.001 against schemas, by xmllint: against our own one for the part that we write (always), and against
// the official one where it lies beside the checkout. The bank's sample files are held against the official schemas
// and read by our reader.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '../..');
const TOOL = path.join(process.env.JIUJI_BIN || path.join(ROOT, 'build/bin'), 'bankfile-tool');
const SPECS = path.join(ROOT, '../shared/data/specs');
const SAMPLES = path.join(ROOT, 'tests/support/bankfile');
const OURS = path.join(SAMPLES, 'pain.001.001.09-used.xsd');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'jiuji-schema-'));

const noXmllint = spawnSync('xmllint', ['--version']).error
    ? 'SKIPPED: xmllint (libxml2-utils) is not installed'
    : false;
const noSpecs =
    noXmllint || (fs.existsSync(SPECS) ? false : 'SKIPPED: no official schemas beside the checkout');

test.after(() => fs.rmSync(folder, { recursive: true }));

function run(...args) {
    const done = spawnSync(TOOL, args, { encoding: 'utf8', maxBuffer: 32 << 20 });
    assert.strictEqual(done.status, 0, done.stderr);
    return done.stdout;
}

function validates(schema, xml) {
    const file = path.join(folder, 'document.xml');
    fs.writeFileSync(file, xml);
    const done = spawnSync('xmllint', ['--nonet', '--noout', '--schema', schema, file], { encoding: 'utf8' });
    return { ok: done.status === 0, why: done.stderr };
}

const SIZES = [1, 2, 64, 5000];

test('every batch that we write is valid by the schema of the part that we use', { skip: noXmllint }, () => {
    for (const size of SIZES) {
        const { ok, why } = validates(OURS, run('pain001', String(size)));
        assert.ok(ok, why);
    }
});

test('every batch that we write is valid by the official schema', { skip: noSpecs }, () => {
    for (const size of SIZES) {
        const { ok, why } = validates(path.join(SPECS, 'pain.001.001.09.xsd'), run('pain001', String(size)));
        assert.ok(ok, why);
    }
});

test('totals, amounts and names in the file are those of the orders', { skip: noXmllint }, () => {
    const xml = run('pain001', '200');
    const amounts = [...xml.matchAll(/<InstdAmt Ccy="CNY">(\d+)\.(\d\d)<\/InstdAmt>/g)].map(
        (m) => BigInt(m[1]) * 100n + BigInt(m[2]),
    );
    const sum = amounts.reduce((a, b) => a + b, 0n);
    const totals = [...xml.matchAll(/<NbOfTxs>(\d+)<\/NbOfTxs><CtrlSum>(\d+)\.(\d\d)<\/CtrlSum>/g)];
    assert.strictEqual(amounts.length, 200);
    assert.strictEqual(totals.length, 2);
    for (const t of totals) {
        assert.strictEqual(t[1], '200');
        assert.strictEqual(BigInt(t[2]) * 100n + BigInt(t[3]), sum);
    }
    assert.strictEqual(new Set([...xml.matchAll(/<EndToEndId>(\w+)</g)].map((m) => m[1])).size, 200);
    assert.ok(xml.includes('<Nm>䶮𬭎</Nm>'));
    assert.ok(xml.includes(`<Nm>A &amp; B &lt;"C"&gt; 'D'</Nm>`));
});

test('a file with a slip is refused by the schemas: they can say no', { skip: noXmllint }, () => {
    const good = run('pain001', '2');
    const slips = [
        [/<MsgId>.*?<\/MsgId>/, ''],
        [/<PmtMtd>TRF/, '<PmtMtd>CASH'],
        [/Ccy="CNY"/, 'Ccy="RMBX"'],
        [/<Dt>2026-03-01/, '<Dt>2026-02-30'],
        [/<CdtrAgt>/, '<CdtrAgt/><CdtrAgt>'],
        [/<EndToEndId>P1</, `<EndToEndId>${'P'.repeat(36)}<`],
        [/<InstdAmt([^>]*)>[^<]*/, '<InstdAmt$1>8,00'],
    ];
    const official = path.join(SPECS, 'pain.001.001.09.xsd');
    for (const [from, to] of slips) {
        const bad = good.replace(from, to);
        assert.notStrictEqual(bad, good);
        assert.ok(!validates(OURS, bad).ok, String(from));
        if (!noSpecs) assert.ok(!validates(official, bad).ok, String(from));
    }
});

const SAMPLE = [
    [
        'pain.002.xml',
        'pain.002.001.11.xsd',
        ['result P1 succeeded 80000 ', 'result P2 failed -1 BE01', 'result P3 unknown -1 AM05'],
    ],
    ['camt.053.xml', 'camt.053.001.08.xsd', ['line P1 80000 debit ', 'line P2 80000 debit ', 'balanced 1']],
    [
        'camt.054.xml',
        'camt.054.001.08.xsd',
        ['result P2 returned 80000 AC04', 'line P2 80000 credit returned AC04'],
    ],
];

for (const [file, schema, lines] of SAMPLE) {
    test(`${file}, valid by the official schema, is read as it is meant`, { skip: noSpecs }, () => {
        const { ok, why } = validates(path.join(SPECS, schema), fs.readFileSync(path.join(SAMPLES, file)));
        assert.ok(ok, why);
        const said = run('read', path.join(SAMPLES, file));
        for (const line of lines) assert.ok(said.includes(line), said);
        assert.match(said, /^odd 0 /m);
    });
}
