/* One case from the call to the archive. */
#include "ops/ctl/demo_story.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "ops/ctl/ctl.h"
#include "ops/ctl/demo_bank.h"
#include "ops/ctl/demo_person.h"
#include "queue/base/clock.h"
#include "queue/domain/case_state.h"
#include "queue/domain/money.h"

#define BODY_MAX 16384
#define STEP_MS 30000  /* how long the demo waits for what the machine does by itself */
#define WAIT_SECONDS 5 /* one long poll */
#define FUND_LOW_FEN 500000
#define FUND_TOP_UP_FEN 2000000

/* A case under way. */
struct play {
    struct demo_api *api;
    const struct demo_story *story;
    struct demo_outcome *out;
    struct demo_person person;
    struct json *shown; /* the case as last answered */
    char officer[32];   /* name of the officer's token */
    int64_t claim;
    int64_t start_ms;
};

/* "   0.012 s  stored 已登记    …" */
static void tell(const struct play *p, const char *what, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void tell(const struct play *p, const char *what, const char *fmt, ...)
{
    int64_t ms = clock_mono_ms() - p->start_ms;
    va_list args;

    printf("  %3lld.%03lld s  %s: ", (long long)(ms / 1000), (long long)(ms % 1000), what);
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

static void tell_list(const struct json *list)
{
    struct slice text;

    for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
        if (json_string(v, &text) == ERR_OK && text.len > 0)
            printf("                 - %.*s\n", SLICE_FMT(text));
    }
}

static const char *yuan(int64_t fen)
{
    static char ring[8][MONEY_TEXT_ZH_SIZE]; /* so that one line may show several amounts */
    static unsigned next;

    char *out = ring[next++ % COUNT_OF(ring)];
    money_format_zh(fen, out);
    return out;
}

static bool read_fund(struct demo_api *api, const char *township, struct json **fund)
{
    char path[96];

    snprintf(path, sizeof(path), "/v1/townships/%s/fund", township);
    return demo_call(api, "finance", path, NULL, 0, fund);
}

static void tell_fund(const struct play *p, const char *when, const struct json *fund)
{
    struct slice township = demo_text(fund, "township");

    tell(p, "reserve fund 备用金",
         "%.*s %s: available %s, held %s, paid and waiting for review %s, confirmed %s",
         SLICE_FMT(township), when, yuan(demo_int(fund, "available_fen")),
         yuan(demo_int(fund, "held_fen")), yuan(demo_int(fund, "unreviewed_fen")),
         yuan(demo_int(fund, "confirmed_fen")));
}

/* Show the fund; give it money when the demo has been played often and it ran low. */
static bool prepare_fund(struct play *p, const char *township)
{
    struct json *fund = NULL, *fuller = NULL;
    struct buf body;
    struct json_out o;
    char path[96];

    if (!read_fund(p->api, township, &fund))
        return false;
    bool ok = true;
    if (demo_int(fund, "available_fen") < FUND_LOW_FEN) {
        buf_init(&body, BODY_MAX);
        json_out_init(&o, &body);
        json_open_object(&o, NULL);
        json_put_int(&o, "amount_fen", FUND_TOP_UP_FEN);
        json_put_text(&o, "reason", "试用：备用金不足，补充");
        json_close_object(&o);
        snprintf(path, sizeof(path), "/v1/funds/%s/allotments", township);
        ok = demo_call(p->api, "finance", path, &body, 0, &fuller);
        buf_release(&body);
        if (ok)
            tell(p, "allotted 拨款", "the fund was low, finance adds %s", yuan(FUND_TOP_UP_FEN));
    }
    if (ok) {
        p->out->fund_before_fen = demo_int(fuller != NULL ? fuller : fund, "available_fen");
        tell_fund(p, "before", fuller != NULL ? fuller : fund);
    }
    json_free(fund);
    json_free(fuller);
    return ok;
}

static void write_ticket(const struct play *p, struct buf *body)
{
    const struct demo_story *s = p->story;
    struct json_out o;

    json_out_init(&o, body);
    json_open_object(&o, NULL);
    json_put_text(&o, "channel", "call");
    json_put_text(&o, "cause", cause_word(s->cause));
    json_open_object(&o, "person");
    json_put_text(&o, "name", p->person.name);
    json_put_text(&o, "id_number", p->person.id_number);
    json_put_text(&o, "phone", p->person.phone);
    json_put_text(&o, "account", p->person.account);
    json_close_object(&o);
    json_open_object(&o, "place");
    if (s->code != NULL) {
        json_put_text(&o, "code", s->code);
    } else {
        json_put_degrees(&o, "lat", s->lat);
        json_put_degrees(&o, "lng", s->lng);
        json_put_text(&o, "crs", crs_word(s->crs));
    }
    json_close_object(&o);
    json_put_text(&o, "narrative", s->narrative);
    json_put_int(&o, "persons", s->persons);
    json_put_bool(&o, "shelter_lost", s->shelter_lost);
    json_put_bool(&o, "stranded", s->stranded);
    json_close_object(&o);
}

static bool take_call(struct play *p)
{
    struct buf body;
    struct json *answer = NULL;

    buf_init(&body, BODY_MAX);
    write_ticket(p, &body);
    bool ok = buf_err(&body) == ERR_OK;
    p->start_ms = clock_mono_ms();
    ok = ok && demo_call(p->api, "agent", "/v1/tickets", &body, 0, &answer);
    buf_release(&body);
    if (ok && slice_copy(demo_text(answer, "no"), p->out->no, sizeof(p->out->no)) == ERR_OK) {
        struct slice zh = demo_text(answer, "state_zh");
        tell(p, "stored", "%.*s, safe on disk; the case has the number %s", SLICE_FMT(zh),
             p->out->no);
        if (json_size(demo_at(answer, "missing")) > 0) {
            tell(p, "still to ask", "the answer lists");
            tell_list(demo_at(answer, "missing"));
        }
        tell_list(demo_at(answer, "advice"));
    } else {
        ok = false;
    }
    json_free(answer);
    return ok;
}

static bool in_state(const struct play *p, const char *const states[])
{
    struct slice state = demo_text(p->shown, "state");

    for (size_t i = 0; states[i] != NULL; i++) {
        if (slice_is(state, states[i]))
            return true;
    }
    return false;
}

static void show(struct play *p, struct json *fresh)
{
    if (fresh != NULL) {
        json_free(p->shown);
        p->shown = fresh;
    }
}

/* Wait until the case is in one of the states; bounded. */
static bool await_state(struct play *p, const char *who, const char *what,
                        const char *const states[])
{
    int64_t deadline_ms = clock_mono_ms() + STEP_MS;
    char path[96];

    while (!in_state(p, states)) {
        struct json *fresh = NULL;
        if (clock_mono_ms() >= deadline_ms) {
            struct slice state = demo_text(p->shown, "state");
            ctl_complain("case %s: %s did not happen within %d s; it is %.*s", p->out->no, what,
                         STEP_MS / 1000, SLICE_FMT(state));
            return false;
        }
        snprintf(path, sizeof(path), "/v1/cases/%s%s", p->out->no,
                 p->shown != NULL ? "?wait=5" : "");
        if (!demo_call(p->api, who, path, NULL, demo_int(p->shown, "version"), &fresh))
            return false;
        show(p, fresh);
    }
    return true;
}

static void tell_route(const struct play *p)
{
    const struct json *c = p->shown;
    struct slice code = demo_text(c, "township.code"), name = demo_text(c, "township.name");
    struct slice level = demo_text(c, "routing.level"), next_name;

    tell(p, "routed 派单", "to %.*s (%.*s), level %.*s, confidence %lld of 100", SLICE_FMT(name),
         SLICE_FMT(code), SLICE_FMT(level), (long long)demo_int(c, "routing.confidence"));
    tell_list(demo_at(c, "routing.why"));
    const struct json *list = demo_at(c, "routing.candidates");
    for (size_t i = 0; i < 4 && json_at(list, i) != NULL; i++) {
        const struct json *candidate = json_at(list, i);
        next_name = demo_text(candidate, "name");
        printf("                 %s %.*s",
               i == 0 ? "in charge:" : "next:     ", SLICE_FMT(next_name));
        if (json_kind(demo_at(candidate, "distance_m")) == JSON_NUMBER)
            printf(", %lld m away", (long long)demo_int(candidate, "distance_m"));
        putchar('\n');
    }
}

static void tell_decision(const struct play *p)
{
    const struct json *c = p->shown;
    struct slice type = demo_text(c, "decision.type"), urgency = demo_text(c, "decision.urgency");
    struct slice order = demo_text(c, "decision.standing_order");
    int64_t first_aid_fen = demo_int(c, "decision.first_aid_fen");

    if (first_aid_fen > 0)
        tell(p, "decided 先行救助",
             "by rule, under the standing order (授权令) %.*s: %s now of %s in all; type %.*s, "
             "urgency %.*s",
             SLICE_FMT(order), yuan(first_aid_fen), yuan(demo_int(c, "decision.amount_fen")),
             SLICE_FMT(type), SLICE_FMT(urgency));
    else
        tell(p, "left to a person 经办人决定",
             "the rules may not pay this by themselves; they propose %s; type %.*s, urgency %.*s",
             yuan(demo_int(c, "decision.amount_fen")), SLICE_FMT(type), SLICE_FMT(urgency));
    tell_list(demo_at(c, "decision.why"));
}

/* The payment that moved the money, from the case as answered. */
static bool take_payment(struct play *p)
{
    const struct json *list = demo_at(p->shown, "payments");

    for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
        if (!slice_is(demo_text(v, "state"), "SUCCEEDED"))
            continue;
        p->out->paid_fen = demo_int(v, "amount_fen");
        if (slice_copy(demo_text(v, "id"), p->out->payment, sizeof(p->out->payment)) != ERR_OK)
            return false;
        struct slice due = demo_text(p->shown, "review.due_at"),
                     review = demo_text(p->shown, "review.state");
        tell(p, "paid 已发放", "%s by the bank, payment %s; review (补齐手续) %.*s, due %.*s",
             yuan(p->out->paid_fen), p->out->payment, SLICE_FMT(review), SLICE_FMT(due));
        return true;
    }
    ctl_complain("case %s counts as paid, but no payment of it is SUCCEEDED", p->out->no);
    return false;
}

