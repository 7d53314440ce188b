/* Low-income register and household check (核对): asked now, answered later, perhaps days later.
 * There is no public protocol; this is the shape such services have, and one peer of it stands in
 * integrations/sandbox/register.h. Of the person only the SHA-256 of the ID number goes out. Pure.
 *
 *   ask     POST {register_url}/register/checks, bearer token:
 *           {"check_id", "id_hash", "matter": "register" | "household", "callback_url"} -> 202; the
 *           same check_id again is the same question, and brings the answer again
 *   look    GET {register_url}/register/checks/{check_id}, bearer token -> 200: the answer, signed
 *           as below; 202: not yet; 404, 405, 501: there is nothing to look at
 *   answer  POST callback_url {"check_id", "id_hash", "answer": "recognised" | "not" | "unknown",
 *           "kind": "dibao" | "tekun" | "edge" | "rigid" | "", "checked_at"}, X-Register-Signature:
 *           base64 HMAC-SHA256 of the body with the token */
#ifndef INTEGRATIONS_REGISTER_REGISTER_H
#define INTEGRATIONS_REGISTER_REGISTER_H

#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define REGISTER_HASH_HEX 64
#define REGISTER_ID_SIZE 64 /* check_id and a NUL */
#define REGISTER_BODY_MAX 4096

/* What is asked: on the register of those already recognised, or a check of the household. */
#define REGISTER_MATTER_TABLE(X)                     \
    X(REGISTER_LISTED, "register", "低收入人口登记") \
    X(REGISTER_HOUSEHOLD, "household", "家庭经济状况核对")
#define REGISTER_ANSWER_TABLE(X)                   \
    X(REGISTER_RECOGNISED, "recognised", "已认定") \
    X(REGISTER_NOT, "not", "未认定")               \
    X(REGISTER_UNKNOWN, "unknown", "查无结果")
#define REGISTER_KIND_TABLE(X)           \
    X(REGISTER_NO_KIND, "", "")          \
    X(REGISTER_DIBAO, "dibao", "低保")   \
    X(REGISTER_TEKUN, "tekun", "特困")   \
    X(REGISTER_EDGE, "edge", "低保边缘") \
    X(REGISTER_RIGID, "rigid", "刚性支出困难")

#define REGISTER_ENUM(id, word, zh) id,
enum register_matter { REGISTER_MATTER_TABLE(REGISTER_ENUM) REGISTER_MATTER_COUNT };
enum register_answer { REGISTER_ANSWER_TABLE(REGISTER_ENUM) REGISTER_ANSWER_COUNT };
enum register_kind { REGISTER_KIND_TABLE(REGISTER_ENUM) REGISTER_KIND_COUNT };
#undef REGISTER_ENUM

const char *register_matter_word(enum register_matter m);
const char *register_matter_zh(enum register_matter m);
const char *register_answer_word(enum register_answer a);
const char *register_answer_zh(enum register_answer a);
const char *register_kind_word(enum register_kind k);
const char *register_kind_zh(enum register_kind k);
/* ERR_INPUT. */
MUST_CHECK enum err register_matter_from_word(struct slice word, enum register_matter *out);

/* "<case>.<matter>". */
void register_check_id(struct slice case_no, enum register_matter m, char out[REGISTER_ID_SIZE]);
/* The reverse; *case_no is a part of id. ERR_INPUT. */
MUST_CHECK enum err register_check_id_read(struct slice id, struct slice *case_no,
                                           enum register_matter *m);

struct register_query {
    struct slice check_id, id_hash, callback_url;
    enum register_matter matter;
};
void register_query_write(const struct register_query *q, struct buf *out);

struct register_result {
    char check_id[REGISTER_ID_SIZE], id_hash[REGISTER_HASH_HEX + 1];
    enum register_answer answer;
    enum register_kind kind; /* of RECOGNISED */
    int64_t as_of_ms;
};
/* ERR_AUTH: not signed with this token (an empty token signs nothing); ERR_INPUT: not an answer. */
MUST_CHECK enum err register_result_read(struct slice body, struct slice signature,
                                         struct slice token, struct register_result *out);

/* What became of a question by its HTTP status (0 = no whole answer). */
enum register_asked {
    REGISTER_ACCEPTED, /* 2xx: the answer will come */
    REGISTER_AGAIN,    /* later */
    REGISTER_REFUSED   /* 4xx but 408 and 429: a person must look */
};
enum register_asked register_asked_of(int status);
/* How long until the question is put again, after `tries` times (1..): 30 s doubling to 6 h. */
int64_t register_wait_ms(int64_t tries);

#endif
