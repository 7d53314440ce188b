/* What a process does with what the store says is in force: signatures that are asked for, packs
 * passed over, disasters. The keys are made up: a signature is good when it is "GOOD" and the
 * message is the one that was signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "queue/base/file.h"
#include "queue/base/json_canonical.h"
#include "tests/unit/decision_fixture.h"
#include "workers/rules/rulebook.h"

static struct buf base; /* text of the shipped pack */

/* Who has a key, and what was asked last. */
struct fake_keys {
    const char *name;
    size_t asked;
    char message[32];
};

static enum err fake_verify(const void *keys, struct slice signer, struct slice message,
                            struct slice signature)
{
    struct fake_keys *k = (struct fake_keys *)(uintptr_t)keys;
    k->asked++;
    snprintf(k->message, sizeof(k->message), "%.*s", (int)(message.len < 31 ? message.len : 31),
             message.ptr);
    if (!slice_is(signer, k->name)) {
        return ERR_NOT_FOUND;
    }
    return slice_is(signature, "GOOD") ? ERR_OK : ERR_AUTH;
}

static struct fake_keys packs = {.name = "he"}, officers = {.name = "demo-officer"};
static const struct pack_signers NOBODY = {.verify = fake_verify},
                                 OF_PACKS = {.verify = fake_verify, .packs = &packs},
                                 OF_BOTH = {
                                     .verify = fake_verify, .packs = &packs, .orders = &officers};

static int load(void **state)
{
    buf_init(&base, POLICY_BYTES_MAX);
    return file_read("ops/policy/base.json", &base) == ERR_OK ? decision_load(state) : -1;
}

static int unload(void **state)
{
    buf_release(&base);
    return decision_unload(state);
}

/* The shipped pack, with another version and a signature in front; "" = none. */
static struct slice pack(const char *version, const char *by, const char *ed25519)
{
    static struct buf text;
    const char *at = strstr(base.ptr, "\"2026.1\"");
    assert_non_null(at);
    buf_release(&text);
    buf_init(&text, POLICY_BYTES_MAX);
    buf_put_text(&text, "{");
    if (by[0] != '\0') {
        buf_putf(&text, "\"signature\":{\"by\":\"%s\",\"on\":\"2026-11-22\",\"ed25519\":\"%s\"},",
                 by, ed25519);
    }
    buf_put(&text, base.ptr + 1, (size_t)(at - base.ptr) - 1);
    buf_putf(&text, "\"%s\"%s", version, at + strlen("\"2026.1\""));
    assert_int_equal(buf_err(&text), ERR_OK);
    return buf_slice(&text);
}

static struct policy *held(void)
{
    struct policy *p = NULL;
    assert_int_equal(policy_load(buf_slice(&base), &p, NULL), ERR_OK);
    return p;
}

static struct rulebook_news news(int64_t id, struct slice text)
{
    return (struct rulebook_news){.id = id, .newest_id = id, .pack = text, .readable = true};
}

static enum err take(struct policy **p, struct rulebook_state *state, struct rulebook_news n,
                     const struct pack_signers *signers, const char *trouble, const char *expected)
{
    const char *word = "untouched";
    struct buf why;
    buf_init(&why, 1 << 16);
    enum err err = rulebook_take(p, state, &n, signers, &why, &word);
    if (trouble == NULL) {
        assert_null(word);
    } else {
        assert_string_equal(word, trouble);
    }
    if (expected != NULL && (why.len == 0 || strstr(why.ptr, expected) == NULL)) {
        fail_msg("expected \"%s\" in:\n%s", expected, why.len > 0 ? why.ptr : "(nothing)");
    }
    buf_release(&why);
    return err;
}

static void without_signers_any_sound_pack_is_taken(void **state)
{
    struct policy *p = held();
    struct rulebook_state s = {.key = "k"};
    (void)state;
    assert_int_equal(take(&p, &s, news(1, pack("n1", "", "")), &NOBODY, NULL, NULL), ERR_OK);
    assert_string_equal(policy_version(p), "n1");
    assert_int_equal(take(&p, &s, news(2, pack("n2", "anybody", "BAD")), &NOBODY, NULL, NULL),
                     ERR_OK);
    assert_string_equal(policy_version(p), "n2");
    assert_string_equal(policy_signed_by(p), "anybody");
    assert_false(s.alarm);
    assert_int_equal(packs.asked + officers.asked, 0);
    policy_free(p);
}

