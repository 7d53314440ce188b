#include "integrations/sms/sms_incoming.h"

#include "integrations/sign/hmac.h"
#include "integrations/sms/sms_intake.h"
#include "queue/base/buf.h"
#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/domain/phone.h"

#define NUMBER_MAX 32 /* bytes kept of a sender that is no number */
#define IDENTITY_MAX 8

const char *sms_report_word(enum sms_report report)
{
    static const char *const words[] = {
#define SMS_WORD(name, word) word,
        SMS_REPORT_TABLE(SMS_WORD)
#undef SMS_WORD
    };
    ASSERT((size_t)report < COUNT_OF(words));
    return words[report];
}

bool sms_reply_allowed(struct slice from)
{
    struct phone phone;
    return phone_parse(from, &phone) == ERR_OK && phone_can_sms(&phone);
}

/* ---- Texts made clean ---- */

/* A line break or a tab is content; other control characters are not. */
static bool point_clean(uint32_t c)
{
    return (c >= 0x20 && c != 0x7f) || c == '\n' || c == '\r' || c == '\t';
}

static bool text_clean(struct slice text)
{
    if (text.len > SMS_INCOMING_BYTES_MAX || !utf8_valid(text)) {
        return false;
    }
    return text.len == 0 || memchr(text.ptr, '\0', text.len) == NULL;
}

/* Length of the valid UTF-8 sequence at the start of s, 0 if there is none. */
static size_t sequence(struct slice s)
{
    for (size_t len = 1; len <= 4 && len <= s.len; len++) {
        if (utf8_valid(slice_make(s.ptr, len))) {
            return len;
        }
    }
    return 0;
}

/* At most max bytes of it, with U+FFFD for what is no character. */
static enum err cleaned(struct slice text, size_t max, struct arena *arena, struct slice *out)
{
    struct buf buf;
    buf_init(&buf, max + 4);
    while (text.len > 0 && buf.len + 4 <= max) {
        size_t len = sequence(text);
        struct slice one = slice_make(text.ptr, len);
        struct slice look = one;
        if (len > 0 && point_clean(utf8_next(&look))) {
            buf_put_slice(&buf, one);
        } else {
            buf_put_text(&buf, "\xEF\xBF\xBD");
        }
        len = len == 0 ? 1 : len;
        text = slice_make(text.ptr + len, text.len - len);
    }
    enum err err = buf_err(&buf);
    char *copy = err == ERR_OK ? arena_text(arena, buf_slice(&buf)) : NULL;
    size_t len = buf.len;
    buf_release(&buf);
    if (err == ERR_OK && copy == NULL) {
        err = ERR_NO_MEMORY;
    }
    if (err == ERR_OK) {
        *out = slice_make(copy, len);
    }
    return err;
}

static enum err clean_number(struct slice *number, struct arena *arena)
{
    struct phone phone;
    if (phone_parse(*number, &phone) != ERR_OK) {
        return cleaned(slice_trim(*number), NUMBER_MAX, arena, number);
    }
    char *text = arena_text(arena, slice_of(phone.text));
    if (text == NULL) {
        return ERR_NO_MEMORY;
    }
    *number = slice_of(text);
    return ERR_OK;
}

static bool own_id(struct slice id)
{
    struct sms_message probe = {.id = id, .to = SLICE_LIT("1"), .text = SLICE_LIT("a")};
    return sms_message_check(&probe) == ERR_OK;
}

static enum err clean_item(struct sms_incoming *item, struct arena *arena)
{
    bool report = item->kind == SMS_REPORT;
    item->from = slice_trim(item->from);
    if (!text_clean(item->text) || (!report && item->from.len == 0)) {
        item->kind = SMS_UNREADABLE;
    }
    if (!own_id(item->message_id)) {
        item->message_id = slice_make("", 0);
    }
    bool of_person = report && item->report == SMS_REPORT_STOPPED && item->from.len > 0;
    if (report && !of_person && item->message_id.len == 0 && item->provider_id.len == 0) {
        item->kind = SMS_UNREADABLE;
    }
    enum err err = clean_number(&item->from, arena);
    if (err == ERR_OK && report) {
        err = clean_number(&item->to, arena);
    } else if (err == ERR_OK) {
        err = cleaned(slice_trim(item->to), NUMBER_MAX, arena, &item->to);
    }
    if (err == ERR_OK && !text_clean(item->text)) {
        err = cleaned(item->text, SMS_INCOMING_BYTES_MAX, arena, &item->text);
    }
    if (err == ERR_OK) {
        err = cleaned(item->provider_id, SMS_PROVIDER_ID_MAX, arena, &item->provider_id);
    }
    if (err == ERR_OK) {
        err = cleaned(item->code, SMS_CODE_MAX, arena, &item->code);
    }
    return err;
}

/* ---- Keys ---- */

