/* What the domain reads as text: statements, calendars, numbers of people and cases, money, times,
 * events. What is taken is within its range, and written and read again it is the same. First byte:
 * which. */
#include <stdlib.h>
#include <string.h>
#include "queue/base/clock.h"
#include "queue/base/json.h"
#include "queue/base/utf8.h"
#include "queue/domain/calendar.h"
#include "queue/domain/case_no.h"
#include "queue/domain/clocks.h"
#include "queue/domain/id_number.h"
#include "queue/domain/ledger.h"
#include "queue/domain/money.h"
#include "queue/domain/phone.h"
#include "queue/domain/statement_csv.h"

#define TODAY_MS INT64_C(1772328600000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_statement(struct slice text, struct buf *why)
{
    struct statement_line *lines = NULL;
    size_t n = 0;
    enum err err = statement_csv_read(text, &lines, &n, why);
    if (err != ERR_OK) {
        ASSERT((err == ERR_INPUT || err == ERR_TOO_LARGE) && lines == NULL && n == 0 &&
               utf8_valid(buf_slice(why)));
        return;
    }
    ASSERT(n <= STATEMENT_CSV_LINES_MAX);
    for (size_t i = 0; i < n; i++) {
        const struct statement_line *l = &lines[i];
        ASSERT(l->amount_fen >= 1 && l->amount_fen <= AMOUNT_FEN_MAX && l->items >= 0);
        ASSERT(strnlen(l->our_id, STATEMENT_ID_SIZE) < STATEMENT_ID_SIZE);
        ASSERT(strnlen(l->bank_ref, STATEMENT_REF_SIZE) < STATEMENT_REF_SIZE);
        ASSERT(strnlen(l->reason, STATEMENT_REASON_SIZE) < STATEMENT_REASON_SIZE);
    }
    free(lines);
}

static void read_calendar(struct slice text, struct buf *why)
{
    static struct calendar c; /* large */
    bool assumed = false;
    int64_t due_ms = 0;
    calendar_init(&c);
    if (calendar_load(text, &c, why) != ERR_OK) {
        ASSERT(c.count == 0 && utf8_valid(buf_slice(why)));
        return;
    }
    ASSERT(c.count <= CALENDAR_YEARS_MAX);
    for (int i = 1; i < c.count; i++) {
        ASSERT(c.years[i - 1].year < c.years[i].year);
    }
    if (calendar_add_working_days(&c, TODAY_MS, 10, &due_ms, &assumed) == ERR_OK) {
        ASSERT(due_ms > TODAY_MS &&
               calendar_working_days_between(&c, TODAY_MS, due_ms - 1, &assumed) == 10);
    }
}

static void read_phone(struct slice text)
{
    struct phone p, again;
    if (phone_parse(text, &p) == ERR_OK) {
        ASSERT(strlen(p.text) > 0 && strlen(p.text) < PHONE_SIZE);
        ASSERT(phone_parse(slice_of(p.text), &again) == ERR_OK && strcmp(p.text, again.text) == 0);
        ASSERT(p.kind == again.kind && phone_can_sms(&p) == phone_can_sms(&again));
    }
}

static void read_id_number(struct slice text)
{
    struct id_number id, again;
    enum id_number_fault fault;
    if (id_number_parse(text, TODAY_MS, &id, &fault) == ERR_OK) {
        int age = id_number_age(&id, TODAY_MS);
        ASSERT(strlen(id.text) == 18 && age >= 0 && age < 200);
        ASSERT(id_number_check_char(slice_make(id.text, 17)) == id.text[17]);
        ASSERT(id_number_parse(slice_of(id.text), TODAY_MS, &again, &fault) == ERR_OK);
        ASSERT(strcmp(id.text, again.text) == 0);
    } else {
        ASSERT(id_number_fault_zh(fault) != NULL);
    }
}

static void read_money(struct slice text)
{
    char written[MONEY_TEXT_SIZE];
    int64_t fen = -1, again = -2;
    if (money_parse(text, &fen) == ERR_OK) {
        ASSERT(fen >= 0 || text.ptr[0] == '-');
        money_format(fen, written);
        ASSERT(money_parse(slice_of(written), &again) == ERR_OK && again == fen);
    } else {
        ASSERT(fen == -1);
    }
}

static void read_case_no(struct slice text)
{
    struct case_no_parts parts;
    char written[CASE_NO_SIZE], of[CASE_NO_SIZE];
    if (case_no_read(text, &parts) == ERR_OK) {
        case_no_write(&parts, written);
        ASSERT(slice_is(text, written) && parts.sequence <= CASE_SEQUENCE_MAX && parts.node <= 99);
    }
    if (payment_id_case(text, of) == ERR_OK) {
        ASSERT(case_no_read(slice_of(of), &parts) == ERR_OK);
    }
}

static void read_time(struct slice text)
{
    char written[CLOCK_RFC3339_SIZE];
    int64_t at_ms, again;
    if (clock_parse_rfc3339(text, &at_ms) == ERR_OK && at_ms >= 0 &&
        at_ms < INT64_C(253402214400000)) {
        clock_format_rfc3339(at_ms, written);
        ASSERT(clock_parse_rfc3339(slice_of(written), &again) == ERR_OK && again == at_ms);
    }
}

static void read_event(struct slice text)
{
    struct clocks_event e = {.at_ms = -9};
    struct ledger_posting postings[LEDGER_POSTINGS_MAX];
    size_t n = 0;
    if (clocks_event_read(text, &e) == ERR_OK) {
        ASSERT(strnlen(e.actor, CLOCKS_ACTOR_SIZE) < CLOCKS_ACTOR_SIZE);
        ASSERT(strnlen(e.pause, CLOCKS_REASON_SIZE) < CLOCKS_REASON_SIZE);
    } else {
        ASSERT(e.at_ms == -9);
    }
    if (ledger_postings_read(text, postings, &n) == ERR_OK) {
        ASSERT(n <= LEDGER_POSTINGS_MAX);
        for (size_t i = 0; i < n; i++) {
            ASSERT(postings[i].amount_fen >= 1 && postings[i].amount_fen <= AMOUNT_FEN_MAX);
            ASSERT(postings[i].from < ACCOUNT_COUNT && postings[i].to < ACCOUNT_COUNT);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct slice rest = slice_make((const char *)data + 1, size - 1);
    struct buf why;
    buf_init(&why, 1 << 20);
    switch (data[0] % 8) {
    case 0: read_statement(rest, &why); break;
    case 1: read_calendar(rest, &why); break;
    case 2: read_phone(rest); break;
    case 3: read_id_number(rest); break;
    case 4: read_money(rest); break;
    case 5: read_case_no(rest); break;
    case 6: read_time(rest); break;
    default: read_event(rest); break;
    }
    buf_release(&why);
    return 0;
}
