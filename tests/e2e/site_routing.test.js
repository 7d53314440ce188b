// Where a ticket goes, from what was said to the township's inbox; local names; a case sent back; a new list of
// townships under a running site.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const { Site, until, REGION } = require('../support/site.js');
const { person, plainTicket } = require('../support/api.js');

const COUNTY = '520324'; // 正安县
const FENGYI = '520324001'; // its townships with a point in the shipped list
const RUIXI = '520324101';
const ANCHANG = '520324103';
const CHUMI = '520322101'; // in the county of 桐梓
const RUIXI_POINT = { lat: 28.57107, lng: 107.35193 };
const NOWHERE = '家里着火了，什么都没有了';

let site;

test.before(async () => {
    site = await Site.start();
    await site.ready();
});

test.after(() => site?.stop());

const said = (narrative, more = {}) => ({ cause: 'education', person: person(), narrative, ...more });

async function post(ticket) {
    const agent = await site.as('agent');
    return (await agent.must(201, 'POST', '/v1/tickets', ticket)).no;
}

// The case of a new ticket, once it is routed.
async function routed(ticket) {
    return site.awaitCase(await post(ticket), ['TRIAGED', 'DISPATCHED']);
}

async function inbox(code) {
    const reviewer = await site.as('reviewer');
    const { items } = await reviewer.must(200, 'GET', `/v1/townships/${code}/inbox?limit=200`);
    return items.map((item) => item.no);
}

async function stands(shown, state, code) {
    assert.deepStrictEqual([shown.state, shown.inbox], [state, code], JSON.stringify(shown.routing));
    assert.ok((await inbox(code)).includes(shown.no), `${shown.no} is not in the inbox of ${code}`);
}

async function preview(query, role = 'agent') {
    return (await site.as(role)).must(200, 'POST', '/v1/routing/preview', query);
}

const chinese = (text) => assert.match(text, /[\u4e00-\u9fff]/);

// ---- Text ----

test('a ticket with words only reaches the inbox of the township that they name', async () => {
    const shown = await routed(said('学费交不上', { place: { address: '贵州省遵义市正安县瑞溪镇街上' } }));
    await stands(shown, 'DISPATCHED', RUIXI);
    assert.strictEqual(shown.township.code, RUIXI);
    assert.ok(shown.routing.confidence >= 60);
    chinese(shown.routing.why.join());
    const told = await routed(said('我在正安县瑞溪镇，学费交不上'));
    await stands(told, 'DISPATCHED', RUIXI);
});

test('of two places the one where the person is now counts, whichever is said first', async () => {
    for (const text of [
        '老家桐梓县楚米镇，现在人在正安县瑞溪镇',
        '现在人在正安县瑞溪镇，户口在桐梓县楚米镇',
        '从桐梓县楚米镇出来，现在在正安县瑞溪镇',
    ]) {
        await stands(await routed(said(text)), 'DISPATCHED', RUIXI);
    }
    await stands(await routed(said('老家正安县瑞溪镇，现在人在桐梓县楚米镇')), 'DISPATCHED', CHUMI);
});

test('the way people speak of a place is understood', async () => {
    const ways = [
        ['俺在正安瑞溪场上', RUIXI],
        ['正安县安场街上', ANCHANG],
        ['正安凤仪街道办旁边', FENGYI],
        ['就在安场镇头', ANCHANG],
    ];
    for (const [text, code] of ways) await stands(await routed(said(text)), 'DISPATCHED', code);
});

test('words without a place wait at the desk of the region, which asks; the citizen gets one SMS', async () => {
    const ticket = said(NOWHERE);
    const shown = await routed(ticket);
    await stands(shown, 'TRIAGED', REGION);
    assert.deepStrictEqual(
        [shown.routing.level, shown.routing.code, shown.routing.ask],
        ['none', '', 'place'],
    );
    assert.ok(shown.allowed.includes('dispatch'));
    await site.quiet();
    const { messages } = await site.bankGet(`/sandbox/sms?to=%2B86${ticket.person.phone}`);
    assert.strictEqual(messages.length, 1, JSON.stringify(messages));
    assert.match(messages[0].text, /县和乡镇/);
    assert.ok(messages[0].text.includes(shown.no));
});

