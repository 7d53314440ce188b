/* Open311 GeoReport v2 at /open311/v2/: discovery, services, requests, tokens, in JSON and XML. A
 * request becomes a ticket like any other (channel third_party); what is shown of it is its state,
 * its kind and its township, and nothing of the person. Only what came this way is shown. */
#include <stdio.h>
#include "integrations/open311/open311.h"
#include "queue/base/clock.h"
#include "queue/store/calls_open311.h"
#include "server/api_open311.h"
#include "server/http/query.h"
#include "server/open311_read.h"

#define CHANGESET "2026-11-22T00:00:00+08:00"
#define SERVICE_GROUP "临时救助"

bool open311_xml(const struct op *op)
{
    size_t n = strlen(op->route->pattern);
    return n > 4 && strcmp(op->route->pattern + n - 4, ".xml") == 0;
}

void open311_reply(struct op *op, int status, struct open311_out *o)
{
    enum err err = open311_end(o);
    if (err != ERR_OK) {
        op->problem = NULL;
        op_reply_problem(op, err, "答复太大或内存不足。");
    } else {
        op_reply_text(op, status, o->xml ? OPEN311_TYPE_XML : OPEN311_TYPE_JSON, &o->text);
    }
    open311_release(o);
}

/* Problems in the words of GeoReport: 404, 403 for anything with keys, 400 for the rest of ours. */
void open311_problem(struct op *op, const struct problem *p)
{
    struct open311_out o;
    struct buf text;
    int status = problem_status(p);
    status = status == 401 ? 403 : status == 422 || status == 409 ? 400 : status;
    buf_init(&text, 4096);
    buf_put_text(&text, p->detail);
    for (size_t i = 0; i < p->error_count; i++) {
        buf_putf(&text, " %s %s", p->errors[i].pointer, p->errors[i].detail);
    }
    open311_begin(&o, open311_xml(op));
    open311_error(&o, status, buf_slice(&text));
    open311_reply(op, status, &o);
    buf_release(&text);
}

bool open311_begin_op(struct op *op)
{
    char text[16];
    struct slice value;
    op->problem = open311_problem;
    enum err err = query_get(op->query, "jurisdiction_id", text, sizeof(text), &value);
    if (err != ERR_NOT_FOUND && (err != ERR_OK || !slice_is(value, op->g->settings->region))) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个 jurisdiction_id。");
        return false;
    }
    return true;
}

/* ---- discovery, services ---- */

void open311_discovery(struct op *op)
{
    const struct open311_discovery d = {
        .url = op->g->settings->open311_url,
        .contact = "民政临时救助热线；危及生命请直接拨打 110、119、120。",
        .key_service = "api_key 是本系统 machine 角色的访问令牌，由管理员发放。",
        .changeset = CHANGESET};
    struct open311_out o;
    op->problem = open311_problem;
    open311_begin(&o, open311_xml(op));
    open311_discovery_write(&o, &d);
    open311_reply(op, 200, &o);
}

void open311_services(struct op *op)
{
    struct open311_out o;
    if (!open311_begin_op(op)) {
        return;
    }
    open311_begin(&o, open311_xml(op));
    open311_open_list(&o, "services", "service");
    for (enum cause c = 0; c < CAUSE_COUNT; c++) {
        open311_open(&o, NULL);
        open311_text(&o, "service_code", slice_of(cause_word(c)));
        open311_text(&o, "service_name", slice_of(cause_zh(c)));
        open311_text(&o, "description", SLICE_LIT("遭遇突发困难、基本生活暂时难以维持的求助。"));
        open311_bool(&o, "metadata", false);
        open311_text(&o, "type", SLICE_LIT("realtime"));
        open311_text(&o, "keywords", slice_of(cause_zh(c)));
        open311_text(&o, "group", SLICE_LIT(SERVICE_GROUP));
        open311_close(&o);
    }
    open311_close(&o);
    open311_reply(op, 200, &o);
}

void open311_service(struct op *op)
{
    struct open311_out o;
    enum cause cause;
    if (!open311_begin_op(op)) {
        return;
    }
    if (cause_from_word(op->params[0], &cause) != ERR_OK) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个 service_code。");
        return;
    }
    open311_begin(&o, open311_xml(op));
    open311_open(&o, "service_definition");
    open311_text(&o, "service_code", op->params[0]);
    open311_open_list(&o, "attributes", "attribute");
    open311_close(&o);
    open311_close(&o);
    open311_reply(op, 200, &o);
}

/* ---- requests ---- */

struct wanted {
    struct open311_filter filter;
    bool by_id, one; /* one: requests/{id}, 404 when it is not there */
};

