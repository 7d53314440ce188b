// C text without what a reader of code does not read: comments and the inside of literals. Line
// breaks stay, so that line numbers stay right.
'use strict';

const TOKEN = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/g;

// Blank out comments and literals; the quoted name of an #include survives.
function strip(text) {
    return text.replace(TOKEN, (found, offset) => {
        const line = text.slice(text.lastIndexOf('\n', offset) + 1, offset);
        if (found[0] === '"' && /^\s*#\s*include\s*$/.test(line))
            return found;
        const blank = found.replace(/[^\n]/g, ' ');
        return found[0] === '/' ? blank : found[0] + blank.slice(2) + found[0];
    });
}

// Every #include as {line, name, angle}.
function includes(text) {
    const out = [];
    strip(text).split('\n').forEach((line, i) => {
        const m = /^\s*#\s*include\s*(["<])([^">]+)[">]/.exec(line);
        if (m !== null)
            out.push({ line: i + 1, name: m[2], angle: m[1] === '<' });
    });
    return out;
}

module.exports = { strip, includes };
