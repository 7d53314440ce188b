/* Resident identity number (公民身份号码, GB 11643-1999): 6 digits area, 8 digits birthday, 3 digits sequence (odd =
 * male), one check character by ISO 7064 MOD 11-2. Residence permits of Hong Kong, Macao and Taiwan residents (areas
 * 81, 82, 83) have the same form. The area code alone never refuses a number: abolished counties stay in numbers for
 * life. The 15-digit form was withdrawn in 2013 and is refused. Pure; never log what goes through here. */
#ifndef QUEUE_DOMAIN_ID_NUMBER_H
#define QUEUE_DOMAIN_ID_NUMBER_H

#include <stdbool.h>
#include <stdint.h>
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define ID_NUMBER_SIZE 19 /* 18 characters and a NUL */

struct id_number {
    char text[ID_NUMBER_SIZE]; /* normalised: x becomes X */
    int birth_year, birth_month, birth_day;
    bool male;
    bool permit; /* 81/82/83: residence permit (港澳台居民居住证) */
};

/* What is wrong with a number; each has a sentence for the citizen (id_number_fault_zh). */
enum id_number_fault {
    ID_NUMBER_OK,
    ID_NUMBER_LENGTH,
    ID_NUMBER_CHARACTER,
    ID_NUMBER_AREA,
    ID_NUMBER_DATE,
    ID_NUMBER_CHECK
};

/* Surrounding spaces are dropped. today_ms: a birthday later than that China-time day, or before 1850 (the standard's
 * own example is of 1880), is a wrong date. ERR_INPUT with *fault (may be NULL); *out untouched then. */
MUST_CHECK enum err id_number_parse(struct slice text, int64_t today_ms, struct id_number *out,
                                    enum id_number_fault *fault);
/* Check character ('0'..'9', 'X') of 17 digits; 0 if they are not 17 digits. */
char id_number_check_char(struct slice first17);
/* Completed years of age on the China-time day of at_ms; 0 if not born yet. */
int id_number_age(const struct id_number *id, int64_t at_ms);
const char *id_number_fault_zh(enum id_number_fault fault);

#endif
