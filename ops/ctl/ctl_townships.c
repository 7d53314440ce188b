/* jiujictl townships: compile, import and check the list of townships. */
#include "ops/ctl/ctl.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "ops/ctl/ctl_townships.h"
#include "workers/routing/gazetteer_build.h"

#define WHY_MAX 4096
#define OUTPUT_MAX (1024u << 20)
#define SHIPPED_DATE "2023-06-30" /* of the shipped list: National Bureau of Statistics */

static const char usage[] =
    "usage: jiujictl townships compile [--from FOLDER] [--out FILE]\n"
    "       jiujictl townships import FILE.csv [--counties F] [--villages F] [--anchors F]\n"
    "                [--old F] [--polygons F] [--characters F] [--date YYYY-MM-DD] --out FILE\n"
    "       jiujictl townships check [FILE] [--all]\n"
    "compile turns the shipped list (ops/townships) into the one file that the processes map;\n"
    "import does so with a site's own list: CSV with the columns code, name, province, city,\n"
    "county and optionally lat, lng (WGS-84); the other files are described in\n"
    "ops/townships/README.md; check reports what is missing in a compiled file.\n"
    "FILE is the setting townships_file when it is not given.\n";

static void report(const struct build_report *r, const char *path, size_t bytes, int64_t took_ms)
{
    printf("townships %u (%u without a point), counties %u (%u without a point), villages %u,\n"
           "anchors %u, earlier codes %u, boundaries %u\n",
           r->townships, r->without_point, r->counties, r->counties_without_point, r->villages,
           r->anchors, r->old, r->polygons);
    if (r->villages_without_township + r->anchors_without_township + r->old_without_successor > 0)
        printf("left out, because their township is not in the list: villages %u, anchors %u, "
               "earlier codes %u\n",
               r->villages_without_township, r->anchors_without_township, r->old_without_successor);
    printf("%s: %.1f MB, made in %.1f s\n", path, (double)bytes / 1e6, (double)took_ms / 1000.0);
}

static int build(const struct gazetteer_sources *from, const char *out_path)
{
    struct buf out, why;
    struct build_report r;
    int64_t start_ms = clock_mono_ms();

    buf_init(&out, OUTPUT_MAX);
    buf_init(&why, WHY_MAX);
    enum err err = gazetteer_build(from, &out, &r, &why);
    if (err == ERR_OK)
        err = file_replace(out_path, buf_slice(&out), 0644);
    if (err != ERR_OK)
        ctl_complain("%.*s (%s); %s was not touched", SLICE_FMT(buf_slice(&why)), err_text(err),
                     out_path);
    else
        report(&r, out_path, out.len, clock_mono_ms() - start_ms);
    buf_release(&out);
    buf_release(&why);
    return err == ERR_OK ? CTL_OK : CTL_FAILED;
}

/* folder/name into out; NULL if there is no such file. */
static const char *in_folder(const char *folder, const char *name, char out[512])
{
    int len = snprintf(out, 512, "%s/%s", folder, name);
    return len < 0 || len >= 512 || access(out, R_OK) != 0 ? NULL : out;
}

const char *townships_shipped_folder(void)
{
    static const char *const folders[] = {JIUJI_TOWNSHIPS_FOLDERS};

    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        if (access(folders[i], R_OK) == 0)
            return folders[i];
    }
    return folders[0];
}

static bool need_out(const char **out, const struct settings *s)
{
    if (*out == NULL && s->townships_file[0] != '\0')
        *out = s->townships_file;
    if (*out == NULL)
        ctl_complain("where to? give --out FILE or set townships_file");
    return *out != NULL;
}

static int compile(int argc, char **argv, const struct settings *s)
{
    static char paths[7][512];
    const char *folder = townships_shipped_folder(), *out = NULL;
    const struct ctl_option options[] = {{"from", &folder, NULL}, {"out", &out, NULL}};

    if (!ctl_options(&argc, argv, options, COUNT_OF(options)))
        return CTL_USAGE;
    if (argc != 1)
        return ctl_usage(usage);
    if (!need_out(&out, s))
        return CTL_USAGE;
    struct gazetteer_sources from = {
        .townships = in_folder(folder, "townships.csv.gz", paths[0]),
        .counties = in_folder(folder, "counties.csv.gz", paths[1]),
        .villages = in_folder(folder, "villages.tsv.gz", paths[2]),
        .anchors = in_folder(folder, "anchors.tsv.gz", paths[3]),
        .old = in_folder(folder, "old_townships.tsv.gz", paths[4]),
        .polygons = in_folder(folder, "counties.geojson.gz", paths[5]),
        .characters = in_folder(folder, "characters.tsv.gz", paths[6]),
        .date = SHIPPED_DATE,
    };
    if (from.townships == NULL) {
        ctl_complain("there is no townships.csv.gz in %s; give --from FOLDER", folder);
        return CTL_FAILED;
    }
    return build(&from, out);
}

/* YYYY-MM-DD */
static bool date_holds(const char *date)
{
    static const char form[] = "0000-00-00";

    if (strlen(date) != sizeof(form) - 1)
        return false;
    for (size_t i = 0; i + 1 < sizeof(form); i++) {
        if (form[i] == '0' ? date[i] < '0' || date[i] > '9' : date[i] != form[i])
            return false;
    }
    return strncmp(date, "2000", 4) >= 0 && strncmp(date + 5, "01", 2) >= 0 &&
           strncmp(date + 5, "12", 2) <= 0 && strncmp(date + 8, "01", 2) >= 0 &&
           strncmp(date + 8, "31", 2) <= 0;
}

static int import(int argc, char **argv, const struct settings *s)
{
    static char characters[512];
    struct gazetteer_sources from = {.date = SHIPPED_DATE};
    const char *out = NULL;
    const struct ctl_option options[] = {
        {"counties", &from.counties, NULL}, {"villages", &from.villages, NULL},
        {"anchors", &from.anchors, NULL},   {"old", &from.old, NULL},
        {"polygons", &from.polygons, NULL}, {"characters", &from.characters, NULL},
        {"date", &from.date, NULL},         {"out", &out, NULL},
    };

    if (!ctl_options(&argc, argv, options, COUNT_OF(options)))
        return CTL_USAGE;
    if (argc != 2)
        return ctl_usage(usage);
    if (!date_holds(from.date)) {
        ctl_complain("--date '%s' is not a date; write YYYY-MM-DD", from.date);
        return CTL_USAGE;
    }
    if (!need_out(&out, s))
        return CTL_USAGE;
    from.townships = argv[1];
    if (from.characters == NULL)
        from.characters = in_folder(townships_shipped_folder(), "characters.tsv.gz", characters);
    return build(&from, out);
}

int ctl_townships(int argc, char **argv, const struct settings *s)
{
    if (argc < 2)
        return ctl_usage(usage);
    const char *verb = argv[1];
    argv[1] = argv[0];
    if (strcmp(verb, "compile") == 0)
        return compile(argc - 1, argv + 1, s);
    if (strcmp(verb, "import") == 0)
        return import(argc - 1, argv + 1, s);
    if (strcmp(verb, "check") == 0)
        return ctl_townships_check(argc - 1, argv + 1, s);
    return ctl_usage(usage);
}
