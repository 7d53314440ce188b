#include "server/verb.h"

#include "queue/base/utf8.h"
#include "queue/domain/case_no.h"
#include "workers/routing/chain.h"

#define REASON_POINTS_MAX 100
#define MINUTES_POINTS_MAX 600
#define INSTALMENTS_MAX 36

static const struct {
    enum verb_field field;
    const char *names[5];
} NAMES[] = {
    {FIELD_CLAIM, {"claim"}},
    {FIELD_AMOUNT, {"amount_fen"}},
    {FIELD_TOWNSHIP, {"township"}},
    {FIELD_ANSWER, {"answer"}},
    {FIELD_MISLED, {"misled"}},
    {FIELD_CASE, {"case"}},
    {FIELD_KIND, {"kind"}},
    {FIELD_TARGET, {"target"}},
    {FIELD_REFERRAL, {"referral", "outcome"}},
    {FIELD_REFUND, {"outcome"}},
    {FIELD_METHOD, {"method"}},
    {FIELD_INSTALMENTS, {"instalments"}},
    {FIELD_MINUTES, {"participants", "votes_for", "votes_against", "minutes"}},
    {FIELD_PAYMENT, {"payment"}},
    {FIELD_WITNESS, {"witness"}},
    {FIELD_CODE, {"code"}},
    {FIELD_ACCOUNT, {"account"}},
    {FIELD_RATING, {"rating"}},
    {FIELD_PAYEE, {"payee_confirmed"}},
};

/* What `add` may bring: verb_merge reads it. */
static const char *const FACTS[] = {
    "persons",        "months",       "net_expense_fen", "place",          "narrative",
    "danger_to_life", "shelter_lost", "food_lost",       "income_stopped", "stranded",
    "recognised",     "wants_person", "child_alone"};

