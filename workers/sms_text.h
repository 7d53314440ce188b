/* What the citizen is told, by SMS: templates in Chinese. No names, no illness, no account beyond
 * its last four digits. Pure. */
#ifndef WORKERS_SMS_TEXT_H
#define WORKERS_SMS_TEXT_H

#include "queue/base/buf.h"
#include "queue/base/slice.h"

/* payload: "template|word|amount_fen" as stages and functions write it. account: for its last four
 * digits, may be empty. ERR_INPUT: no such template, out untouched. */
MUST_CHECK enum err sms_text(struct slice payload, struct slice case_no, struct slice account,
                             struct buf *out);

#endif
