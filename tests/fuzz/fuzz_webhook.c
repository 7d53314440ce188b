/* Events, addresses, types and Retry-After as anybody might write them: what goes out is JSON of
 * ours and holds neither reason nor actor; waits are within their limits. The first byte chooses.
 */
#include "integrations/webhook/webhook.h"
#include "queue/base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void event(struct slice text)
{
    const struct webhook_event e = {.region = SLICE_LIT("520000"),
                                    .member = SLICE_LIT("1-0:0"),
                                    .type = SLICE_LIT("case.note"),
                                    .key = SLICE_LIT("5200002603010100000012"),
                                    .json = text};
    struct json *root = NULL;
    struct buf out;
    buf_init(&out, 1 << 20);
    if (webhook_event_write(&e, &out) == ERR_OK) {
        ASSERT(json_parse(buf_slice(&out), &root, NULL) == ERR_OK);
        const struct json *d = json_get(root, "data");
        ASSERT(json_kind(d) == JSON_OBJECT);
        ASSERT(json_get(d, "reason") == NULL && json_get(d, "actor") == NULL);
        json_free(root);
    }
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct slice text = slice_make((const char *)data + 1, size - 1);
    switch (data[0] % 4) {
    case 0: event(text); break;
    case 1:
        if (webhook_url_ok(text)) {
            ASSERT(slice_starts_with(text, "https://") ||
                   slice_starts_with(text, "http://127.0.0.1"));
            ASSERT(memchr(text.ptr, '@', text.len) == NULL && text.len <= WEBHOOK_URL_MAX);
        }
        break;
    case 2:
        if (webhook_type_ok(text)) {
            ASSERT(memchr(text.ptr, ',', text.len) == NULL);
        }
        break;
    default: {
        int64_t rest = webhook_rest_ms(text, INT64_C(1772328600000));
        ASSERT(rest >= 0 && rest <= WEBHOOK_REST_MAX_MS);
        int64_t wait = webhook_wait_ms(1 + (int64_t)(size % 12), text);
        ASSERT(wait == -1 || (wait >= 5000 && wait <= INT64_C(95040000)));
    }
    }
    return 0;
}
