// Officers' own payment accounts: relief that would go to one asks a person and is checked by the county, and its
// owner stands back.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { Site } = require('../support/site.js');
const { person, account, plainTicket, strandedTicket, freshKey } = require('../support/api.js');

const BIN = process.env.JIUJI_BIN || path.join(__dirname, '../../build/bin');
const TOWNSHIP = '520102022';
const COUNTY = '520102';
const words = (list) => list.map((one) => one.finding).sort();
const headers = () => ({ headers: { 'idempotency-key': freshKey() } });
const is = (answer, status) => assert.strictEqual(answer.status, status, answer.text);

let site, wang, zhao, li, gu;

test.before(async () => {
    site = await Site.start({
        settings: { bank_settle_ms: 300, lease_ms: 5000 },
        // nothing is checked by chance or for being repeated
        policy: (pack) => {
            for (const share of ['relative', 'repeat', 'spot'])
                pack.rules.integrity[`${share}_check_permille`] = 0;
        },
    });
    await site.ready();
    await site.fund(TOWNSHIP);
    wang = await site.officer(TOWNSHIP, 'wang');
    zhao = await site.officer(TOWNSHIP, 'zhao');
    li = await site.as('reviewer', 'li');
    gu = await site.as('admin', 'gu');
});

test.after(() => site?.stop());

const enter = (who, body) => who.post('/v1/officer-accounts', { reason: '本人账户备案', ...body }, headers());
const takeOff = (who, body) =>
    who.post('/v1/officer-accounts/remove', { reason: '登记有误', ...body }, headers());
const post = async (ticket) => (await (await site.as('agent')).must(201, 'POST', '/v1/tickets', ticket)).no;
const spotChecked = async (no) =>
    (await li.must(200, 'GET', '/v1/spot-checks?limit=200')).items.some((item) => item.no === no);

let count = 0;

// A case that this officer has accepted and verified; {no, claim}.
async function accepted(officer, fa) {
    const ticket = plainTicket(TOWNSHIP, ++count);
    ticket.person = { ...ticket.person, account: fa };
    const no = await post(ticket);
    await site.awaitCase(no, 'DISPATCHED');
    const { claim } = await officer.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: no });
    for (const verb of ['accept', 'verify']) is(await officer.verb(no, verb, { claim }), 200);
    return { no, claim };
}

test('an officer enters his own, the county anybody; hashes are kept, and another person takes them off', async () => {
    const own = account(700);
    is(await enter(wang, { account: own, officer: 'zhao' }), 403);
    is(await enter(await site.as('agent'), { account: own, officer: 'zhao' }), 403);
    is(await enter(li, { account: own }), 400);
    is(await enter(li, { account: 'no account', officer: 'wang' }), 400);
    is(await enter(li, { account: own, officer: 'wang', phone: '1' }), 400);
    assert.deepStrictEqual((await enter(wang, { account: own })).json, { changed: true });
    assert.deepStrictEqual((await enter(li, { account: own, officer: 'wang' })).json, { changed: false });
    assert.deepStrictEqual((await enter(gu, { account: account(701), reviewer: 'li' })).json, {
        changed: true,
    });

    const all = (await gu.must(200, 'GET', '/v1/officer-accounts')).accounts;
    assert.deepStrictEqual(
        all.map((one) => one.actor),
        ['officer:wang', 'reviewer:li'],
    );
    assert.ok(all.every((one) => /^[0-9a-f]{8}$/.test(one.account)));
    assert.strictEqual((await wang.must(200, 'GET', '/v1/officer-accounts')).accounts.length, 1);
    assert.strictEqual(
        (await wang.must(200, 'GET', '/v1/officer-accounts?actor=reviewer:li')).accounts.length,
        1,
    );
    const number = /:(\d+)@/.exec(own)[1];
    for (const [key, value] of [
        ...(await site.redis('HGETALL', site.key('oaccounts'))).map((text) => ['oaccounts', text]),
        ...(await site.redis('XRANGE', site.key('events'), '-', '+')).map((entry) => [
            'events',
            JSON.stringify(entry),
        ]),
    ]) {
        assert.ok(!value.includes(number), `${key} holds the account in clear`);
    }

    is(await takeOff(wang, { account: own }), 403);
    is(await takeOff(li, { account: account(701), reviewer: 'li' }), 403);
    is(await takeOff(await site.as('reviewer', 'wang'), { account: own, officer: 'wang' }), 403);
    assert.deepStrictEqual((await takeOff(gu, { reviewer: 'li' })).json, { changed: true });
    assert.deepStrictEqual((await takeOff(li, { account: account(702), officer: 'wang' })).json, {
        changed: false,
    });
    const left = (await li.must(200, 'GET', '/v1/officer-accounts')).accounts;
    assert.deepStrictEqual(
        left.map((one) => one.actor),
        ['officer:wang'],
    );
});

