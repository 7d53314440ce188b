// The same texts through route_bench and through npm address-smart-parse, one after the other on the same machine:
// node peer_measure.mjs ROUTE_BENCH COMPILED NODE_MODULES [--each N] [--seed N] [--set N]. Each text once, no repeats.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { load, makeTexts } from './texts.mjs';

const [bench, compiled, modules, ...rest] = process.argv.slice(2);
const option = (name, value) => {
    const at = rest.indexOf(`--${name}`);
    return at < 0 ? value : +rest[at + 1];
};
const data = load('');
const texts = makeTexts(data, { seed: option('seed', 3), each: option('each', 300), set: option('set', 2) });
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'jiuji-peer-'));
const file = path.join(folder, 'texts.tsv');
fs.writeFileSync(file, texts.map((t, i) => `${i}\t${t.text}\n`).join(''));
const run = spawnSync(bench, [compiled, file], { encoding: 'utf8' });
process.stdout.write(run.stdout);
fs.rmSync(folder, { recursive: true });
const ours = [...run.stdout.matchAll(/texts: \d+, p50 ([\d.]+) us, p99 ([\d.]+) us/g)][0];

const { parseAddress } = await import(
    pathToFileURL(path.resolve(modules, 'address-smart-parse/dist/index.mjs'))
);
for (const t of makeTexts(data, { seed: 99, each: 20, set: 0 })) parseAddress(t.text); // warm up on other texts
let right = 0,
    wrong = 0,
    decidable = 0;
const us = texts
    .map((t) => {
        const start = process.hrtime.bigint();
        const answers = parseAddress(t.text);
        const took = Number(process.hrtime.bigint() - start) / 1000;
        if (t.code) {
            const want = data.byCode.get(t.code);
            const first = (Array.isArray(answers) ? answers[0] : answers) ?? {};
            const said = JSON.stringify(first);
            decidable++;
            if (said.includes(want.name) && said.includes(want.county)) right++;
            else wrong++;
        }
        return took;
    })
    .sort((a, b) => a - b);
const at = (q) => us[Math.floor(us.length * q)];
console.log(
    `address-smart-parse: ${us.length}, p50 ${at(0.5).toFixed(1)} us, p99 ${at(0.99).toFixed(1)} us, ` +
        `names county and township of ${((100 * right) / decidable).toFixed(1)} % of the decidable`,
);
console.log(`ratio p50 ${(at(0.5) / ours[1]).toFixed(1)}, p99 ${(at(0.99) / ours[2]).toFixed(1)}`);
