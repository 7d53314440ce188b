/* Causes and needs out of free text. */
#include "workers/conversation/reading.h"

#define WORDS_MAX 24

/* The first row that fits decides: the narrower causes stand in front. */
static const struct {
    enum cause cause;
    const char *words[WORDS_MAX];
} CAUSES[] = {
    {CAUSE_CHILD_ALONE,
     {"孩子没人管", "小孩没人管", "孩子没人照", "没有大人", "没大人", "留守", "弃婴",
      "孩子一个人在"}},
    {CAUSE_FIRE,
     {"火灾", "着火", "失火", "起火", "大火", "烧了", "烧光", "烧没", "烧毁", "房子烧", "屋子烧",
      "被火"}},
    {CAUSE_FLOOD,
     {"洪水", "洪涝", "涨水", "发大水", "水淹", "被淹", "进水", "淹了", "内涝", "冲走", "冲了",
      "涝"}},
    {CAUSE_DISASTER,
     {"地震", "泥石流", "滑坡", "塌方", "台风", "大风", "冰雹", "雪灾", "冻灾", "旱灾", "雷击",
      "房子塌", "房子垮", "房屋倒"}},
    {CAUSE_TRAFFIC, {"车祸", "交通事故", "被车撞", "撞车", "翻车", "车撞"}},
    {CAUSE_ROBBERY,
     {"被偷", "偷了", "被抢", "抢了", "小偷", "扒手", "被盗", "盗了", "被骗", "骗光", "骗了",
      "钱包丢", "钱丢了", "包丢了"}},
    {CAUSE_STRANDED,
     {"回不了家", "回不去", "没钱回家", "没路费", "没有路费", "滞留", "流落", "困在外", "没车费",
      "没有车费", "回家的钱"}},
    {CAUSE_BEREAVEMENT,
     {"去世", "过世", "死了", "走了没钱", "安葬", "丧葬", "火化", "办丧", "没钱埋", "病故",
      "亡故"}},
    {CAUSE_MEDICAL_BILL,
     {"医药费", "医疗费", "住院费", "手术费", "看不起病", "没钱看病", "没钱治", "治不起", "透析",
      "化疗", "欠医院", "药费", "没钱买药", "买不起药", "白血病", "尿毒症"}},
    {CAUSE_ILLNESS,
     {"生病", "重病", "大病", "住院", "病倒", "癌", "中风", "瘫痪", "手术", "脑溢血", "心脏病",
      "发烧", "病了", "急病"}},
    {CAUSE_ACCIDENT,
     {"工伤", "摔伤", "摔断", "骨折", "砸伤", "触电", "溺水", "烫伤", "烧伤", "受伤", "咬伤",
      "中毒", "事故"}},
    {CAUSE_EDUCATION, {"学费", "上学", "读书", "学杂费", "书本费", "上大学", "开学"}},
    {CAUSE_JOB_LOSS,
     {"失业", "没工作", "没有工作", "没活干", "下岗", "被辞", "丢了工作", "欠薪", "不发工资",
      "没发工资", "拖欠工资", "没收入", "没有收入", "没了收入"}},
};

static const char *const HELP[] = {
    "求助",   "救助",     "帮帮",     "帮助",     "帮忙",     "救救",     "救命",   "困难", "没钱",
    "没有钱", "身无分文", "揭不开锅", "过不下去", "活不下去", "走投无路", "急用钱", "低保", "补助",
    "求求",   "怎么办",   "可怜",     "sos",      "help",     "困住",     "没办法", NULL};
static const char *const SHELTER[] = {
    "没地方住", "没地方睡", "没处住", "没住处", "没有住", "无家可归", "没房住", "住不了",
    "不能住",   "露宿",     "睡大街", "睡路边", "睡桥洞", "房子塌",   "房子垮", "房子没了",
    "房子烧",   "屋子烧",   "烧光",   "冲走",   "被赶出", "没地方去", NULL};
static const char *const FOOD[] = {"没吃的",   "没饭吃",   "没得吃",   "没东西吃", "没吃没喝",
                                   "没有吃",   "没水喝",   "断粮",     "断炊",     "没米",
                                   "揭不开锅", "饿",       "吃不上饭", "几天没吃", "一天没吃",
                                   "没奶粉",   "没有奶粉", "身无分文", NULL};
static const char *const CHILD[] = {
    "孩子没人管",   "小孩没人管", "孩子没人照", "娃没人管", "娃没人带",
    "孩子没人带",   "没有大人",   "没大人",     "弃婴",     "孩子一个人在",
    "小孩一个人在", "只有孩子",   "只有小孩",   NULL};
static const char *const INCOME[] = {"失业",     "没工作",   "没有工作", "没活干", "下岗",
                                     "没收入",   "没有收入", "没了收入", "欠薪",   "拖欠工资",
                                     "干不了活", "不能干活", "没法干活", NULL};
static const char *const AWAY[] = {"回不了家", "回不去",   "没钱回家", "没路费", "没有路费",
                                   "没车费",   "没有车费", "流落",     "外地人", "在外地",
                                   "滞留",     "回家的钱", NULL};
static const char *const KNOWN[] = {"低保户", "吃低保",   "有低保",   "是低保", "特困",
                                    "五保",   "低保边缘", "建档立卡", NULL};
static const char *const NOT_KNOWN[] = {"没有低保", "没低保",   "不是低保", "低保没",
                                        "想办低保", "申请低保", "办低保",   NULL};

void reading_needs(const struct plain *p, struct reading *out)
{
    out->cause = CAUSE_OTHER;
    for (size_t i = 0; i < COUNT_OF(CAUSES) && out->cause == CAUSE_OTHER; i++) {
        if (plain_has_any(p, CAUSES[i].words) != NULL) {
            out->cause = CAUSES[i].cause;
        }
    }
    out->shelter_lost = plain_has_any(p, SHELTER) != NULL;
    out->food_lost = plain_has_any(p, FOOD) != NULL;
    out->child_alone = plain_has_any(p, CHILD) != NULL;
    out->income_stopped = plain_has_any(p, INCOME) != NULL;
    out->stranded = plain_has_any(p, AWAY) != NULL;
    out->recognised = plain_has_any(p, KNOWN) != NULL && plain_has_any(p, NOT_KNOWN) == NULL;
    out->help = out->cause != CAUSE_OTHER || out->shelter_lost || out->food_lost ||
                out->child_alone || out->income_stopped || out->stranded ||
                plain_has_any(p, HELP) != NULL;
}
