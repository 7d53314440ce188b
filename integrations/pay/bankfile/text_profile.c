#include "integrations/pay/bankfile/text_profile.h"

#include <string.h>
#include "queue/base/file.h"
#include "queue/base/json.h"
#include "queue/domain/json_check.h"

#define PROFILE_FILE_MAX ((size_t)256 * 1024)
#define SEPARATORS "|,;\t^~#"

struct field_row {
    const char *word, *places;
};

static const struct field_row FIELDS[] = {
#define TEXT_FIELD_ROW(id, word, places) {word, places},
    TEXT_FIELD_TABLE(TEXT_FIELD_ROW)
#undef TEXT_FIELD_ROW
};

const char *text_field_word(enum text_field f)
{
    ASSERT((size_t)f < COUNT_OF(FIELDS));
    return FIELDS[f].word;
}

bool text_profile_has_end(const struct text_profile *p)
{
    return p->back_tail.count > 0;
}

static void fault_at(struct json_check *c, const char *name, const char *what)
{
    size_t mark = json_check_enter(c, name);
    json_check_fault(c, "%s", what);
    json_check_leave(c, mark);
}

static void read_field(struct json_check *c, const struct json *v, char place, struct text_column *column)
{
    char word[32] = "";
    column->field = TEXT_FIELD_COUNT;
    if (!json_check_text(c, v, "field", true, word, sizeof(word))) {
        return;
    }
    for (size_t i = 0; i < COUNT_OF(FIELDS); i++) {
        if (strcmp(FIELDS[i].word, word) == 0 && strchr(FIELDS[i].places, place) != NULL) {
            column->field = (enum text_field)i;
            return;
        }
    }
    fault_at(c, "field", "is not a column that may stand in this line");
}

static bool plain_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < 0x20 || *text > 0x7e) {
            return false;
        }
    }
    return true;
}

static void read_column(struct json_check *c, const struct json *v, char place, const struct text_profile *p,
                        struct text_column *column)
{
    static const char *const keys[] = {"field", "text", "width", "align", "pad"};
    char align[8] = "left", pad[4] = " ";
    int64_t width = 0;
    bool fixed = p->separator == '\0';
    memset(column, 0, sizeof(*column));
    (void)json_check_keys(c, v, keys, COUNT_OF(keys));
    read_field(c, v, place, column);
    bool literal = column->field == TEXT_LITERAL;
    if (json_check_text(c, v, "text", literal, column->text, sizeof(column->text))) {
        if (!literal || !plain_ascii(column->text)) {
            fault_at(c, "text", "only a literal has a text, of printable ASCII");
        } else if (!fixed && strchr(column->text, p->separator) != NULL) {
            fault_at(c, "text", "holds the separator");
        }
    }
    if (json_check_int(c, v, "width", fixed, 1, TEXT_WIDTH_MAX, &width)) {
        column->width = (int)width;
    }
    json_check_text(c, v, "align", false, align, sizeof(align));
    json_check_text(c, v, "pad", false, pad, sizeof(pad));
    column->right = strcmp(align, "right") == 0;
    column->pad = pad[0];
    if (!column->right && strcmp(align, "left") != 0) {
        fault_at(c, "align", "must be \"left\" or \"right\"");
    }
    if (strcmp(pad, " ") != 0 && !(column->right && strcmp(pad, "0") == 0)) {
        fault_at(c, "pad", "must be \" \", or \"0\" where align is \"right\"");
    }
    if (!fixed && (json_get(v, "align") != NULL || json_get(v, "pad") != NULL)) {
        fault_at(c, json_get(v, "align") != NULL ? "align" : "pad", "is for fixed widths only");
    }
}

static void read_line(struct json_check *c, const struct json *holder, const char *name, bool required, char place,
                      const struct text_profile *p, struct text_line *line)
{
    const struct json *list = json_check_child(c, holder, name, required, JSON_ARRAY);
    size_t mark = json_check_enter(c, name);
    if (list != NULL && (json_size(list) == 0 || json_size(list) > TEXT_COLUMNS_MAX)) {
        json_check_fault(c, "must have 1..%d columns; leave the line out if there is none", TEXT_COLUMNS_MAX);
        list = NULL;
    }
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
        size_t inner = json_check_enter_at(c, (size_t)line->count);
        if (json_kind(v) == JSON_OBJECT) {
            read_column(c, v, place, p, &line->columns[line->count]);
        } else {
            json_check_fault(c, "must be an object with \"field\"");
        }
        line->count++;
        json_check_leave(c, inner);
    }
    json_check_leave(c, mark);
}

static bool line_has(const struct text_line *line, enum text_field field)
{
    for (int i = 0; i < line->count; i++) {
        if (line->columns[i].field == field) {
            return true;
        }
    }
    return false;
}

