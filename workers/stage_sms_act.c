/* What a message does: opens a case, adds to it, or speaks a verb about it in the citizen's or the
 * officer's name. Every call to the store is keyed by the message, so that a second delivery of the
 * job changes nothing. */
#include "workers/sms_message.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/base/utf8.h"
#include "workers/sms_who.h"

#define CITIZEN "citizen:sms"
#define HOUR_MS INT64_C(3600000)
#define NARRATIVE_BYTES_MAX 20000 /* what comes behind stays in the message, not in the case */
#define ADDRESS_POINTS_MAX 300
#define REASON_POINTS_MAX 60
#define UNREADABLE_ZH "（收到一条无法读出的短信，请回电）"

/* ---- Facts and personal data ---- */

static void merge_facts(const struct reading *r, const struct step *step, struct case_facts *f)
{
    f->persons = step->persons > 0 ? step->persons : f->persons;
    f->cause = f->cause == CAUSE_OTHER ? r->cause : f->cause;
    f->danger_to_life = f->danger_to_life || step->danger;
    f->shelter_lost = f->shelter_lost || r->shelter_lost;
    f->food_lost = f->food_lost || r->food_lost;
    f->child_alone = f->child_alone || r->child_alone;
    f->income_stopped = f->income_stopped || r->income_stopped;
    f->stranded = f->stranded || r->stranded || f->cause == CAUSE_STRANDED;
    f->recognised = f->recognised || r->recognised;
    f->wants_person = f->wants_person || step->wants_person;
}

static enum err keep_facts(struct site *s, const struct case_facts *f, struct slice *out)
{
    struct buf text;
    struct json_out o;
    buf_init(&text, 4096);
    json_out_init(&o, &text);
    facts_write(f, &o, NULL);
    enum err err = runtime_keep(s, &text, out);
    buf_release(&text);
    return err;
}

/* "account:6222…@card" of a number that came by itself; the bank that it belongs to is found by the
 * rail. */
static enum err keep_account(struct site *s, const char *card, struct personal *p)
{
    char account[64];
    if (card[0] == '\0' || p->account.len > 0) {
        return ERR_OK;
    }
    snprintf(account, sizeof(account), "account:%s@card", card);
    const char *kept = arena_text(&s->arena, slice_of(account));
    p->account = slice_of(kept);
    return kept == NULL ? ERR_NO_MEMORY : ERR_OK;
}

/* Sealed with the case's key. */
static enum err keep_sealed(struct site *s, const unsigned char key[SEAL_KEY_BYTES],
                            struct slice no, const struct personal *p, struct slice *out)
{
    struct buf plain, sealed;
    buf_init(&plain, SEAL_TEXT_MAX);
    buf_init(&sealed, SEAL_TEXT_MAX + SEAL_OVERHEAD);
    personal_write(p, &plain);
    enum err err = buf_err(&plain);
    if (err == ERR_OK) {
        err = seal_text(s->sealer, key, no, buf_slice(&plain), &sealed);
    }
    if (err == ERR_OK) {
        err = runtime_keep(s, &sealed, out);
    }
    if (plain.ptr != NULL) {
        OPENSSL_cleanse(plain.ptr, plain.cap);
    }
    buf_release(&plain);
    buf_release(&sealed);
    return err;
}

/* ---- A new case ---- */

