// Each of the sandbox's SMS operators in front of a whole site: what people write comes in through its callbacks, what
// they are told goes out through its interface, receipts come back; and all of it while things go wrong.
//
// What an operator can promise when its answer to a sending stays away:
//   Aliyun   OutId is no idempotency key, but comes back in the receipt: one text if the receipt comes, else two
//   Twilio   has no key either; our id stands in the StatusCallback: the same
//   courier  our id stands in the receipt: the same (an operator behind it may know the id again: then never two)
//   Tencent  gives nothing of ours back in receipts: whoever was sent a text without an answer is sent it again
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { until } = require('../support/site.js');
const { plainTicket, person } = require('../support/api.js');
const { OperatorSite, OPERATORS } = require('../support/operators.js');

const TOWNSHIP = '520102022';
const PLEA = '我一个人在贵阳市南明区兴关路街道，学费交不起';
const STAGES = ['route', 'notify', 'sms'];
const MINUTE = 60000;

let phones = 0;
const freshPhone = () => `136${String(10000000 + ++phones)}`;

// A case by telephone: the citizen is told by one SMS that it is registered.
async function call(s, phone) {
    const ticket = plainTicket(TOWNSHIP, { person: person({ phone }) });
    return (await (await s.site.as('agent')).must(201, 'POST', '/v1/tickets', ticket)).no;
}

const tails = (s) =>
    `${JSON.stringify(s.proxy.seen.slice(-6).map((one) => [one.url, one.status]))} ${s.site.tails()}`;

// Until the only message about the case is in that state, and was sent by that operator.
async function becomes(s, no, state, provider = s.name) {
    let items;
    await until(
        () => `${no} to be ${state} by ${provider}: ${JSON.stringify(items)} ${tails(s)}`,
        async () => {
            items = await s.told(no);
            return items.length === 1 && items[0].state === state && items[0].provider === provider;
        },
    );
    return items[0];
}

// Until it waits for its next try behind so many; on a slow machine that may have been made meanwhile.
const waiting = (s, no, tries = 1) =>
    until(
        () => `a next try for ${no} ${tails(s)}`,
        async () => {
            const jobs = await s.site.redis('ZRANGE', s.site.key('q:notify:delayed'), 0, -1);
            if (jobs.some((job) => String(job).startsWith(`${no}:`))) return true;
            const [one] = await s.told(no);
            return one?.tries > tries || one?.state === 'delivered';
        },
    );

const callbacks = (s, name, n) =>
    until(
        () => `${n} callbacks about ${name}: ${s.proxy.statuses(name)} ${tails(s)}`,
        () => s.proxy.statuses(name).length >= n,
    );

