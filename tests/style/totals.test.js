// The counting behind the last line of ops/test.
'use strict';

const test = require('node:test');
const assert = require('node:assert');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { ROOT } = require('./tree.js');

// "PASSED FAILED SKIPPED" of a log of ctest -V, given as lines.
function totals(...lines) {
    const run = spawnSync('awk', ['-f', path.join(ROOT, 'ops/lib/totals.awk')],
        { input: lines.join('\n') + '\n', encoding: 'utf8' });
    assert.strictEqual(run.status, 0, run.stderr);
    return run.stdout.trim();
}

test('a program that passed counts as many tests as it names', () => {
    assert.strictEqual(totals('3: [==========] Running 5 test(s).', '3: [  PASSED  ] 5 test(s).',
        '1/2 Test #3: money ..........   Passed    0.01 sec'), '5 0 0');
});

test('two groups of one program add up', () => {
    assert.strictEqual(totals('3: [  PASSED  ] 5 test(s).', '3: [  PASSED  ] 2 test(s).',
        '1/1 Test #3: money ..........   Passed    0.01 sec'), '7 0 0');
});

test('a failed program counts what failed in it', () => {
    assert.strictEqual(totals('12: [  PASSED  ] 3 test(s).',
        '12: [  SKIPPED ] tests: 1 test(s), listed below:', '12: [  SKIPPED ] needs_data',
        '12: [  FAILED  ] tests: 2 test(s), listed below:', '12: [  FAILED  ] first',
        ' 1/12 Test #12: phone ..........***Failed    0.01 sec'), '3 2 1');
});

test('a crash counts as one failure, whatever was said before it', () => {
    assert.strictEqual(totals('1: [       OK ] first',
        '1/2 Test  #1: queue ..........***Exception: SegFault  0.20 sec',
        '2/2 Test  #2: hang ...........***Timeout 120.00 sec'), '0 2 0');
});

test('a program that says nothing counts as one', () => {
    assert.strictEqual(totals('1/3 Test #1: a ..........   Passed    0.01 sec',
        '2/3 Test #2: b ..........***Failed    0.01 sec',
        '3/3 Test #3: c ..........***Skipped   0.01 sec'), '1 1 1');
});

test('the runner of Node is read in both of its dresses', () => {
    assert.strictEqual(totals('1: # pass 12', '1: # fail 0', '1: # cancelled 0', '1: # skipped 2',
        '1/2 Test #1: a ..........   Passed    0.01 sec',
        '2: ℹ pass 3', '2: ℹ fail 1', '2: ℹ cancelled 1', '2: ℹ skipped 0', '2: ℹ todo 0',
        '2/2 Test #2: b ..........***Failed    0.01 sec'), '15 2 2');
});

test('numbers that a test prints about itself are not counts', () => {
    assert.strictEqual(totals('1: we saw [  PASSED  ] 7 test(s).', '1: pass 9',
        '1/1 Test #1: a ..........   Passed    0.01 sec'), '1 0 0');
});
