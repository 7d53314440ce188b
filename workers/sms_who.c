#include "workers/sms_who.h"

#include <stdio.h>

void sms_who(const struct site *s, struct slice code, char out[SMS_WHO_SIZE])
{
    struct township t;
    struct county c;
    if (gazetteer_township(s->atlas.gazetteer, code, &t)) {
        snprintf(out, SMS_WHO_SIZE, "%s", t.name);
    } else if (gazetteer_county(s->atlas.gazetteer, code, &c)) {
        snprintf(out, SMS_WHO_SIZE, "%s值班席", c.name);
    } else {
        snprintf(out, SMS_WHO_SIZE, "值班席");
    }
}

static void nearer(struct slice text, int64_t now_ms, int64_t *due)
{
    int64_t at_ms;
    if (slice_to_int64(text, 0, INT64_MAX, &at_ms) == ERR_OK && at_ms > now_ms &&
        (*due == 0 || at_ms < *due)) {
        *due = at_ms;
    }
}

int64_t sms_next_due(struct slice review, struct slice clocks, int64_t now_ms)
{
    int64_t due = 0;
    struct slice state;
    int64_t review_ms;
    if (review_view_read(review, &state, &review_ms) && review_ms > now_ms) {
        due = review_ms;
    }
    while (clocks.len > 0) {
        struct slice one = slice_cut(&clocks, ';');
        struct slice kind = slice_cut(&one, '=');
        if (!slice_is(kind, "paused") && one.ptr != NULL) {
            nearer(slice_cut(&one, '/'), now_ms, &due);
        }
    }
    return due;
}

void sms_need(const struct case_facts *f, struct slice urgency, struct buf *out)
{
    enum urgency u = URGENCY_NORMAL;
    if (urgency_from_word(urgency, &u) != ERR_OK) {
        u = f->danger_to_life ? URGENCY_CRITICAL : URGENCY_NORMAL;
    }
    buf_putf(out, "%s，%s，%d人", urgency_zh(u), cause_zh(f->cause), f->persons);
    const struct {
        bool is;
        const char *zh;
    } needs[] = {{f->shelter_lost, "无住处"},
                 {f->food_lost, "无食物"},
                 {f->child_alone, "儿童无人照管"},
                 {f->wants_person, "要求人工"}};
    for (size_t i = 0; i < COUNT_OF(needs); i++) {
        if (needs[i].is) {
            buf_putf(out, "，%s", needs[i].zh);
        }
    }
}