static void a_pack_that_is_not_signed_as_asked_is_passed_over_and_the_rules_stay(void **state)
{
    static const struct {
        const char *by, *signature, *why;
    } rows[] = {{"", "", "n3 is not signed"},
                {"he", "BAD", "the signature of 'he' does not hold"},
                {"li", "GOOD", "signed by 'li', of whom there is no key"}};
    struct policy *p = held();
    const struct policy *before = p;
    struct rulebook_state s = {.key = "k"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        memcpy(s.key, "k", 2);
        struct slice text = pack("n3", rows[i].by, rows[i].signature);
        assert_int_equal(take(&p, &s, news((int64_t)i + 5, text), &OF_PACKS,
                              "policy_signature_refused", rows[i].why),
                         ERR_AUTH);
        assert_ptr_equal(p, before);
        assert_int_equal(policy_order_count(p), 1); /* its orders stay: these are the rules */
        assert_true(s.alarm);
        assert_string_equal(s.key, ""); /* the next question is answered in full */
        assert_int_equal(s.refused_count, i + 1);
        assert_int_equal(s.refused[i], (int64_t)i + 5);
    }
    /* the store names the one before, and another one stays in force there: still an alarm */
    struct rulebook_news older = news(4, pack("n2", "he", "GOOD"));
    older.newest_id = 7;
    assert_int_equal(take(&p, &s, older, &OF_PACKS, NULL, NULL), ERR_OK);
    assert_string_equal(policy_version(p), "n2");
    assert_true(s.alarm);
    assert_int_equal(take(&p, &s, news(8, pack("n4", "he", "GOOD")), &OF_PACKS, NULL, NULL),
                     ERR_OK);
    assert_false(s.alarm);
    assert_memory_equal(packs.message, "{\"format\":1", 11); /* canonical: members sorted */
    policy_free(p);
}

static void a_damaged_or_endless_list_of_packs_ends(void **state)
{
    struct policy *p = held();
    struct rulebook_state s = {.key = "k"};
    struct rulebook_news n = news(1, SLICE_LIT(""));
    (void)state;
    n.readable = false;
    for (int i = 0; i < RULEBOOK_REFUSED_MAX; i++) {
        n.id = i + 1;
        assert_int_equal(take(&p, &s, n, &OF_PACKS, "policy_signature_refused", "is damaged"),
                         ERR_AUTH);
    }
    memcpy(s.key, "k", 2);
    assert_int_equal(take(&p, &s, n, &OF_PACKS, "policy_signature_refused", "is damaged"),
                     ERR_LIMIT);
    assert_string_equal(s.key, "k");
    assert_int_equal(s.refused_count, RULEBOOK_REFUSED_MAX);
    assert_int_equal(policy_order_count(p), 1);
    /* nobody asks for signatures: as ever, nothing is approved by rule until it can be read */
    assert_int_equal(take(&p, &s, n, &NOBODY, "rules_refused_nothing_by_rule", "is damaged"),
                     ERR_CORRUPT);
    assert_int_equal(policy_order_count(p), 0);
    assert_true(s.alarm);
    policy_free(p);
}

static void a_signed_pack_that_cannot_be_used_takes_the_orders_away(void **state)
{
    struct policy *p = held();
    struct rulebook_state s = {.key = "k"};
    struct slice text =
        SLICE_LIT("{\"signature\":{\"by\":\"he\",\"on\":\"2026-11-22\",\"ed25519\":\"GOOD\"}}");
    (void)state;
    assert_int_equal(
        take(&p, &s, news(1, text), &OF_PACKS, "rules_refused_nothing_by_rule", "/rules"),
        ERR_INPUT);
    assert_int_equal(policy_order_count(p), 0);
    assert_int_equal(s.refused_count, 0);
    assert_true(s.alarm);
    policy_free(p);
}

