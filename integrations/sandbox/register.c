#include "integrations/sandbox/register.h"

#include <stdlib.h>
#include <string.h>
#include "integrations/sandbox/bank_wire.h"
#include "integrations/sandbox/desk.h"
#include "integrations/sandbox/keys.h"
#include "integrations/sign/base64.h"
#include "integrations/sign/hmac.h"
#include "queue/base/clock.h"
#include "queue/base/json.h"

#define HASH_LEN ((size_t)64)
#define RECORDS_MAX 20000
#define WORD_SIZE 16
#define URL_SIZE 512
#define ANSWER_MAX 2048

/* What the register holds about a person. */
struct record {
    char id_hash[HASH_LEN + 1], answer[WORD_SIZE], kind[WORD_SIZE];
};

/* A check that was asked for. */
struct asked {
    char check_id[REFERENCE_MAX + 1], id_hash[HASH_LEN + 1];
    int64_t quiet_until_ms; /* monotonic */
};

struct checks {
    struct record *records;
    struct asked *asked;
    size_t record_count, asked_count;
};

enum err checks_new(struct checks **out)
{
    struct checks *c = calloc(1, sizeof(*c));
    if (c != NULL) {
        c->records = calloc(RECORDS_MAX, sizeof(*c->records));
        c->asked = calloc(RECORDS_MAX, sizeof(*c->asked));
    }
    if (c == NULL || c->records == NULL || c->asked == NULL) {
        checks_free(c);
        return ERR_NO_MEMORY;
    }
    *out = c;
    return ERR_OK;
}

void checks_free(struct checks *checks)
{
    if (checks != NULL) {
        free(checks->records);
        free(checks->asked);
        free(checks);
    }
}

static bool read_text(const struct json *o, const char *name, char *out, size_t size)
{
    struct slice text;
    return json_string(json_get(o, name), &text) == ERR_OK && slice_copy(text, out, size) == ERR_OK;
}

static bool hash_ok(const char *text)
{
    return strlen(text) == HASH_LEN && strspn(text, "0123456789abcdef") == HASH_LEN;
}

