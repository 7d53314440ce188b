#include "server/http/deadline.h"

#include "queue/base/check.h"

void deadline_list_init(struct deadline_list *l, uint64_t wait_ms)
{
    l->ends = (struct deadline){.next = &l->ends, .prev = &l->ends};
    l->wait_ms = wait_ms;
}

void deadline_start(struct deadline_list *l, struct deadline *d, uint64_t now_ms)
{
    ASSERT(d->next == NULL);
    d->due_ms = now_ms + l->wait_ms;
    d->next = &l->ends;
    d->prev = l->ends.prev;
    d->prev->next = d;
    l->ends.prev = d;
}

void deadline_stop(struct deadline *d)
{
    if (d->next != NULL) {
        d->next->prev = d->prev;
        d->prev->next = d->next;
        d->next = NULL;
        d->prev = NULL;
    }
}

struct deadline *deadline_first(const struct deadline_list *l)
{
    return l->ends.next == &l->ends ? NULL : l->ends.next;
}

void deadline_list_shorten(struct deadline_list *l, uint64_t wait_ms, uint64_t now_ms)
{
    ASSERT(wait_ms <= l->wait_ms);
    l->wait_ms = wait_ms;
    for (struct deadline *d = l->ends.next; d != &l->ends; d = d->next) {
        uint64_t due_ms = now_ms + wait_ms;
        d->due_ms = d->due_ms < due_ms ? d->due_ms : due_ms;
    }
}
