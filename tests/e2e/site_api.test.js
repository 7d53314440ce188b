// The HTTP API as ops/api.md describes it: who may what, the same request twice, conditional requests, waiting, and
// what becomes of bad input.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Site, until, REGION } = require('../support/site.js');
const { strandedTicket, plainTicket, freshKey, person, sleep } = require('../support/api.js');

const OWN = '520102022';
const FOREIGN = '520103019';
const ROLES = ['agent', 'officer', 'reviewer', 'finance', 'auditor'];

let site;

test.before(async () => {
    site = await Site.start({ settings: { bank_settle_ms: 300 } });
    await site.ready();
    await site.fund(OWN);
    await site.fund(FOREIGN);
});

test.after(() => site?.stop());

const problem = (answer) => answer.json?.type?.replace('urn:jiuji:problem:', '');

function is(answer, status, type) {
    assert.strictEqual(`${answer.status} ${problem(answer)}`, `${status} ${type}`, answer.text);
    assert.match(answer.headers['content-type'], /^application\/problem\+json/);
    assert.strictEqual(answer.json.status, status);
    assert.ok(answer.json.title && /[\u4e00-\u9fff]/.test(answer.json.detail), answer.text);
}

function pointers(answer) {
    is(answer, 400, 'bad-input');
    return answer.json.errors.map((error) => {
        assert.ok(error.detail, answer.text);
        return error.pointer;
    });
}

async function dispatched(code = OWN) {
    const { no } = await (await site.as('agent')).must(201, 'POST', '/v1/tickets', plainTicket(code));
    await site.awaitCase(no, 'DISPATCHED');
    return no;
}

// ---- Who may what ----

// method, path ("N": a case of the own township, "F": one of another), body, roles that may; the rest gets 403.
// An officer gets 404 for what is foreign.
const MATRIX = [
    ['POST', '/v1/tickets', plainTicket(), ['agent', 'officer']],
    ['GET', '/v1/cases/N', null, ROLES],
    ['GET', '/v1/cases/N/events', null, ['agent', 'officer', 'reviewer', 'auditor']],
    ['GET', '/v1/townships/T/inbox', null, ['agent', 'officer', 'reviewer', 'finance']],
    ['GET', '/v1/money/stuck', null, ['reviewer', 'finance', 'auditor']],
    ['GET', '/v1/money/stops', null, ['reviewer', 'finance', 'auditor']],
    ['POST', '/v1/cases/N/pay', { reason: '测试' }, ['finance']],
    ['POST', '/v1/cases/N/approve', { reason: '测试' }, ['officer', 'reviewer']],
    ['POST', '/v1/cases/N/recover', { reason: '测试' }, ['reviewer']],
    ['POST', '/v1/cases/N/repay', { amount_fen: 1, reason: '测试' }, ['finance']],
    ['GET', '/v1/townships/T/fund', null, ['officer', 'reviewer', 'finance', 'auditor']],
    ['GET', '/v1/payments/P', null, ['officer', 'reviewer', 'finance', 'auditor']],
    ['POST', '/v1/townships/T/claim', { case: 'N' }, ['officer', 'reviewer']],
    ['POST', '/v1/funds/T/allotments', { amount_fen: 1, reason: '测试' }, ['finance']],
    ['POST', '/v1/cases/N/dispatch', { township: OWN, reason: '测试' }, ['agent', 'reviewer']],
    ['POST', '/v1/cases/N/accept', { claim: 1, reason: '测试' }, ['officer']],
    ['POST', '/v1/cases/N/first-aid', { claim: 1, amount_fen: 1, reason: '测试' }, ['officer']],
    ['POST', '/v1/cases/N/papers', { claim: 1, reason: '测试' }, ['officer']],
    ['POST', '/v1/cases/N/hand-back', { claim: 1, reason: '测试' }, ['officer', 'reviewer']],
    ['POST', '/v1/cases/N/return', { claim: 1, reason: '测试' }, ['officer', 'reviewer']],
    ['POST', '/v1/cases/N/reveal', { claim: 1, reason: '测试' }, ['officer']],
    ['POST', '/v1/cases/N/confirm', { reason: '测试' }, ['reviewer']],
    [
        'POST',
        '/v1/cases/N/follow-up',
        { answer: 'unreachable', reason: '测试' },
        ['agent', 'officer', 'reviewer'],
    ],
    ['POST', '/v1/cases/N/close', { reason: '测试' }, ['officer', 'reviewer']],
    ['POST', '/v1/cases/N/withdraw', { reason: '测试' }, ['agent']],
];

