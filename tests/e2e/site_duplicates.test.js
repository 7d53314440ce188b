// Duplicates: found across the region, linked at both ends, never dropped; a person looks before money goes out twice.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { Site } = require('../support/site.js');
const { strandedTicket, plainTicket, person } = require('../support/api.js');

const TOWNSHIP = '520102022';
const OTHER = '520103019';

let site;

test.before(async () => {
    site = await Site.start({
        settings: { bank_settle_ms: 300, bank_timeout_ms: 1000 },
        workers: [{}, {}],
        policy: (pack) => {
            pack.rules.caps.times_per_year = 9;
            pack.rules.caps.same_cause_per_year = 9;
        },
    });
    await site.ready();
    await site.fund(TOWNSHIP);
    await site.fund(OTHER);
});

test.after(() => site?.stop());

async function post(ticket) {
    return (await (await site.as('agent')).must(201, 'POST', '/v1/tickets', ticket)).no;
}

const show = async (no) => (await site.as('agent')).must(200, 'GET', `/v1/cases/${no}`);
const links = (shown) => shown.links.map((one) => `${one.case} ${one.kind}`).sort();

// Both show it; both are there.
async function linked(a, b, kind) {
    assert.ok(links(await show(a)).includes(`${b} ${kind}`), JSON.stringify((await show(a)).links));
    assert.ok(links(await show(b)).includes(`${a} ${kind}`), JSON.stringify((await show(b)).links));
    const events = await site.events(a);
    assert.ok(events.some((event) => event.verb === 'link' && event.case === b && event.kind === kind));
}

test('the same person again, in another township: linked, and a person decides', async () => {
    const who = person();
    const first = await post(strandedTicket(TOWNSHIP, { person: who }));
    await site.awaitCase(first, 'FIRST_AID_PAID');
    const second = await post(strandedTicket(OTHER, { person: who }));
    const shown = await site.awaitCase(second, 'DISPATCHED');
    assert.deepStrictEqual(shown.payments, []);
    await linked(first, second, 'same_person');
});

test('the same household: linked, and a person decides', async () => {
    const [a, b] = [person(), person()];
    const first = await post(
        strandedTicket(TOWNSHIP, { person: a, household: [{ id_number: b.id_number }] }),
    );
    await site.awaitCase(first, 'FIRST_AID_PAID');
    const second = await post(strandedTicket(TOWNSHIP, { person: b }));
    assert.deepStrictEqual((await site.awaitCase(second, 'DISPATCHED')).payments, []);
    await linked(first, second, 'same_household');
});

test('a neighbour reports what the victim has reported: linked by place and event', async () => {
    const first = await post(
        strandedTicket(TOWNSHIP, { place: { code: TOWNSHIP, address: '贵州省贵阳市南明区兴关路１２号' } }),
    );
    await site.awaitCase(first, 'FIRST_AID_PAID');
    const second = await post({
        ...strandedTicket(TOWNSHIP, { place: { code: TOWNSHIP, address: '兴关路 12 号' } }),
        person: { phone: '13912345678', account: person().account },
    });
    assert.deepStrictEqual((await site.awaitCase(second, 'DISPATCHED')).payments, []);
    await linked(first, second, 'same_event');
});

test('two people known by their ID numbers in one house: two cases, linked; in a village not even that', async () => {
    const at = (address) => strandedTicket(TOWNSHIP, { place: { code: TOWNSHIP, address } });
    const house = [await post(at('沙冲路7号')), await post(at('沙冲路7号'))];
    for (const no of house) await site.awaitCase(no, 'FIRST_AID_PAID');
    const [a, b] = await Promise.all(house.map(show));
    assert.deepStrictEqual(links(a), [`${house[1]} same_event`]);
    assert.deepStrictEqual(links(b), [`${house[0]} same_event`]);
    const village = [await post(at('好花红村')), await post(at('好花红村'))];
    for (const no of village) assert.deepStrictEqual((await site.awaitCase(no, 'FIRST_AID_PAID')).links, []);
});

