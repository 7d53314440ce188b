// Texts as citizens might say them, made from the lists by a seeded generator, each with the township that is right.
// What is right follows from the lists alone; the router is not asked.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

const folder = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../../..');

// ---- random numbers that are the same everywhere (mulberry32)
export function random(seed) {
    let a = seed >>> 0;
    const next = () => {
        a = (a + 0x6d2b79f5) >>> 0;
        let t = Math.imul(a ^ (a >>> 15), 1 | a);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    const below = (n) => Math.floor(next() * n);
    return { next, below, pick: (list) => list[below(list.length)], chance: (p) => next() < p };
}

const rows = (file, separator) => {
    const raw = fs.readFileSync(file);
    const text = (file.endsWith('.gz') ? zlib.gunzipSync(raw) : raw).toString();
    return text
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(separator));
};

export function load(shared) {
    const shipped = (name) => path.join(folder, 'ops/townships', name);
    const towns = rows(shipped('townships.csv.gz'), ',').map(([code, name, province, city, county]) => ({
        code,
        name,
        province,
        city,
        county,
        countyCode: code.slice(0, 6),
        cityCode: code.slice(0, 4),
        villages: [],
    }));
    const byCode = new Map(towns.map((t) => [t.code, t]));
    for (const [code, name] of rows(shipped('villages.tsv.gz'), '\t'))
        byCode.get(code.slice(0, 9))?.villages.push(name);
    const group = (key) => {
        const groups = new Map();
        for (const t of towns) {
            const k = key(t);
            if (!groups.has(k)) groups.set(k, []);
            groups.get(k).push(t);
        }
        return groups;
    };
    const old =
        shared && fs.existsSync(path.join(shared, 'old_townships.tsv'))
            ? rows(path.join(shared, 'old_townships.tsv'), '\t').map(([code, name, county, now, share]) => ({
                  code,
                  name,
                  county,
                  now: byCode.get(now),
                  share: +share,
              }))
            : [];
    const counties =
        shared && fs.existsSync(path.join(shared, 'counties.csv'))
            ? rows(path.join(shared, 'counties.csv'), ',').map((f) => ({
                  code: f[0],
                  name: f[1],
                  oldName: f[8],
              }))
            : [];
    const same = new Map();
    const traditional = new Map();
    for (const [character, simplified, sounds] of rows(shipped('characters.tsv.gz'), '\t')) {
        if (character !== simplified) {
            if (!traditional.has(simplified)) traditional.set(simplified, character);
            continue;
        }
        const sound = sounds?.split(' ')[0];
        if (sound) same.set(character, sound);
    }
    // Only characters that stand in names, so that replacements are ordinary ones.
    const common = new Map();
    for (const t of towns) for (const c of t.name) common.set(c, (common.get(c) ?? 0) + 1);
    const bySound = new Map();
    for (const [c, n] of common) {
        const sound = same.get(c);
        if (!sound || n < 3) continue;
        if (!bySound.has(sound)) bySound.set(sound, []);
        bySound.get(sound).push(c);
    }
    return {
        towns,
        byCode,
        old,
        counties,
        traditional,
        same,
        bySound,
        byName: group((t) => t.name),
        byCounty: group((t) => t.countyCode),
        byCity: group((t) => t.cityCode),
    };
}

// ---- forms of names, written independently of the router's
const PEOPLES = new RegExp(
    '(' +
        '蒙古族?|回族|藏族|维吾尔族?|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族?|傣族|黎族|傈僳族|佤族|畲族|拉祜族|' +
        '水族|东乡族|纳西族|景颇族|柯尔克孜族?|土族|达斡尔族|仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族|锡伯族?|阿昌族|普米族|塔吉克族?|怒族|鄂温克族|' +
        '德昂族|保安族|裕固族|京族|独龙族|鄂伦春族?|各族' +
        ')+(?=自治)',
    'u',
);
const shortAutonomous = (name, long, short) =>
    name.endsWith(long) && PEOPLES.test(name.slice(2))
        ? name.slice(0, 2) + name.slice(2).replace(PEOPLES, '').replace(long, short)
        : name;
