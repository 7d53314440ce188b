// The source tree as the style tests see it: every file that belongs to the project, wherever it
// was unpacked. No use of git: the same answer in a checkout, a clone and a tarball.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.resolve(__dirname, '..', '..');
const NOT_OURS = [/^\.git$/, /^build(-.*)?$/, /^\.jiuji$/, /^node_modules$/];
const SOURCE = /\.(c|h|lua|m?js|sh|awk|cmake|css|html)$|(^|\/)CMakeLists\.txt$/;

function walk(folder, out) {
    for (const entry of fs.readdirSync(path.join(ROOT, folder), { withFileTypes: true })) {
        if (NOT_OURS.some((pattern) => pattern.test(entry.name)))
            continue;
        const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory())
            walk(name, out);
        else if (entry.isFile())
            out.push(name);
    }
    return out;
}

const cache = new Map();

function read(name) {
    if (!cache.has(name))
        cache.set(name, fs.readFileSync(path.join(ROOT, name)));
    return cache.get(name);
}

function isScript(name) {
    return read(name).subarray(0, 2).toString('latin1') === '#!';
}

const files = walk('', []).sort();

module.exports = {
    ROOT,
    NOT_OURS,
    files,
    isScript,
    read,
    sources: files.filter((name) => SOURCE.test(name) || isScript(name)),
    c: files.filter((name) => /\.[ch]$/.test(name)),
    headers: files.filter((name) => name.endsWith('.h')),
    text: (name) => read(name).toString('utf8'),
    lines: (name) => read(name).toString('utf8').split('\n'),
    mode: (name) => fs.statSync(path.join(ROOT, name)).mode,
    exists: (name) => fs.existsSync(path.join(ROOT, name)),
};
