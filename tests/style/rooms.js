// The rooms of the house and who may include whom (the include directions of the README).
'use strict';

// First match wins: the narrow folders stand before the wide ones.
const ROOMS = [
    ['queue/base/', 'base'],
    ['queue/domain/', 'domain'],
    ['queue/seal/', 'seal'],
    ['queue/store/', 'store'],
    ['workers/conversation/', 'conversation'],
    ['workers/routing/', 'routing'],
    ['workers/rules/', 'rules'],
    ['workers/', 'workers'],
    ['integrations/sandbox/', 'sandbox'],
    ['integrations/', 'integrations'],
    ['server/http/', 'http'],
    ['server/', 'server'],
    ['ops/ctl/', 'ctl'],
    ['ops/', 'ops'],
    ['tests/', 'tests'],
];

// A room may always include itself.
const MAY_INCLUDE = {
    base: [],
    domain: ['base'],
    seal: ['base', 'domain'],
    store: ['base', 'domain'],
    conversation: ['base', 'domain'],
    routing: ['base', 'domain'],
    rules: ['base', 'domain'],
    integrations: ['base', 'domain'],
    http: ['base'],
    sandbox: ['base', 'domain', 'integrations', 'http'],
    server: ['base', 'domain', 'seal', 'store', 'routing', 'rules', 'integrations', 'http'],
    workers: ['base', 'domain', 'seal', 'store', 'conversation', 'routing', 'rules', 'integrations'],
    ctl: ['base', 'domain', 'seal', 'store', 'routing', 'rules', 'integrations'],
    ops: ['base', 'domain', 'seal', 'store', 'routing', 'rules', 'integrations'],
    tests: null, // tests look into every room
};

function roomOf(name) {
    const found = ROOMS.find(([folder]) => name.startsWith(folder));
    return found === undefined ? null : found[1];
}

function mayInclude(from, to) {
    const allowed = MAY_INCLUDE[from];
    return from === to || allowed === null || (allowed !== undefined && allowed.includes(to));
}

module.exports = { roomOf, mayInclude };
