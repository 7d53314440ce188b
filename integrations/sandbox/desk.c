#include "integrations/sandbox/desk.h"

#include <string.h>
#include "queue/base/clock.h"

struct movement *desk_find(const struct sandbox *s, enum peer peer, struct slice reference)
{
    struct movement *m = book_find(&s->book, peer, reference);
    bool gone = m != NULL && (m->forgotten || (m->forget_ms > 0 && clock_now_ms() >= m->forget_ms));
    return gone ? NULL : m;
}

enum desk_sight desk_look(const struct sandbox *s, enum peer peer, struct slice reference,
                          struct movement **out)
{
    struct movement *m = desk_find(s, peer, reference);
    bool quiet = m != NULL && m->quiet_until_ms > clock_mono_ms();
    if (m == NULL || (quiet && m->hidden)) {
        return DESK_UNKNOWN;
    }
    *out = m;
    return quiet || m->state == MOVEMENT_WAITING ? DESK_PENDING : DESK_SEEN;
}

/* A reference that was forgotten is free again. */
static void free_reference(struct sandbox *s, const struct desk_order *order)
{
    struct movement *old = book_find(&s->book, order->peer, order->reference);
    if (old != NULL && !old->forgotten) {
        book_forget(old);
        book_write_forgotten(old, clock_now_ms(), s->journal);
    }
}

/* What shall go wrong with a new order. Returns whether it is refused. */
static bool plan_faults(struct sandbox *s, const struct desk_order *order,
                        const struct fault *parcel_fault, struct movement *m,
                        struct desk_taken *taken)
{
    struct fault fault = desk_order_fault(s, order->peer, FAULT_ON_DISBURSE, order->reference);
    struct fault key =
        faults_take(&s->faults, FAULT_ON_DISBURSE, order->peer, 'K', &order->reference, 1);
    if (fault.kind == FAULT_NOT_FOUND) {
        m->hidden = true;
        m->quiet_until_ms = clock_mono_ms() + fault.ms;
    } else if (parcel_fault->kind == FAULT_LATE) {
        m->quiet_until_ms = clock_mono_ms() + parcel_fault->ms;
    }
    if (key.kind == FAULT_FORGOTTEN) {
        m->forget_ms = clock_now_ms() + key.ms;
    }
    taken->gives_back = fault.kind == FAULT_RETURN;
    taken->give_back_ms = fault.ms;
    return fault.kind == FAULT_REJECT;
}

static struct desk_taken take_new(struct sandbox *s, const struct desk_order *order,
                                  const struct fault *parcel_fault)
{
    struct movement m = {.peer = (uint8_t)order->peer, .amount_fen = order->amount_fen};
    struct desk_taken taken = {.how = DESK_NEW};
    enum refusal refusal = order->refusal;
    if (plan_faults(s, order, parcel_fault, &m, &taken) && refusal == REFUSAL_NONE) {
        refusal = REFUSAL_PAYEE;
    }
    if (refusal == REFUSAL_NONE && m.amount_fen > s->book.balance_fen) {
        refusal = REFUSAL_PAYER;
    }
    m.refusal = (uint8_t)refusal;
    m.state = refusal != REFUSAL_NONE ? MOVEMENT_REJECTED
              : order->waits          ? MOVEMENT_WAITING
                                      : MOVEMENT_PAID;
    m.at_ms = clock_now_ms();
    memcpy(m.tail, order->tail, sizeof(m.tail));
    enum err err = slice_copy(order->reference, m.reference, sizeof(m.reference));
    ASSERT(err == ERR_OK);
    if (book_add(&s->book, &m) != ERR_OK) {
        sandbox_die("no memory");
    }
    taken.movement = book_find(&s->book, order->peer, order->reference);
    taken.gives_back = taken.gives_back && taken.movement->state != MOVEMENT_REJECTED;
    book_write_movement(taken.movement, s->journal);
    return taken;
}

struct desk_taken desk_take(struct sandbox *s, const struct desk_order *order,
                            const struct fault *parcel_fault)
{
    struct movement *known = desk_find(s, order->peer, order->reference);
    if (known == NULL) {
        free_reference(s, order);
        return take_new(s, order, parcel_fault);
    }
    if (known->amount_fen == order->amount_fen && strcmp(known->tail, order->tail) == 0) {
        s->book.duplicates++; /* the same order again: the same movement */
        return (struct desk_taken){.how = DESK_SAME, .movement = known};
    }
    s->book.mismatches++;
    return (struct desk_taken){.how = DESK_DIFFERS, .movement = known};
}

void desk_give_back(struct sandbox *s, struct movement *m)
{
    if (book_return(&s->book, m, clock_now_ms()) != ERR_OK) {
        sandbox_die("no memory");
    }
    book_write_return(m, s->journal);
}

void desk_settle(struct sandbox *s, struct movement *m, enum refusal refusal)
{
    if (refusal == REFUSAL_NONE && m->amount_fen > s->book.balance_fen) {
        refusal = REFUSAL_PAYER;
    }
    if (book_settle(&s->book, m, refusal, clock_now_ms()) != ERR_OK) {
        sandbox_die("no memory");
    }
    book_write_settled(m, s->journal);
}

static bool alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

void desk_tail(struct slice account, char out[TAIL_LEN + 1])
{
    size_t len = account.len < TAIL_LEN ? account.len : TAIL_LEN;
    for (size_t i = 0; i < len; i++) {
        char c = account.ptr[account.len - len + i];
        out[i] = '-';
        if (alphanumeric(c)) {
            out[i] = c;
        }
    }
    out[len] = '\0';
}

struct fault desk_order_fault(struct sandbox *s, enum peer peer, enum fault_place place,
                              struct slice reference)
{
    return faults_take(&s->faults, place, peer, 'O', &reference, 1);
}

struct answer *desk_answer(struct sandbox *s, const struct http_request *r, enum peer peer,
                           enum fault_place place, const struct slice *references, size_t n,
                           size_t body_max)
{
    struct fault fault = faults_take(&s->faults, place, peer, 'A', references, n);
    if (answer_fault_before(s, r, &fault)) {
        return NULL;
    }
    struct answer *a = answer_new(s, r, body_max);
    a->fault = fault;
    a->parcel_fault = faults_take(&s->faults, place, peer, 'C', references, n);
    return a;
}
