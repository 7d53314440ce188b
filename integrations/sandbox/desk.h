/* What every rail does with an order once it has been read: is it new, may it be paid, what is the
 * fault menu's wish, write it into the book and the journal. And what a query sees. */
#ifndef INTEGRATIONS_SANDBOX_DESK_H
#define INTEGRATIONS_SANDBOX_DESK_H

#include "integrations/sandbox/answer.h"
#include "integrations/sandbox/sandbox.h"

struct desk_order {
    enum peer peer;
    struct slice reference; /* 1..REFERENCE_MAX, bank_reference_ok() */
    int64_t amount_fen;     /* 0.. */
    char tail[TAIL_LEN + 1];
    enum refusal refusal; /* what the wire found wrong with it */
    bool waits;           /* the payee must say yes before money moves */
};

enum desk_how {
    DESK_NEW,    /* taken now */
    DESK_SAME,   /* known with the same amount and payee: the same movement */
    DESK_DIFFERS /* known with another amount or payee: nothing was done */
};

struct desk_taken {
    enum desk_how how;
    struct movement *movement; /* until the next order is taken */
    bool gives_back;           /* the money is to come back after give_back_ms */
    int64_t give_back_ms;
};

/* Take one. parcel_fault: what will happen to its callback. Ends the process without memory. */
struct desk_taken desk_take(struct sandbox *s, const struct desk_order *order,
                            const struct fault *parcel_fault);

enum desk_sight {
    DESK_UNKNOWN, /* no such reference, or it hides */
    DESK_PENDING, /* it is there and nothing is said about its end yet */
    DESK_SEEN     /* as the movement stands */
};
/* What a query is told. *out is set unless UNKNOWN. */
enum desk_sight desk_look(const struct sandbox *s, enum peer peer, struct slice reference,
                          struct movement **out);
/* The movement of this reference as orders see it: NULL if there is none or it was forgotten. */
struct movement *desk_find(const struct sandbox *s, enum peer peer, struct slice reference);

/* Money of a PAID movement comes back now; journalled. */
void desk_give_back(struct sandbox *s, struct movement *m);
/* A WAITING movement ends now; journalled. NONE may become PAYER: there is no money left. */
void desk_settle(struct sandbox *s, struct movement *m, enum refusal refusal);

/* The last TAIL_LEN letters or digits of an account. */
void desk_tail(struct slice account, char out[TAIL_LEN + 1]);

/* An answer of this request with the faults of levels A and C for it already taken; NULL: a fault
 * struck before anything was taken, and the request is dealt with. */
struct answer *desk_answer(struct sandbox *s, const struct http_request *r, enum peer peer,
                           enum fault_place place, const struct slice *references, size_t n,
                           size_t body_max);
/* A fault of level O that strikes this reference. */
struct fault desk_order_fault(struct sandbox *s, enum peer peer, enum fault_place place,
                              struct slice reference);

#endif
