/* What operators answer, and what goes out to them: an answer is accepted only with a 2xx and,
 * where the operator gives one, its id; a request never holds a byte that could end a line. First
 * byte: operator; second: the status; the rest is the answer's body, and lines of it are the fields
 * of a message. */
#include <stdlib.h>
#include <string.h>
#include "integrations/sms/courier/courier.h"
#include "integrations/sms/sms_client.h"
#include "queue/base/utf8.h"

static const char *const NAMES[] = {"kannel", "aliyun", "twilio", "tencent", "courier"};

static const struct sms_account ACCOUNTS[] = {
    {.url = "http://k/s",
     .user = "u",
     .secret = "p",
     .from = "12349",
     .report_url = "http://h/dlr?s=1"},
    {.user = "u", .secret = "k", .sign = "民政"},
    {.user = "AC1", .secret = "k", .from = "+18005551212", .report_url = "http://h/dlr"},
    {.user = "u", .secret = "k", .sign = "民政", .app = "1400"},
    {.url = "http://h/?a={{text}}&b={{to}}",
     .body = "{\"a\":{{text}},\"b\":{{id}}}",
     .body_type = "json",
     .from = "1"},
};

static void read_answer(size_t which, int status, struct slice body)
{
    struct sms_result r =
        sms_codec_find(slice_of(NAMES[which]))->read(&ACCOUNTS[which], status, body);
    ASSERT(r.outcome < SMS_OUTCOME_COUNT && r.reason != NULL && r.status == status);
    ASSERT(memchr(r.provider_id, '\0', sizeof(r.provider_id)) != NULL);
    ASSERT(r.outcome != SMS_ACCEPTED || (status >= 200 && status < 300));
    bool gives_id = which >= 1 && which <= 3;
    ASSERT(!gives_id || (r.outcome == SMS_ACCEPTED) == (r.provider_id[0] != '\0'));
}

static void send_it(size_t which, struct slice rest)
{
    const struct sms_codec *codec = sms_codec_find(slice_of(NAMES[which]));
    const struct sms_moment now = {.now_ms = 1772328600000,
                                   .nonce = "0123456789abcdef0123456789abcdef"};
    struct sms_message m = {.id = slice_cut(&rest, '\n'), .to = slice_cut(&rest, '\n')};
    m.template_code = slice_cut(&rest, '\n');
    m.params[0].name = slice_cut(&rest, '\n');
    m.params[0].value = slice_cut(&rest, '\n');
    m.param_count = m.params[0].name.len > 0 ? 1 : 0;
    m.text = rest;
    ASSERT(codec->check(&ACCOUNTS[which]) == ERR_OK);
    if (sms_message_check(&m) != ERR_OK) {
        return;
    }
    struct sms_wire wire;
    sms_wire_init(&wire);
    if (codec->write(&ACCOUNTS[which], &m, &now, &wire) == ERR_OK) {
        for (size_t i = 0; i < wire.url.len; i++) {
            ASSERT(wire.url.ptr[i] > 0x20 && wire.url.ptr[i] < 0x7f);
        }
        size_t lines = 0;
        for (size_t i = 0; i < wire.headers.len; i++) {
            unsigned char c = (unsigned char)wire.headers.ptr[i];
            lines += c == 0;
            ASSERT(c == 0 || (c >= 0x20 && c != 0x7f));
        }
        ASSERT(lines <= HTTP_CALL_HEADERS_MAX && utf8_valid(buf_slice(&wire.body)));
        ASSERT(strpbrk(wire.content_type, "\r\n") == NULL);
    }
    sms_wire_release(&wire);
}

static void fill(struct slice template)
{
    struct sms_message m = {
        .id = SLICE_LIT("n-1"), .to = SLICE_LIT("+8613812341234"), .text = SLICE_LIT("急\"<&")};
    char *text = calloc(1, template.len + 1);
    struct buf out;
    ASSERT(text != NULL);
    if (template.len > 0) {
        memcpy(text, template.ptr, template.len);
    }
    for (enum courier_place place = COURIER_URL; place <= COURIER_XML; place++) {
        buf_init(&out, (size_t)1 << 16);
        enum err probe = courier_fill(text, &ACCOUNTS[4], NULL, place, &out);
        buf_clear(&out);
        enum err err = courier_fill(text, &ACCOUNTS[4], &m, place, &out);
        ASSERT((probe == ERR_INPUT) ==
               (err == ERR_INPUT)); /* what the start accepts never fails later */
        buf_release(&out);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 201, 202, 204, 301, 400, 401,
                                   403, 404, 429, 500, 502, 503, 504};
    if (size < 2) {
        return 0;
    }
    size_t which = data[0] % COUNT_OF(NAMES);
    struct slice rest = slice_make((const char *)data + 2, size - 2);
    read_answer(which, statuses[data[1] % COUNT_OF(statuses)], rest);
    send_it(which, rest);
    fill(rest);
    return 0;
}