static bool one_of(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(word, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static struct record *find(struct checks *c, const char *id_hash)
{
    for (size_t i = 0; i < c->record_count; i++) {
        if (strcmp(c->records[i].id_hash, id_hash) == 0) {
            return &c->records[i];
        }
    }
    return NULL;
}

/* ---- Seeding ---- */

void pages_register(struct sandbox *s, const struct http_request *r)
{
    static const char *const answers[] = {"recognised", "not", "unknown"};
    static const char *const kinds[] = {"", "dibao", "tekun", "edge", "rigid"};
    struct record one = {.kind = ""};
    struct json *root = NULL;
    bool ok =
        r->body.len > 0 && json_parse(r->body, &root, NULL) == ERR_OK &&
        read_text(root, "id_hash", one.id_hash, sizeof(one.id_hash)) && hash_ok(one.id_hash) &&
        read_text(root, "answer", one.answer, sizeof(one.answer)) &&
        (json_get(root, "kind") == NULL || read_text(root, "kind", one.kind, sizeof(one.kind))) &&
        one_of(one.answer, answers, COUNT_OF(answers)) && one_of(one.kind, kinds, COUNT_OF(kinds));
    json_free(root);
    struct record *known = ok ? find(s->checks, one.id_hash) : NULL;
    if (!ok || (known == NULL && s->checks->record_count == RECORDS_MAX)) {
        (void)http_reply_problem(s->server, r->ticket, ERR_INPUT, 0,
                                 "id_hash、answer 或 kind 不正确。");
        return;
    }
    *(known != NULL ? known : &s->checks->records[s->checks->record_count++]) = one;
    struct answer *a = answer_new(s, r, 16);
    buf_put_text(&a->body, "{}");
    answer_now(a);
}

/* ---- Answers ---- */

static void sign(struct parcel *p, const char *token, bool forged)
{
    unsigned char mac[SHA256_BYTES];
    buf_put_text(&p->headers, "X-Register-Signature: ");
    if (forged) {
        keys_forged(sizeof(mac), &p->headers);
    } else if (hmac_sha256(slice_of(token), buf_slice(&p->body), mac) == ERR_OK) {
        base64_encode(mac, sizeof(mac), &p->headers);
    }
    buf_put_char(&p->headers, '\n');
}

/* forced: another answer than the register's; NULL = its own. */
static struct parcel *make_answer(struct sandbox *s, const struct asked *asked, const char *url,
                                  const char *forced)
{
    const struct record *record = find(s->checks, asked->id_hash);
    char at[CLOCK_RFC3339_SIZE];
    struct json_out o;
    struct parcel *p = parcel_new(url, ANSWER_MAX);
    if (p == NULL) {
        sandbox_die("no memory");
    }
    clock_format_rfc3339(clock_now_ms(), at);
    json_out_init(&o, &p->body);
    json_open_object(&o, NULL);
    json_put_text(&o, "check_id", asked->check_id);
    json_put_text(&o, "id_hash", asked->id_hash);
    json_put_text(&o, "answer",
                  forced != NULL   ? forced
                  : record != NULL ? record->answer
                                   : "unknown");
    json_put_text(&o, "kind", forced != NULL || record == NULL ? "" : record->kind);
    json_put_text(&o, "checked_at", at);
    json_close_object(&o);
    return p;
}

static void add_answers(struct sandbox *s, const struct asked *asked, const char *url,
                        struct answer *a)
{
    const struct record *record = find(s->checks, asked->id_hash);
    bool known = record != NULL && strcmp(record->answer, "recognised") == 0;
    const char *token = s->options.register_token;
    a->parcels[0] = make_answer(s, asked, url, NULL);
    sign(a->parcels[0], token, false);
    if (a->parcel_fault.kind == FAULT_FORGED) {
        a->forged = make_answer(s, asked, url, known ? "not" : "recognised");
        sign(a->forged, token, true);
    } else if (a->parcel_fault.kind == FAULT_STALE) {
        a->stale = make_answer(s, asked, url, "unknown");
        sign(a->stale, token, false);
    }
}

/* ---- Asking ---- */

static void refuse(struct answer *a, int status, const char *code)
{
    a->status = status;
    buf_putf(&a->body, "{\"code\":\"%s\"}", code);
    answer_now(a);
}

static bool authorised(const struct sandbox *s, const struct http_request *r)
{
    struct slice value = http_header(r, "authorization");
    return slice_is(slice_cut(&value, ' '), "Bearer") &&
           secret_equal(value, slice_of(s->options.register_token));
}

static struct asked *find_asked(struct checks *c, const char *check_id)
{
    for (size_t i = 0; i < c->asked_count; i++) {
        if (strcmp(c->asked[i].check_id, check_id) == 0) {
            return &c->asked[i];
        }
    }
    return NULL;
}

static bool read_asked(struct slice body, struct asked *out, char url[URL_SIZE])
{
    struct json *root = NULL;
    bool ok = body.len > 0 && json_parse(body, &root, NULL) == ERR_OK &&
              read_text(root, "check_id", out->check_id, sizeof(out->check_id)) &&
              bank_reference_ok(slice_of(out->check_id)) &&
              read_text(root, "id_hash", out->id_hash, sizeof(out->id_hash)) &&
              hash_ok(out->id_hash) && read_text(root, "callback_url", url, URL_SIZE) &&
              (slice_starts_with(slice_of(url), "http://") ||
               slice_starts_with(slice_of(url), "https://"));
    json_free(root);
    return ok;
}

void register_check(struct sandbox *s, const struct http_request *r)
{
    struct asked one = {.quiet_until_ms = 0};
    char url[URL_SIZE];
    if (s->options.register_token[0] == '\0' || !authorised(s, r)) {
        refuse(answer_new(s, r, ANSWER_MAX), 401, "unauthorized");
        return;
    }
    if (!read_asked(r->body, &one, url)) {
        refuse(answer_new(s, r, ANSWER_MAX), 400, "request.bad");
        return;
    }
    struct slice id = slice_of(one.check_id);
    struct answer *a = desk_answer(s, r, PEER_REGISTER, FAULT_ON_CHECK, &id, 1, ANSWER_MAX);
    if (a == NULL) {
        return;
    }
    const struct asked *known = find_asked(s->checks, one.check_id);
    enum fault_kind menu = desk_order_fault(s, PEER_REGISTER, FAULT_ON_CHECK, id).kind;
    if (menu == FAULT_REJECT) {
        refuse(a, 400, "request.bad");
        return;
    }
    if (known != NULL && strcmp(known->id_hash, one.id_hash) != 0) {
        refuse(a, 409, "check_id.reused");
        return;
    }
    if (known == NULL && s->checks->asked_count == RECORDS_MAX) {
        refuse(a, 503, "busy");
        return;
    }
    if (a->parcel_fault.kind == FAULT_LATE) {
        one.quiet_until_ms = clock_mono_ms() + a->parcel_fault.ms;
    } else if (menu == FAULT_NOT_FOUND) {
        one.quiet_until_ms = INT64_MAX;
    }
    if (known == NULL) {
        s->checks->asked[s->checks->asked_count++] = one;
    }
    if (menu != FAULT_NOT_FOUND) {
        add_answers(s, &one, url, a);
    }
    a->status = 202;
    buf_putf(&a->body, "{\"check_id\":\"%s\",\"status\":\"accepted\"}", one.check_id);
    answer_hold(a);
}

/* ---- Looking ---- */

static void sign_forged(struct answer *a)
{
    buf_put_text(&a->headers, "X-Register-Signature: ");
    keys_forged(SHA256_BYTES, &a->headers);
    buf_put_char(&a->headers, '\n');
}

static void sign_answer(struct answer *a)
{
    unsigned char mac[SHA256_BYTES];
    const char *token = a->sandbox->options.register_token;
    if (a->fault.kind == FAULT_FORGED_ANSWER) {
        sign_forged(a);
    } else if (hmac_sha256(slice_of(token), buf_slice(&a->body), mac) == ERR_OK) {
        buf_put_text(&a->headers, "X-Register-Signature: ");
        base64_encode(mac, sizeof(mac), &a->headers);
        buf_put_char(&a->headers, '\n');
    }
}

void register_look(struct sandbox *s, const struct http_request *r, struct slice check_id)
{
    char id[REFERENCE_MAX + 1];
    if (s->options.register_token[0] == '\0' || !authorised(s, r)) {
        refuse(answer_new(s, r, ANSWER_MAX), 401, "unauthorized");
        return;
    }
    struct answer *a = desk_answer(s, r, PEER_REGISTER, FAULT_ON_QUERY, &check_id, 1, ANSWER_MAX);
    if (a == NULL) {
        return;
    }
    const struct asked *known =
        slice_copy(check_id, id, sizeof(id)) == ERR_OK ? find_asked(s->checks, id) : NULL;
    if (known == NULL) {
        refuse(a, 404, "check_id.unknown");
        return;
    }
    if (known->quiet_until_ms > clock_mono_ms()) {
        a->status = 202;
        buf_putf(&a->body, "{\"check_id\":\"%s\",\"status\":\"accepted\"}", known->check_id);
    } else {
        struct parcel *p = make_answer(s, known, "http://nowhere", NULL);
        buf_put_slice(&a->body, buf_slice(&p->body));
        parcel_free(p);
        a->sign = sign_answer;
    }
    answer_hold(a);
}
