#include "workers/conversation/plain.h"

#include <string.h>
#include "queue/base/utf8.h"

/* Traditional characters of the words in this room's tables, each followed by its simplified form.
 * The routing of places has a complete table of its own; words need only these. */
static const char TRADITIONAL[] =
    "沒没錢钱燒烧傷伤殺杀斷断氣气煙烟壓压兩两個个幾几歲岁條条詢询評评價价轉转補补數数點点"
    "錯错對对屬属於于無无飯饭餓饿凍冻處处樓楼電电觸触車车禍祸災灾淚泪滿满確确認认準准"
    "歸归們们這这裡里裏里時时間间難难過过還还戶户學学醫医藥药療疗費费術术癌癌親亲媽妈"
    "爺爷奶奶孫孙兒儿婦妇嬰婴孩孩獨独單单關关棄弃偷偷搶抢騙骗丟丢遺遗證证號号碼码賬账"
    "帳账戶户銀银發发給给領领線线絕绝藥药農农藥药跳跳樓楼餘余請请問问幫帮助助臺台檯台"
    "塌塌垮垮滑滑坡坡洪洪澇涝颱台風风觀观溫温熱热開开門门聯联絡络係系統统現现動动勞劳"
    "務务業业資资薪薪產产貧贫窮穷殘残障障遷迁離离異异進进國国語语聽听說说話话讓让應应"
    "該该從从來来衝冲淹淹沒没傾倾緊紧險险昏昏倒倒昇升臨临暈晕嚴严重重災灾壞坏寶宝貝贝"
    "頭头腳脚體体肚肚臟脏腎肾綫线撥拨誰谁員员鄉乡鎮镇縣县區区參参與与麼么夠够吃吃雞鸡";

static uint32_t simplified(uint32_t code)
{
    struct slice rest = {TRADITIONAL, sizeof(TRADITIONAL) - 1};
    while (rest.len > 0) {
        uint32_t from = utf8_next(&rest);
        uint32_t to = utf8_next(&rest);
        if (from == code) {
            return to;
        }
    }
    return code;
}

/* ASCII and simplified; 0: nothing at all (invisible); ' ' for what only separates. */
static uint32_t folded(uint32_t c)
{
    if (c >= 0xFF01 && c <= 0xFF5E) { /* full-width ASCII */
        c = c - 0xFF01 + 0x21;
    } else if (c >= 0x2460 && c <= 0x2468) { /* circled 1..9 */
        c = c - 0x2460 + '1';
    } else if (c >= 0x2474 && c <= 0x247C) { /* in brackets */
        c = c - 0x2474 + '1';
    } else if (c >= 0x1D7CE && c <= 0x1D7FF) { /* mathematical digits */
        c = (c - 0x1D7CE) % 10 + '0';
    }
    if (c >= 'A' && c <= 'Z') {
        return c - 'A' + 'a';
    }
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
        return c;
    }
    bool invisible = (c >= 0x200B && c <= 0x200F) || c == 0x2060 || c == 0xFEFF || c == 0x00AD ||
                     (c >= 0xFE00 && c <= 0xFE0F) || c == 0x20E3 || (c >= 0x202A && c <= 0x202E);
    if (invisible) {
        return 0;
    }
    bool han = (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
               (c >= 0x20000 && c <= 0x3FFFF) || c == 0x3007 || c == 0x3005;
    return han ? simplified(c) : ' ';
}

/* Length of the UTF-8 sequence at the start of s, 0 if it is not valid. */
static size_t sequence(struct slice s)
{
    for (size_t len = 1; len <= 4 && len <= s.len; len++) {
        if (utf8_valid(slice_make(s.ptr, len))) {
            return len;
        }
    }
    return 0;
}

static void put(struct plain *p, uint32_t code)
{
    char bytes[4];
    size_t len = code == ' ' ? 1 : utf8_encode(code, bytes);
    if (p->spaced_len + len > PLAIN_MAX) {
        return;
    }
    if (code == ' ') {
        if (p->spaced_len > 0 && p->spaced[p->spaced_len - 1] != ' ') {
            p->spaced[p->spaced_len++] = ' ';
        }
        return;
    }
    memcpy(p->spaced + p->spaced_len, bytes, len);
    p->spaced_len += len;
    memcpy(p->tight + p->tight_len, bytes, len);
    p->tight_len += len;
}

void plain_make(struct slice text, struct plain *out)
{
    out->spaced_len = out->tight_len = 0;
    while (text.len > 0) {
        size_t len = sequence(text);
        if (len == 0) {
            text = slice_make(text.ptr + 1, text.len - 1);
            continue;
        }
        struct slice one = slice_make(text.ptr, len);
        uint32_t code = folded(utf8_next(&one));
        if (code != 0) {
            put(out, code);
        }
        text = slice_make(text.ptr + len, text.len - len);
    }
    if (out->spaced_len > 0 && out->spaced[out->spaced_len - 1] == ' ') {
        out->spaced_len--;
    }
    out->spaced[out->spaced_len] = '\0';
    out->tight[out->tight_len] = '\0';
}

bool plain_has(const struct plain *p, const char *word)
{
    return strstr(p->tight, word) != NULL;
}

const char *plain_has_any(const struct plain *p, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (plain_has(p, *words)) {
            return *words;
        }
    }
    return NULL;
}

bool plain_is(const struct plain *p, const char *word)
{
    return strcmp(p->tight, word) == 0;
}

bool plain_starts(const struct plain *p, const char *word)
{
    return strncmp(p->tight, word, strlen(word)) == 0;
}
