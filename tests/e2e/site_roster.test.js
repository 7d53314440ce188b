// Rosters: a township's list of households becomes cases, each row once, whatever happens in between.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const { Site, until } = require('../support/site.js');
const { person, idNumber } = require('../support/api.js');

const TOWNSHIP = '520102022';
const OTHER = '520103019';
const HEAD = '户主姓名,身份证号,联系电话,一卡通账号,需救助人口,村,急难事由,需求,申请金额,发放形式';

let site;

test.before(async () => {
    site = await Site.start({
        settings: { bank_settle_ms: 300, bank_timeout_ms: 1000, sms_per_second: 10000 },
        gateways: 2,
        policy: (pack) => {
            pack.rules.integrity.spot_check_permille = 0;
            const order = pack.standing_orders[0];
            order.day_fen = 100000000;
            order.month_fen = 1000000000;
        },
    });
    await site.ready();
    await site.fund(TOWNSHIP, 10000000000);
});

test.after(() => site?.stop());

let last = 0;
// A row that can be paid by rule; more: columns by name.
function row(more = {}) {
    const who = person();
    const cells = {
        name: who.name,
        id: who.id_number,
        phone: who.phone,
        account: who.account,
        persons: 1 + (++last % 4),
        village: '好花红村',
        cause: '滞留遇困',
        needs: '路断，缺食物',
        amount: '400',
        form: '银行',
        ...more,
    };
    return Object.values(cells).join(',');
}

async function send(body, { name = 'list', township = TOWNSHIP, as, query = '' } = {}) {
    const api = as || (await site.officer(township, 'upload'));
    const target = `/v1/rosters?township=${township}&name=${encodeURIComponent(name)}${query}`;
    return api.ask('POST', target, { body, headers: { 'content-type': 'text/csv' } });
}

async function roster(id, query = '') {
    return (await site.as('reviewer')).must(200, 'GET', `/v1/rosters/${id}${query}`);
}

async function whole(id) {
    return until(`roster ${id} to be taken in`, async () => {
        const shown = await roster(id);
        return shown.waiting === 0 && shown;
    });
}

const problem = (answer) => answer.json?.type?.replace('urn:jiuji:problem:', '');

test('every row becomes a case, decided and paid like any other', async () => {
    const answer = await send([HEAD, ...Array.from({ length: 5 }, () => row())].join('\r\n'), {
        name: 'five',
    });
    assert.strictEqual(answer.status, 202, answer.text);
    assert.strictEqual(answer.headers.location, `/v1/rosters/${TOWNSHIP}-five`);
    assert.strictEqual(answer.json.accepted, 5);
    assert.deepStrictEqual(answer.json.refused_rows, []);
    await whole(`${TOWNSHIP}-five`);
    const { accepted_rows: rows } = await roster(`${TOWNSHIP}-five`, '?rows=accepted');
    assert.deepStrictEqual(
        rows.map((one) => one.row),
        [1, 2, 3, 4, 5],
    );
    for (const { case: no } of rows) {
        const shown = await site.awaitCase(no, 'FIRST_AID_PAID');
        assert.strictEqual(shown.township.code, TOWNSHIP);
        assert.strictEqual(shown.facts.channel, 'officer');
        assert.strictEqual(shown.facts.food_lost, true);
        assert.strictEqual(shown.facts.asked_fen, 40000);
        assert.ok(
            (await site.events(no)).some(
                (event) => event.verb === 'receive' && event.actor === 'officer:upload',
            ),
        );
    }
    assert.strictEqual(
        await site.redis('EXISTS', site.key(`roster:${TOWNSHIP}-five:wait`)),
        0,
        'no row is left lying',
    );
});

test('what is wrong is told by row and column with its remedy; a corrected list adds only that', async () => {
    const good = [row(), row(), row()];
    const { id_number: right } = person();
    const wrongId = row({ id: right.slice(0, 17) + (right[17] === '1' ? '2' : '1') });
    const lines = [
        HEAD,
        good[0],
        wrongId,
        row({ name: '' }),
        row({ phone: '' }),
        row({ amount: '很多' }),
        row({ cause: '不知道的事' }),
        row({ account: '', form: '银行' }),
        row({ persons: '0' }),
        good[1],
        good[0],
        '"没有结束的引号,1,2',
    ];
    const first = await send(lines.join('\n'), { name: 'wrong' });
    assert.strictEqual(first.status, 202, first.text);
    assert.deepStrictEqual(
        first.json.refused_rows.map((one) => [one.row, one.field]),
        [
            [2, 'id_number'],
            [3, 'name'],
            [4, 'phone'],
            [5, 'amount_yuan'],
            [6, 'cause'],
            [7, 'account'],
            [8, 'persons'],
            [10, 'id_number'],
            [11, ''],
        ],
    );
    assert.ok(
        first.json.refused_rows.every((one) => /[一-龥]/.test(one.detail) && !/\d{11}/.test(one.detail)),
        first.text,
    );
    await whole(`${TOWNSHIP}-wrong`);
    const before = new Set(await site.cases());

    const again = await send([HEAD, good[2], good[1], good[0]].join('\n'), { name: 'wrong' });
    assert.strictEqual(again.json.accepted, 3, again.text);
    await whole(`${TOWNSHIP}-wrong`);
    const added = (await site.cases()).filter((no) => !before.has(no));
    assert.strictEqual(added.length, 1, 'only the row that is new');
    const { accepted_rows: rows } = await roster(`${TOWNSHIP}-wrong`, '?rows=accepted');
    assert.deepStrictEqual([rows[0].case], added);
    assert.ok(before.has(rows[1].case) && before.has(rows[2].case));
});

