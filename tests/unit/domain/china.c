#include "tests/unit/domain/china.h"

#include <stdio.h>

#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "tests/support/test.h"

struct calendar china;

int load_china(void **state)
{
    struct buf text, why;
    (void)state;
    buf_init(&text, 1 << 20);
    buf_init(&why, 1 << 16);
    enum err err = file_read("ops/calendar/china.json", &text);
    if (err == ERR_OK) {
        err = calendar_load(buf_slice(&text), &china, &why);
    }
    if (err != ERR_OK) {
        print_error("%.*s", SLICE_FMT(buf_slice(&why)));
    }
    buf_release(&text);
    buf_release(&why);
    return err == ERR_OK ? 0 : -1;
}

int64_t at(const char *text)
{
    char full[40];
    int64_t ms = 0;
    int n = snprintf(full, sizeof(full), "%.10sT%s+08:00", text, text + 11);
    assert_true(n > 0 && (size_t)n < sizeof(full));
    assert_ok(clock_parse_rfc3339(slice_of(full), &ms));
    return ms;
}

uint64_t china_seed;

uint64_t any(uint64_t below)
{
    china_seed ^= china_seed << 13;
    china_seed ^= china_seed >> 7;
    china_seed ^= china_seed << 17;
    return china_seed % below;
}

/* The edges where counting goes wrong: around holidays, make-up days, year ends. */
static const char *const EDGES[] = {
    "2024-12-31", "2025-01-01", "2025-01-26", "2025-01-27", "2025-01-28", "2025-02-04",
    "2025-02-05", "2025-02-08", "2025-04-27", "2025-09-28", "2025-09-30", "2025-10-01",
    "2025-10-08", "2025-10-11", "2025-12-31", "2026-01-01", "2026-01-03", "2026-01-04",
    "2026-02-13", "2026-02-14", "2026-02-15", "2026-02-23", "2026-02-24", "2026-02-28",
    "2026-03-01", "2026-05-09", "2026-09-20", "2026-09-30", "2026-10-01", "2026-10-07",
    "2026-10-08", "2026-10-10", "2026-12-31", "2027-01-01", "2027-12-31", "2028-02-29"};
static const int64_t OF_DAY_MS[] = {0, 1, 999, 3600000, 36000000, 43200000, 86399000, 86399999};

int64_t any_instant(void)
{
    if (any(2) == 0) {
        char text[24];
        snprintf(text, sizeof(text), "%s 00:00:00", EDGES[any(COUNT_OF(EDGES))]);
        return at(text) + OF_DAY_MS[any(COUNT_OF(OF_DAY_MS))];
    }
    return at("2024-12-01 00:00:00") + (int64_t)any(1400) * MS_PER_DAY + (int64_t)any(MS_PER_DAY);
}