test('a county alone goes to the desk of the county and never to a guessed township', async () => {
    for (const text of ['我在正安县，学费交不上', '正安县城里']) {
        const shown = await routed(said(text));
        await stands(shown, 'TRIAGED', COUNTY);
        assert.deepStrictEqual([shown.routing.level, shown.routing.ask], ['county', 'township']);
        for (const code of [FENGYI, RUIXI, ANCHANG]) assert.ok(!(await inbox(code)).includes(shown.no));
    }
});

test('an agent dispatches what was only triaged, into a township of the region and no other', async () => {
    const agent = await site.as('agent');
    const { no } = await routed(said(NOWHERE));
    const foreign = await agent.verb(no, 'dispatch', { township: '110101001' });
    assert.strictEqual(foreign.status, 400, foreign.text);
    const answer = await agent.verb(no, 'dispatch', { township: RUIXI });
    assert.strictEqual(answer.status, 200, answer.text);
    await stands(answer.json, 'DISPATCHED', RUIXI);
    assert.ok(!(await inbox(REGION)).includes(no));
});

// ---- Points ----

// WGS-84 to GCJ-02 by the published formula, written down here once more, and from there to BD-09.
function gcj({ lat, lng }) {
    const [x, y, pi] = [lng - 105, lat - 35, Math.PI];
    const waves = (v, a, b) => (20 * Math.sin(6 * v * pi) + 20 * Math.sin(2 * v * pi)) * (2 / 3) + a + b;
    const slow = (v, k) => (20 * Math.sin(v * pi) + 40 * Math.sin((v / 3) * pi)) * (2 / 3) + k;
    const first = (20 * Math.sin(6 * x * pi) + 20 * Math.sin(2 * x * pi)) * (2 / 3);
    let dy = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x));
    dy += first + slow(y, 0) + (160 * Math.sin((y / 12) * pi) + 320 * Math.sin((y * pi) / 30)) * (2 / 3);
    let dx = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x));
    dx +=
        waves(x, 0, 0) +
        slow(x, 0) +
        (150 * Math.sin((x / 12) * pi) + 300 * Math.sin((x / 30) * pi)) * (2 / 3);
    const [axis, flat] = [6378245, 0.00669342162296594323];
    const rad = (lat / 180) * pi;
    const magic = 1 - flat * Math.sin(rad) ** 2;
    dy = (dy * 180) / (((axis * (1 - flat)) / (magic * Math.sqrt(magic))) * pi);
    dx = (dx * 180) / ((axis / Math.sqrt(magic)) * Math.cos(rad) * pi);
    return { lat: lat + dy, lng: lng + dx };
}

function bd({ lat, lng }) {
    const k = (Math.PI * 3000) / 180;
    const far = Math.sqrt(lng * lng + lat * lat) + 0.00002 * Math.sin(lat * k);
    const angle = Math.atan2(lat, lng) + 0.000003 * Math.cos(lng * k);
    return { lat: far * Math.sin(angle) + 0.006, lng: far * Math.cos(angle) + 0.0065 };
}

test('one point in each of the three systems leads to one township and one distance', async () => {
    const points = [
        ['WGS-84', RUIXI_POINT],
        ['GCJ-02', gcj(RUIXI_POINT)],
        ['BD-09', bd(gcj(RUIXI_POINT))],
    ];
    for (const [crs, point] of points) {
        const shown = await routed(said('学费交不上', { place: { ...point, crs } }));
        await stands(shown, 'DISPATCHED', RUIXI);
        // the seat of the township itself: taken for another system it would be hundreds of metres off
        assert.ok(
            shown.routing.candidates[0].distance_m <= 10,
            `${crs}: ${shown.routing.candidates[0].distance_m} m`,
        );
    }
    const wrong = await preview({ ...bd(gcj(RUIXI_POINT)), crs: 'WGS-84' });
    assert.ok(wrong.routing.candidates[0].distance_m > 300, 'the systems differ');
});

