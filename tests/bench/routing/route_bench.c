/* How long routing takes: route_bench COMPILED TEXTS.tsv [POINTS.tsv]. TEXTS: id<TAB>text; POINTS:
 * id<TAB>lat<TAB>lng (WGS-84). CPU time of this thread, the least of three runs of each, so that
 * other work on the machine shows less. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "workers/routing/route.h"

#define ROUNDS 3
#define ROWS_MAX 200000
#define FILE_MAX (256u << 20)

static int64_t cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void report(const char *what, int64_t *ns, size_t count)
{
    qsort(ns, count, sizeof(*ns), compare);
    printf("%s: %zu, p50 %.2f us, p99 %.2f us, most %.2f us\n", what, count,
           (double)ns[count / 2] / 1000, (double)ns[count * 99 / 100] / 1000,
           (double)ns[count - 1] / 1000);
}

static void resident(void)
{
    char line[256];
    FILE *f = fopen("/proc/self/status", "r");

    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        if (strncmp(line, "VmRSS", 5) == 0 || strncmp(line, "RssFile", 7) == 0)
            fputs(line, stdout);
    }
    if (f != NULL)
        fclose(f);
}

static bool fill(struct slice line, bool points, struct place_query *q)
{
    char lat[64], lng[64];

    *q = (struct place_query){0};
    (void)slice_cut(&line, '\t');
    if (!points) {
        q->text = line;
        return true;
    }
    if (slice_copy(slice_cut(&line, '\t'), lat, sizeof(lat)) != ERR_OK ||
        slice_copy(slice_cut(&line, '\t'), lng, sizeof(lng)) != ERR_OK)
        return false;
    *q = (struct place_query){
        .has_point = true, .lat = strtod(lat, NULL), .lng = strtod(lng, NULL), .crs = CRS_GCJ02};
    return true;
}

static int measure(const struct gazetteer *g, const char *path, bool points)
{
    static int64_t ns[ROWS_MAX];
    struct route_scratch *scratch = NULL;
    struct route_result result;
    struct place_query q;
    struct buf content;
    size_t count = 0;

    buf_init(&content, FILE_MAX);
    if (file_read(path, &content) != ERR_OK || route_scratch_new(&scratch) != ERR_OK)
        return 1;
    for (int round = 0; round < ROUNDS; round++) {
        struct slice rest = buf_slice(&content);
        for (count = 0; rest.len > 0 && count < ROWS_MAX; count++) {
            if (!fill(slice_cut(&rest, '\n'), points, &q))
                return 1;
            int64_t start = cpu_ns();
            if (route_place(g, scratch, &q, &result) != ERR_OK)
                return 1;
            int64_t took = cpu_ns() - start;
            if (round == 0 || took < ns[count])
                ns[count] = took;
        }
    }
    report(points ? "points" : "texts", ns, count);
    route_scratch_free(scratch);
    buf_release(&content);
    return 0;
}

int main(int argc, char **argv)
{
    struct gazetteer *g = NULL;
    struct buf why;

    if (argc < 3) {
        fputs("usage: route_bench COMPILED TEXTS.tsv [POINTS.tsv]\n", stderr);
        return 2;
    }
    buf_init(&why, 4096);
    int64_t start_us = clock_mono_us();
    if (gazetteer_open(argv[1], &g, &why) != ERR_OK) {
        fprintf(stderr, "%.*s\n", SLICE_FMT(buf_slice(&why)));
        return 1;
    }
    printf("opened and checked in %.1f ms\n", (double)(clock_mono_us() - start_us) / 1000);
    int failed = measure(g, argv[2], false);
    if (failed == 0 && argc > 3)
        failed = measure(g, argv[3], true);
    resident();
    gazetteer_close(g);
    buf_release(&why);
    return failed;
}
