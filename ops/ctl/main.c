/* jiujictl: reads the settings, finds the command in CTL_TABLE and hands over. */
#include "ops/ctl/ctl.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define ARGS_MAX 256
#define WHY_MAX 4096

struct command {
    const char *name;
    int (*run)(int argc, char **argv, const struct settings *s);
    const char *what;
};

static const struct command commands[] = {
#define CTL_ROW(name, function, what) {name, function, what},
    CTL_TABLE(CTL_ROW)
#undef CTL_ROW
};

static void overview(FILE *out)
{
    fputs("usage: jiujictl [--config FILE] [--setting value ...] COMMAND [arguments]\n"
          "\ncommands (each explains itself when called without arguments):\n",
          out);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].what);
    fputs("\n`jiujictl --help` also lists the settings.\n", out);
}

static int help(void)
{
    struct buf text;

    buf_init(&text, 65536);
    overview(stdout);
    settings_describe(&text);
    if (buf_err(&text) == ERR_OK)
        printf("\nsettings:\n%.*s", SLICE_FMT(buf_slice(&text)));
    buf_release(&text);
    return CTL_OK;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

/* Splits argv into settings (in front of the command, and --config FILE anywhere) and the command
 * with its own arguments. */
struct split {
    char *settings[ARGS_MAX + 1];
    char *rest[ARGS_MAX + 1];
    int settings_count, rest_count;
};

static bool split_args(int argc, char **argv, struct split *s)
{
    if (argc > ARGS_MAX)
        return false;
    s->settings[0] = argv[0];
    s->settings_count = 1;
    s->rest_count = 0;
    for (int i = 1; i < argc; i++) {
        bool setting = strncmp(argv[i], "--", 2) == 0 &&
                       (s->rest_count == 0 || strcmp(argv[i], "--config") == 0);
        if (!setting) {
            s->rest[s->rest_count++] = argv[i];
            continue;
        }
        s->settings[s->settings_count++] = argv[i];
        if (i + 1 < argc)
            s->settings[s->settings_count++] = argv[++i];
    }
    s->settings[s->settings_count] = NULL;
    s->rest[s->rest_count] = NULL;
    return true;
}

int main(int argc, char **argv)
{
    static struct settings settings;
    static struct split split;
    struct buf why;

    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0))
        return help();
    if (!split_args(argc, argv, &split)) {
        ctl_complain("more than %d arguments", ARGS_MAX);
        return CTL_USAGE;
    }
    signal(SIGPIPE, SIG_IGN); /* a store that goes away is an error to tell, not an end */
    settings_defaults(&settings);
    buf_init(&why, WHY_MAX);
    if (settings_read_args(&settings, &split.settings_count, split.settings, &why) != ERR_OK) {
        ctl_complain("%.*s", SLICE_FMT(buf_slice(&why)));
        buf_release(&why);
        return CTL_USAGE;
    }
    buf_release(&why);
    if (split.rest_count == 0) {
        overview(stderr);
        return CTL_USAGE;
    }
    const struct command *command = find_command(split.rest[0]);
    if (command == NULL) {
        ctl_complain("there is no command '%s'", split.rest[0]);
        overview(stderr);
        return CTL_USAGE;
    }
    return command->run(split.rest_count, split.rest, &settings);
}