/* Over the length and the bytes of each text, so that no two lists give the same bytes. */
static enum err make_key(const char *provider, enum sms_kind kind, const struct slice *identity,
                         size_t count, char key[SMS_KEY_SIZE])
{
    struct buf buf;
    buf_init(&buf, (size_t)1 << 20);
    buf_putf(&buf, "%s %d", provider, (int)kind);
    for (size_t i = 0; i < count; i++) {
        buf_putf(&buf, " %zu:", identity[i].len);
        buf_put_slice(&buf, identity[i]);
    }
    unsigned char digest[SHA256_BYTES];
    enum err err = buf_err(&buf);
    if (err == ERR_OK) {
        err = sha256(buf_slice(&buf), digest);
    }
    buf_release(&buf);
    if (err == ERR_OK) {
        hex_encode(digest, (SMS_KEY_SIZE - 1) / 2, key);
    }
    return err;
}

/* ---- The list ---- */

enum err sms_intake_room(struct sms_intake *intake, size_t count)
{
    if (count > intake->max) {
        return ERR_TOO_LARGE;
    }
    if (count <= intake->room) {
        return ERR_OK;
    }
    struct sms_incoming *items = arena_alloc(intake->arena, count * sizeof(*items));
    if (items == NULL) {
        return ERR_NO_MEMORY;
    }
    if (intake->count > 0) {
        memcpy(items, intake->items, intake->count * sizeof(*items));
    }
    intake->items = items;
    intake->room = count;
    return ERR_OK;
}

enum err sms_intake_add(struct sms_intake *intake, const struct sms_incoming *item,
                        const struct slice *identity, size_t identity_count)
{
    ASSERT(intake->count < intake->room && identity_count >= 1 && identity_count <= IDENTITY_MAX);
    struct sms_incoming copy = *item;
    enum err err = make_key(intake->provider, item->kind, identity, identity_count, copy.key);
    if (err == ERR_OK) {
        err = clean_item(&copy, intake->arena);
    }
    if (err == ERR_OK) {
        intake->items[intake->count++] = copy;
    }
    return err;
}

struct sms_incoming sms_incoming_message(void)
{
    return (struct sms_incoming){
        .kind = SMS_MESSAGE, .part = 1, .parts = 1, .advice = SMS_ACCEPTED};
}

struct sms_incoming sms_incoming_report(enum sms_report report)
{
    return (struct sms_incoming){
        .kind = SMS_REPORT,
        .part = 1,
        .parts = 1,
        .report = report,
        .final = report != SMS_REPORT_UNKNOWN && report != SMS_REPORT_BUFFERED,
        .advice = report == SMS_REPORT_FAILED ? SMS_UNKNOWN : SMS_ACCEPTED,
    };
}

/* ---- Times ---- */

static bool digits_at(struct slice s, size_t at, size_t len, int min, int max, int *out)
{
    int value = 0;
    for (size_t i = at; i < at + len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') {
            return false;
        }
        value = value * 10 + (s.ptr[i] - '0');
    }
    *out = value;
    return value >= min && value <= max;
}

int64_t sms_read_time(struct slice text, int64_t offset_ms)
{
    struct slice s = slice_trim(text);
    int year, month, day, hour, minute, second = 0, back_year, back_month, back_day;
    if ((s.len != 19 && s.len != 16) || s.ptr[4] != '-' || s.ptr[7] != '-' || s.ptr[10] != ' ' ||
        s.ptr[13] != ':' || (s.len == 19 && s.ptr[16] != ':')) {
        return 0;
    }
    if (!digits_at(s, 0, 4, 1970, 9998, &year) || !digits_at(s, 5, 2, 1, 12, &month) ||
        !digits_at(s, 8, 2, 1, 31, &day) || !digits_at(s, 11, 2, 0, 23, &hour) ||
        !digits_at(s, 14, 2, 0, 59, &minute) ||
        (s.len == 19 && !digits_at(s, 17, 2, 0, 60, &second))) {
        return 0;
    }
    int64_t days = civil_to_days(year, month, day);
    civil_from_days(days, &back_year, &back_month, &back_day);
    if (back_month != month || back_day != day) {
        return 0; /* 31 April */
    }
    int64_t at_ms =
        days * MS_PER_DAY + ((hour * INT64_C(60) + minute) * 60 + second) * 1000 - offset_ms;
    return at_ms > 0 ? at_ms : 0;
}

int64_t sms_read_epoch(struct slice text)
{
    int64_t seconds;
    return slice_to_int64(slice_trim(text), 1, INT64_C(253402300799), &seconds) == ERR_OK
               ? seconds * 1000
               : 0;
}

/* ---- One callback ---- */

enum err sms_receive(const struct sms_provider *provider, const struct sms_callback *request,
                     const struct sms_secrets *secrets, struct arena *arena,
                     struct sms_incoming *out, size_t max, size_t *n, struct sms_answer *answer)
{
    struct sms_intake intake = {
        .provider = provider->name, .arena = arena, .answer = answer, .max = max};
    struct slice what;
    enum err err = ERR_AUTH;
    *answer = provider->answer;
    if (sms_access_allowed(request, secrets, provider->path_secret, &what)) {
        err = provider->read(request, what, secrets, &intake);
    }
    if (err != ERR_OK) {
        /* no hint what was wrong with a credential, and nothing that a browser would ask a password
         * for */
        answer->refused.status = err == ERR_AUTH ? 403 : err_http_status(err);
        return err;
    }
    if (intake.count > 0) {
        memcpy(out, intake.items, intake.count * sizeof(*out));
    }
    *n = intake.count;
    return ERR_OK;
}