test('no rule pays to it: county desk, spot check, its owner is refused, the reason is told', async () => {
    const fa = account(710);
    is(await enter(li, { account: fa, officer: 'zhao' }), 200);
    // the same number under another name of the bank, and with blanks nobody minds
    const no = await post(
        strandedTicket(TOWNSHIP, { person: person({ account: fa.replace(/@.*/, '@other-bank') }) }),
    );
    const shown = await site.awaitCase(no, 'DISPATCHED');
    assert.strictEqual(shown.inbox, COUNTY);
    assert.deepStrictEqual(shown.payments, []);
    assert.strictEqual(shown.decision.county_must_review, true);
    assert.match(shown.decision.why.join('\n'), /工作人员本人/);
    assert.ok(await spotChecked(no));
    const routed = (await site.events(no)).find((event) => event.verb === 'dispatch');
    assert.deepStrictEqual(routed.recused, ['officer:zhao']);

    const held = (await li.must(200, 'POST', `/v1/townships/${COUNTY}/claim`, { case: no })).claim;
    const key = site.key(`case:${no}`);
    await site.redis('HSET', key, 'cl', `${held}:4102444800000:officer:zhao`);
    is(await zhao.verb(no, 'accept', { claim: held }), 403);
    await site.redis('HSET', key, 'cl', `${held}:4102444800000:officer:wang`);
    is(await wang.verb(no, 'accept', { claim: held }), 200);
    is(await wang.verb(no, 'verify', { claim: held }), 200);
    const asked = await wang.verb(no, 'first-aid', { claim: held, amount_fen: 10000 });
    is(asked, 409);
    assert.ok(words(asked.json.payee_findings).includes('officer'), asked.text);
    // a stranger's case is paid by rule as ever
    const other = await post(strandedTicket(TOWNSHIP));
    assert.strictEqual((await site.awaitCase(other, 'FIRST_AID_PAID')).payments.length, 1);
});

test('an account entered later: its owner is refused the money, anybody else is asked, the county checks', async () => {
    const mine = await accepted(wang, account(720));
    const theirs = await accepted(zhao, account(721));
    assert.ok(!(await spotChecked(theirs.no)), 'the county checks nothing else here');
    for (const fa of [account(720), account(721)]) is(await enter(li, { account: fa, officer: 'wang' }), 200);

    const aid = (officer, { no, claim }, more) =>
        officer.verb(no, 'first-aid', { claim, amount_fen: 10000, ...more });
    const refused = await aid(wang, mine, { payee_confirmed: true });
    is(refused, 403);
    assert.match(refused.text, /您本人登记的账户/);
    const asked = await aid(zhao, theirs);
    is(asked, 409);
    assert.deepStrictEqual(words(asked.json.payee_findings), ['officer']);
    assert.ok(!asked.text.includes('wang'), 'who asks is not told whose it is');
    const done = await aid(zhao, theirs, { payee_confirmed: true, reason: '账户系代领，已核实委托书' });
    is(done, 200);
    assert.deepStrictEqual(words(done.json.payee_findings), ['officer']);
    await site.awaitCase(theirs.no, 'FIRST_AID_PAID');
    assert.ok(await spotChecked(theirs.no), 'the county checks it');
    const noted = (await site.events(theirs.no)).find((event) => event.recused);
    assert.deepStrictEqual([noted.verb, noted.recused], ['note', ['officer:wang']]);
    assert.match(noted.reason, /县级核查/);

    // handed over it does not go to the account; still not by the owner's own hands
    is(await aid(wang, mine, { method: 'goods' }), 403);
});

test('the tool keeps the same register; numbers come on standard input only', async () => {
    const ctl = (args, lines = '') =>
        execFileSync(path.join(BIN, 'jiujictl'), ['--config', site.config, 'officer-accounts', ...args], {
            input: lines,
            stdio: ['pipe', 'pipe', 'pipe'],
            encoding: 'utf8',
        });
    const lines = `${account(730)}\n\n  ${account(731)}\n`;
    assert.strictEqual(ctl(['add', 'officer:sun', '--by', 'chief'], lines), '2 added\n');
    assert.strictEqual(ctl(['add', 'officer:sun', '--by', 'chief'], lines), '0 added\n');
    assert.match(ctl(['list', 'officer:sun']), /^officer:sun\t[0-9a-f]{8}\nofficer:sun\t[0-9a-f]{8}\n$/);
    assert.throws(
        () => ctl(['add', 'officer:sun', '--by', 'chief'], '6222\n'),
        /line 1: an account is written/,
    );
    assert.throws(() => ctl(['remove', 'officer:sun', '--by', 'sun'], lines), /another person must/);
    assert.throws(() => ctl(['add', 'officer:sun', '--by', 'chief', '--all']), /usage/);
    assert.strictEqual(ctl(['remove', 'officer:sun', '--by', 'chief'], `${account(730)}\n`), '1 removed\n');
    assert.strictEqual(ctl(['remove', 'officer:sun', '--by', 'chief', '--all']), 'all removed\n');
    assert.strictEqual(ctl(['list', 'officer:sun']), '');
    const logs = site.children.map((child) => child.log).join('\n');
    for (const fa of [700, 710, 720, 730].map(account))
        assert.ok(!logs.includes(/:(\d+)@/.exec(fa)[1]), 'no log');
});
