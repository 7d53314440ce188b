#include "workers/conversation/dialogue.h"

#include "queue/base/utf8.h"

#define HOUR_MS INT64_C(3600000)
#define STORY_POINTS \
    6 /* characters from which a text of an unknown person is taken for a call for help */

static const struct {
    const char *word;
    int hours;
} ASKS[TALK_COUNT] = {
#define TALK_ROW(id, word, hours) {word, hours},
    TALK_TABLE(TALK_ROW)
#undef TALK_ROW
};

const char *talk_word(enum talk_ask ask)
{
    ASSERT(ask < TALK_COUNT);
    return ASKS[ask].word;
}

enum talk_ask talk_from_word(struct slice word)
{
    for (size_t i = 0; i < TALK_COUNT; i++) {
        if (slice_is(word, ASKS[i].word)) {
            return (enum talk_ask)i;
        }
    }
    return TALK_NOTHING;
}

int64_t talk_life_ms(enum talk_ask ask)
{
    ASSERT(ask < TALK_COUNT);
    return ASKS[ask].hours * HOUR_MS;
}

static void say(struct step *out, enum step_act act, const char *reply, enum talk_ask ask)
{
    out->act = act;
    out->reply = reply;
    out->ask = ask;
    out->misses = 0;
}

/* ---- Officers without a smartphone ---- */

static bool officer_step(const struct talk *t, const struct reading *r, struct step *out)
{
    if (t->ask != TALK_ACCEPT && t->ask != TALK_REASON) {
        return false;
    }
    if (r->number == 1 || (t->ask == TALK_ACCEPT && r->answer == ANSWER_YES)) {
        say(out, STEP_ACCEPT, "officer-done", TALK_NOTHING);
    } else if (r->number == 2 || (t->ask == TALK_ACCEPT && r->answer == ANSWER_NO)) {
        say(out, STEP_NOTHING, "officer-reason", TALK_REASON);
    } else if (t->ask == TALK_REASON && !r->empty) {
        say(out, STEP_RETURN, "officer-returned", TALK_NOTHING);
    } else {
        return false;
    }
    return true;
}

/* ---- What is missing ---- */

/* After text for an open or a new case: the next question, or none. */
static void ask_on(const struct talk *t, const struct reading *r, struct step *out)
{
    bool place = t->place_found || (t->routed && out->act == STEP_ADD);
    bool people = out->persons > 0 || (t->people_known && out->act == STEP_ADD);
    out->misses = 0;
    if (out->danger) {
        out->reply = place ? "danger" : "danger-place";
        out->ask = place ? TALK_NOTHING : TALK_PLACE;
    } else if (!place) {
        bool again = t->ask == TALK_PLACE && out->act == STEP_ADD;
        out->misses = again ? t->misses + 1 : 0;
        bool enough = out->misses >= PLACE_MISSES_MAX;
        out->reply = enough ? "place-to-person" : again ? "ask-place-again" : "ask-place";
        out->ask = enough ? TALK_NOTHING : TALK_PLACE;
        out->wants_person = out->wants_person || enough;
    } else if (!people) {
        out->reply = "ask-people";
        out->ask = TALK_PEOPLE;
        out->wait = out->act == STEP_ADD && !t->routed;
    } else if (r->id_number || r->card[0] != '\0') {
        out->reply = "no-numbers";
        out->ask = TALK_NOTHING;
    } else {
        /* a new place brings the news of who has the case; anything else is confirmed */
        out->reply = out->act == STEP_ADD && t->routed ? "added" : "";
        out->ask = TALK_NOTHING;
    }
}

static void tell_case(const struct talk *t, const struct reading *r, struct step *out)
{
    out->act = t->has_case && !r->other_event ? STEP_ADD : STEP_OPEN;
    ask_on(t, r, out);
}

/* ---- Words that mean the same at any time ---- */

static bool command_step(const struct talk *t, const struct reading *r, struct step *out)
{
    bool any = t->has_case || t->was_case;
    switch (r->command) {
    case COMMAND_NOT_ME:
        say(out, any ? STEP_UNLINK : STEP_NOTHING, any ? "not-me" : "", TALK_NOTHING);
        return true;
    case COMMAND_STATUS: say(out, STEP_STATUS, any ? "status" : "status-none", t->ask); return true;
    case COMMAND_WITHDRAW:
        say(out, STEP_NOTHING, t->has_case ? "withdraw-sure" : "status-none",
            t->has_case ? TALK_WITHDRAW : TALK_NOTHING);
        return true;
    case COMMAND_RATE:
        if (!any) {
            say(out, STEP_NOTHING, "status-none", TALK_NOTHING);
        } else if (r->stars > 0) {
            say(out, STEP_RATE, r->stars <= 2 ? "rated-low" : "rated", TALK_NOTHING);
            out->stars = r->stars;
        } else {
            say(out, STEP_NOTHING, "rate", TALK_RATING);
        }
        return true;
    case COMMAND_PERSON:
        say(out, t->has_case ? STEP_CALL : STEP_OPEN, "person", t->ask);
        out->wants_person = true;
        return true;
    case COMMAND_PLACE:
        if (!t->place_found && t->has_case) {
            say(out, STEP_NOTHING, "ask-place", TALK_PLACE);
            return true;
        }
        return false;
    case COMMAND_PEOPLE:
        if (r->persons == 0 && t->has_case) {
            say(out, STEP_NOTHING, "ask-people", TALK_PEOPLE);
            return true;
        }
        return false;
    default: return false;
    }
}

