#include "integrations/register/register.h"

#include <stdio.h>
#include "integrations/sign/base64.h"
#include "integrations/sign/hmac.h"
#include "queue/base/clock.h"
#include "queue/base/json.h"

#define REGISTER_WORD(id, word, zh) word,
#define REGISTER_ZH(id, word, zh) zh,
static const char *const MATTERS[] = {REGISTER_MATTER_TABLE(REGISTER_WORD)};
static const char *const MATTERS_ZH[] = {REGISTER_MATTER_TABLE(REGISTER_ZH)};
static const char *const ANSWERS[] = {REGISTER_ANSWER_TABLE(REGISTER_WORD)};
static const char *const ANSWERS_ZH[] = {REGISTER_ANSWER_TABLE(REGISTER_ZH)};
static const char *const KINDS[] = {REGISTER_KIND_TABLE(REGISTER_WORD)};
static const char *const KINDS_ZH[] = {REGISTER_KIND_TABLE(REGISTER_ZH)};

#define FIRST_WAIT_MS INT64_C(30000)
#define LONGEST_WAIT_MS INT64_C(21600000)

const char *register_matter_word(enum register_matter m)
{
    ASSERT(m < REGISTER_MATTER_COUNT);
    return MATTERS[m];
}

const char *register_matter_zh(enum register_matter m)
{
    ASSERT(m < REGISTER_MATTER_COUNT);
    return MATTERS_ZH[m];
}

const char *register_answer_word(enum register_answer a)
{
    ASSERT(a < REGISTER_ANSWER_COUNT);
    return ANSWERS[a];
}

const char *register_answer_zh(enum register_answer a)
{
    ASSERT(a < REGISTER_ANSWER_COUNT);
    return ANSWERS_ZH[a];
}

const char *register_kind_word(enum register_kind k)
{
    ASSERT(k < REGISTER_KIND_COUNT);
    return KINDS[k];
}

const char *register_kind_zh(enum register_kind k)
{
    ASSERT(k < REGISTER_KIND_COUNT);
    return KINDS_ZH[k];
}

/* The place of a word in its table, n if there is none. */
static size_t place_of(struct slice word, const char *const *words, size_t n)
{
    size_t i = 0;
    while (i < n && !slice_is(word, words[i])) {
        i++;
    }
    return i;
}

enum err register_matter_from_word(struct slice word, enum register_matter *out)
{
    size_t at = place_of(word, MATTERS, COUNT_OF(MATTERS));
    if (at == COUNT_OF(MATTERS)) {
        return ERR_INPUT;
    }
    *out = (enum register_matter)at;
    return ERR_OK;
}

void register_check_id(struct slice case_no, enum register_matter m, char out[REGISTER_ID_SIZE])
{
    snprintf(out, REGISTER_ID_SIZE, "%.*s.%s", SLICE_FMT(case_no), register_matter_word(m));
}

enum err register_check_id_read(struct slice id, struct slice *case_no, enum register_matter *m)
{
    struct slice rest = id;
    struct slice no = slice_cut(&rest, '.');
    enum err err = slice_all_digits(no) ? register_matter_from_word(rest, m) : ERR_INPUT;
    if (err == ERR_OK) {
        *case_no = no;
    }
    return err;
}

void register_query_write(const struct register_query *q, struct buf *out)
{
    struct json_out o;
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_slice(&o, "check_id", q->check_id);
    json_put_slice(&o, "id_hash", q->id_hash);
    json_put_text(&o, "matter", register_matter_word(q->matter));
    json_put_slice(&o, "callback_url", q->callback_url);
    json_close_object(&o);
}

static enum err check_signature(struct slice body, struct slice signature, struct slice token)
{
    unsigned char mac[SHA256_BYTES];
    struct buf text;
    if (token.len == 0) {
        return ERR_AUTH;
    }
    enum err err = hmac_sha256(token, body, mac);
    buf_init(&text, 128);
    base64_encode(mac, sizeof(mac), &text);
    if (err == ERR_OK) {
        err = buf_err(&text);
    }
    if (err == ERR_OK && !secret_equal(signature, buf_slice(&text))) {
        err = ERR_AUTH;
    }
    buf_release(&text);
    return err;
}

static bool hash_ok(const char *text)
{
    return strlen(text) == REGISTER_HASH_HEX &&
           strspn(text, "0123456789abcdef") == REGISTER_HASH_HEX;
}

static enum err read_result(const struct json *root, struct register_result *r)
{
    struct slice id, hash, answer, kind = slice_make("", 0), at;
    const struct json *k = json_get(root, "kind");
    if (json_string(json_get(root, "check_id"), &id) != ERR_OK ||
        slice_copy(id, r->check_id, sizeof(r->check_id)) != ERR_OK ||
        json_string(json_get(root, "id_hash"), &hash) != ERR_OK ||
        slice_copy(hash, r->id_hash, sizeof(r->id_hash)) != ERR_OK || !hash_ok(r->id_hash) ||
        json_string(json_get(root, "answer"), &answer) != ERR_OK ||
        (k != NULL && json_kind(k) != JSON_NULL && json_string(k, &kind) != ERR_OK) ||
        json_string(json_get(root, "checked_at"), &at) != ERR_OK ||
        clock_parse_rfc3339(at, &r->as_of_ms) != ERR_OK) {
        return ERR_INPUT;
    }
    size_t a = place_of(answer, ANSWERS, COUNT_OF(ANSWERS));
    size_t b = place_of(kind, KINDS, COUNT_OF(KINDS));
    if (a == COUNT_OF(ANSWERS) || b == COUNT_OF(KINDS)) {
        return ERR_INPUT;
    }
    r->answer = (enum register_answer)a;
    r->kind = r->answer == REGISTER_RECOGNISED ? (enum register_kind)b : REGISTER_NO_KIND;
    return ERR_OK;
}

enum err register_result_read(struct slice body, struct slice signature, struct slice token,
                              struct register_result *out)
{
    struct register_result r;
    struct json *root = NULL;
    enum err err = check_signature(body, signature, token);
    if (err == ERR_OK) {
        err = json_parse(body, &root, NULL);
    }
    if (err == ERR_OK) {
        err = read_result(root, &r);
    }
    json_free(root);
    if (err == ERR_OK) {
        *out = r;
    }
    return err;
}

enum register_asked register_asked_of(int status)
{
    if (status >= 200 && status <= 299) {
        return REGISTER_ACCEPTED;
    }
    return status >= 400 && status <= 499 && status != 408 && status != 429 ? REGISTER_REFUSED
                                                                            : REGISTER_AGAIN;
}

int64_t register_wait_ms(int64_t tries)
{
    int64_t wait_ms = FIRST_WAIT_MS;
    for (int64_t i = 1; i < tries && wait_ms < LONGEST_WAIT_MS; i++) {
        wait_ms *= 2;
    }
    return wait_ms < LONGEST_WAIT_MS ? wait_ms : LONGEST_WAIT_MS;
}
