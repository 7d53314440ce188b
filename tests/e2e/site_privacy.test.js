// Nothing that names a person is to be found outside of the sealed records: not on Redis' disk, not in its keys and
// values, not in logs, metrics or problem bodies; views are masked, and a reveal leaves its trace.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const { Site } = require('../support/site.js');
const { idNumber, account, freshKey } = require('../support/api.js');

const TOWNSHIP = '520102022';
const PHONE = '13987650431';
const REPORTER_PHONE = '13812349977';
const BAD_PHONE = '1398765043199';
const ID_NUMBER = idNumber(7777);
const ACCOUNT = account(86420975).replace('account:', '').replace('@icbc', '');

// Each of them must stay secret. Names and texts are such that nothing else in a site contains them.
const SECRETS = {
    name: '欧阳翡翠',
    reporter: '司徒琥珀',
    phone: PHONE,
    'reporter phone': REPORTER_PHONE,
    'ID number': ID_NUMBER,
    account: ACCOUNT,
    address: '望岳巷柒拾柒号叁单元',
    narrative: '灶台上的紫砂壶炸裂',
    'refused phone': BAD_PHONE,
};

const TICKET = {
    cause: 'stranded',
    stranded: true,
    person: { name: SECRETS.name, id_number: ID_NUMBER, phone: PHONE, account: `account:${ACCOUNT}@icbc` },
    reporter: { name: SECRETS.reporter, phone: REPORTER_PHONE, relation: '邻居' },
    place: { code: TOWNSHIP, address: `兴关路${SECRETS.address}` },
    narrative: `${SECRETS.narrative}，请快来`,
};

