/* SFTP by libcurl. One easy handle; its connection is kept between calls. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integrations/pay/bankfile/drop.h"

#define PATH_SIZE 512
#define LIST_BYTES_MAX ((size_t)1024 * 1024)
#define CONNECT_MS 10000
#define TOTAL_MS 120000
#define COMMAND_SIZE (2 * PATH_SIZE + DROP_NAME_MAX * 4 + 64)

struct sftp {
    CURL *easy;
    char host[256], user[65], key_file[PATH_SIZE], passphrase[256], known_hosts[PATH_SIZE];
    char out_path[PATH_SIZE], in_path[PATH_SIZE], done_path[PATH_SIZE], bad_path[PATH_SIZE];
    int port;
    long connect_ms, total_ms;
    struct slice upload; /* what is left of it */
    struct buf *into;    /* where a download goes; NULL = nowhere */
};

static bool path_valid(const char *path)
{
    size_t len = strlen(path);
    if (len == 0 || len >= PATH_SIZE || path[0] != '/' || (len > 1 && path[len - 1] == '/')) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (strchr("\"\\*?\r\n", path[i]) != NULL) {
            return false;
        }
    }
    return true;
}

/* Only what known_hosts names, exactly; nothing is asked and nothing learnt. */
static int check_host_key(CURL *easy, const struct curl_khkey *known, const struct curl_khkey *found,
                          enum curl_khmatch match, void *self)
{
    (void)easy;
    (void)known;
    (void)found;
    (void)self;
    return match == CURLKHMATCH_OK ? CURLKHSTAT_FINE : CURLKHSTAT_REJECT;
}

static size_t give(char *room, size_t size, size_t count, void *self)
{
    struct sftp *s = self;
    size_t n = size * count < s->upload.len ? size * count : s->upload.len;
    if (n > 0) {
        memcpy(room, s->upload.ptr, n);
        s->upload = slice_make(s->upload.ptr + n, s->upload.len - n);
    }
    return n;
}

static size_t take(char *bytes, size_t size, size_t count, void *self)
{
    struct sftp *s = self;
    if (s->into == NULL) {
        return size * count;
    }
    buf_put(s->into, bytes, size * count);
    return buf_err(s->into) == ERR_OK ? size * count : 0;
}

/* sftp://host:port/%2Fpath with every byte of the path that needs it escaped; a slash at the end means the folder. */
static char *url_of(struct sftp *s, const char *path, const char *name, bool folder)
{
    struct buf url;
    char *out = NULL;
    buf_init(&url, 4096);
    buf_putf(&url, "sftp://%s:%d", s->host, s->port);
    for (const char *part = path; *part != '\0';) {
        size_t len = strcspn(part + 1, "/");
        char *escaped = len == 0 ? NULL : curl_easy_escape(s->easy, part + 1, (int)len);
        buf_putf(&url, "/%s", escaped == NULL ? "" : escaped);
        curl_free(escaped);
        part += 1 + len;
    }
    char *last = name == NULL ? NULL : curl_easy_escape(s->easy, name, 0);
    buf_putf(&url, "%s%s", last == NULL ? "" : "/", last == NULL ? "" : last);
    curl_free(last);
    if (folder) {
        buf_put_char(&url, '/');
    }
    if (buf_err(&url) == ERR_OK) {
        out = strdup(url.ptr);
    }
    buf_release(&url);
    return out;
}

static bool set_up(struct sftp *s, const char *url)
{
    bool ok = true;
#define SET(option, value) (ok = ok && curl_easy_setopt(s->easy, (option), (value)) == CURLE_OK)
    curl_easy_reset(s->easy); /* keeps the connection */
    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, "sftp");
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_USERNAME, s->user);
    SET(CURLOPT_SSH_AUTH_TYPES, (long)CURLSSH_AUTH_PUBLICKEY);
    SET(CURLOPT_SSH_PRIVATE_KEYFILE, s->key_file);
    SET(CURLOPT_KEYPASSWD, s->passphrase);
    SET(CURLOPT_SSH_KNOWNHOSTS, s->known_hosts);
    SET(CURLOPT_SSH_KEYFUNCTION, check_host_key);
    SET(CURLOPT_CONNECTTIMEOUT_MS, s->connect_ms);
    SET(CURLOPT_TIMEOUT_MS, s->total_ms);
    SET(CURLOPT_WRITEFUNCTION, take);
    SET(CURLOPT_WRITEDATA, s);
    SET(CURLOPT_READFUNCTION, give);
    SET(CURLOPT_READDATA, s);
#undef SET
    return ok;
}

static enum err err_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK: return ERR_OK;
    case CURLE_REMOTE_FILE_NOT_FOUND: return ERR_NOT_FOUND;
    case CURLE_OPERATION_TIMEDOUT: return ERR_TIMEOUT;
    case CURLE_OUT_OF_MEMORY: return ERR_NO_MEMORY;
    default: return ERR_IO;
    }
}