test('a point whose system nobody said is asked back and routes nothing', async () => {
    const agent = await site.as('agent');
    const made = await agent.must(
        201,
        'POST',
        '/v1/tickets',
        said('学费交不上', { place: { ...RUIXI_POINT } }),
    );
    assert.ok(made.missing.includes('place.crs'), JSON.stringify(made));
    const shown = await site.awaitCase(made.no, ['TRIAGED', 'DISPATCHED']);
    await stands(shown, 'TRIAGED', REGION);
    assert.strictEqual(shown.routing.ask, 'crs');
});

test('words and a point in different counties are said and nobody guesses', async () => {
    const place = { ...RUIXI_POINT, crs: 'WGS-84', address: '桐梓县楚米镇' };
    const shown = await routed(said('学费交不上', { place }));
    await stands(shown, 'TRIAGED', REGION);
    assert.strictEqual(shown.routing.conflict, true);
    assert.strictEqual(shown.routing.ask, 'conflict');
    assert.match(shown.routing.why.join(), /桐梓县.*正安县/);
});

// ---- Preview ----

test('a preview explains in Chinese to every role and stores nothing', async () => {
    await site.quiet();
    const roles = ['agent', 'reviewer', 'finance', 'auditor'];
    for (const role of roles) await site.token(role);
    const state = async () => [await site.redis('XLEN', site.key('events')), (await site.keys('')).sort()];
    const before = await state();
    for (const role of roles) {
        const { routing, ask_zh: ask } = await preview({ text: '我在正安县瑞溪镇' }, role);
        assert.deepStrictEqual([routing.level, routing.code, ask], ['township', RUIXI, '']);
        routing.why.forEach(chinese);
        assert.ok(routing.candidates.length >= 2 && routing.candidates[1].distance_m > 0);
    }
    const county = await preview({ text: '正安县' });
    assert.deepStrictEqual([county.routing.level, county.routing.code], ['county', COUNTY]);
    chinese(county.ask_zh);
    const nothing = await preview({});
    assert.strictEqual(nothing.routing.level, 'none');
    assert.deepStrictEqual(await state(), before);

    const agent = await site.as('agent');
    const bad = [{ text: 1 }, { place: {} }, { lat: 28 }, { ...RUIXI_POINT, crs: 'x' }, [], 'x'];
    for (const body of bad) {
        const answer = await agent.post('/v1/routing/preview', body);
        assert.strictEqual(answer.status, 400, `${JSON.stringify(body)}: ${answer.text}`);
        chinese(answer.json.detail);
    }
    assert.strictEqual((await site.api(null).post('/v1/routing/preview', {})).status, 401);
});

test('jiujictl route and the preview say the same', async () => {
    const queries = [
        [{ text: '老家桐梓县楚米镇，现在人在正安县瑞溪镇' }, []],
        [{ text: '正安县' }, []],
        [{ text: NOWHERE }, []],
        [{ ...RUIXI_POINT, crs: 'WGS-84' }, ['--point', '28.57107,107.35193', '--crs', 'wgs84']],
        [{ code: `${RUIXI}206` }, ['--code', `${RUIXI}206`]],
    ];
    for (const [query, args] of queries) {
        const { routing, ask_zh: ask } = await preview({ ...query, prior: '52' });
        const printed = await site.ctl(
            'route',
            ...(query.text ? [query.text] : []),
            ...args,
            '--prior',
            '52',
        );
        const [first] = printed.split('\n');
        assert.match(first, new RegExp(`把握 ${routing.confidence}%  数据 ${routing.data}$`), printed);
        assert.ok(first.includes(routing.code || '未定位'), printed);
        for (const line of routing.why) assert.ok(printed.includes(line), `${line} is not in ${printed}`);
        if (ask) assert.ok(printed.includes(ask), printed);
    }
});

// ---- Aliases ----

async function refused(pattern, ...args) {
    await assert.rejects(site.ctl(...args), (error) => {
        assert.match(error.stderr, pattern);
        return true;
    });
}

