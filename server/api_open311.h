/* What the two halves of the Open311 façade share. */
#ifndef SERVER_API_OPEN311_H
#define SERVER_API_OPEN311_H

#include "integrations/open311/open311.h"
#include "server/api.h"

/* Does the route end in .xml? */
bool open311_xml(const struct op *op);
/* End the document and the op with it. */
void open311_reply(struct op *op, int status, struct open311_out *o);
/* From here on problems are told in GeoReport's form; false: answered (another jurisdiction_id). */
bool open311_begin_op(struct op *op);
/* A problem in GeoReport's form. */
void open311_problem(struct op *op, const struct problem *p);

#endif