/* Upload (post) or download of path/name; name NULL lists the folder. */
static enum err transfer(struct sftp *s, const char *path, const char *name, const struct slice *upload,
                         struct buf *into)
{
    char *url = url_of(s, path, name, name == NULL);
    enum err err = url == NULL || !set_up(s, url) ? ERR_NO_MEMORY : ERR_OK;
    s->into = into;
    s->upload = slice_make(NULL, 0);
    if (err == ERR_OK && upload != NULL) {
        s->upload = *upload;
        err = curl_easy_setopt(s->easy, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
                      curl_easy_setopt(s->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)upload->len) == CURLE_OK &&
                      curl_easy_setopt(s->easy, CURLOPT_NEW_FILE_PERMS, 0600L) == CURLE_OK
                  ? ERR_OK
                  : ERR_NO_MEMORY;
    }
    if (err == ERR_OK && name == NULL) {
        err = curl_easy_setopt(s->easy, CURLOPT_DIRLISTONLY, 1L) == CURLE_OK ? ERR_OK : ERR_NO_MEMORY;
    }
    if (err == ERR_OK) {
        err = err_of(curl_easy_perform(s->easy));
    }
    if (err == ERR_OK && upload != NULL && s->upload.len > 0) {
        err = ERR_IO;
    }
    if (into != NULL && buf_err(into) != ERR_OK) {
        err = buf_err(into);
    }
    s->into = NULL;
    free(url);
    return err;
}

/* Commands of SFTP without a transfer; those with '*' may fail. */
static enum err commands(struct sftp *s, const char *const *list, size_t n)
{
    struct curl_slist *quote = NULL;
    char *url = url_of(s, s->in_path, NULL, true);
    enum err err = url == NULL || !set_up(s, url) ? ERR_NO_MEMORY : ERR_OK;
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        struct curl_slist *longer = curl_slist_append(quote, list[i]);
        err = longer == NULL ? ERR_NO_MEMORY : ERR_OK;
        quote = longer == NULL ? quote : longer;
    }
    if (err == ERR_OK && (curl_easy_setopt(s->easy, CURLOPT_QUOTE, quote) != CURLE_OK ||
                          curl_easy_setopt(s->easy, CURLOPT_NOBODY, 1L) != CURLE_OK)) {
        err = ERR_NO_MEMORY;
    }
    if (err == ERR_OK) {
        err = err_of(curl_easy_perform(s->easy));
    }
    curl_slist_free_all(quote);
    free(url);
    return err;
}

static void hidden_name(const char *name, char out[DROP_NAME_MAX + 8])
{
    int len = snprintf(out, DROP_NAME_MAX + 8, ".%s.tmp", name);
    ASSERT(len > 0 && len < DROP_NAME_MAX + 8);
}

static enum err sftp_stage(void *self, const char *name, struct slice bytes)
{
    struct sftp *s = self;
    char hidden[DROP_NAME_MAX + 8];
    if (!drop_name_valid(slice_of(name))) {
        return ERR_INPUT;
    }
    hidden_name(name, hidden);
    enum err err = transfer(s, s->out_path, hidden, &bytes, NULL);
    return err == ERR_NOT_FOUND ? ERR_IO : err;
}

/* Is there such a name in the folder? By its listing: a failed download would not tell why. */
static enum err find_name(struct sftp *s, const char *path, const char *name, bool *there)
{
    struct buf text;
    buf_init(&text, LIST_BYTES_MAX);
    enum err err = transfer(s, path, NULL, NULL, &text);
    struct slice rest = buf_slice(&text);
    bool found = false;
    while (err == ERR_OK && rest.len > 0) {
        struct slice line = slice_trim(slice_cut(&rest, '\n'));
        found = found || slice_is(line, name);
    }
    buf_release(&text);
    if (err == ERR_OK) {
        *there = found;
    }
    return err == ERR_NOT_FOUND ? ERR_IO : err;
}

static enum err sftp_is_staged(void *self, const char *name, bool *staged)
{
    struct sftp *s = self;
    char hidden[DROP_NAME_MAX + 8];
    if (!drop_name_valid(slice_of(name))) {
        return ERR_INPUT;
    }
    hidden_name(name, hidden);
    return find_name(s, s->out_path, hidden, staged);
}

static enum err sftp_publish(void *self, const char *name)
{
    struct sftp *s = self;
    char rename[COMMAND_SIZE];
    if (!drop_name_valid(slice_of(name))) {
        return ERR_INPUT;
    }
    snprintf(rename, sizeof(rename), "rename \"%s/.%s.tmp\" \"%s/%s\"", s->out_path, name, s->out_path, name);
    const char *const list[] = {rename};
    enum err err = commands(s, list, 1);
    return err == ERR_NOT_FOUND ? ERR_IO : err;
}

/* Last part of a path: it may be a folder inside `in`. */
static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static enum err sftp_list(void *self, struct drop_list *out)
{
    struct sftp *s = self;
    struct buf text;
    buf_init(&text, LIST_BYTES_MAX);
    enum err err = transfer(s, s->in_path, NULL, NULL, &text);
    struct slice rest = buf_slice(&text);
    out->count = 0;
    out->passed_over = 0;
    while (err == ERR_OK && rest.len > 0) {
        struct slice name = slice_cut(&rest, '\n');
        if (name.len > 0 && name.ptr[name.len - 1] == '\r') {
            name.len--;
        }
        if (!slice_is(name, last_part(s->done_path)) && !slice_is(name, last_part(s->bad_path))) {
            drop_list_add(out, name);
        }
    }
    buf_release(&text);
    drop_list_sort(out);
    return err == ERR_NOT_FOUND ? ERR_IO : err;
}

