/* What people are told by SMS: templates in Chinese, each with a version, so that the outbox can
 * say years later what went out. No names, no illness, no account beyond its last four digits,
 * nothing that a stranger who holds the telephone may not read. Where only approved texts may be
 * sent, the operator's own code for a template stands in the site's list (sms_codes.h); a changed
 * text is a new version and needs a new approval there. Pure. */
#ifndef WORKERS_SMS_TEXT_H
#define WORKERS_SMS_TEXT_H

#include "queue/base/buf.h"
#include "queue/base/slice.h"

/* When a message may go out, and what goes first. */
enum sms_class {
    SMS_CLASS_LIFE, /* life safety: always, before everything else, over every limit of the hour */
    SMS_CLASS_ANSWER, /* answers somebody who has just written or called: always */
    SMS_CLASS_NEWS    /* waits for the morning unless somebody is waiting for it */
};

struct sms_template {
    const char *name;
    int version;
    enum sms_class class;
    const char *ask; /* what it asks the reader, a word of the conversation; "" = nothing */
    const char
        *text; /* {no} {tail} {who} {yuan} {account} {state} {until} {code} stand for parameters */
};

#define SMS_TEXT_PARAMS_MAX 4
#define SMS_TEXT_VALUE_MAX 80 /* bytes */

/* A text made from a template, and the parameters in the order in which they stand in it. */
struct sms_filled {
    const struct sms_template *template;
    size_t count;
    struct {
        const char *name; /* without braces */
        char value[SMS_TEXT_VALUE_MAX + 1];
    } params[SMS_TEXT_PARAMS_MAX];
};

/* By name; NULL if there is none. */
const struct sms_template *sms_template_find(struct slice name);
/* The whole table, for tests and for the list that is handed in to an operator. */
const struct sms_template *sms_templates(size_t *count);

/* payload: "template|word|amount_fen" or "template|word|amount_fen|state|until_ms" as stages and
 * functions write it; the template may also be "money" (which one says the word) or "dispatched"
 * (with an amount: "dispatched-aid"). account: for its last four digits, may be empty. Appends the
 * text to out. ERR_INPUT: no such template, or not what it needs; out and filled untouched. filled
 * may be NULL. */
MUST_CHECK enum err sms_text_fill(struct slice payload, struct slice case_no, struct slice account,
                                  struct buf *out, struct sms_filled *filled);
MUST_CHECK enum err sms_text(struct slice payload, struct slice case_no, struct slice account,
                             struct buf *out);

#endif
