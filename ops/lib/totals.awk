# totals.awk: counts of single tests from a log of `ctest -V`: "PASSED FAILED SKIPPED".
# A program that says how many tests it ran (cmocka, Node's runner) counts as that many; a program
# that crashed, timed out or says nothing counts as one.

function number(text) {
    match(text, /[0-9]+/)
    return substr(text, RSTART, RLENGTH) + 0
}

{
    # which lines of output belong to which test: "12: text"
    id = 0
    line = $0
    if (match(line, /^[0-9]+: /)) {
        id = substr(line, 1, RLENGTH - 2) + 0
        line = substr(line, RLENGTH + 1)
    }
}

id && line ~ /^\[  PASSED  \] [0-9]+ test/ { pass[id] += number(line) }
id && line ~ /^\[  FAILED  \].* [0-9]+ test\(s\), listed/ { sub(/.*\] .*: /, "", line); fail[id] += number(line) }
id && line ~ /^\[  SKIPPED \].* [0-9]+ test\(s\), listed/ { sub(/.*\] .*: /, "", line); skip[id] += number(line) }
id && line ~ /^(#|ℹ) pass [0-9]+$/ { pass[id] += number(line) }
id && line ~ /^(#|ℹ) (fail|cancelled) [0-9]+$/ { fail[id] += number(line) }
id && line ~ /^(#|ℹ) (skipped|todo) [0-9]+$/ { skip[id] += number(line) }

!id && /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
    sub(/^ *[0-9]+\/[0-9]+ Test +#/, "", line)
    id = number(line)
    passed += pass[id]
    skipped += skip[id]
    if (line ~ /   Passed +[0-9.]+ sec/) {
        if (pass[id] + skip[id] == 0)
            passed++
        failed += fail[id]
    } else if (line ~ /\*\*\*Skipped/) {
        if (pass[id] + skip[id] == 0)
            skipped++
    } else {
        failed += fail[id] > 0 ? fail[id] : 1
    }
}

END { printf "%d %d %d\n", passed, failed, skipped }
