#include "server/gateway.h"

#include <stdio.h>
#include "queue/base/log.h"
#include "server/api.h"
#include "server/auth.h"
#include "server/intake.h"
#include "server/long_poll.h"
#include "server/places.h"
#include "workers/rules/rulebook.h"

const struct op_route OP_ROUTES[] = {
    {HTTP_METHOD_POST, "/v1/tickets", ROLE_AGENT | ROLE_OFFICER, true, intake_handle},
    {HTTP_METHOD_GET, "/v1/cases/{no}", ROLE_ANYONE, false, cases_get},
    {HTTP_METHOD_GET, "/v1/cases/{no}/events",
     ROLE_AGENT | ROLE_OFFICER | ROLE_REVIEWER | ROLE_AUDITOR, false, cases_events},
    {HTTP_METHOD_GET, "/v1/cases/{no}/clocks",
     ROLE_AGENT | ROLE_OFFICER | ROLE_REVIEWER | ROLE_AUDITOR, false, clocks_get},
    {HTTP_METHOD_POST, "/v1/cases/{no}/pause", ROLE_OFFICER | ROLE_REVIEWER, true, clocks_pause},
    {HTTP_METHOD_POST, "/v1/cases/{no}/resume", ROLE_OFFICER | ROLE_REVIEWER, true, clocks_go_on},
    {HTTP_METHOD_GET, "/v1/cases/{no}/history", ROLE_OFFICER | ROLE_REVIEWER | ROLE_AUDITOR, false,
     people_history},
    {HTTP_METHOD_POST, "/v1/cases/{no}/spot-check", ROLE_REVIEWER, true, spot_checks_done},
    {HTTP_METHOD_POST, "/v1/cases/{no}/leave-household", ROLE_REVIEWER, true, households_leave},
    {HTTP_METHOD_POST, "/v1/rosters", ROLE_OFFICER | ROLE_REVIEWER, false, rosters_send},
    {HTTP_METHOD_GET, "/v1/rosters/{id}", ROLE_OFFICER | ROLE_REVIEWER | ROLE_AUDITOR, false,
     rosters_get},
    {HTTP_METHOD_GET, "/v1/spot-checks", ROLE_REVIEWER | ROLE_AUDITOR, false, spot_checks_list},
    {HTTP_METHOD_POST, "/v1/relatives", ROLE_OFFICER | ROLE_REVIEWER, true, relatives_add},
    {HTTP_METHOD_POST, "/v1/relatives/remove", ROLE_REVIEWER, true, relatives_remove},
    {HTTP_METHOD_GET, "/v1/relatives", ROLE_OFFICER | ROLE_REVIEWER | ROLE_AUDITOR, false,
     relatives_list},
    {HTTP_METHOD_POST, "/v1/officer-accounts", ROLE_OFFICER | ROLE_REVIEWER | ROLE_ADMIN, true,
     officer_accounts_add},
    {HTTP_METHOD_POST, "/v1/officer-accounts/remove", ROLE_REVIEWER | ROLE_ADMIN, true,
     officer_accounts_remove},
    {HTTP_METHOD_GET, "/v1/officer-accounts",
     ROLE_OFFICER | ROLE_REVIEWER | ROLE_AUDITOR | ROLE_ADMIN, false, officer_accounts_list},
    {HTTP_METHOD_POST, "/v1/cases/{no}/{verb}",
     ROLE_AGENT | ROLE_OFFICER | ROLE_REVIEWER | ROLE_FINANCE, true, verbs_act},
    {HTTP_METHOD_GET, "/v1/townships/{code}/inbox",
     ROLE_OFFICER | ROLE_REVIEWER | ROLE_AGENT | ROLE_FINANCE, false, townships_inbox},
    {HTTP_METHOD_POST, "/v1/townships/{code}/claim", ROLE_OFFICER | ROLE_REVIEWER, true,
     townships_claim},
    {HTTP_METHOD_GET, "/v1/townships/{code}/publicity", 0, false, publicity_list},
    {HTTP_METHOD_GET, "/v1/townships/{code}/fund",
     ROLE_OFFICER | ROLE_REVIEWER | ROLE_FINANCE | ROLE_AUDITOR, false, townships_fund},
    {HTTP_METHOD_POST, "/v1/townships/{code}/duty", ROLE_OFFICER | ROLE_REVIEWER, true,
     townships_duty},
    {HTTP_METHOD_POST, "/v1/funds/{code}/allotments", ROLE_FINANCE, true, funds_allot},
    {HTTP_METHOD_POST, "/v1/funds/{code}/replenishments",
     ROLE_OFFICER | ROLE_REVIEWER | ROLE_FINANCE, true, funds_replenish},
    {HTTP_METHOD_POST, "/v1/funds/{code}/replenishments/{request}", ROLE_FINANCE, true,
     funds_replenish_decide},
    {HTTP_METHOD_POST, "/v1/funds/{code}/loans", ROLE_REVIEWER, true, funds_borrow},
    {HTTP_METHOD_POST, "/v1/funds/{code}/loans/{request}", ROLE_FINANCE, true, funds_borrow_decide},
    {HTTP_METHOD_POST, "/v1/funds/{code}/withdrawals", ROLE_REVIEWER | ROLE_FINANCE, true,
     funds_withdraw},
    {HTTP_METHOD_POST, "/v1/funds/{code}/withdrawals/{request}", ROLE_FINANCE, true,
     funds_withdraw_decide},
    {HTTP_METHOD_POST, "/v1/funds/{code}/restorations", ROLE_FINANCE, true, funds_restore},
    {HTTP_METHOD_POST, "/v1/funds/{code}/repayments", ROLE_FINANCE, true, funds_repay},
    {HTTP_METHOD_GET, "/v1/funds/{code}/entries",
     ROLE_OFFICER | ROLE_REVIEWER | ROLE_FINANCE | ROLE_AUDITOR, false, funds_entries},
    {HTTP_METHOD_GET, "/v1/fund-requests",
     ROLE_OFFICER | ROLE_REVIEWER | ROLE_FINANCE | ROLE_AUDITOR, false, funds_requests},
    {HTTP_METHOD_POST, "/v1/townships/{code}/cash/draws", ROLE_OFFICER | ROLE_FINANCE, true,
     cash_draw},
    {HTTP_METHOD_POST, "/v1/townships/{code}/cash/returns", ROLE_OFFICER | ROLE_FINANCE, true,
     cash_return},
    {HTTP_METHOD_POST, "/v1/townships/{code}/cash/counts",
     ROLE_OFFICER | ROLE_REVIEWER | ROLE_FINANCE, true, cash_count},
    {HTTP_METHOD_POST, "/v1/townships/{code}/cash/lifts", ROLE_REVIEWER, true, cash_lift},
    {HTTP_METHOD_GET, "/v1/tasks", ROLE_REVIEWER | ROLE_FINANCE | ROLE_AUDITOR, false, tasks_list},
    {HTTP_METHOD_GET, "/v1/payments/{id}/trail",
     ROLE_OFFICER | ROLE_REVIEWER | ROLE_FINANCE | ROLE_AUDITOR, false, payments_trail},
    {HTTP_METHOD_POST, "/v1/routing/preview", ROLE_ANYONE, false, routing_preview},
    {HTTP_METHOD_GET, "/v1/payments/{id}",
     ROLE_OFFICER | ROLE_REVIEWER | ROLE_FINANCE | ROLE_AUDITOR, false, payments_get},
    {HTTP_METHOD_POST, "/v1/payments/callback/{rail}/{secret}", 0, false, payments_callback},
    {HTTP_METHOD_POST, "/v1/payments/callback/{rail}/{secret}/on-disburse", 0, false,
     payments_callback},
    {HTTP_METHOD_POST, "/v1/policies", ROLE_REVIEWER | ROLE_FINANCE, true, policies_draft},
    {HTTP_METHOD_GET, "/v1/policies", ROLE_OFFICER | ROLE_REVIEWER | ROLE_FINANCE | ROLE_AUDITOR,
     false, policies_list},
    {HTTP_METHOD_GET, "/v1/policies/{id}",
     ROLE_OFFICER | ROLE_REVIEWER | ROLE_FINANCE | ROLE_AUDITOR, false, policies_get},
    {HTTP_METHOD_POST, "/v1/policies/{id}/approve", ROLE_REVIEWER | ROLE_FINANCE, true,
     policies_approve},
    {HTTP_METHOD_POST, "/v1/policies/{id}/withdraw", ROLE_REVIEWER | ROLE_FINANCE, true,
     policies_withdraw},
    {HTTP_METHOD_POST, "/v1/policies/{id}/replay", ROLE_REVIEWER | ROLE_ADMIN, false,
     policies_replay},
    {HTTP_METHOD_POST, "/v1/disasters", ROLE_REVIEWER | ROLE_FINANCE, true, disasters_declare},
    {HTTP_METHOD_GET, "/v1/disasters", ROLE_OFFICER | ROLE_REVIEWER | ROLE_FINANCE | ROLE_AUDITOR,
     false, disasters_list},
    {HTTP_METHOD_POST, "/v1/disasters/{id}/approve", ROLE_REVIEWER | ROLE_FINANCE, true,
     disasters_approve},
    {HTTP_METHOD_POST, "/v1/disasters/{id}/end", ROLE_REVIEWER | ROLE_FINANCE, true, disasters_end},
    {HTTP_METHOD_GET, "/v1/cases/{no}/messages", ROLE_AGENT | ROLE_OFFICER | ROLE_REVIEWER | ROLE_AUDITOR, false,
     sms_of_case},
    {HTTP_METHOD_POST, "/v1/townships/{code}/phone", ROLE_REVIEWER, true, sms_officer},
    {HTTP_METHOD_POST, "/v1/calls/events", ROLE_MACHINE | ROLE_AGENT, false, calls_events},
    {HTTP_METHOD_GET, "/v1/calls/{source}/{id}", ROLE_AGENT | ROLE_REVIEWER | ROLE_AUDITOR, false,
     calls_get},
    {HTTP_METHOD_GET, "/v1/reports/hotline", ROLE_AGENT | ROLE_REVIEWER | ROLE_AUDITOR | ROLE_MACHINE,
     false, reports_hotline},
    {HTTP_METHOD_POST, "/v1/hooks", ROLE_ADMIN, true, hooks_add},
    {HTTP_METHOD_GET, "/v1/hooks", ROLE_ADMIN | ROLE_AUDITOR, false, hooks_list},
    {HTTP_METHOD_DELETE, "/v1/hooks/{id}", ROLE_ADMIN, false, hooks_remove},
    {HTTP_METHOD_GET, "/v1/hooks/{id}/dead", ROLE_ADMIN | ROLE_AUDITOR, false, hooks_dead},
    {HTTP_METHOD_POST, "/v1/hooks/{id}/replay", ROLE_ADMIN, false, hooks_replay},
    {HTTP_METHOD_GET, "/open311/v2/discovery.json", 0, false, open311_discovery},
    {HTTP_METHOD_GET, "/open311/v2/services.json", 0, false, open311_services},
    {HTTP_METHOD_GET, "/open311/v2/services/{code}.json", 0, false, open311_service},
    {HTTP_METHOD_POST, "/open311/v2/requests.json", 0, false, open311_post},
    {HTTP_METHOD_GET, "/open311/v2/requests.json", 0, false, open311_requests},
    {HTTP_METHOD_GET, "/open311/v2/requests/{id}.json", 0, false, open311_request},
    {HTTP_METHOD_GET, "/open311/v2/tokens/{token}.json", 0, false, open311_token},
    {HTTP_METHOD_GET, "/open311/v2/discovery.xml", 0, false, open311_discovery},
    {HTTP_METHOD_GET, "/open311/v2/services.xml", 0, false, open311_services},
    {HTTP_METHOD_GET, "/open311/v2/services/{code}.xml", 0, false, open311_service},
    {HTTP_METHOD_POST, "/open311/v2/requests.xml", 0, false, open311_post},
    {HTTP_METHOD_GET, "/open311/v2/requests.xml", 0, false, open311_requests},
    {HTTP_METHOD_GET, "/open311/v2/requests/{id}.xml", 0, false, open311_request},
    {HTTP_METHOD_GET, "/open311/v2/tokens/{token}.xml", 0, false, open311_token},
    {HTTP_METHOD_GET, "/v1/cases/{no}/checks", ROLE_OFFICER | ROLE_REVIEWER | ROLE_AUDITOR, false,
     register_checks},
    {HTTP_METHOD_POST, "/v1/cases/{no}/checks", ROLE_OFFICER | ROLE_REVIEWER, true, register_ask},
    {HTTP_METHOD_POST, "/v1/register/callback", 0, false, register_callback},
    {HTTP_METHOD_GET, "/v1/sms/{provider}/{tail*}", 0, false, sms_callback},
    {HTTP_METHOD_POST, "/v1/sms/{provider}/{tail*}", 0, false, sms_callback},
    {HTTP_METHOD_POST, "/v1/payments/{id}/decision", ROLE_REVIEWER | ROLE_FINANCE, true, payments_decide},
    {HTTP_METHOD_GET, "/v1/money/stuck", ROLE_REVIEWER | ROLE_FINANCE | ROLE_AUDITOR, false, money_stuck},
    {HTTP_METHOD_GET, "/v1/money/stops", ROLE_REVIEWER | ROLE_FINANCE | ROLE_AUDITOR, false, money_stops},
    {HTTP_METHOD_POST, "/v1/money/stops", ROLE_REVIEWER | ROLE_FINANCE, true, money_stop},
    {HTTP_METHOD_POST, "/v1/money/resumes", ROLE_REVIEWER | ROLE_FINANCE, true, money_resume},
    {HTTP_METHOD_GET, "/v1/reconciliation/{date}", ROLE_REVIEWER | ROLE_FINANCE | ROLE_AUDITOR, false,
     reconciliation_get},
    {HTTP_METHOD_POST, "/v1/reconciliation/{date}", ROLE_FINANCE, true, reconciliation_ask},
    {HTTP_METHOD_GET, "/livez", 0, false, process_livez},
    {HTTP_METHOD_GET, "/readyz", 0, false, process_readyz},
    {HTTP_METHOD_GET, "/metrics", 0, false, process_metrics},
};
const size_t OP_ROUTE_COUNT = COUNT_OF(OP_ROUTES);

