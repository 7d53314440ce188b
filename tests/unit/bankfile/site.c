#include "tests/unit/bankfile/site.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "queue/base/file.h"

static int64_t now_ms = INT64_C(1772328600000); /* 2026-03-01T09:30:00+08:00 */
static int64_t mono_ms = 1000000;

static int64_t site_now(void)
{
    return now_ms;
}

static int64_t site_mono(void)
{
    return mono_ms;
}

void bank_site_make(struct bank_site *s)
{
    memset(s, 0, sizeof(*s));
    snprintf(s->root, sizeof(s->root), "/tmp/jiuji-bankfile-XXXXXX");
    const char *made = mkdtemp(s->root);
    ASSERT(made != NULL);
    snprintf(s->out, sizeof(s->out), "%s/out", s->root);
    snprintf(s->in, sizeof(s->in), "%s/in", s->root);
    snprintf(s->registry, sizeof(s->registry), "%s/registry", s->root);
    ASSERT(mkdir(s->out, 0700) == 0 && mkdir(s->in, 0700) == 0);
    enum err err = registry_create(s->registry);
    ASSERT(err == ERR_OK);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

void bank_site_remove(struct bank_site *s)
{
    ASSERT(strstr(s->root, "/jiuji-bankfile-") != NULL); /* never anything else */
    int rc = nftw(s->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    ASSERT(rc == 0);
}

struct bankfile_rail *bank_site_rail(struct bank_site *s, const struct text_profile *text)
{
    struct drop drop;
    struct bankfile_rail *rail = NULL;
    const struct bankfile_rail_options options = {
        .name = "bank",
        .msg_prefix = "JJ",
        .registry_folder = s->registry,
        .payer_name = "某县民政局",
        .payer_account = "1234567890123456",
        .payer_bank = "103100000026",
        .purpose = "临时救助",
        .text = text,
        .now_ms = site_now,
        .mono_ms = site_mono,
    };
    enum err err = drop_folder(s->out, s->in, &drop);
    ASSERT(err == ERR_OK);
    err = bankfile_rail_new(&options, drop, &rail);
    ASSERT(err == ERR_OK);
    return rail;
}

void bank_site_wait(struct bank_site *s, int64_t ms)
{
    (void)s;
    now_ms += ms;
    mono_ms += ms;
}

void bank_site_put(const char *folder, const char *name, struct slice bytes)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    ASSERT(f != NULL && fwrite(bytes.ptr, 1, bytes.len, f) == bytes.len && fclose(f) == 0);
}

size_t bank_site_files(const char *folder, char name[256])
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        return 0;
    }
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (e->d_name[0] != '.' && e->d_type == DT_REG) {
            if (count++ == 0 && name != NULL) {
                snprintf(name, 256, "%s", e->d_name);
            }
        }
    }
    closedir(dir);
    return count;
}

bool bank_site_find(const char *folder, const char *prefix, char name[256])
{
    bool found = false;
    DIR *dir = opendir(folder);
    ASSERT(dir != NULL);
    for (const struct dirent *e = readdir(dir); e != NULL && !found; e = readdir(dir)) {
        found = strncmp(e->d_name, prefix, strlen(prefix)) == 0;
        if (found) {
            snprintf(name, 256, "%s", e->d_name);
        }
    }
    closedir(dir);
    return found;
}

void bank_site_read(const char *folder, const char *name, struct buf *out)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    buf_init(out, BANKFILE_FILE_MAX);
    enum err err = file_read(path, out);
    ASSERT(err == ERR_OK);
}

void bank_site_orders(struct pay_order *orders, size_t from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        orders[i] = (struct pay_order){
            .amount_fen = 80000 + (int64_t)(from + i) * 100,
            .payee_fa = SLICE_LIT("account:6222020000000000000@102100099996"),
            .payee_name = SLICE_LIT("\xe4\xb6\xae\xf0\xac\xad\x8e"), /* 䶮𬭎 */
            .note = SLICE_LIT("临时救助"),
        };
        snprintf(orders[i].id, sizeof(orders[i].id), "P%zu", from + i);
    }
}