test('role x route x scope: the whole matrix', async () => {
    const agent = await site.as('agent');
    const paid = {};
    for (const code of [OWN, FOREIGN]) {
        const { no } = await agent.must(201, 'POST', '/v1/tickets', strandedTicket(code));
        paid[code] = (await site.awaitCase(no, 'FIRST_AID_PAID')).payments[0].id;
    }
    const wrong = [];
    for (const [method, pattern, body, may] of MATRIX) {
        for (const scope of pattern.includes('tickets') ? [OWN] : [OWN, FOREIGN]) {
            const no = await dispatched(scope);
            const target = pattern
                .replace('/N', `/${no}`)
                .replace('/T', `/${scope}`)
                .replace('/P', `/${paid[scope]}`);
            const sent = body && JSON.parse(JSON.stringify(body).replace('"N"', `"${no}"`));
            // who may comes last, because it may change the case
            const order = [...ROLES].sort((a, b) => may.includes(a) - may.includes(b));
            for (const role of order) {
                const api = role === 'officer' ? await site.officer(OWN) : await site.as(role);
                const answer = await (method === 'GET' ? api.get(target) : api.post(target, sent));
                const foreign = role === 'officer' && scope === FOREIGN;
                const fits = !may.includes(role)
                    ? answer.status === 403
                    : foreign
                      ? answer.status === 404
                      : [200, 201, 409].includes(answer.status);
                if (!fits)
                    wrong.push(`${role} ${method} ${pattern} ${foreign ? 'foreign' : ''}: ${answer.status}`);
            }
            const nobody = site.api(null);
            const answer = await (method === 'GET' ? nobody.get(target) : nobody.post(target, sent));
            if (answer.status !== 401) wrong.push(`nobody ${method} ${pattern}: ${answer.status}`);
        }
    }
    assert.deepStrictEqual(wrong, []);
});

test('what is foreign looks exactly like what is not there', async () => {
    const officer = await site.officer(OWN);
    const no = await dispatched(FOREIGN);
    const strange = no.slice(0, -4);
    let missing;
    for (let i = 0; i < 10000 && !missing; i += 1) {
        const guess = strange + String(i).padStart(4, '0');
        if (guess !== no && (await (await site.as('agent')).get(`/v1/cases/${guess}`)).status === 404)
            missing = guess;
    }
    for (const tail of ['', '/events']) {
        const [a, b] = [
            await officer.get(`/v1/cases/${no}${tail}`),
            await officer.get(`/v1/cases/${missing}${tail}`),
        ];
        assert.strictEqual(a.status, 404);
        assert.strictEqual(a.text, b.text);
    }
});

test('tokens: missing, malformed, wrong, of nobody, expired, revoked', async () => {
    const token = await site.token('auditor', 'token-test');
    const get = (authorization) =>
        site
            .api(null)
            .get('/v1/cases/5200002611210100000019', { headers: authorization ? { authorization } : {} });
    assert.strictEqual((await get(`Bearer ${token}`)).status, 404);
    const last = token.at(-1) === '0' ? '1' : '0';
    const bad = [
        undefined,
        'Bearer',
        'Bearer ',
        `Basic ${token}`,
        token,
        `Bearer ${token.slice(0, -1)}`,
        `Bearer ${token.slice(0, -1)}${last}`,
        `Bearer ${token}0`,
        `Bearer ${token.toUpperCase()}`,
        `Bearer jj_${'0'.repeat(16)}_${'0'.repeat(64)}`,
        'Bearer jj_',
        `Bearer ${'x'.repeat(4000)}`,
    ];
    for (const one of bad) {
        const answer = await get(one);
        is(answer, 401, 'unauthorized');
        assert.match(answer.headers['www-authenticate'], /^Bearer/);
    }
    const id = token.slice(3, 19);
    await site.redis('HSET', site.key(`token:${id}`), 'expires', '1000');
    await until('the token to be expired', async () => (await get(`Bearer ${token}`)).status === 401, 5000);

    const other = await site.token('auditor', 'revoked-test');
    assert.strictEqual((await get(`Bearer ${other}`)).status, 404);
    await site.ctl('token', 'revoke', other.slice(3, 19));
    await until('the token to be dead', async () => (await get(`Bearer ${other}`)).status === 401, 5000);
});

