// Payee check before money: what looks like a slip or a fraud is asked about, once, and never refused for ever.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Site } = require('../support/site.js');
const { person, idNumber, account, plainTicket, strandedTicket, freshKey } = require('../support/api.js');

const TOWNSHIP = '520102022';
const SETTINGS = { bank_settle_ms: 300, lease_ms: 5000 };
const words = (list) => list.map((one) => one.finding).sort();

// No standing order: every fen is an officer's decision.
async function withSite(body) {
    const site = await Site.start({ settings: SETTINGS, policy: (pack) => (pack.standing_orders = []) });
    try {
        await site.ready();
        await site.fund(TOWNSHIP);
        await body(site);
    } finally {
        await site.stop();
    }
}

let count = 0;

// A case of this person, accepted and verified by an officer of the township; {no, claim}.
async function accepted(site, who) {
    const agent = await site.as('agent');
    const officer = await site.officer(TOWNSHIP);
    const ticket = plainTicket(TOWNSHIP, ++count);
    ticket.person = { ...ticket.person, ...who };
    for (const name of Object.keys(ticket.person)) if (ticket.person[name] === null) delete ticket.person[name];
    const { no } = await agent.must(201, 'POST', '/v1/tickets', ticket);
    await site.awaitCase(no, 'DISPATCHED');
    const { claim } = await officer.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: no });
    for (const verb of ['accept', 'verify']) {
        const answer = await officer.verb(no, verb, { claim });
        assert.strictEqual(answer.status, 200, answer.text);
    }
    return { no, claim, officer };
}

const aid = ({ no, claim, officer }, more, options) =>
    officer.verb(no, 'first-aid', { claim, amount_fen: 10000, ...more }, options);

// A number whose last digit is not the check digit.
const wrong = (text) => text.replace(/(\d)(@|$)/, (all, digit, behind) => `${(Number(digit) + 1) % 10}${behind}`);

test('a card number with a slip is asked about once, confirmed, and remembered with who said so', async () => {
    await withSite(async (site) => {
        const one = await accepted(site, { account: wrong(account(900)) });
        const refused = await aid(one);
        assert.strictEqual(refused.status, 409, refused.text);
        assert.deepStrictEqual(words(refused.json.payee_findings), ['account_luhn']);
        assert.strictEqual(refused.json.payee_findings[0].asks, true);
        assert.match(refused.json.payee_findings[0].label, /校验位/);
        assert.doesNotMatch(refused.text, /6222|6228|\d{12}@/, 'the answer holds no account');
        const nothing = await site.awaitCase(one.no, () => true);
        assert.deepStrictEqual(nothing.payments, []);
        assert.strictEqual((await aid(one, { payee_confirmed: false })).status, 409);
        assert.strictEqual((await aid(one, { payee_confirmed: 'yes' })).status, 400);

        const key = freshKey();
        const done = await aid(one, { payee_confirmed: true, reason: '已与卡面核对' }, { key });
        assert.strictEqual(done.status, 200, done.text);
        assert.deepStrictEqual(words(done.json.payee_findings), ['account_luhn']);
        assert.strictEqual(done.json.payee_confirmed_by, `officer:officer-${TOWNSHIP}`);
        const event = (await site.events(one.no)).find((e) => e.verb === 'first-aid');
        assert.deepStrictEqual(event.payee_findings, ['account_luhn']);
        assert.strictEqual(event.payee_confirmed, true);
        assert.strictEqual(event.reason, '已与卡面核对');
        // a repeat under the same key is the same answer, whatever has been found since
        const repeat = await aid(one, { payee_confirmed: true, reason: '已与卡面核对' }, { key });
        assert.strictEqual(repeat.status, 200, repeat.text);
        assert.strictEqual(repeat.json.payments.length, 1);
        await site.awaitCase(one.no, 'FIRST_AID_PAID');
    });
});