export const colloquial = {
    province: (n) => n.replace(/(壮族|回族|维吾尔)?自治区$|省$|市$/u, ''),
    city: (n) => {
        const s = shortAutonomous(n, '自治州', '州');
        return s.length > 2 ? s.replace(/(市|地区|盟)$/u, '') : s;
    },
    county: (n) => {
        const s = shortAutonomous(shortAutonomous(n, '自治县', '县'), '自治旗', '旗');
        return s;
    },
    bareCounty: (n) => {
        const s = colloquial.county(n).replace(/(县|市|区|旗)$/u, '');
        return s.length >= 2 ? s : n;
    },
};
const villageSaid = (name) =>
    name
        .replace(/(社区)(居民委员会|居委会|村委会|委员会)$/u, '$1')
        .replace(/(嘎查)(村?委会|村?委员会)$/u, '$1')
        .replace(/村(村委会|村民委员会|村委员会)$/u, '村')
        .replace(/(村民委员会|村委会)$/u, '村')
        .replace(/(居民委员会)$/u, '居委会');
const villageKey = (name) => villageSaid(name).replace(/(社区|居委会|嘎查|村)$/u, '');
const ordinary = (t) =>
    /(镇|乡|街道|苏木)$/u.test(t.name) && t.name.length >= 3 && !/直辖|管委会|开发区|园区/u.test(t.name);
const realCounty = (t) => !(+t.code.slice(4, 6) >= 71 && +t.code.slice(4, 6) <= 80);

const SITUATIONS = [
    '家里房子着火了，什么都烧没了',
    '发大水把房子冲了',
    '家里人突发重病没钱交住院费',
    '孩子他爸出车祸了',
    '钱包手机都被偷了，没钱吃饭',
    '工地不发工资，两天没吃上饭了',
    '老人摔断了腿没人照顾',
    '洪水把粮食都泡了，家里断粮',
    '下岗半年了，房租交不起',
    '孩子得了白血病',
    '遇到困难想申请临时救助',
    '请问临时救助怎么申请',
    '一家五口没有住处',
    '冬天没有棉被，老人冻病了',
];
const PEOPLE = [
    '张伟',
    '王秀英',
    '李建国',
    '刘洋',
    '陈桂兰',
    '杨建军',
    '黄丽',
    '赵磊',
    '周秀兰',
    '吴强',
    '马哈木',
    '卓玛',
];
const phone = (r) => `1${r.pick(['38', '52', '77', '89', '36', '99'])}${String(r.below(100000000)).padStart(8, '0')}`;

