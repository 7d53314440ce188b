/* Where files for the bank are left and its own are picked up: a folder that something else carries to the bank, or the
 * bank's SFTP server. Leaving takes two steps, so that the books can say between them what is the case: stage (whole
 * and durable under a hidden name) and publish (rename). Names: see drop_name_valid(). */
#ifndef INTEGRATIONS_PAY_BANKFILE_DROP_H
#define INTEGRATIONS_PAY_BANKFILE_DROP_H

#include "integrations/pay/bankfile/bankfile.h"

#define DROP_NAME_MAX 160  /* bytes */
#define DROP_LIST_MAX 1000 /* files looked at in one round */

enum drop_place {
    DROP_DONE, /* taken */
    DROP_BAD   /* could not be read; a file NAME.reason lies beside it */
};

struct drop_list {
    char names[DROP_LIST_MAX][DROP_NAME_MAX + 1]; /* sorted */
    size_t count;
    size_t passed_over; /* names that are not valid, or beyond DROP_LIST_MAX */
};

/* All return ERR_IO or ERR_TIMEOUT when the place cannot be reached or does not do it: try later. */
struct drop {
    void *self;
    /* Write the whole file under its hidden name (".NAME.tmp"), over one that is there. */
    enum err (*stage)(void *self, const char *name, struct slice bytes);
    /* Does the hidden name exist? */
    enum err (*is_staged)(void *self, const char *name, bool *staged);
    /* Give the staged file its name. */
    enum err (*publish)(void *self, const char *name);
    /* What the bank has left. Hidden names and such as end in .tmp, .part, .filepart are not among it. */
    enum err (*list)(void *self, struct drop_list *out);
    /* Append the file to out. ERR_NOT_FOUND: it is gone; ERR_TOO_LARGE. */
    enum err (*get)(void *self, const char *name, struct buf *out);
    /* Move it away under the name `as`; with a reason, that file is written first. ERR_NOT_FOUND: it is gone. */
    enum err (*put_away)(void *self, const char *name, enum drop_place place, const char *as, const char *reason);
    void (*close)(void *self); /* frees everything */
};

/* 1..DROP_NAME_MAX bytes of UTF-8 without control characters, '/', '\\', '"', '*' and '?', not beginning with '.' or
 * '-'.
 */
bool drop_name_valid(struct slice name);
/* Ends as the name of a file that is still being written. */
bool drop_name_unfinished(struct slice name);
/* Sort and finish a list. */
void drop_list_add(struct drop_list *list, struct slice name);
void drop_list_sort(struct drop_list *list);

/* Folders: `out` gets our files, `in` has the bank's; in/done and in/bad are made when they are needed. Both must
 * exist. ERR_NOT_FOUND, ERR_NO_MEMORY. */
MUST_CHECK enum err drop_folder(const char *out_folder, const char *in_folder, struct drop *out);

/* SFTP by libcurl. The server's key must stand in known_hosts (nothing is learnt by itself), we authenticate with a
 * key. Texts are copied; paths on the server are absolute, without a slash at the end; those for done and bad must not
 * be `in` itself, and are made when missing. */
struct drop_sftp_options {
    const char *host;        /* name or address */
    int port;                /* 1..65535 */
    const char *user;        /* [A-Za-z0-9._-]{1,64} */
    const char *key_file;    /* our private key */
    const char *passphrase;  /* of the key; "" = none */
    const char *known_hosts; /* OpenSSH's form */
    const char *out_path, *in_path, *done_path, *bad_path;
    long connect_ms, total_ms; /* 0 = 10000, 120000 */
};
/* ERR_INPUT, ERR_NO_MEMORY. Connects when it is used; http_client_setup() must have been called. */
MUST_CHECK enum err drop_sftp(const struct drop_sftp_options *options, struct drop *out);

#endif
