/* The account of a case's clocks, made from its events in one pass. */
#include "queue/domain/clocks.h"

/* A clock that has been started and not stopped yet. */
struct run {
    bool on, paused, booked, assumed;
    int number; /* of the latest run, also while it is off */
    int64_t due_ms;
    enum clocks_unit unit;
    size_t segment;
};

struct clocks_work {
    struct clocks_rules rules;
    struct arena *arena;
    size_t events;
    struct clocks_account out;
    size_t segment_cap, holder_cap;
    struct run runs[CLOCKS_KIND_COUNT];
    enum case_state state;
    int64_t at_ms, accepted_ms, paused_ms;
    bool signed_for;
    char inbox[DIVISION_CODE_SIZE], actor[CLOCKS_ACTOR_SIZE], reason[CLOCKS_REASON_SIZE];
    size_t holder;
    int64_t held_from_ms;
    bool held; /* somebody's time is running */
    enum err err;
};

/* Room for one more element; the old memory stays with the arena. */
static void *grow(struct clocks_work *w, void *list, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) {
        return list;
    }
    size_t more = *cap == 0 ? 8 : *cap * 2;
    void *room = arena_alloc(w->arena, more * size);
    if (room == NULL) {
        w->err = ERR_NO_MEMORY;
        return NULL;
    }
    if (count > 0) {
        memcpy(room, list, count * size);
    }
    *cap = more;
    return room;
}

static void copy_text(char *out, size_t size, const char *text)
{
    enum err err = slice_copy(slice_of(text), out, size);
    ASSERT(err == ERR_OK); /* the fields have the same sizes */
}

/* ---- Segments ---- */

static struct clocks_segment *segment_of(struct clocks_work *w, const struct run *r)
{
    return &w->out.segments[r->segment];
}

static void pause_open(struct clocks_work *w, struct clocks_segment *s, int64_t at_ms)
{
    size_t cap = s->pause_count; /* pauses are few: a new list each time */
    struct clocks_pause *list = grow(w, s->pauses, s->pause_count, &cap, sizeof(*list));
    if (list == NULL) {
        return;
    }
    s->pauses = list;
    struct clocks_pause *p = &list[s->pause_count++];
    copy_text(p->reason, sizeof(p->reason), w->reason);
    p->from_ms = at_ms;
    p->to_ms = 0;
}

static void pause_close(struct clocks_segment *s, int64_t at_ms)
{
    s->pauses[s->pause_count - 1].to_ms = at_ms;
}

static void segment_open(struct clocks_work *w, enum clocks_kind kind)
{
    struct run *r = &w->runs[kind];
    struct clocks_segment *list =
        grow(w, w->out.segments, w->out.segment_count, &w->segment_cap, sizeof(*list));
    if (list == NULL) {
        return;
    }
    w->out.segments = list;
    r->segment = w->out.segment_count++;
    struct clocks_segment *s = &list[r->segment];
    *s = (struct clocks_segment){.kind = kind, .run = r->number, .started_ms = w->at_ms};
    copy_text(s->inbox, sizeof(s->inbox), w->inbox);
    copy_text(s->actor, sizeof(s->actor), w->actor);
    if (r->paused) {
        pause_open(w, s, w->at_ms);
    }
}

/* What a segment comes to if it ended at end_ms. */
static void segment_reckon(const struct run *r, struct clocks_segment *s, int64_t end_ms)
{
    int64_t stood = 0;
    for (size_t i = 0; i < s->pause_count; i++) {
        int64_t to_ms = s->pauses[i].to_ms == 0 ? end_ms : s->pauses[i].to_ms;
        stood += to_ms - s->pauses[i].from_ms;
    }
    s->due_ms = r->due_ms;
    s->booked = r->booked;
    s->assumed = r->assumed;
    s->used_ms = end_ms - s->started_ms - stood;
    s->overdue_ms = 0;
    if (r->due_ms == 0) {
        return;
    }
    if (r->paused) {
        end_ms = s->pauses[s->pause_count - 1].from_ms;
    }
    int64_t from_ms = r->due_ms > s->started_ms ? r->due_ms : s->started_ms;
    int64_t late_ms = end_ms > from_ms ? end_ms - from_ms : 0;
    s->overdue_ms = late_ms < s->used_ms ? late_ms : s->used_ms;
}

