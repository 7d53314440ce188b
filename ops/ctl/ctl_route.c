/* jiujictl route: which township is in charge of a place, and why. */
#include "ops/ctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "workers/routing/route.h"

#define WHY_MAX 4096
#define NAMESAKES_SHOWN 128

static const char usage[] =
    "usage: jiujictl route TEXT | --point LAT,LNG --crs wgs84|gcj02|bd09 | --code DIGITS\n"
    "                      [--prior DIGITS] [--townships FILE]\n"
    "       jiujictl route --batch [--points [--crs …]] < in.tsv > out.tsv\n"
    "TEXT, --point and --code may be combined. --prior is the region of the agent's desk.\n"
    "--batch reads id<TAB>text, with --points id<TAB>lat<TAB>lng[<TAB>system], and writes\n"
    "id, code, level, confidence, candidate codes (comma-separated).\n"
    "FILE is the setting townships_file when it is not given.\n";

/* wgs84, WGS-84, gcj02 …; false if it is none of them. */
static bool crs_from_text(struct slice text, enum crs *out)
{
    static const struct {
        const char *word;
        enum crs crs;
    } words[] = {{"", CRS_NONE},       {"wgs84", CRS_WGS84},  {"wgs-84", CRS_WGS84},
                 {"gcj02", CRS_GCJ02}, {"gcj-02", CRS_GCJ02}, {"bd09", CRS_BD09},
                 {"bd-09", CRS_BD09}};

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (text.len == strlen(words[i].word) &&
            strncasecmp(text.ptr == NULL ? "" : text.ptr, words[i].word, text.len) == 0) {
            *out = words[i].crs;
            return true;
        }
    }
    return false;
}

static bool number(struct slice s, double *out)
{
    char text[64], *end = NULL;

    if (s.len == 0 || slice_copy(s, text, sizeof(text)) != ERR_OK)
        return false;
    *out = strtod(text, &end);
    return *end == '\0';
}

static void print_result(const struct route_result *r)
{
    char km[32];

    printf("%s", route_level_zh(r->level));
    if (r->code[0] != '\0')
        printf(" %s", r->code);
    if (r->level == ROUTE_TOWNSHIP) {
        const struct route_candidate *c = &r->candidates[0];
        printf(" %s%s%s%s", c->province, c->city, c->county, c->name);
    }
    printf("  把握 %d%%  数据 %s\n%s\n", r->confidence, r->version, r->why);
    if (r->ask != ASK_NONE)
        printf("要问：%s\n", route_ask_zh(r->ask));
    for (size_t i = 0; i < r->count; i++) {
        const struct route_candidate *c = &r->candidates[i];
        km[0] = '\0';
        if (c->distance_m >= 0)
            snprintf(km, sizeof(km), "  %.1f公里", c->distance_m / 1000.0);
        printf("  %zu. %s %s%s%s%s%s%s\n", i + 1, c->code, c->province, c->city, c->county, c->name,
               km, (c->evidence & EVIDENCE_NEIGHBOUR) != 0 ? "  （邻近，备选）" : "");
    }
}

/* Of several places of one name all are written, not only those that fit into the result. */
static void print_row(const struct gazetteer *g, const struct route_scratch *scratch,
                      struct slice id, const struct route_result *r)
{
    char same[NAMESAKES_SHOWN][TOWNSHIP_CODE_SIZE];
    size_t count = route_namesakes(g, scratch, same, COUNT_OF(same));

    printf("%.*s\t%s\t%s\t%d\t", SLICE_FMT(id), r->code, route_level_word(r->level), r->confidence);
    for (size_t i = 0; i < r->count; i++)
        printf("%s%s", i == 0 ? "" : ",", r->candidates[i].code);
    for (size_t i = 0; i < count; i++) {
        bool shown = false;
        for (size_t k = 0; k < r->count; k++)
            shown = shown || strcmp(r->candidates[k].code, same[i]) == 0;
        if (!shown)
            printf(",%s", same[i]);
    }
    putchar('\n');
}

struct batch {
    const struct gazetteer *g;
    struct route_scratch *scratch;
    struct place_query base; /* prior and default system */
    bool points;
};

