/* Signatures and codings: base64 and hex read back what they wrote and take one form only; nobody's
 * signature is one of ours; what was sealed opens with the same key, nonce and context only. First
 * byte: which. */
#include <string.h>
#include "integrations/sign/aead.h"
#include "integrations/sign/base64.h"
#include "integrations/sign/sign_key.h"
#include "integrations/sign/standard_webhook.h"

#define NOW_S INT64_C(1772328600)
#define SECRET "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
#define BYTES_MAX ((size_t)4096)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_base64(struct slice text)
{
    unsigned char bytes[BYTES_MAX];
    size_t len = SIZE_MAX;
    struct buf again;
    enum err err = base64_decode(text, bytes, sizeof(bytes), &len);
    if (err != ERR_OK) {
        ASSERT((err == ERR_INPUT || err == ERR_TOO_LARGE) && len == SIZE_MAX);
        return;
    }
    buf_init(&again, 2 * BYTES_MAX);
    base64_encode(bytes, len, &again);
    ASSERT(len <= sizeof(bytes) && slice_eq(buf_slice(&again), text));
    buf_release(&again);
}

static void read_hex(struct slice text)
{
    unsigned char bytes[64], again[64];
    char written[2 * sizeof(bytes) + 1];
    if (text.len / 2 <= sizeof(bytes) && hex_decode(text, bytes, text.len / 2) == ERR_OK) {
        ASSERT(text.len % 2 == 0);
        hex_encode(bytes, text.len / 2, written);
        ASSERT(strlen(written) == text.len &&
               hex_decode(slice_of(written), again, text.len / 2) == ERR_OK);
        ASSERT(memcmp(bytes, again, text.len / 2) == 0);
    }
}

/* "id\ntimestamp\nsignature\nbody" */
static void check_webhook(struct slice rest)
{
    struct webhook_headers h = {.id = slice_cut(&rest, '\n')};
    h.timestamp = slice_cut(&rest, '\n');
    h.signature = slice_cut(&rest, '\n');
    struct slice body = rest.ptr == NULL ? SLICE_LIT("") : rest;
    struct buf ours;
    ASSERT(webhook_check(SLICE_LIT(SECRET), &h, body, NOW_S) == ERR_AUTH);
    (void)!webhook_check(body, &h, body, NOW_S); /* a secret of any form */
    buf_init(&ours, 256);
    if (h.id.len > 0 && webhook_sign(SLICE_LIT(SECRET), h.id, NOW_S, body, &ours) == ERR_OK) {
        h.timestamp = SLICE_LIT("1772328600");
        h.signature = buf_slice(&ours);
        ASSERT(webhook_check(SLICE_LIT(SECRET), &h, body, NOW_S) == ERR_OK);
        ASSERT(webhook_check(SLICE_LIT(SECRET), &h, body, NOW_S + WEBHOOK_TOLERANCE_S + 1) ==
               ERR_AUTH);
    }
    buf_release(&ours);
}

static void open_sealed(struct slice text)
{
    static const struct slice key = {"0123456789abcdef0123456789abcdef", 32};
    struct buf sealed, opened;
    buf_init(&sealed, AEAD_TEXT_MAX + AEAD_TAG_LEN);
    buf_init(&opened, AEAD_TEXT_MAX);
    ASSERT(aead_open(key, SLICE_LIT("0123456789ab"), SLICE_LIT("a"), text, &opened) != ERR_OK &&
           opened.len == 0);
    if (aead_seal(key, SLICE_LIT("0123456789ab"), SLICE_LIT("a"), text, &sealed) == ERR_OK) {
        struct slice s = buf_slice(&sealed);
        ASSERT(s.len == text.len + AEAD_TAG_LEN);
        ASSERT(aead_open(key, SLICE_LIT("0123456789ab"), SLICE_LIT("b"), s, &opened) == ERR_AUTH);
        ASSERT(aead_open(key, SLICE_LIT("0123456789ab"), SLICE_LIT("a"), s, &opened) == ERR_OK);
        ASSERT(slice_eq(buf_slice(&opened), text));
    }
    buf_release(&sealed);
    buf_release(&opened);
}

static void read_key(struct slice text)
{
    for (enum sign_kind kind = SIGN_RSA; kind <= SIGN_ED25519; kind++) {
        struct sign_key *key = NULL;
        if (sign_key_public(text, kind, &key) == ERR_OK) {
            ASSERT(sign_key_kind(key) == kind);
            sign_key_free(key);
        } else {
            ASSERT(key == NULL);
        }
        key = NULL;
        if (sign_key_private(text, kind, &key) == ERR_OK) {
            ASSERT(sign_key_kind(key) == kind);
            sign_key_free(key);
        } else {
            ASSERT(key == NULL);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct slice rest = slice_make((const char *)data + 1, size - 1);
    switch (data[0] % 5) {
    case 0: read_base64(rest); break;
    case 1: read_hex(rest); break;
    case 2: check_webhook(rest); break;
    case 3: open_sealed(rest); break;
    default: read_key(rest); break;
    }
    return 0;
}
