// The rules change under a running site: a pack that two people activated, a disaster that two people declared.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const { Site, until } = require('../support/site.js');
const { person, sleep } = require('../support/api.js');

const TOWNSHIP = '520102022';
const OTHER = '520103019';

let site, li, wang;

test.before(async () => {
    site = await Site.start({});
    await site.ready();
    await site.fund(TOWNSHIP);
    await site.fund(OTHER);
    li = await site.as('reviewer', 'li');
    wang = await site.as('finance', 'wang');
});

test.after(() => site?.stop());

const pack = () => JSON.parse(fs.readFileSync(site.file('policy.json'), 'utf8'));
const inMs = (ms) => new Date(Date.now() + ms).toISOString();
const problem = (answer) => `${answer.status} ${answer.json?.type?.replace('urn:jiuji:problem:', '')}`;

// A household of four whose house burnt down.
function fire(code = TOWNSHIP) {
    return {
        cause: 'fire',
        shelter_lost: true,
        persons: 4,
        person: person(),
        place: { code },
        narrative: '房子烧了，没地方住',
    };
}

async function decided(ticket) {
    const no = (await (await site.as('agent')).must(201, 'POST', '/v1/tickets', ticket)).no;
    const seen = await site.awaitCase(no, (shown) => shown.decision?.policy, {
        token: await site.token('reviewer', 'li'),
    });
    return { no, ...seen.decision };
}

test('a pack is drafted by one, approved by another, and decides from its time on', async () => {
    const before = await decided(fire());
    assert.match(before.policy, /^2026\.1\+/);
    const next = pack();
    next.version = '2026.2';
    next.rules.standard.dibao_month_fen = 90000;
    const broken = structuredClone(next);
    broken.rules.expense.months_max = 99;
    const refused = await li.post('/v1/policies', broken);
    assert.strictEqual(problem(refused), '400 bad-input');
    assert.strictEqual(refused.json.errors[0].pointer, '/rules/expense/months_max');

    const { id } = await li.must(201, 'POST', '/v1/policies', next);
    const listed = (await wang.must(200, 'GET', '/v1/policies')).items.find((item) => item.id === id);
    assert.strictEqual(listed.state, 'draft');
    assert.match(listed.name, /^2026\.2\+[0-9a-f]{16}$/);
    assert.deepStrictEqual(await wang.must(200, 'GET', `/v1/policies/${id}`), next);

    const body = (ms, name = listed.name) => ({ name, effective_from: inMs(ms), reason: '标准调整' });
    const approve = (who, what) => who.post(`/v1/policies/${id}/approve`, what);
    assert.strictEqual(problem(await approve(li, body(60000))), '403 forbidden');
    const alsoLi = await site.as('finance', 'li'); // another role of the same person
    assert.strictEqual(problem(await approve(alsoLi, body(60000))), '403 forbidden');
    assert.strictEqual(problem(await approve(wang, body(-1000))), '409 conflict');
    assert.strictEqual(problem(await approve(wang, body(60000, '2026.2+0000000000000000'))), '400 bad-input');
    assert.strictEqual(problem(await approve(await site.as('agent'), body(60000))), '403 forbidden');

    const at = Date.now() + 2500;
    const yes = await approve(wang, { ...body(0), effective_from: new Date(at).toISOString() });
    assert.strictEqual(yes.status, 200, yes.text);
    const waiting = await decided(fire());
    if (Date.now() < at) assert.strictEqual(waiting.policy, before.policy);
    await until('the new pack to be in force', () => Date.now() > at + 10);
    const after = await decided(fire()); // not one case more under the old pack, once its time has come
    assert.strictEqual(after.policy, listed.name);
    assert.strictEqual(after.amount_fen, 2 * 90000 * 4);
    await until('the gateway to know it', async () => {
        const seen = await wang.must(200, 'GET', '/v1/policies');
        return seen.in_force === listed.name && seen.in_force_id === id;
    });
});

test('a declared disaster switches the surge on inside its area, and off again', async () => {
    const body = {
        surge: 'flood',
        title: '某日暴雨洪涝',
        divisions: [TOWNSHIP.slice(0, 6)],
        to: inMs(3600000),
        reason: '防汛一级响应',
    };
    const nowhere = await li.post('/v1/disasters', { ...body, divisions: ['330102'] });
    assert.strictEqual(nowhere.json.errors[0].pointer, '/divisions');
    const unknown = await li.post('/v1/disasters', { ...body, surge: 'storm' });
    assert.strictEqual(unknown.json.errors[0].pointer, '/surge');
    assert.strictEqual(problem(await li.post('/v1/disasters', { ...body, to: inMs(-1) })), '409 conflict');
    const { id } = await li.must(201, 'POST', '/v1/disasters', body);
    assert.strictEqual((await decided(fire())).disaster, undefined); // one person switches nothing
    const reason = { reason: '同意' };
    assert.strictEqual(problem(await li.post(`/v1/disasters/${id}/approve`, reason)), '403 forbidden');
    assert.strictEqual((await wang.post(`/v1/disasters/${id}/approve`, reason)).status, 200);

    const inside = await until('the surge to be on', async () => {
        const decision = await decided(fire());
        return decision.disaster && decision;
    });
    assert.strictEqual(inside.disaster, `D${id}`);
    assert.ok(inside.why.some((line) => line.includes('某日暴雨洪涝')), inside.why.join('\n'));
    assert.strictEqual((await decided(fire(OTHER))).disaster, undefined);
    const listed = (await wang.must(200, 'GET', '/v1/disasters')).items.find((item) => item.id === id);
    assert.ok(listed.in_force);

    assert.strictEqual((await wang.post(`/v1/disasters/${id}/end`, { reason: '响应结束' })).status, 200);
    await until('the surge to be off', async () => (await decided(fire())).disaster === undefined);
    assert.strictEqual(problem(await wang.post(`/v1/disasters/${id}/end`, reason)), '409 conflict');
});
