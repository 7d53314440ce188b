/* Danger to life. A false alarm costs one message and a look; a missed one may cost a life: the
 * list of words is wide, and a word is let off only where it is part of a harmless one. */
#include <string.h>
#include "workers/conversation/reading.h"

static const char *const DANGER[] = {
    /* fire, explosion, gas */
    "火", "爆炸", "着火", "漏气", "煤气", "一氧化碳", "浓烟", "燃气泄漏",
    /* blood, breath, consciousness */
    "血", "没气了", "没有呼吸", "没呼吸", "喘不上气", "喘不过气", "呼吸困难", "昏迷", "昏倒",
    "晕倒", "不省人事", "叫不醒", "快不行了", "要死了", "快死了", "死人了", "休克", "抽搐", "心梗",
    "脑梗", "心脏病发", "难产", "要生了", "羊水破", "窒息", "噎住", "救命", "求命", "jiuming",
    "sos",
    /* suicide */
    "不想活", "活不下去", "活不成", "自杀", "自尽", "轻生", "寻死", "想死", "去死", "跳楼", "跳河",
    "跳江", "跳桥", "上吊", "割腕", "喝药", "喝农药", "农药", "遗书", "一了百了", "了断",
    "解脱算了",
    /* violence */
    "杀人", "要杀", "拿刀", "砍人", "持刀", "捅", "家暴", "打死", "往死里打", "绑架", "拐走",
    "性侵", "强奸",
    /* water, earth, cold, poison, electricity */
    "溺水", "落水", "掉水里", "掉河里", "被淹", "困在水", "水淹到", "被困", "塌了", "垮塌", "坍塌",
    "压在下面", "被埋", "泥石流", "山体滑坡", "冻僵", "快冻死", "触电", "中毒", "车撞", "被撞",
    "断腿", "骨折", "大出", "坠楼", "摔下楼", NULL};

/* Words that hold a danger word and are none. */
static const char *const HARMLESS[] = {
    "火车",     "火锅",   "火腿",     "火化",     "火葬",   "灯火",   "火气",   "发火",
    "上火",     "恼火",   "火星",     "火箭",     "红火",   "火龙果", "生火",   "烤火",
    "柴火",     "伙火",   "军火",     "香火",     "火柴",   "打火机", "停火",   "火爆",
    "火炉",     "火灶",   "火速",     "十万火急", "血压",   "血糖",   "血脂",   "血液",
    "血透",     "血型",   "血缘",     "血亲",     "血友病", "血管",   "贫血",   "白血病",
    "献血",     "心血",   "混血",     "验血",     "抽血",   "血常规", "尿毒血", "败血",
    "血汗钱",   "煤气费", "煤气罐没", "煤气灶",   "自杀式", "捅咕",   "农药店", "买农药的钱",
    "农药化肥", NULL};

static bool inside_harmless(const char *text, const char *at, size_t len)
{
    for (const char *const *word = HARMLESS; *word != NULL; word++) {
        size_t size = strlen(*word);
        for (const char *found = strstr(text, *word); found != NULL;
             found = strstr(found + 1, *word)) {
            if (found <= at && found + size >= at + len) {
                return true;
            }
        }
    }
    return false;
}

const char *reading_danger(const struct plain *p)
{
    for (const char *const *word = DANGER; *word != NULL; word++) {
        size_t len = strlen(*word);
        for (const char *at = strstr(p->tight, *word); at != NULL; at = strstr(at + len, *word)) {
            if (!inside_harmless(p->tight, at, len)) {
                return *word;
            }
        }
    }
    return NULL;
}
