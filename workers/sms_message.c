#include "workers/sms_message.h"

#include "queue/base/log.h"
#include "workers/routing/chain.h"

#define TEXT_BYTES_MAX 32768
#define CLOCK_SKEW_MS 120000 /* by which an operator's clock may differ from ours */

/* ---- What was written ---- */

static bool part_there(const struct sms_part *p)
{
    return p->no.len > 0;
}

/* Sender and text of every part that is there. */
static enum err open_parts(struct site *s, struct sms_message_in *m)
{
    struct buf all;
    enum err err = ERR_OK;
    bool any = false;
    buf_init(&all, TEXT_BYTES_MAX);
    for (size_t i = 0; i < m->row.part_count && err == ERR_OK; i++) {
        const struct sms_part *p = &m->row.parts[i];
        struct personal person = {.has_point = false};
        if (!part_there(p)) {
            continue;
        }
        err = personal_unseal(s->sealer, p->no, p->wrapped_key, p->sealed, &s->arena, &person);
        if (err == ERR_OK) {
            buf_put_slice(&all, person.narrative);
            m->from = person.phone;
            m->new_text = !any || m->part == (int)i + 1 ? person.narrative : m->new_text;
            any = true;
        }
    }
    if (err == ERR_OK) {
        err = runtime_keep(s, &all, &m->text);
    }
    buf_release(&all);
    return err == ERR_NOT_FOUND || (err == ERR_OK && !any) ? ERR_CORRUPT : err;
}

/* "5200…9-2" is part 2 of the message 5200…9. */
static void read_id(struct sms_message_in *m)
{
    struct slice rest = m->job->id;
    int64_t part = 0;
    m->no = slice_cut(&rest, '-');
    m->part = rest.len > 0 && slice_to_int64(rest, 1, 255, &part) == ERR_OK ? (int)part : 0;
}

/* ---- What it is about ---- */

static bool is_over(enum case_state state)
{
    return state == CASE_ARCHIVED || state == CASE_WITHDRAWN || state == CASE_DUPLICATE ||
           state == CASE_CANCELLED || state == CASE_CONSULT_CLOSED;
}

static bool ends_with(struct slice text, const char *end)
{
    size_t len = strlen(end);
    return text.len >= len && memcmp(text.ptr + text.len - len, end, len) == 0;
}

/* The case that is named by its last digits, else the one that was asked about, else the newest
 * open one. */
static const struct sms_case *choose_among(const struct sms_case *cases, size_t n, const char *tail,
                                           struct slice asked)
{
    const struct sms_case *open = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct sms_case *c = &cases[i];
        if (tail[0] != '\0' ? ends_with(c->no, tail) : slice_eq(c->no, asked)) {
            return c;
        }
        if (open == NULL && !is_over(c->state)) {
            open = c;
        }
    }
    if (tail[0] != '\0') {
        return NULL; /* another number than any that was told to this telephone */
    }
    return open != NULL ? open : n > 0 ? &cases[0] : NULL;
}

/* What was offered to an officer is not his own: it is chosen only where he answers the offer. */
static bool answers_offer(const struct sms_message_in *m, bool stands)
{
    const struct sms_loaded *row = &m->row;
    enum talk_ask ask = stands ? talk_from_word(row->ask_word) : TALK_NOTHING;
    bool digit = m->reading.number == 1 || m->reading.number == 2;
    bool tail = digit && m->reading.tail[0] != '\0' &&
                choose_among(row->offered, row->offered_count, m->reading.tail,
                             slice_make(NULL, 0)) != NULL;
    return row->officer_actor.len > 0 &&
           (tail || (digit && ask == TALK_ACCEPT) || ask == TALK_REASON ||
            (ask == TALK_ACCEPT && m->reading.answer != ANSWER_NONE));
}

/* A question counts while its time runs, and for messages that are not older than it. */
static bool question_stands(const struct sms_loaded *row, int64_t now_ms)
{
    bool older = row->time_ms > 0 && row->time_ms + CLOCK_SKEW_MS < row->asked_ms;
    return row->ask_word.len > 0 && now_ms <= row->ask_until_ms && !older;
}

