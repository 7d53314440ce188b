// Packages of the npm registry that tests use when they are there: listed in tests/package.json,
// `npm install` in tests/.
'use strict';

const path = require('node:path');

const PLACES = [
    path.join(__dirname, '..'),
    ...(process.env.NODE_PATH || '').split(':').filter(Boolean),
    '/usr/share/nodejs',
    '/usr/lib/node_modules',
];

// The module, or null if it is nowhere.
function load(name) {
    for (const place of PLACES) {
        try {
            return require(require.resolve(name, { paths: [place] }));
        } catch {
            /* not there */
        }
        try {
            return require(path.join(place, name));
        } catch {
            /* not there */
        }
    }
    return null;
}

// For node:test's `skip`: false, or why not.
function skipWithout(modules) {
    const missing = Object.keys(modules).filter((name) => !modules[name]);
    return missing.length === 0 ? false : `SKIPPED: npm packages are not installed: ${missing.join(', ')}`;
}

module.exports = { load, skipWithout };
