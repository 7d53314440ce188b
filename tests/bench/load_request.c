#include "tests/bench/load_request.h"

#include <stdlib.h>

#include "queue/base/clock.h"
#include "queue/base/file.h"

#define KEY_DIGITS 12
#define PHONE_DIGITS 8
#define ID_LEN 18
#define ACCOUNT_DIGITS 19
#define PLACES_BYTES_MAX 4194304

static const char default_place[] = "{\"code\":\"520102001\",\"lat\":26.5794,\"lng\":106.7141,"
                                    "\"crs\":\"WGS-84\",\"address\":\"贵阳市南明区新华路\"}";
static const char narrative[] = "昨夜房屋起火，家中财物烧毁，现一家四口暂住亲戚家，急需食物和"
                                "临时住处，孩子受惊，老人行动不便，请尽快派人查看。";

static void body_write(struct load_template *t, struct slice place, struct buf *body)
{
    buf_put_text(body, "{\"channel\":\"call\",\"cause\":\"fire\",\"person\":{\"name\":\"王小明\","
                       "\"id_number\":\"");
    t->id_at = body->len;
    buf_put_text(body, "000000000000000000\",\"phone\":\"138");
    t->phone_at = body->len;
    buf_put_text(body, "00000000\",\"account\":\"account:");
    t->account_at = body->len;
    buf_put_text(body, "6222020000000000000@icbc\"},\"place\":");
    buf_put_slice(body, place);
    buf_put_text(body, ",\"narrative\":\"");
    buf_put_text(body, narrative);
    buf_put_text(body, "\",\"persons\":4,\"months\":1,\"danger_to_life\":false,"
                       "\"shelter_lost\":true,\"food_lost\":true,\"child_alone\":false}");
}

static enum err template_make(struct load_template *t, const struct load_request_options *o,
                              struct slice place)
{
    struct buf body;
    struct buf *out = &t->bytes;
    *t = (struct load_template){.key_at = 0};
    buf_init(out, LOAD_REQUEST_MAX);
    buf_init(&body, LOAD_REQUEST_MAX);
    buf_putf(out, "%s %s HTTP/1.1\r\nHost: %s\r\n", o->tickets ? "POST" : "GET", o->target,
             o->host);
    if (o->token[0] != '\0') {
        buf_putf(out, "Authorization: Bearer %s\r\n", o->token);
    }
    if (o->tickets) {
        body_write(t, place, &body);
        buf_putf(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n", body.len);
        buf_putf(out, "Idempotency-Key: load-%s-", o->run);
        t->key_at = out->len;
        buf_put_text(out, "000000000000\r\n");
    }
    buf_put_text(out, "\r\n");
    t->id_at += out->len;
    t->phone_at += out->len;
    t->account_at += out->len;
    buf_put_slice(out, buf_slice(&body));
    enum err err = buf_err(&body) != ERR_OK ? buf_err(&body) : buf_err(out);
    buf_release(&body);
    return err == ERR_TOO_LARGE ? ERR_INPUT : err;
}

enum err load_requests_make(struct load_requests *r, const struct load_request_options *options)
{
    struct buf file;
    enum err err = ERR_OK;
    *r = (struct load_requests){.count = 0};
    buf_init(&file, PLACES_BYTES_MAX);
    if (options->places_file != NULL) {
        err = file_read(options->places_file, &file);
    } else {
        buf_put_text(&file, default_place);
    }
    r->templates = calloc(LOAD_PLACES_MAX, sizeof(*r->templates));
    if (err == ERR_OK && r->templates == NULL) {
        err = ERR_NO_MEMORY;
    }
    struct slice rest = buf_slice(&file);
    while (err == ERR_OK && rest.len > 0 && r->count < LOAD_PLACES_MAX) {
        struct slice place = slice_trim(slice_cut(&rest, '\n'));
        if (place.len > 0) {
            struct load_template *t = &r->templates[r->count++];
            err = template_make(t, options, place);
            r->longest = t->bytes.len > r->longest ? t->bytes.len : r->longest;
        }
    }
    buf_release(&file);
    return err == ERR_OK && r->count == 0 ? ERR_INPUT : err;
}

void load_requests_release(struct load_requests *r)
{
    for (size_t i = 0; i < r->count; i++) {
        buf_release(&r->templates[i].bytes);
    }
    free(r->templates);
    *r = (struct load_requests){.count = 0};
}

static void digits(char *out, size_t len, uint64_t value)
{
    for (size_t i = len; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* An 18-character identity number (GB 11643) of its own for each n below 10^7: division, birthday,
 * order, check. */
static void id_number_write(char *out, uint64_t n)
{
    static const int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    static const char checks[] = "10X98765432";
    int year;
    int month;
    int day;
    int sum = 0;
    civil_from_days((int64_t)(n % 10000) - 3653, &year, &month, &day); /* from 1960 */
    digits(out, 6, 520102);
    digits(out + 6, 4, (uint64_t)year);
    digits(out + 10, 2, (uint64_t)month);
    digits(out + 12, 2, (uint64_t)day);
    digits(out + 14, 3, n / 10000);
    for (int i = 0; i < 17; i++) {
        sum += (out[i] - '0') * weights[i];
    }
    out[17] = checks[sum % 11];
}

/* A card number of its own for each n, with its check digit (Luhn). */
static void account_write(char *out, uint64_t n)
{
    int sum = 0;
    digits(out, ACCOUNT_DIGITS - 1, UINT64_C(622202) * UINT64_C(1000000000000) + n);
    for (int i = ACCOUNT_DIGITS - 2, twice = 1; i >= 0; i--, twice = !twice) {
        int d = (out[i] - '0') << twice;
        sum += d > 9 ? d - 9 : d;
    }
    out[ACCOUNT_DIGITS - 1] = (char)('0' + (10 - sum % 10) % 10);
}

size_t load_requests_write(const struct load_requests *r, uint64_t n, char *out)
{
    const struct load_template *t = &r->templates[n % r->count];
    memcpy(out, t->bytes.ptr, t->bytes.len);
    if (t->key_at > 0) {
        digits(out + t->key_at, KEY_DIGITS, n);
        digits(out + t->phone_at, PHONE_DIGITS, n);
        id_number_write(out + t->id_at, n);
        account_write(out + t->account_at, n);
    }
    return t->bytes.len;
}
