/* The gateway's eye on new townships and aliases. */
#ifndef SERVER_PLACES_H
#define SERVER_PLACES_H

#include "server/gateway.h"

/* Start g->places_timer: every two seconds it looks for a replaced townships_file and for another
 * alias version. */
void places_watch(struct gateway *g);

#endif