/* The columns without which a file would be of no use, or dangerous; a tail must be told from a row by its first
 * column.
 */
static void check_lines(struct json_check *c, const struct text_profile *p)
{
    static const enum text_field out[] = {TEXT_ID, TEXT_NAME, TEXT_ACCOUNT, TEXT_AMOUNT};
    static const enum text_field back[] = {TEXT_ID, TEXT_CODE};
    size_t mark = json_check_enter(c, "out");
    for (size_t i = 0; i < COUNT_OF(out) && p->row.count > 0; i++) {
        if (!line_has(&p->row, out[i])) {
            size_t inner = json_check_enter(c, "row");
            json_check_fault(c, "needs a column \"%s\"", text_field_word(out[i]));
            json_check_leave(c, inner);
        }
    }
    if (!line_has(&p->head, TEXT_MSG_ID) && !line_has(&p->row, TEXT_MSG_ID) && !line_has(&p->tail, TEXT_MSG_ID)) {
        json_check_fault(c, "needs a column \"msg_id\" somewhere: by it the bank refuses a file that comes twice");
    }
    json_check_leave(c, mark);
    mark = json_check_enter(c, "back");
    for (size_t i = 0; i < COUNT_OF(back) && p->back_row.count > 0; i++) {
        if (!line_has(&p->back_row, back[i])) {
            size_t inner = json_check_enter(c, "row");
            json_check_fault(c, "needs a column \"%s\"", text_field_word(back[i]));
            json_check_leave(c, inner);
        }
    }
    if (p->back_tail.count > 0 &&
        (p->back_tail.columns[0].field != TEXT_LITERAL || !line_has(&p->back_tail, TEXT_ITEM_COUNT))) {
        fault_at(c, "tail", "must begin with a literal that no row begins with, and have a column \"count\"");
    }
    if (p->back_is_statement && !line_has(&p->back_row, TEXT_AMOUNT)) {
        fault_at(c, "statement", "needs a column \"amount\" in the row");
    }
    json_check_leave(c, mark);
}

static void read_codes(struct json_check *c, const struct json *back, struct text_profile *p)
{
    static const enum pay_outcome allowed[] = {PAY_ACCEPTED, PAY_SUCCEEDED, PAY_FAILED, PAY_RETURNED, PAY_UNKNOWN};
    const struct json *table = json_check_child(c, back, "codes", true, JSON_OBJECT);
    size_t mark = json_check_enter(c, "codes");
    bool succeeds = false;
    for (const struct json *v = json_first(table); v != NULL; v = json_next(v)) {
        struct text_code code = {.outcome = PAY_OUTCOME_COUNT};
        struct slice word = {NULL, 0};
        size_t inner = json_check_enter(c, json_name(v));
        for (size_t i = 0; json_string(v, &word) == ERR_OK && i < COUNT_OF(allowed); i++) {
            if (slice_is(word, pay_outcome_word(allowed[i]))) {
                code.outcome = allowed[i];
            }
        }
        struct slice name = slice_of(json_name(v));
        if (code.outcome == PAY_OUTCOME_COUNT) {
            json_check_fault(c, "must be one of accepted, succeeded, failed, returned, unknown");
        } else if (p->code_count >= TEXT_CODES_MAX) {
            json_check_fault(c, "is one code too many (at most %d)", TEXT_CODES_MAX);
        } else if (!slice_eq(slice_trim(name), name) || slice_copy(name, code.code, sizeof(code.code)) != ERR_OK) {
            json_check_fault(c, "is too long a code (at most 32 bytes), or has spaces around it");
        } else {
            p->codes[p->code_count++] = code;
            succeeds = succeeds || code.outcome == PAY_SUCCEEDED;
        }
        json_check_leave(c, inner);
    }
    if (table != NULL && !succeeds) {
        json_check_fault(c, "has no code for succeeded");
    }
    json_check_leave(c, mark);
}

