#include "queue/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "queue/base/clock.h"

static const char *process_name = "jiuji";
static enum log_level least_level = LOG_INFO;

static const char *const LEVELS[] = {"debug", "info", "warn", "error"};

enum log_level log_level_from_word(const char *word)
{
    for (int i = LOG_DEBUG; i < LOG_OFF; i++) {
        if (strcmp(word, LEVELS[i]) == 0) {
            return (enum log_level)i;
        }
    }
    return LOG_INFO;
}

void log_setup(const char *process, enum log_level least)
{
    process_name = process;
    least_level = least;
}

void log_event(enum log_level level, const char *event, const char *fmt, ...)
{
    if (level < least_level || level >= LOG_OFF) {
        return;
    }
    char line[LOG_LINE_MAX];
    char at[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(clock_now_ms(), at);
    int head = snprintf(line, sizeof(line), "ts=%s level=%s proc=%s event=%s ", at, LEVELS[level],
                        process_name, event);
    ASSERT(head > 0 && (size_t)head < sizeof(line) - 2);
    va_list args;
    va_start(args, fmt);
    int body = vsnprintf(line + head, sizeof(line) - 1 - (size_t)head, fmt, args);
    va_end(args);
    size_t len = (size_t)head + (body < 0 ? 0 : (size_t)body);
    if (len > sizeof(line) - 2) {
        len = sizeof(line) - 2;
    }
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F) {
            line[i] = '?';
        }
    }
    line[len] = '\n';
    ssize_t put = write(STDERR_FILENO, line,
                        len + 1); /* one write, so that lines of several processes do not mix */
    (void)put;                    /* nowhere left to complain */
}
