// Measures point routing: node points_measure.mjs JIUJICTL COMPILED POINTS.tsv [--seats]
// POINTS.tsv: village code (12 digits), name, lat, lng (WGS-84); with --seats: township code, lat, lng.
// Points that were compiled as anchors must not be in it. All three coordinate systems are asked.
import fs from 'node:fs';
import { spawnSync } from 'node:child_process';

const [ctl, compiled, file, flag] = process.argv.slice(2);
const A = 6378245.0,
    EE = 0.00669342162296594323,
    PI = Math.PI;
function gcj(lng, lat) {
    // the published formula; written here again so that the router is not checked with itself
    const x = lng - 105,
        y = lat - 35,
        { sin, sqrt, abs, cos } = Math;
    const w = ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3;
    const la =
        -100 +
        2 * x +
        3 * y +
        0.2 * y * y +
        0.1 * x * y +
        0.2 * sqrt(abs(x)) +
        w +
        ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3 +
        ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3;
    const lo =
        300 +
        x +
        2 * y +
        0.1 * x * x +
        0.1 * x * y +
        0.1 * sqrt(abs(x)) +
        w +
        ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3 +
        ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
    const phi = (lat / 180) * PI,
        m = 1 - EE * sin(phi) ** 2;
    return [
        lng + (lo * 180) / ((A / sqrt(m)) * cos(phi) * PI),
        lat + (la * 180) / (((A * (1 - EE)) / (m * sqrt(m))) * PI),
    ];
}
function bd(lng, lat) {
    const k = (PI * 3000) / 180,
        z = Math.hypot(lng, lat) + 0.00002 * Math.sin(lat * k);
    const t = Math.atan2(lat, lng) + 0.000003 * Math.cos(lng * k);
    return [z * Math.cos(t) + 0.0065, z * Math.sin(t) + 0.006];
}
const seats = flag === '--seats';
const rows = fs
    .readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((l) => l.split('\t'))
    .filter((f) => /^\d{9}/.test(f[0]))
    .map((f) => ({ code: f[0].slice(0, 9), lat: +f[seats ? 1 : 2], lng: +f[seats ? 2 : 3] }));
const ask = (system, move) => {
    const input = rows
        .map((r, i) => {
            const [lng, lat] = move(r.lng, r.lat);
            return `${i}\t${lat.toFixed(7)}\t${lng.toFixed(7)}\t${system}\n`;
        })
        .join('');
    const run = spawnSync(ctl, ['route', '--batch', '--points', '--townships', compiled], {
        input,
        maxBuffer: 1 << 30,
        encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(run.stderr);
    return run.stdout
        .trim()
        .split('\n')
        .map((l) => l.split('\t'));
};
const wgs = ask('wgs84', (lng, lat) => [lng, lat]);
const g = ask('gcj02', gcj);
const b = ask('bd09', (lng, lat) => bd(...gcj(lng, lat)));
let first = 0,
    three = 0,
    county = 0,
    same = 0,
    routed = 0,
    sure = 0,
    sureRight = 0,
    wrong = 0;
rows.forEach((r, i) => {
    const list = (wgs[i][4] ?? '').split(',').filter((c) => c.length === 9);
    routed += wgs[i][2] === 'township';
    first += list[0] === r.code;
    three += list.slice(0, 3).includes(r.code);
    county += (wgs[i][1] || list[0] || '').slice(0, 6) === r.code.slice(0, 6);
    wrong += wgs[i][2] === 'township' && wgs[i][1] !== r.code;
    same += wgs[i][1] === g[i][1] && wgs[i][1] === b[i][1];
    if (wgs[i][2] === 'township' && +wgs[i][3] >= 75) {
        sure++;
        sureRight += list[0] === r.code;
    }
});
const p = (n, of = rows.length) => `${((100 * n) / of).toFixed(2)} %`;
console.log(
    `${rows.length} points: first ${p(first)}, among three ${p(three)}, county ${p(county)}, ` +
        `same in three systems ${p(same)}, ` +
        `routed ${p(routed)} (wrong ${p(wrong)}); not to be confirmed ${p(sure)}, of these right ${p(sureRight, sure)}`,
);
