#include "server/roster_row.h"

#include <stdio.h>
#include "queue/domain/money.h"

#define ROW_TEXT_MAX 16384
#define CELL_BYTES_MAX 3000

static const struct {
    const char *word;
    const char *heads;
} COLUMNS[] = {
#define COLUMN_ROW(id, word, heads) [id] = {word, heads},
    ROSTER_COLUMN_TABLE(COLUMN_ROW)
#undef COLUMN_ROW
};

/* ---- Heads ---- */

static bool is_one_of(struct slice text, const char *words)
{
    struct slice rest = slice_of(words);
    while (rest.len > 0) {
        if (slice_eq(slice_cut(&rest, '|'), text)) {
            return true;
        }
    }
    return false;
}

bool roster_columns_read(const struct slice *heads, size_t n, struct roster_columns *out,
                         const char **why)
{
    for (int k = 0; k < ROSTER_COLUMN_COUNT; k++) {
        out->at[k] = SIZE_MAX;
    }
    out->unknown = 0;
    for (size_t i = 0; i < n; i++) {
        int k = 0;
        while (k < ROSTER_COLUMN_COUNT && !is_one_of(heads[i], COLUMNS[k].heads)) {
            k++;
        }
        if (k == ROSTER_COLUMN_COUNT) {
            out->unknown++;
        } else if (out->at[k] != SIZE_MAX) {
            *why = "表头中有两列意思相同，请删去一列。";
            return false;
        } else {
            out->at[k] = i;
        }
    }
    if (out->at[COLUMN_NAME] == SIZE_MAX || out->at[COLUMN_ID_NUMBER] == SIZE_MAX ||
        out->at[COLUMN_PHONE] == SIZE_MAX) {
        *why = "第一行须为表头，至少有“户主姓名”“身份证号”“联系电话”三列。";
        return false;
    }
    return true;
}

/* ---- Cells ---- */

struct row {
    const struct roster_columns *columns;
    const struct slice *fields;
    size_t n;
    struct buf faults;
    const char *first; /* column of the first fault, NULL = none */
};

/* As in the table, without the apostrophe that spreadsheets put in front of long numbers. */
static struct slice cell(const struct row *r, enum roster_column column)
{
    size_t at = r->columns->at[column];
    struct slice text = at < r->n ? r->fields[at] : slice_make(NULL, 0);
    if (text.len > 0 && (text.ptr[0] == '\'' || text.ptr[0] == '`')) {
        text = slice_make(text.ptr + 1, text.len - 1);
    }
    return slice_trim(text);
}

static void fault(struct row *r, enum roster_column column, const char *remedy)
{
    if (r->first == NULL) {
        r->first = COLUMNS[column].word;
    } else {
        buf_putf(&r->faults, " %s：", COLUMNS[column].word);
    }
    buf_put_text(&r->faults, remedy);
}

