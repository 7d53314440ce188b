/* The stand-in bank's reader of batch files, against any bytes and against our own writer. Any
 * bytes: what it believes adds up, and no amount is below one fen. Our writer's files, XML and
 * text, are read as the orders that went in: the two were written apart from each other. First
 * byte: which. */
#include <stdio.h>
#include <string.h>
#include "integrations/pay/bankfile/pain001.h"
#include "integrations/pay/bankfile/text_profile.h"
/* Both sides call something a statement line; they never meet but here. */
#define statement_line sandbox_line
#include "integrations/sandbox/bank_wire.h"
#include "integrations/sandbox/paper.h"
#undef statement_line

#define ORDERS_MAX 8
#define AT_MS INT64_C(1772328600000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_paper(const struct paper *p)
{
    int64_t sum_fen = 0;
    ASSERT(p->count >= 1 && p->count <= PAPER_ITEMS_MAX && p->msg_id[0] != '\0');
    for (size_t i = 0; i < p->count; i++) {
        const struct paper_item *item = &p->items[i];
        ASSERT(item->amount_fen > 0 && bank_reference_ok(slice_of(item->reference)));
        ASSERT(strnlen(item->tail, sizeof(item->tail)) <= TAIL_LEN);
        sum_fen += item->amount_fen;
        for (size_t k = 0; k < i; k++) {
            ASSERT(strcmp(p->items[k].reference, item->reference) != 0);
        }
    }
    ASSERT(sum_fen == p->sum_fen);
}

static void read_bytes(struct slice bytes, bool text)
{
    struct paper p;
    char why[PAPER_WHY_SIZE] = "";
    enum err err = text ? paper_read_text(bytes, &p, why) : paper_read_xml(bytes, &p, why);
    ASSERT((err == ERR_OK) == (why[0] == '\0'));
    if (err == ERR_OK) {
        check_paper(&p);
        ASSERT(p.text == text);
    } else {
        ASSERT(err == ERR_INPUT);
    }
    paper_release(&p);
}

/* ---- Both sides ---- */

/* "id|amount|account|name|note", a line per order. */
static size_t make_orders(struct slice rest, struct pay_order *orders)
{
    size_t n = 0;
    while (rest.len > 0 && n < ORDERS_MAX) {
        struct slice line = slice_cut(&rest, '\n');
        struct pay_order o = {.id = ""};
        if (slice_copy(slice_cut(&line, '|'), o.id, sizeof(o.id)) != ERR_OK ||
            slice_to_int64(slice_cut(&line, '|'), 1, INT64_C(100000000), &o.amount_fen) != ERR_OK) {
            break;
        }
        o.payee_fa = slice_cut(&line, '|');
        o.payee_name = slice_cut(&line, '|');
        o.note = line;
        orders[n++] = o;
    }
    return n;
}

static void compare(const struct paper *p, const struct bankfile_batch *batch)
{
    check_paper(p);
    ASSERT(p->count == batch->count && strcmp(p->msg_id, batch->msg_id) == 0);
    ASSERT(strcmp(p->account, batch->payer_account) == 0);
    for (size_t i = 0; i < p->count; i++) {
        ASSERT(strcmp(p->items[i].reference, batch->orders[i].id) == 0);
        ASSERT(p->items[i].amount_fen == batch->orders[i].amount_fen);
    }
}

static void write_and_read(struct slice rest, bool text)
{
    static struct text_profile profile; /* large */
    static bool loaded;
    struct pay_order orders[ORDERS_MAX];
    struct bankfile_batch batch = {.msg_id = "JJ20260301ABCDEF",
                                   .created_ms = AT_MS,
                                   .execute_ms = AT_MS,
                                   .payer_name = "某县民政局",
                                   .payer_account = "1234567890123456",
                                   .payer_bank = "103100000026",
                                   .purpose = "临时救助",
                                   .orders = orders};
    struct bankfile_fault fault;
    struct buf out;
    struct paper p;
    char why[PAPER_WHY_SIZE] = "";
    if (!loaded) {
        ASSERT(text_profile_load(FUZZ_DAIFA_FILE, &profile, NULL) == ERR_OK);
        loaded = true;
    }
    batch.count = make_orders(rest, orders);
    if (batch.count == 0) {
        return;
    }
    buf_init(&out, BANKFILE_FILE_MAX);
    enum err err =
        text ? text_write(&profile, &batch, &out, &fault) : pain001_write(&batch, &out, &fault);
    if (err == ERR_OK) {
        err = text ? paper_read_text(buf_slice(&out), &p, why)
                   : paper_read_xml(buf_slice(&out), &p, why);
        ASSERT(err == ERR_OK);
        compare(&p, &batch);
        paper_release(&p);
    } else {
        ASSERT(err == ERR_INPUT);
    }
    buf_release(&out);
}

static void read_amount(struct slice text)
{
    int64_t fen = paper_fen(text);
    ASSERT(fen >= -1);
    if (fen >= 0) {
        char again[32];
        int len = snprintf(again, sizeof(again), "%lld.%02lld", (long long)(fen / 100),
                           (long long)(fen % 100));
        ASSERT(paper_fen(slice_make(again, (size_t)len)) == fen);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct slice rest = slice_make((const char *)data + 1, size - 1);
    switch (data[0] % 5) {
    case 0: read_bytes(rest, false); break;
    case 1: read_bytes(rest, true); break;
    case 2: write_and_read(rest, false); break;
    case 3: write_and_read(rest, true); break;
    default: read_amount(rest); break;
    }
    return 0;
}
