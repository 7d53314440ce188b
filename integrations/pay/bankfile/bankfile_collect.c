/* The coming-in half of the file rail: what the bank has left is read file by file, handed out, and put away when it is
 * stored. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integrations/pay/bankfile/bankfile_rail_inside.h"
#include "integrations/pay/bankfile/camt.h"
#include "integrations/pay/bankfile/pain002.h"
#include "integrations/pay/bankfile/xml_read.h"
#include "queue/base/log.h"

#define REASON_SIZE 256

static bool looks_like_xml(struct slice bytes)
{
    if (slice_starts_with(bytes, "\xef\xbb\xbf")) {
        bytes = slice_make(bytes.ptr + 3, bytes.len - 3);
    }
    bytes = slice_trim(bytes);
    return bytes.len > 0 && bytes.ptr[0] == '<';
}

static enum err read_bytes(const struct bankfile_rail *rail, struct slice bytes, struct bankfile_news *news,
                           struct bankfile_why *why)
{
    if (slice_trim(bytes).len == 0) {
        bankfile_why_set(why, 0, "the file is empty");
        why->incomplete = true;
        return ERR_INPUT;
    }
    if (looks_like_xml(bytes)) {
        return xml_is_family(bytes, PAIN002_FAMILY) ? pain002_read(bytes, news, why) : camt_read(bytes, news, why);
    }
    if (rail->text == NULL) {
        bankfile_why_set(why, 0, "not XML");
        return ERR_INPUT;
    }
    return text_read(rail->text, bytes, news, why);
}

/* How long the file has had this content, in ms; 0 when it is new or changed. */
static int64_t unchanged_ms(struct bankfile_rail *rail, const char *name, const char *sha256)
{
    int64_t now_ms = rail->mono_ms();
    struct watched_file *w = NULL;
    for (size_t i = 0; i < rail->watched_count && w == NULL; i++) {
        if (strcmp(rail->watched[i].name, name) == 0) {
            w = &rail->watched[i];
        }
    }
    if (w != NULL && strcmp(w->sha256, sha256) == 0) {
        return now_ms - w->since_ms;
    }
    if (w == NULL && rail->watched_count < WATCHED_MAX) {
        w = &rail->watched[rail->watched_count++];
    }
    if (w != NULL) {
        snprintf(w->name, sizeof(w->name), "%s", name);
        snprintf(w->sha256, sizeof(w->sha256), "%s", sha256);
        w->since_ms = now_ms;
    }
    return 0;
}

static void forget(struct bankfile_rail *rail, const char *name)
{
    for (size_t i = 0; i < rail->watched_count; i++) {
        if (strcmp(rail->watched[i].name, name) == 0) {
            rail->watched[i] = rail->watched[--rail->watched_count];
            return;
        }
    }
}

/* The name under which it is kept: the content's hash in front, so that a name that comes twice loses nothing. */
static void kept_name(const char *name, const char *sha256, char out[DROP_NAME_MAX + 1])
{
    struct slice tail = slice_of(name);
    size_t room = DROP_NAME_MAX - 13;
    while (tail.len > room || (tail.len > 0 && ((unsigned char)tail.ptr[0] & 0xc0) == 0x80)) {
        tail = slice_make(tail.ptr + 1, tail.len - 1); /* never from the middle of a character */
    }
    snprintf(out, DROP_NAME_MAX + 1, "%.12s-%.*s", sha256, SLICE_FMT(tail));
}