/* POST a verb on the case and remember the case it answers with. */
static bool act(struct play *p, const char *who, const char *verb, const char *reason,
                const char *answer, int64_t amount_fen)
{
    struct buf body;
    struct json_out o;
    struct json *fresh = NULL;
    char path[96];

    buf_init(&body, BODY_MAX);
    json_out_init(&o, &body);
    json_open_object(&o, NULL);
    if (strcmp(who, p->officer) == 0 && p->claim > 0)
        json_put_int(&o, "claim", p->claim);
    if (amount_fen > 0)
        json_put_int(&o, "amount_fen", amount_fen);
    if (answer != NULL)
        json_put_text(&o, "answer", answer);
    json_put_text(&o, "reason", reason);
    json_close_object(&o);
    snprintf(path, sizeof(path), "/v1/cases/%s/%s", p->out->no, verb);
    bool ok = demo_call(p->api, who, path, &body, 0, &fresh);
    buf_release(&body);
    show(p, fresh);
    return ok;
}

static bool claim(struct play *p)
{
    struct buf body;
    struct json *answer = NULL;
    char path[96];

    buf_init(&body, BODY_MAX);
    buf_putf(&body, "{\"case\":\"%s\"}", p->out->no);
    snprintf(path, sizeof(path), "/v1/townships/%s/claim", p->out->township);
    bool ok = demo_call(p->api, p->officer, path, &body, 0, &answer);
    buf_release(&body);
    if (ok && answer == NULL) {
        ctl_complain("case %s is not in the inbox of %s", p->out->no, p->out->township);
        ok = false;
    }
    p->claim = demo_int(answer, "claim");
    if (ok) {
        struct slice until = demo_text(answer, "until");
        tell(p, "claimed 领取",
             "the township's officer takes it from the inbox; it is his until %.*s",
             SLICE_FMT(until));
    }
    json_free(answer);
    return ok;
}