test('the same list again, at both gateways at once, makes nothing twice', async () => {
    const body = [HEAD, ...Array.from({ length: 150 }, () => row())].join('\n');
    const before = (await site.cases()).length;
    const answers = await Promise.all(Array.from({ length: 4 }, () => send(body, { name: 'same' })));
    assert.ok(
        answers.every((one) => one.status === 202 || one.status === 409),
        answers.map((one) => one.text).join(),
    );
    assert.strictEqual((await send(body, { name: 'same' })).json.accepted, 150);
    await whole(`${TOWNSHIP}-same`);
    assert.strictEqual((await site.cases()).length, before + 150);
});

test('UTF-8 with a byte order mark, GB18030, English heads, tabs, quotes', async () => {
    const gb = Buffer.concat([
        Buffer.from('d0d5c3fb2cc9edb7ddd6a4bac52cb5e7bbb02cb4e52cd4add2f20a', 'hex'), // 姓名,身份证号,电话,村,原因
        Buffer.from('d5c5c8fd2c', 'hex'), // 张三,
        Buffer.from(`${person().id_number},13911112222,`),
        Buffer.from('bac3bba8bae8b4e52cbae9cbae0a', 'hex'), // 好花鸿村,洪水
    ]);
    const one = await send(gb, { name: 'gb' });
    assert.strictEqual(one.json?.accepted, 1, one.text);
    const two = await send(
        `\ufeff姓名,身份证号,电话,事由\n"李,""四""",${person().id_number},13911112223,火灾\n`,
        { name: 'bom' },
    );
    assert.strictEqual(two.json?.accepted, 1, two.text);
    const three = await send(
        `name\tid_number\tphone\tcause\tnote\nwang\t'${person().id_number}\t13911112224\tflood\tx\n`,
        { name: 'tab' },
    );
    assert.strictEqual(three.json?.accepted, 1, three.text);
    for (const [id, cause] of [
        ['gb', 'flood'],
        ['bom', 'fire'],
        ['tab', 'flood'],
    ]) {
        await whole(`${TOWNSHIP}-${id}`);
        const { accepted_rows: rows } = await roster(`${TOWNSHIP}-${id}`, '?rows=accepted');
        const shown = await site.awaitCase(rows[0].case, (it) => it.state !== 'RECEIVED');
        assert.strictEqual(shown.facts.cause, cause);
    }
    const bad = await send(Buffer.from([0x61, 0x2c, 0xff, 0xff, 0x0a]), { name: 'bad' });
    assert.strictEqual(`${bad.status} ${problem(bad)}`, '400 bad-input', bad.text);
});

test('who may send what: not another township, not an agent, not without its head', async () => {
    const stranger = await site.officer(OTHER, 'stranger');
    const refused = await send([HEAD, row()].join('\n'), { name: 'mine', as: stranger });
    assert.strictEqual(`${refused.status} ${problem(refused)}`, '403 forbidden');
    assert.strictEqual(
        (await send([HEAD, row()].join('\n'), { name: 'x', as: await site.as('agent') })).status,
        403,
    );
    for (const body of ['', 'a,b\n1,2\n', '姓名,身份证号\n', '姓名,户主,身份证号,电话\n']) {
        const answer = await send(body, { name: 'head' });
        assert.strictEqual(`${answer.status} ${problem(answer)}`, '400 bad-input', answer.text);
    }
    for (const query of ['&cause=nothing', '']) {
        const answer = await send(HEAD, { name: query ? 'ok' : 'NOT plain!', query });
        assert.strictEqual(answer.status, 400, answer.text);
    }
    assert.strictEqual((await stranger.get(`/v1/rosters/${TOWNSHIP}-five`)).status, 404);
    assert.strictEqual((await stranger.get('/v1/rosters/none')).status, 404);
});

