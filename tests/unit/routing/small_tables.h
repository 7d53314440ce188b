/* The tables of the small country, for unit tests and for the fuzzer. */
#ifndef TESTS_UNIT_ROUTING_SMALL_TABLES_H
#define TESTS_UNIT_ROUTING_SMALL_TABLES_H

#include "queue/base/buf.h"

#define SMALL_TABLES 7

extern const char *const small_table_names[SMALL_TABLES];
extern const char *const small_table_contents[SMALL_TABLES];

/* Write the tables into a temporary folder, compile them to out, remove the folder. */
enum err small_tables_compile(struct buf *out);

#endif
