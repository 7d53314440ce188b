#include "workers/sms_text.h"

#include <stdio.h>
#include <string.h>
#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/domain/money.h"
#include "queue/domain/relief.h"

#define SIGN "【救急】"
#define TAIL_DIGITS 6

static const struct sms_template TEMPLATES[] = {
    /* to the citizen, about the case */
    {"dispatched", 1, SMS_CLASS_ANSWER, "", SIGN "您的求助已登记，编号{no}，由{who}办理。"},
    {"dispatched-aid", 1, SMS_CLASS_ANSWER, "",
     SIGN "您的求助已登记，编号{no}，由{who}办理。已批准先行救助{yuan}，正在发放。"},
    {"ask-place", 2, SMS_CLASS_ANSWER, "place",
     SIGN "您的求助已登记，编号{no}。请回复您现在所在的县和乡镇（村），值班人员也会联系您。"},
    {"accepted", 1, SMS_CLASS_NEWS, "", SIGN "您的求助已由{who}受理，经办人会联系您。编号{no}。"},
    {"first-aid", 1, SMS_CLASS_NEWS, "", SIGN "已批准先行救助{yuan}，正在发放。编号{no}。"},
    {"money-paid", 3, SMS_CLASS_NEWS, "money",
     SIGN "救助金{yuan}已发放。收到请回复1，没收到请回复2。编号{no}，手续由经办人与您联系。"},
    {"money-paid-account", 3, SMS_CLASS_NEWS, "money",
     SIGN "救助金{yuan}已发放至尾号{account}的账户。收到请回复1，没收到请回复2。编号{no}"
          "，手续由经办人与您联系。"},
    {"money-failed", 2, SMS_CLASS_NEWS, "",
     SIGN "救助金{yuan}未能到账，乡镇（街道）会尽快联系您核对账户。编号{no}。"},
    {"money-returned", 1, SMS_CLASS_NEWS, "",
     SIGN "救助金{yuan}被银行退回，还没有到您手里。经办人会打电话与您核对账户，请保持电话畅通。编号{no}。"},
    {"publicity", 1, SMS_CLASS_NEWS, "",
     SIGN "您的救助申请已开始公示，为期{code}天，公示不显示证件号和电话。编号{no}。"},
    {"approved", 1, SMS_CLASS_NEWS, "", SIGN "您的救助申请已批准，救助金将按规定发放。编号{no}。"},
    {"rejected", 1, SMS_CLASS_NEWS, "",
     SIGN
     "您的救助申请未予批准，书面理由由乡镇（街道）送达。您可以申请行政复议或提起诉讼。编号{no}。"},
    {"referred", 1, SMS_CLASS_NEWS, "", SIGN "您的求助已转{who}办理，编号{no}。对方会与您联系。"},
    {"closed", 1, SMS_CLASS_NEWS, "", SIGN "您的求助已办结归档，编号{no}。如仍有困难请再来电。"},
    {"withdrawn", 1, SMS_CLASS_ANSWER, "", SIGN "您的求助已按您的要求撤回，编号{no}。"},
    {"silence", 1, SMS_CLASS_NEWS, "",
     SIGN "您的求助（编号{no}）正由{who}"
          "办理，还没有新的结果。有进展会马上告诉您，也可回复“人工”让人联系您。"},
    {"silence-due", 1, SMS_CLASS_NEWS, "",
     SIGN "您的求助（编号{no}）正由{who}办理，下一步最迟{until}"
          "完成。有进展会马上告诉您，也可回复“人工”。"},
    {"confirmed", 1, SMS_CLASS_NEWS, "money",
     SIGN "您的救助手续已复核完成，编号{no}。救助金都收到了请回复1，没有收到请回复2。"},
    /* answers in the conversation */
    {"ask-place-again", 1, SMS_CLASS_ANSWER, "place",
     SIGN "没有查到这个地方。请再回复一次县、乡镇和村名。编号{no}，值班人员也会联系您。"},
    {"place-to-person", 1, SMS_CLASS_ANSWER, "",
     SIGN "地点还没有确定，值班人员会打电话联系您，请保持电话畅通。编号{no}。"},
    {"ask-people", 1, SMS_CLASS_ANSWER, "people",
     SIGN "已记下，编号{no}。一共几个人需要帮助？请回复人数，例如：3"},
    {"danger", 1, SMS_CLASS_LIFE, "",
     SIGN "有生命危险请立即拨打110、119、120！您的求助已列为特急，编号{no}，值班人员马上联系您。"},
    {"danger-place", 1, SMS_CLASS_LIFE, "place",
     SIGN "有生命危险请立即拨打110、119、120！求助已列为特急，编号{no}"
          "。请回复您在哪个县、哪个乡镇（村）。"},
    {"added", 1, SMS_CLASS_ANSWER, "", SIGN "您补充的情况已记入，编号{no}。"},
    {"status", 1, SMS_CLASS_ANSWER, "", SIGN "编号{no}：{state}，由{who}办理。"},
    {"status-due", 1, SMS_CLASS_ANSWER, "",
     SIGN "编号{no}：{state}，由{who}办理，下一步最迟{until}完成。"},
    {"status-none", 1, SMS_CLASS_ANSWER, "",
     SIGN "没有查到与您的号码对应的求助。需要帮助请直接回复：什么困难、几个人、在哪个县和乡镇。"},
    {"withdraw-sure", 1, SMS_CLASS_ANSWER, "withdraw",
     SIGN "确认撤回求助（编号{no}）吗？确认请回复1，不撤回请回复2。"},
    {"withdraw-kept", 1, SMS_CLASS_ANSWER, "", SIGN "好的，求助继续办理，编号{no}。"},
    {"withdraw-late", 1, SMS_CLASS_ANSWER, "",
     SIGN "求助（编号{no}）已办到不能用短信撤回的一步，值班人员会联系您。"},
    {"rate", 1, SMS_CLASS_ANSWER, "rating",
     SIGN "请为本次服务打分，回复1到5，5为非常满意。编号{no}。"},
    {"rated", 1, SMS_CLASS_ANSWER, "", SIGN "谢谢您的评价。编号{no}。"},
    {"rated-low", 1, SMS_CLASS_ANSWER, "",
     SIGN "谢谢您的评价，我们会改进。要与人联系请回复“人工”。编号{no}。"},
    {"money-yes", 1, SMS_CLASS_ANSWER, "rating",
     SIGN "谢谢确认。请为本次服务打分，回复1到5，5为非常满意。编号{no}。"},
    {"money-no", 1, SMS_CLASS_ANSWER, "",
     SIGN "已记下您没有收到钱，县级值班人员会核查并联系您。编号{no}。"},
    {"not-me", 1, SMS_CLASS_ANSWER, "", SIGN "抱歉打扰，不再向本号码发送这件求助的短信。"},
    {"person", 1, SMS_CLASS_ANSWER, "",
     SIGN "已转人工，值班人员会打电话联系您，请保持电话畅通。编号{no}。"},
    {"help", 1, SMS_CLASS_ANSWER, "",
     SIGN "需要帮助请直接回复：什么困难、几个人、在哪个县和乡镇。也可回复：查询、撤回、评价、人工。"
          "有生命危险请拨110、119、120。"},
    {"no-numbers", 1, SMS_CLASS_ANSWER, "",
     SIGN "已加密记入，编号{no}。我们不会用短信索要身份证号和银行卡号，请不要再发送。"},
    {"unreadable", 1, SMS_CLASS_ANSWER, "",
     SIGN "您的短信没能读出来，请用文字再发一次；有生命危险请拨110、119、120。"},
    {"receipt-code", 1, SMS_CLASS_LIFE, "receipt",
     SIGN "经办人当面交付救助时，请核对后把签收码{code}告诉对方或回复本短信。编号{no}"
          "。没见到救助请勿告知。"},
    {"receipt-ok", 1, SMS_CLASS_ANSWER, "", SIGN "签收码已核对，谢谢。编号{no}。"},
    {"receipt-bad", 1, SMS_CLASS_ANSWER, "receipt",
     SIGN "签收码不对，请核对后再回复一次。编号{no}。"},
    {"receipt-none", 1, SMS_CLASS_ANSWER, "",
     SIGN "没有等待签收的救助。编号{no}，可回复：查询、人工。"},
    /* to the township's officer: the tail of the number, urgency and need, no name */
    {"officer-new", 1, SMS_CLASS_LIFE, "accept",
     SIGN
     "新求助尾号{tail}：{state}。受理请回复1，退回请回复2（同时有几件时请加尾号，如1 {tail}）。"},
    {"officer-done", 1, SMS_CLASS_ANSWER, "", SIGN "尾号{tail}已由您受理，请尽快联系求助人。"},
    {"officer-reason", 1, SMS_CLASS_ANSWER, "reason",
     SIGN "请回复退回尾号{tail}的理由，例如：不属本乡镇。"},
    {"officer-returned", 1, SMS_CLASS_ANSWER, "", SIGN "尾号{tail}已退回县级值班席。"},
    {"officer-late", 1, SMS_CLASS_ANSWER, "", SIGN "尾号{tail}已由他人受理或不在您处，无需处理。"},
};

