/* One event per line on stderr: `ts=… level=info event=case_routed case=… township=… took_us=41`.
 * `error` means that a person must act. Never a name, phone, ID number, account, token or body:
 * pass identifiers only. Control characters are escaped, lines are cut at LOG_LINE_MAX. */
#ifndef QUEUE_BASE_LOG_H
#define QUEUE_BASE_LOG_H

#include "queue/base/check.h"

#define LOG_LINE_MAX 1024

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };

/* "debug", "info", "warn", "error"; anything else is info. */
enum log_level log_level_from_word(const char *word);

/* Process name shown as `proc=`; static text. Level: what is below is dropped. */
void log_setup(const char *process, enum log_level least);
/* event: snake_case word. fmt: "key=value key=value" with the values that this project makes
 * itself. */
void log_event(enum log_level level, const char *event, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