static bool find_officer(struct play *p)
{
    if (slice_copy(demo_text(p->shown, "township.code"), p->out->township,
                   sizeof(p->out->township)) != ERR_OK ||
        p->out->township[0] == '\0') {
        ctl_complain("case %s was not routed to a township", p->out->no);
        return false;
    }
    snprintf(p->officer, sizeof(p->officer), "officer-%s", p->out->township);
    if (demo_has_token(p->api, p->officer))
        return true;
    ctl_complain("there is no token %s; make it with `jiujictl token create --role officer --name "
                 "NAME --township %s`",
                 p->officer, p->out->township);
    return false;
}

static const char *const routed[] = {"DISPATCHED",     "ACCEPTED",   "FIRST_AID_APPROVED",
                                     "FIRST_AID_PAID", "PAY_FAILED", NULL};
static const char *const paid[] = {"FIRST_AID_PAID", NULL};

/* The rules pay by themselves; the officer signs for it afterwards. */
static bool paid_by_rule(struct play *p)
{
    if (!await_state(p, "agent", "the first aid by rule", paid))
        return false;
    tell_decision(p);
    if (!take_payment(p) || !claim(p))
        return false;
    if (!act(p, p->officer, "accept", "已联系本人，情况属实", NULL, 0))
        return false;
    tell(p, "accepted 受理", "the officer signs for the case");
    return true;
}

