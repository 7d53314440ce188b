/* The gateway's eye on new townships, aliases and rules. */
#ifndef SERVER_PLACES_H
#define SERVER_PLACES_H

#include "server/gateway.h"

/* Start g->places_timer: every two seconds it looks for a replaced townships_file and for another
 * alias version, policy pack or disaster. */
void places_watch(struct gateway *g);
/* Ask at once whether other rules are in force. */
void places_look_at_rules(struct gateway *g);

#endif
