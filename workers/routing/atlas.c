#include "workers/routing/atlas.h"

#define TEXT_MAX ((size_t)256 * 1024) /* ROUTE_TEXT_MAX with every alias written out */

enum err atlas_open(struct atlas *a, const char *path, struct buf *why)
{
    *a = (struct atlas){.path = path};
    buf_init(&a->text, TEXT_MAX);
    /* Looked at before it is opened: a file that is replaced in between is noticed by the next
     * refresh. What cannot be looked at cannot be opened either, and that says why. */
    (void)stat(path, &a->file);
    enum err err = gazetteer_open(path, &a->gazetteer, why);
    if (err == ERR_OK) {
        err = route_scratch_new(&a->scratch);
    }
    if (err != ERR_OK) {
        atlas_close(a);
    }
    return err;
}

void atlas_close(struct atlas *a)
{
    route_scratch_free(a->scratch);
    gazetteer_close(a->gazetteer);
    buf_release(&a->text);
    a->scratch = NULL;
    a->gazetteer = NULL;
}

bool atlas_refresh(struct atlas *a, struct buf *why)
{
    struct stat now;
    struct gazetteer *fresh = NULL;
    if (stat(a->path, &now) != 0 || (now.st_ino == a->file.st_ino && now.st_dev == a->file.st_dev &&
                                     now.st_mtim.tv_sec == a->file.st_mtim.tv_sec &&
                                     now.st_mtim.tv_nsec == a->file.st_mtim.tv_nsec)) {
        return false;
    }
    a->file = now; /* a file that cannot be used is looked at once, not ten times a second */
    if (gazetteer_open(a->path, &fresh, why) != ERR_OK) {
        return false;
    }
    gazetteer_close(a->gazetteer);
    a->gazetteer = fresh;
    return true;
}

enum err atlas_route(struct atlas *a, const struct place_query *q, struct route_result *out)
{
    return alias_route(&a->aliases, a->gazetteer, a->scratch, q, &a->text, out);
}
