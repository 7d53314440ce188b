/* One FCALL being written: `FCALL jiuji_<name> 1 {region} args…` in the Redis protocol. Reusable;
 * always with counted lengths, never with a format string, so that no text can change the command.
 */
#ifndef QUEUE_STORE_FCALL_H
#define QUEUE_STORE_FCALL_H

#include "queue/base/buf.h"
#include "queue/base/err.h"

#define FCALL_BYTES_MAX (8u << 20)

struct fcall {
    struct buf body; /* the arguments, each as $len CRLF bytes CRLF */
    struct buf wire; /* filled by fcall_finish */
    size_t argc;
};

void fcall_init(struct fcall *f);
void fcall_release(struct fcall *f);
/* Start anew. name without the prefix, e.g. "intake"; region: 6 digits. */
void fcall_begin(struct fcall *f, const char *name, const char *region);
/* Start another command than FCALL (for the checks at start): the words follow with fcall_text. */
void fcall_begin_plain(struct fcall *f);
void fcall_slice(struct fcall *f, struct slice arg);
void fcall_text(struct fcall *f, const char *arg);
void fcall_int(struct fcall *f, int64_t arg);
/* The bytes to send, valid until the next begin. ERR_NO_MEMORY, ERR_TOO_LARGE. */
MUST_CHECK enum err fcall_finish(struct fcall *f, struct slice *wire);

#endif