/* ---- Answers to what was asked ---- */

static bool answer_step(const struct talk *t, const struct reading *r, struct step *out)
{
    bool yes = r->number == 1 || (r->answer == ANSWER_YES && r->number < 0);
    bool no = r->number == 2 || (r->answer == ANSWER_NO && r->number < 0);
    switch (t->ask) {
    case TALK_MONEY:
        if (yes || no) {
            say(out, yes ? STEP_MONEY_YES : STEP_MONEY_NO, yes ? "money-yes" : "money-no",
                yes ? TALK_RATING : TALK_NOTHING);
            return true;
        }
        return false;
    case TALK_WITHDRAW:
        if (yes || no) {
            say(out, yes ? STEP_WITHDRAW : STEP_NOTHING, yes ? "" : "withdraw-kept", TALK_NOTHING);
            return true;
        }
        return false;
    case TALK_RATING: {
        int stars = r->number >= 1 && r->number <= 5 ? r->number : r->stars;
        if (stars > 0) {
            say(out, STEP_RATE, stars <= 2 ? "rated-low" : "rated", TALK_NOTHING);
            out->stars = stars;
        }
        return stars > 0;
    }
    case TALK_RECEIPT:
        if (r->digits[0] != '\0') {
            say(out, STEP_RECEIPT, "receipt-ok", TALK_NOTHING);
            return true;
        }
        return false;
    default: return false;
    }
}

/* A digit that answers nothing: the menu. */
static void digit_step(const struct talk *t, const struct reading *r, struct step *out)
{
    if (r->digits[0] != '\0' && t->has_case) {
        say(out, STEP_RECEIPT, "receipt-ok", t->ask);
    } else if (t->has_case && r->number == 1) {
        say(out, STEP_NOTHING, "ask-place", TALK_PLACE);
    } else if (t->has_case && r->number == 2) {
        say(out, STEP_NOTHING, "ask-people", TALK_PEOPLE);
    } else {
        say(out, STEP_NOTHING, "help", t->ask);
    }
}

/* Thanks and the like: no answer to them, two polite machines would never end. */
static bool polite(struct slice text)
{
    static const char *const WORDS[] = {"谢谢", "感谢", "多谢", "知道了", "明白", "辛苦", NULL};
    static const char *const WHOLE[] = {"好的", "嗯", "好", "收到", "ok", "是", "是的", "行", NULL};
    struct plain p;
    plain_make(text, &p);
    for (const char *const *word = WHOLE; *word != NULL; word++) {
        if (plain_is(&p, *word)) {
            return true;
        }
    }
    return utf8_count(slice_make(p.tight, p.tight_len)) <= 10 && plain_has_any(&p, WORDS) != NULL;
}

static void free_step(const struct talk *t, const struct reading *r, struct slice text,
                      struct step *out)
{
    struct plain p;
    plain_make(text, &p);
    bool says = r->help || r->persons > 0 || t->place_found;
    out->persons = r->persons;
    if (out->persons == 0 && t->ask == TALK_PEOPLE) {
        out->persons = reading_people(&p, true);
        says = says || out->persons > 0;
    }
    if (!says && polite(text)) {
        say(out, STEP_NOTHING, "", t->ask);
    } else if (says || (t->has_case && !r->empty) ||
               utf8_count(slice_make(p.tight, p.tight_len)) >= STORY_POINTS) {
        tell_case(t, r, out);
    } else {
        say(out, STEP_NOTHING, r->empty && t->has_case ? "" : "help", t->ask);
    }
}

/* 火 and 血 stand in names of places as well: as an answer to "where" they are a place when there
 * is such a place. */
static bool in_danger(const struct talk *t, const struct reading *r, struct slice text)
{
    struct plain p;
    if (!r->danger || t->ask != TALK_PLACE || !t->place_found || r->help) {
        return r->danger;
    }
    plain_make(text, &p);
    return strlen(reading_danger(&p)) > 3;
}

void dialogue_step(const struct talk *talk, const struct reading *r, struct slice text,
                   struct step *out)
{
    *out = (struct step){
        .reply = "", .ask = talk->ask, .misses = talk->misses, .wants_person = r->wants_person};
    if (talk->officer && officer_step(talk, r, out)) {
        return;
    }
    if (in_danger(talk, r, text)) {
        out->danger = true;
        out->persons = r->persons;
        tell_case(talk, r, out);
        return;
    }
    if (command_step(talk, r, out) || answer_step(talk, r, out)) {
        return;
    }
    bool people = talk->ask == TALK_PEOPLE && r->number >= 1 && r->number <= PERSONS_MAX;
    if (people) {
        out->persons = r->number;
        tell_case(talk, r, out);
    } else if (r->number >= 0 || r->digits[0] != '\0') {
        digit_step(talk, r, out);
    } else {
        free_step(talk, r, text, out);
    }
}
