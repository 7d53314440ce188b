/* Callbacks of every operator: whatever comes, an item is well formed, a failure hands out nothing,
 * and the same callback gives the same keys. First byte: operator and method; second: what is
 * called and the coding; then three lines (query, content type, Kannel's user data header) and the
 * body. What Twilio would sign is signed. */
#include <string.h>
#include "integrations/sms/sms_form.h"
#include "integrations/sms/sms_incoming.h"
#include "integrations/sms/twilio/twilio.h"
#include "queue/base/utf8.h"

#define SECRET "s3cret-path_0123456789"
#define TOKEN "token"
#define PUBLIC_URL "https://h.example/"
#define ITEMS_MAX 64

struct input {
    struct slice udh, coding, signature;
};

static struct slice header(const void *headers, const char *name)
{
    const struct input *in = headers;
    if (strcmp(name, "x-kannel-udh") == 0) {
        return in->udh;
    }
    if (strcmp(name, "x-kannel-coding") == 0) {
        return in->coding;
    }
    return strcmp(name, "x-twilio-signature") == 0 ? in->signature : slice_make(NULL, 0);
}

static void check_text(struct slice s, size_t max)
{
    ASSERT(s.len <= max && utf8_valid(s));
    ASSERT(s.len == 0 || memchr(s.ptr, '\0', s.len) == NULL);
}

static void check_item(const struct sms_incoming *item)
{
    ASSERT(strlen(item->key) == SMS_KEY_SIZE - 1 &&
           strspn(item->key, "0123456789abcdef") == SMS_KEY_SIZE - 1);
    check_text(item->provider_id, SMS_PROVIDER_ID_MAX);
    check_text(item->from, 32);
    check_text(item->to, 32);
    check_text(item->text, SMS_INCOMING_BYTES_MAX);
    check_text(item->message_id, SMS_ID_MAX);
    check_text(item->code, SMS_CODE_MAX);
    ASSERT(item->part >= 1 && item->part <= item->parts && item->parts <= 255);
    ASSERT(item->part_ref >= 0 && item->part_ref <= 65535 && item->time_ms >= 0);
    ASSERT(item->report < SMS_REPORT_COUNT && item->advice < SMS_OUTCOME_COUNT &&
           item->kind <= SMS_UNREADABLE);
    ASSERT(item->kind != SMS_MESSAGE || item->from.len > 0);
    bool known =
        item->message_id.len > 0 || item->provider_id.len > 0 || item->report == SMS_REPORT_STOPPED;
    ASSERT(item->kind != SMS_REPORT || known);
}

static void sign(struct sms_callback *r, struct input *in, struct buf *signature)
{
    struct arena arena;
    struct sms_form form = {.count = 0};
    struct buf url;
    arena_init(&arena, (size_t)8 << 20);
    buf_init(&url, (size_t)1 << 20);
    buf_put_text(&url, PUBLIC_URL);
    buf_put_slice(&url, r->tail);
    if (r->query.len > 0) {
        buf_put_char(&url, '?');
        buf_put_slice(&url, r->query);
    }
    if (sms_form_add_query(&form, r->body, &arena) == ERR_OK &&
        twilio_signature(SLICE_LIT(TOKEN), buf_slice(&url), &form, signature) == ERR_OK) {
        in->signature = buf_slice(signature);
    }
    buf_release(&url);
    arena_release(&arena);
}

static void run(const struct sms_provider *p, const struct sms_callback *r)
{
    static struct sms_incoming items[2][ITEMS_MAX];
    const struct sms_secrets secrets = {
        .path = SLICE_LIT(SECRET),
        .token = strcmp(p->name, "twilio") == 0 ? SLICE_LIT(TOKEN) : SLICE_LIT(""),
        .public_url = SLICE_LIT(PUBLIC_URL),
    };
    size_t n[2] = {1000, 1000};
    enum err err[2];
    struct arena arenas[2];
    for (size_t i = 0; i < 2; i++) {
        struct sms_answer answer;
        arena_init(&arenas[i], (size_t)8 << 20);
        err[i] = sms_receive(p, r, &secrets, &arenas[i], items[i], ITEMS_MAX, &n[i], &answer);
        ASSERT(answer.stored.status == 200 && answer.again.status == 503 &&
               answer.refused.status >= 400);
    }
    ASSERT(err[0] == err[1] && n[0] == n[1]);
    ASSERT(err[0] != ERR_OK ? n[0] == 1000 : n[0] <= ITEMS_MAX);
    for (size_t i = 0; err[0] == ERR_OK && i < n[0]; i++) {
        check_item(&items[0][i]);
        ASSERT(strcmp(items[0][i].key, items[1][i].key) == 0);
    }
    arena_release(&arenas[0]);
    arena_release(&arenas[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const tails[] = {
        SECRET "/mo", SECRET "/dlr", SECRET "/receive", SECRET "/delivered", SECRET "/stopped",
        SECRET,       "mo",          SECRET "/sent"};
    static const char *const codings[] = {"0", "1", "2", ""};
    size_t count;
    const struct sms_provider *const *providers = sms_providers(&count);
    if (size < 2) {
        return 0;
    }
    struct slice rest = slice_make((const char *)data + 2, size - 2);
    const struct sms_provider *p = providers[(data[0] & 0x0f) % count];
    struct input in = {.coding = slice_of(codings[data[1] >> 3 & 3]), .signature = SLICE_LIT("")};
    struct sms_callback r = {
        .method = (data[0] & 0x10) != 0 ? SLICE_LIT("GET") : SLICE_LIT("POST"),
        .tail = slice_of(tails[data[1] & 7]),
        .query = slice_cut(&rest, '\n'),
        .content_type = slice_cut(&rest, '\n'),
        .now_ms = 1772328600000,
        .header = header,
        .headers = &in,
    };
    in.udh = slice_cut(&rest, '\n');
    r.body = rest;
    struct buf signature;
    buf_init(&signature, 64);
    if (strcmp(p->name, "twilio") == 0) {
        sign(&r, &in, &signature);
    }
    run(p, &r);
    buf_release(&signature);
    return 0;
}
