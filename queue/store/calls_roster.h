/* Typed calls about rosters (花名册): a township's list of households, each row of which becomes a
 * case. The function: lua/roster.lua. Rows are sealed as the tickets they become before they come
 * here. */
#ifndef QUEUE_STORE_CALLS_ROSTER_H
#define QUEUE_STORE_CALLS_ROSTER_H

#include "queue/store/calls_case.h"

#define ROSTER_ROWS_MAX 10000
#define ROSTER_ID_SIZE 65 /* letters, digits and '-', and a NUL */
#define ROSTER_SHOWN_MAX 1000

/* Begin to send a list, for the first time or again. *upload: its number, for the calls that
 * follow. ERR_CONFLICT: the id is another township's. */
void roster_begin_write(struct fcall *f, const char *region, struct slice id, struct slice township,
                        struct slice actor, int64_t at_ms, struct slice event_tail);
MUST_CHECK enum err roster_begin_read(const redisReply *reply, int64_t *upload);

struct roster_row {
    int64_t row;      /* 1..ROSTER_ROWS_MAX: of the list, without its head */
    struct slice key; /* keyed hash of whom the row names: the same one is the same row */
    /* refused: what is wrong with it */
    struct slice field, remedy;
    /* accepted (remedy is ""): the ticket */
    const struct intake_ticket *ticket;
};
/* 1..64 rows: begin, then add each. ERR_STALE: another upload of it has begun since. */
void roster_add_begin(struct fcall *f, const char *region, struct slice id, int64_t upload);
void roster_add(struct fcall *f, const struct roster_row *row);
MUST_CHECK enum err roster_add_read(const redisReply *reply);
/* The list is whole. The reply is read with roster_add_read. */
void roster_finish_write(struct fcall *f, const char *region, struct slice id, int64_t upload);

enum roster_list { ROSTER_NONE, ROSTER_ACCEPTED, ROSTER_REFUSED };
struct roster_view {
    struct slice township, by;
    int64_t at_ms, rows, accepted, refused,
        waiting; /* waiting: accepted and not a case yet, but soon */
    bool whole;  /* the last upload came to its end */
    const redisReply *reply;
    size_t shown; /* entries of the list that was asked for */
};
struct roster_entry {
    int64_t row;
    struct slice no;            /* accepted */
    struct slice field, remedy; /* refused */
};
/* after: row behind which the list begins. most: 1..ROSTER_SHOWN_MAX. */
void roster_get_write(struct fcall *f, const char *region, struct slice id, enum roster_list list,
                      int64_t after, int64_t most);
MUST_CHECK enum err roster_get_read(const redisReply *reply,
                                    struct roster_view *out); /* ERR_NOT_FOUND */
MUST_CHECK enum err roster_view_entry(const struct roster_view *v, size_t i,
                                      struct roster_entry *out);

/* Up to most (1..64) waiting rows of the oldest roster become cases. */
void roster_take_write(struct fcall *f, const char *region, int64_t most);
MUST_CHECK enum err roster_take_read(const redisReply *reply, int64_t *taken);

#endif