// `p` is the place as said. Failures of every set have led to general rules by now: none of them is blind any more.
const FRAMES = [
    [
        (r, p) => `${r.pick(SITUATIONS)}，地址${p}，电话${phone(r)}`,
        (r, p) => `我在${p}，${r.pick(SITUATIONS)}`,
        (r, p) => `${p}，${r.pick(SITUATIONS)}，我叫${r.pick(PEOPLE)}`,
        (r, p) => `救命，${p}${r.pick(SITUATIONS)}`,
        (r, p) => `求助：我家住${p}，${r.pick(SITUATIONS)}，联系人${r.pick(PEOPLE)}${phone(r)}`,
    ],
    [
        (r, p) => `你好同志，${r.pick(SITUATIONS)}。我这边是${p}，请回电${phone(r)}谢谢`,
        (r, p) => `${r.pick(PEOPLE)} ${phone(r)} ${p} ${r.pick(SITUATIONS)}`,
        (r, p) => `帮帮我们吧！${p}这里${r.pick(SITUATIONS)}`,
        (r, p) => `家在${p}的，${r.pick(SITUATIONS)}，能不能来人看看`,
        (r, p) => `[${p}]${r.pick(SITUATIONS)}`,
    ],
    [
        (r, p) => `喂，民政吗，我们村是${p}的，${r.pick(SITUATIONS)}`,
        (r, p) => `临时救助申请 姓名：${r.pick(PEOPLE)} 住址：${p} 情况：${r.pick(SITUATIONS)} 手机：${phone(r)}`,
        (r, p) => `${r.pick(SITUATIONS)}！！！快来${p}`,
        (r, p) => `邻居${r.pick(PEOPLE)}家${r.pick(SITUATIONS)}，就住我们${p}`,
        (r, p) => `${p}有一户，${r.pick(SITUATIONS)}，麻烦看一下`,
    ],
    [
        (r, p) => `喂，民政吗，我们村是${p}的，${r.pick(SITUATIONS)}`,
        (r, p) => `临时救助申请 姓名：${r.pick(PEOPLE)} 住址：${p} 情况：${r.pick(SITUATIONS)} 手机：${phone(r)}`,
        (r, p) => `${r.pick(SITUATIONS)}！！！快来${p}`,
        (r, p) => `邻居${r.pick(PEOPLE)}家${r.pick(SITUATIONS)}，就住我们${p}`,
        (r, p) => `${p}有一户，${r.pick(SITUATIONS)}，麻烦看一下`,
    ],
];
// `now` and `home` are two places.
const TWO = [
    [
        (r, now, home) => `我老家${home}，现在住在${now}，${r.pick(SITUATIONS)}`,
        (r, now, home) => `户籍${home}，现在在${now}${r.pick(['打工', '租房住', ''])}，${r.pick(SITUATIONS)}`,
        (r, now, home) => `从${home}来的，滞留在${now}，${r.pick(SITUATIONS)}`,
        (r, now, home) => `我人在${now}，户口在${home}，${r.pick(SITUATIONS)}`,
        (r, now, home) => `不是${home}，是${now}，${r.pick(SITUATIONS)}`,
        (r, now, home) => `我是${home}人，现住${now}，${r.pick(SITUATIONS)}`,
        (r, now, home) => `我从${home}嫁到${now}，${r.pick(SITUATIONS)}`,
        (r, now, home) => `地址写错了，不在${home}，应为${now}`,
    ],
    [
        (r, now, home) => `本人${home}户口，目前暂住${now}，${r.pick(SITUATIONS)}`,
        (r, now, home) => `身份证上是${home}，实际住${now}，${r.pick(SITUATIONS)}`,
        (r, now, home) => `我在${now}打工，老家是${home}的，${r.pick(SITUATIONS)}`,
        (r, now, home) => `我是${home}的，来${now}看病，${r.pick(SITUATIONS)}`,
        (r, now, home) => `祖籍${home}，眼下一家人在${now}租房子，${r.pick(SITUATIONS)}`,
        (r, now, home) => `原来住${home}，去年搬到${now}，${r.pick(SITUATIONS)}`,
        (r, now, home) => `刚才说的${home}不对，更正一下，是${now}`,
        (r, now, home) => `我们从${home}过来，被困在${now}了，${r.pick(SITUATIONS)}`,
    ],
    [
        (r, now, home) => `本人系${home}村民，在${now}务工时受伤，${r.pick(SITUATIONS)}`,
        (r, now, home) => `${home}的人，这会儿在${now}火车站，${r.pick(SITUATIONS)}`,
        (r, now, home) => `户籍地：${home}；现居住地：${now}；${r.pick(SITUATIONS)}`,
        (r, now, home) => `我爸妈在${home}，我自己在${now}，${r.pick(SITUATIONS)}`,
        (r, now, home) => `现在人在${now}。户口还在${home}没迁`,
        (r, now, home) => `孩子出生在${home}，跟我住${now}，${r.pick(SITUATIONS)}`,
        (r, now, home) => `我离开${home}三年了，租住${now}，${r.pick(SITUATIONS)}`,
        (r, now, home) => `由${home}前往外地，途中在${now}出了车祸`,
        (r, now, home) => `${now}，${r.pick(SITUATIONS)}，身份证地址${home}`,
    ],
];

const fullPlace = (t) => t.province + t.city + t.county + t.name;