const struct sms_template *sms_templates(size_t *count)
{
    *count = COUNT_OF(TEMPLATES);
    return TEMPLATES;
}

const struct sms_template *sms_template_find(struct slice name)
{
    for (size_t i = 0; i < COUNT_OF(TEMPLATES); i++) {
        if (slice_is(name, TEMPLATES[i].name)) {
            return &TEMPLATES[i];
        }
    }
    return NULL;
}

/* What a payload says. */
struct told {
    struct slice no, word, state, account;
    int64_t fen, until_ms;
};

/* The last four digits of the account number in "account:6222…@bank". */
static struct slice account_tail(struct slice account)
{
    struct slice rest = account;
    struct slice kind = slice_cut(&rest, ':');
    struct slice number = rest.ptr == NULL ? kind : slice_cut(&rest, '@');
    return number.len < 8 ? slice_make(NULL, 0) : slice_make(number.ptr + number.len - 4, 4);
}

/* ERR_INPUT when the value is not there. */
static enum err value_of(const char *name, const struct told *t, char out[SMS_TEXT_VALUE_MAX + 1])
{
    char yuan[MONEY_TEXT_ZH_SIZE];
    struct slice value = slice_make(NULL, 0);
    struct slice tail = account_tail(t->account);
    int n = 0;
    if (strcmp(name, "yuan") == 0) {
        money_format_zh(t->fen, yuan);
        value = slice_of(yuan);
    } else if (strcmp(name, "until") == 0) {
        struct civil_time c = clock_civil_china(t->until_ms);
        n = snprintf(out, SMS_TEXT_VALUE_MAX + 1, "%d月%d日%d时", c.month, c.day, c.hour);
        return n > 0 && t->until_ms > 0 ? ERR_OK : ERR_INPUT;
    } else if (strcmp(name, "no") == 0) {
        value = t->no;
    } else if (strcmp(name, "tail") == 0) {
        value = t->no.len < TAIL_DIGITS
                    ? t->no
                    : slice_make(t->no.ptr + t->no.len - TAIL_DIGITS, TAIL_DIGITS);
    } else if (strcmp(name, "who") == 0 || strcmp(name, "code") == 0) {
        value = t->word;
    } else if (strcmp(name, "account") == 0) {
        value = tail;
    } else if (strcmp(name, "state") == 0) {
        value = t->state;
    }
    if (value.len == 0) {
        return ERR_INPUT;
    }
    while (value.len > SMS_TEXT_VALUE_MAX) {
        value = utf8_prefix(value, utf8_count(value) - 1);
    }
    return slice_copy(value, out, SMS_TEXT_VALUE_MAX + 1);
}

