/* Whole files, around the sizes where reading changes its step. */
#include "tests/support/test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "queue/base/file.h"
#include "tests/support/temp_folder.h"

static char folder[64];
static char path[128];

static int make_folder(void **state)
{
    (void)state;
    temp_folder_make(folder);
    snprintf(path, sizeof(path), "%s/file", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    temp_folder_remove(folder);
    return 0;
}

/* A file of `size` bytes read with `max`. */
static enum err read_size(size_t size, size_t max)
{
    char *content = malloc(size + 1);
    struct buf b;
    assert_non_null(content);
    for (size_t i = 0; i < size; i++) {
        content[i] = (char)(i % 251);
    }
    assert_ok(file_replace(path, slice_make(content, size), 0600));
    buf_init(&b, max);
    enum err err = file_read(path, &b);
    if (err == ERR_OK) {
        assert_true(slice_eq(buf_slice(&b), slice_make(content, size)));
        assert_true(b.ptr == NULL || b.ptr[b.len] == '\0');
    }
    buf_release(&b);
    free(content);
    return err;
}

static void files_around_the_chunk_are_read_whole(void **state)
{
    static const size_t sizes[] = {0, 1, 63, 64, 65535, 65536, 65537, 131071, 131072, 131073};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        assert_ok(read_size(sizes[i], 1u << 20));
    }
}

static void files_up_to_the_maximum_are_read_and_no_longer_ones(void **state)
{
    static const size_t sizes[] = {1, 2, 64, 65535, 65536, 65537, 131072};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        assert_ok(read_size(sizes[i], sizes[i]));
        assert_ok(read_size(sizes[i] - 1, sizes[i]));
        assert_int_equal(read_size(sizes[i] + 1, sizes[i]), ERR_TOO_LARGE);
    }
}

static void reading_appends(void **state)
{
    struct buf b;
    (void)state;
    assert_ok(file_replace(path, slice_of("cd"), 0600));
    buf_init(&b, 4);
    buf_put_text(&b, "ab");
    assert_ok(file_read(path, &b));
    assert_slice(buf_slice(&b), "abcd");
    assert_int_equal(file_read(path, &b), ERR_TOO_LARGE);
    buf_release(&b);
}

static void what_cannot_be_read_is_named(void **state)
{
    struct buf b;
    char missing[140];
    (void)state;
    snprintf(missing, sizeof(missing), "%s/missing", folder);
    buf_init(&b, 10);
    assert_int_equal(file_read(missing, &b), ERR_NOT_FOUND);
    assert_int_equal(file_read(folder, &b), ERR_IO);
    assert_int_equal(b.len, 0);
    buf_release(&b);
}

static void replacing_leaves_the_new_file_and_nothing_else(void **state)
{
    struct stat st;
    (void)state;
    assert_ok(file_replace(path, slice_of("old"), 0644));
    assert_ok(file_replace(path, slice_of("new"), 0600));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(temp_folder_files(folder), 1);
}

/* Who holds the old file open keeps seeing all of it: the new one is another file under the same
 * name. */
static void replacing_never_shows_half_a_file(void **state)
{
    char text[8] = "";
    (void)state;
    assert_ok(file_replace(path, slice_of("before"), 0600));
    FILE *reader = fopen(path, "r");
    assert_non_null(reader);
    assert_ok(file_replace(path, slice_of("x"), 0600));
    assert_int_equal(fread(text, 1, 6, reader), 6);
    assert_string_equal(text, "before");
    fclose(reader);
}

static void a_failed_replacement_leaves_the_old_file_and_no_other(void **state)
{
    char deep[140], taken[140];
    (void)state;
    snprintf(deep, sizeof(deep), "%s/no/such/file", folder);
    assert_int_equal(file_replace(deep, slice_of("x"), 0600), ERR_IO);
    snprintf(taken, sizeof(taken), "%s/taken", folder);
    assert_ok(file_make_folder(taken, 0700));
    size_t before = temp_folder_files(folder);
    assert_int_equal(file_replace(taken, slice_of("x"), 0600),
                     ERR_IO); /* a file does not replace a folder */
    assert_int_equal(temp_folder_files(folder), before);
    assert_int_equal(rmdir(taken), 0);
}

static void folders_are_made_with_their_parents(void **state)
{
    char deep[140], under[160];
    struct stat st;
    (void)state;
    snprintf(deep, sizeof(deep), "%s/a/", folder);
    assert_ok(file_make_folder(deep, 0700));
    assert_ok(file_make_folder(deep, 0700));
    assert_int_equal(stat(deep, &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(file_make_folder("", 0700), ERR_IO);
    assert_ok(file_replace(path, slice_of("x"), 0600));
    snprintf(under, sizeof(under), "%s/below", path);
    assert_int_equal(file_make_folder(under, 0700), ERR_IO);
    assert_int_equal(file_make_folder(path, 0700), ERR_IO); /* it is there, but it is no folder */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_around_the_chunk_are_read_whole),
        cmocka_unit_test(files_up_to_the_maximum_are_read_and_no_longer_ones),
        cmocka_unit_test(reading_appends),
        cmocka_unit_test(what_cannot_be_read_is_named),
        cmocka_unit_test(replacing_leaves_the_new_file_and_nothing_else),
        cmocka_unit_test(replacing_never_shows_half_a_file),
        cmocka_unit_test(a_failed_replacement_leaves_the_old_file_and_no_other),
        cmocka_unit_test(folders_are_made_with_their_parents),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
