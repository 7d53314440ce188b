/* Calls of the demo: deadlines, tokens, keys, and problems said in words. */
#include "ops/ctl/demo_api.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include "ops/ctl/ctl.h"
#include "queue/base/file.h"

#define PATH_MAX_LEN 400
#define CALL_MS 20000

bool demo_api_init(struct demo_api *api, const char *url, const char *bank, const char *tokens)
{
    const struct http_client_options options = {.max_parallel = 1, .user_agent = "jiujictl-demo"};
    unsigned char random[(DEMO_RUN_SIZE - 1) / 2];

    *api = (struct demo_api){.url = url, .bank = bank, .tokens = tokens};
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        ctl_complain("the kernel gives no random bytes");
        return false;
    }
    hex_encode(random, sizeof(random), api->run);
    if (http_client_setup() != ERR_OK || http_client_new(&options, &api->http) != ERR_OK) {
        ctl_complain("the HTTP client could not be made");
        return false;
    }
    return true;
}

void demo_api_release(struct demo_api *api)
{
    http_client_free(api->http);
    api->http = NULL;
}

static void token_path(const struct demo_api *api, const char *name, char out[PATH_MAX_LEN])
{
    snprintf(out, PATH_MAX_LEN, "%s/%s.token", api->tokens, name);
}

bool demo_has_token(const struct demo_api *api, const char *name)
{
    char path[PATH_MAX_LEN];

    token_path(api, name, path);
    return access(path, R_OK) == 0;
}

static bool read_token(const struct demo_api *api, const char *name, char out[DEMO_TOKEN_SIZE])
{
    char path[PATH_MAX_LEN];
    struct buf text;

    token_path(api, name, path);
    buf_init(&text, 4096);
    enum err err = file_read(path, &text);
    if (err == ERR_OK)
        err = slice_copy(slice_trim(buf_slice(&text)), out, DEMO_TOKEN_SIZE);
    buf_release(&text);
    if (err != ERR_OK)
        ctl_complain("cannot read the token %s (%s); `jiujictl token create` makes one", path,
                     err_text(err));
    return err == ERR_OK;
}

/* "409: 本案不能… [illegal-move]": what a problem+json says, else the status alone. */
static void complain_status(const struct http_call *call, const char *what)
{
    struct json *root = NULL;

    if (json_parse(buf_slice(&call->reply), &root, NULL) != ERR_OK)
        root = NULL;
    struct slice detail = demo_text(root, "detail"), type = demo_text(root, "type");
    ctl_complain("%s was answered with status %d%s%.*s%s%.*s", what, call->status,
                 detail.len > 0 ? ": " : "", SLICE_FMT(detail), type.len > 0 ? " " : "",
                 SLICE_FMT(type));
    json_free(root);
}

static bool take_answer(const struct http_call *call, const char *what, struct json **out)
{
    struct json_fault fault;

    if (call->outcome != HTTP_ANSWERED) {
        ctl_complain("%s got no answer: %s", what, call->error);
        return false;
    }
    if (call->status == 204 || call->status == 304) {
        *out = NULL;
        return true;
    }
    if (call->status < 200 || call->status > 299) {
        complain_status(call, what);
        return false;
    }
    if (json_parse(buf_slice(&call->reply), out, &fault) != ERR_OK) {
        ctl_complain("%s was answered with something that is not JSON: %s at byte %zu", what,
                     fault.reason, fault.offset);
        return false;
    }
    return true;
}

bool demo_call(struct demo_api *api, const char *who, const char *path, const struct buf *body,
               int64_t since_version, struct json **out)
{
    char url[PATH_MAX_LEN], what[PATH_MAX_LEN], key[80], match[64], token[DEMO_TOKEN_SIZE];
    struct http_call call;
    int headers = 0;

    if (!read_token(api, who, token))
        return false;
    snprintf(url, sizeof(url), "%s%s", api->url, path);
    snprintf(what, sizeof(what), "%s %s (as %s)", body != NULL ? "POST" : "GET", path, who);
    http_call_init(&call);
    call.url = url;
    call.bearer = token;
    call.total_ms = CALL_MS;
    if (body != NULL) {
        call.post = true;
        call.body = buf_slice(body);
        snprintf(key, sizeof(key), "Idempotency-Key: demo-%s-%d", api->run, ++api->keys);
        call.headers[headers++] = key;
    }
    if (since_version > 0) {
        snprintf(match, sizeof(match), "If-None-Match: \"%lld\"", (long long)since_version);
        call.headers[headers++] = match;
    }
    http_client_run(api->http, &call, 1);
    bool ok = take_answer(&call, what, out);
    http_call_release(&call);
    return ok;
}

bool demo_bank_get(struct demo_api *api, const char *path, struct json **out)
{
    char url[PATH_MAX_LEN], what[PATH_MAX_LEN];
    struct http_call call;

    snprintf(url, sizeof(url), "%s%s", api->bank, path);
    snprintf(what, sizeof(what), "GET %s (sandbox)", path);
    http_call_init(&call);
    call.url = url;
    call.total_ms = CALL_MS;
    http_client_run(api->http, &call, 1);
    bool ok = take_answer(&call, what, out);
    http_call_release(&call);
    return ok;
}

const struct json *demo_at(const struct json *v, const char *path)
{
    char name[64];
    struct slice rest = slice_of(path);

    while (v != NULL && rest.len > 0) {
        struct slice part = slice_cut(&rest, '.');
        if (slice_copy(part, name, sizeof(name)) != ERR_OK)
            return NULL;
        v = json_get(v, name);
    }
    return v;
}

struct slice demo_text(const struct json *v, const char *path)
{
    struct slice text = SLICE_LIT("");

    return json_string(demo_at(v, path), &text) == ERR_OK ? text : SLICE_LIT("");
}

int64_t demo_int(const struct json *v, const char *path)
{
    int64_t value = 0;

    return json_int64(demo_at(v, path), -JSON_INT_MAX, JSON_INT_MAX, &value) == ERR_OK ? value : 0;
}
