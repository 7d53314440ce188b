/* jiujictl policy explain CASE: the decision that stands with a live case, with its reasons and
 * what it was made on. */
#include "ops/ctl/ctl_policy.h"

#include <stdio.h>
#include <string.h>
#include "ops/ctl/ctl_store.h"
#include "queue/store/calls_read.h"
#include "queue/store/pack.h"
#include "workers/rules/decision.h"

#define TEXT_MAX (1u << 20)

static void print_value(const char *name, const struct json *v)
{
    struct buf text;
    buf_init(&text, TEXT_MAX);
    json_print(v, &text);
    printf("%s: %s\n", name, text.len > 0 ? text.ptr : "");
    buf_release(&text);
}

/* Rules that fired, each with the key of the pack that gave its number. */
static void print_rules(const struct json *list)
{
    struct slice rule;
    char name[64];
    int64_t value = 0, limit = 0;
    printf("rules:\n");
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
        if (json_string(json_get(v, "rule"), &rule) != ERR_OK ||
            slice_copy(rule, name, sizeof(name)) != ERR_OK ||
            json_int64(json_get(v, "value"), -JSON_INT_MAX, JSON_INT_MAX, &value) != ERR_OK ||
            json_int64(json_get(v, "limit"), -JSON_INT_MAX, JSON_INT_MAX, &limit) != ERR_OK) {
            continue;
        }
        printf("  %-24s %lld against %lld  %s\n", name, (long long)value, (long long)limit,
               decision_rule_key(name));
    }
}

static void print_why(const struct json *list)
{
    struct slice line;
    int n = 0;
    printf("理由：\n");
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
        if (json_string(v, &line) == ERR_OK) {
            printf("  %d. %.*s\n", ++n, SLICE_FMT(line));
        }
    }
}

static void print_decision(const struct json *root)
{
    for (const struct json *v = json_first(root); v != NULL; v = json_next(v)) {
        if (strcmp(json_name(v), "rules") != 0 && strcmp(json_name(v), "why") != 0) {
            print_value(json_name(v), v);
        }
    }
    print_rules(json_get(root, "rules"));
    print_why(json_get(root, "why"));
}

static int print_case(const struct case_view *v, const char *no, bool as_json)
{
    struct packer *packer = NULL;
    struct json *root = NULL;
    struct buf text;
    if (v->decision.len == 0) {
        ctl_complain("case %s has no decision yet: it is %s", no, case_state_word(v->state));
        return CTL_FAILED;
    }
    buf_init(&text, TEXT_MAX);
    enum err err = packer_new(&packer);
    if (err == ERR_OK) {
        err = unpack_text(packer, v->decision, &text);
    }
    if (err == ERR_OK) {
        err = json_parse(buf_slice(&text), &root, NULL);
    }
    if (err != ERR_OK) {
        ctl_complain("the decision of case %s cannot be read: %s", no, err_text(err));
    } else if (as_json) {
        printf("%s\n", text.ptr);
    } else {
        printf("case %s: %s\ntownship: %.*s\nfacts: %.*s\n", no, case_state_word(v->state),
               SLICE_FMT(v->township), SLICE_FMT(v->facts));
        print_decision(root);
    }
    json_free(root);
    packer_free(packer);
    buf_release(&text);
    return err == ERR_OK ? CTL_OK : CTL_FAILED;
}

int ctl_policy_case(int argc, char **argv, const struct settings *s)
{
    bool as_json = false;
    const struct ctl_option options[] = {{"json", NULL, &as_json}};
    struct case_no_parts parts;
    struct case_view v;
    redisReply *reply = NULL;
    if (!ctl_options(&argc, argv, options, COUNT_OF(options)) || argc != 2) {
        return ctl_usage("usage: jiujictl policy explain CASE [--json]\n");
    }
    if (case_no_read(slice_of(argv[1]), &parts) != ERR_OK) {
        ctl_complain("'%s' is no case number", argv[1]);
        return CTL_USAGE;
    }
    struct store *store = ctl_store_open(s);
    if (store == NULL) {
        return CTL_FAILED;
    }
    int status = CTL_FAILED;
    case_get_write(store_fcall(store), s->region, slice_of(argv[1]));
    if (ctl_store_call(store, &reply)) {
        enum err err = case_get_read(reply, &v);
        if (err == ERR_OK) {
            status = print_case(&v, argv[1], as_json);
        } else {
            ctl_complain("case %s: %s", argv[1], err_text(err));
        }
    }
    freeReplyObject(reply);
    store_free(store);
    return status;
}