static enum err make_router(struct gateway *g)
{
    struct route routes[COUNT_OF(OP_ROUTES)];
    for (size_t i = 0; i < COUNT_OF(OP_ROUTES); i++) {
        routes[i] = (struct route){
            .method = OP_ROUTES[i].method, .pattern = OP_ROUTES[i].pattern, .id = (int)i};
    }
    return router_make(routes, COUNT_OF(routes), &g->router);
}

/* Whose signatures the rules need; those of the file are looked at here. */
static enum err open_signers(struct gateway *g, struct buf *why)
{
    const struct settings *set = g->settings;
    enum err err = key_folder_choose(set->policy_signers, &g->policy_keys, why);
    if (err == ERR_OK) {
        err = key_folder_choose(set->order_signers, &g->order_keys, why);
    }
    if (err != ERR_OK) {
        return err;
    }
    g->signers = (struct pack_signers){
        .verify = key_folder_verify, .packs = g->policy_keys, .orders = g->order_keys};
    err = pack_signatures_check(policy_text(g->policy), &g->signers, why);
    if (err == ERR_OK) {
        log_event(LOG_INFO, "policy_signatures", "packs=%s orders=%s",
                  g->policy_keys != NULL ? "asked" : "not_asked",
                  g->order_keys != NULL ? "asked" : "not_asked");
    } else {
        buf_putf(why, "policy_file '%s' is refused: policy_signers or order_signers are set",
                 set->policy_file);
    }
    return err;
}