// ---- The same request again ----

test('one key, one body, twenty times at once: one case, one answer', async () => {
    const agent = await site.as('agent');
    const key = freshKey();
    const ticket = strandedTicket();
    const before = (await site.cases()).length;
    const answers = await Promise.all(
        Array.from({ length: 20 }, () => agent.post('/v1/tickets', ticket, { key })),
    );
    assert.deepStrictEqual(new Set(answers.map((answer) => answer.status)), new Set([201]));
    assert.strictEqual(new Set(answers.map((answer) => answer.text)).size, 1);
    assert.strictEqual(new Set(answers.map((answer) => answer.headers.location)).size, 1);
    const replayed = answers.filter((answer) => answer.headers['idempotency-replayed'] === 'true');
    assert.strictEqual(replayed.length, 19);
    assert.strictEqual((await site.cases()).length, before + 1);
    is(await agent.post('/v1/tickets', { ...ticket, persons: 2 }, { key }), 422, 'idempotency-key-reused');
    is(await agent.verb(answers[0].json.no, 'withdraw', {}, { key }), 422, 'idempotency-key-reused');
    const another = await site.as('agent', 'another');
    const own = await another.post('/v1/tickets', ticket, { key });
    assert.notStrictEqual(own.json.no, answers[0].json.no, "keys belong to the token's owner");
});

test('every POST wants a key, and a proper one', async () => {
    const agent = await site.as('agent');
    const no = await dispatched();
    const finance = await site.as('finance');
    const officer = await site.officer(OWN);
    for (const key of [null, ' ', 'a b', 'x'.repeat(65), 'schl\u00fcssel']) {
        is(await agent.post('/v1/tickets', plainTicket(), { key }), 400, 'bad-input');
        is(await agent.verb(no, 'withdraw', {}, { key }), 400, 'bad-input');
        is(await officer.claim(OWN, no, { key }), 400, 'bad-input');
        is(
            await finance.post(`/v1/funds/${OWN}/allotments`, { amount_fen: 1, reason: '测' }, { key }),
            400,
            'bad-input',
        );
    }
    assert.strictEqual((await agent.post('/v1/tickets', plainTicket(), { key: 'x'.repeat(64) })).status, 201);
});

test('claims, acts and allotments are repeated without a second effect', async () => {
    const officer = await site.officer(OWN);
    const finance = await site.as('finance');
    const no = await dispatched();
    const many = (post) => Promise.all(Array.from({ length: 8 }, post));
    const key = freshKey();
    const claims = await many(() => officer.claim(OWN, no, { key }));
    assert.strictEqual(new Set(claims.map((answer) => answer.json.claim)).size, 1);
    const body = { claim: claims[0].json.claim, reason: '受理' };
    const act = freshKey();
    const acts = await many(() => officer.post(`/v1/cases/${no}/accept`, body, { key: act }));
    assert.deepStrictEqual(
        acts.map((answer) => answer.status),
        Array(8).fill(200),
        acts[0].text,
    );
    const fund = () => finance.must(200, 'GET', `/v1/townships/${OWN}/fund`);
    const before = await fund();
    const money = freshKey();
    const allot = () =>
        finance.post(`/v1/funds/${OWN}/allotments`, { amount_fen: 123, reason: '测' }, { key: money });
    for (const answer of await many(allot)) assert.strictEqual(answer.status, 201, answer.text);
    assert.strictEqual((await fund()).allotted_fen, before.allotted_fen + 123);
    assert.strictEqual((await site.events(no)).filter((event) => event.verb === 'accept').length, 1);
});

// ---- Conditional requests and waiting ----

