/* Deadlines of many connections with one timer: one list per kind of waiting. All members of a list wait equally long,
 * so a list stays sorted by appending, and arming, renewing and dropping a deadline is a matter of a few pointers. */
#ifndef SERVER_HTTP_DEADLINE_H
#define SERVER_HTTP_DEADLINE_H

#include <stddef.h>
#include <stdint.h>

struct deadline {
    struct deadline *next; /* NULL: in no list */
    struct deadline *prev;
    uint64_t due_ms;
};

struct deadline_list {
    struct deadline ends; /* next: first due, prev: last due */
    uint64_t wait_ms;
};

void deadline_list_init(struct deadline_list *l, uint64_t wait_ms);
/* Append d, which must be in no list: due wait_ms from now. */
void deadline_start(struct deadline_list *l, struct deadline *d, uint64_t now_ms);
/* Take d out of its list, if it is in one. */
void deadline_stop(struct deadline *d);
/* The first one; NULL if the list is empty. */
struct deadline *deadline_first(const struct deadline_list *l);
/* From now on everyone waits wait_ms, those in the list too (counted from now). Only ever shorter than before. */
void deadline_list_shorten(struct deadline_list *l, uint64_t wait_ms, uint64_t now_ms);

#endif
