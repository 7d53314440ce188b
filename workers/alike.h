/* By what a case's like is found besides the person: the payee account, and place with event. Only
 * keyed hashes leave here. The normal form is pure; no list of names is asked, so a wrong cut costs
 * a link at most. */
#ifndef WORKERS_ALIKE_H
#define WORKERS_ALIKE_H

#include "queue/seal/seal.h"
#include "queue/store/calls_people.h"

#define ALIKE_PLACE_SIZE (LINK_HASH_HEX + 2)   /* kind, digits, NUL */
#define ALIKE_ACCOUNT_SIZE (LINK_HASH_HEX + 1) /* digits, NUL */

/* Append the address without blanks and signs, full-width letters and digits made plain, lower
 * case, without the province, city, county and township in front: "贵州省贵阳市南明区 新华路１２号"
 * becomes "新华路12号". address: UTF-8. */
void alike_address(struct slice address, struct buf *out);
/* True when such a normal form names a house or flat, not only a street, village or group
 * ("新华路12号" does, "好花红村3组" does not). */
bool alike_names_house(struct slice normal);

/* "x…" or "v…" of township, address and event; "" when there is no address. ERR_NO_MEMORY,
 * ERR_INTERNAL. */
MUST_CHECK enum err alike_place(struct sealer *s, const char *township, struct slice address,
                                const char *event, char out[ALIKE_PLACE_SIZE]);
/* Of "account:6222…@bank"; "" when there is none. */
MUST_CHECK enum err alike_account(struct sealer *s, struct slice account,
                                  char out[ALIKE_ACCOUNT_SIZE]);

#endif