test('ETag, If-None-Match and If-Match', async () => {
    const agent = await site.as('agent');
    const no = await dispatched();
    const answer = await agent.get(`/v1/cases/${no}`);
    const etag = `"${answer.json.version}"`;
    assert.strictEqual(answer.headers.etag, etag);
    const same = await agent.get(`/v1/cases/${no}`, { headers: { 'if-none-match': etag } });
    assert.strictEqual(same.status, 304);
    assert.strictEqual(same.text, '');
    const older = await agent.get(`/v1/cases/${no}`, { headers: { 'if-none-match': '"1"' } });
    assert.strictEqual(older.status, 200);
    for (const bad of ['x', '""', '"x"', '"0"', '"99999999999999999999"']) {
        is(await agent.get(`/v1/cases/${no}`, { headers: { 'if-none-match': bad } }), 400, 'bad-input');
        is(await agent.verb(no, 'withdraw', {}, { headers: { 'if-match': bad } }), 400, 'bad-input');
    }
    is(await agent.verb(no, 'withdraw', {}, { headers: { 'if-match': '"1"' } }), 412, 'version-mismatch');
    const done = await agent.verb(no, 'withdraw', {}, { headers: { 'if-match': etag } });
    assert.strictEqual(done.json.state, 'WITHDRAWN');
    assert.strictEqual(done.headers.etag, `"${answer.json.version + 1}"`);
});

test('waiting wakes with the change, and ends with 304', async () => {
    const agent = await site.as('agent');
    const no = await dispatched();
    const { headers, json: shown } = await agent.get(`/v1/cases/${no}`);
    const wait = (seconds, more = { 'if-none-match': headers.etag }) =>
        agent.get(`/v1/cases/${no}?wait=${seconds}`, { headers: more });
    assert.strictEqual((await wait(1)).status, 304);
    assert.strictEqual((await wait(1, {})).status, 200, 'the unchanged case');
    let answers;
    const waiting = Promise.all([wait(60), wait(60), wait(60, {})]).then((list) => (answers = list));
    let persons = 1;
    await until(
        'the waiters to be woken',
        async () => {
            // whoever has come too late for this change waits for the next one
            const changed = await agent.verb(no, 'add', { persons: ++persons });
            assert.strictEqual(changed.status, 200, changed.text);
            await Promise.race([waiting, sleep(500)]);
            return answers;
        },
        50000,
    );
    for (const answer of answers) assert.ok(answer.json.version > shown.version, answer.text);
    for (const bad of ['61', '-1', 'x', '1.5', '']) {
        is(await agent.get(`/v1/cases/${no}?wait=${bad}`), 400, 'bad-input');
    }
});

// ---- Bad input ----

test('what is wrong with a ticket is told with JSON Pointers, all of it at once', async () => {
    const agent = await site.as('agent');
    const before = (await site.cases()).length;
    const bad = async (change) =>
        pointers(await agent.post('/v1/tickets', { ...plainTicket(), ...change })).sort();
    assert.deepStrictEqual(await bad({ cause: 'bad', persons: 0, danger_to_life: 'yes' }), [
        '/cause',
        '/danger_to_life',
        '/persons',
    ]);
    assert.deepStrictEqual(await bad({ strange: 1 }), ['']);
    assert.deepStrictEqual(await bad({ person: { ...person(), strange: 1 } }), ['/person']);
    assert.deepStrictEqual(await bad({ place: { code: '520102022', strange: 1 } }), ['/place']);
    assert.deepStrictEqual(await bad({ person: person({ id_number: '110105194912310021' }) }), [
        '/person/id_number',
    ]);
    assert.deepStrictEqual(
        [...new Set(await bad({ person: person({ phone: '12345' }) }))],
        ['/person/phone'],
    );
    assert.deepStrictEqual(await bad({ person: person({ account: '6222' }) }), ['/person/account']);
    assert.deepStrictEqual(await bad({ place: { lat: 26.5 } }), ['/place/lat']);
    assert.deepStrictEqual(await bad({ place: { lat: 26.5, lng: 106.7, crs: 'WGS84' } }), ['/place/crs']);
    assert.deepStrictEqual(await bad({ place: { code: '52010' } }), ['/place/code']);
    assert.deepStrictEqual(await bad({ persons: 1.5 }), ['/persons']);
    assert.deepStrictEqual(await bad({ asked_fen: -1 }), ['/asked_fen']);
    assert.deepStrictEqual(await bad({ months: 25 }), ['/months']);
    assert.deepStrictEqual(await bad({ channel: 'fax' }), ['/channel']);
    assert.deepStrictEqual(await bad({ narrative: '字'.repeat(2001) }), ['/narrative']);
    assert.deepStrictEqual(await bad({ person: { name: '无电话' } }), ['/person/phone']);
    assert.deepStrictEqual(await bad({ place: undefined, narrative: undefined }), ['/place']);
    assert.strictEqual((await site.cases()).length, before, 'what was refused has left nothing');

    const urgent = await agent.post('/v1/tickets', { danger_to_life: true });
    assert.strictEqual(urgent.status, 201, 'in danger of life nothing is refused');
    assert.ok(urgent.json.missing.includes('person.phone') && urgent.json.missing.includes('place'));
    assert.match(urgent.json.advice.join(), /110/);
});

