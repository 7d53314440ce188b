/* Text files of a bank (代发 / 一卡通): there is no common layout, so the layout is data: a profile in JSON, e.g.
 * ops/pay/example_daifa.json, whose README describes every key. One profile says how our batch file looks (head, row
 * and tail lines out of columns) and how the bank's result file does, with the table result code -> outcome.
 *
 * Nothing is ever silently cut, replaced or escaped: a value that does not fit its column, holds the separator, or a
 * character that the encoding cannot hold is an error that names the row. Pure, but for iconv. */
#ifndef INTEGRATIONS_PAY_BANKFILE_TEXT_PROFILE_H
#define INTEGRATIONS_PAY_BANKFILE_TEXT_PROFILE_H

#include "integrations/pay/bankfile/bankfile.h"
#include "integrations/pay/bankfile/text_encode.h"

#define TEXT_COLUMNS_MAX 32
#define TEXT_CODES_MAX 128
#define TEXT_WIDTH_MAX 500
#define TEXT_LINE_MAX ((size_t)16 * 1024) /* bytes of one line of the bank */

/* Columns: word in the profile, and where it may stand: o = head and tail out, r = row out, b = head and tail back,
 * c = row back. */
#define TEXT_FIELD_TABLE(X)                      \
    X(TEXT_LITERAL, "literal", "orbc")           \
    X(TEXT_SKIP, "skip", "bc")                   \
    X(TEXT_MSG_ID, "msg_id", "orbc")             \
    X(TEXT_DATE, "date", "orbc")                 \
    X(TEXT_ITEM_COUNT, "count", "ob")            \
    X(TEXT_SUM, "sum", "ob")                     \
    X(TEXT_PROJECT, "project", "or")             \
    X(TEXT_PAYER_NAME, "payer_name", "or")       \
    X(TEXT_PAYER_ACCOUNT, "payer_account", "or") \
    X(TEXT_SEQ, "seq", "r")                      \
    X(TEXT_ID, "id", "rc")                       \
    X(TEXT_NAME, "name", "r")                    \
    X(TEXT_ID_NUMBER, "id_number", "r")          \
    X(TEXT_ACCOUNT, "account", "r")              \
    X(TEXT_BANK, "bank", "r")                    \
    X(TEXT_AMOUNT, "amount", "rc")               \
    X(TEXT_NOTE, "note", "r")                    \
    X(TEXT_CODE, "code", "c")                    \
    X(TEXT_BANK_REF, "bank_ref", "c")

#define TEXT_FIELD_ENUM(id, word, places) id,
enum text_field { TEXT_FIELD_TABLE(TEXT_FIELD_ENUM) TEXT_FIELD_COUNT };
#undef TEXT_FIELD_ENUM

struct text_column {
    enum text_field field;
    char text[33]; /* of a literal */
    int width;     /* bytes in the encoding: exactly (fixed width) or at most (separated); 0 = no limit */
    bool right;    /* aligned; padding only where widths are fixed */
    char pad;      /* ' ' or '0' */
};

struct text_line {
    struct text_column columns[TEXT_COLUMNS_MAX];
    int count; /* 0 = there is no such line */
};

struct text_code {
    char code[33];
    enum pay_outcome outcome; /* ACCEPTED, SUCCEEDED, FAILED, RETURNED or UNKNOWN */
};

enum text_date_form { TEXT_DATE_PLAIN, TEXT_DATE_DASH, TEXT_DATE_SLASH }; /* YYYYMMDD, YYYY-MM-DD, YYYY/MM/DD */

struct text_profile {
    char name[33];
    char title[97];
    enum text_encoding encoding;
    bool crlf;
    char separator;        /* '\0' = fixed widths */
    bool separator_at_end; /* also behind the last column */
    bool amounts_in_fen;   /* else yuan with two decimals */
    enum text_date_form date_form;
    char suffix[17];                                 /* of file names, e.g. ".txt" */
    struct text_line head, row, tail;                /* our file */
    struct text_line back_head, back_row, back_tail; /* the bank's */
    bool back_is_statement;                          /* rows that say paid or returned are statement lines as well */
    struct text_code codes[TEXT_CODES_MAX];
    int code_count;
};

/* Strict. ERR_INPUT with one line per fault in `why` (may be NULL): line, JSON Pointer, remedy. ERR_NO_MEMORY. *out (it
 * is large: keep it off the stack) untouched on failure. */
MUST_CHECK enum err text_profile_read(struct slice json, struct text_profile *out, struct buf *why);
MUST_CHECK enum err text_profile_load(const char *path, struct text_profile *out, struct buf *why);
const char *text_field_word(enum text_field f);

/* Can a reader tell that a result file is whole? True if it has a tail line. */
bool text_profile_has_end(const struct text_profile *p);

/* Append the batch file to out. ERR_INPUT with *fault (may be NULL), out untouched but for its memory; ERR_TOO_LARGE,
 * ERR_NO_MEMORY, ERR_INTERNAL (no such encoding here). */
MUST_CHECK enum err text_write(const struct text_profile *p, const struct bankfile_batch *batch, struct buf *out,
                               struct bankfile_fault *fault);

/* Append to *news what a result file says. ERR_INPUT with *why (why->incomplete: the tail line is missing): nothing in
 * it may be used. Rows that cannot be understood are counted in news->odd; count and sum of head and tail must agree
 * with the rows, or the file is refused. ERR_TOO_LARGE, ERR_NO_MEMORY, ERR_INTERNAL. After an error release news. */
MUST_CHECK enum err text_read(const struct text_profile *p, struct slice bytes, struct bankfile_news *news,
                              struct bankfile_why *why);

#endif
