/* Files of a hostile bank: whatever comes, the readers give well-formed results, or refuse; never more certain than
 * their tables. The first byte chooses the reader. Text results are read by two layouts: separated GB18030, fixed GBK.
 */
#include <string.h>
#include "integrations/pay/bankfile/camt.h"
#include "integrations/pay/bankfile/pain002.h"
#include "integrations/pay/bankfile/text_profile.h"
#include "queue/domain/reconcile.h"
#include "queue/domain/relief.h"

#define COMMON "\"format\":1,\"name\":\"f\",\"line_end\":\"LF\",\"suffix\":\".txt\","

static const char SEPARATED[] =
    "{" COMMON
    "\"encoding\":\"GB18030\",\"fixed\":false,\"separator\":\"|\",\"amounts\":\"yuan\",\"dates\":\"YYYYMMDD\","
    "\"out\":{\"row\":[{\"field\":\"msg_id\"},{\"field\":\"id\"},{\"field\":\"name\"},{\"field\":\"account\"},"
    "{\"field\":\"amount\"}]},"
    "\"back\":{\"head\":[{\"field\":\"literal\",\"text\":\"H\"},{\"field\":\"msg_id\"},{\"field\":\"date\"}],"
    "\"row\":[{\"field\":\"literal\",\"text\":\"D\"},{\"field\":\"id\"},{\"field\":\"skip\"},{\"field\":\"amount\"},"
    "{\"field\":\"code\"},{\"field\":\"bank_ref\"}],"
    "\"tail\":[{\"field\":\"literal\",\"text\":\"T\"},{\"field\":\"count\"},{\"field\":\"sum\"}],\"statement\":true,"
    "\"codes\":{\"0000\":\"succeeded\",\"失败\":\"failed\",\"2001\":\"returned\"}}}";
static const char FIXED[] =
    "{" COMMON "\"encoding\":\"GBK\",\"fixed\":true,\"amounts\":\"fen\",\"dates\":\"YYYY-MM-DD\","
    "\"out\":{\"row\":[{\"field\":\"msg_id\",\"width\":35},{\"field\":\"id\",\"width\":6},{\"field\":\"name\","
    "\"width\":9},"
    "{\"field\":\"account\",\"width\":9},{\"field\":\"amount\",\"width\":9}]},"
    "\"back\":{\"row\":[{\"field\":\"id\",\"width\":6},{\"field\":\"skip\",\"width\":6},"
    "{\"field\":\"amount\",\"width\":8,\"align\":\"right\",\"pad\":\"0\"},{\"field\":\"date\",\"width\":10},"
    "{\"field\":\"code\",\"width\":4}],\"statement\":true,\"codes\":{\"0000\":\"succeeded\",\"2001\":\"returned\"}}}";

static void check_text(const char *text, size_t size)
{
    size_t len = strnlen(text, size);
    ASSERT(len < size);
    for (size_t i = 0; i < len; i++) {
        ASSERT(text[i] > 0x20 && text[i] < 0x7f); /* it goes into records and logs */
    }
}

static void check_news(const struct bankfile_news *news)
{
    ASSERT(news->result_count <= BANKFILE_RESULTS_MAX && news->line_count <= BANKFILE_RESULTS_MAX);
    ASSERT(news->head_count <= BANKFILE_HEADS_MAX);
    ASSERT(news->about_msg_id[0] == '\0' || bankfile_msg_id_valid(slice_of(news->about_msg_id)));
    for (size_t i = 0; i < news->result_count; i++) {
        const struct pay_result *r = &news->results[i];
        ASSERT(pay_id_valid(slice_make(r->id, strnlen(r->id, PAY_ID_SIZE))));
        ASSERT(r->outcome < PAY_OUTCOME_COUNT && r->outcome != PAY_NOT_FOUND && !r->not_taken);
        ASSERT(r->amount_fen >= -1 && r->amount_fen <= AMOUNT_FEN_MAX);
        check_text(r->reason_code, PAY_REASON_SIZE);
        check_text(r->provider_ref, PAY_REF_SIZE);
    }
    for (size_t i = 0; i < news->line_count; i++) {
        const struct statement_line *l = &news->lines[i];
        ASSERT(l->amount_fen >= 1 && l->amount_fen <= AMOUNT_FEN_MAX && l->items >= 0 &&
               l->items <= STATEMENT_ITEMS_MAX);
        ASSERT(l->our_id[0] == '\0' || pay_id_valid(slice_of(l->our_id)));
        check_text(l->reason, STATEMENT_REASON_SIZE);
        check_text(l->bank_ref, STATEMENT_REF_SIZE);
    }
}

/* Every line falls into exactly one item, whatever it says. */
static void check_reconcile(const struct bankfile_news *news)
{
    struct reconcile_payment payments[] = {
        {"P1", "JJ1", "", 80100, RECONCILE_SUCCEEDED, 1},
        {"P2", "JJ1", "R1", 80200, RECONCILE_ACCEPTED, 1},
        {"P3", "JJ1", "", 100, RECONCILE_RETURNED, 1},
        {"P4", "", "", 100, RECONCILE_FAILED, 0},
    };
    struct reconcile_input in = {news->lines, news->line_count, payments, COUNT_OF(payments), {0, 0}, 0};
    struct reconcile_result r;
    if (reconcile(&in, &r) != ERR_OK) {
        return; /* sums beyond what can be counted */
    }
    size_t lines = 0, paid = 0;
    for (int b = 0; b < RECONCILE_BUCKET_COUNT; b++) {
        lines += r.buckets[b].lines;
        paid += r.buckets[b].payments;
    }
    ASSERT(lines == news->line_count && paid == COUNT_OF(payments));
    reconcile_release(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct text_profile separated, fixed;
    static bool ready;
    if (!ready) {
        enum err a = text_profile_read(slice_of(SEPARATED), &separated, NULL);
        enum err b = text_profile_read(slice_of(FIXED), &fixed, NULL);
        ASSERT(a == ERR_OK && b == ERR_OK);
        ready = true;
    }
    if (size < 1) {
        return 0;
    }
    struct slice bytes = slice_make((const char *)data + 1, size - 1);
    struct bankfile_news news = {0};
    struct bankfile_why why = {false, 0, ""};
    enum err err = ERR_OK;
    switch (data[0] % 4) {
    case 0: err = pain002_read(bytes, &news, &why); break;
    case 1: err = camt_read(bytes, &news, &why); break;
    case 2: err = text_read(&separated, bytes, &news, &why); break;
    default: err = text_read(&fixed, bytes, &news, &why);
    }
    if (err == ERR_OK) {
        check_news(&news);
        check_reconcile(&news);
    }
    bankfile_news_release(&news);
    return 0;
}
