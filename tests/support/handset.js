// Somebody's plain telephone: writes SMS as the operator would deliver them, and reads what the operator took.
'use strict';

const assert = require('node:assert');
const { until } = require('./site.js');

const SMS_SECRET = 'sms-secret-of-the-test';
const SERVICE = '12349';

let messages = 0;

class Handset {
    constructor(site, number) {
        this.site = site;
        this.number = number;
        this.heard = []; // every text so far
        this.read = 0; // how many of them were awaited
        this.print = () => {};
        this.api = site.api(null);
    }

    // What Kannel's get-url carries; more: other fields, e.g. the operator's id.
    delivery(text, more = {}) {
        const fields = {
            from: this.number,
            to: SERVICE,
            text: Buffer.from(text, 'utf16le').swap16(),
            coding: '2',
            charset: 'UTF-16BE',
            id: `mo-${process.pid}-${++messages}`,
            smsc: 'fake',
            ...more,
        };
        const escape = (value) =>
            Buffer.isBuffer(value)
                ? [...value].map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('')
                : encodeURIComponent(value);
        const query = Object.entries(fields).map(([name, value]) => `${name}=${escape(value)}`);
        return `/v1/sms/kannel/${SMS_SECRET}/mo?${query.join('&')}`;
    }

    async writes(text, more) {
        this.print(`  ${this.number} > ${text}`);
        const answer = await this.api.get(this.delivery(text, more));
        assert.strictEqual(answer.status, 200, answer.text);
        assert.strictEqual(answer.text, '', 'an answer in the body would go to the citizen');
        return answer;
    }

    async listen() {
        const target = `/sandbox/sms?to=%2B86${this.number}&limit=1000`;
        const { messages: list } = await this.site.bankGet(target);
        for (const { text } of list.slice(this.heard.length)) {
            this.heard.push(text);
            this.print(`  ${this.number} < ${text}`);
        }
        return this.heard;
    }

    // The next text; it must fit.
    async hears(pattern) {
        await until(
            async () => `SMS ${this.read + 1} like ${pattern}: ${JSON.stringify(this.heard)} ${this.site.tails()}`,
            async () => (await this.listen()).length > this.read,
        );
        const text = this.heard[this.read++];
        assert.match(text, pattern);
        return text;
    }
}

module.exports = { Handset, SMS_SECRET, SERVICE };
