#include "server/ticket.h"

#include "integrations/calls/calls.h"
#include "queue/base/utf8.h"
#include "queue/domain/id_number.h"
#include "queue/domain/phone.h"

#define DANGER_TEXT_MAX \
    40000 /* bytes: what SEAL_TEXT_MAX leaves room for when every quote is escaped */

struct reader {
    struct ticket *t;
    struct arena *arena;
    enum err err; /* ERR_NO_MEMORY ends everything */
};

static void fault(struct reader *r, const char *pointer, const char *detail)
{
    if (r->t->fault_count < TICKET_FAULTS_MAX) {
        r->t->faults[r->t->fault_count++] =
            (struct problem_error){.pointer = pointer, .detail = detail};
    }
}

static void missing(struct reader *r, const char *field)
{
    if (r->t->missing_count < TICKET_MISSING_MAX) {
        r->t->missing[r->t->missing_count++] = field;
    }
}

/* Every member of v must be one of `names` (ends with NULL). */
static void only(struct reader *r, const struct json *v, const char *const *names,
                 const char *pointer)
{
    for (const struct json *m = json_first(v); m != NULL; m = json_next(m)) {
        const char *const *name = names;
        while (*name != NULL && strcmp(*name, json_name(m)) != 0) {
            name++;
        }
        if (*name == NULL) {
            fault(r, pointer, "有不认识的字段，请对照接口说明删去或改正。");
            return;
        }
    }
}

/* Optional text of at most max_points characters, copied. */
static void text(struct reader *r, const struct json *v, const char *pointer, size_t max_points,
                 struct slice *out)
{
    struct slice s;
    if (json_kind(v) == JSON_ABSENT || json_kind(v) == JSON_NULL) {
        return;
    }
    if (json_string(v, &s) != ERR_OK) {
        fault(r, pointer, "须为文字。");
        return;
    }
    s = slice_trim(s);
    if (utf8_count(s) > max_points) {
        fault(r, pointer, "文字太长，请缩短。");
        return;
    }
    const char *copy = arena_text(r->arena, s);
    if (copy == NULL) {
        r->err = ERR_NO_MEMORY;
        return;
    }
    *out = slice_make(copy, s.len);
}

static void number(struct reader *r, const struct json *v, const char *pointer, int64_t min,
                   int64_t max, const char *detail, int64_t *out)
{
    if (json_kind(v) == JSON_ABSENT || json_kind(v) == JSON_NULL) {
        return;
    }
    if (json_int64(v, min, max, out) != ERR_OK) {
        fault(r, pointer, detail);
    }
}

static void flag(struct reader *r, const struct json *v, const char *pointer, bool *out)
{
    if (json_kind(v) != JSON_ABSENT && json_kind(v) != JSON_NULL && json_bool(v, out) != ERR_OK) {
        fault(r, pointer, "须为 true 或 false。");
    }
}

static void phone(struct reader *r, const struct json *v, const char *pointer, struct slice *out)
{
    struct slice raw = slice_make(NULL, 0);
    struct phone parsed;
    text(r, v, pointer, 40, &raw);
    if (raw.len == 0) {
        return;
    }
    if (phone_parse(raw, &parsed) != ERR_OK || parsed.kind == PHONE_SERVICE) {
        fault(r, pointer, "电话号码不对：请填 11 位手机号，或带区号的固定电话。");
        return;
    }
    const char *copy = arena_text(r->arena, slice_of(parsed.text));
    if (copy == NULL) {
        r->err = ERR_NO_MEMORY;
        return;
    }
    *out = slice_of(copy);
}

static void read_id_number(struct reader *r, const struct json *v, const char *pointer,
                           int64_t now_ms, struct slice *out)
{
    struct slice raw = slice_make(NULL, 0);
    struct id_number id;
    enum id_number_fault why = ID_NUMBER_OK;
    text(r, v, pointer, 32, &raw);
    if (raw.len == 0) {
        return;
    }
    if (id_number_parse(raw, now_ms, &id, &why) != ERR_OK) {
        fault(r, pointer, id_number_fault_zh(why));
        return;
    }
    const char *copy = arena_text(r->arena, slice_of(id.text));
    if (copy == NULL) {
        r->err = ERR_NO_MEMORY;
        return;
    }
    *out = slice_of(copy);
}

