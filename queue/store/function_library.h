/* The text of the store's function library (lua/) as this build has it, and its version: a hash of
 * the text, so that a process notices a library of another build before it works with it. */
#ifndef QUEUE_STORE_FUNCTION_LIBRARY_H
#define QUEUE_STORE_FUNCTION_LIBRARY_H

#include "queue/base/buf.h"

#define FUNCTION_VERSION_SIZE 17 /* 16 hex digits and a NUL */

/* Version of this build. */
void function_library_version(char out[FUNCTION_VERSION_SIZE]);
/* The whole text for FUNCTION LOAD REPLACE. */
void function_library_text(struct buf *out);

#endif
