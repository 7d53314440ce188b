/* Policy packs as people write them. A pack that is taken can be used: its rules hold for every
 * township, its order of magnitude is sane, and its own text read again is the same pack. First
 * byte p: a pack; m: the country's pack with the bytes at a place changed (two bytes of place, then
 * what stands there); d: the input of a stored decision. */
#include <stdlib.h>
#include <string.h>
#include "queue/base/file.h"
#include "queue/base/utf8.h"
#include "workers/rules/decision.h"
#include "workers/rules/pack_signature.h"
#include "workers/rules/policy.h"

#define NOW_MS INT64_C(1772328600000)
#define TOWN "520102001"

static struct buf base;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    buf_init(&base, POLICY_BYTES_MAX);
    ASSERT(file_read(FUZZ_POLICY_FILE, &base) == ERR_OK);
    return 0;
}

static void use(const struct policy *p)
{
    static struct decision d; /* large */
    static struct calendar calendar;
    calendar_init(&calendar);
    const struct decision_input in = {.facts = {.persons = 3},
                                      .fund = {.available_fen = 500000, .county_fen = 500000},
                                      .township = TOWN,
                                      .policy = p,
                                      .calendar = &calendar,
                                      .now_ms = NOW_MS};
    const struct policy_rules *r = policy_for(p, TOWN, NOW_MS);
    ASSERT(r != NULL && r->standard.dibao_month_fen > 0 && policy_township_ceiling(r) >= 0);
    ASSERT(policy_first_aid_ceiling(r, INT64_C(1000000), INT64_C(1000000), false) >= 0);
    decide(&in, &d);
    ASSERT(d.amount_fen >= 0 && d.first_aid_fen >= 0 &&
           d.first_aid_fen <= in.fund.available_fen + in.fund.county_fen);
    ASSERT(d.follow_up_fen >= 0 && d.over_cap_fen >= 0 && d.why_count <= DECISION_WHY_MAX);
    for (int i = 0; i < d.why_count; i++) {
        ASSERT(utf8_valid(slice_of(d.why[i])));
    }
}

static enum err verify(const void *keys, struct slice signer, struct slice message,
                       struct slice signature)
{
    (void)keys;
    (void)signer;
    (void)message;
    (void)signature;
    return ERR_AUTH;
}

static void read_pack(struct slice text)
{
    struct policy *p = NULL, *again = NULL;
    struct buf why;
    const struct pack_signers signers = {.verify = verify, .packs = &base, .orders = &base};
    buf_init(&why, 1 << 20);
    enum err err = policy_load(text, &p, &why);
    if (err == ERR_OK) {
        use(p);
        ASSERT(policy_load(policy_text(p), &again, NULL) == ERR_OK);
        ASSERT(strcmp(policy_name(p), policy_name(again)) == 0 &&
               policy_hash(p) == policy_hash(again));
    } else {
        ASSERT((err == ERR_INPUT || err == ERR_TOO_LARGE) && p == NULL && why.len > 0 &&
               utf8_valid(buf_slice(&why)));
    }
    /* nobody's signature is one that holds */
    err = pack_signatures_check(text, &signers, &why);
    ASSERT(err == ERR_AUTH || err == ERR_TOO_LARGE);
    policy_free(p);
    policy_free(again);
    buf_release(&why);
}

static void read_changed(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return;
    }
    size_t at = ((size_t)data[0] << 8 | data[1]) % base.len;
    size_t n = size - 2 < base.len - at ? size - 2 : base.len - at;
    char *copy = malloc(base.len);
    ASSERT(copy != NULL);
    memcpy(copy, base.ptr, base.len);
    memcpy(copy + at, data + 2, n);
    read_pack(slice_make(copy, base.len));
    free(copy);
}

static void read_decision(struct slice text)
{
    struct json *root = NULL;
    struct decision_input in = {.now_ms = 0};
    char township[DIVISION_CODE_SIZE];
    if (json_parse(text, &root, NULL) == ERR_OK) {
        enum err err = decision_input_read(root, &in, township);
        ASSERT(err == ERR_OK || err == ERR_NOT_FOUND || err == ERR_CORRUPT);
        ASSERT(err != ERR_OK ||
               (in.township == township && strnlen(township, sizeof(township)) < sizeof(township)));
        json_free(root);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    switch (data[0]) {
    case 'm': read_changed(data + 1, size - 1); break;
    case 'd': read_decision(slice_make((const char *)data + 1, size - 1)); break;
    default: read_pack(slice_make((const char *)data + 1, size - 1)); break;
    }
    return 0;
}