static enum err open_new(struct site *s, struct sms_message_in *m, struct slice narrative,
                         int64_t now_ms)
{
    unsigned char key[SEAL_KEY_BYTES];
    unsigned char *wrapped = arena_alloc(&s->arena, SEAL_WRAPPED_BYTES);
    char *hash = arena_alloc(&s->arena, SEAL_HASH_SIZE);
    struct case_facts facts = {.received_ms = m->row.received_ms,
                               .channel = CHANNEL_SMS,
                               .cause = CAUSE_OTHER,
                               .persons = 1};
    struct personal person = {.phone = m->from, .narrative = narrative};
    if (wrapped == NULL || hash == NULL) {
        return ERR_NO_MEMORY;
    }
    merge_facts(&m->reading, &m->step, &facts);
    enum err err = keep_account(s, m->reading.card, &person);
    if (err == ERR_OK) {
        err = personal_hash(s->sealer, &person, m->no, hash);
    }
    if (err == ERR_OK) {
        err = seal_make_key(s->sealer, m->no, key, wrapped);
    }
    if (err == ERR_OK) {
        err = keep_sealed(s, key, m->no, &person, &m->end.sealed);
        OPENSSL_cleanse(key, sizeof(key));
    }
    if (err == ERR_OK) {
        err = keep_facts(s, &facts, &m->end.facts);
    }
    if (err == ERR_OK) {
        err = runtime_tail(s, now_ms, CITIZEN, SLICE_LIT("短信求助"), "", &m->end.event_tail);
    }
    m->end.person_hash = slice_make(hash, SEAL_HASH_SIZE - 1);
    m->end.wrapped_key = slice_make((const char *)wrapped, SEAL_WRAPPED_BYTES);
    m->end.job_score = now_ms - (facts.danger_to_life ? HOUR_MS : 0);
    m->end.link = m->no;
    m->end.people_known = m->step.persons > 0;
    m->reply_case = m->no;
    return err;
}

/* ---- Verbs ---- */

/* actor may be the citizen or an officer. extra: of the verb. */
static enum err speak(struct site *s, struct sms_message_in *m, enum case_verb verb,
                      const char *actor, struct slice reason, const struct slice *extra,
                      size_t extra_count, int64_t claim, struct slice notify,
                      struct act_result *result)
{
    char idem[SEAL_HASH_SIZE];
    char name[JOB_ID_SIZE + 48];
    redisReply *reply = NULL;
    struct act_request r = {
        .no = m->about->no,
        .verb = verb,
        .actor = slice_of(actor),
        .claim = claim,
        .idem_hash = slice_make(idem, SEAL_HASH_SIZE - 1),
        .fingerprint = slice_make(idem, SEAL_HASH_SIZE - 1),
        .notify = notify,
        .clocks = slice_make("", 0),
        .extra_count = extra_count,
    };
    ASSERT(extra_count <= ACT_EXTRA_MAX);
    for (size_t i = 0; i < extra_count; i++) {
        r.extra[i] = extra[i];
    }
    r.version = verb == VERB_ADD ? m->about->version : 0;
    snprintf(name, sizeof(name), "%.*s|%s|%.*s", SLICE_FMT(m->job->id), case_verb_word(verb),
             SLICE_FMT(r.no));
    enum err err = seal_hash(s->sealer, "sms-act", slice_of(name), idem);
    if (err == ERR_OK) {
        err = runtime_tail(s, clock_now_ms(), actor, reason, "", &r.event_tail);
    }
    if (err == ERR_OK) {
        act_write(store_fcall(s->store), s->settings->region, &r);
        err = runtime_call(s, "act", &reply);
    }
    if (err == ERR_OK) {
        err = act_read(reply, result);
        freeReplyObject(reply);
    }
    if (err == ERR_OK && result->outcome != ACT_OK && result->outcome != ACT_REPLAYED) {
        log_event(LOG_INFO, "sms_word_refused", "message=%.*s verb=%s outcome=%d refusal=%s",
                  SLICE_FMT(m->no), case_verb_word(verb), (int)result->outcome,
                  result->outcome == ACT_REFUSED ? act_refusal_word(result->refusal) : "");
    }
    return err;
}

static bool taken(const struct act_result *r)
{
    return r->outcome == ACT_OK || r->outcome == ACT_REPLAYED;
}

/* A word of the citizen that moves nothing: into the history. */
static enum err note(struct site *s, struct sms_message_in *m, const char *word, const char *reason)
{
    struct act_result result;
    const struct slice extra[] = {slice_of(word)};
    return speak(s, m, VERB_NOTE, CITIZEN, slice_of(reason), extra, 1, 0, slice_make("", 0),
                 &result);
}

/* ---- Adding ---- */

