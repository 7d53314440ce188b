/* A temporary folder of one test program, and what is in it. */
#ifndef TESTS_SUPPORT_TEMP_FOLDER_H
#define TESTS_SUPPORT_TEMP_FOLDER_H

#include <stddef.h>

/* Make one; `path` gets room for 64 bytes. Aborts the test program when that fails. */
void temp_folder_make(char path[64]);
/* Delete the folder and the files in it (one level). */
void temp_folder_remove(const char *path);
/* How many files lie in it. */
size_t temp_folder_files(const char *path);

#endif
