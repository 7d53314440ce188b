/* The plain test run of a fuzz target: every seed of its corpus once, and nothing at all, without
 * libFuzzer. So each finding that was kept as a seed stays mended, with gcc and in every run.
 *
 *   fuzz_NAME_replay tests/fuzz/corpus/fuzz_NAME
 *
 * Fails when there is no seed: a target without a corpus is one that nobody has tried. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED_BYTES_MAX ((size_t)1024 * 1024)
#define PATH_SIZE 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Not every target has one. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

/* The input in memory of its own size, so that ASan sees a read behind its end. */
static void run(const unsigned char *bytes, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL) {
        fprintf(stderr, "no memory\n");
        exit(1);
    }
    if (size > 0) {
        memcpy(copy, bytes, size);
    }
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void replay(const char *path)
{
    static unsigned char bytes[SEED_BYTES_MAX];
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    size_t size = fread(bytes, 1, sizeof(bytes), f);
    if (ferror(f) != 0 || fgetc(f) != EOF) {
        fprintf(stderr, "%s: cannot be read, or over %zu bytes\n", path, sizeof(bytes));
        exit(1);
    }
    (void)fclose(f);
    /* stderr has no buffer: should this one end the process, its name is the last line */
    fprintf(stderr, "%s\n", path);
    run(bytes, size);
}

int main(int argc, char **argv)
{
    struct dirent **names = NULL;
    int seeds = 0;
    int n = argc == 2 ? scandir(argv[1], &names, NULL, alphasort) : -1;
    if (n < 0) {
        fprintf(stderr, "usage: %s CORPUS (a folder)\n", argv[0]);
        return 2;
    }
    if (LLVMFuzzerInitialize != NULL && LLVMFuzzerInitialize(&argc, &argv) != 0) {
        return 2;
    }
    for (int i = 0; i < n; i++) {
        char path[PATH_SIZE];
        int len = snprintf(path, sizeof(path), "%s/%s", argv[1], names[i]->d_name);
        if (names[i]->d_name[0] != '.' && len > 0 && (size_t)len < sizeof(path)) {
            replay(path);
            seeds++;
        }
        free(names[i]);
    }
    free(names);
    run(NULL, 0);
    printf("%d seeds replayed\n", seeds);
    return seeds > 0 ? 0 : 1;
}