static bool known(unsigned fields, const char *name)
{
    if (strcmp(name, "reason") == 0) {
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(FACTS) && (fields & FIELD_FACTS) != 0; i++) {
        if (strcmp(FACTS[i], name) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        for (size_t k = 0; k < COUNT_OF(NAMES[i].names) && NAMES[i].names[k] != NULL; k++) {
            if ((fields & NAMES[i].field) != 0 && strcmp(NAMES[i].names[k], name) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool fault(struct op *op, const char *pointer, const char *detail)
{
    op_reply_fault(op, pointer, detail);
    return false;
}

static bool text_is_code(struct slice s, size_t max)
{
    bool ok = s.len > 0 && s.len <= max;
    for (size_t i = 0; i < s.len && ok; i++) {
        char c = s.ptr[i];
        ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == ':' || c == '.' || c == '_' || c == '-';
    }
    return ok;
}

static bool read_reason(struct op *op, struct verb_body *b)
{
    if (json_string(json_get(op->json, "reason"), &b->reason) != ERR_OK ||
        slice_trim(b->reason).len == 0) {
        return fault(op, "/reason",
                     "请写明理由（1 到 100 字）；理由会进入案卷，不要写姓名、电话和证件号码。");
    }
    b->reason = slice_trim(b->reason);
    return utf8_count(b->reason) <= REASON_POINTS_MAX ||
           fault(op, "/reason", "理由不得超过 100 字。");
}

static bool read_claim(struct op *op, struct verb_body *b)
{
    return json_int64(json_get(op->json, "claim"), 1, JSON_INT_MAX, &b->claim) == ERR_OK ||
           fault(op, "/claim", "请给出领取时得到的 claim 编号；先领取再办理。");
}

static bool read_amount(struct op *op, struct verb_body *b)
{
    return json_int64(json_get(op->json, "amount_fen"), 1, AMOUNT_FEN_MAX, &b->amount_fen) ==
               ERR_OK ||
           fault(op, "/amount_fen", "请给出金额，整数，单位是分。");
}

/* Of the region that this store serves: nobody here would see a case in another one's inbox. */
static bool read_township(struct op *op, struct verb_body *b)
{
    struct township t;
    return (json_string(json_get(op->json, "township"), &b->township) == ERR_OK &&
            gazetteer_township(op->g->atlas.gazetteer, b->township, &t) &&
            region_holds(op->g->settings->region, b->township)) ||
           fault(op, "/township", "请给出本地区的 9 位乡镇（街道）代码；查不到这个代码。");
}

static bool one_of(struct slice word, const char *const *words)
{
    while (*words != NULL && !slice_is(word, *words)) {
        words++;
    }
    return *words != NULL;
}

static bool read_answer(struct op *op, struct verb_body *b)
{
    static const char *const WORDS[] = {"yes", "no", "unreachable", NULL};
    return (json_string(json_get(op->json, "answer"), &b->answer) == ERR_OK &&
            one_of(b->answer, WORDS)) ||
           fault(op, "/answer",
                 "请填 yes（钱已收到、无异议）、no（没有收到或有异议）或 "
                 "unreachable（没有联系上）。");
}

static bool read_misled(struct op *op, struct verb_body *b)
{
    return json_get(op->json, "misled") == NULL ||
           (json_string(json_get(op->json, "misled"), &b->misled) == ERR_OK &&
            utf8_count(b->misled) <= 30) ||
           fault(op, "/misled", "误导派单的地名须为不超过 30 字的文字，不要写姓名和门牌。");
}

static bool read_case(struct op *op, struct verb_body *b)
{
    struct case_no_parts parts;
    return (json_string(json_get(op->json, "case"), &b->other) == ERR_OK &&
            case_no_read(b->other, &parts) == ERR_OK &&
            strcmp(parts.region, op->g->settings->region) == 0) ||
           fault(op, "/case", "请给出另一个求助件的编号（22 位数字，属本地区）。");
}

static bool read_kind(struct op *op, struct verb_body *b)
{
    static const char *const WORDS[] = {"same_person",  "same_household", "same_event",
                                        "same_account", "related",        NULL};
    return (json_string(json_get(op->json, "kind"), &b->kind) == ERR_OK &&
            one_of(b->kind, WORDS)) ||
           fault(op, "/kind",
                 "关联种类须为 same_person、same_household、same_event、same_account 或 related。");
}

static bool read_target(struct op *op, struct verb_body *b)
{
    static const char *const WORDS[] = {
#define TARGET_WORD(id, word, zh) word,
        REFERRAL_TARGET_TABLE(TARGET_WORD)
#undef TARGET_WORD
    };
    struct slice word;
    if (json_string(json_get(op->json, "target"), &word) == ERR_OK) {
        for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
            if (slice_is(word, WORDS[i])) {
                b->target = (enum referral_target)i;
                return true;
            }
        }
    }
    return fault(
        op, "/target",
        "转介去向须为 "
        "dibao、tekun、medical、education、housing、work、relief_station、child_protection、"
        "charity 或 social_work。");
}

static bool read_referral(struct op *op, struct verb_body *b)
{
    static const char *const WORDS[] = {"accepted", "declined", "done", NULL};
    if (json_int64(json_get(op->json, "referral"), 1, 20, &b->referral) != ERR_OK) {
        return fault(op, "/referral", "请给出转介的序号（1 到 20）。");
    }
    return (json_string(json_get(op->json, "outcome"), &b->outcome) == ERR_OK &&
            one_of(b->outcome, WORDS)) ||
           fault(op, "/outcome",
                 "接收方回执须为 accepted（接收）、declined（不接收）或 done（已办结）。");
}

static bool read_refund(struct op *op, struct verb_body *b)
{
    static const char *const WORDS[] = {"paid", "retained", NULL};
    return (json_string(json_get(op->json, "outcome"), &b->outcome) == ERR_OK &&
            one_of(b->outcome, WORDS)) ||
           fault(op, "/outcome",
                 "请填 paid（已退还本人）或 retained（无法退还本人，留在备用金）。");
}

static bool read_method(struct op *op, struct verb_body *b)
{
    static const char *const WORDS[] = {"bank", "cash", "goods", "service", NULL};
    struct slice word = SLICE_LIT("bank");
    if (json_get(op->json, "method") != NULL &&
        (json_string(json_get(op->json, "method"), &word) != ERR_OK || !one_of(word, WORDS))) {
        return fault(
            op, "/method",
            "发放方式须为 bank（银行转账）、cash（现金）、goods（实物）或 service（服务）。");
    }
    b->method = word.ptr[0];
    return true;
}

static bool read_instalments(struct op *op, struct verb_body *b)
{
    b->instalments = 1;
    return json_get(op->json, "instalments") == NULL ||
           json_int64(json_get(op->json, "instalments"), 1, INSTALMENTS_MAX, &b->instalments) ==
               ERR_OK ||
           fault(op, "/instalments", "分期数须为 1 到 36 的整数。");
}

static bool read_minutes(struct op *op, struct verb_body *b)
{
    const struct json *list = json_get(op->json, "participants");
    if (json_kind(list) != JSON_ARRAY) {
        return fault(op, "/participants", "请列出参加会商的人员代码（数组，不写姓名）。");
    }
    for (const struct json *m = json_first(list); m != NULL; m = json_next(m)) {
        struct slice who;
        bool ok = b->participant_count < PARTICIPANTS_MAX && json_string(m, &who) == ERR_OK &&
                  text_is_code(who, 60);
        for (size_t i = 0; i < b->participant_count && ok; i++) {
            ok = !slice_eq(b->participants[i], who);
        }
        if (!ok) {
            return fault(op, "/participants",
                         "参加人员代码须互不相同，由字母、数字和 : . _ - 组成，最多 30 人。");
        }
        b->participants[b->participant_count++] = who;
    }
    if (json_int64(json_get(op->json, "votes_for"), 0, PARTICIPANTS_MAX, &b->votes_for) != ERR_OK ||
        json_int64(json_get(op->json, "votes_against"), 0, PARTICIPANTS_MAX, &b->votes_against) !=
            ERR_OK) {
        return fault(op, "/votes_for",
                     "请给出赞成票数 votes_for 和反对票数 votes_against（0 到 30）。");
    }
    return (json_string(json_get(op->json, "minutes"), &b->minutes) == ERR_OK &&
            slice_trim(b->minutes).len > 0 && utf8_count(b->minutes) <= MINUTES_POINTS_MAX) ||
           fault(op, "/minutes", "请附会商纪要（1 到 600 字），不要写姓名、电话和证件号码。");
}

static bool read_payment(struct op *op, struct verb_body *b)
{
    char no[CASE_NO_SIZE];
    return (json_string(json_get(op->json, "payment"), &b->payment) == ERR_OK &&
            payment_id_case(b->payment, no) == ERR_OK) ||
           fault(op, "/payment", "请给出这笔发放的编号（求助件的 payments 里有）。");
}

static bool read_witness(struct op *op, struct verb_body *b)
{
    return (json_string(json_get(op->json, "witness"), &b->witness) == ERR_OK &&
            text_is_code(b->witness, 60)) ||
           fault(op, "/witness", "请给出见证人的代码（字母、数字和 : . _ -，不写姓名）。");
}

static bool read_code(struct op *op, struct verb_body *b)
{
    return json_get(op->json, "code") == NULL ||
           (json_string(json_get(op->json, "code"), &b->code) == ERR_OK &&
            b->code.len == RECEIPT_CODE_DIGITS && slice_all_digits(b->code)) ||
           fault(
               op, "/code",
               "签收码是群众手机短信里的 6 位数字；没有手机的由另一名工作人员到场确认，不填此项。");
}

static bool read_account(struct op *op, struct verb_body *b)
{
    bool ok =
        json_string(json_get(op->json, "account"), &b->account) == ERR_OK && b->account.len <= 128;
    struct slice rest = b->account;
    for (size_t i = 0; i < b->account.len && ok; i++) {
        ok = b->account.ptr[i] > 0x20 && b->account.ptr[i] < 0x7F;
    }
    struct slice kind = slice_cut(&rest, ':'), digits = slice_cut(&rest, '@');
    return (ok && kind.len > 0 && digits.len > 0 && rest.len > 0) ||
           fault(op, "/account", "收款账户须写成 account:账号@银行 的形式。");
}

static bool read_rating(struct op *op, struct verb_body *b)
{
    return json_int64(json_get(op->json, "rating"), 1, 5, &b->rating) == ERR_OK ||
           fault(op, "/rating", "评价须为 1 到 5 的整数，5 为最满意。");
}

static bool read_payee(struct op *op, struct verb_body *b)
{
    return json_get(op->json, "payee_confirmed") == NULL ||
           json_bool(json_get(op->json, "payee_confirmed"), &b->payee_confirmed) == ERR_OK ||
           fault(op, "/payee_confirmed", "收款人核验的疑问已核实的，填 true，并写明理由。");
}

bool verb_body_read(struct op *op, struct verb_state *st)
{
    static const struct {
        enum verb_field field;
        bool (*read)(struct op *op, struct verb_body *b);
    } READERS[] = {
        {FIELD_CLAIM, read_claim},       {FIELD_AMOUNT, read_amount},
        {FIELD_TOWNSHIP, read_township}, {FIELD_ANSWER, read_answer},
        {FIELD_MISLED, read_misled},     {FIELD_CASE, read_case},
        {FIELD_KIND, read_kind},         {FIELD_TARGET, read_target},
        {FIELD_REFERRAL, read_referral}, {FIELD_METHOD, read_method},
        {FIELD_MINUTES, read_minutes},   {FIELD_INSTALMENTS, read_instalments},
        {FIELD_PAYMENT, read_payment},   {FIELD_WITNESS, read_witness},
        {FIELD_CODE, read_code},         {FIELD_ACCOUNT, read_account},
        {FIELD_RATING, read_rating},     {FIELD_PAYEE, read_payee},
        {FIELD_REFUND, read_refund},
    };
    struct verb_body *b = &st->body;
    if (json_kind(op->json) != JSON_OBJECT) {
        return fault(op, "", "请求体须为 JSON 对象。");
    }
    for (const struct json *m = json_first(op->json); m != NULL; m = json_next(m)) {
        if (!known(st->rule->fields, json_name(m))) {
            return fault(op, "", "有这个操作不认识的字段，请对照接口说明删去。");
        }
    }
    if (!read_reason(op, b)) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(READERS); i++) {
        if ((st->rule->fields & READERS[i].field) != 0 && !READERS[i].read(op, b)) {
            return false;
        }
    }
    return true;
}