/* Values into filled, then the whole text: nothing is written before everything is there. */
static enum err fill(const struct sms_template *template, const struct told *t,
                     struct sms_filled *filled)
{
    *filled = (struct sms_filled){.template = template};
    for (const char *c = strchr(template->text, '{'); c != NULL; c = strchr(c + 1, '{')) {
        static const char *const NAMES[] = {"no",      "tail",  "who",   "yuan",
                                            "account", "state", "until", "code"};
        size_t k = 0;
        while (k < COUNT_OF(NAMES) && (strncmp(c + 1, NAMES[k], strlen(NAMES[k])) != 0 ||
                                       c[1 + strlen(NAMES[k])] != '}')) {
            k++;
        }
        ASSERT(k < COUNT_OF(NAMES) && filled->count < SMS_TEXT_PARAMS_MAX);
        size_t i = 0;
        while (i < filled->count && filled->params[i].name != NAMES[k]) {
            i++;
        }
        if (i < filled->count) {
            continue; /* stands twice */
        }
        enum err err = value_of(NAMES[k], t, filled->params[i].value);
        if (err != ERR_OK) {
            return err;
        }
        filled->params[filled->count++].name = NAMES[k];
    }
    return ERR_OK;
}

static void write_text(const struct sms_filled *filled, struct buf *out)
{
    for (const char *c = filled->template->text; *c != '\0'; c++) {
        if (*c != '{') {
            buf_put_char(out, *c);
            continue;
        }
        const char *end = strchr(c, '}');
        for (size_t i = 0; i < filled->count; i++) {
            size_t len = strlen(filled->params[i].name);
            if ((size_t)(end - c - 1) == len && strncmp(c + 1, filled->params[i].name, len) == 0) {
                buf_put_text(out, filled->params[i].value);
            }
        }
        c = end;
    }
}

