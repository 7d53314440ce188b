#include "integrations/sandbox/faults.h"

#include <string.h>
#include "queue/base/json.h"

static const struct {
    const char *word;
    char level;
} KINDS[] = {
#define FAULT_ROW(name, word, level) {word, level},
    FAULT_TABLE(FAULT_ROW)
#undef FAULT_ROW
};

static const char *const PLACES[] = {"disburse", "query", "sms", "cancel", "check"};

static const char *const PEERS[] = {
#define PEER_ROW(name, word) word,
    PEER_TABLE(PEER_ROW)
#undef PEER_ROW
};

const char *peer_word(enum peer peer)
{
    ASSERT((size_t)peer <= COUNT_OF(PEERS));
    return peer == PEER_ANY ? "" : PEERS[peer];
}

enum err peer_read(struct slice word, enum peer *out)
{
    for (size_t i = 0; i < COUNT_OF(PEERS); i++) {
        if (slice_is(word, PEERS[i])) {
            *out = (enum peer)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

const char *fault_word(enum fault_kind kind)
{
    ASSERT((size_t)kind < COUNT_OF(KINDS));
    return KINDS[kind].word;
}

static enum err read_kind(const struct json *v, enum fault_kind *out)
{
    struct slice word;
    if (json_string(v, &word) != ERR_OK) {
        return ERR_INPUT;
    }
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (slice_is(word, KINDS[i].word)) {
            *out = (enum fault_kind)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

static enum err read_place(const struct json *v, enum fault_place *out)
{
    struct slice word;
    if (v == NULL) {
        return ERR_OK;
    }
    if (json_string(v, &word) != ERR_OK) {
        return ERR_INPUT;
    }
    for (size_t i = 0; i < COUNT_OF(PLACES); i++) {
        if (slice_is(word, PLACES[i])) {
            *out = (enum fault_place)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

static enum err read_peer(const struct json *v, enum peer *out)
{
    struct slice word;
    if (v == NULL) {
        return ERR_OK;
    }
    if (json_string(v, &word) != ERR_OK) {
        return ERR_INPUT;
    }
    return word.len == 0 ? ERR_OK : peer_read(word, out);
}

static enum err read_int(const struct json *v, int64_t min, int64_t max, int64_t *out)
{
    return v == NULL ? ERR_OK : json_int64(v, min, max, out);
}

static enum err read_match(const struct json *v, char out[FAULT_MATCH_MAX + 1])
{
    struct slice text;
    if (v == NULL) {
        return ERR_OK;
    }
    if (json_string(v, &text) != ERR_OK) {
        return ERR_INPUT;
    }
    return slice_copy(text, out, FAULT_MATCH_MAX + 1) == ERR_OK ? ERR_OK : ERR_INPUT;
}

/* Typing errors are told, not ignored. */
static bool members_known(const struct json *root)
{
    for (const struct json *m = json_first(root); m != NULL; m = json_next(m)) {
        const char *name = json_name(m);
        if (strcmp(name, "kind") != 0 && strcmp(name, "count") != 0 && strcmp(name, "ms") != 0 &&
            strcmp(name, "match") != 0 && strcmp(name, "on") != 0 && strcmp(name, "rail") != 0) {
            return false;
        }
    }
    return true;
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static enum err add_seeded(struct faults *f, const struct json *root)
{
    int64_t seed, count = 1;
    enum peer peer = PEER_ANY;
    for (const struct json *m = json_first(root); m != NULL; m = json_next(m)) {
        const char *name = json_name(m);
        if (strcmp(name, "seed") != 0 && strcmp(name, "count") != 0 && strcmp(name, "rail") != 0) {
            return ERR_INPUT;
        }
    }
    if (json_int64(json_get(root, "seed"), 0, JSON_INT_MAX, &seed) != ERR_OK ||
        read_int(json_get(root, "count"), 1, FAULTS_MAX, &count) != ERR_OK ||
        read_peer(json_get(root, "rail"), &peer) != ERR_OK) {
        return ERR_INPUT;
    }
    if ((size_t)count > FAULTS_MAX - f->count) {
        return ERR_LIMIT;
    }
    uint64_t state = (uint64_t)seed;
    for (int64_t i = 0; i < count; i++) {
        f->menu[f->count++] =
            (struct fault){.kind = (enum fault_kind)(next_random(&state) % FAULT_FORGOTTEN),
                           .place = FAULT_ON_DISBURSE,
                           .peer = peer,
                           .left = 1,
                           .ms = (int64_t)(next_random(&state) % (FAULT_SEEDED_MS + 1))};
    }
    return ERR_OK;
}

enum err faults_add(struct faults *f, struct slice body)
{
    if (f->count == FAULTS_MAX) {
        return ERR_LIMIT;
    }
    struct json *root = NULL;
    enum err err = body.len == 0 ? ERR_INPUT : json_parse(body, &root, NULL);
    if (err != ERR_OK) {
        return err;
    }
    if (json_get(root, "seed") != NULL) {
        err = add_seeded(f, root);
        json_free(root);
        return err;
    }
    struct fault fault = {
        .kind = FAULT_NONE, .place = FAULT_ON_DISBURSE, .peer = PEER_ANY, .left = 1};
    if (json_kind(root) != JSON_OBJECT || !members_known(root) ||
        read_kind(json_get(root, "kind"), &fault.kind) != ERR_OK ||
        read_place(json_get(root, "on"), &fault.place) != ERR_OK ||
        read_peer(json_get(root, "rail"), &fault.peer) != ERR_OK ||
        read_int(json_get(root, "count"), 1, FAULT_COUNT_MAX, &fault.left) != ERR_OK ||
        read_int(json_get(root, "ms"), 0, FAULT_MS_MAX, &fault.ms) != ERR_OK ||
        read_match(json_get(root, "match"), fault.match) != ERR_OK) {
        err = ERR_INPUT;
    } else {
        f->menu[f->count++] = fault;
    }
    json_free(root);
    return err;
}

void faults_clear(struct faults *f)
{
    f->count = 0;
}

void faults_write(const struct faults *f, struct buf *out)
{
    struct json_out o;
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_open_array(&o, "menu");
    for (size_t i = 0; i < f->count; i++) {
        const struct fault *fault = &f->menu[i];
        json_open_object(&o, NULL);
        json_put_text(&o, "kind", fault_word(fault->kind));
        json_put_text(&o, "on", PLACES[fault->place]);
        json_put_text(&o, "rail", peer_word(fault->peer));
        json_put_int(&o, "count", fault->left);
        json_put_int(&o, "ms", fault->ms);
        json_put_text(&o, "match", fault->match);
        json_close_object(&o);
    }
    json_close_array(&o);
    json_open_object(&o, "met");
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++) {
        json_put_int(&o, KINDS[i].word, (int64_t)f->met[i]);
    }
    json_close_object(&o);
    json_close_object(&o);
}

static bool fits(const struct fault *fault, const struct slice *references, size_t n)
{
    if (fault->match[0] == '\0') {
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        if (slice_starts_with(references[i], fault->match)) {
            return true;
        }
    }
    return false;
}

struct fault faults_take(struct faults *f, enum fault_place place, enum peer peer, char level,
                         const struct slice *references, size_t n)
{
    for (size_t i = 0; i < f->count; i++) {
        struct fault *fault = &f->menu[i];
        if (fault->place != place || (fault->peer != PEER_ANY && fault->peer != peer) ||
            KINDS[fault->kind].level != level || !fits(fault, references, n)) {
            continue;
        }
        struct fault taken = *fault;
        f->met[taken.kind]++;
        if (--fault->left == 0) {
            f->count--;
            memmove(fault, fault + 1, (f->count - i) * sizeof(*fault));
        }
        return taken;
    }
    return (struct fault){.kind = FAULT_NONE};
}