static enum err open_rules(struct gateway *g, struct buf *why)
{
    enum err err = rulebook_read(g->settings->policy_file, g->settings->calendar_file, &g->policy,
                                 &g->calendar, why);
    if (err == ERR_OK) {
        err = open_signers(g, why);
    }
    if (err == ERR_OK) {
        err = atlas_open(&g->atlas, g->settings->townships_file, why);
    }
    if (err == ERR_OK) {
        err = packer_new(&g->packer);
    }
    return err;
}

static void on_store_state(void *data, enum err err, const char *why)
{
    struct gateway *g = data;
    if (err == ERR_OK) {
        log_event(LOG_INFO, "store_ready", "region=%s", g->settings->region);
        places_look_at_rules(g); /* before anybody's request on this connection */
    } else {
        bool person = err == ERR_STORE_SETTINGS || err == ERR_STORE_FUNCTIONS;
        log_event(person ? LOG_ERROR : LOG_WARN, "store_not_ready", "err=%s why=\"%s\"",
                  err_code(err), why);
    }
}

static enum err open_store(struct gateway *g, struct buf *why)
{
    const struct store_async_options options = {
        .socket_path = g->settings->redis_socket,
        .region = g->settings->region,
        .deadline_ms = STORE_DEADLINE_MS,
        .max_in_flight = (size_t)g->settings->max_in_flight * 2,
        .on_state = on_store_state,
        .data = g,
    };
    enum err err = store_async_new(g->loop, &options, &g->store);
    if (err != ERR_OK) {
        buf_putf(why, "cannot use redis_socket '%s'", options.socket_path);
    }
    return err;
}