test('gateway and worker are killed in the middle of 3,000 rows: sent again, every row is one case', async () => {
    // A list whose sending is cut off in the middle; false when all of it was there before we had looked.
    async function cut(name, body) {
        const gateway = await site.startGateway(9, { port: 0 });
        await site.ready(gateway.port);
        const api = site.api(await site.token('officer', 'upload', TOWNSHIP), { port: gateway.port });
        const broken = send(body, { name, as: api }).catch((error) => error);
        await until(
            'some rows to be there',
            async () => Number(await site.redis('HLEN', site.key(`roster:${TOWNSHIP}-${name}:keys`))) > 200,
        );
        await gateway.kill();
        await broken;
        return !(await roster(`${TOWNSHIP}-${name}`)).complete;
    }
    let name, body, before;
    for (let tries = 1; ; tries++) {
        const rows = Array.from({ length: 3000 }, () => row({ account: '', form: '现金' }));
        [name, body, before] = [`killed-${tries}`, [HEAD, ...rows].join('\n'), (await site.cases()).length];
        if (await cut(name, body)) break;
        await whole(`${TOWNSHIP}-${name}`);
        assert.ok(tries < 5, 'the gateway was never killed in time');
    }
    const answer = await send(body, { name });
    assert.strictEqual(answer.json?.accepted, 3000, answer.text);
    await site.workers.get('worker-1').kill();
    await site.startWorker('worker-2');
    const shown = await whole(`${TOWNSHIP}-${name}`);
    assert.strictEqual(shown.complete, true);
    assert.strictEqual((await site.cases()).length, before + 3000);
    // every listed case is there, page by page
    const listed = [];
    for (let after = 0; ;) {
        const page = await roster(`${TOWNSHIP}-${name}`, `?rows=accepted&limit=1000&after=${after}`);
        if (page.accepted_rows.length === 0) break;
        listed.push(...page.accepted_rows.map((one) => one.case));
        after = page.next_after;
    }
    assert.strictEqual(new Set(listed).size, 3000);
    const all = new Set(await site.cases());
    assert.ok(listed.every((no) => all.has(no)));
});

test('the full 10,000 rows pass in one request, one more is told', async () => {
    const line = (n) =>
        `户主${n},${idNumber(100000 + n)},1380000${String(n % 10000).padStart(4, '0')},,2,村,洪涝,缺口粮,300,现金`;
    const ids = new Set();
    const rows = [];
    for (let n = 0; rows.length < 10000; n++) {
        const one = line(n);
        const id = one.split(',')[1];
        if (!ids.has(id)) rows.push(one);
        ids.add(id);
    }
    const started = Date.now();
    const answer = await send([HEAD, ...rows].join('\n'), { name: 'full' });
    assert.strictEqual(answer.status, 202, answer.text);
    assert.strictEqual(answer.json.accepted, 10000);
    process.stdout.write(`# 10,000 rows answered after ${Date.now() - started} ms\n`);
    const more = await send([HEAD, ...rows, row()].join('\n'), { name: 'more' });
    assert.strictEqual(more.status, 413, more.text);
});

test('too large a body is refused, and so is a large one to any other path', async () => {
    const api = await site.officer(TOWNSHIP, 'upload');
    const large = (path, size) =>
        api
            .ask('POST', path, { body: Buffer.alloc(size, 0x61), headers: { 'content-type': 'text/csv' } })
            .catch((error) => error);
    assert.strictEqual((await large('/v1/tickets', 70000)).status, 413);
    assert.strictEqual((await large(`/v1/rosters?township=${TOWNSHIP}`, 4194305)).status, 413);
    assert.strictEqual(
        (await large(`/v1/rosters?township=${TOWNSHIP}`, 4194304)).status,
        400,
        'read, but no list',
    );
});

test('no personal data of the rows lies in the store in clear, nor in a log', async () => {
    const who = person({ name: '欧阳花名册' });
    await send(`${HEAD}\n${who.name},${who.id_number},${who.phone},,2,好花红村,洪涝,缺口粮,300,现金`, {
        name: 'clear',
    });
    await whole(`${TOWNSHIP}-clear`);
    const folder = site.file('redis', 'appendonlydir');
    const written = Buffer.concat(fs.readdirSync(folder).map((name) => fs.readFileSync(`${folder}/${name}`)));
    assert.ok(written.includes(`${TOWNSHIP}-clear`));
    for (const secret of [who.name, who.id_number, who.phone]) {
        assert.ok(!written.includes(secret));
        assert.ok(site.children.every((child) => !child.log.includes(secret)));
    }
});
