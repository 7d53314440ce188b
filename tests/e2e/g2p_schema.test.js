// Our G2P Connect messages, and the sandbox's, against the published OpenAPI document: code that
// nobody here wrote judges both.
// Needs the document (../shared/data/specs) and the npm packages ajv and js-yaml (Debian: node-ajv, node-js-yaml).
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { Sandbox, Listener, statusMessage } = require('../support/sandbox.js');

const ROOT = path.join(__dirname, '../..');
const BIN = process.env.JIUJI_BIN || path.join(ROOT, 'build/bin');
const SPEC = path.join(ROOT, '../shared/data/specs/g2p_disburse_core_api_v1.0.0.yaml');
const PLACES = [
    path.join(ROOT, 'tests'),
    ...(process.env.NODE_PATH || '').split(':').filter(Boolean),
    '/usr/share/nodejs',
    '/usr/lib/node_modules',
];

function load(name) {
    for (const place of PLACES) {
        for (const folder of [place, path.join(place, name), path.join(place, 'node_modules', name)]) {
            try {
                return require(folder === place ? require.resolve(name, { paths: [place] }) : folder);
            } catch {
                /* not there */
            }
        }
    }
    return null;
}

const Ajv = load('ajv');
const yaml = load('js-yaml');
const skip = !fs.existsSync(SPEC)
    ? 'SKIPPED: no specification beside the checkout'
    : !Ajv || !yaml
      ? 'SKIPPED: npm packages ajv and js-yaml are not installed'
      : false;

// The schema of one message, made closed against the document's own slips.
function makeValidators() {
    // a typing error in a list of required members
    const text = fs.readFileSync(SPEC, 'utf8').replace('- disburemsents', '- disbursements');
    const document = yaml.load(text);
    const ajv = new (Ajv.default || Ajv)({
        strict: false,
        unknownFormats: 'ignore',
        validateFormats: false,
        allErrors: true,
        logger: false,
    });
    ajv.addSchema({ $id: 'spec', ...document });
    const json = (pointer) =>
        ajv.compile({ $ref: `spec#/paths/${pointer}/content/application~1json/schema` });
    const call = (name) => name.replace(/\//g, '~1');
    return {
        disburse: json(`${call('/disburse')}/post/requestBody`),
        callback: json(`${call('/on-disburse')}/post/requestBody`),
        query: json(`${call('/disburse/sync/txn/status')}/post/requestBody`),
        status: json(`${call('/disburse/sync/txn/status')}/post/responses/default`),
        ack: ajv.compile({ $ref: 'spec#/components/responses/Response/content/application~1json/schema' }),
        unauthorised: ajv.compile({
            $ref: 'spec#/components/responses/HttpErrorResponse/content/application~1json/schema',
        }),
    };
}

function check(validate, value) {
    assert.ok(validate(value), JSON.stringify(validate.errors));
}

function ours() {
    const { stdout, status } = spawnSync(path.join(BIN, 'g2p-messages'), { encoding: 'utf8' });
    assert.strictEqual(status, 0);
    return stdout
        .trim()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(' ')), JSON.parse(line.slice(line.indexOf(' ')))]);
}

test('our requests and acknowledgements satisfy the schema', { skip }, () => {
    const validators = makeValidators();
    const seen = new Set();
    for (const [name, message] of ours()) {
        check(validators[name], message);
        seen.add(name);
    }
    assert.deepStrictEqual([...seen].sort(), ['ack', 'disburse', 'query']);
});

test('the schema would notice', { skip }, () => {
    const validators = makeValidators();
    const messages = Object.fromEntries(ours());
    const spoils = [
        [
            'disburse',
            (m) => {
                m.message.disbursements[3].amount = '800';
            },
        ],
        [
            'disburse',
            (m) => {
                m.message.disbursements[3].currency_code = 'RMBY';
            },
        ],
        [
            'disburse',
            (m) => {
                delete m.message.disbursements[3].payer_fa;
            },
        ],
        [
            'disburse',
            (m) => {
                m.message.disbursements[3].note = 'x'.repeat(100);
            },
        ],
        [
            'disburse',
            (m) => {
                m.header.action = 'pay';
            },
        ],
        [
            'disburse',
            (m) => {
                delete m.header.total_count;
            },
        ],
        [
            'query',
            (m) => {
                m.message.txnstatus_request.attribute_type = 'list';
            },
        ],
        [
            'ack',
            (m) => {
                m.message.ack_status = 'OK';
            },
        ],
    ];
    for (const [name, spoil] of spoils) {
        const message = structuredClone(messages[name]);
        spoil(message);
        assert.ok(!validators[name](message), spoil.toString());
    }
});

test('the sandbox answers and calls back as the schema says, and our codec reads it', { skip }, async () => {
    const validators = makeValidators();
    const sandbox = await Sandbox.start();
    const listener = await Listener.start();
    const order = ours()[0][1];
    order.header.sender_uri = listener.uri;
    await sandbox.fault({ kind: 'reject', match: order.message.disbursements[5].reference_id });
    const answer = await sandbox.ask('POST', '/disburse', { body: JSON.stringify(order) });
    check(validators.ack, JSON.parse(answer.body));
    const [callback] = await listener.wait(1);
    check(validators.callback, JSON.parse(callback.body));

    const ids = order.message.disbursements.map((d) => d.reference_id);
    const status = await sandbox.ask('POST', '/disburse/sync/txn/status', {
        body: JSON.stringify(statusMessage([...ids, 'X'])),
    });
    check(validators.status, JSON.parse(status.body));
    check(
        validators.unauthorised,
        JSON.parse((await sandbox.ask('POST', '/disburse', { token: 'no', body: '{}' })).body),
    );
    check(validators.ack, JSON.parse((await sandbox.ask('POST', '/disburse', { body: '{}' })).body));

    const { stdout } = spawnSync(path.join(BIN, 'g2p-messages'), ['read-callback'], {
        input: callback.body,
        encoding: 'utf8',
    });
    const lines = stdout.trim().split('\n');
    assert.strictEqual(lines[0], 'ok');
    assert.strictEqual(lines.length, 65);
    assert.strictEqual(lines[1], `${ids[0]} succeeded 1 `);
    assert.strictEqual(lines[6], `${ids[5]} failed ${5 * 8051} rjct.payee_fa.invalid`);
    listener.stop();
    await sandbox.stop();
    fs.rmSync(sandbox.data, { recursive: true });
});
