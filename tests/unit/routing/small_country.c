#include "tests/unit/routing/small_country.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "queue/base/file.h"
#include "tests/unit/routing/small_tables.h"

const char *small_country_path(struct small_country *c, const char *name, char out[128])
{
    snprintf(out, 128, "%s/%s", c->folder, name);
    return out;
}

void small_country_replace(struct small_country *c, int table, const char *content)
{
    assert_int_equal(file_replace(c->paths[table], slice_of(content), 0600), ERR_OK);
}

void small_country_write(struct small_country *c)
{
    memset(c, 0, sizeof(*c));
    snprintf(c->folder, sizeof(c->folder), "/tmp/jiuji-routing-XXXXXX");
    assert_non_null(mkdtemp(c->folder));
    buf_init(&c->why, 4096);
    for (int i = 0; i < (int)SMALL_TABLES; i++) {
        small_country_path(c, small_table_names[i], c->paths[i]);
        small_country_replace(c, i, small_table_contents[i]);
    }
    c->from = (struct gazetteer_sources){
        .townships = c->paths[0],
        .counties = c->paths[1],
        .villages = c->paths[2],
        .anchors = c->paths[3],
        .old = c->paths[4],
        .polygons = c->paths[5],
        .characters = c->paths[6],
        .date = "2023-06-30",
    };
}

enum err small_country_build(struct small_country *c, struct buf *out)
{
    struct build_report report;

    buf_clear(&c->why);
    return gazetteer_build(&c->from, out, &report, &c->why);
}

void small_country_open(struct small_country *c)
{
    struct buf out;
    char path[128];

    small_country_write(c);
    buf_init(&out, 64 << 20);
    if (small_country_build(c, &out) != ERR_OK)
        fail_msg("%.*s", SLICE_FMT(buf_slice(&c->why)));
    small_country_path(c, "compiled", path);
    assert_int_equal(file_replace(path, buf_slice(&out), 0600), ERR_OK);
    assert_int_equal(gazetteer_open(path, &c->g, &c->why), ERR_OK);
    assert_int_equal(route_scratch_new(&c->scratch), ERR_OK);
    buf_release(&out);
}

void small_country_close(struct small_country *c)
{
    char path[128];

    gazetteer_close(c->g);
    route_scratch_free(c->scratch);
    buf_release(&c->why);
    for (size_t i = 0; i < SMALL_TABLES; i++)
        unlink(c->paths[i]);
    unlink(small_country_path(c, "compiled", path));
    unlink(small_country_path(c, "cut", path));
    assert_int_equal(rmdir(c->folder), 0);
}