for (const [name, operator] of Object.entries(OPERATORS)) {
    test(`${name}`, async (t) => {
        const s = await OperatorSite.start(name);
        t.after(() => s.stop());
        const step = (title, body) => t.test(`${name}: ${title}`, body);
        const caseNo = async (phone) => {
            let texts;
            const text = await until(
                () => `a text to ${phone}: ${JSON.stringify(texts)} ${tails(s)}`,
                async () => {
                    texts = await s.got(phone);
                    return texts.map((one) => /\d{22}/.exec(one.text)).find(Boolean);
                },
            );
            return text[0];
        };
        const via = async (phone) => (await s.got(phone)).map((one) => one.via);

        await step('a plea becomes a case, the answer goes out and its receipt is joined', async () => {
            const phone = freshPhone();
            await s.writes(phone, PLEA);
            const no = await caseNo(phone);
            const told = await becomes(s, no, 'delivered');
            assert.deepStrictEqual([told.template, told.provider, told.tries], ['dispatched', name, 1]);
            const shown = await s.site.awaitCase(no, 'DISPATCHED');
            assert.strictEqual(shown.facts.channel, 'sms');
            assert.strictEqual(shown.township.code, TOWNSHIP);
            assert.deepStrictEqual(await via(phone), [name]);
            await s.writes(phone, '查询');
            await until('the state of the case', async () => (await s.got(phone)).length === 2);
            await s.site.quiet(STAGES);
            assert.strictEqual((await s.got(phone)).length, 2);
        });

        await step(
            'the same plea twice, again later, its answer lost, refused at first, forged: one case',
            async () => {
                const cases = [];
                for (const kind of [
                    'callback_twice',
                    'callback_replayed',
                    'lost',
                    'refused',
                    'forged_callback',
                ]) {
                    const phone = freshPhone();
                    const text = `${PLEA}，${kind}`; // by which the callback is found again
                    if (kind === 'lost' || kind === 'refused') {
                        let once = true;
                        s.proxy.fail = (asked) => {
                            const now = once && asked.text.includes(kind);
                            once = once && !now;
                            return now && (kind === 'lost' ? 'after' : 'before');
                        };
                    } else {
                        await s.fault(kind, phone, { ms: 100 });
                    }
                    await s.writes(phone, text);
                    const no = await caseNo(phone);
                    await becomes(s, no, 'delivered');
                    await callbacks(s, kind, kind === 'refused' ? 1 : 2);
                    await s.site.quiet(STAGES);
                    const statuses = s.proxy.statuses(kind).slice(0, 2).sort();
                    const expected = { refused: [200], forged_callback: [200, 403] }[kind] || [200, 200];
                    assert.deepStrictEqual(statuses, expected, kind);
                    assert.strictEqual((await s.got(phone)).length, 1, kind);
                    cases.push(no);
                }
                s.proxy.fail = () => false;
                const all = await s.site.cases();
                for (const no of cases) {
                    const receives = (await s.site.events(no)).filter((event) => event.verb === 'receive');
                    assert.strictEqual(receives.length, 1);
                }
                assert.strictEqual(new Set(all).size, 1 + cases.length, 'one case each, and the first one');
            },
        );

        await step('receipts: twice, replayed, late, reordered, forged, none', async () => {
            const kinds = [
                'callback_twice',
                'callback_replayed',
                'late_callback',
                'stale_callback',
                'forged_callback',
            ];
            for (const kind of kinds) {
                const phone = freshPhone();
                await s.fault(kind, phone, { ms: 300 });
                const no = await call(s, phone);
                await becomes(s, no, 'delivered');
                // what stands in the callback: the telephone, or our id, which begins with the number of the case
                const mark = name === 'courier' ? no : phone;
                const twice = kind !== 'late_callback' && (kind !== 'stale_callback' || operator.onItsWay);
                await callbacks(s, mark, twice ? 2 : 1);
                const statuses = s.proxy.statuses(mark).slice(0, 2).sort();
                const second = kind === 'forged_callback' ? 403 : 200;
                assert.deepStrictEqual(statuses, twice ? [200, second] : [200], kind);
                assert.strictEqual((await becomes(s, no, 'delivered')).tries, 1, kind);
                assert.deepStrictEqual(await via(phone), [name], kind);
            }
            const phone = freshPhone();
            await s.fault('no_callback', phone);
            const no = await call(s, phone);
            await becomes(s, no, 'accepted');
            await s.site.quiet(STAGES);
            assert.deepStrictEqual(await via(phone), [name]);
        });

        await step(
            'a receipt that comes days later is joined; one about nobody is taken and forgotten',
            async () => {
                const phone = freshPhone();
                let marks = [phone];
                s.proxy.keep = (asked) => marks.some((mark) => asked.text.includes(mark));
                const no = await call(s, phone);
                marks = [phone, no];
                await becomes(s, no, 'accepted');
                await until('its receipt', () => s.proxy.kept.length === 1);
                s.proxy.keep = () => false;
                await s.forward(3 * 24 * 60 * MINUTE);
                const [late] = s.proxy.kept.splice(0);
                assert.strictEqual((await s.proxy.pass(late)).status, 200);
                await becomes(s, no, 'delivered');
                if (operator.receipt) {
                    const ids = ['19990101-nobody', `${no}-99`];
                    for (const [i, id] of ids.entries()) {
                        const [url, body, type] = operator.receipt(s.hook, { id, phone, failed: i === 1 });
                        const headers = {
                            'content-type': type || 'application/json',
                            'content-length': String(Buffer.byteLength(body)),
                        };
                        const asked = {
                            method: 'POST',
                            url: new URL(url).pathname,
                            headers,
                            body: Buffer.from(body),
                            text: '',
                        };
                        assert.strictEqual((await s.proxy.pass(asked)).status, 200);
                        asked.url = asked.url.replace('path-secret', 'path-guess');
                        assert.strictEqual((await s.proxy.pass(asked)).status, 403);
                    }
                }
                await s.site.quiet(STAGES);
                assert.strictEqual((await becomes(s, no, 'delivered')).tries, 1);
                assert.deepStrictEqual(await via(phone), [name]);
            },
        );

        // kind: how it goes wrong once; again: a second try has to come; texts: that arrive in the end
        const twice = operator.ourId ? 1 : 2;
        const wrongs = {
            hang: { ms: 30000, texts: twice },
            error_500_after: { texts: twice },
            drop_after_accept: { texts: twice },
            half_answer: { texts: twice },
            error_500_before: { texts: 1 },
            drop_before: { texts: 1 },
            throttled: { texts: 1 },
        };
        await step(
            'no answer to the sending: nothing is lost, nothing is doubled that the operator can tell',
            async () => {
                const cases = [];
                for (const [kind, { ms = 0 }] of Object.entries(wrongs)) {
                    const phone = freshPhone();
                    await s.fault(kind, phone, { ms });
                    cases.push({ kind, phone });
                }
                await Promise.all(
                    cases.map(async (one) => {
                        one.no = await call(s, one.phone);
                    }),
                );
                for (const one of cases) await waiting(s, one.no);
                await s.forward(MINUTE);
                await s.site.quiet(STAGES);
                for (const { kind, phone, no } of cases) {
                    await becomes(s, no, 'delivered');
                    const expected = Array(wrongs[kind].texts).fill(name);
                    assert.deepStrictEqual(await via(phone), expected, kind);
                }
            },
        );

        await step(
            'no answer twice, and no receipt: twice at most, and the outbox says that it is not known',
            async () => {
                const phone = freshPhone();
                await s.fault('error_500_after', phone, { count: 2 });
                await s.fault('no_callback', phone, { count: 2 });
                const no = await call(s, phone);
                await waiting(s, no);
                await s.forward(MINUTE);
                await s.site.quiet(STAGES);
                await becomes(s, no, 'unknown');
                assert.deepStrictEqual(await via(phone), [name, name]);
                // throttled before: the one repetition is still to come
                const other = freshPhone();
                await s.fault('throttled', other);
                const second = await call(s, other);
                await waiting(s, second);
                await s.fault('error_500_before', other);
                await s.forward(MINUTE);
                await until('the second try', async () => (await s.told(second))[0].tries >= 2);
                await waiting(s, second, 2);
                await s.forward(5 * MINUTE);
                await becomes(s, second, 'delivered');
                assert.deepStrictEqual(await via(other), [name]);
            },
        );

        await step(
            'the next operator: refused for good, throttled twice, failed by its receipt',
            async () => {
                const refused = freshPhone();
                await s.fault('reject', refused);
                const first = await call(s, refused);
                await becomes(s, first, 'delivered', 'kannel');
                assert.deepStrictEqual(await via(refused), ['kannel']);

                const throttled = freshPhone();
                await s.fault('throttled', throttled, { count: 2 });
                const second = await call(s, throttled);
                await waiting(s, second);
                await s.forward(MINUTE);
                await until('the second try', async () => (await s.told(second))[0].tries >= 2);
                await waiting(s, second, 2);
                await s.forward(2 * MINUTE);
                await becomes(s, second, 'delivered', 'kannel');
                assert.deepStrictEqual(await via(throttled), ['kannel']);

                const failed = freshPhone();
                await s.fault('report_failed', failed);
                await s.fault('callback_twice', failed);
                const third = await call(s, failed);
                await becomes(s, third, 'delivered', 'kannel');
                await s.site.quiet(STAGES);
                assert.deepStrictEqual(await via(failed), [name, 'kannel']);
            },
        );

        await step(
            'its credential refused: the channel stands, the other one takes all of it, once',
            async () => {
                const list = [freshPhone(), freshPhone(), freshPhone()];
                await s.site.fault({ kind: 'channel_stop', on: 'sms', rail: name, count: 1000 });
                const numbers = [];
                for (const phone of list) numbers.push(await call(s, phone));
                for (const [i, no] of numbers.entries()) {
                    await becomes(s, no, 'delivered', 'kannel');
                    assert.deepStrictEqual(await via(list[i]), ['kannel']);
                }
                assert.match(s.site.workers.get('worker-1').log, /event=sms_channel_stopped channel=/);
                assert.strictEqual(await s.site.redis('ZCARD', s.site.key('q:notify:dead')), 0);
            },
        );
    });
}
