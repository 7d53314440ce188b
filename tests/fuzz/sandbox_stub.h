/* The sandbox without its loop, its disk and its connections: answers are checked and thrown away,
 * every journal line is read at once, as a restart would, into a second book, which must end like
 * the first. */
#ifndef TESTS_FUZZ_SANDBOX_STUB_H
#define TESTS_FUZZ_SANDBOX_STUB_H

#include "integrations/sandbox/answer.h"
#include "integrations/sandbox/sandbox.h"

struct stub_mirror {
    struct book book;
    struct sms_box sms;
    size_t answers; /* since stub_begin() */
};
extern struct stub_mirror stub_mirror;

/* Before and behind each input. The sandbox's book and texts are made and checked here, the rest is
 * the caller's. */
void stub_begin(struct sandbox *s, int64_t opening_fen);
void stub_end(struct sandbox *s);

#endif
