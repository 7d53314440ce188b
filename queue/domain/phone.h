/* Telephone numbers of callers: normalised to E.164 so that one person has one number, whatever the switchboard sends.
 * Accepted: mainland mobiles (1[3-9] and 9 digits) and landlines with area code (0 + 2..3 digits + 7..8 digits), with
 * or without +86, 0086, 86 or an IP prefix (17909, 17951, 17911, 12593 …), spaces, hyphens, dots, brackets, full-width
 * digits; and any foreign number written with + or 00. Pure; never log what goes through here. */
#ifndef QUEUE_DOMAIN_PHONE_H
#define QUEUE_DOMAIN_PHONE_H

#include <stdbool.h>
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define PHONE_SIZE 17 /* '+', at most 15 digits and a NUL */

enum phone_kind {
    PHONE_MOBILE,   /* mainland mobile: can get SMS */
    PHONE_LANDLINE, /* mainland landline: voice only */
    PHONE_FOREIGN,  /* + and another country code; also +852, +853, +886 */
    PHONE_SERVICE   /* not a subscriber (1069…, 106…, 12345, 110, 95588, 400…): never answer it automatically */
};

struct phone {
    enum phone_kind kind;
    char text[PHONE_SIZE]; /* E.164 "+8613812341234"; for PHONE_SERVICE the plain digits */
};

/* ERR_INPUT when it is none of these; *out untouched then. Service numbers longer than 16 digits are ERR_INPUT as
 * well. */
MUST_CHECK enum err phone_parse(struct slice text, struct phone *out);
/* May an SMS be sent to it? Mobiles and foreign numbers only. */
bool phone_can_sms(const struct phone *p);
/* The way a Chinese person writes it: "13812341234", "021-62345678", "+85261234567". out: PHONE_SIZE + 2 bytes. */
void phone_national(const struct phone *p, char out[PHONE_SIZE + 2]);

#endif
