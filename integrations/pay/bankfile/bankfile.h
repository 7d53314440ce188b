/* Bank batch files (批量代发): what the codecs of this folder share. A batch of orders goes out as one file under one
 * MsgId; days later the bank's own files tell what became of it.
 *
 *     pain001.h         orders -> pain.001.001.09 (XML)
 *     text_profile.h    orders -> a 代发 / 一卡通 text file, and the bank's result file back, by a profile in JSON
 *     pain002.h camt.h  pain.002 and camt.053 / camt.054 -> results and statement lines
 *     registry.h        one MsgId, one content, for ever; which order is in which file
 *     drop.h            where files are left and picked up: a folder, or SFTP
 *     bankfile_rail.h   all of it behind struct pay_rail
 *
 * The codecs are pure. What they hold (names, accounts) is never logged; a fault names row and field, not content. */
#ifndef INTEGRATIONS_PAY_BANKFILE_BANKFILE_H
#define INTEGRATIONS_PAY_BANKFILE_BANKFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "integrations/pay/pay.h"
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"
#include "queue/domain/statement.h"

#define BANKFILE_ORDERS_MAX STATEMENT_ITEMS_MAX      /* orders in one file */
#define BANKFILE_FILE_MAX ((size_t)16 * 1024 * 1024) /* bytes of one file, written or read */
#define BANKFILE_RESULTS_MAX 20000                   /* results or statement lines in one file of the bank */
#define BANKFILE_HEADS_MAX 64                        /* statements in one file */
#define BANKFILE_MSG_ID_SIZE STATEMENT_BATCH_SIZE    /* 1..35 of [A-Za-z0-9] and a NUL */
#define BANKFILE_ACCOUNT_MAX 34                      /* characters of an account in ISO 20022 */
#define BANKFILE_NAME_POINTS_MAX 140                 /* code points of a name there */

/* One file to be. Texts are borrowed, valid UTF-8. */
struct bankfile_batch {
    const char *msg_id;
    int64_t created_ms; /* when the batch was made; part of the file, so it never changes afterwards */
    int64_t execute_ms; /* the China day on which the bank is to pay */
    const char *payer_name;
    const char *payer_account; /* 1..34 of [A-Za-z0-9] */
    const char *payer_bank;    /* 12-digit CNAPS number (联行号) */
    const char *purpose;       /* subsidy item (补贴项目), at most 35 code points; "" = leave out */
    bool book_in_one;          /* ask the bank to book the batch in one sum */
    const struct pay_order *orders;
    size_t count; /* 1..BANKFILE_ORDERS_MAX */
};

/* Why a file cannot be written. row: from 1, 0 = the batch itself. Static texts. */
struct bankfile_fault {
    size_t row;
    const char *field;
    const char *reason;
};

/* "kind:account@bank" in its parts. fa must have passed pay_order_check(). */
struct bankfile_payee {
    struct slice kind, account, bank;
};
struct bankfile_payee bankfile_payee(struct slice fa);

/* What every form of file asks of a batch: orders valid and with a name, ids different, texts within their lengths, the
 * sum within AMOUNT_FEN_MAX. ERR_INPUT with *fault (may be NULL); *sum_fen untouched then. ERR_NO_MEMORY. */
MUST_CHECK enum err bankfile_check(const struct bankfile_batch *batch, int64_t *sum_fen, struct bankfile_fault *fault);

/* True if text is 1..35 of [A-Za-z0-9]. */
bool bankfile_msg_id_valid(struct slice text);
/* PREFIX yyyymmdd HASH: the prefix (1..7 of [A-Za-z0-9], upper case) tells sender and rail, the date is the China day
 * of at_ms, the hash is 20 hex digits over rail, day and the batch's ids in order. The same orders on the same day
 * always give the same MsgId. ERR_INPUT: bad prefix or no orders; ERR_INTERNAL: no SHA-256. */
MUST_CHECK enum err bankfile_msg_id(const char *rail, const char *prefix, int64_t at_ms, const struct pay_order *orders,
                                    size_t n, char out[BANKFILE_MSG_ID_SIZE]);
/* SHA-256 in lower-case hex. ERR_INTERNAL when the library fails. */
MUST_CHECK enum err bankfile_sha256(struct slice bytes, char out[65]);

/* ---- What the bank's files say ---- */

/* One statement of one account. Balances in fen, negative = overdrawn. */
struct statement_head {
    char id[STATEMENT_BATCH_SIZE];
    char account[BANKFILE_ACCOUNT_MAX + 1];
    bool has_opening, has_closing;
    int64_t opening_fen, closing_fen;
    int64_t booked_fen; /* credits less debits of the booked entries */
    /* opening + booked = closing, or one of them is not told. False: entries are missing or doubled; a person looks. */
    bool balanced;
};

/* What one file of the bank says. A zeroed struct is empty. */
struct bankfile_news {
    struct pay_result *results;
    size_t result_count, result_cap;
    struct statement_line *lines;
    size_t line_count, line_cap;
    struct statement_head heads[BANKFILE_HEADS_MAX];
    size_t head_count;
    char about_msg_id[BANKFILE_MSG_ID_SIZE]; /* our file that it answers, "" = not told */
    /* What it says of that file as a whole: true for every order of it that is not among the results. PAY_UNKNOWN with
     * reason "" = nothing. */
    struct pay_result group;
    size_t odd; /* entries that were not understood, or contradict themselves: nothing is concluded from them */
};

void bankfile_news_release(struct bankfile_news *news);
/* A zeroed new element; NULL: no memory, or BANKFILE_RESULTS_MAX is reached. */
struct pay_result *bankfile_news_result(struct bankfile_news *news);
struct statement_line *bankfile_news_line(struct bankfile_news *news);

/* An id whose results say different things is told as PAY_UNKNOWN, "[contradiction]", each time; counted in odd.
 * ERR_NO_MEMORY. */
MUST_CHECK enum err bankfile_news_contradictions(struct bankfile_news *news);

/* Why a file of the bank was refused. Never any of its content. */
struct bankfile_why {
    bool incomplete; /* its end is missing: it may still be being written */
    int line;        /* 0 = not known */
    char text[120];
};
void bankfile_why_set(struct bankfile_why *why, int line, const char *text); /* why may be NULL */

/* The bank's free text for our records: printable ASCII of at most size-1, everything else as '?'. */
void bankfile_copy_ref(struct slice text, char *out, size_t size);

#endif