test('a local name counts once another person has approved it, until it is reverted', async () => {
    const text = '人在老码头旁边，房子漏雨';
    const lost = await routed(said(text));
    await stands(lost, 'TRIAGED', REGION);
    const known = await routed(said('就在老码头旁边', { place: { code: RUIXI } }));
    await stands(known, 'DISPATCHED', RUIXI);

    const proposed = await site.ctl('alias', 'propose', '老码头', ANCHANG, '--by', 'staff-1');
    assert.match(proposed, /安场镇/);
    assert.match(proposed, new RegExp(`case ${lost.no}: not placed -> ${ANCHANG}`));
    assert.ok(
        !proposed.includes(known.no),
        `the code of ${known.no} decides, whatever its text says: ${proposed}`,
    );
    assert.match(proposed, /of \d+ stored cases .* 1 would go elsewhere/);
    const [, id] = /proposed as (\d+)/.exec(proposed);
    assert.strictEqual((await preview({ text })).routing.level, 'none', 'only proposed');

    await refused(/cannot approve/, 'alias', 'approve', id, '--by', 'staff-1');
    assert.match(
        await site.ctl('alias', 'list'),
        new RegExp(`^${id}\tproposed\t老码头\t${ANCHANG}\t.*staff-1`, 'm'),
    );
    const approved = await site.ctl('alias', 'approve', id, '--by', 'staff-2');
    assert.match(approved, new RegExp(`case ${lost.no}: not placed -> ${ANCHANG}`));
    assert.match(await site.ctl('alias', 'list'), new RegExp(`^${id}\tapproved\t.*staff-1.*staff-2`, 'm'));

    const seen = await until('the alias in the preview', async () => {
        const { routing } = await preview({ text });
        return routing.code === ANCHANG && routing;
    });
    assert.match(seen.why.join(), /“老码头”按本地别名/);
    const shown = await until('the alias in the worker', async () => {
        const one = await routed(said(text));
        return one.state === 'DISPATCHED' && one;
    });
    await stands(shown, 'DISPATCHED', ANCHANG);
    assert.match(shown.routing.why.join(), /“老码头”按本地别名（第\d+版）/);
    await stands(await routed(said('就在老码头旁边', { place: { code: RUIXI } })), 'DISPATCHED', RUIXI);

    const reverted = await site.ctl('alias', 'revert', id, '--by', 'staff-2');
    assert.match(reverted, new RegExp(`case ${shown.no}: ${ANCHANG} -> not placed`));
    await until('the preview to forget', async () => (await preview({ text })).routing.level === 'none');
    await until('the worker to forget', async () => (await routed(said(text))).state === 'TRIAGED');
    await refused(/not in a state/, 'alias', 'revert', id, '--by', 'staff-2');
    await refused(/not in a state/, 'alias', 'approve', id, '--by', 'staff-2');
    assert.match(await site.ctl('alias', 'list'), new RegExp(`^${id}\treverted\t`, 'm'));
    await refused(/no township/, 'alias', 'propose', '老码头', '520324999', '--by', 'staff-1');
    await refused(/2 to 30/, 'alias', 'propose', '老', ANCHANG, '--by', 'staff-1');
});

// ---- Sent back ----

test('after three returns a reviewer designates; the history names the words', async () => {
    const agent = await site.as('agent');
    const officer = await site.officer(RUIXI);
    const { no } = await routed(plainTicket(RUIXI));
    for (let time = 1; time <= 3; time++) {
        const { claim } = await officer.must(200, 'POST', `/v1/townships/${RUIXI}/claim`, { case: no });
        const back = await officer.verb(no, 'return', { claim, reason: '不在本辖区', misled: `瑞溪${time}` });
        assert.strictEqual(back.status, 200, back.text);
        await stands((await agent.get(`/v1/cases/${no}`)).json, 'RETURNED', REGION);
        assert.ok(!(await inbox(RUIXI)).includes(no));
        const again = await agent.verb(no, 'dispatch', { township: RUIXI });
        assert.strictEqual(again.status, time < 3 ? 200 : 403, again.text); // the fourth is the county's
        assert.strictEqual((await agent.verb(no, 'designate', { township: RUIXI })).status, 403);
    }
    const events = await site.events(no);
    const returns = events.filter((event) => event.verb === 'return');
    assert.deepStrictEqual(
        returns.map((event) => [event.misled, event.reason, event.to]),
        [1, 2, 3].map((time) => [`瑞溪${time}`, '不在本辖区', 'RETURNED']),
    );
    const reviewer = await site.as('reviewer');
    const last = await reviewer.verb(no, 'designate', { township: ANCHANG });
    assert.strictEqual(last.status, 200, last.text);
    await stands((await agent.get(`/v1/cases/${no}`)).json, 'DESIGNATED', ANCHANG);
});