const escaped = (text) =>
    [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

// Every form in which a text could lie about.
function forms(text) {
    const bytes = Buffer.from(text);
    const percent = [...bytes].map((b) => `%${b.toString(16).padStart(2, '0')}`).join('');
    const list = {
        plain: text,
        percent: encodeURIComponent(text),
        'percent, every byte': percent,
        'percent, upper case': percent.toUpperCase(),
        escaped: escaped(text),
        'escaped, upper case': escaped(text).toUpperCase().replaceAll('\\U', '\\u'),
        hex: bytes.toString('hex'),
        // base64 of a longer text that contains it: three ways to be aligned, without the ends
        base64: bytes.toString('base64').replace(/=+$/, '').slice(0, -1),
        'base64, 1 off': Buffer.concat([Buffer.from('x'), bytes])
            .toString('base64')
            .replace(/=+$/, '')
            .slice(2, -1),
        'base64, 2 off': Buffer.concat([Buffer.from('xx'), bytes])
            .toString('base64')
            .replace(/=+$/, '')
            .slice(3, -1),
    };
    for (const kind of ['sha256', 'sha1', 'md5']) {
        list[kind] = crypto.createHash(kind).update(bytes).digest('hex');
        list[`${kind}, base64`] = crypto.createHash(kind).update(bytes).digest('base64').replace(/=+$/, '');
    }
    return list;
}

const NEEDLES = Object.entries(SECRETS).flatMap(([what, text]) =>
    [text, ...(/phone/.test(what) ? [`+86${text}`] : [])].flatMap((one) =>
        Object.entries(forms(one)).map(([form, needle]) => ({ what: `${what} (${form})`, needle })),
    ),
);

// Nothing of it in `hay` (text or bytes), which is called `where`.
function clean(where, hay) {
    const bytes = Buffer.isBuffer(hay) ? hay : Buffer.from(hay);
    for (const { what, needle } of NEEDLES) {
        assert.ok(!bytes.includes(needle), `${where} contains the ${what}`);
    }
    // hashes in binary
    for (const [what, text] of Object.entries(SECRETS)) {
        const digest = crypto.createHash('sha256').update(text).digest();
        assert.ok(!bytes.includes(digest), `${where} contains the SHA-256 of the ${what}`);
    }
}

test('the search finds what it looks for', () => {
    for (const { what, needle } of NEEDLES) {
        assert.ok(needle.length >= 8 || /[^\x20-\x7e]/.test(needle), what);
        assert.throws(() => clean('the proof', `…${needle}…`), /contains/, what);
    }
    assert.throws(() => clean('base64', Buffer.from(JSON.stringify(TICKET)).toString('base64')));
});

// Every key of Redis with all that is in it.
async function everything(site) {
    const out = [];
    for (const key of await site.redis('KEYS', '*')) {
        out.push(key);
        const type = String(await site.redis('TYPE', key));
        const read = {
            string: ['GET', key],
            hash: ['HGETALL', key],
            zset: ['ZRANGE', key, '0', '-1'],
            stream: ['XRANGE', key, '-', '+'],
            set: ['SMEMBERS', key],
            list: ['LRANGE', key, '0', '-1'],
        }[type];
        if (!read) continue; // it was there for a moment only
        const flat = [await site.redis(...read)].flat(5);
        out.push(...flat.map((value) => (Buffer.isBuffer(value) ? value : Buffer.from(String(value)))));
    }
    assert.ok(out.length > 50, 'there is something to look at');
    return Buffer.concat(out.flatMap((part) => [part, Buffer.from('\n')]));
}

function diskOf(site) {
    const files = fs.readdirSync(site.file('redis'), { recursive: true, withFileTypes: true });
    const bytes = files
        .filter((file) => file.isFile())
        .map((file) => fs.readFileSync(`${file.parentPath || file.path}/${file.name}`));
    return Buffer.concat(bytes);
}

test('after a case has gone its whole way, nobody is to be found', async () => {
    const site = await Site.start({ settings: { bank_settle_ms: 300, bank_timeout_ms: 1000 } });
    const problems = [];
    const views = [];
    try {
        await site.ready();
        await site.fund(TOWNSHIP);
        const agent = await site.as('agent');
        const note = (answer) => {
            if (answer.status >= 400) problems.push(answer.text);
            return answer;
        };

        // keys that somebody has put a phone number into
        const key = `call-${PHONE}-1`;
        const first = await agent.post('/v1/tickets', TICKET, { key });
        assert.strictEqual(first.status, 201, first.text);
        const { no } = first.json;
        views.push(first.text);
        note(await agent.post('/v1/tickets', { ...TICKET, persons: 2 }, { key }));
        note(await agent.post('/v1/tickets', TICKET, { key: `${PHONE} ${SECRETS.phone}` }));
        note(await agent.post('/v1/tickets', TICKET, { key: `${PHONE.repeat(8)}` }));

        // refusals of many kinds that carry the same words
        const spoilt = [
            { ...TICKET, [SECRETS.account]: 1 },
            { ...TICKET, person: { ...TICKET.person, phone: BAD_PHONE } },
            { ...TICKET, person: { ...TICKET.person, id_number: `${ID_NUMBER}1` } },
            { ...TICKET, person: { ...TICKET.person, account: ACCOUNT } },
            { ...TICKET, person: SECRETS.name },
            { ...TICKET, cause: SECRETS.name },
            { ...TICKET, place: { code: SECRETS.phone } },
            { ...TICKET, place: { lat: SECRETS.phone, lng: SECRETS.phone } },
            { ...TICKET, persons: PHONE },
            { ...TICKET, narrative: SECRETS.narrative.repeat(400) },
        ];
        for (const body of spoilt)
            assert.strictEqual(note(await agent.post('/v1/tickets', body)).status, 400);
        const cut = JSON.stringify(TICKET).slice(0, -3);
        assert.strictEqual(note(await agent.post('/v1/tickets', cut)).status, 400);
        note(await agent.get(`/v1/cases/${PHONE}`));
        note(await agent.get(`/v1/cases/${ID_NUMBER}`));
        note(await agent.get(`/${encodeURIComponent(SECRETS.name)}?phone=${PHONE}`));
        note(await agent.get(`/v1/townships/${PHONE}/inbox?limit=${PHONE}`));
        note(await agent.get('/v1/cases/1', { headers: { authorization: `Bearer ${PHONE}` } }));

        await site.awaitCase(no, 'FIRST_AID_PAID');
        const officer = await site.officer(TOWNSHIP);
        const { claim, case: shown } = (await officer.claim(TOWNSHIP, no)).json;
        views.push(JSON.stringify(shown));
        assert.deepStrictEqual(
            { ...shown.person },
            {
                name: '欧*',
                id_number: `520*************${ID_NUMBER.slice(-2)}`,
                phone: '139****0431',
                account: `****${ACCOUNT.slice(-4)}`,
                reporter_name: '司*',
                reporter_phone: '138****9977',
            },
        );
        for (const role of ['agent', 'reviewer', 'auditor']) {
            const reader = await site.as(role);
            views.push(
                (await reader.get(`/v1/cases/${no}`)).text,
                (await reader.get(`/v1/cases/${no}/events`)).text,
            );
        }
        views.push((await officer.get(`/v1/townships/${TOWNSHIP}/inbox`)).text);

        // reveal: with the claim only, and as an event
        for (const [who, body] of [
            [officer, { claim: claim + 1 }],
            [await site.officer(TOWNSHIP, 'other'), { claim }],
            [agent, { claim }],
            [await site.as('reviewer'), { claim }],
            [await site.as('auditor'), { claim }],
        ]) {
            assert.ok([403, 409].includes(note(await who.verb(no, 'reveal', body)).status));
        }
        const reveal = freshKey();
        const clear = await officer.verb(no, 'reveal', { claim, reason: '核对账户' }, { key: reveal });
        assert.strictEqual(clear.status, 200, clear.text);
        for (const what of ['name', 'reporter', 'ID number', 'account', 'address', 'narrative', 'phone']) {
            assert.ok(clear.text.includes(SECRETS[what]), `the reveal shows the ${what}`);
        }
        const reveals = async () => (await site.events(no)).filter((event) => event.verb === 'reveal');
        assert.strictEqual((await reveals()).length, 1);
        assert.strictEqual((await reveals())[0].actor, `officer:officer-${TOWNSHIP}`);
        assert.strictEqual((await reveals())[0].reason, '核对账户');
        assert.strictEqual((await officer.get(`/v1/cases/${no}`)).json.person.name, '欧*', 'masked again');

        assert.strictEqual((await officer.verb(no, 'hand-back', { claim })).status, 200);
        const later = await officer.verb(no, 'reveal', { claim, reason: '核对账户' }, { key: reveal });
        assert.ok(
            !later.text.includes(SECRETS.name),
            'a repeated reveal shows nothing once the claim is gone',
        );
        views.push(later.text);

        await site.quiet();
        const metrics = (await agent.get('/metrics')).text + (await agent.get('/readyz?verbose')).text;
        assert.ok(problems.length >= 18, `${problems.length} problems`);
        clean('a problem', problems.join('\n'));
        clean('a masked view', views.join('\n'));
        clean('metrics', metrics);
        clean('Redis', await everything(site));
        clean("Redis' disk", diskOf(site));
        await site.redis('BGREWRITEAOF');
        clean('the logs', site.children.map((child) => child.log).join('\n'));
    } finally {
        await site.stop();
    }
    clean('the logs to the end', site.children.map((child) => child.log).join('\n'));
});
