#include "queue/store/event_tail.h"

#include "queue/base/json.h"

void event_tail_write(const struct event_tail *t, struct buf *out)
{
    struct json_out o;
    json_out_init(&o, out);
    json_put_int(&o, "at_ms", t->at_ms);
    json_put_slice(&o, "actor", t->actor);
    json_put_slice(&o, "reason", t->reason);
    json_put_slice(&o, "policy", t->policy);
}