static enum err sftp_get(void *self, const char *name, struct buf *out)
{
    struct sftp *s = self;
    return drop_name_valid(slice_of(name)) ? transfer(s, s->in_path, name, NULL, out) : ERR_INPUT;
}

static enum err sftp_put_away(void *self, const char *name, enum drop_place place, const char *as, const char *reason)
{
    struct sftp *s = self;
    const char *folder = place == DROP_DONE ? s->done_path : s->bad_path;
    char make[COMMAND_SIZE], clear[COMMAND_SIZE], rename[COMMAND_SIZE], note[DROP_NAME_MAX + 16];
    bool there = false;
    if (!drop_name_valid(slice_of(name)) || !drop_name_valid(slice_of(as))) {
        return ERR_INPUT;
    }
    snprintf(make, sizeof(make), "*mkdir \"%s\"", folder);
    snprintf(clear, sizeof(clear), "*rm \"%s/%s\"", folder,
             as); /* the same content of before: rename does not replace */
    snprintf(rename, sizeof(rename), "rename \"%s/%s\" \"%s/%s\"", s->in_path, name, folder, as);
    enum err err = find_name(s, s->in_path, name, &there);
    if (err != ERR_OK || !there) {
        return err == ERR_OK ? ERR_NOT_FOUND : err;
    }
    if (reason != NULL) {
        struct slice text = slice_of(reason);
        const char *const first[] = {make};
        snprintf(note, sizeof(note), "%s.reason", as);
        err = commands(s, first, 1);
        if (err == ERR_OK) {
            err = transfer(s, folder, note, &text, NULL);
        }
    }
    const char *const list[] = {make, clear, rename};
    if (err == ERR_OK) {
        err = commands(s, list, COUNT_OF(list));
    }
    return err == ERR_NOT_FOUND ? ERR_IO : err;
}

static void sftp_close(void *self)
{
    struct sftp *s = self;
    curl_easy_cleanup(s->easy);
    explicit_bzero(s->passphrase, sizeof(s->passphrase));
    free(s);
}

static bool user_valid(const char *user)
{
    size_t len = strlen(user);
    return len >= 1 && len <= 64 &&
           user[strspn(user, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

static bool host_valid(const char *host)
{
    size_t len = strlen(host);
    return len >= 1 && len < 256 &&
           host[strspn(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-[]:")] == '\0';
}

static bool options_valid(const struct drop_sftp_options *o)
{
    return host_valid(o->host) && user_valid(o->user) && o->port >= 1 && o->port <= 65535 && path_valid(o->out_path) &&
           path_valid(o->in_path) && path_valid(o->done_path) && path_valid(o->bad_path) &&
           strcmp(o->in_path, o->done_path) != 0 && strcmp(o->in_path, o->bad_path) != 0 && o->connect_ms >= 0 &&
           o->total_ms >= 0;
}

enum err drop_sftp(const struct drop_sftp_options *o, struct drop *out)
{
    if (!options_valid(o)) {
        return ERR_INPUT;
    }
    struct sftp *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return ERR_NO_MEMORY;
    }
    const struct {
        const char *from;
        char *to;
        size_t size;
    } texts[] = {
        {o->host, s->host, sizeof(s->host)},
        {o->user, s->user, sizeof(s->user)},
        {o->key_file, s->key_file, sizeof(s->key_file)},
        {o->passphrase, s->passphrase, sizeof(s->passphrase)},
        {o->known_hosts, s->known_hosts, sizeof(s->known_hosts)},
        {o->out_path, s->out_path, sizeof(s->out_path)},
        {o->in_path, s->in_path, sizeof(s->in_path)},
        {o->done_path, s->done_path, sizeof(s->done_path)},
        {o->bad_path, s->bad_path, sizeof(s->bad_path)},
    };
    enum err err = ERR_OK;
    for (size_t i = 0; i < COUNT_OF(texts) && err == ERR_OK; i++) {
        err = slice_copy(slice_of(texts[i].from), texts[i].to, texts[i].size) == ERR_OK ? ERR_OK : ERR_INPUT;
    }
    s->port = o->port;
    s->connect_ms = o->connect_ms == 0 ? CONNECT_MS : o->connect_ms;
    s->total_ms = o->total_ms == 0 ? TOTAL_MS : o->total_ms;
    s->easy = err == ERR_OK ? curl_easy_init() : NULL;
    if (err == ERR_OK && s->easy == NULL) {
        err = ERR_NO_MEMORY;
    }
    if (err != ERR_OK) {
        free(s);
        return err;
    }
    *out = (struct drop){s, sftp_stage, sftp_is_staged, sftp_publish, sftp_list, sftp_get, sftp_put_away, sftp_close};
    return ERR_OK;
}
