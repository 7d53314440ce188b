// Open311 GeoReport v2: other systems hand in requests as forms and look at anonymised states, in JSON and in XML.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const { Site, REGION } = require('../support/site.js');
const { person } = require('../support/api.js');

const ADDRESS = '贵阳市南明区兴关路街道某某路12号3单元';
const NARRATIVE = '房子昨夜着火了，没有地方住';

let site;
let open;
let key;

test.before(async () => {
    site = await Site.start({
        settings: { bank_settle_ms: 300, open311_url: 'https://jiuji.example/open311/v2' },
    });
    await site.ready();
    open = site.api(null);
    key = await site.token('machine', 'city-app');
});

test.after(() => site?.stop());

function form(more = {}) {
    const { name, phone } = person();
    const all = {
        api_key: key,
        service_code: 'fire',
        address_string: ADDRESS,
        first_name: name,
        last_name: '赵',
        phone,
        email: `${phone}@mail.example`,
        description: NARRATIVE,
        ...more,
    };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

async function hand(fields, format = 'json') {
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    return open.ask('POST', `/open311/v2/requests.${format}`, {
        body: new URLSearchParams(fields).toString(),
        headers,
    });
}

async function made(more) {
    const fields = form(more);
    const answer = await hand(fields);
    assert.strictEqual(answer.status, 201, answer.text);
    const { token } = answer.json[0];
    const [{ service_request_id: id }] = (await open.get(`/open311/v2/tokens/${token}.json`)).json;
    return { fields, token, id };
}

// What xmllint finds at the path; it is also well formed then.
function xpath(text, path) {
    const file = site.file('answer.xml');
    fs.writeFileSync(file, text);
    return execFileSync('xmllint', ['--xpath', path, file], { encoding: 'utf8' }).trim();
}

test('discovery and services, in both forms', async () => {
    const { json } = await open.get('/open311/v2/discovery.json');
    for (const name of ['changeset', 'contact', 'key_service', 'endpoints']) assert.ok(json[name], name);
    const [endpoint] = json.endpoints;
    assert.strictEqual(endpoint.specification, 'http://wiki.open311.org/GeoReport_v2');
    assert.strictEqual(endpoint.url, 'https://jiuji.example/open311/v2');
    assert.deepStrictEqual(endpoint.formats, ['text/xml', 'application/json']);
    const xml = await open.get('/open311/v2/discovery.xml');
    assert.match(xml.headers['content-type'], /^text\/xml/);
    assert.strictEqual(
        xpath(xml.text, 'string(/discovery/endpoints/endpoint/formats/format[1])'),
        'text/xml',
    );
    const services = (await open.get('/open311/v2/services.json')).json;
    assert.ok(services.length > 5);
    for (const one of services) {
        assert.strictEqual(typeof one.service_code, 'string');
        assert.strictEqual(one.metadata, false);
        assert.ok(['realtime', 'batch', 'blackbox'].includes(one.type));
    }
    const listed = await open.get('/open311/v2/services.xml');
    assert.strictEqual(Number(xpath(listed.text, 'count(/services/service)')), services.length);
    const one = await open.get('/open311/v2/services/fire.json');
    assert.deepStrictEqual(one.json, { service_code: 'fire', attributes: [] });
    assert.strictEqual((await open.get('/open311/v2/services/none.json')).status, 404);
});

test('a form becomes a case like any other, and its token leads to its number', async () => {
    const { id, token, fields } = await made();
    assert.match(id, /^\d{22}$/);
    const shown = await site.awaitCase(id, (c) => c.state !== 'RECEIVED');
    assert.strictEqual(shown.facts.channel, 'third_party');
    assert.strictEqual(shown.facts.cause, 'fire');
    assert.strictEqual(shown.township.code.slice(0, 6), '520102');
    const again = await hand(fields);
    assert.strictEqual(again.json[0].token, token, 'the same form twice is one request');
    assert.strictEqual((await site.cases()).filter((no) => no === id).length, 1);
    const wrong = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
    assert.strictEqual((await open.get(`/open311/v2/tokens/${wrong}.json`)).status, 404);
    assert.strictEqual((await open.get(`/open311/v2/tokens/${id}.json`)).status, 404);
});

test('what is shown has state, kind and township, and nothing of the person', async () => {
    const { id, fields } = await made();
    await site.awaitCase(id, (c) => c.state !== 'RECEIVED');
    const answers = [
        await open.get(`/open311/v2/requests/${id}.json`),
        await open.get(`/open311/v2/requests/${id}.xml`),
        await open.get('/open311/v2/requests.json'),
        await open.get('/open311/v2/requests.xml'),
    ];
    for (const answer of answers) {
        assert.strictEqual(answer.status, 200, answer.text);
        assert.ok(answer.text.includes(id));
        for (const secret of [
            fields.first_name,
            fields.phone,
            fields.phone.slice(3),
            '某某路',
            '单元',
            NARRATIVE,
            '@',
        ]) {
            assert.ok(!answer.text.includes(secret), secret);
        }
    }
    const [shown] = answers[0].json;
    assert.strictEqual(answers[0].json.length, 1);
    assert.strictEqual(shown.service_request_id, id);
    assert.strictEqual(shown.status, 'open');
    assert.strictEqual(shown.service_code, 'fire');
    assert.strictEqual(shown.address, '南明区兴关路街道');
    for (const name of ['description', 'lat', 'long', 'media_url'])
        assert.strictEqual(shown[name], null, name);
    assert.match(shown.requested_datetime, /^\d{4}-\d\d-\d\dT.*\+08:00$/);
    assert.strictEqual(xpath(answers[1].text, 'string(/service_requests/request/service_request_id)'), id);
});

test('the list: by number, by kind, by state, by time', async () => {
    const fire = await made();
    const flood = await made({
        service_code: 'flood',
        address_string: undefined,
        lat: '26.5700',
        long: '106.7135',
    });
    const ids = async (query) => {
        const answer = await open.get(`/open311/v2/requests.json?${query}`);
        assert.strictEqual(answer.status, 200, answer.text);
        return answer.json.map((one) => one.service_request_id);
    };
    assert.deepStrictEqual(await ids(`service_request_id=${fire.id},${flood.id}`), [fire.id, flood.id]);
    const floods = await ids('service_code=flood');
    assert.ok(floods.includes(flood.id) && !floods.includes(fire.id));
    assert.ok((await ids('status=open')).includes(fire.id));
    assert.deepStrictEqual(await ids('status=closed'), []);
    assert.deepStrictEqual(await ids('start_date=2020-01-01T00:00:00Z&end_date=2020-02-01T00:00:00Z'), []);
    const agent = await site.as('agent');
    assert.strictEqual((await agent.verb(fire.id, 'withdraw', {})).status, 200);
    assert.ok((await ids('status=closed')).includes(fire.id));
    const other = await agent.must(201, 'POST', '/v1/tickets', {
        cause: 'fire',
        person: person(),
        place: { code: '520102022' },
    });
    assert.ok(!(await ids('')).includes(other.no), 'other cases are not for everybody');
    assert.strictEqual((await open.get(`/open311/v2/requests/${other.no}.json`)).status, 404);
});

test('faults are told in the form of GeoReport', async () => {
    const refused = async (status, fields, format) => {
        const answer = await hand(fields, format);
        assert.strictEqual(answer.status, status, answer.text);
        return answer;
    };
    const missing = await refused(403, form({ api_key: undefined }));
    assert.strictEqual(missing.json[0].code, 403);
    assert.ok(missing.json[0].description);
    await refused(403, form({ api_key: 'jj_0000000000000000_00' }));
    await refused(403, form({ api_key: await site.token('agent') }));
    await refused(404, form({ service_code: 'pothole' }));
    await refused(404, form({ jurisdiction_id: 'sfgov.org' }));
    await refused(400, form({ address_string: undefined }));
    await refused(400, form({ lat: '26.57', address_string: undefined }));
    await refused(400, form({ lat: '26.57', long: '1e3' }));
    await refused(400, form({ phone: undefined }));
    const xml = await refused(400, form({ phone: '12' }), 'xml');
    assert.strictEqual(xpath(xml.text, 'string(/errors/error/code)'), '400');
    for (const target of ['requests/1.json', 'requests.json?jurisdiction_id=x', 'services/x.xml']) {
        assert.strictEqual((await open.get(`/open311/v2/${target}`)).status, 404, target);
    }
    for (const query of ['status=half', 'start_date=2026-01-01', 'end_date=x']) {
        assert.strictEqual((await open.get(`/open311/v2/requests.json?${query}`)).status, 400, query);
    }
    assert.strictEqual((await open.get(`/open311/v2/requests.json?jurisdiction_id=${REGION}`)).status, 200);
});
