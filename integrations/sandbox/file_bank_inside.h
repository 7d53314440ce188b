/* What the two halves of the file bank share: file_bank.c takes, file_bank_tell.c tells. */
#ifndef INTEGRATIONS_SANDBOX_FILE_BANK_INSIDE_H
#define INTEGRATIONS_SANDBOX_FILE_BANK_INSIDE_H

#include "integrations/sandbox/file_bank.h"
#include "integrations/sandbox/paper.h"
#include "integrations/sign/hmac.h"

#define FILE_PATH_SIZE 1200
#define FILE_NAME_SIZE 200

struct message {
    char msg_id[MSG_ID_SIZE];
    char sha256[SHA256_HEX_SIZE];
};

struct file_bank {
    struct sandbox *s;
    struct message *messages; /* every file that was taken */
    size_t message_count, message_cap;
    uint32_t stated_lines;        /* of the book: told in a camt.053 */
    int64_t stated_fen;           /* balance of the account then */
    uint64_t files;               /* written so far */
    char waiting[FILE_NAME_SIZE]; /* a file that is left lying … */
    int64_t waiting_until_ms;
};

/* One taken file until everything about it is told. */
struct batch {
    struct file_bank *bank;
    struct paper paper;
    struct fault answer, end; /* levels A and C */
    char name[FILE_NAME_SIZE], sha256[SHA256_HEX_SIZE];
    const char *group_why; /* static text; NULL = not refused as a whole */
    int open;              /* steps still to come */
};

/* folder/name */
void file_bank_path(const char *folder, const char *name, char out[FILE_PATH_SIZE]);
/* Tell everything about a batch, beginning after this turn of the loop; takes it over. */
void file_bank_tell(struct batch *b);
/* Drop one hold on the batch; the last one frees it. */
void file_bank_end_step(struct batch *b);
/* The file leaves our folder: it was taken, or got lost. */
void file_bank_put_away(const struct batch *b);
/* The money of this order comes back after ms. */
void file_bank_plan_return(const struct batch *b, const char *reference, int64_t ms);

#endif
