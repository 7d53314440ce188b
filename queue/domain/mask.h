/* Masking (脱敏) of personal data for display: what a role without the right to reveal sees. Input may be anything,
 * also broken UTF-8 or the wrong length: a mask never shows more than it says, and shows nothing of what it does not
 * understand. Output is always valid UTF-8 and NUL-terminated. The number of stars does not tell the length of a name.
 * Pure. */
#ifndef QUEUE_DOMAIN_MASK_H
#define QUEUE_DOMAIN_MASK_H

#include "queue/base/slice.h"

#define MASK_SIZE 48

/* 张三 -> "张*", 欧阳娜娜 -> "欧*", "" -> "*". First character (code point) and one star. */
void mask_name(struct slice name, char out[MASK_SIZE]);
/* "13812341234", "+8613812341234" -> "138****1234"; a landline keeps its area code and last two: "021****78"; else
 * "****". */
void mask_phone(struct slice phone, char out[MASK_SIZE]);
/* "11010519491231002X" -> "110*************2X": first 3, last 2. Anything but 18 characters: "****". */
void mask_id_number(struct slice id, char out[MASK_SIZE]);
/* Bank account or card: "****2345", last 4; fewer than 8 characters: "****". */
void mask_account(struct slice account, char out[MASK_SIZE]);

#endif
