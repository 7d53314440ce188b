/* Answers and notices in the name of WeChat Pay: whatever comes, every result is one of ours, well
 * formed, and never more certain than the table allows; without the platform's signature nothing is
 * read at all. The first byte chooses the reader and the HTTP status. */
#include <string.h>
#include "integrations/pay/wechat/wechat_callback.h"
#include "integrations/sign/aead.h"
#include "integrations/sign/base64.h"
#include "queue/domain/relief.h"

#define API_KEY "0123456789abcdefghijklmnopqrstuv"
#define NOW_MS INT64_C(1772328600000)

static struct pay_callback_news news;

static void check(const struct pay_result *r)
{
    ASSERT(pay_id_valid(slice_make(r->id, strnlen(r->id, PAY_ID_SIZE))));
    ASSERT(r->outcome < PAY_OUTCOME_COUNT);
    ASSERT(r->amount_fen == -1 || (r->amount_fen >= 1 && r->amount_fen <= AMOUNT_FEN_MAX));
    ASSERT(strnlen(r->provider_ref, PAY_REF_SIZE) < PAY_REF_SIZE);
    ASSERT(!r->not_taken || r->outcome == PAY_UNKNOWN);
    ASSERT(strnlen(r->reason_code, PAY_REASON_SIZE) < PAY_REASON_SIZE);
    for (const char *c = r->reason_code; *c != '\0'; c++) {
        ASSERT(*c > 0x20 && *c < 0x7f); /* it goes into records and logs */
    }
}

static void read_answers(int status, struct slice body)
{
    for (enum wechat_source source = WECHAT_FROM_TRANSFER; source <= WECHAT_FROM_CANCEL; source++) {
        struct pay_result r;
        char package[WECHAT_PACKAGE_SIZE];
        wechat_read_answer(source, status, body, "P1", &r, package);
        check(&r);
        ASSERT(strcmp(r.id, "P1") == 0);
        ASSERT(strnlen(package, sizeof(package)) < sizeof(package));
        ASSERT(status == 200 || r.outcome == PAY_UNKNOWN || r.outcome == PAY_NOT_FOUND);
        ASSERT(r.outcome != PAY_NOT_FOUND || (source == WECHAT_FROM_QUERY && status == 404));
        ASSERT(!r.not_taken || source == WECHAT_FROM_TRANSFER);
    }
}

static void check_news(enum err err)
{
    ASSERT(err != ERR_OK || news.count <= 1);
    for (size_t i = 0; err == ERR_OK && i < news.count; i++) {
        check(&news.results[i]);
        ASSERT(news.results[i].outcome != PAY_NOT_FOUND && !news.results[i].not_taken);
    }
}

/* The bytes are what the platform encrypted for us. */
static void read_sealed(const struct wechat_merchant *merchant, struct slice plain)
{
    struct buf sealed, body;
    buf_init(&sealed, 65536);
    buf_init(&body, 262144);
    if (aead_seal(SLICE_LIT(API_KEY), SLICE_LIT("abcdefghijkl"), SLICE_LIT(""), plain, &sealed) ==
        ERR_OK) {
        buf_put_text(&body,
                     "{\"id\":\"1\",\"event_type\":\"MCHTRANSFER.BILL.FINISHED\",\"resource\":{"
                     "\"original_type\":\"mch_payment\",\"algorithm\":\"AEAD_AES_256_GCM\","
                     "\"nonce\":\"abcdefghijkl\",\"associated_data\":\"\",\"ciphertext\":\"");
        base64_encode((const unsigned char *)sealed.ptr, sealed.len, &body);
        buf_put_text(&body, "\"}}");
        news.count = 0;
        check_news(wechat_read_notice(merchant, buf_slice(&body), &news));
    }
    buf_release(&sealed);
    buf_release(&body);
}

/* Header lines in front of an empty line, then the body: nothing without a key may get through. */
static void read_callback(const struct wechat_merchant *merchant, struct slice text)
{
    struct pay_header headers[PAY_CALLBACK_HEADERS_MAX];
    struct pay_callback in = {.headers = headers, .now_ms = NOW_MS};
    while (text.len > 0 && in.header_count < PAY_CALLBACK_HEADERS_MAX) {
        struct slice line = slice_cut(&text, '\n');
        if (line.len == 0) {
            break;
        }
        struct slice name = slice_cut(&line, ':');
        headers[in.header_count++] = (struct pay_header){name, line};
    }
    in.body = text;
    struct pay_callback_rail rail = wechat_callback_rail(merchant);
    enum err err = pay_rail_callback(&rail, &in, &news);
    ASSERT(err == ERR_AUTH || err == ERR_NO_MEMORY);
    ASSERT(news.count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 200, 202, 400, 401, 403, 404, 429, 500};
    const struct wechat_merchant merchant = {
        .mchid = "1900000109", .platform_serial = "PUB_KEY_ID_1", .api_key = API_KEY};
    if (size < 1) {
        return 0;
    }
    struct slice rest = slice_make((const char *)data + 1, size - 1);
    switch (data[0] % 4) {
    case 0: read_answers(statuses[data[0] / 4 % 9], rest); break;
    case 1:
        news.count = 0;
        check_news(wechat_read_notice(&merchant, rest, &news));
        break;
    case 2: read_sealed(&merchant, rest); break;
    default: read_callback(&merchant, rest); break;
    }
    return 0;
}
