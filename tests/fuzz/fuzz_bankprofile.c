/* Profiles that people write (layouts of text files, provider profiles): whatever is accepted can be used. A layout
 * that is accepted writes a batch or names the row, and reads its own garbage without harm. */
#include <string.h>
#include "integrations/pay/bankfile/text_profile.h"
#include "integrations/pay/pay_profile.h"

static void use(const struct text_profile *p, struct slice garbage)
{
    struct pay_order orders[] = {
        {"P1", 80100, SLICE_LIT("card:6222020000000000000@102100099996"), SLICE_LIT("\xf0\xac\xad\x8e"),
         SLICE_LIT("a|b"), SLICE_LIT("11010519491231002X")},
        {"P2", 1, SLICE_LIT("account:1@b"), SLICE_LIT("张三"), SLICE_LIT(""), SLICE_LIT("")},
    };
    const struct bankfile_batch batch = {
        .msg_id = "JJ1",
        .execute_ms = 1772328600000,
        .payer_name = "某县民政局",
        .payer_account = "1234567890123456",
        .payer_bank = "103100000026",
        .purpose = "",
        .orders = orders,
        .count = COUNT_OF(orders),
    };
    struct bankfile_fault fault = {0, "", ""};
    struct bankfile_news news = {0};
    struct buf out;
    buf_init(&out, BANKFILE_FILE_MAX);
    enum err err = text_write(p, &batch, &out, &fault);
    ASSERT(err == ERR_OK ||
           (err == ERR_INPUT && fault.row <= COUNT_OF(orders) && fault.field[0] != '\0' && out.len == 0));
    err = text_read(p, err == ERR_OK ? buf_slice(&out) : garbage, &news, NULL);
    ASSERT(err == ERR_OK || err == ERR_INPUT);
    bankfile_news_release(&news);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct text_profile text;
    struct pay_profile profile;
    struct slice json = slice_make((const char *)data, size);
    struct buf why;
    buf_init(&why, 1 << 20);
    if (text_profile_read(json, &text, &why) == ERR_OK) {
        use(&text, json);
    }
    buf_clear(&why);
    if (pay_profile_read(json, &profile, &why) == ERR_OK) {
        int64_t now = 1772328600000;
        int64_t until = pay_profile_quiet_until(&profile, now);
        ASSERT(until == 0 || (until > now && until <= now + 2 * INT64_C(86400000)));
        ASSERT(pay_profile_may_send(&profile, now, now));
        ASSERT(profile.batch_max >= 1 && profile.amount_min_fen <= profile.amount_max_fen);
    }
    buf_release(&why);
    return 0;
}
