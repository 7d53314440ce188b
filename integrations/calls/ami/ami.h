/* Asterisk Manager Interface: events as lines `Key: Value` with CRLF (or LF), an empty line behind
 * each. Read from recorded or forwarded frames; other events than the ones listed in ami.c are
 * ignored, and so is the banner. Without `timestampevents = yes` frames carry no time. */
#ifndef INTEGRATIONS_CALLS_AMI_AMI_H
#define INTEGRATIONS_CALLS_AMI_AMI_H

#include "integrations/calls/calls.h"

#define AMI_LINES_MAX 128 /* of one event */
#define AMI_LINE_MAX 2048 /* bytes */

/* As calls_read(). */
MUST_CHECK enum err ami_read(struct slice body, struct slice source, struct arena *arena,
                             struct calls_batch *out, const char **why);

#endif