static void orders_need_their_officer_where_that_is_asked(void **state)
{
    struct policy *p = held();
    struct rulebook_state s = {.key = "k"};
    struct slice text = pack("n5", "he", "GOOD");
    (void)state;
    assert_int_equal(take(&p, &s, news(1, text), &OF_BOTH, "policy_signature_refused",
                          "order DEMO-2026-1 is not signed"),
                     ERR_AUTH);
    char *with = malloc(text.len + 64);
    const char *document = strstr(text.ptr, "\"by\": \"demo-officer\"");
    assert_non_null(with);
    assert_non_null(document);
    int head = (int)(document - text.ptr);
    snprintf(with, text.len + 64, "%.*s\"ed25519\": \"GOOD\", %s", head, text.ptr, document);
    assert_int_equal(take(&p, &s, news(2, slice_of(with)), &OF_BOTH, NULL, NULL), ERR_OK);
    assert_string_equal(policy_version(p), "n5");
    free(with);
    policy_free(p);
}

static void the_pack_of_the_file_is_not_asked_again_and_disasters_are_laid_over_it(void **state)
{
    struct policy *p = held();
    struct rulebook_state s = {.key = "k"};
    const struct disaster_row rows[] = {{.id = 7,
                                         .surge = SLICE_LIT("flood"),
                                         .divisions = SLICE_LIT("520102"),
                                         .title = SLICE_LIT("暴雨"),
                                         .from_ms = 1000,
                                         .to_ms = 2000},
                                        {.id = 8,
                                         .surge = SLICE_LIT("flood"),
                                         .divisions = SLICE_LIT("x"),
                                         .from_ms = 1,
                                         .to_ms = 2}};
    struct rulebook_news n = news(0, SLICE_LIT(""));
    (void)state;
    n.disasters = rows;
    n.disaster_count = 2;
    assert_int_equal(take(&p, &s, n, &OF_BOTH, "disaster_refused", "disaster D8 is left out"),
                     ERR_OK);
    assert_string_equal(policy_for(p, "520102001", 1500)->disaster, "D7");
    assert_string_equal(policy_for(p, "520102001", 2000)->disaster, "");
    assert_false(s.alarm);
    n.disaster_count = 1;
    assert_int_equal(take(&p, &s, n, &OF_BOTH, NULL, NULL), ERR_OK);
    policy_free(p);
}

/* What is signed does not depend on the place of the signature or on spaces, but on all else. */
static void what_is_signed_is_everything_but_the_signature_itself(void **state)
{
    static const struct {
        const char *text, *bytes;
    } rows[] = {{"{\"b\": 1, \"signature\": {\"ed25519\": \"x\", \"by\": \"he\"}, \"a\": [2]}",
                 "{\"a\":[2],\"b\":1,\"signature\":{\"by\":\"he\"}}"},
                {"{\"a\":[2],\"signature\":{\"by\":\"he\"},\"b\":1}",
                 "{\"a\":[2],\"b\":1,\"signature\":{\"by\":\"he\"}}"},
                {"{\"ed25519\": 1}", "{\"ed25519\":1}"},
                {"{\"list\": [{\"signature\": {\"ed25519\": \"x\"}}]}",
                 "{\"list\":[{\"signature\":{\"ed25519\":\"x\"}}]}"}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct json *root = NULL;
        struct buf out;
        buf_init(&out, 4096);
        assert_int_equal(json_parse(slice_of(rows[i].text), &root, NULL), ERR_OK);
        assert_int_equal(pack_signed_bytes(root, &out), ERR_OK);
        assert_string_equal(out.ptr, rows[i].bytes);
        json_free(root);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_signers_any_sound_pack_is_taken),
        cmocka_unit_test(a_pack_that_is_not_signed_as_asked_is_passed_over_and_the_rules_stay),
        cmocka_unit_test(a_damaged_or_endless_list_of_packs_ends),
        cmocka_unit_test(a_signed_pack_that_cannot_be_used_takes_the_orders_away),
        cmocka_unit_test(orders_need_their_officer_where_that_is_asked),
        cmocka_unit_test(the_pack_of_the_file_is_not_asked_again_and_disasters_are_laid_over_it),
        cmocka_unit_test(what_is_signed_is_everything_but_the_signature_itself),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