static enum err listen_now(struct gateway *g, struct buf *why)
{
    struct http_server_options options = {
        .ip = g->settings->listen,
        .port = (int)g->settings->port,
        .reuse_port = true,
        .large_path = "/v1/rosters",
        .on_request = op_on_request,
        .data = g,
    };
    http_limits_defaults(&options.limits);
    options.limits.connections = g->settings->max_connections;
    options.limits.connections_per_address = g->settings->max_connections;
    enum err err = http_server_start(g->loop, &options, &g->http);
    if (err != ERR_OK) {
        buf_putf(why, "cannot listen on %s port %ld: is it taken?", options.ip, g->settings->port);
    }
    return err;
}

enum err gateway_start(struct gateway *g, uv_loop_t *loop, const struct settings *settings,
                       struct buf *why)
{
    *g = (struct gateway){.settings = settings, .loop = loop, .sequence = {.lock_fd = -1}};
    fcall_init(&g->fcall);
    enum err err = make_router(g);
    if (err == ERR_OK) {
        err = sealer_open(settings->master_key_file, &g->sealer, why);
    }
    if (err == ERR_OK) {
        err = open_rules(g, why);
    }
    if (err == ERR_OK) {
        err = rail_keys_open(settings, &g->rail_keys, why);
    }
    if (err == ERR_OK) {
        g->callback_rail_count = rail_keys_callbacks(&g->rail_keys, g->callback_rails);
        err = case_sequence_open(&g->sequence, settings->data_dir, settings->region,
                                 (int)settings->node, why);
    }
    if (err == ERR_OK) {
        err = token_cache_new(&g->tokens);
    }
    if (err == ERR_OK) {
        err = intake_new(g, &g->intake);
    }
    if (err == ERR_OK) {
        err = long_poll_new(g, &g->long_poll);
    }
    if (err == ERR_OK) {
        err = open_store(g, why);
    }
    if (err == ERR_OK) {
        places_watch(g);
        err = listen_now(g, why);
    }
    return err;
}