static void account(struct reader *r, const struct json *v, struct slice *out)
{
    text(r, v, "/person/account", 128, out);
    struct slice rest = *out;
    if (out->len == 0) {
        return;
    }
    struct slice kind = slice_cut(&rest, ':');
    struct slice digits = slice_cut(&rest, '@');
    bool plain = true;
    for (size_t i = 0; i < out->len; i++) {
        plain = plain && out->ptr[i] > 0x20 && out->ptr[i] < 0x7F;
    }
    if (!plain || kind.len == 0 || digits.len == 0 || rest.len == 0) {
        fault(r, "/person/account", "收款账户须写成 account:账号@银行 的形式。");
        *out = slice_make(NULL, 0);
    }
}

static void read_person(struct reader *r, const struct json *v, int64_t now_ms)
{
    static const char *const NAMES[] = {"name", "id_number", "phone", "account", NULL};
    struct personal *p = &r->t->person;
    if (json_kind(v) == JSON_ABSENT) {
        return;
    }
    if (json_kind(v) != JSON_OBJECT) {
        fault(r, "/person", "须为对象。");
        return;
    }
    only(r, v, NAMES, "/person");
    text(r, json_get(v, "name"), "/person/name", 60, &p->name);
    read_id_number(r, json_get(v, "id_number"), "/person/id_number", now_ms, &p->id_number);
    phone(r, json_get(v, "phone"), "/person/phone", &p->phone);
    account(r, json_get(v, "account"), &p->account);
}

/* The other members of the household: whose relief counts with this one's. */
static void read_household(struct reader *r, const struct json *v, int64_t now_ms)
{
    static const char *const NAMES[] = {"name", "id_number", NULL};
    static const char POINTER[] = "/household";
    struct buf lines;
    if (json_kind(v) == JSON_ABSENT || json_kind(v) == JSON_NULL) {
        return;
    }
    if (json_kind(v) != JSON_ARRAY || json_size(v) > COUNT_OF(r->t->members)) {
        fault(r, POINTER, "家庭成员须为数组，不含本人，最多 19 人。");
        return;
    }
    buf_init(&lines, 8192);
    for (const struct json *m = json_first(v); m != NULL; m = json_next(m)) {
        struct slice name = slice_make(NULL, 0), id = slice_make(NULL, 0);
        size_t faults = r->t->fault_count;
        only(r, m, NAMES, POINTER);
        text(r, json_get(m, "name"), POINTER, 60, &name);
        read_id_number(r, json_get(m, "id_number"), POINTER, now_ms, &id);
        if (id.len == 0 && r->t->fault_count == faults) {
            fault(r, POINTER, "每个家庭成员须有身份证号 id_number。");
        }
        if (id.len == 0 || r->err != ERR_OK) {
            continue;
        }
        r->t->members[r->t->member_count++] = id;
        buf_put_text(&lines, lines.len > 0 ? "\n" : "");
        buf_put_slice(&lines, name);
        buf_put_text(&lines, name.len > 0 ? " " : "");
        buf_put_slice(&lines, id);
    }
    const char *kept = buf_err(&lines) == ERR_OK ? arena_text(r->arena, buf_slice(&lines)) : NULL;
    r->t->person.household = slice_make(kept, kept == NULL ? 0 : lines.len);
    r->err = kept == NULL ? ERR_NO_MEMORY : r->err;
    buf_release(&lines);
}

static void read_reporter(struct reader *r, const struct json *v)
{
    static const char *const NAMES[] = {"name", "phone", "relation", NULL};
    struct personal *p = &r->t->person;
    if (json_kind(v) == JSON_ABSENT) {
        return;
    }
    if (json_kind(v) != JSON_OBJECT) {
        fault(r, "/reporter", "须为对象。");
        return;
    }
    only(r, v, NAMES, "/reporter");
    text(r, json_get(v, "name"), "/reporter/name", 60, &p->reporter_name);
    phone(r, json_get(v, "phone"), "/reporter/phone", &p->reporter_phone);
    text(r, json_get(v, "relation"), "/reporter/relation", 30, &p->reporter_relation);
}

static void read_point(struct reader *r, const struct json *v)
{
    struct personal *p = &r->t->person;
    const struct json *lat = json_get(v, "lat"), *lng = json_get(v, "lng"),
                      *crs = json_get(v, "crs");
    struct slice word;
    if (json_kind(lat) == JSON_ABSENT && json_kind(lng) == JSON_ABSENT) {
        return;
    }
    if (json_double(lat, -1e6, 1e6, &p->lat) != ERR_OK ||
        json_double(lng, -1e6, 1e6, &p->lng) != ERR_OK) {
        fault(r, "/place/lat", "纬度 lat 和经度 lng 须同时给出，均为数字（度）。");
        return;
    }
    p->has_point = true;
    if (json_kind(crs) != JSON_ABSENT &&
        (json_string(crs, &word) != ERR_OK || crs_from_word(word, &p->crs) != ERR_OK)) {
        fault(r, "/place/crs", "坐标系须为 WGS-84、GCJ-02 或 BD-09。");
    }
}