/* The rules propose, the officer decides. */
static bool paid_by_officer(struct play *p)
{
    tell_decision(p);
    if (!claim(p) || !act(p, p->officer, "accept", "受理", NULL, 0))
        return false;
    tell(p, "accepted 受理", "the officer signs for the case");
    if (!act(p, p->officer, "first-aid", p->story->officer_why, NULL, p->story->officer_fen))
        return false;
    tell(p, "approved 批准", "the officer gives %s: %s", yuan(p->story->officer_fen),
         p->story->officer_why);
    return await_state(p, "agent", "the payment", paid) && take_payment(p);
}

static bool complete(struct play *p)
{
    if (!act(p, p->officer, "papers", "申请表、身份证明、现场照片齐全", NULL, 0))
        return false;
    tell(p, "papers 补齐手续", "complete");
    if (!act(p, "reviewer", "confirm", "材料与发放一致", NULL, 0))
        return false;
    tell(p, "confirmed 复核确认", "by the county's reviewer, another person than the officer");
    if (!act(p, "agent", "follow-up", "电话回访，本人确认收到", "yes", 0))
        return false;
    tell(p, "followed up 回访", "the citizen says yes, the help has arrived");
    if (!act(p, "reviewer", "close", "办结归档", NULL, 0))
        return false;
    struct slice state = demo_text(p->shown, "state"), zh = demo_text(p->shown, "state_zh");
    tell(p, "closed 归档", "%.*s %.*s", SLICE_FMT(state), SLICE_FMT(zh));
    return slice_is(state, "ARCHIVED");
}

/* What an auditor finds: every step with who, when and why. */
static bool tell_history(const struct play *p)
{
    struct json *answer = NULL;
    char path[96];

    snprintf(path, sizeof(path), "/v1/cases/%s/events", p->out->no);
    if (!demo_call(p->api, "auditor", path, NULL, 0, &answer))
        return false;
    const struct json *events = demo_at(answer, "events");
    tell(p, "recorded 留痕", "%zu events, each with who, when and why:", json_size(events));
    for (const struct json *v = json_first(events); v != NULL; v = json_next(v)) {
        struct slice actor = demo_text(v, "actor"), verb = demo_text(v, "verb"),
                     to = demo_text(v, "to");
        printf("                 %lld. %.*s by %.*s -> %.*s\n", (long long)demo_int(v, "seq"),
               SLICE_FMT(verb), SLICE_FMT(actor), SLICE_FMT(to));
    }
    json_free(answer);
    return true;
}

static bool play(struct play *p, const char *expected)
{
    struct json *fund = NULL;

    if (!prepare_fund(p, expected) || !take_call(p) ||
        !await_state(p, "agent", "the routing to a township", routed) || !find_officer(p))
        return false;
    tell_route(p);
    if (!(p->story->officer_fen > 0 ? paid_by_officer(p) : paid_by_rule(p)) || !complete(p))
        return false;
    if (!demo_sms_tell(p->api, p->person.phone, 2) || !read_fund(p->api, p->out->township, &fund))
        return false;
    tell_fund(p, "after", fund);
    p->out->fund_after_fen = demo_int(fund, "available_fen");
    json_free(fund);
    return tell_history(p);
}

bool demo_story_play(struct demo_api *api, const struct demo_story *story, int number,
                     const char *expected, struct demo_outcome *out)
{
    struct play p = {.api = api, .story = story, .out = out, .start_ms = clock_mono_ms()};

    *out = (struct demo_outcome){.paid_fen = 0};
    if (demo_person_make(&p.person) != ERR_OK) {
        ctl_complain("the kernel gives no random bytes");
        return false;
    }
    printf("\nCase %d: %s\n  %s\n", number, story->title, story->told);
    bool ok = play(&p, expected);
    json_free(p.shown);
    return ok;
}