static void segment_close(struct clocks_work *w, const struct run *r)
{
    struct clocks_segment *s = segment_of(w, r);
    segment_reckon(r, s, w->at_ms);
    if (r->paused) {
        pause_close(s, w->at_ms);
    }
    s->state = CLOCKS_STOPPED;
    s->ended_ms = w->at_ms;
}

/* ---- Runs ---- */

static struct clocks_term term_of(const struct clocks_work *w, enum clocks_kind kind)
{
    bool ordinary = w->state == CASE_APPROVED || w->state == CASE_PAYING;
    return kind == CLOCKS_PAY && ordinary ? w->rules.pay_ordinary : w->rules.terms[kind];
}

/* Where a term is counted from. */
static int64_t term_from(const struct clocks_work *w, enum clocks_kind kind)
{
    bool first_aid = clocks_first_aid(w->state);
    switch (kind) {
    case CLOCKS_DISPATCH: return w->out.first_contact_ms;
    case CLOCKS_PAY:
    case CLOCKS_PAPERS:
    case CLOCKS_REVIEW: /* from acceptance, or from the first aid when it came before */
        return first_aid && w->accepted_ms > 0 ? w->accepted_ms : w->at_ms;
    case CLOCKS_ACCEPT:
    case CLOCKS_RETURN:
    case CLOCKS_PUBLICITY:
    case CLOCKS_COUNTY:
    case CLOCKS_FOLLOW_UP:
    case CLOCKS_KIND_COUNT: break;
    }
    return w->at_ms;
}

static void run_start(struct clocks_work *w, enum clocks_kind kind)
{
    struct run *r = &w->runs[kind];
    struct clocks_term term = term_of(w, kind);
    struct clocks_times times = {.due_ms = 0}; /* stays so: no such term */
    *r = (struct run){.on = true, .number = r->number + 1, .unit = term.unit};
    enum err err = clocks_due(w->rules.calendar, term, &w->rules.pace, term_from(w, kind), &times,
                              &r->assumed);
    ASSERT(err == ERR_OK || times.due_ms == 0);
    r->due_ms = times.due_ms;
    segment_open(w, kind);
}

static void run_stop(struct clocks_work *w, enum clocks_kind kind)
{
    struct run *r = &w->runs[kind];
    segment_close(w, r);
    r->on = false;
    r->paused = false;
}

static void runs_sync(struct clocks_work *w, unsigned wanted)
{
    for (int k = 0; k < CLOCKS_KIND_COUNT; k++) {
        if (w->runs[k].on && (wanted & CLOCKS_BIT(k)) == 0) {
            run_stop(w, (enum clocks_kind)k);
        }
    }
    for (int k = 0; k < CLOCKS_KIND_COUNT && w->err == ERR_OK; k++) {
        if (!w->runs[k].on && (wanted & CLOCKS_BIT(k)) != 0) {
            run_start(w, (enum clocks_kind)k);
        }
    }
}

/* ---- Holders ---- */

static void holder_stop(struct clocks_work *w)
{
    if (w->held) {
        w->out.holders[w->holder].held_ms += w->at_ms - w->held_from_ms;
        w->held = false;
    }
}

static void holder_start(struct clocks_work *w)
{
    size_t i = 0;
    while (i < w->out.holder_count && (strcmp(w->out.holders[i].inbox, w->inbox) != 0 ||
                                       strcmp(w->out.holders[i].actor, w->actor) != 0)) {
        i++;
    }
    if (i == w->out.holder_count) {
        struct clocks_holder *list =
            grow(w, w->out.holders, w->out.holder_count, &w->holder_cap, sizeof(*list));
        if (list == NULL) {
            return;
        }
        w->out.holders = list;
        list[i] = (struct clocks_holder){.held_ms = 0};
        copy_text(list[i].inbox, sizeof(list[i].inbox), w->inbox);
        copy_text(list[i].actor, sizeof(list[i].actor), w->actor);
        w->out.holder_count++;
    }
    w->out.holders[i].times++;
    w->holder = i;
    w->held_from_ms = w->at_ms;
    w->held = true;
}

/* From now on somebody else has it: every running clock begins a segment of his. The time to sign
 * for it begins anew for each inbox that it comes into. */
