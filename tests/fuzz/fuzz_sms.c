/* Incoming texts, answers of sendsms, and the counter of parts. The first byte is coding and
 * charset. */
#include "integrations/sms/kannel/kannel.h"
#include "queue/base/utf8.h"

static void send_it(struct slice text)
{
    const struct sms_account account = {.url = "http://k/s",
                                        .user = "u",
                                        .secret = "p",
                                        .from = "12349",
                                        .method = "GET",
                                        .report_url = "http://h/dlr?s=1"};
    const struct sms_moment now = {.now_ms = 0, .nonce = "00"};
    struct sms_message m = {
        .id = SLICE_LIT("n-1"), .to = SLICE_LIT("+8613800138000"), .text = text};
    struct sms_wire wire;
    sms_wire_init(&wire);
    if (sms_message_check(&m) == ERR_OK &&
        KANNEL_CODEC.write(&account, &m, &now, &wire) == ERR_OK) {
        for (size_t i = 0; i < wire.url.len; i++) {
            ASSERT(wire.url.ptr[i] > 0x20 &&
                   wire.url.ptr[i] < 0x7f); /* nothing that could end the request line */
        }
    }
    sms_wire_release(&wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const codings[] = {"0", "1", "2", ""};
    static const char *const charsets[] = {"", "UTF-8", "UTF-16BE", "GBK"};
    if (size < 1) {
        return 0;
    }
    struct slice bytes = slice_make((const char *)data + 1, size - 1);
    struct buf text;
    buf_init(&text, (size_t)1 << 20);
    enum err err = kannel_read_text(bytes, slice_of(codings[data[0] % 4]),
                                    slice_of(charsets[data[0] / 4 % 4]), &text);
    if (err == ERR_OK) {
        struct slice utf8 = buf_slice(&text);
        ASSERT(utf8_valid(utf8));
        struct sms_size size_of = sms_measure(utf8);
        size_t single = size_of.gsm7 ? 160 : 70;
        ASSERT(size_of.parts >= 1 && (size_of.parts == 1) == (size_of.units <= single));
        ASSERT(size_of.parts * (size_of.gsm7 ? 153 : 67) >= size_of.units || size_of.parts == 1);
        ASSERT(sms_billed(utf8) >= 1);
        send_it(utf8);
    }
    struct sms_result reply = kannel_read_reply(data[0] < 128 ? 202 : 403, bytes);
    ASSERT(reply.outcome < SMS_OUTCOME_COUNT && reply.reason != NULL);
    ASSERT(kannel_read_report(bytes) < SMS_REPORT_COUNT);
    buf_release(&text);
    return 0;
}