static enum err join_narrative(struct site *s, struct sms_message_in *m)
{
    struct buf text;
    struct slice more = m->row.unreadable ? SLICE_LIT(UNREADABLE_ZH)
                        : m->part > 0     ? m->new_text
                                          : m->text;
    bool first =
        m->part == 1 && slice_eq(m->about->no, m->no); /* its other parts were here before it */
    if (m->person.narrative.len + more.len + 1 > NARRATIVE_BYTES_MAX) {
        return ERR_OK;
    }
    buf_init(&text, NARRATIVE_BYTES_MAX + 8);
    buf_put_slice(&text, first ? more : m->person.narrative);
    if (!(m->part > 1 && slice_eq(m->about->no, m->no)) && !first) {
        buf_put_char(&text, '\n');
    }
    buf_put_slice(&text, first ? m->person.narrative : more);
    enum err err = runtime_keep(s, &text, &m->person.narrative);
    buf_release(&text);
    return err;
}

static enum err add(struct site *s, struct sms_message_in *m, const char *reason, int64_t now_ms)
{
    unsigned char key[SEAL_KEY_BYTES];
    char score[24] = "";
    struct slice extra[4];
    struct act_result result;
    bool place = m->place_found && !m->talk.routed;
    merge_facts(&m->reading, &m->step, &m->facts);
    if (place && m->talk.ask == TALK_PLACE) {
        m->person.address = utf8_prefix(m->text, ADDRESS_POINTS_MAX);
    }
    enum err err = keep_account(s, m->reading.card, &m->person);
    if (err == ERR_OK) {
        err = join_narrative(s, m);
    }
    if (err == ERR_OK) {
        err = seal_unwrap_key(s->sealer, m->about->no, m->about->wrapped_key, key);
    }
    if (err == ERR_OK) {
        err = keep_sealed(s, key, m->about->no, &m->person, &extra[1]);
        OPENSSL_cleanse(key, sizeof(key));
    }
    if (err == ERR_OK) {
        err = keep_facts(s, &m->facts, &extra[0]);
    }
    if (err != ERR_OK) {
        return err;
    }
    if (place && !m->step.wait) {
        snprintf(score, sizeof(score), "%lld",
                 (long long)(now_ms - (m->step.danger ? HOUR_MS : 0)));
    }
    extra[2] = slice_of(score);
    extra[3] = slice_of(m->step.danger ? urgency_word(URGENCY_CRITICAL) : "");
    err = speak(s, m, VERB_ADD, CITIZEN, slice_of(reason), extra, 4, 0, slice_make("", 0), &result);
    m->again =
        err == ERR_OK && result.outcome == ACT_VERSION; /* facts and texts are written as a whole */
    m->refused = err == ERR_OK && !taken(&result) && !m->again;
    if (m->step.wait) {
        m->end.wait_case = m->about->no;
        m->end.wait_ms = now_ms + s->settings->sms_gather_ms;
    }
    if (m->step.persons > 0) {
        m->end.people_known = 1;
    }
    return err;
}

/* ---- The citizen's words ---- */

static enum err withdraw(struct site *s, struct sms_message_in *m)
{
    struct act_result result;
    enum err err = speak(s, m, VERB_WITHDRAW, CITIZEN, SLICE_LIT("群众短信撤回"), NULL, 0, 0,
                         slice_make("", 0), &result);
    if (err != ERR_OK || taken(&result)) {
        m->reply_name = "withdrawn";
        return err;
    }
    m->reply_name = "withdraw-late";
    return note(s, m, "withdraw", "群众短信要求撤回，请联系");
}

static enum err rate(struct site *s, struct sms_message_in *m)
{
    struct act_result result;
    char stars[4];
    snprintf(stars, sizeof(stars), "%d", m->step.stars);
    const struct slice extra[] = {slice_of(stars)};
    enum err err = speak(s, m, VERB_RATE, CITIZEN, SLICE_LIT("群众短信评价"), extra, 1, 0,
                         slice_make("", 0), &result);
    if (err == ERR_OK && !taken(&result)) {
        log_event(LOG_INFO, "sms_rating_not_taken", "case=%.*s outcome=%d", SLICE_FMT(m->about->no),
                  (int)result.outcome);
    }
    return err;
}

