/* What the codecs of the operators share on the way in: a list of items that becomes visible only
 * as a whole, and the rules that hold for every operator. */
#ifndef INTEGRATIONS_SMS_SMS_INTAKE_H
#define INTEGRATIONS_SMS_SMS_INTAKE_H

#include "integrations/sms/sms_incoming.h"

struct sms_intake {
    const char *provider;
    struct arena *arena;
    struct sms_answer *answer; /* a codec may change it, e.g. by what was called */
    struct sms_incoming *items;
    size_t count, room, max;
};

/* Room for `count` items in all. ERR_TOO_LARGE: more than the caller takes; ERR_NO_MEMORY. */
MUST_CHECK enum err sms_intake_room(struct sms_intake *intake, size_t count);

/* Add one item (room for it must be there). identity: what identifies this event at the
 * operator, 1..8 texts, for the key. The rules: a message without a sender or with a text that is
 * not clean, and a report without any id are SMS_UNREADABLE; numbers are normalised; an id of ours
 * that cannot be ours is dropped; codes are cut. Texts of the item must live as long as the arena.
 * ERR_NO_MEMORY, ERR_INTERNAL. */
MUST_CHECK enum err sms_intake_add(struct sms_intake *intake, const struct sms_incoming *item,
                                   const struct slice *identity, size_t identity_count);

/* A message (kind, part and parts set) or a report, else empty. */
struct sms_incoming sms_incoming_message(void);
struct sms_incoming sms_incoming_report(enum sms_report report);

/* "2017-09-01 00:00:00" or without seconds, as civil time `offset_ms` east of UTC; 0 if it is none.
 */
int64_t sms_read_time(struct slice text, int64_t offset_ms);
/* Epoch seconds as text to ms; 0 if it is none. */
int64_t sms_read_epoch(struct slice text);

/* Is the caller let in by path and source? *what is the tail behind the secret. Pure. */
bool sms_access_allowed(const struct sms_callback *request, const struct sms_secrets *secrets,
                        bool path_secret, struct slice *what);

#endif