test('bodies that are no JSON, too large, too deep or no UTF-8', async () => {
    const agent = await site.as('agent');
    const send = (body) => agent.post('/v1/tickets', body);
    const texts = [
        '',
        '{',
        '{}{}',
        '{"cause":"fire",}',
        '{"a":1,"a":2}',
        "{'a':1}",
        '\ufeff{}',
        '{"a":NaN}',
        '{"a":01}',
    ];
    for (const text of texts) is(await send(text), 400, 'bad-input');
    for (const bytes of [
        [0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d],
        [0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d],
        [0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d],
    ]) {
        is(await send(Buffer.from(bytes)), 400, 'bad-input');
    }
    is(await send('{"narrative":"\\u0000"}'), 400, 'bad-input');
    is(await send('{"narrative":"\\ud800"}'), 400, 'bad-input');
    is(await send('['.repeat(5000) + ']'.repeat(5000)), 400, 'bad-input');
    is(await send(`{"a":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`), 400, 'bad-input');
    for (const text of ['null', '1', '"x"', '[]', 'true'])
        assert.deepStrictEqual(pointers(await send(text)), ['']);
    const padded = (size) => {
        const text = JSON.stringify(plainTicket());
        return text + ' '.repeat(size - Buffer.byteLength(text));
    };
    assert.strictEqual((await send(padded(65536))).status, 201);
    is(await send(padded(65537)), 413, 'too-large');
    is(await agent.ask('DELETE', '/v1/tickets', { key: freshKey() }), 405, 'method-not-allowed');
    is(await agent.get('/v1/nothing'), 404, 'not-found');
});

test('verbs: unknown ones, missing and strange fields', async () => {
    const agent = await site.as('agent');
    const officer = await site.officer(OWN);
    const no = await dispatched();
    for (const verb of ['', 'fly', 'receive', 'paid', 'recovered', 'pay-failed', 'triage']) {
        assert.strictEqual((await agent.verb(no, verb)).status, 404, verb);
    }
    assert.deepStrictEqual(pointers(await agent.verb(no, 'withdraw', { reason: ' ' })), ['/reason']);
    assert.deepStrictEqual(pointers(await agent.verb(no, 'withdraw', { reason: '字'.repeat(101) })), [
        '/reason',
    ]);
    assert.deepStrictEqual(pointers(await agent.verb(no, 'withdraw', { claim: 1 })), ['']);
    assert.deepStrictEqual(pointers(await officer.verb(no, 'accept', {})), ['/claim']);
    assert.deepStrictEqual(pointers(await officer.verb(no, 'first-aid', { claim: 1, amount_fen: 0 })), [
        '/amount_fen',
    ]);
    assert.deepStrictEqual(pointers(await agent.verb(no, 'follow-up', { answer: 'maybe' })), ['/answer']);
    assert.deepStrictEqual(pointers(await agent.verb(no, 'dispatch', { township: '520102' })), ['/township']);
    assert.deepStrictEqual(pointers(await agent.verb(no, 'dispatch', { township: '110101001' })), [
        '/township',
    ]);
    is(await agent.verb('5200002611210100000018', 'withdraw'), 404, 'not-found');
    is(await officer.verb(no, 'first-aid', { claim: 1, amount_fen: 100000000 }), 409, 'cap-reached');
    const { claim } = (await officer.claim(OWN, no)).json;
    const papers = await officer.verb(no, 'papers', { claim });
    is(papers, 409, 'illegal-move');
    assert.ok(papers.json.allowed.includes('accept'), papers.text);
});

// ---- Where is it ----