static bool has_any(struct slice text, const char *words)
{
    struct slice rest = slice_of(words);
    while (rest.len > 0) {
        struct slice word = slice_cut(&rest, '|');
        for (size_t i = 0; i + word.len <= text.len; i++) {
            if (memcmp(text.ptr + i, word.ptr, word.len) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* The word of a cause that people write: our own word, our label, or what they call it. */
static const char *cause_of(struct slice text)
{
    static const struct {
        const char *names;
        enum cause cause;
    } NAMES[] = {{"洪水|水灾|内涝|洪灾|暴雨|flooded", CAUSE_FLOOD},
                 {"地震|泥石流|滑坡|山体滑坡|台风|雪灾|冰雹|旱灾|风雹|自然灾害", CAUSE_DISASTER},
                 {"疾病|重病|重大疾病|大病", CAUSE_ILLNESS},
                 {"车祸", CAUSE_TRAFFIC},
                 {"意外", CAUSE_ACCIDENT},
                 {"失业", CAUSE_JOB_LOSS}};
    enum cause cause;
    if (cause_from_word(text, &cause) == ERR_OK) {
        return cause_word(cause);
    }
    for (int k = 0; k < CAUSE_COUNT; k++) {
        if (slice_is(text, cause_zh((enum cause)k))) {
            return cause_word((enum cause)k);
        }
    }
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (is_one_of(text, NAMES[i].names)) {
            return cause_word(NAMES[i].cause);
        }
    }
    return NULL;
}

static void put_person(struct row *r, bool bank, struct json_out *o)
{
    struct slice account = cell(r, COLUMN_ACCOUNT), at = cell(r, COLUMN_BANK);
    char text[200];
    json_open_object(o, "person");
    json_put_slice(o, "name", cell(r, COLUMN_NAME));
    json_put_slice(o, "id_number", cell(r, COLUMN_ID_NUMBER));
    json_put_slice(o, "phone", cell(r, COLUMN_PHONE));
    if (bank && account.len > 0 && memchr(account.ptr, '@', account.len) == NULL) {
        int len =
            snprintf(text, sizeof(text), "account:%.*s@%.*s", SLICE_FMT(account), SLICE_FMT(at));
        if (at.len == 0 || len >= (int)sizeof(text)) {
            fault(r, COLUMN_ACCOUNT, "请加“开户行”一列，或把账户写成 account:账号@银行 的形式。");
        } else {
            json_put_text(o, "account", text);
        }
    } else if (bank && account.len > 0) {
        json_put_slice(o, "account", account);
    }
    json_close_object(o);
}

/* "1,200.50元" to fen; absent: no amount asked. */
static void put_amount(struct row *r, struct json_out *o)
{
    struct slice text = cell(r, COLUMN_AMOUNT);
    char plain[64];
    size_t len = 0;
    int64_t fen;
    if (text.len == 0) {
        return;
    }
    if (text.len > 3 && memcmp(text.ptr + text.len - 3, "元", 3) == 0) {
        text = slice_trim(slice_make(text.ptr, text.len - 3));
    }
    for (size_t i = 0; i < text.len && len < sizeof(plain); i++) {
        if (text.ptr[i] != ',') {
            plain[len++] = text.ptr[i];
        }
    }
    if (len == sizeof(plain) || money_parse(slice_make(plain, len), &fen) != ERR_OK || fen < 0) {
        fault(r, COLUMN_AMOUNT, "金额须为数字，单位是元，最多两位小数。");
    } else {
        json_put_int(o, "asked_fen", fen);
    }
}

static void put_persons(struct row *r, struct json_out *o)
{
    enum roster_column column = cell(r, COLUMN_PERSONS).len > 0 ? COLUMN_PERSONS : COLUMN_SIZE;
    struct slice text = cell(r, column);
    int64_t persons;
    if (text.len == 0) {
        return;
    }
    if (slice_to_int64(text, 1, PERSONS_MAX, &persons) != ERR_OK) {
        fault(r, column, "人数须为 1 到 100 的整数。");
    } else {
        json_put_int(o, "persons", persons);
    }
}

/* What is needed, how it is to be given, remarks: as the officer reads it; and the facts in it. */
static void put_needs(struct row *r, struct json_out *o)
{
    struct slice needs = cell(r, COLUMN_NEEDS), form = cell(r, COLUMN_FORM),
                 remarks = cell(r, COLUMN_REMARKS);
    struct buf text;
    buf_init(&text, ROW_TEXT_MAX);
    buf_put_slice(&text, needs);
    if (form.len > 0) {
        buf_putf(&text, "%s发放形式：%.*s", text.len > 0 ? "；" : "", SLICE_FMT(form));
    }
    if (remarks.len > 0) {
        buf_putf(&text, "%s%.*s", text.len > 0 ? "；" : "", SLICE_FMT(remarks));
    }
    if (text.len > 0 && buf_err(&text) == ERR_OK) {
        json_put_slice(o, "narrative", buf_slice(&text));
    }
    buf_release(&text);
    if (has_any(needs, "住处|住所|无处住|无房|安置|帐篷|房屋|shelter|tent")) {
        json_put_bool(o, "shelter_lost", true);
    }
    if (has_any(needs, "食物|粮|吃|饮水|饮用水|口粮|food|water")) {
        json_put_bool(o, "food_lost", true);
    }
}

static bool by_bank(struct row *r)
{
    struct slice form = cell(r, COLUMN_FORM);
    if (form.len == 0) {
        return cell(r, COLUMN_ACCOUNT).len > 0;
    }
    if (has_any(form, "现金|cash|实物|物资|goods")) {
        return false;
    }
    if (!has_any(form, "银行|转账|一卡通|打卡|bank|transfer")) {
        fault(r, COLUMN_FORM, "发放形式须为 银行、现金 或 实物。");
    } else if (cell(r, COLUMN_ACCOUNT).len == 0) {
        fault(r, COLUMN_ACCOUNT, "银行发放须有收款账户；没有的请改为现金。");
    }
    return true;
}

static void put_ticket(struct row *r, const char *township, const char *cause, struct json_out *o)
{
    struct slice said = cell(r, COLUMN_CAUSE);
    const char *word = said.len > 0 ? cause_of(said) : cause;
    json_open_object(o, NULL);
    json_put_text(o, "channel", channel_word(CHANNEL_OFFICER));
    if (word == NULL) {
        fault(r, COLUMN_CAUSE,
              "急难事由不在代码表中，请填 洪涝、火灾、突发重大疾病 等，不清楚时填 其他。");
    } else {
        json_put_text(o, "cause", word);
    }
    put_person(r, by_bank(r), o);
    json_open_object(o, "place");
    json_put_text(o, "code", township);
    json_put_slice(o, "address", cell(r, COLUMN_ADDRESS));
    json_close_object(o);
    put_persons(r, o);
    put_amount(r, o);
    put_needs(r, o);
    if (cell(r, COLUMN_RELATIVE).len > 0) {
        json_put_slice(o, "relative_of", cell(r, COLUMN_RELATIVE));
    }
    json_close_object(o);
}

/* ---- From the ticket's faults to the row's ---- */

static enum roster_column column_of(const char *pointer)
{
    static const struct {
        const char *pointer;
        enum roster_column column;
    } POINTERS[] = {{"/person/name", COLUMN_NAME},      {"/person/id_number", COLUMN_ID_NUMBER},
                    {"/person/phone", COLUMN_PHONE},    {"/person/account", COLUMN_ACCOUNT},
                    {"/place/address", COLUMN_ADDRESS}, {"/persons", COLUMN_PERSONS},
                    {"/asked_fen", COLUMN_AMOUNT},      {"/cause", COLUMN_CAUSE},
                    {"/relative_of", COLUMN_RELATIVE}};
    for (size_t i = 0; i < COUNT_OF(POINTERS); i++) {
        if (strcmp(pointer, POINTERS[i].pointer) == 0) {
            return POINTERS[i].column;
        }
    }
    return COLUMN_REMARKS;
}

static enum err read_ticket(struct row *r, struct slice json, int64_t now_ms, struct arena *arena,
                            struct ticket *out)
{
    struct json *root = NULL;
    enum err err = json_parse(json, &root, NULL);
    if (err == ERR_INPUT) {
        fault(r, COLUMN_REMARKS, "这一行中有不能识别的字符。");
        return ERR_OK;
    }
    if (err == ERR_OK) {
        err = ticket_read(root, now_ms, arena, out);
        json_free(root);
    }
    for (size_t i = 0; err == ERR_INPUT && i < out->fault_count; i++) {
        enum roster_column column = column_of(out->faults[i].pointer);
        bool phone = column == COLUMN_PHONE && cell(r, COLUMN_PHONE).len == 0;
        fault(r, column,
              phone ? "请填联系电话；本人没有的，填村（社区）干部的电话。" : out->faults[i].detail);
    }
    return err == ERR_INPUT ? ERR_OK : err;
}

enum err roster_row_read(const struct roster_columns *c, const struct slice *fields, size_t n,
                         const char *township, const char *cause, int64_t now_ms,
                         struct arena *arena, struct ticket *out, struct slice *household,
                         struct roster_fault *why)
{
    struct row r = {.columns = c, .fields = fields, .n = n};
    struct buf text;
    struct json_out o;
    enum err err = ERR_OK;
    buf_init(&r.faults, ROW_TEXT_MAX);
    buf_init(&text, ROW_TEXT_MAX * 4);
    json_out_init(&o, &text);
    if (cell(&r, COLUMN_NAME).len == 0) {
        fault(&r, COLUMN_NAME, "请填户主姓名。");
    }
    if (cell(&r, COLUMN_ID_NUMBER).len == 0) {
        fault(&r, COLUMN_ID_NUMBER, "请填身份证号；没有证件的请单独登记求助。");
    }
    for (size_t i = 0; i < n; i++) {
        if (fields[i].len > CELL_BYTES_MAX && r.first == NULL) {
            fault(&r, COLUMN_REMARKS, "有一格文字太长，请缩短。");
        }
    }
    if (r.first == NULL) {
        put_ticket(&r, township, cause, &o);
        err = buf_err(&text);
    }
    if (err == ERR_OK && text.len > 0) {
        err = read_ticket(&r, buf_slice(&text), now_ms, arena, out);
    }
    if (err == ERR_OK && r.first != NULL) {
        *why = (struct roster_fault){.field = r.first,
                                     .remedy = arena_text(arena, buf_slice(&r.faults))};
        err = buf_err(&r.faults) != ERR_OK || why->remedy == NULL ? ERR_NO_MEMORY : ERR_INPUT;
    }
    *household = cell(&r, COLUMN_HOUSEHOLD);
    buf_release(&text);
    buf_release(&r.faults);
    return err;
}