static enum err put_aside(struct bankfile_rail *rail, const char *name, const char *sha256,
                          const struct bankfile_why *why)
{
    char as[DROP_NAME_MAX + 1], reason[REASON_SIZE];
    kept_name(name, sha256, as);
    snprintf(reason, sizeof(reason), "line %d: %s\n", why->line, why->text);
    enum err err = rail->drop.put_away(rail->drop.self, name, DROP_BAD, as, reason);
    log_event(LOG_ERROR, "bankfile_unreadable", "rail=%s sha256=%.12s line=%d err=%s reason=\"%s\"", rail->name, sha256,
              why->line, err_code(err), why->text);
    forget(rail, name);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static bool has_result(const struct bankfile_news *news, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(news->results[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_order(const struct registry_order *orders, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(orders[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

/* A report names the file that it is about. What it says of orders that are not in that file is not believed: a refusal
 * from a stranger would let the money be paid a second time. */
static enum err doubt_strangers(struct bankfile_rail *rail)
{
    struct bankfile_news *news = &rail->news;
    struct registry_order *orders = NULL;
    size_t n = 0, doubted = 0;
    if (news->about_msg_id[0] == '\0') {
        return ERR_OK;
    }
    enum err err = registry_orders(rail->registry, news->about_msg_id, &orders, &n);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    for (size_t i = 0; i < news->result_count; i++) {
        char id[PAY_ID_SIZE];
        memcpy(id, news->results[i].id, sizeof(id));
        if (!has_order(orders, n, id)) {
            pay_result_unknown(&news->results[i], id, "[another file]");
            doubted++;
        }
    }
    free(orders);
    if (doubted > 0) {
        log_event(LOG_ERROR, "bankfile_stranger", "rail=%s about=%s orders=%zu", rail->name,
                  news->about_msg_id, doubted);
        news->odd += doubted;
    }
    return ERR_OK;
}

/* What the bank says of the file as a whole is said of each order that it does not name. */
static enum err spread_group(struct bankfile_rail *rail)
{
    struct bankfile_news *news = &rail->news;
    struct registry_order *orders = NULL;
    size_t n = 0, told = news->result_count;
    bool final = news->group.outcome == PAY_FAILED || news->group.outcome == PAY_SUCCEEDED;
    if (news->about_msg_id[0] == '\0' || (!final && news->group.reason_code[0] == '\0')) {
        return ERR_OK;
    }
    enum err err = registry_orders(rail->registry, news->about_msg_id, &orders, &n);
    if (err == ERR_NOT_FOUND) {
        log_event(LOG_WARN, "bankfile_stranger", "rail=%s about=%s", rail->name, news->about_msg_id);
        return ERR_OK; /* not a file of ours */
    }
    log_event(final && news->group.outcome == PAY_SUCCEEDED ? LOG_INFO : LOG_ERROR, "bankfile_group",
              "rail=%s msg_id=%s outcome=%s reason=%s", rail->name, news->about_msg_id,
              pay_outcome_word(news->group.outcome), news->group.reason_code);
    for (size_t i = 0; i < n && err == ERR_OK && final; i++) {
        if (has_result(news, told, orders[i].id)) {
            continue;
        }
        struct pay_result *r = bankfile_news_result(news);
        if (r == NULL) {
            err = ERR_NO_MEMORY;
            break;
        }
        *r = news->group;
        snprintf(r->id, sizeof(r->id), "%s", orders[i].id);
    }
    free(orders);
    return err;
}

static void hand_out(struct bankfile_rail *rail, const char *name, const char *sha256, struct pay_collection *out)
{
    const struct bankfile_news *news = &rail->news;
    snprintf(rail->current, sizeof(rail->current), "%s", name);
    snprintf(rail->current_sha256, sizeof(rail->current_sha256), "%s", sha256);
    rail->handed_out = true;
    memset(out, 0, sizeof(*out));
    out->source = rail->current;
    memcpy(out->sha256, rail->current_sha256, sizeof(out->sha256));
    out->results = news->results;
    out->result_count = news->result_count;
    out->lines = news->lines;
    out->line_count = news->line_count;
    for (size_t i = 0; i < news->head_count; i++) {
        if (!news->heads[i].balanced) {
            log_event(LOG_ERROR, "bankfile_unbalanced", "rail=%s sha256=%.12s statement=%s", rail->name, sha256,
                      news->heads[i].id);
        }
    }
    log_event(news->odd > 0 ? LOG_WARN : LOG_INFO, "bankfile_taken",
              "rail=%s sha256=%.12s results=%zu lines=%zu odd=%zu", rail->name, sha256, news->result_count,
              news->line_count, news->odd);
}

/* A statement of another account says nothing about our payments, and its debits would all look like theft. */
static bool of_our_account(const struct bankfile_rail *rail)
{
    for (size_t i = 0; i < rail->news.head_count; i++) {
        const char *account = rail->news.heads[i].account;
        if (account[0] != '\0' && strcmp(account, rail->payer_account) != 0) {
            return false;
        }
    }
    return true;
}

enum step { STEP_NEXT, STEP_TAKEN };

/* One file: handed out, put aside, or left for later. */
static enum err look_at(struct bankfile_rail *rail, const char *name, struct pay_collection *out, enum step *step)
{
    struct bankfile_why why = {false, 0, ""};
    char sha256[65];
    *step = STEP_NEXT;
    bankfile_news_release(&rail->news);
    buf_clear(&rail->bytes);
    enum err err = rail->drop.get(rail->drop.self, name, &rail->bytes);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK; /* the bank took it back, or another process was faster */
    }
    bool too_large = err == ERR_TOO_LARGE;
    if (err != ERR_OK && !too_large) {
        return err;
    }
    err = bankfile_sha256(buf_slice(&rail->bytes), sha256);
    if (err != ERR_OK) {
        return err;
    }
    if (too_large) {
        bankfile_why_set(&why, 0, "larger than 16 MiB");
        err = ERR_INPUT;
    } else {
        err = read_bytes(rail, buf_slice(&rail->bytes), &rail->news, &why);
    }
    if (err == ERR_NO_MEMORY || err == ERR_INTERNAL) {
        return err;
    }
    if (err == ERR_OK && !of_our_account(rail)) {
        bankfile_why_set(&why, 0, "a statement of another account than ours");
        err = ERR_INPUT;
    }
    if (err != ERR_OK && why.incomplete) {
        return unchanged_ms(rail, name, sha256) >= rail->stale_ms ? put_aside(rail, name, sha256, &why) : ERR_OK;
    }
    if (err != ERR_OK) {
        return put_aside(rail, name, sha256, &why);
    }
    bool whole = looks_like_xml(buf_slice(&rail->bytes)) || text_profile_has_end(rail->text);
    if (!whole && unchanged_ms(rail, name, sha256) < rail->quiet_ms) {
        return ERR_OK;
    }
    err = doubt_strangers(rail);
    err = err != ERR_OK ? err : spread_group(rail);
    if (err == ERR_OK) {
        forget(rail, name);
        hand_out(rail, name, sha256, out);
        *step = STEP_TAKEN;
    }
    return err;
}

enum err bankfile_collect(void *self, struct pay_collection *out)
{
    struct bankfile_rail *rail = self;
    size_t left = 0;
    enum step step = STEP_NEXT;
    rail->handed_out = false;
    if (!rail->paused) { /* what was kept and could not be delivered gets its next chance; logged there */
        (void)(bankfile_rail_deliver(rail, &left) == ERR_OK);
    }
    enum err err = rail->drop.list(rail->drop.self, rail->list);
    if (err != ERR_OK) {
        return err;
    }
    if (rail->list->passed_over > 0) {
        log_event(LOG_WARN, "bankfile_passed_over", "rail=%s count=%zu", rail->name, rail->list->passed_over);
    }
    for (size_t i = 0; i < rail->list->count && err == ERR_OK && step == STEP_NEXT; i++) {
        err = look_at(rail, rail->list->names[i], out, &step);
    }
    if (err == ERR_OK && step == STEP_NEXT) {
        bankfile_news_release(&rail->news);
        memset(out, 0, sizeof(*out));
        out->source = "";
    }
    return err;
}

enum err bankfile_collect_done(void *self)
{
    struct bankfile_rail *rail = self;
    char as[DROP_NAME_MAX + 1], sha256[65];
    if (!rail->handed_out) {
        return ERR_OK;
    }
    /* what is put away must be what was read: the bank may have written the name anew meanwhile */
    buf_clear(&rail->bytes);
    enum err err = rail->drop.get(rail->drop.self, rail->current, &rail->bytes);
    if (err == ERR_OK) {
        err = bankfile_sha256(buf_slice(&rail->bytes), sha256);
    }
    if (err == ERR_TOO_LARGE || (err == ERR_OK && strcmp(sha256, rail->current_sha256) != 0)) {
        rail->handed_out = false; /* the new content is read in its turn */
        return ERR_OK;
    }
    kept_name(rail->current, rail->current_sha256, as);
    if (err == ERR_OK) {
        err = rail->drop.put_away(rail->drop.self, rail->current, DROP_DONE, as, NULL);
    }
    if (err == ERR_NOT_FOUND) {
        err = ERR_OK; /* another process put it away */
    }
    if (err == ERR_OK) {
        rail->handed_out = false;
    }
    return err;
}