/* The money came: where the review is done that is the follow-up; before it the word is kept until
 * then. */
static enum err money_yes(struct site *s, struct sms_message_in *m)
{
    struct act_result result;
    enum err err = speak(s, m, VERB_FOLLOW_UP, CITIZEN, SLICE_LIT("群众短信确认收到"), NULL, 0, 0,
                         slice_make("", 0), &result);
    if (err == ERR_OK && !taken(&result)) {
        err = note(s, m, "money-yes", "群众短信确认收到");
    }
    return err;
}

/* A new case about an old one. */
static enum err complain(struct site *s, struct sms_message_in *m, int64_t now_ms)
{
    struct buf text;
    struct slice narrative;
    buf_init(&text, 512);
    buf_putf(&text, "群众短信回复：没有收到求助件%.*s的救助金，该件已办结，请核查。",
             SLICE_FMT(m->about->no));
    enum err err = runtime_keep(s, &text, &narrative);
    buf_release(&text);
    return err == ERR_OK ? open_new(s, m, narrative, now_ms) : err;
}

static enum err money_no(struct site *s, struct sms_message_in *m, int64_t now_ms)
{
    struct act_result result;
    const struct slice extra[] = {SLICE_LIT("no"), slice_of(s->settings->region)};
    enum err err = speak(s, m, VERB_ATTEMPT, CITIZEN, SLICE_LIT("群众短信回复没有收到钱"), extra, 2,
                         0, slice_make("", 0), &result);
    if (err == ERR_OK &&
        result.outcome == ACT_MOVE) { /* closed already: a matter of its own, for a person */
        m->step.wants_person = true;
        err = complain(s, m, now_ms);
    } else if (err == ERR_OK && !taken(&result)) {
        err = note(s, m, "money-no", "群众短信回复没有收到钱");
    }
    return err;
}

/* Everything that this telephone was told about: somebody there is not the one. */
static enum err unlink_all(struct site *s, struct sms_message_in *m)
{
    enum err err = ERR_OK;
    m->end.unlink = true;
    for (size_t i = 0; i < m->row.case_count && err == ERR_OK; i++) {
        m->about = &m->row.cases[i];
        err = note(s, m, "wrong-number", "此号码回复不是本人，短信已停发，请另行联系");
    }
    return err;
}

/* The code stands with the payment that is handed over: "<payment>|<hash>|…". */
static enum err receipt(struct site *s, struct sms_message_in *m)
{
    struct act_result result = {.outcome = ACT_NOT_FOUND};
    char text[CASE_NO_SIZE + READING_DIGITS_MAX + 2], hash[SEAL_HASH_SIZE];
    struct slice rest = m->about->hand;
    struct slice payment = slice_cut(&rest, '|');
    enum err err = ERR_OK;
    if (payment.len > 0) {
        snprintf(text, sizeof(text), "%.*s:%s", SLICE_FMT(m->about->no), m->reading.digits);
        err = seal_hash(s->sealer, "receipt", slice_of(text), hash);
        const struct slice extra[] = {payment, slice_of(hash)};
        if (err == ERR_OK) {
            err = speak(s, m, VERB_RECEIPT, CITIZEN, SLICE_LIT("群众短信回读签收码"), extra, 2, 0,
                        slice_make("", 0), &result);
        }
    }
    bool wrong = result.outcome == ACT_REFUSED && result.refusal == REFUSAL_WRONG_CODE;
    m->reply_name = taken(&result) ? "receipt-ok" : wrong ? "receipt-bad" : "receipt-none";
    m->end.ask_word = slice_of(talk_word(wrong                         ? TALK_RECEIPT
                                         : m->talk.ask == TALK_RECEIPT ? TALK_NOTHING
                                                                       : m->talk.ask));
    return err;
}

/* ---- The officer ---- */