test('an account of another person, another name under one identity number', async () => {
    await withSite(async (site) => {
        const shared = account(901);
        const first = await accepted(site, { name: '王小明', id_number: idNumber(901), account: shared });
        assert.strictEqual((await aid(first)).status, 200);
        await site.awaitCase(first.no, 'FIRST_AID_PAID');

        // the same person again, all as before: nothing to ask
        const same = await accepted(site, { name: '王小明', id_number: idNumber(901), account: shared });
        const asked = await aid(same);
        assert.strictEqual(asked.json.payee_findings?.length ?? 0, 0, asked.text);

        // somebody else, the same account: the bank has proven whose it is
        const second = await accepted(site, { name: '李大海', id_number: idNumber(902), account: shared });
        const other = await aid(second);
        assert.strictEqual(other.status, 409, other.text);
        assert.ok(words(other.json.payee_findings).includes('account_of_other'), other.text);
        // goods are handed over: the account does not matter
        const cash = await aid(second, { method: 'goods' });
        assert.strictEqual(cash.status, 200, cash.text);

        // the same identity number, another name
        const third = await accepted(site, { name: '王小红', id_number: idNumber(901), account: shared });
        const renamed = await aid(third);
        assert.strictEqual(renamed.status, 409, renamed.text);
        assert.ok(words(renamed.json.payee_findings).includes('name_changed'), renamed.text);
    });
});

test('approve and pay ask as well, and do not ask again what has been confirmed', async () => {
    await withSite(async (site) => {
        const { no, claim, officer } = await accepted(site, { account: wrong(account(905)) });
        const finance = await site.as('finance');
        const reviewer = await site.as('reviewer');
        assert.strictEqual((await officer.verb(no, 'review', { claim })).status, 200);
        const assess = { claim, amount_fen: 10000 };
        assert.strictEqual((await officer.verb(no, 'assess', assess)).status, 409);
        const assessed = await officer.verb(no, 'assess', { ...assess, payee_confirmed: true });
        assert.strictEqual(assessed.status, 200, assessed.text);
        assert.deepStrictEqual(words(assessed.json.payee_findings), ['account_luhn']);
        // confirmed by the officer: whoever comes after him sees it and is not asked
        const shown = await reviewer.must(200, 'GET', `/v1/cases/${no}`);
        assert.deepStrictEqual(words(shown.payee_findings), ['account_luhn']);
        const repeated = await officer.verb(no, 'assess', assess);
        assert.strictEqual(repeated.status, 200, repeated.text);
        assert.strictEqual((await finance.verb(no, 'pay', {})).status, 409, 'not approved yet');
    });
});

test('an account that somebody on the relatives register uses is asked about', async () => {
    await withSite(async (site) => {
        const shared = account(910);
        await accepted(site, { account: shared, id_number: idNumber(910) });
        const reviewer = await site.as('reviewer');
        const entered = await reviewer.post('/v1/relatives', {
            id_number: idNumber(910),
            officer: 'zhang-san',
            reason: '近亲属备案',
        });
        assert.ok(entered.status < 300, entered.text);
        const stranger = await accepted(site, { account: shared });
        const refused = await aid(stranger);
        assert.strictEqual(refused.status, 409, refused.text);
        assert.ok(words(refused.json.payee_findings).includes('relative'), refused.text);
    });
});

test('a rule does not pay to a number that cannot be right: the officer is asked, and help goes on', async () => {
    const site = await Site.start({ settings: SETTINGS });
    try {
        await site.ready();
        await site.fund(TOWNSHIP);
        const agent = await site.as('agent');
        const good = strandedTicket(TOWNSHIP);
        const bad = strandedTicket(TOWNSHIP, { person: person({ account: wrong(account(920)) }) });
        const paid = await agent.must(201, 'POST', '/v1/tickets', good);
        const { no } = await agent.must(201, 'POST', '/v1/tickets', bad);
        await site.awaitCase(paid.no, 'FIRST_AID_PAID');
        const waits = await site.awaitCase(no, 'DISPATCHED');
        assert.deepStrictEqual(waits.payments, []);
        assert.strictEqual(waits.inbox, TOWNSHIP);
        assert.match(JSON.stringify(waits.decision), /校验不符/);
        const officer = await site.officer(TOWNSHIP);
        const { claim } = await officer.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: no });
        for (const verb of ['accept', 'verify'])
            assert.strictEqual((await officer.verb(no, verb, { claim })).status, 200);
        const body = { claim, amount_fen: 10000, payee_confirmed: true, reason: '已核对，账号由银行补发' };
        assert.strictEqual((await officer.verb(no, 'first-aid', body)).status, 200);
        await site.awaitCase(no, 'FIRST_AID_PAID');
    } finally {
        await site.stop();
    }
});
