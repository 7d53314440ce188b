/* The sequence inside case numbers: counts within a date and never goes back, also not over kill
 * -9. Numbers are reserved in blocks in a file of this gateway's node (`node-NN.seq` in data_dir:
 * "yymmdd next-free"), written and synced before the first number of a block is used; what a crash
 * leaves unused of a block is lost, which is what numbers are for. The file is locked, so that two
 * gateways cannot have one node number. A clock that steps back to an earlier date does not bring
 * old numbers back: the date of the file stands until the clock has passed it. */
#ifndef SERVER_CASE_SEQUENCE_H
#define SERVER_CASE_SEQUENCE_H

#include "queue/base/buf.h"
#include "queue/domain/case_no.h"

#define CASE_SEQUENCE_BLOCK 10000

struct case_sequence {
    char path[512];
    char region[7];
    int lock_fd;
    int node;
    int date; /* of the numbers being given out */
    int next; /* next number to give */
    int end;  /* first number that is not reserved */
};

/* ERR_IO with `why`: the folder cannot be written, the file is locked by another gateway, or it is
 * damaged. */
MUST_CHECK enum err case_sequence_open(struct case_sequence *s, const char *folder,
                                       const char *region, int node, struct buf *why);
void case_sequence_close(struct case_sequence *s);
/* The next number. Blocks for one file sync in CASE_SEQUENCE_BLOCK calls. ERR_IO: nothing can be
 * reserved; ERR_LIMIT: the day's numbers are used up. */
MUST_CHECK enum err case_sequence_next(struct case_sequence *s, int64_t now_ms,
                                       char out[CASE_NO_SIZE]);

#endif
