#include "integrations/sms/sms.h"

#include "queue/base/utf8.h"

const char *sms_outcome_word(enum sms_outcome outcome)
{
    static const char *const words[] = {
#define SMS_WORD(name, word) word,
        SMS_OUTCOME_TABLE(SMS_WORD)
#undef SMS_WORD
    };
    ASSERT((size_t)outcome < COUNT_OF(words));
    return words[outcome];
}

struct sms_result sms_result_make(enum sms_outcome outcome, int status, const char *reason)
{
    return (struct sms_result){.outcome = outcome, .status = status, .reason = reason};
}

static bool id_valid(struct slice id)
{
    if (id.len < 1 || id.len > SMS_ID_MAX) {
        return false;
    }
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              c == '-')) {
            return false;
        }
    }
    return true;
}

static bool to_valid(struct slice to)
{
    if (to.len < 1 || to.len > SMS_TO_MAX) {
        return false;
    }
    struct slice digits = to;
    if (to.ptr[0] == '+') {
        digits = slice_make(to.ptr + 1, to.len - 1);
    }
    return slice_all_digits(digits);
}

static bool text_valid(struct slice text)
{
    if (text.len < 1 || !utf8_valid(text) || utf8_count(text) > SMS_TEXT_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 0x20 && c != '\n' && c != '\r') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool word_valid(struct slice word, size_t max)
{
    bool ok = word.len >= 1 && word.len <= max;
    for (size_t i = 0; i < word.len && ok; i++) {
        char c = word.ptr[i];
        ok = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    }
    return ok;
}

static bool template_valid(const struct sms_message *m)
{
    if (m->param_count > SMS_PARAMS_MAX ||
        (m->template_code.len > 0 && !word_valid(m->template_code, SMS_TEMPLATE_CODE_MAX))) {
        return false;
    }
    for (size_t i = 0; i < m->param_count; i++) {
        struct slice value = m->params[i].value;
        if (!word_valid(m->params[i].name, SMS_PARAM_NAME_MAX) ||
            (value.len > 0 && !text_valid(value)) || utf8_count(value) > SMS_PARAM_VALUE_MAX) {
            return false;
        }
    }
    return true;
}

enum err sms_message_check(const struct sms_message *message)
{
    bool ok = id_valid(message->id) && to_valid(message->to) && text_valid(message->text) &&
              template_valid(message);
    return ok ? ERR_OK : ERR_INPUT;
}

enum err sms_send(const struct sms_channel *channel, const struct sms_message *messages, size_t n,
                  struct sms_result *results)
{
    ASSERT(n >= 1 && n <= SMS_BATCH_MAX);
    return channel->send(channel->self, messages, n, results);
}
