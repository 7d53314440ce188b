#include "integrations/sandbox/later.h"

#include <stdlib.h>

struct later_item {
    uv_timer_t timer;
    struct later *owner;
    struct later_item *next, **link; /* link: what points to this item */
    later_fn *fn;
    void *data;
};

void later_init(struct later *l, uv_loop_t *loop)
{
    *l = (struct later){.loop = loop};
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* Out of the list and closed; returns what was to be called. */
static void take_out(struct later_item *item)
{
    *item->link = item->next;
    if (item->next != NULL) {
        item->next->link = item->link;
    }
    uv_close((uv_handle_t *)&item->timer, on_closed);
}

static void on_timer(uv_timer_t *timer)
{
    struct later_item *item = timer->data;
    take_out(item);
    item->fn(item->data, false);
}

enum err later_do(struct later *l, int64_t ms, later_fn *fn, void *data)
{
    ASSERT(ms >= 0);
    if (l->stopped) {
        return ERR_DRAINING;
    }
    struct later_item *item = calloc(1, sizeof(*item));
    if (item == NULL) {
        return ERR_NO_MEMORY;
    }
    *item = (struct later_item){.owner = l, .fn = fn, .data = data};
    int rc = uv_timer_init(l->loop, &item->timer);
    ASSERT(rc == 0);
    item->timer.data = item;
    rc = uv_timer_start(&item->timer, on_timer, (uint64_t)ms, 0);
    ASSERT(rc == 0);
    item->next = l->first;
    item->link = &l->first;
    if (l->first != NULL) {
        l->first->link = &item->next;
    }
    l->first = item;
    return ERR_OK;
}

void later_stop(struct later *l)
{
    l->stopped = true;
    while (l->first != NULL) {
        struct later_item *item = l->first;
        take_out(item);
        item->fn(item->data, true);
    }
}