test('another cause, another house, another township: no link', async () => {
    const at = (code, address, more) =>
        post({
            ...strandedTicket(code, { place: { code, address }, ...more }),
            person: { phone: person().phone, account: person().account },
        });
    const nos = [
        await at(TOWNSHIP, '市南路8号', {}),
        await at(TOWNSHIP, '市南路81号', {}),
        await at(OTHER, '市南路8号', {}),
        await at(TOWNSHIP, '市南路8号', { cause: 'robbery' }),
    ];
    for (const no of nos) {
        const shown = await site.awaitCase(no, (one) => !['RECEIVED'].includes(one.state));
        assert.deepStrictEqual(shown.links, [], no);
    }
});

test('one account for several people: linked, the second one is asked about; one family may share it', async () => {
    const { account } = person();
    const [a, b] = [person({ account }), person({ account })];
    const first = await post(strandedTicket(TOWNSHIP, { person: a }));
    await site.awaitCase(first, 'FIRST_AID_PAID');
    const second = await post(strandedTicket(OTHER, { person: b }));
    assert.deepStrictEqual((await site.awaitCase(second, 'DISPATCHED')).payments, []);
    await linked(first, second, 'same_account');

    const [wife, husband] = [person(), person()];
    husband.account = wife.account;
    const one = await post(
        plainTicket(TOWNSHIP, { person: wife, household: [{ id_number: husband.id_number }] }),
    );
    await site.awaitCase(one, 'DISPATCHED');
    const two = await post(plainTicket(TOWNSHIP, { person: husband }));
    const shown = await site.awaitCase(two, 'DISPATCHED');
    assert.deepStrictEqual(links(shown), [`${one} same_household`], 'not because of the account');
});

test('ten reports of one unnamed person at once: money goes out once, all ten are there', async () => {
    const account = () => person().account;
    const ticket = () => ({
        ...strandedTicket(TOWNSHIP, { place: { code: TOWNSHIP, address: '油榨街100号' } }),
        person: { phone: person().phone, account: account() },
    });
    const nos = await Promise.all(Array.from({ length: 10 }, () => post(ticket())));
    await site.quiet(['route', 'pay']);
    const shown = await Promise.all(nos.map(show));
    assert.strictEqual(shown.filter((one) => one.payments.length > 0).length, 1, 'paid by rule once');
    assert.ok(shown.every((one) => one.links.length > 0));
});

test('a case joined into another shows it at both ends', async () => {
    const master = await post(plainTicket(TOWNSHIP));
    const copy = await post(plainTicket(TOWNSHIP));
    for (const no of [master, copy]) await site.awaitCase(no, 'DISPATCHED');
    const joined = await (await site.as('agent')).verb(copy, 'duplicate', { case: master });
    assert.strictEqual(joined.json?.state, 'DUPLICATE', joined.text);
    assert.deepStrictEqual(links(await show(copy)), [`${master} master`]);
    assert.deepStrictEqual(links(await show(master)), [`${copy} duplicate`]);
    assert.ok(
        (await site.events(master)).some((event) => event.verb === 'link' && event.kind === 'duplicate'),
    );
});

test('an account that an officer enters later is looked up as well', async () => {
    const { account } = person();
    const first = await post(plainTicket(TOWNSHIP, { person: person({ account }) }));
    await site.awaitCase(first, 'DISPATCHED');
    const second = await post(plainTicket(TOWNSHIP));
    await site.awaitCase(second, 'DISPATCHED');
    const officer = await site.officer(TOWNSHIP);
    const { claim } = (await officer.claim(TOWNSHIP, second)).json;
    const changed = await officer.verb(second, 'account', { claim, account });
    assert.strictEqual(changed.status, 200, changed.text);
    await linked(first, second, 'same_account');
    const said = (await site.events(second)).find((event) => event.verb === 'account');
    assert.strictEqual(said.account_persons, 1);
});

test('in the end ledger, payments and statement agree', async () => {
    await site.quiet(['route', 'pay']);
    await site.moneyAgrees();
});
