/* Registry of batch files (登记簿): the books that make a file rail pay at most once. A folder on our own disk:
 *
 *     jiuji-bankfile-registry    marks the folder; made once, by a person (registry_create)
 *     lock                       flock: one process at a time changes the books
 *     open/MSGID                 begun, not yet delivered
 *     files/MSGID.orders         "id amount_fen" of every order in it
 *     files/MSGID.bytes          the file itself; its coming into being is the commit point
 *     files/MSGID.sha256         its hash
 *     files/MSGID.ready          it lies at the bank under a hidden name, complete
 *     files/MSGID.sent           it got its name there
 *     orders/ID -> MSGID         the file that an order is in (a symbolic link, made in one stroke)
 *
 * What holds, whatever is killed when: a MsgId never stands for other bytes; an order is never in two files; a file
 * that was kept is delivered once. Every step is durable (fsync of file and folder) before the next one begins, and
 * each may be done again. The files hold names and accounts: mode 0600 in folders of 0700.
 *
 * Losing this folder loses the memory of what was sent: registry_open() never makes a new one by itself. */
#ifndef INTEGRATIONS_PAY_BANKFILE_REGISTRY_H
#define INTEGRATIONS_PAY_BANKFILE_REGISTRY_H

#include "integrations/pay/bankfile/bankfile.h"

#define REGISTRY_OPEN_MAX 1000 /* files begun and not delivered */

struct registry; /* one thread */

/* A new, empty registry. The folder may exist if it is empty. ERR_CONFLICT: it holds something already; ERR_IO. */
MUST_CHECK enum err registry_create(const char *folder);
/* ERR_NOT_FOUND: there is no registry; ERR_IO, ERR_NO_MEMORY. */
MUST_CHECK enum err registry_open(const char *folder, struct registry **out);
void registry_close(struct registry *r); /* NULL is allowed */

/* Wait for the books, and give them back. Everything below but registry_state asks for the lock (programmer error). */
MUST_CHECK enum err registry_lock(struct registry *r); /* ERR_IO */
void registry_unlock(struct registry *r);

enum registry_state {
    REGISTRY_NONE, /* no such file, or only begun: nothing was promised */
    REGISTRY_KEPT, /* the bytes are fixed for ever */
    REGISTRY_READY,
    REGISTRY_SENT
};
MUST_CHECK enum err registry_state(const struct registry *r, const char *msg_id, enum registry_state *out);

/* Keep the bytes under the MsgId. The same bytes again: ERR_OK, nothing changes. Other bytes: ERR_KEY_REUSED. ERR_IO:
 * try again; ERR_INPUT: no MsgId. */
MUST_CHECK enum err registry_put(struct registry *r, const char *msg_id, const struct pay_order *orders, size_t n,
                                 struct slice bytes);
/* The bytes, appended to out. ERR_NOT_FOUND, ERR_CORRUPT (they are not what the hash says), ERR_IO. */
MUST_CHECK enum err registry_get(struct registry *r, const char *msg_id, struct buf *out);
/* Note in the books that the orders of the kept file are in it. ERR_KEY_REUSED: one of them is in another file. */
MUST_CHECK enum err registry_claim(struct registry *r, const char *msg_id);
/* The file an order is in. ERR_NOT_FOUND: in none. */
MUST_CHECK enum err registry_find(struct registry *r, const char *id, char msg_id[BANKFILE_MSG_ID_SIZE]);
/* READY or SENT; SENT takes the file off the open ones. */
MUST_CHECK enum err registry_mark(struct registry *r, const char *msg_id, enum registry_state state);
/* Forget a MsgId that was begun but never kept. */
MUST_CHECK enum err registry_drop_begun(struct registry *r, const char *msg_id);

struct registry_order {
    char id[PAY_ID_SIZE];
    int64_t amount_fen;
};
/* The orders of a file; *out is the caller's (free). ERR_NOT_FOUND, ERR_CORRUPT, ERR_IO, ERR_NO_MEMORY. */
MUST_CHECK enum err registry_orders(struct registry *r, const char *msg_id, struct registry_order **out, size_t *n);
/* MsgIds of the open files, oldest names first, at most max; *n of them. ERR_IO. */
MUST_CHECK enum err registry_open_files(struct registry *r, char (*msg_ids)[BANKFILE_MSG_ID_SIZE], size_t max,
                                        size_t *n);

#endif
