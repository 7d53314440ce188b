/* Settings: every fault is told with the setting's name. */
#include "tests/support/test.h"

#include <stdio.h>
#include "queue/base/file.h"
#include "queue/base/settings.h"
#include "tests/support/temp_folder.h"

static char folder[64];
static char path[128];

static int make_folder(void **state)
{
    (void)state;
    temp_folder_make(folder);
    snprintf(path, sizeof(path), "%s/jiuji.conf", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    temp_folder_remove(folder);
    return 0;
}

static void the_defaults_stand_in_the_table(void **state)
{
    struct settings s;
    (void)state;
    memset(&s, 0xEE, sizeof(s));
    settings_defaults(&s);
    assert_string_equal(s.region, "520000");
    assert_string_equal(s.redis_socket, "");
    assert_int_equal(s.port, 8600);
    assert_int_equal(s.claim_ms, 1800000);
}

static void a_file_sets_what_it_names(void **state)
{
    struct settings s;
    struct buf why;
    (void)state;
    settings_defaults(&s);
    buf_init(&why, 1000);
    assert_ok(file_replace(
        path,
        slice_of("# comment\n\n  region=530000 \r\n\tport = 0\nbank_token = a=b c\nsms_from=1"),
        0600));
    assert_ok(settings_read_file(&s, path, &why));
    assert_string_equal(s.region, "530000");
    assert_int_equal(s.port, 0);
    assert_string_equal(s.bank_token, "a=b c");
    assert_string_equal(s.sms_from, "1");
    assert_int_equal(s.node, 1);
    assert_int_equal(why.len, 0);
    buf_release(&why);
}

static void every_fault_of_a_file_names_line_and_setting(void **state)
{
    static const struct {
        const char *text;
        const char *tells[3];
    } cases[] = {
        {"region = 52000\n", {"'region'", "6", "line 1"}},
        {"region = 5200000\n", {"'region'", "6", "line 1"}},
        {"\n\nport = 65536\n", {"'port'", "65535", "line 3"}},
        {"port = -1\n", {"'port'", "'-1'", "line 1"}},
        {"port = 86 00\n", {"'port'", "'86 00'", "line 1"}},
        {"port =\n", {"'port'", "''", "line 1"}},
        {"port = 08600\n", {"'port'", "'08600'", "line 1"}},
        {"batch = 99999999999999999999\n", {"'batch'", "64", "line 1"}},
        {"prot = 1\n", {"'prot'", "unknown", "line 1"}},
        {"Port = 1\n", {"'Port'", "unknown", "line 1"}},
        {"= 1\n", {"''", "unknown", "line 1"}},
        {"port\n", {"'port'", "'='", "line 1"}},
        {"node = 1\nport = 1\nnode = 1\n", {"'node'", "twice", "line 3"}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct settings s;
        struct buf why;
        settings_defaults(&s);
        buf_init(&why, 1000);
        assert_ok(file_replace(path, slice_of(cases[i].text), 0600));
        assert_int_equal(settings_read_file(&s, path, &why), ERR_INPUT);
        for (size_t k = 0; k < 3; k++) {
            if (strstr(why.ptr, cases[i].tells[k]) == NULL) {
                fail_msg("case %zu: '%s' does not tell %s", i, why.ptr, cases[i].tells[k]);
            }
        }
        assert_non_null(strstr(why.ptr, path));
        buf_release(&why);
    }
}

static void a_nul_in_a_value_is_refused(void **state)
{
    struct settings s;
    struct buf why;
    (void)state;
    settings_defaults(&s);
    buf_init(&why, 1000);
    assert_ok(file_replace(path, SLICE_LIT("bank_token = a\0b\n"), 0600));
    assert_int_equal(settings_read_file(&s, path, &why), ERR_INPUT);
    assert_string_equal(s.bank_token, "");
    buf_release(&why);
}

static void a_missing_file_is_told(void **state)
{
    struct settings s;
    struct buf why;
    (void)state;
    settings_defaults(&s);
    buf_init(&why, 1000);
    assert_int_equal(settings_read_file(&s, "/no/such/file", &why), ERR_NOT_FOUND);
    assert_non_null(strstr(why.ptr, "/no/such/file"));
    buf_release(&why);
}

static void the_command_line_wins_over_the_file(void **state)
{
    struct settings s;
    struct buf why;
    char words[][10] = {"prog", "cmd",   "--port", "7",        "--config",
                        "",     "--own", "x",      "--region", "530000"};
    char *argv[] = {words[0], words[1], words[2], words[3], words[4], path,
                    words[6], words[7], words[8], words[9], NULL};
    int argc = 10;
    (void)state;
    settings_defaults(&s);
    buf_init(&why, 1000);
    assert_ok(file_replace(path, slice_of("port = 9\nnode = 3\nregion = 540000\n"), 0600));
    assert_ok(settings_read_args(&s, &argc, argv, &why));
    assert_int_equal(s.port, 7);
    assert_int_equal(s.node, 3);
    assert_string_equal(s.region, "530000");
    assert_int_equal(argc, 4);
    assert_string_equal(argv[1], "cmd");
    assert_string_equal(argv[2], "--own");
    assert_string_equal(argv[3], "x");
    buf_release(&why);
}

static void faults_of_the_command_line_are_told(void **state)
{
    static const struct {
        const char *words[3];
        const char *tells;
    } cases[] = {
        {{"--port", NULL, NULL}, "'--port' needs a value"},
        {{"--config", NULL, NULL}, "'--config' needs a value"},
        {{"--port", "x", NULL}, "'port': 'x'"},
        {{"--region", "1", NULL}, "'region'"},
        {{"--config", "/no/such/file", NULL}, "/no/such/file"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct settings s;
        struct buf why;
        char words[3][20] = {"prog"};
        char *argv[4] = {words[0]};
        int argc = 1;
        for (; cases[i].words[argc - 1] != NULL; argc++) {
            assert_ok(
                slice_copy(slice_of(cases[i].words[argc - 1]), words[argc], sizeof(words[argc])));
            argv[argc] = words[argc];
        }
        settings_defaults(&s);
        buf_init(&why, 1000);
        assert_int_not_equal(settings_read_args(&s, &argc, argv, &why), ERR_OK);
        assert_non_null(strstr(why.ptr, cases[i].tells));
        buf_release(&why);
    }
}

static void the_description_names_every_setting(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 100000);
    settings_describe(&out);
    assert_ok(buf_err(&out));
#define NAMED(name, kind, dflt, min, max, what) assert_non_null(strstr(out.ptr, "--" #name " "));
    SETTINGS_TABLE(NAMED)
#undef NAMED
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_stand_in_the_table),
        cmocka_unit_test(a_file_sets_what_it_names),
        cmocka_unit_test(every_fault_of_a_file_names_line_and_setting),
        cmocka_unit_test(a_nul_in_a_value_is_refused),
        cmocka_unit_test(a_missing_file_is_told),
        cmocka_unit_test(the_command_line_wins_over_the_file),
        cmocka_unit_test(faults_of_the_command_line_are_told),
        cmocka_unit_test(the_description_names_every_setting),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
