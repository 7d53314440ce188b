#include "integrations/sandbox/sms_box.h"

#include <stdlib.h>
#include <string.h>
#include "queue/base/clock.h"
#include "queue/base/json.h"

enum err sms_box_init(struct sms_box *b)
{
    b->count = 0;
    b->ring = calloc(SMS_KEPT, sizeof(*b->ring));
    return b->ring == NULL ? ERR_NO_MEMORY : ERR_OK;
}

void sms_box_release(struct sms_box *b)
{
    for (size_t i = 0; b->ring != NULL && i < SMS_KEPT; i++) {
        free(b->ring[i].text);
    }
    free(b->ring);
    b->ring = NULL;
}

/* A number stands bare in a line of the journal: with a line feed in it, it could write one of its own. */
static bool number_fits(struct slice number)
{
    for (size_t i = 0; i < number.len; i++) {
        unsigned char c = (unsigned char)number.ptr[i];
        if (c <= ' ' || c == 0x7f) {
            return false;
        }
    }
    return number.len <= SMS_NUMBER_MAX;
}

enum err sms_box_add(struct sms_box *b, int64_t at_ms, struct slice to, struct slice from,
                     struct slice text)
{
    struct sms_kept kept = {.at_ms = at_ms};
    if (to.len == 0 || text.len > SMS_BYTES_MAX || !number_fits(to) || !number_fits(from) ||
        slice_copy(to, kept.to, sizeof(kept.to)) != ERR_OK ||
        slice_copy(from, kept.from, sizeof(kept.from)) != ERR_OK) {
        return ERR_INPUT;
    }
    kept.text = malloc(text.len + 1);
    if (kept.text == NULL) {
        return ERR_NO_MEMORY;
    }
    if (slice_copy(text, kept.text, text.len + 1) != ERR_OK) {
        free(kept.text);
        return ERR_INPUT;
    }
    struct sms_kept *place = &b->ring[b->count++ % SMS_KEPT];
    free(place->text);
    *place = kept;
    return ERR_OK;
}

void sms_box_write_newest(const struct sms_box *b, struct journal *j)
{
    const struct sms_kept *kept = &b->ring[(b->count - 1) % SMS_KEPT];
    struct buf *line = journal_line(j);
    buf_put_text(line, "S ");
    buf_put_int(line, kept->at_ms);
    buf_put_char(line, ' ');
    buf_put_text(line, kept->to);
    buf_put_char(line, ' ');
    buf_put_text(line, kept->from[0] == '\0' ? "-" : kept->from);
    buf_put_char(line, ' ');
    json_quote(line, slice_of(kept->text));
    journal_end_line(j);
}

enum err sms_box_read_line(struct sms_box *b, struct slice line)
{
    struct slice rest = line;
    struct slice kind = slice_cut(&rest, ' ');
    struct slice at = slice_cut(&rest, ' ');
    struct slice to = slice_cut(&rest, ' ');
    struct slice from = slice_cut(&rest, ' ');
    int64_t at_ms;
    struct slice text;
    struct json *root = NULL;
    if (!slice_is(kind, "S") || rest.len == 0 ||
        slice_to_int64(at, 0, INT64_MAX, &at_ms) != ERR_OK ||
        json_parse(rest, &root, NULL) != ERR_OK) {
        return ERR_CORRUPT;
    }
    enum err err = json_string(root, &text) == ERR_OK ? ERR_OK : ERR_CORRUPT;
    if (err == ERR_OK) {
        err = sms_box_add(b, at_ms, to, slice_is(from, "-") ? SLICE_LIT("") : from, text);
        err = err == ERR_INPUT ? ERR_CORRUPT : err;
    }
    json_free(root);
    return err;
}

void sms_box_write(const struct sms_box *b, struct slice to, size_t limit, struct buf *out)
{
    uint64_t oldest = b->count > SMS_KEPT ? b->count - SMS_KEPT : 0;
    uint64_t from = b->count;
    size_t found = 0;
    while (from > oldest && found < limit) {
        from--;
        found += to.len == 0 || slice_is(to, b->ring[from % SMS_KEPT].to) ? 1 : 0;
    }
    struct json_out o;
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_int(&o, "count", (int64_t)found);
    json_open_array(&o, "messages");
    for (; from < b->count; from++) {
        const struct sms_kept *kept = &b->ring[from % SMS_KEPT];
        if (to.len != 0 && !slice_is(to, kept->to)) {
            continue;
        }
        char at[CLOCK_RFC3339_SIZE];
        clock_format_rfc3339(kept->at_ms, at);
        json_open_object(&o, NULL);
        json_put_text(&o, "time", at);
        json_put_text(&o, "to", kept->to);
        json_put_text(&o, "from", kept->from);
        json_put_text(&o, "text", kept->text);
        json_close_object(&o);
    }
    json_close_array(&o);
    json_close_object(&o);
}
