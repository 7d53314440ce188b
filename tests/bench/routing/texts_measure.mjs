// Measures text routing: node texts_measure.mjs JIUJICTL COMPILED [--each N] [--seed N] [--set 0|1]
// [--shared FOLDER] [--show KIND]
import { spawnSync } from 'node:child_process';
import { load, makeTexts } from './texts.mjs';

const [ctl, compiled, ...rest] = process.argv.slice(2);
const option = (name, value) => {
    const at = rest.indexOf(`--${name}`);
    return at < 0 ? value : rest[at + 1];
};
const show = option('show', '');
const data = load(option('shared', ''));
const texts = makeTexts(data, {
    seed: +option('seed', 1),
    each: +option('each', 500),
    set: +option('set', 0),
});
const input = texts.map((t, i) => `${i}\t${t.text.replace(/[\t\n]/g, ' ')}\n`).join('');
const start = process.hrtime.bigint();
const run = spawnSync(ctl, ['route', '--batch', '--townships', compiled], {
    input,
    maxBuffer: 1 << 30,
    encoding: 'utf8',
});
if (run.status !== 0) {
    console.error(run.stderr);
    process.exit(1);
}
const took = Number(process.hrtime.bigint() - start) / 1000;
const answers = run.stdout
    .trim()
    .split('\n')
    .map((l) => l.split('\t'));
const table = new Map();
const bump = (name, key) => {
    if (!table.has(name)) table.set(name, { n: 0, right: 0, wrong: 0, offered: 0 });
    table.get(name)[key]++;
};
let shown = 0;
texts.forEach((t, i) => {
    const [, code, level, , candidates] = answers[i];
    const routed = level === 'township';
    const right = t.code === '' ? !routed : routed && code === t.code;
    const wrong = routed && code !== t.code;
    const list = (candidates ?? '').split(',');
    const offered = t.code ? list.includes(t.code) : !t.codes || t.codes.every((c) => list.includes(c));
    for (const name of [t.kind, `= ${t.group}`, ...(t.code ? ['= decidable'] : [])]) {
        bump(name, 'n');
        if (right) bump(name, 'right');
        if (wrong) bump(name, 'wrong');
        if (offered) bump(name, 'offered');
    }
    if (!right && (show === t.kind || show === 'all') && shown++ < 40) {
        const want = data.byCode.get(t.code);
        const got = data.byCode.get(code);
        console.log(
            `${t.kind}: ${t.text}\n   want ${t.code} ${want ? want.county + want.name : '-'}  ` +
                `got ${level} ${code} ${got ? got.county + got.name : ''} [${list.slice(0, 4)}]`,
        );
    }
});
const percent = (a, b) => `${((100 * a) / b).toFixed(2)}%`.padStart(9);
console.log(`${'kind'.padEnd(20)}${'n'.padStart(7)}    right  wrong route  in candidates`);
for (const [name, v] of [...table].sort((a, b) => (a[0] < b[0] ? -1 : 1)))
    console.log(
        `${name.padEnd(20)}${String(v.n).padStart(7)}${percent(v.right, v.n)}` +
            `${percent(v.wrong, v.n)}${percent(v.offered, v.n)}`,
    );
console.log(
    `${texts.length} texts in ${(took / 1e6).toFixed(2)} s including start: ` +
        `${(took / texts.length).toFixed(1)} us each`,
);
