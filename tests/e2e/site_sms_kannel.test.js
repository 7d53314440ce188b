// The whole site behind a real Kannel: a telephone's call for help comes in, the answers reach the telephone, and the
// delivery receipts find their messages.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Site } = require('../support/site.js');
const { Kannel, skip, until } = require('../support/kannel.js');
const { SMS_SECRET } = require('../support/handset.js');

const TOWNSHIP = '520102022';
const TEXT = '贵阳市南明区兴关路街道着火了，三个人困在楼上！';
const utf16 = (text) =>
    [...Buffer.from(text, 'utf16le').swap16()].map((b) => `%${b.toString(16).padStart(2, '0')}`).join('');

// What a telephone shows: parts of a long message (a header of 6 bytes, UTF-16 behind it) are one text.
function shown(got) {
    const texts = [];
    const bytes = (escaped) => Buffer.from(unescape(escaped.replace(/\+/g, ' ')), 'latin1');
    for (const { text } of got) {
        const [, header, data] = /^(%05%00%03\S*) data (.*)$/.exec(text) || [];
        if (!header) texts.push(text);
        else if (bytes(header)[5] === 1) texts.push(bytes(data).swap16().toString('utf16le'));
        else texts.push(texts.pop() + bytes(data).swap16().toString('utf16le'));
    }
    return texts;
}

let site;
let kannel;

test.after(async () => {
    await kannel?.stop();
    await site?.stop();
});

test('a call for help by a real Kannel, the same words 15 times: one case, told once', { skip }, async (t) => {
    site = await Site.start({ settings: { sms_secret: SMS_SECRET }, workers: [] });
    await site.ready();
    await site.fund(TOWNSHIP);
    const url = `http://127.0.0.1:${site.port}/v1/sms/kannel/${SMS_SECRET}`;
    const query = 'id=%I&smsc=%i&from=%p&to=%P&text=%b&coding=%c&charset=%C&udh=%u&ts=%T';
    kannel = await Kannel.start({ service: `get-url = "${url}/mo?${query}"` });
    site.startWorker('worker-1', { sms_url: kannel.url, sms_password: 'pw', sms_report_url: `${url}/dlr` });
    await kannel.connectTelephone([`13800138000 12349 ucs2 ${utf16(TEXT)}`], 15);
    await until('two answers', () => shown(kannel.got).length >= 2);
    await site.quiet(['route', 'pay', 'notify', 'sms']);
    const texts = shown(kannel.got);
    for (const text of texts) t.diagnostic(`  < ${text}`);
    assert.strictEqual(texts.length, 2);
    assert.match(texts[0], /110、119、120/);
    assert.match(texts[1], /由兴关路街道办理/);
    const cases = await site.cases();
    assert.strictEqual(cases.length, 1);
    const one = await site.awaitCase(cases[0], 'DISPATCHED');
    assert.deepStrictEqual([one.urgency, one.facts.persons], ['CRITICAL', 3]);
    const auditor = await site.as('auditor');
    await until('the receipts', async () => {
        const { items } = await auditor.must(200, 'GET', `/v1/cases/${cases[0]}/messages`);
        return items.length === 2 && items.every((item) => item.state === 'delivered');
    });
});
