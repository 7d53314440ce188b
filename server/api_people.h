/* What the handlers about people share (api_people.c, api_registers.c). */
#ifndef SERVER_API_PEOPLE_H
#define SERVER_API_PEOPLE_H

#include "server/op.h"

/* The body's reason, trimmed, and that the body has no other fields than `names` (ends with NULL).
 * Answers the op itself when it returns false. */
bool people_reason(struct op *op, const char *const *names, struct slice *reason);

#endif