/* Which template a payload means. */
static const struct sms_template *choose(struct slice name, const struct told *t)
{
    if (slice_is(name, "money")) {
        bool paid = slice_is(t->word, "paid");
        name = slice_is(t->word, "pay-returned")  ? SLICE_LIT("money-returned")
               : !paid                            ? SLICE_LIT("money-failed")
               : account_tail(t->account).len > 0 ? SLICE_LIT("money-paid-account")
                                                  : SLICE_LIT("money-paid");
    } else if (slice_is(name, "dispatched") && t->fen > 0) {
        name = SLICE_LIT("dispatched-aid");
    } else if (slice_is(name, "silence") && t->until_ms > 0) {
        name = SLICE_LIT("silence-due");
    } else if (slice_is(name, "status") && t->until_ms > 0) {
        name = SLICE_LIT("status-due");
    }
    return sms_template_find(name);
}

enum err sms_text_fill(struct slice payload, struct slice case_no, struct slice account,
                       struct buf *out, struct sms_filled *filled)
{
    struct sms_filled own;
    struct told t = {.no = case_no, .account = account};
    struct slice rest = payload;
    struct slice name = slice_cut(&rest, '|');
    t.word = slice_cut(&rest, '|');
    struct slice fen = slice_cut(&rest, '|');
    bool more = rest.ptr != NULL;
    t.state = slice_cut(&rest, '|');
    if ((fen.len > 0 && slice_to_int64(fen, 0, AMOUNT_FEN_MAX, &t.fen) != ERR_OK) ||
        (rest.len > 0 && slice_to_int64(rest, 0, INT64_MAX / 2, &t.until_ms) != ERR_OK)) {
        return ERR_INPUT;
    }
    const struct sms_template *template = choose(name, &t);
    bool wants_more = template != NULL &&
                      (strstr(template->text, "{state}") != NULL ||
                       strstr(template->text, "{until}") != NULL || slice_is(name, "silence"));
    if (template == NULL || (more && !wants_more)) {
        return ERR_INPUT;
    }
    enum err err = fill(template, &t, &own);
    if (err != ERR_OK) {
        return err;
    }
    write_text(&own, out);
    if (filled != NULL) {
        *filled = own;
    }
    return buf_err(out);
}

enum err sms_text(struct slice payload, struct slice case_no, struct slice account, struct buf *out)
{
    return sms_text_fill(payload, case_no, account, out, NULL);
}
