/* Masking for display. */
#include "queue/domain/mask.h"

#include <stdio.h>
#include <string.h>
#include "queue/base/utf8.h"
#include "queue/domain/phone.h"

#define HIDDEN "****"

void mask_name(struct slice name, char out[MASK_SIZE])
{
    name = slice_trim(name);
    struct slice first = utf8_valid(name) ? utf8_prefix(name, 1) : slice_make("", 0);
    if (first.len == 1 && (unsigned char)first.ptr[0] < 0x20)
        first.len = 0;
    snprintf(out, MASK_SIZE, "%.*s*", SLICE_FMT(first));
}

void mask_phone(struct slice phone, char out[MASK_SIZE])
{
    struct phone p;
    char shown[PHONE_SIZE + 2];

    snprintf(out, MASK_SIZE, HIDDEN);
    if (phone_parse(phone, &p) != ERR_OK)
        return;
    phone_national(&p, shown);
    size_t len = strlen(shown);
    if (p.kind == PHONE_MOBILE)
        snprintf(out, MASK_SIZE, "%.3s" HIDDEN "%s", shown, shown + len - 4);
    else if (p.kind == PHONE_LANDLINE)
        snprintf(out, MASK_SIZE, "%.*s" HIDDEN "%s", (int)strcspn(shown, "-"), shown,
                 shown + len - 2);
    else if (p.kind == PHONE_FOREIGN)
        snprintf(out, MASK_SIZE, "%.3s" HIDDEN "%s", shown, shown + len - 2);
    else
        snprintf(out, MASK_SIZE, "%s", shown); /* a service number is nobody's personal data */
}

void mask_id_number(struct slice id, char out[MASK_SIZE])
{
    id = slice_trim(id);
    for (size_t i = 0; i < id.len; i++) {
        bool digit = id.ptr[i] >= '0' && id.ptr[i] <= '9';
        bool check = i == 17 && (id.ptr[i] == 'X' || id.ptr[i] == 'x');
        if (!digit && !check)
            id.len = 0;
    }
    if (id.len != 18) {
        snprintf(out, MASK_SIZE, HIDDEN);
        return;
    }
    snprintf(out, MASK_SIZE, "%.3s*************%.2s", id.ptr, id.ptr + 16);
}

void mask_account(struct slice account, char out[MASK_SIZE])
{
    account = slice_trim(account);
    bool plain = account.len >= 8;
    for (size_t i = 0; plain && i < account.len; i++)
        plain = account.ptr[i] > ' ' && account.ptr[i] < 0x7f;
    if (plain)
        snprintf(out, MASK_SIZE, HIDDEN "%.4s", account.ptr + account.len - 4);
    else
        snprintf(out, MASK_SIZE, HIDDEN);
}