static void read_place(struct reader *r, const struct json *v)
{
    static const char *const NAMES[] = {"code", "lat", "lng", "crs", "address", NULL};
    struct slice code = slice_make(NULL, 0);
    if (json_kind(v) == JSON_ABSENT) {
        return;
    }
    if (json_kind(v) != JSON_OBJECT) {
        fault(r, "/place", "须为对象。");
        return;
    }
    only(r, v, NAMES, "/place");
    text(r, json_get(v, "code"), "/place/code", 12, &code);
    if (code.len > 0 &&
        (!slice_all_digits(code) || (code.len != 6 && code.len != 9 && code.len != 12) ||
         slice_copy(code, r->t->facts.place_code, sizeof(r->t->facts.place_code)) != ERR_OK)) {
        fault(r, "/place/code", "区划代码须为 6、9 或 12 位数字。");
    }
    read_point(r, v);
    text(r, json_get(v, "address"), "/place/address", 300, &r->t->person.address);
}

static void read_words(struct reader *r, const struct json *body)
{
    struct case_facts *f = &r->t->facts;
    const struct json *channel = json_get(body, "channel"), *cause = json_get(body, "cause");
    struct slice word;
    f->channel = CHANNEL_CALL;
    if (channel != NULL &&
        (json_string(channel, &word) != ERR_OK || channel_from_word(word, &f->channel) != ERR_OK)) {
        fault(r, "/channel", "受理渠道须为 call、sms、web、officer 或 third_party。");
    }
    f->cause = CAUSE_OTHER;
    if (cause != NULL &&
        (json_string(cause, &word) != ERR_OK || cause_from_word(word, &f->cause) != ERR_OK)) {
        fault(r, "/cause", "急难事由不在代码表中，请对照接口说明；不清楚时填 other。");
    } else if (cause == NULL) {
        missing(r, "cause");
    }
}

static void read_facts(struct reader *r, const struct json *body)
{
    struct case_facts *f = &r->t->facts;
    int64_t persons = 1, months = 0;
    number(r, json_get(body, "persons"), "/persons", 1, PERSONS_MAX, "人数须为 1 到 100 的整数。",
           &persons);
    number(r, json_get(body, "months"), "/months", 0, MONTHS_MAX, "困难月数须为 0 到 24 的整数。",
           &months);
    number(r, json_get(body, "net_expense_fen"), "/net_expense_fen", 0, AMOUNT_FEN_MAX,
           "金额须为整数，单位是分。", &f->net_expense_fen);
    number(r, json_get(body, "asked_fen"), "/asked_fen", 0, AMOUNT_FEN_MAX,
           "金额须为整数，单位是分。", &f->asked_fen);
    f->persons = (int)persons;
    f->months = (int)months;
    flag(r, json_get(body, "danger_to_life"), "/danger_to_life", &f->danger_to_life);
    flag(r, json_get(body, "shelter_lost"), "/shelter_lost", &f->shelter_lost);
    flag(r, json_get(body, "food_lost"), "/food_lost", &f->food_lost);
    flag(r, json_get(body, "child_alone"), "/child_alone", &f->child_alone);
    flag(r, json_get(body, "income_stopped"), "/income_stopped", &f->income_stopped);
    flag(r, json_get(body, "recognised"), "/recognised", &f->recognised);
    flag(r, json_get(body, "wants_person"), "/wants_person", &f->wants_person);
    flag(r, json_get(body, "stranded"), "/stranded", &f->stranded);
}

/* The call this ticket is made from: then nobody has to call back on it. */
static void read_call(struct reader *r, const struct json *body)
{
    struct slice *id = &r->t->call_id, *source = &r->t->call_source;
    text(r, json_get(body, "call_id"), "/call_id", CALLS_ID_MAX, id);
    text(r, json_get(body, "call_source"), "/call_source", CALLS_SOURCE_MAX, source);
    if (id->len > 0 && !calls_id_ok(*id)) {
        fault(r, "/call_id", "通话编号须为 1 到 128 个可见 ASCII 字符。");
    }
    if (source->len == 0) {
        *source = slice_of(CALLS_SOURCE_DEFAULT);
    } else if (!calls_source_ok(*source)) {
        fault(r, "/call_source", "交换机名须为 1 到 32 个字母、数字、点、横线。");
    }
}