test('places: where the case goes', async () => {
    const agent = await site.as('agent');
    const settled = async (place, more = {}) => {
        const ticket = { ...plainTicket(), place, narrative: undefined, ...more };
        const { no, missing } = await agent.must(201, 'POST', '/v1/tickets', ticket);
        const shown = await site.awaitCase(no, (one) => one.version > 1);
        return { ...shown, missing };
    };
    const byCode = await settled({ code: OWN });
    assert.deepStrictEqual([byCode.state, byCode.inbox, byCode.township.code], ['DISPATCHED', OWN, OWN]);
    assert.strictEqual((await settled({ code: `${OWN}001` })).inbox, OWN, 'a village lies in its township');
    assert.strictEqual(
        (await settled({ code: '520102' })).inbox.slice(0, 6),
        '520102',
        'a county: its desk or a township',
    );

    for (const [what, place] of [
        ['a code of nobody', { code: '529999999' }],
        ['a place outside of the region', { code: '110101001' }],
        ['a point abroad', { lat: 48.8566, lng: 2.3522, crs: 'WGS-84' }],
        ['a point that is none', { lat: 96.5, lng: 206.7, crs: 'WGS-84' }],
    ]) {
        const shown = await settled(place);
        assert.deepStrictEqual(
            [shown.state, shown.inbox],
            ['TRIAGED', REGION],
            `${what}: ${JSON.stringify(shown.routing)}`,
        );
    }
    const point = await settled({ lat: 26.5794, lng: 106.7141, crs: 'WGS-84' });
    assert.strictEqual(point.inbox.slice(0, 4), '5201', JSON.stringify(point.routing));
    const undeclared = await settled({ lat: 26.5794, lng: 106.7141 });
    assert.ok(undeclared.missing.includes('place.crs'), 'asked back');
    assert.notStrictEqual(undeclared.routing.ask, 'none', JSON.stringify(undeclared.routing));

    const desk = await (await site.as('reviewer')).must(200, 'GET', `/v1/townships/${REGION}/inbox`);
    const lost = await settled(undefined, { narrative: '在路上，说不清在哪里' });
    assert.strictEqual(lost.inbox, REGION);
    assert.ok(desk.count >= 4);
    const sent = await agent.verb(lost.no, 'dispatch', { township: OWN });
    assert.deepStrictEqual([sent.json.state, sent.json.inbox], ['DISPATCHED', OWN]);
    assert.strictEqual((await (await site.officer(OWN)).claim(OWN, lost.no)).status, 200);
});

test('townships, funds, payments: what there is and what there is not', async () => {
    const reviewer = await site.as('reviewer');
    const finance = await site.as('finance');
    for (const code of ['1', '520102999', 'x', '5201020221']) {
        is(await reviewer.get(`/v1/townships/${code}/inbox`), 404, 'not-found');
        is(
            await finance.post(`/v1/funds/${code}/allotments`, { amount_fen: 1, reason: '测' }),
            404,
            'not-found',
        );
    }
    for (const limit of ['0', '201', 'x', '-1']) {
        is(await reviewer.get(`/v1/townships/${OWN}/inbox?limit=${limit}`), 400, 'bad-input');
    }
    is(await finance.get('/v1/townships/520102016/fund'), 404, 'not-found');
    for (const body of [
        { amount_fen: 0, reason: '测' },
        { amount_fen: 1.5, reason: '测' },
        { reason: '测' },
    ]) {
        assert.deepStrictEqual(pointers(await finance.post(`/v1/funds/${OWN}/allotments`, body)), [
            '/amount_fen',
        ]);
    }
    assert.deepStrictEqual(pointers(await finance.post(`/v1/funds/${OWN}/allotments`, { amount_fen: 1 })), [
        '/reason',
    ]);
    for (const id of [
        'x',
        '5200002611210100000019A01',
        '5200002611210100000019A99',
        '5200002611210100000019',
    ]) {
        is(await finance.get(`/v1/payments/${id}`), 404, 'not-found');
    }
    const officer = await site.officer(OWN);
    assert.deepStrictEqual(pointers(await officer.claim(OWN, 'x')), ['/case']);
    assert.deepStrictEqual(pointers(await officer.post(`/v1/townships/${OWN}/claim`, { strange: 1 })), ['']);
});

test('the process pages', async () => {
    const nobody = site.api(null);
    assert.strictEqual((await nobody.get('/livez')).text, 'ok\n');
    assert.strictEqual((await nobody.get('/readyz')).json.ready, true);
    const verbose = await nobody.get('/readyz?verbose');
    assert.ok(verbose.json.checks.every((check) => check.ok));
    const metrics = (await nobody.get('/metrics')).text;
    for (const line of metrics.trim().split('\n'))
        assert.match(line, /^(#|jiuji_[a-z0-9_]+(\{[^}]*\})? [0-9.]+$)/);
});
