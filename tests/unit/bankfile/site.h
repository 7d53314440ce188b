/* A bank's folders, a registry and a file rail between them, in a temporary folder of one test. */
#ifndef TESTS_UNIT_BANKFILE_SITE_H
#define TESTS_UNIT_BANKFILE_SITE_H

#include "integrations/pay/bankfile/bankfile_rail.h"

struct bank_site {
    char root[64], out[96], in[96], registry[96];
    int64_t now_ms, mono_ms; /* of the last site made */
};

void bank_site_make(struct bank_site *s);
void bank_site_remove(struct bank_site *s);
/* A rail over it; text NULL = pain.001. Aborts when it cannot be made. */
struct bankfile_rail *bank_site_rail(struct bank_site *s, const struct text_profile *text);
/* Move the rails' clocks. */
void bank_site_wait(struct bank_site *s, int64_t ms);

/* Write a file into a folder of the site. */
void bank_site_put(const char *folder, const char *name, struct slice bytes);
/* Number of files in a folder whose name is not hidden; the name of the first is copied, may be NULL. */
size_t bank_site_files(const char *folder, char name[256]);
/* The file of the folder whose name begins with prefix. */
bool bank_site_find(const char *folder, const char *prefix, char name[256]);
/* All bytes of folder/name; owned by out, which is initialised here. */
void bank_site_read(const char *folder, const char *name, struct buf *out);

/* n orders P<from>…, 100 fen more each. */
void bank_site_orders(struct pay_order *orders, size_t from, size_t n);

#endif