// ---- A new list of townships; last, because the list stays ----

const OWN_LIST = [
    'code,name,province,city,county,lat,lng',
    '520324101,瑞溪镇,贵州省,遵义市,正安县,28.57107,107.35193',
    '520324199,新设镇,贵州省,遵义市,正安县,28.60000,107.40000',
    '520322101,楚米镇,贵州省,遵义市,桐梓县,28.23361,106.83278',
];

test('a new list of townships is in use without a restart, a damaged one is not', async () => {
    const csv = site.file('own.csv');
    const list = site.file('townships.set');
    const text = '我在正安县新设镇';
    const gateway = site.gateways[1];
    const worker = site.workers.get('worker-1');
    const version = async () => {
        const { checks } = await site.api(null, {}).must(200, 'GET', '/readyz?verbose');
        return checks.find((check) => check.name === 'townships').why;
    };
    const old = await routed(said(text));
    const inHand = await routed(plainTicket(CHUMI));
    await stands(old, 'TRIAGED', COUNTY);
    assert.strictEqual(old.routing.data, await version());

    fs.writeFileSync(csv, `${OWN_LIST.join('\n')}\n`);
    await site.ctl('townships', 'import', csv, '--date', '2026-07-01');
    await until('the gateway to show the new list', async () => (await version()).startsWith('2026-07-01.'));
    const data = await version();
    assert.strictEqual((await preview({ text })).routing.code, '520324199');
    const shown = await until('the worker to use it', async () => {
        const one = await routed(said(text));
        return one.routing.data === data && one;
    });
    await stands(shown, 'DISPATCHED', '520324199');
    for (const child of [gateway, worker])
        await child.says(new RegExp(`event=townships_swapped .*data=${data}`));

    const whole = fs.readFileSync(list);
    fs.writeFileSync(`${list}.cut`, whole.subarray(0, Math.floor(whole.length / 2)));
    fs.renameSync(`${list}.cut`, list);
    for (const child of [gateway, worker]) await child.says(/event=townships_refused why="[^"]+"/);
    assert.strictEqual(await version(), data);
    await stands(await routed(said(text)), 'DISPATCHED', '520324199');
    for (const child of [gateway, worker]) {
        assert.strictEqual(child.log.match(/event=townships_refused/g).length, 1, 'told once');
    }

    fs.writeFileSync(csv, '代码,名称\n1,2\n');
    await refused(/not touched/, 'townships', 'import', csv);
    fs.writeFileSync(csv, `${OWN_LIST.slice(0, 3).join('\n')}\n`);
    await site.ctl('townships', 'import', csv, '--date', '2026-08-01');
    await until('the next good list', async () => (await version()).startsWith('2026-08-01.'));
    assert.strictEqual((await preview({ text: '桐梓县楚米镇' })).routing.level, 'none');
    assert.strictEqual((await preview({ text })).routing.code, '520324199');
    // an officer whose township has left the list finishes his cases; nobody dispatches there any more
    const officer = await site.officer(CHUMI);
    const { claim } = await officer.must(200, 'POST', `/v1/townships/${CHUMI}/claim`, { case: inHand.no });
    const accepted = await officer.verb(inHand.no, 'accept', { claim });
    assert.deepStrictEqual([accepted.status, accepted.json.township.code], [200, CHUMI], accepted.text);
    assert.strictEqual((await (await site.officer(RUIXI)).get(`/v1/townships/${CHUMI}/inbox`)).status, 404);
    const sent = await (await site.as('agent')).verb(old.no, 'dispatch', { township: CHUMI });
    assert.strictEqual(sent.status, 400, sent.text);
    // cases decided by an earlier list are still shown and can be acted on
    const first = await (await site.as('agent')).must(200, 'GET', `/v1/cases/${old.no}`);
    assert.strictEqual(first.routing.data, old.routing.data);
});
