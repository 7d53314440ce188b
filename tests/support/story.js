// The life of a case, told step by step: who does what, and what the case looks like then. Every step is a
// call of the API; each story ends with the money explained.
'use strict';

const assert = require('node:assert');
const { Site, until } = require('./site.js');

const TOWNSHIP = '520102022';
const COUNTY = '520102';
const D = 82800; // the monthly standard of the pack in fen

class Story {
    // clock: when it begins; more: options of the site
    static async begin(clock, more = {}) {
        const story = new Story();
        story.site = await Site.start({
            clock,
            settings: { bank_settle_ms: 300, bank_timeout_ms: 1000 },
            ...more,
        });
        await story.site.ready();
        await story.site.fund(TOWNSHIP, 10000000);
        await story.site.fund(COUNTY, 100000000);
        const { site } = story;
        story.agent = await site.as('agent', 'desk-3');
        story.wang = await site.as('officer', 'wang', TOWNSHIP); // handles
        story.zhao = await site.as('officer', 'zhao', TOWNSHIP); // heads the section
        story.sun = await site.as('officer', 'sun', TOWNSHIP); // leads the township
        story.li = await site.as('reviewer', 'li');
        story.chen = await site.as('reviewer', 'chen');
        story.qian = await site.as('finance', 'qian');
        story.auditor = await site.as('auditor', 'audit');
        return story;
    }

    end() {
        return this.site?.stop();
    }

    // The agent types in what the caller says; resolves to the case number.
    async call(ticket) {
        return (await this.agent.must(201, 'POST', '/v1/tickets', ticket)).no;
    }

    // Once the case stands in that state.
    becomes(no, state) {
        return this.site.awaitCase(no, state);
    }

    // An officer draws the case and says verb after verb under one claim; each is a name or [name, body, refusal].
    async works(officer, no, ...verbs) {
        const { claim } = await officer.must(200, 'POST', `/v1/townships/${TOWNSHIP}/claim`, { case: no });
        let shown;
        for (const verb of verbs) {
            const [name, body, refusal] = [].concat(verb);
            shown = await this.says(officer, no, name, { claim, ...body }, refusal);
        }
        return shown;
    }

    // Says it and gets the case, or that refusal: "409 illegal-move".
    async says(who, no, verb, body = {}, refusal) {
        const answer = await who.verb(no, verb, body);
        const problem = answer.json?.type?.replace('urn:jiuji:problem:', '');
        const got = answer.status === 200 ? '200' : `${answer.status} ${problem}`;
        assert.strictEqual(got, refusal || '200', `${verb}: ${answer.text}`);
        return answer.json;
    }

    // The township's chain has read what was proposed and goes on to the county: handler, section head, leader.
    async sendsUp(no) {
        await this.says(this.zhao, no, 'sign');
        await this.says(this.sun, no, 'sign');
        return this.works(this.wang, no, 'propose');
    }

    // The county's section signs, the county's leader approves.
    async countyApproves(no, body = {}) {
        await this.says(this.chen, no, 'sign');
        return this.says(this.li, no, 'approve', body);
    }

    async shown(no) {
        return this.auditor.must(200, 'GET', `/v1/cases/${no}`);
    }

    // Where every fen of the case has gone: paid by the bank, and each step with who, why and under which policy.
    async explained(no, paidFen) {
        const events = await this.site.events(no);
        events.forEach((event, i) => {
            assert.strictEqual(event.seq, i + 1);
            assert.ok(event.at_ms > 0 && event.actor && event.reason, JSON.stringify(event));
        });
        const decides = [
            'first-aid',
            'assess',
            'sign',
            'approve',
            'confirm',
            'review-fail',
            'recover',
            'waive',
            'reject',
        ];
        for (const event of events.filter(({ verb }) => decides.includes(verb))) {
            assert.match(event.policy, /\+/, JSON.stringify(event));
        }
        const { lines } = await this.site.bankGet('/sandbox/statement');
        const moved = lines
            .filter((line) => line.reference.startsWith(no))
            .reduce((sum, line) => sum + (line.status === 'paid' ? 1 : -1) * line.amount_fen, 0);
        assert.strictEqual(moved, paidFen, 'what the bank has moved for this case');
        return events;
    }

    // The match of the SMS that this phone gets, once one fits.
    async sms(phone, pattern) {
        return until(`an SMS with ${pattern}`, async () => {
            const { messages } = await this.site.bankGet('/sandbox/sms');
            const texts = messages.filter((one) => one.to.endsWith(phone)).map((one) => one.text);
            return texts.map((text) => pattern.exec(text)).find(Boolean);
        });
    }

    async fund(code = TOWNSHIP) {
        return this.qian.must(200, 'GET', `/v1/townships/${code}/fund`);
    }
}

module.exports = { Story, TOWNSHIP, COUNTY, D };