static enum err claim_it(struct site *s, struct sms_message_in *m, const char *actor,
                         struct claim_result *out)
{
    char idem[SEAL_HASH_SIZE], name[JOB_ID_SIZE + 16];
    redisReply *reply = NULL;
    struct claim_request r = {
        .inbox = m->row.officer_township,
        .actor = slice_of(actor),
        .no = m->about->no,
        .claim_ms = s->settings->claim_ms,
        .idem_hash = slice_make(idem, SEAL_HASH_SIZE - 1),
        .fingerprint = slice_make(idem, SEAL_HASH_SIZE - 1),
    };
    snprintf(name, sizeof(name), "%.*s|claim", SLICE_FMT(m->job->id));
    enum err err = seal_hash(s->sealer, "sms-act", slice_of(name), idem);
    if (err == ERR_OK) {
        err = runtime_tail(s, clock_now_ms(), actor, SLICE_LIT("短信领取"), "", &r.event_tail);
    }
    if (err == ERR_OK) {
        claim_write(store_fcall(s->store), s->settings->region, &r);
        err = runtime_call(s, "claim", &reply);
    }
    if (err == ERR_OK) {
        err = claim_read(reply, out);
        freeReplyObject(reply);
    }
    return err;
}

static enum err officer_act(struct site *s, struct sms_message_in *m, enum case_verb verb)
{
    struct claim_result claim;
    struct act_result result = {.outcome = ACT_STALE};
    char who[SMS_WHO_SIZE], notify[SMS_WHO_SIZE + 16] = "";
    const char *actor = arena_text(&s->arena, m->row.officer_actor);
    const struct slice extra[] = {slice_of(s->settings->region)};
    bool returned = verb == VERB_RETURN;
    bool personal =
        m->reading.id_number || m->reading.card[0] != '\0' || m->reading.digits[0] != '\0';
    struct slice reason = !returned  ? SLICE_LIT("短信受理")
                          : personal ? SLICE_LIT("短信退回，理由请与经办人联系")
                                     : utf8_prefix(slice_trim(m->text), REASON_POINTS_MAX);
    if (actor == NULL) {
        return ERR_NO_MEMORY;
    }
    if (!returned) {
        sms_who(s, m->row.officer_township, who);
        snprintf(notify, sizeof(notify), "accepted|%s|0", who);
    }
    enum err err = claim_it(s, m, actor, &claim);
    if (err == ERR_OK && claim.outcome == CLAIM_OK) {
        err = speak(s, m, verb, actor, reason, extra, returned ? 1 : 0, claim.claim,
                    slice_of(notify), &result);
    }
    if (err == ERR_OK && !taken(&result)) {
        m->reply_name = "officer-late";
    }
    return err;
}

/* ---- The table ---- */

static enum err act_on_case(struct site *s, struct sms_message_in *m, int64_t now_ms)
{
    switch (m->step.act) {
    case STEP_ADD: return add(s, m, "群众短信补充情况", now_ms);
    case STEP_CALL: return add(s, m, "群众短信要求人工联系", now_ms);
    case STEP_WITHDRAW: return withdraw(s, m);
    case STEP_RATE: return rate(s, m);
    case STEP_UNLINK: return unlink_all(s, m);
    case STEP_MONEY_YES: return money_yes(s, m);
    case STEP_MONEY_NO: return money_no(s, m, now_ms);
    case STEP_RECEIPT: return receipt(s, m);
    case STEP_ACCEPT: return officer_act(s, m, VERB_ACCEPT);
    case STEP_RETURN: return officer_act(s, m, VERB_RETURN);
    default: return ERR_OK;
    }
}

enum err sms_message_act(struct site *s, struct sms_message_in *m, int64_t now_ms)
{
    m->reply_name = m->step.reply;
    m->reply_case = m->about != NULL ? m->about->no : slice_make("", 0);
    m->end.people_known = -1;
    m->end.ask_word = slice_of(talk_word(m->step.ask));
    m->end.ask_life_ms = talk_life_ms(m->step.ask);
    m->end.misses = m->step.misses;
    enum err err = ERR_OK;
    if (m->step.act == STEP_OPEN) {
        err = open_new(s, m, m->row.unreadable ? SLICE_LIT(UNREADABLE_ZH) : m->text, now_ms);
    } else if (m->about != NULL) {
        err = act_on_case(s, m, now_ms);
    }
    m->end.ask_case = m->reply_case;
    return err;
}