static void holder_change(struct clocks_work *w, const char *inbox, const char *actor)
{
    bool moved = strcmp(inbox, w->inbox) != 0;
    if (!moved && strcmp(actor, w->actor) == 0) {
        return;
    }
    holder_stop(w);
    copy_text(w->inbox, sizeof(w->inbox), inbox);
    copy_text(w->actor, sizeof(w->actor), actor);
    for (int k = 0; k < CLOCKS_KIND_COUNT && w->err == ERR_OK; k++) {
        struct run *r = &w->runs[k];
        if (!r->on) {
            continue;
        }
        struct clocks_segment *s = segment_of(w, r);
        if (s->started_ms == w->at_ms) { /* nobody held it for no time */
            copy_text(s->inbox, sizeof(s->inbox), inbox);
            copy_text(s->actor, sizeof(s->actor), actor);
        } else if (moved && (k == CLOCKS_ACCEPT || k == CLOCKS_RETURN)) {
            run_stop(w, (enum clocks_kind)k);
            run_start(w, (enum clocks_kind)k);
        } else {
            segment_close(w, r);
            segment_open(w, (enum clocks_kind)k);
        }
    }
    if (w->err == ERR_OK && !case_state_final(w->state)) {
        holder_start(w);
    }
}

/* ---- Events ---- */

static bool by_person(const char *actor)
{
    return slice_starts_with(slice_of(actor), "officer:") ||
           slice_starts_with(slice_of(actor), "reviewer:");
}

/* Who has taken the case on: the time to sign for it is over. */
static void sign_for(struct clocks_work *w, const struct clocks_event *e)
{
    if (e->verb == VERB_ACCEPT || (e->verb == VERB_FIRST_AID && by_person(e->actor))) {
        w->accepted_ms = w->signed_for ? w->accepted_ms : w->at_ms;
        w->signed_for = true;
    } else if (e->verb == VERB_RETURN || e->verb == VERB_DISPATCH || e->verb == VERB_DESIGNATE) {
        w->accepted_ms = 0;
        w->signed_for = false;
    }
    w->out.returns += e->verb == VERB_RETURN;
}

static unsigned wanted_in(const struct clocks_work *w)
{
    unsigned wanted = clocks_in_state(w->state);
    bool unseen = w->state == CASE_FIRST_AID_APPROVED || w->state == CASE_FIRST_AID_PAID ||
                  w->state == CASE_PAY_FAILED;
    if (unseen && !w->signed_for && w->runs[CLOCKS_ACCEPT].on) {
        wanted |= CLOCKS_BIT(CLOCKS_ACCEPT);
    }
    return wanted;
}

static void pause_all(struct clocks_work *w, const char *reason)
{
    unsigned may = CLOCKS_PAUSABLE;
    if (w->out.paused || clocks_first_aid(w->state)) {
        return;
    }
    copy_text(w->reason, sizeof(w->reason), reason);
    for (int k = 0; k < CLOCKS_KIND_COUNT; k++) {
        struct run *r = &w->runs[k];
        if (r->on && (may & CLOCKS_BIT(k)) != 0 && w->state != CASE_PAY_FAILED) {
            pause_open(w, segment_of(w, r), w->at_ms);
            r->paused = true;
            w->out.paused = true;
        }
    }
    w->paused_ms = w->at_ms;
}

static void resume_all(struct clocks_work *w)
{
    for (int k = 0; k < CLOCKS_KIND_COUNT; k++) {
        struct run *r = &w->runs[k];
        struct clocks_times times;
        if (!r->on || !r->paused) {
            continue;
        }
        pause_close(segment_of(w, r), w->at_ms);
        r->paused = false;
        if (r->due_ms > 0 && r->unit != TERM_NONE &&
            clocks_resume(w->rules.calendar, r->unit, &w->rules.pace, r->due_ms, w->paused_ms,
                          w->at_ms, &times, &r->assumed) == ERR_OK) {
            r->due_ms = times.due_ms;
            r->booked = false;
        }
    }
    w->out.paused = false;
}

static void book(struct clocks_work *w, const struct clocks_event *e)
{
    for (int k = 0; k < CLOCKS_KIND_COUNT; k++) {
        if (w->runs[k].on && e->due_ms[k] > 0) {
            w->runs[k].due_ms = e->due_ms[k];
            w->runs[k].booked = true;
        }
    }
}