static bool batch_line(const struct batch *b, struct slice line, long number_of_line)
{
    struct slice id = slice_cut(&line, '\t');
    struct place_query q = b->base;
    struct route_result r;

    if (b->points) {
        struct slice lat = slice_trim(slice_cut(&line, '\t'));
        struct slice lng = slice_trim(slice_cut(&line, '\t'));
        struct slice system = slice_trim(slice_cut(&line, '\t'));
        q.has_point = true;
        if (!number(lat, &q.lat) || !number(lng, &q.lng) ||
            (system.len > 0 && !crs_from_text(system, &q.crs))) {
            ctl_complain("line %ld: expected id, lat, lng and a coordinate system", number_of_line);
            return false;
        }
    } else {
        q.text = line;
    }
    if (route_place(b->g, b->scratch, &q, &r) != ERR_OK) {
        ctl_complain("line %ld: cannot be routed", number_of_line);
        return false;
    }
    print_row(b->g, b->scratch, id, &r);
    return true;
}

static int run_batch(const struct batch *b)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    long count = 0;
    int result = CTL_OK;

    while (result == CTL_OK && (len = getline(&line, &room, stdin)) >= 0) {
        struct slice s = slice_make(line, (size_t)len);
        while (s.len > 0 && (s.ptr[s.len - 1] == '\n' || s.ptr[s.len - 1] == '\r'))
            s.len--;
        if (!batch_line(b, s, ++count))
            result = CTL_FAILED;
    }
    free(line);
    return result;
}

struct words {
    const char *point, *crs, *code, *prior, *townships;
    bool batch, points;
};

static bool fill_query(const struct words *w, const char *text, struct place_query *q)
{
    *q = (struct place_query){
        .code = slice_of(w->code), .text = slice_of(text), .prior_code = slice_of(w->prior)};
    if (w->crs != NULL && !crs_from_text(slice_of(w->crs), &q->crs)) {
        ctl_complain("--crs '%s' is not one of wgs84, gcj02, bd09", w->crs);
        return false;
    }
    if (w->point == NULL)
        return true;
    struct slice rest = slice_of(w->point), lat = slice_cut(&rest, ',');
    q->has_point = true;
    if (!number(slice_trim(lat), &q->lat) || !number(slice_trim(rest), &q->lng)) {
        ctl_complain("--point '%s' is not LAT,LNG like 26.03,106.83", w->point);
        return false;
    }
    return true;
}

static int run(const struct words *w, const char *text, const struct gazetteer *g)
{
    struct batch b = {.g = g, .points = w->points};
    struct route_result r;
    int result = CTL_FAILED;

    if (!fill_query(w, text, &b.base))
        return CTL_USAGE;
    if (route_scratch_new(&b.scratch) != ERR_OK) {
        ctl_complain("out of memory");
        return CTL_FAILED;
    }
    if (w->batch) {
        result = run_batch(&b);
    } else if (route_place(g, b.scratch, &b.base, &r) == ERR_OK) {
        print_result(&r);
        result = CTL_OK;
    }
    route_scratch_free(b.scratch);
    return result;
}

int ctl_route(int argc, char **argv, const struct settings *s)
{
    struct words w = {.townships = s->townships_file};
    const struct ctl_option options[] = {
        {"point", &w.point, NULL},         {"crs", &w.crs, NULL},     {"code", &w.code, NULL},
        {"prior", &w.prior, NULL},         {"batch", NULL, &w.batch}, {"points", NULL, &w.points},
        {"townships", &w.townships, NULL},
    };
    struct gazetteer *g = NULL;
    struct buf why;

    if (!ctl_options(&argc, argv, options, COUNT_OF(options)))
        return CTL_USAGE;
    if (argc > 2 || (w.batch ? argc == 2 : argc < 2 && w.point == NULL && w.code == NULL))
        return ctl_usage(usage);
    if (w.townships[0] == '\0') {
        ctl_complain("which list? give --townships FILE or set townships_file");
        return CTL_USAGE;
    }
    buf_init(&why, WHY_MAX);
    enum err err = gazetteer_open(w.townships, &g, &why);
    if (err != ERR_OK)
        ctl_complain("%.*s (%s)", SLICE_FMT(buf_slice(&why)), err_text(err));
    buf_release(&why);
    if (err != ERR_OK)
        return CTL_FAILED;
    int result = run(&w, argc == 2 ? argv[1] : NULL, g);
    gazetteer_close(g);
    return result;
}