static void read_form(struct json_check *c, const struct json *root, struct text_profile *p)
{
    char encoding[16] = "", line_end[8] = "", separator[8] = "", amount[8] = "", date[16] = "";
    bool fixed = false;
    if (json_check_text(c, root, "encoding", true, encoding, sizeof(encoding)) &&
        text_encoding_from_word(slice_of(encoding), &p->encoding) != ERR_OK) {
        fault_at(c, "encoding", "must be \"GB18030\", \"GBK\" or \"UTF-8\"");
    }
    if (json_check_text(c, root, "line_end", true, line_end, sizeof(line_end))) {
        p->crlf = strcmp(line_end, "CRLF") == 0;
        if (!p->crlf && strcmp(line_end, "LF") != 0) {
            fault_at(c, "line_end", "must be \"CRLF\" or \"LF\"");
        }
    }
    json_check_bool(c, root, "fixed", true, &fixed);
    if (json_check_text(c, root, "separator", !fixed, separator, sizeof(separator))) {
        if (fixed || strlen(separator) != 1 || strchr(SEPARATORS, separator[0]) == NULL) {
            fault_at(c, "separator", "must be one of | , ; ^ ~ # or a tab, and none where widths are fixed");
        }
        p->separator = fixed ? '\0' : separator[0];
    }
    json_check_bool(c, root, "separator_at_end", false, &p->separator_at_end);
    if (json_check_text(c, root, "amounts", true, amount, sizeof(amount))) {
        p->amounts_in_fen = strcmp(amount, "fen") == 0;
        if (!p->amounts_in_fen && strcmp(amount, "yuan") != 0) {
            fault_at(c, "amounts", "must be \"yuan\" or \"fen\"");
        }
    }
    if (json_check_text(c, root, "dates", true, date, sizeof(date))) {
        p->date_form = strcmp(date, "YYYY-MM-DD") == 0   ? TEXT_DATE_DASH
                       : strcmp(date, "YYYY/MM/DD") == 0 ? TEXT_DATE_SLASH
                                                         : TEXT_DATE_PLAIN;
        if (p->date_form == TEXT_DATE_PLAIN && strcmp(date, "YYYYMMDD") != 0) {
            fault_at(c, "dates", "must be \"YYYYMMDD\", \"YYYY-MM-DD\" or \"YYYY/MM/DD\"");
        }
    }
    if (json_check_text(c, root, "suffix", true, p->suffix, sizeof(p->suffix)) &&
        (p->suffix[0] != '.' || p->suffix[strspn(p->suffix, ".abcdefghijklmnopqrstuvwxyz0123456789")] != '\0' ||
         strstr(p->suffix, "..") != NULL || strcmp(p->suffix, ".tmp") == 0)) {
        fault_at(c, "suffix", "must be like \".txt\", and not \".tmp\"");
    }
}

static void read_all(struct json_check *c, const struct json *root, struct text_profile *p)
{
    static const char *const keys[] = {
        "format",           "name",    "title", "encoding", "line_end", "fixed", "separator",
        "separator_at_end", "amounts", "dates", "suffix",   "out",      "back"};
    static const char *const out_keys[] = {"head", "row", "tail"};
    static const char *const back_keys[] = {"head", "row", "tail", "statement", "codes"};
    int64_t format = 0;
    (void)json_check_keys(c, root, keys, COUNT_OF(keys));
    json_check_int(c, root, "format", true, 1, 1, &format);
    json_check_text(c, root, "name", true, p->name, sizeof(p->name));
    json_check_text(c, root, "title", false, p->title, sizeof(p->title));
    read_form(c, root, p);
    const struct json *out = json_check_child(c, root, "out", true, JSON_OBJECT);
    const struct json *back = json_check_child(c, root, "back", true, JSON_OBJECT);
    if (out != NULL) {
        size_t mark = json_check_enter(c, "out");
        (void)json_check_keys(c, out, out_keys, COUNT_OF(out_keys));
        read_line(c, out, "head", false, 'o', p, &p->head);
        read_line(c, out, "row", true, 'r', p, &p->row);
        read_line(c, out, "tail", false, 'o', p, &p->tail);
        json_check_leave(c, mark);
    }
    if (back != NULL) {
        size_t mark = json_check_enter(c, "back");
        (void)json_check_keys(c, back, back_keys, COUNT_OF(back_keys));
        read_line(c, back, "head", false, 'b', p, &p->back_head);
        read_line(c, back, "row", true, 'c', p, &p->back_row);
        read_line(c, back, "tail", false, 'b', p, &p->back_tail);
        json_check_bool(c, back, "statement", false, &p->back_is_statement);
        read_codes(c, back, p);
        json_check_leave(c, mark);
    }
    check_lines(c, p);
}

enum err text_profile_read(struct slice json, struct text_profile *out, struct buf *why)
{
    static const struct text_profile blank;
    struct json_check c;
    struct json *root = NULL;
    struct text_profile p = blank;
    json_check_init(&c, json, why);
    enum err err = json_check_parse(&c, &root);
    if (err != ERR_OK) {
        return err;
    }
    if (json_kind(root) == JSON_OBJECT) {
        read_all(&c, root, &p);
    } else {
        json_check_fault(&c, "must be an object");
    }
    json_free(root);
    if (c.faults > 0) {
        return ERR_INPUT;
    }
    *out = p;
    return ERR_OK;
}

enum err text_profile_load(const char *path, struct text_profile *out, struct buf *why)
{
    struct buf text;
    buf_init(&text, PROFILE_FILE_MAX);
    enum err err = file_read(path, &text);
    if (err == ERR_OK) {
        err = text_profile_read(buf_slice(&text), out, why);
    }
    buf_release(&text);
    return err;
}