static enum err open_case(struct site *s, struct sms_message_in *m)
{
    struct json *root = NULL;
    enum err err = json_parse(m->about->facts, &root, NULL);
    if (err == ERR_OK) {
        err = facts_read(root, &m->facts);
        json_free(root);
    }
    if (err == ERR_OK) {
        err = personal_unseal(s->sealer, m->about->no, m->about->wrapped_key, m->about->sealed,
                              &s->arena, &m->person);
        m->erased = err == ERR_NOT_FOUND;
    }
    return m->erased ? ERR_OK : err == ERR_INPUT ? ERR_CORRUPT : err;
}

static bool names_township(struct site *s, struct slice text)
{
    static struct route_result result; /* one message at a time */
    const struct place_query query = {.text = text,
                                      .prior_code = region_prefix(s->settings->region)};
    return atlas_route(&s->atlas, &query, &result) == ERR_OK && result.level == ROUTE_TOWNSHIP &&
           region_holds(s->settings->region, slice_of(result.code));
}

static enum err find_place(struct site *s, struct sms_message_in *m)
{
    struct buf text;
    m->place_here = m->place_found = names_township(s, m->text);
    if (m->place_here || !m->open || m->talk.routed) {
        return ERR_OK;
    }
    buf_init(&text, 2 * ROUTE_TEXT_MAX);
    buf_put_slice(&text, m->person.address); /* in the order in which the route stage reads them */
    buf_put_char(&text, ' ');
    buf_put_slice(&text, m->person.narrative);
    buf_put_char(&text, ' ');
    buf_put_slice(&text, m->text);
    enum err err = buf_err(&text);
    if (err == ERR_OK) {
        m->place_found = names_township(s, buf_slice(&text));
    }
    buf_release(&text);
    return err == ERR_TOO_LARGE ? ERR_OK : err;
}

/* What was asked, also where the digit names its case and the question is an older one. */
static enum talk_ask ask_of(const struct sms_message_in *m, bool stands, bool offer)
{
    enum talk_ask ask = stands ? talk_from_word(m->row.ask_word) : TALK_NOTHING;
    bool digit = m->reading.number == 1 || m->reading.number == 2;
    if (offer) {
        return ask == TALK_REASON ? ask : TALK_ACCEPT;
    }
    if (m->about != NULL && m->reading.tail[0] != '\0' && digit &&
        !(stands && slice_eq(m->about->no, m->row.ask_case))) {
        bool money = m->about->approved.len > 0 && !slice_is(m->about->approved, "0");
        ask = money ? TALK_MONEY : ask;
    }
    return ask;
}

static enum err understand(struct site *s, struct sms_message_in *m, int64_t now_ms)
{
    enum err err = ERR_OK;
    bool stands = question_stands(&m->row, now_ms);
    reading_make(m->text, now_ms, &m->reading);
    bool offer = answers_offer(m, stands);
    struct slice asked = stands ? m->row.ask_case : slice_make(NULL, 0);
    m->about = offer ? choose_among(m->row.offered, m->row.offered_count, m->reading.tail, asked)
                     : choose_among(m->row.cases, m->row.case_count, m->reading.tail, asked);
    m->open = m->about != NULL && !is_over(m->about->state);
    if (m->open) {
        err = open_case(s, m);
        m->open = !m->erased;
    }
    m->talk = (struct talk){
        .has_case = m->open,
        .was_case = m->about != NULL && !m->open,
        .routed = m->open && m->about->state != CASE_RECEIVED && m->about->state != CASE_TRIAGED,
        .people_known = m->row.people_known,
        .officer = offer,
        .ask = ask_of(m, stands, offer),
        .misses = (int)m->row.misses,
    };
    if (err == ERR_OK) {
        err = find_place(s, m);
    }
    m->talk.place_found = m->place_found;
    return err;
}

enum err sms_message_read(struct site *s, struct sms_message_in *m, int64_t now_ms, bool *found)
{
    read_id(m);
    sms_load_begin(store_fcall(s->store), s->settings->region);
    fcall_slice(store_fcall(s->store), m->no);
    enum err err = runtime_call(s, "sms_load", &m->reply);
    if (err == ERR_OK) {
        err = sms_load_read(m->reply, &m->row, 1);
    }
    *found = err == ERR_OK && m->row.found;
    if (*found) {
        err = open_parts(s, m);
    }
    if (*found && err == ERR_OK) {
        err = understand(s, m, now_ms);
    }
    return err;
}