/* ---- Stopping ---- */

static void on_store_closed(void *data)
{
    struct gateway *g = data;
    g->store = NULL;
}

static void on_http_drained(void *data)
{
    struct gateway *g = data;
    g->http = NULL;
    intake_close(g->intake);
    if (!g->long_poll_closed) {
        long_poll_close(g->long_poll);
    }
    store_async_close(g->store, on_store_closed, g);
    uv_close((uv_handle_t *)&g->drain_timer, NULL);
    uv_close((uv_handle_t *)&g->places_timer, NULL);
}

static void on_drain_late(uv_timer_t *timer)
{
    struct gateway *g = timer->data;
    log_event(LOG_WARN, "drain_cut_short", "requests=%zu", g->ops);
    if (g->http != NULL) {
        http_server_stop(g->http);
    }
}

void gateway_stop(struct gateway *g)
{
    if (g->draining) {
        if (g->http != NULL) {
            http_server_stop(g->http);
        }
        return;
    }
    g->draining = true;
    log_event(LOG_INFO, "draining", "requests=%zu", g->ops);
    uv_timer_init(g->loop, &g->drain_timer);
    g->drain_timer.data = g;
    uv_timer_start(&g->drain_timer, on_drain_late, (uint64_t)g->settings->drain_ms, 0);
    long_poll_close(g->long_poll); /* answers everybody who waits */
    g->long_poll_closed = true;
    http_server_drain(g->http, on_http_drained, g);
}

void gateway_release(struct gateway *g)
{
    intake_free(g->intake);
    long_poll_free(g->long_poll);
    token_cache_free(g->tokens);
    case_sequence_close(&g->sequence);
    packer_free(g->packer);
    atlas_close(&g->atlas);
    policy_free(g->policy);
    key_folder_close(g->policy_keys);
    key_folder_close(g->order_keys);
    sealer_close(g->sealer);
    rail_keys_close(&g->rail_keys);
    router_free(g->router);
    fcall_release(&g->fcall);
}
