/* What a bank reads and writes as files: pain.001.001.09 and the example text layout of ops/pay
 * (example_daifa.json) in; pain.002.001.11, camt.053/054.001.08 and the text result file out.
 * Written from the reference and the layout's description; shares nothing with the client's codec.
 * Pure. */
#ifndef INTEGRATIONS_SANDBOX_PAPER_H
#define INTEGRATIONS_SANDBOX_PAPER_H

#include <stdbool.h>
#include "integrations/sandbox/book.h"
#include "queue/base/buf.h"

#define PAPER_MAX ((size_t)16 * 1024 * 1024)
#define PAPER_ITEMS_MAX 100000
#define MSG_ID_SIZE 36
#define ACCOUNT_SIZE 35
#define PAPER_WHY_SIZE 100

struct paper_item {
    char reference[REFERENCE_MAX + 1];
    char tail[TAIL_LEN + 1];
    int64_t amount_fen;
    enum refusal refusal;
};

/* One batch file. */
struct paper {
    char msg_id[MSG_ID_SIZE], pmt_inf_id[MSG_ID_SIZE], account[ACCOUNT_SIZE];
    bool text;
    struct paper_item *items;
    size_t count, cap;
    int64_t sum_fen;
};

void paper_release(struct paper *p);
/* Append one; the reference must be new in this file. False: it is not, or there is no memory. */
bool paper_add(struct paper *p, const struct paper_item *item);
/* "800.00" and "800" and "800.5"; -1 if it is not an amount of CNY. */
int64_t paper_fen(struct slice text);

/* Read a file. ERR_INPUT with why: it cannot be believed, nothing of it may be paid; msg_id and the
 * kind are set as far as they could be read. ERR_NO_MEMORY. */
MUST_CHECK enum err paper_read_xml(struct slice bytes, struct paper *out, char why[PAPER_WHY_SIZE]);
MUST_CHECK enum err paper_read_text(struct slice bytes, struct paper *out,
                                    char why[PAPER_WHY_SIZE]);

/* How an order is told. */
enum paper_word { PAPER_TAKEN, PAPER_PENDING, PAPER_DONE, PAPER_REFUSED, PAPER_RETURNED };

struct paper_told {
    const char *reference;
    int64_t amount_fen;
    enum paper_word word;
};

/* What a file of the bank says at its head. */
struct paper_head {
    const char *msg_id; /* the bank's own */
    const char *about;  /* our MsgId */
    const char *about_inf;
    const char *account;
    int64_t at_ms;
};

/* pain.002: the state of each. group_why: the whole file is refused, NULL = it is not. */
void paper_write_status(const struct paper_head *head, const char *group_why,
                        const struct paper_told *told, size_t n, struct buf *out);
/* camt.054: booked entries; DONE is a debit, RETURNED a credit with a return reason. */
void paper_write_notice(const struct paper_head *head, const struct paper_told *told, size_t n,
                        struct buf *out);
/* camt.053 with opening and closing balance. */
void paper_write_statement(const struct paper_head *head, int64_t opening_fen, int64_t closing_fen,
                           const struct paper_told *told, size_t n, struct buf *out);
/* The text result file, GB18030. */
void paper_write_result(const struct paper_head *head, const struct paper_told *told, size_t n,
                        struct buf *out);

#endif