/* Two facts are enough: a way to call back and any hint of a place. In danger of life nothing may
 * be missing too much. */
static void look_for_gaps(struct reader *r)
{
    const struct ticket *t = r->t;
    bool callback = t->person.phone.len > 0 || t->person.reporter_phone.len > 0;
    bool on_the_line = t->call_id.len > 0; /* who hides his number is helped all the same */
    bool place = t->facts.place_code[0] != '\0' || t->person.has_point ||
                 t->person.address.len > 0 || t->person.narrative.len > 0;
    if (!callback) {
        missing(r, "person.phone");
    }
    if (!place) {
        missing(r, "place");
    }
    bool told = false; /* a malformed phone has been named already */
    for (size_t i = 0; i < t->fault_count; i++) {
        told = told || strstr(t->faults[i].pointer, "/phone") != NULL;
    }
    if (!t->facts.danger_to_life && !callback && !told && !on_the_line) {
        fault(r, "/person/phone", "请至少留一个能回拨的电话（本人或报告人）。");
    }
    if (!t->facts.danger_to_life && !place) {
        fault(r, "/place", "请至少给出一点地点线索：区划代码、坐标、地址或情况描述。");
    }
    if (t->person.has_point && t->person.crs == CRS_NONE) {
        missing(r, "place.crs");
    }
    if (t->person.account.len == 0) {
        missing(r, "person.account");
    }
    if (t->person.id_number.len == 0) {
        missing(r, "person.id_number");
    }
}

/* Where life is in danger nothing is refused: what cannot be understood is asked for again, and
 * kept as it came, behind the narrative (sealed with it), so that a number with one wrong digit is
 * not lost. */
static void keep_what_is_faulty(struct reader *r, const struct json *body)
{
    struct ticket *t = r->t;
    struct buf text;
    buf_init(&text, DANGER_TEXT_MAX);
    buf_put_slice(&text, t->person.narrative);
    buf_put_text(&text, " ");
    json_print(body, &text);
    const char *copy = buf_err(&text) == ERR_OK ? arena_text(r->arena, buf_slice(&text)) : NULL;
    if (copy == NULL) {
        r->err = buf_err(&text) == ERR_TOO_LARGE ? ERR_TOO_LARGE : ERR_NO_MEMORY;
    } else {
        t->person.narrative = slice_make(copy, text.len);
        for (size_t i = 0; i < t->fault_count; i++) {
            missing(r, t->faults[i].pointer);
        }
        t->fault_count = 0;
    }
    buf_release(&text);
}

enum err ticket_read(const struct json *body, int64_t now_ms, struct arena *arena,
                     struct ticket *out)
{
    static const char *const NAMES[] = {"channel",    "cause",          "person",
                                        "reporter",   "place",          "narrative",
                                        "persons",    "months",         "net_expense_fen",
                                        "asked_fen",  "danger_to_life", "shelter_lost",
                                        "food_lost",  "child_alone",    "income_stopped",
                                        "recognised", "wants_person",   "stranded",
                                        "household",  "relative_of",    "call_id",
                                        "call_source", NULL};
    struct reader r = {.t = out, .arena = arena, .err = ERR_OK};
    *out = (struct ticket){.facts = {.received_ms = now_ms}};
    if (json_kind(body) != JSON_OBJECT) {
        fault(&r, "", "请求体须为 JSON 对象。");
        return ERR_INPUT;
    }
    only(&r, body, NAMES, "");
    read_words(&r, body);
    read_person(&r, json_get(body, "person"), now_ms);
    read_reporter(&r, json_get(body, "reporter"));
    read_place(&r, json_get(body, "place"));
    text(&r, json_get(body, "narrative"), "/narrative", 2000, &out->person.narrative);
    read_household(&r, json_get(body, "household"), now_ms);
    text(&r, json_get(body, "relative_of"), "/relative_of", 60, &out->person.relative_of);
    out->facts.relative_declared = out->person.relative_of.len > 0;
    read_call(&r, body);
    read_facts(&r, body);
    look_for_gaps(&r);
    if (r.err == ERR_OK && out->fault_count > 0 && out->facts.danger_to_life) {
        keep_what_is_faulty(&r, body);
    }
    if (r.err != ERR_OK) {
        return r.err;
    }
    return out->fault_count == 0 ? ERR_OK : ERR_INPUT;
}