/* Where: county and township, no more. */
static const char *place_of(struct op *op, struct slice code, char *text, size_t size)
{
    struct township t;
    struct county c;
    if (gazetteer_township(op->g->atlas.gazetteer, code, &t)) {
        snprintf(text, size, "%s%s", t.county, t.name);
        return text;
    }
    if (gazetteer_county(op->g->atlas.gazetteer, code, &c)) {
        snprintf(text, size, "%s", c.name);
        return text;
    }
    return NULL;
}

static bool facts_of(const struct open311_row *row, struct case_facts *f)
{
    struct json *root = NULL;
    bool ok = json_parse(row->facts, &root, NULL) == ERR_OK && facts_read(root, f) == ERR_OK;
    json_free(root);
    return ok;
}

/* 1: written, 0: not wanted. */
static int put_row(struct op *op, const struct open311_row *row, struct open311_out *o)
{
    const struct wanted *w = op->state;
    char place[300], requested[CLOCK_RFC3339_SIZE], updated[CLOCK_RFC3339_SIZE];
    struct case_facts facts;
    bool closed = case_state_final(row->state);
    if (!facts_of(row, &facts)) {
        return 0;
    }
    const char *code = cause_word(facts.cause);
    if (!w->by_id && ((!w->filter.any_status && w->filter.closed != closed) ||
                      (w->filter.code[0] != '\0' && strcmp(w->filter.code, code) != 0))) {
        return 0;
    }
    const char *where = place_of(op, row->township, place, sizeof(place));
    clock_format_rfc3339(facts.received_ms, requested);
    clock_format_rfc3339(row->updated_ms, updated);
    const struct open311_request r = {.id = row->no,
                                      .closed = closed,
                                      .status_notes = case_state_zh(row->state),
                                      .service_code = code,
                                      .service_name = cause_zh(facts.cause),
                                      .agency = where,
                                      .address = where,
                                      .requested = requested,
                                      .updated = updated};
    open311_request_write(o, &r);
    return 1;
}

static void on_rows(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    const struct wanted *w = op->state;
    struct open311_out o;
    int written = 0;
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    open311_begin(&o, open311_xml(op));
    open311_open_list(&o, "service_requests", "request");
    for (size_t i = 0; i < reply_count(reply) && err == ERR_OK; i++) {
        struct open311_row row;
        err = open311_row_read(reply, i, &row);
        written += err == ERR_OK ? put_row(op, &row, &o) : 0;
    }
    open311_close(&o);
    if (err != ERR_OK || (w->one && written == 0)) {
        open311_release(&o);
        if (err != ERR_OK) {
            op_reply_store(op, err);
        } else {
            op_reply_problem(op, ERR_NOT_FOUND, "没有这个 service_request_id。");
        }
        return;
    }
    open311_reply(op, 200, &o);
}

/* Numbers of ours behind the store's arguments. False: none, or too many. */
static bool add_ids(struct op *op, struct slice list)
{
    size_t n = 0;
    while (list.len > 0) {
        struct case_no_parts parts;
        struct slice one = slice_trim(slice_cut(&list, ','));
        if (++n > OPEN311_IDS_MAX) {
            return false;
        }
        fcall_slice(&op->g->fcall, case_no_read(one, &parts) == ERR_OK ? one : SLICE_LIT("0"));
    }
    return n > 0;
}

static struct wanted *begin_rows(struct op *op)
{
    struct wanted *w = arena_alloc(&op->arena, sizeof(*w));
    if (!open311_begin_op(op)) {
        return NULL;
    }
    if (w == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
    }
    op->state = w;
    return w;
}

void open311_requests(struct op *op)
{
    struct wanted *w = begin_rows(op);
    char ids[OPEN311_IDS_MAX * 24];
    struct slice list;
    if (w == NULL) {
        return;
    }
    enum err err = open311_filter_read(op->query, clock_now_ms(), &w->filter);
    enum err given = query_get(op->query, "service_request_id", ids, sizeof(ids), &list);
    if (err != ERR_OK || (given != ERR_OK && given != ERR_NOT_FOUND)) {
        op_reply_problem(op, ERR_INPUT, "查询条件有误：日期须带时区，status 须为 open 或 closed。");
        return;
    }
    open311_rows_begin(&op->g->fcall, op->g->settings->region, w->filter.from_ms, w->filter.to_ms);
    w->by_id = given == ERR_OK;
    if (w->by_id && !add_ids(op, list)) {
        op_reply_problem(op, ERR_INPUT, "service_request_id 一次最多 100 个。");
        return;
    }
    op_call(op, on_rows);
}

void open311_request(struct op *op)
{
    struct wanted *w = begin_rows(op);
    if (w == NULL) {
        return;
    }
    w->by_id = true;
    w->one = true;
    open311_rows_begin(&op->g->fcall, op->g->settings->region, 0, 0);
    if (!add_ids(op, op->params[0])) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个 service_request_id。");
        return;
    }
    op_call(op, on_rows);
}
