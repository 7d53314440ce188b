/* jiujictl townships check: what is missing or doubtful in a compiled list. */
#include "ops/ctl/ctl_townships.h"

#include <stdio.h>
#include <string.h>
#include "queue/base/clock.h"
#include "workers/routing/gazetteer.h"

#define WHY_MAX 4096
#define SHOWN 10
#define FAR_M 120000.0
#define TOWNSHIPS_OF_COUNTY_MAX 1024

/* A kind of hole: the first SHOWN are printed (or all), the rest counted. */
struct finding {
    const char *what;
    unsigned count, shown;
    bool all;
};

static bool show(struct finding *f)
{
    f->count++;
    if (!f->all && f->count > SHOWN)
        return false;
    if (f->shown++ == 0)
        printf("%s\n", f->what);
    return true;
}

static void close_finding(const struct finding *f)
{
    if (f->count > f->shown)
        printf("  ... and %u more (--all shows them)\n", f->count - f->shown);
    printf("%-52s %u\n", f->what, f->count);
}

static void check_points(const struct gazetteer *g, uint32_t count, bool all)
{
    struct finding none = {"townships without a point", 0, 0, all};
    struct finding far = {"points farther than 120 km from their county's point", 0, 0, all};
    struct township t;
    struct county c;

    for (uint32_t i = 0; i < count; i++) {
        gazetteer_township_at(g, i, &t);
        if (!t.has_point && show(&none))
            printf("  %s %s%s%s\n", t.code, t.province, t.county, t.name);
    }
    close_finding(&none);
    for (uint32_t i = 0; i < count; i++) {
        gazetteer_township_at(g, i, &t);
        if (!t.has_point || !gazetteer_county(g, slice_of(t.county_code), &c) || !c.has_point)
            continue;
        double m = point_distance_m((struct point){t.lat, t.lng}, (struct point){c.lat, c.lng});
        if (m > FAR_M && show(&far))
            printf("  %s %s%s%s: %.0f km\n", t.code, t.province, t.county, t.name, m / 1000.0);
    }
    close_finding(&far);
}

/* Townships of one county are neighbours in the order of codes. */
static void check_names(const struct gazetteer *g, uint32_t count, bool all)
{
    struct finding twice = {"names that stand twice in one county", 0, 0, all};
    struct township a, b;

    for (uint32_t i = 0; i < count; i++) {
        gazetteer_township_at(g, i, &a);
        for (uint32_t k = i + 1; k < count && k < i + TOWNSHIPS_OF_COUNTY_MAX; k++) {
            gazetteer_township_at(g, k, &b);
            if (strcmp(a.county_code, b.county_code) != 0)
                break;
            if (strcmp(a.name, b.name) == 0 && show(&twice))
                printf("  %s and %s: %s%s\n", a.code, b.code, a.county, a.name);
        }
    }
    close_finding(&twice);
}

static void check_counties(const struct gazetteer *g, uint32_t count, bool all)
{
    struct finding empty = {"counties without townships", 0, 0, all};
    struct finding none = {"counties without a point", 0, 0, all};
    struct finding zones = {"development zones counted as counties", 0, 0, all};
    struct county c;

    for (uint32_t i = 0; i < count; i++) {
        gazetteer_county_at(g, i, &c);
        if (c.townships == 0 && show(&empty))
            printf("  %s %s%s\n", c.code, c.province, c.name);
    }
    close_finding(&empty);
    for (uint32_t i = 0; i < count; i++) {
        gazetteer_county_at(g, i, &c);
        if (!c.has_point && show(&none))
            printf("  %s %s%s\n", c.code, c.province, c.name);
    }
    close_finding(&none);
    for (uint32_t i = 0; i < count; i++) {
        gazetteer_county_at(g, i, &c);
        if (c.zone && show(&zones))
            printf("  %s %s%s\n", c.code, c.province, c.name);
    }
    close_finding(&zones);
}

int ctl_townships_check(int argc, char **argv, const struct settings *s)
{
    struct gazetteer *g = NULL;
    struct buf why;
    bool all = false;
    const struct ctl_option options[] = {{"all", NULL, &all}};

    if (!ctl_options(&argc, argv, options, COUNT_OF(options)) || argc > 2)
        return CTL_USAGE;
    const char *path = argc == 2 ? argv[1] : s->townships_file;
    if (path[0] == '\0') {
        ctl_complain("which file? name it or set townships_file");
        return CTL_USAGE;
    }
    buf_init(&why, WHY_MAX);
    int64_t start_us = clock_mono_us();
    enum err err = gazetteer_open(path, &g, &why);
    if (err != ERR_OK) {
        ctl_complain("%.*s (%s)", SLICE_FMT(buf_slice(&why)), err_text(err));
        buf_release(&why);
        return CTL_FAILED;
    }
    buf_release(&why);
    struct gazetteer_counts n = gazetteer_counts(g);
    printf("%s: version %s, %.1f MB, opened and checked in %.0f ms\n", path, gazetteer_version(g),
           (double)n.bytes / 1e6, (double)(clock_mono_us() - start_us) / 1000.0);
    printf("provinces %u, counties %u, townships %u (%u with a point), villages %u, anchors %u, "
           "earlier codes %u, boundaries %u\n",
           n.provinces, n.counties, n.townships, n.townships_with_point, n.villages, n.anchors,
           n.old_townships, n.polygons);
    check_points(g, n.townships, all);
    check_names(g, n.townships, all);
    check_counties(g, n.counties, all);
    gazetteer_close(g);
    return CTL_OK;
}