static void apply(struct clocks_work *w, const struct clocks_event *e)
{
    w->at_ms = e->at_ms > w->at_ms ? e->at_ms : w->at_ms;
    enum case_state before = w->state;
    w->state = e->to;
    sign_for(w, e);
    if (case_state_final(w->state) && !case_state_final(before)) {
        w->out.ended_ms = w->at_ms;
        holder_stop(w);
    } else if (!case_state_final(w->state) && case_state_final(before)) {
        w->out.ended_ms = 0; /* opened again: money came back, or a later check failed */
        holder_start(w);
    }
    runs_sync(w, wanted_in(w));
    if (w->err != ERR_OK) {
        return;
    }
    if (e->moved) {
        holder_change(w, e->holder, "");
    }
    if (e->verb == VERB_CLAIM) {
        holder_change(w, w->inbox, e->actor);
    } else if (e->verb == VERB_HAND_BACK) {
        holder_change(w, w->inbox, "");
    }
    book(w, e);
    if (e->verb == VERB_PAUSE) {
        pause_all(w, e->pause);
    } else if (e->verb == VERB_RESUME) {
        resume_all(w);
        book(w, e);
    }
    bool held = false; /* a pause ends with the last clock that it holds */
    for (int k = 0; k < CLOCKS_KIND_COUNT; k++) {
        held = held || (w->runs[k].on && w->runs[k].paused);
    }
    w->out.paused = held;
}

/* What still runs, as of now. */
static void finish(struct clocks_work *w, int64_t now_ms)
{
    w->at_ms = now_ms > w->at_ms ? now_ms : w->at_ms;
    for (int k = 0; k < CLOCKS_KIND_COUNT; k++) {
        const struct run *r = &w->runs[k];
        if (r->on) {
            struct clocks_segment *s = segment_of(w, r);
            segment_reckon(r, s, w->at_ms);
            s->state = r->paused ? CLOCKS_PAUSED : CLOCKS_RUNNING;
        }
    }
    holder_stop(w);
    for (size_t i = 0; i < w->out.holder_count; i++) {
        w->out.total_ms += w->out.holders[i].held_ms;
    }
}

struct clocks_work *clocks_account_begin(int64_t first_contact_ms, const struct clocks_rules *rules,
                                         struct arena *arena)
{
    struct clocks_work *w = arena_alloc(arena, sizeof(*w));
    if (w != NULL) {
        w->rules = *rules;
        w->arena = arena;
        w->state = CASE_NONE;
        w->err = ERR_OK;
        w->out.first_contact_ms = first_contact_ms;
    }
    return w;
}

enum err clocks_account_add(struct clocks_work *w, const struct clocks_event *event)
{
    struct clocks_event e = *event;
    ASSERT(w->err == ERR_OK);
    if (w->events == CLOCKS_EVENTS_MAX) {
        w->err = ERR_TOO_LARGE;
        return w->err;
    }
    if (w->events++ ==
        0) { /* the citizen's clock runs from here, whenever the case was written down */
        int64_t first_ms = w->out.first_contact_ms;
        e.at_ms = first_ms > 0 && first_ms < e.at_ms ? first_ms : e.at_ms;
        w->out.first_contact_ms = e.at_ms;
        w->at_ms = e.at_ms;
        holder_start(w);
    }
    if (w->err == ERR_OK) {
        apply(w, &e);
    }
    return w->err;
}

enum err clocks_account_end(struct clocks_work *w, int64_t now_ms, struct clocks_account *out)
{
    ASSERT(w->err == ERR_OK);
    if (w->events == 0) {
        return ERR_INPUT;
    }
    finish(w, now_ms);
    *out = w->out;
    return ERR_OK;
}

enum err clocks_account(const struct clocks_event *events, size_t n, int64_t first_contact_ms,
                        const struct clocks_rules *rules, int64_t now_ms, struct arena *arena,
                        struct clocks_account *out)
{
    struct clocks_work *w = clocks_account_begin(first_contact_ms, rules, arena);
    enum err err = w == NULL ? ERR_NO_MEMORY : ERR_OK;
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        err = clocks_account_add(w, &events[i]);
    }
    return err == ERR_OK ? clocks_account_end(w, now_ms, out) : err;
}
