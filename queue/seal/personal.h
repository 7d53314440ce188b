/* The personal data of a case: what is sealed, as compact JSON, and what may be shown of it. */
#ifndef QUEUE_SEAL_PERSONAL_H
#define QUEUE_SEAL_PERSONAL_H

#include "queue/base/arena.h"
#include "queue/base/json.h"
#include "queue/domain/relief.h"
#include "queue/seal/seal.h"

/* Every text may be empty: not known. Limits in bytes are the API's (server/api_tickets.c). */
struct personal {
    struct slice name, id_number, phone, account; /* of whom the case is about; phone in E.164 */
    struct slice reporter_name, reporter_phone, reporter_relation;
    struct slice address, narrative;
    struct slice household; /* other members: "name id_number" per line, the name may be missing */
    struct slice relative_of; /* officer whom the caller names as a near relative (近亲属) */
    bool has_point;
    double lat, lng;
    enum crs crs;
};

void personal_write(const struct personal *p, struct buf *out);
/* Texts are copied into the arena. ERR_CORRUPT, ERR_NO_MEMORY. */
MUST_CHECK enum err personal_read(struct slice json, struct arena *arena, struct personal *out);
/* unseal_case and personal_read in one. ERR_NOT_FOUND: the person was erased. */
MUST_CHECK enum err personal_unseal(struct sealer *s, struct slice case_no, struct slice wrapped,
                                    struct slice sealed, struct arena *arena, struct personal *out);
/* Seal p under the key the case has already. ERR_NOT_FOUND: the person was erased; ERR_CORRUPT,
 * ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK enum err personal_reseal(struct sealer *s, struct slice case_no, struct slice wrapped,
                                    const struct personal *p, struct buf *out);
/* Where to call or text: the person's own phone, else the reporter's; "" if there is none. */
struct slice personal_callback(const struct personal *p);
/* Whose case it is, for history and caps: keyed hash of the ID number, else of the phone, else of
 * the case itself. */
MUST_CHECK enum err personal_hash(struct sealer *s, const struct personal *p, struct slice case_no,
                                  char out[SEAL_HASH_SIZE]);
/* Whose account it is, in the register of officers' own accounts: keyed hash of its number (however
 * it is written, whatever the bank is called), "" if fa is no financial address "kind:number@bank". */
MUST_CHECK enum err personal_account_hash(struct sealer *s, struct slice fa,
                                          char out[SEAL_HASH_SIZE]);
/* {"name": "张*", "phone": "138****1234", …} with what is known, masked; in clear when `clear`. */
void personal_show(const struct personal *p, bool clear, struct json_out *o, const char *name);

#endif
