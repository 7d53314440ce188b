#include "tests/support/temp_folder.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void temp_folder_make(char path[64])
{
    memcpy(path, "/tmp/jiuji-test-XXXXXX", sizeof("/tmp/jiuji-test-XXXXXX"));
    if (mkdtemp(path) == NULL) {
        abort();
    }
}

static size_t each_file(const char *path, int remove_it)
{
    DIR *folder = opendir(path);
    size_t count = 0;
    if (folder == NULL) {
        return 0;
    }
    for (const struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
            continue;
        }
        count++;
        char name[PATH_MAX];
        snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
        if (remove_it && unlink(name) != 0) { /* a folder: its files, then itself */
            each_file(name, 1);
            rmdir(name);
        }
    }
    closedir(folder);
    return count;
}

void temp_folder_remove(const char *path)
{
    each_file(path, 1);
    rmdir(path);
}

size_t temp_folder_files(const char *path)
{
    return each_file(path, 0);
}
