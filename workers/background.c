#include "workers/background.h"

static void *run(void *data)
{
    struct background *b = data;
    http_client_run(b->http, b->calls, b->count);
    atomic_store(&b->is_over, true);
    return NULL;
}

enum err background_start(struct background *b, struct http_call *calls, size_t count)
{
    ASSERT(!b->busy);
    if (b->http == NULL) {
        const struct http_client_options options = {.max_parallel = 16};
        enum err err = http_client_new(&options, &b->http);
        if (err != ERR_OK) {
            return err;
        }
    }
    b->calls = calls;
    b->count = count;
    atomic_store(&b->is_over, false);
    if (pthread_create(&b->thread, NULL, run, b) != 0) {
        return ERR_NO_MEMORY;
    }
    b->busy = true;
    return ERR_OK;
}

void background_wait(struct background *b)
{
    if (b->busy) {
        pthread_join(b->thread, NULL);
        b->busy = false;
    }
}

bool background_over(struct background *b)
{
    if (b->busy && atomic_load(&b->is_over)) {
        background_wait(b);
    }
    return !b->busy;
}

void background_close(struct background *b)
{
    background_wait(b);
    http_client_free(b->http);
    b->http = NULL;
}
