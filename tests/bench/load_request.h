/* Requests of the load generator, built beforehand: only the parts that must differ are written per request. */
#ifndef TESTS_BENCH_LOAD_REQUEST_H
#define TESTS_BENCH_LOAD_REQUEST_H

#include <stddef.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"

#define LOAD_PLACES_MAX 4096
#define LOAD_REQUEST_MAX 16384

struct load_request_options {
    const char *host;        /* for the Host header */
    const char *target;      /* "/v1/tickets" */
    const char *token;       /* "": no Authorization */
    const char *places_file; /* NULL: one place; else a JSON object per line, used in turn */
    const char *run;         /* 8 characters that make the keys of this run unique */
    bool tickets;            /* POST a ticket; else GET the target */
};

struct load_template {
    struct buf bytes;
    size_t key_at;   /* 12 digits; 0: none */
    size_t id_at;    /* 18 characters */
    size_t phone_at; /* 8 digits behind "138" */
    size_t account_at; /* 19 digits: an account that several people share is looked at by a person */
};

struct load_requests {
    struct load_template *templates;
    size_t count;
    size_t longest;
};

/* ERR_NOT_FOUND, ERR_IO, ERR_INPUT (no line, or a line too long), ERR_NO_MEMORY. */
MUST_CHECK enum err load_requests_make(struct load_requests *r, const struct load_request_options *options);
void load_requests_release(struct load_requests *r);
/* Write request number n into out[0..r->longest); returns its length. Numbers below 10^7 give people of their own. */
size_t load_requests_write(const struct load_requests *r, uint64_t n, char *out);

#endif