export function makeTexts(data, { seed = 1, each = 500, set = 0 } = {}) {
    const r = random(seed * 1000 + set);
    const out = [];
    const put = (kind, group, t, text, codes) => out.push({ kind, group, code: t ? t.code : '', text, codes });
    const town = (test = () => true) => {
        for (;;) {
            const t = r.pick(data.towns);
            if (ordinary(t) && test(t)) return t;
        }
    };
    const frame = (p) => r.pick(FRAMES[set])(r, p);
    const sms = (p) => (r.chance(0.5) ? p : frame(p));
    const prefix = (t) => r.pick([t.county, t.city + t.county, t.province + t.city + t.county]);
    const uniqueInCity = (t) =>
        t.city &&
        data.byName.get(t.name).filter((o) => o.cityCode === t.cityCode).length === 1 &&
        data.byCity.get(t.cityCode).every((o) => o === t || !o.name.endsWith(t.name));
    const countyNames = new Map();
    for (const t of data.towns) {
        if (!countyNames.has(t.county)) countyNames.set(t.county, new Set());
        countyNames.get(t.county).add(t.countyCode);
    }
    // The county's name and the township's together occur once.
    const pairs = new Map();
    for (const t of data.towns) {
        const k = t.county + t.name;
        pairs.set(k, (pairs.get(k) ?? 0) + 1);
    }
    const decisive = (t) => pairs.get(t.county + t.name) === 1;
    const details = (t) => r.pick(['', '', `${1 + r.below(300)}号`, `${1 + r.below(9)}组`, '街上', '政府旁边']);

    for (let i = 0; i < each; i++) {
        let t = town();
        put('full', 'plain', t, fullPlace(t) + details(t));
        t = town(decisive);
        put('county', 'plain', t, sms(t.county + t.name + details(t)));
        t = town(uniqueInCity);
        put('city', 'plain', t, sms(t.city + t.name + details(t)));
        t = town(decisive);
        put(
            'colloquial',
            'plain',
            t,
            sms(
                r.pick(['', colloquial.province(t.province)]) +
                    r.pick(['', t.city ? colloquial.city(t.city) : '']) +
                    r.pick([colloquial.county(t.county), colloquial.bareCounty(t.county)]) +
                    t.name,
            ),
        );
        t = town();
        put('sms', 'plain', t, frame(fullPlace(t) + (t.villages.length ? villageSaid(r.pick(t.villages)) : '')));
        t = town(
            (o) =>
                data.byName.get(o.name).length === 1 && !data.towns.some((x) => x !== o && x.name.endsWith(o.name)),
        );
        put('unique', 'plain', t, sms(t.name + details(t)));

        // hard
        const villageIn = (o, v) =>
            data.byCounty.get(o.countyCode).filter((x) => x.villages.some((w) => villageKey(w) === villageKey(v)));
        for (;;) {
            t = town((o) => o.villages.length > 0 && realCounty(o) && countyNames.get(o.county).size === 1);
            const v = r.pick(t.villages);
            if (
                villageKey(v).length < 2 ||
                villageIn(t, v).length !== 1 ||
                !/(村|社区|居委会|嘎查)$/u.test(villageSaid(v))
            )
                continue;
            if (
                data.byCounty
                    .get(t.countyCode)
                    .some((o) => o !== t && villageSaid(v).startsWith(o.name.replace(/(镇|乡|街道)$/u, '')))
            )
                continue;
            put('village', 'hard', t, sms(prefix(t) + villageSaid(v) + r.pick(['', `${1 + r.below(12)}组`])));
            break;
        }
        const stem = (o) => o.name.replace(/(街道|镇|乡|苏木)$/u, '');
        t = town(
            (o) =>
                stem(o).length >= 2 &&
                decisive(o) &&
                countyNames.get(o.county).size === 1 &&
                data.byCounty.get(o.countyCode).filter((x) => stem(x).endsWith(stem(o))).length === 1,
        );
        put('stem', 'hard', t, sms(prefix(t) + stem(t)));
        t = town((o) => /街道$/u.test(o.name) && decisive(o));
        put(
            'everyday',
            'hard',
            t,
            sms(
                prefix(t) +
                    (/街街道$/u.test(t.name)
                        ? t.name.replace(/街街道$/u, r.pick(['街道', '街']))
                        : t.name.replace(/街道$/u, r.pick(['街道办', '街道办事处', '办事处', '街办']))),
            ),
        );
        for (;;) {
            t = town((o) => decisive(o) && countyNames.get(o.county).size === 1);
            const chars = [...t.name];
            const at = r.below(stem(t).length);
            const others = (data.bySound.get(data.same.get(chars[at])) ?? []).filter((c) => c !== chars[at]);
            if (others.length === 0) continue;
            chars[at] = r.pick(others);
            const said = chars.join('');
            if (
                data.byCounty
                    .get(t.countyCode)
                    .some((o) => o.name === said || stem(o) === said.replace(/(街道|镇|乡|苏木)$/u, ''))
            )
                continue;
            put('sound', 'hard', t, sms(prefix(t) + said));
            break;
        }
        t = town(decisive);
        put('traditional', 'hard', t, [...sms(prefix(t) + t.name)].map((c) => data.traditional.get(c) ?? c).join(''));
        t = town(decisive);
        put(
            'reversed',
            'hard',
            t,
            sms(
                r.pick([
                    t.name + t.county,
                    `${t.name}，${t.county}，${t.city}`,
                    `${t.name} ${t.county} ${t.province}`,
                    t.name + t.county + t.city + t.province,
                ]),
            ),
        );
        t = town((o) => decisive(o) && o.city);
        const other = town((o) => o.city && o.cityCode !== t.cityCode);
        put(
            'wrong-city',
            'hard',
            t,
            sms(r.pick(['', other.province === t.province ? t.province : '']) + other.city + t.county + t.name),
        );
        t = town(decisive);
        const spaced = [...(prefix(t) + t.name)]
            .map((c) => c + (r.chance(0.3) ? r.pick([' ', '-', '·', '　', '.']) : ''))
            .join('');
        put('spaced', 'hard', t, sms(spaced));
        // a township's name that several counties have, and a village that only one of these has
        for (;;) {
            t = town((o) => data.byName.get(o.name).length > 1 && o.villages.length > 0);
            const v = r.pick(t.villages);
            if (villageKey(v).length < 2 || !/(村|社区)$/u.test(villageSaid(v))) continue;
            if (
                data.byName.get(t.name).filter((o) => o.villages.some((w) => villageKey(w) === villageKey(v)))
                    .length !== 1
            )
                continue;
            put('bare-village', 'hard', t, sms(t.name + villageSaid(v)));
            break;
        }
        t = town(decisive);
        let home = town((o) => o.countyCode !== t.countyCode && decisive(o));
        put('two-places', 'hard', t, r.pick(TWO[set])(r, prefix(t) + t.name, prefix(home) + home.name));
        t = town(decisive);
        home = town((o) => o.countyCode !== t.countyCode && decisive(o));
        put(
            'two-places-short',
            'hard',
            t,
            r.pick(TWO[set])(
                r,
                colloquial.county(t.county) + t.name,
                r.pick([home.province, home.city || home.province, home.county]),
            ),
        );

        // not to be routed
        t = town((o) => data.byName.get(o.name).length > 1);
        put(
            'ambiguous',
            'undecidable',
            null,
            sms(t.name),
            data.byName.get(t.name).map((o) => o.code),
        );
        t = town();
        put('county-only', 'undecidable', null, sms(t.county), [t.countyCode]);
        t = town((o) => o.city);
        put('city-only', 'undecidable', null, sms(t.city));
        put(
            'none',
            'undecidable',
            null,
            r.pick([
                r.pick(SITUATIONS),
                `${r.pick(SITUATIONS)}，${r.pick(SITUATIONS)}，${phone(r)}`,
                r.pick(PEOPLE),
                phone(r),
                '你好，在吗',
                'TD',
                '1',
                '谢谢',
            ]),
        );
        t = town(decisive);
        home = town((o) => o.countyCode !== t.countyCode && decisive(o));
        put(
            'home-only',
            'undecidable',
            null,
            r.pick([
                `老家${prefix(t)}${t.name}，人现在在${home.county}`,
                `户口在${prefix(t)}${t.name}，现在在${home.city || home.province}打工`,
                `我是${t.county}${t.name}人`,
            ]),
            [t.code],
        );

        // a county and a township that belongs to another one
        for (;;) {
            const c = town();
            t = town((o) => o.countyCode !== c.countyCode && o.county !== c.county);
            const there = data.byCounty.get(c.countyCode);
            if (there.some((o) => stem(o).includes(stem(t)) || stem(t).includes(stem(o)))) continue;
            if (data.towns.some((o) => o.county === c.county && o.name === t.name)) continue;
            if (
                data.old.some(
                    (o) => o.name === t.name && (o.county === c.county || o.now?.countyCode === c.countyCode),
                )
            )
                continue;
            put('contradiction', 'undecidable', null, sms(r.pick([c.county, c.city + c.county]) + t.name));
            break;
        }
        // a street, hospital or school that bears a township's name says nothing about where it is
        t = town((o) => stem(o).length >= 2 && realCounty(o));
        put(
            'road',
            'undecidable',
            null,
            sms(
                prefix(t) +
                    stem(t) +
                    r.pick([
                        '路',
                        '大道',
                        '医院',
                        '中学',
                        '小学',
                        '酒店',
                        '广场',
                        '花园',
                        '公园',
                        '超市',
                        '汽车站',
                        '桥',
                    ]) +
                    r.pick(['', `${1 + r.below(200)}号`]),
            ),
        );
        // two complete places and nothing that tells which
        t = town(decisive);
        home = town((o) => o.countyCode !== t.countyCode && decisive(o));
        put(
            'two-plain',
            'undecidable',
            null,
            r.pick([
                `${prefix(t)}${t.name}，${prefix(home)}${home.name}`,
                `${prefix(t)}${t.name}和${prefix(home)}${home.name}`,
                `${prefix(t)}${t.name}${r.pick(SITUATIONS)}，${prefix(home)}${home.name}`,
            ]),
        );
        // a village that several townships of the county have
        for (let tries = 0; tries < 200; tries++) {
            t = town((o) => o.villages.length > 0);
            const v = r.pick(t.villages);
            if (villageKey(v).length < 2 || !/(村|社区)$/u.test(villageSaid(v)) || villageIn(t, v).length < 2)
                continue;
            if (data.byCounty.get(t.countyCode).some((o) => stem(o) === villageKey(v))) continue;
            put('village-of-several', 'undecidable', null, sms(prefix(t) + villageSaid(v)));
            break;
        }

        if (data.old.length) {
            const abolished = () => {
                for (;;) {
                    const o = r.pick(data.old);
                    const standing = data.byCounty.get(o.now?.countyCode) ?? [];
                    if (
                        !o.now ||
                        (o.share > 0 && o.share < 0.8) ||
                        o.name === o.now.name ||
                        !/(镇|乡)$/u.test(o.name) ||
                        o.name.length < 3
                    )
                        continue;
                    if (
                        standing.some((x) => x.name.slice(0, 2) === o.name.slice(0, 2)) ||
                        data.old.filter((x) => x.name === o.name && x.county === o.county).length > 1
                    )
                        continue;
                    if ((countyNames.get(o.now.county)?.size ?? 0) !== 1) continue;
                    return o;
                }
            };
            const o = abolished();
            put('old-township', 'hard', o.now, sms(o.now.county + o.name));
            for (;;) {
                const c = r.pick(data.counties);
                if (!c.oldName || c.oldName === c.name || !data.byCounty.has(c.code) || countyNames.has(c.oldName))
                    continue;
                t = r.pick(data.byCounty.get(c.code));
                if (!ordinary(t)) continue;
                if (
                    data.counties.filter(
                        (x) =>
                            x.oldName === c.oldName &&
                            (data.byCounty.get(x.code) ?? []).some((y) => y.name === t.name),
                    ).length !== 1
                )
                    continue;
                put('old-county', 'hard', t, sms(c.oldName + t.name));
                break;
            }
        }
    }
    return out;
}
