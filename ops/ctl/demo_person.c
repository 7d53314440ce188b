/* Made-up people. */
#include "ops/ctl/demo_person.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>

/* Check digit by Luhn (ISO/IEC 7812) for the digits before it. */
static char luhn(const char *digits)
{
    size_t len = strlen(digits);
    int sum = 0;

    for (size_t i = 0; i < len; i++) {
        int d = digits[len - 1 - i] - '0';
        if (i % 2 == 0)
            d = d * 2 > 9 ? d * 2 - 9 : d * 2;
        sum += d;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

enum err demo_person_make(struct demo_person *out)
{
    static const char *const names[] = {"杨春梅", "吴大山", "石秀英", "龙建国",
                                        "潘阿妹", "韦小满", "罗文清", "陆水生"};
    uint32_t r[6];
    char digits[19];

    if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
        return ERR_IO;
    out->name = names[r[0] % COUNT_OF(names)];
    snprintf(out->phone, sizeof(out->phone), "139%08u", r[1] % 100000000u);
    /* area 520102, born 1960..1999, sequence, check character */
    snprintf(digits, sizeof(digits), "520102%04u%02u%02u%03u", 1960 + r[2] % 40, 1 + r[3] % 12,
             1 + r[3] / 12 % 28, r[4] % 1000);
    snprintf(out->id_number, sizeof(out->id_number), "%s%c", digits,
             id_number_check_char(slice_of(digits)));
    snprintf(digits, sizeof(digits), "6222020000%08u", r[5] % 100000000u);
    snprintf(out->account, sizeof(out->account), "account:%s%c@icbc", digits, luhn(digits));
    return ERR_OK;
}
