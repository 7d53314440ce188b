/* Inside of the file rail: shared by its two halves, going out (bankfile_rail.c) and coming in (bankfile_collect.c). */
#ifndef INTEGRATIONS_PAY_BANKFILE_BANKFILE_RAIL_INSIDE_H
#define INTEGRATIONS_PAY_BANKFILE_BANKFILE_RAIL_INSIDE_H

#include "integrations/pay/bankfile/bankfile_rail.h"

#define WATCHED_MAX 64 /* unfinished files that are remembered; more are looked at anew each time */

/* A file that was not whole when it was last looked at. */
struct watched_file {
    char name[DROP_NAME_MAX + 1];
    char sha256[65];
    int64_t since_ms; /* monotonic: it has had this content since then */
};

struct bankfile_rail {
    char name[PAY_RAIL_NAME_SIZE], msg_prefix[8];
    char payer_name[4 * BANKFILE_NAME_POINTS_MAX + 1], payer_account[BANKFILE_ACCOUNT_MAX + 1], payer_bank[13];
    char purpose[4 * 35 + 1];
    bool book_in_one, paused;
    const struct text_profile *text;
    const struct pay_profile *profile;
    int64_t stale_ms, quiet_ms;
    int64_t (*now_ms)(void);
    int64_t (*mono_ms)(void);
    struct registry *registry;
    struct drop drop;
    /* coming in */
    struct drop_list *list;
    struct bankfile_news news;
    struct buf bytes;
    bool handed_out;                 /* collect() brought a file that is not put away yet: */
    char current[DROP_NAME_MAX + 1]; /* its name */
    char current_sha256[65];
    struct watched_file watched[WATCHED_MAX];
    size_t watched_count;
};

/* Deliver what is kept; the registry is locked. */
MUST_CHECK enum err bankfile_resume(struct bankfile_rail *rail, size_t *left);

MUST_CHECK enum err bankfile_collect(void *self, struct pay_collection *out);
MUST_CHECK enum err bankfile_collect_done(void *self);

#endif
