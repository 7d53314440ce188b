/* The reasons, in sentences that a citizen understands: amounts in yuan, the way they were
 * reckoned, the basis, the dates, and what he may do. No personal data comes in here, so none can
 * come out. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/domain/money.h"
#include "workers/rules/decision_work.h"

#define TIME_TEXT_SIZE 64

struct yuan {
    char text[MONEY_TEXT_ZH_SIZE];
};

struct when {
    char text[TIME_TEXT_SIZE];
};

static struct yuan yuan(int64_t fen)
{
    struct yuan y;

    money_format_zh(fen, y.text);
    return y;
}

/* "2026年3月3日17:00"; the end of a day is "2026年3月3日24时". */
static struct when when(int64_t at_ms)
{
    struct when t;
    struct civil_time c = clock_civil_china(at_ms);

    if (c.hour == 0 && c.minute == 0 && c.second == 0 && c.millisecond == 0) {
        c = clock_civil_china(at_ms - 1);
        snprintf(t.text, sizeof t.text, "%d年%d月%d日24时", c.year, c.month, c.day);
    } else {
        snprintf(t.text, sizeof t.text, "%d年%d月%d日%02d:%02d", c.year, c.month, c.day, c.hour,
                 c.minute);
    }
    return t;
}

static void say(struct work *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(struct work *w, const char *fmt, ...)
{
    struct decision *d = w->d;
    va_list args;

    if (d->why_count == DECISION_WHY_MAX)
        return;
    char *text = d->why[d->why_count++];
    va_start(args, fmt);
    vsnprintf(text, DECISION_WHY_SIZE, fmt, args);
    va_end(args);
    for (size_t len = strlen(text); len > 0 && !utf8_valid(slice_make(text, len)); len--)
        text[len - 1] = '\0'; /* cut inside a character */
}

/* "无处栖身、缺少食物饮水" of what holds and is told to us, "" if nothing. */
static void facts_text(const struct work *w, char *out, size_t size)
{
    const uint32_t shown = UINT32_C(1) << FACT_DANGER_TO_LIFE | UINT32_C(1) << FACT_SHELTER_LOST |
                           UINT32_C(1) << FACT_FOOD_LOST | UINT32_C(1) << FACT_CHILD_ALONE |
                           UINT32_C(1) << FACT_INCOME_STOPPED | UINT32_C(1) << FACT_STRANDED;
    size_t len = 0;

    out[0] = '\0';
    for (int i = 0; i < FACT_COUNT; i++) {
        if ((w->facts & shown & UINT32_C(1) << i) == 0)
            continue;
        int n =
            snprintf(out + len, size - len, "%s%s", len == 0 ? "" : "、", fact_zh((enum fact)i));
        ASSERT(n > 0 && (size_t)n < size - len); /* six labels of at most 24 bytes */
        len += (size_t)n;
    }
}

/* What is different because of a declared disaster. */
static void say_disaster(struct work *w)
{
    if (w->d->disaster[0] == '\0')
        return;
    say(w, "当地已启动“%s”应急响应（编号%s），本件按应急规则办理。", w->r->disaster_title,
        w->d->disaster);
}

static void say_triage(struct work *w)
{
    char facts[256];

    facts_text(w, facts, sizeof facts);
    if (facts[0] == '\0')
        say(w, "事由为“%s”，列为%s，紧急程度%s。", cause_zh(w->cause), relief_type_zh(w->d->type),
            urgency_zh(w->d->urgency));
    else
        say(w, "事由为“%s”，情形为%s，列为%s，紧急程度%s。", cause_zh(w->cause), facts,
            relief_type_zh(w->d->type), urgency_zh(w->d->urgency));
    if (w->d->tell_emergency)
        say(w, "情况危及生命，同时转告110、119或120；先救人，材料不全不影响办理。");
}

static void say_small_fast(struct work *w, const char *standard)
{
    const struct policy_rules *r = w->r;
    int permille = r->small_fast.tier_permille[w->d->fast_tier - 1];
    char percent[16];

    if (permille % 10 == 0)
        snprintf(percent, sizeof percent, "%d%%", permille / 10);
    else
        snprintf(percent, sizeof percent, "%d.%d%%", permille / 10, permille % 10);

    say(w, "小额快救第%d档：%s%s的%s%s，为%s，不核对家庭经济状况%s（依据：%s）。", w->d->fast_tier,
        standard, yuan(r->standard.dibao_month_fen).text, percent,
        r->small_fast.per_person ? "，按人计算" : "，按件计算", yuan(w->entitled_fen).text,
        r->publicity.small_fast_days == 0 ? "，不公示" : "", r->small_fast.legal_basis);
    if (w->asked_fen > 0 && w->asked_fen == w->entitled_fen)
        say(w, "按本人提出的%s计算，没有超过该档金额。", yuan(w->asked_fen).text);
}

static void say_amount(struct work *w)
{
    const struct policy_rules *r = w->r;
    const char *standard = r->standard.demo ? "月低保标准（试用标准）" : "当地月低保标准";
    struct yuan d = yuan(r->standard.dibao_month_fen), sum = yuan(w->entitled_fen);

    switch (w->d->type) {
    case RELIEF_SMALL_FAST: say_small_fast(w, standard); return;
    case RELIEF_URGENT:
        say(w, "%s上限：%s%s×%d个月×%d人，为%s（依据：%s）。",
            w->order != NULL ? "先行救助" : "急难型救助", standard, d.text,
            w->order != NULL ? r->urgent_first.months : r->urgent_std.months, w->persons, sum.text,
            w->order != NULL ? r->urgent_first.legal_basis : r->urgent_std.legal_basis);
        return;
    case RELIEF_EXPENSE:
        say(w, "支出型救助：%s%s×%d个月×%d人，不超过自付支出%s，为%s（依据：%s）。", standard,
            d.text, w->months_used, w->persons,
            w->net_expense_fen > 0 ? yuan(w->net_expense_fen).text : "（待核实）", sum.text,
            r->expense.legal_basis);
        if (w->months == 0 || w->net_expense_fen == 0)
            say(w, "%s尚不清楚，先按现有情况估算，补充后重新计算；不因此停止办理。",
                w->months == 0 && w->net_expense_fen == 0 ? "困难月数和自付支出"
                : w->months == 0                          ? "困难月数"
                                                          : "自付支出");
        else if (w->months > w->months_used)
            say(w, "困难月数%d个月，按规定最多计%d个月。", w->months, w->months_used);
        if (w->in->facts.recognised)
            say(w,
                "已是在册困难对象，只核对必要支出，收入和财产%d个月内不再核对，乡镇（街道）审核缩短"
                "为%d个工作日。",
                r->expense.recheck_months, r->expense.recognised_working_days);
        return;
    case RELIEF_CONSULT:
        say(w, "本件为咨询，由工作人员答复；需要救助时可随时转为救助申请。");
        return;
    case RELIEF_OTHER:
    case RELIEF_TYPE_COUNT:
        say(w, "现有情况还不能归入救助类型，由工作人员联系了解，不会因此不予受理。");
        return;
    }
}

/* The most that a conference may give of what the caps cut off. */
static struct yuan conference_most(const struct work *w)
{
    int64_t most = w->r->conference.most_fen;

    return yuan(most > 0 ? money_min(most, w->d->over_cap_fen) : w->d->over_cap_fen);
}

/* Who decides on what is beyond a cap. */
static const char *beyond_by(const struct work *w, enum conference_trigger trigger)
{
    return (w->r->conference.triggers >> trigger & 1) != 0 ? "一事一议会商" : "县级说明理由后";
}

static void say_caps(struct work *w)
{
    const struct policy_rules *r = w->r;
    struct decision *d = w->d;

    switch (w->barrier) {
    case BARRIER_SAME_CAUSE:
        say(w,
            "同一事由本年度已救助%d次（规定%"
            "d次），不能自动批准，由经办人决定；县级说明理由后可以批准，最多%s（依据：%s）。",
            w->same_cause, r->caps.same_cause_per_year, yuan(d->over_cap_fen).text,
            r->caps.legal_basis);
        return;
    case BARRIER_TIMES:
        say(w, "本年度已救助%d次（规定%d次），由%s决定，最多%s（依据：%s）。", w->times,
            r->caps.times_per_year, beyond_by(w, TRIGGER_TIMES), conference_most(w).text,
            r->caps.legal_basis);
        return;
    default: break;
    }
    if (w->entitled_fen > w->year_left_fen)
        say(w,
            "%s本年度累计限额%s，还可救助%s；超出的%s只能由%s决定，会商至少%d人参加，留存记录（依据"
            "：%s）。",
            w->year_of_person ? "个人" : "家庭", yuan(w->year_cap_fen).text,
            yuan(w->year_left_fen).text, yuan(d->over_cap_fen).text, beyond_by(w, TRIGGER_YEAR_CAP),
            r->conference.participants, r->caps.legal_basis);
    else if (d->over_cap_fen > 0)
        say(w, "超过县级审批上限%s，超出的%s由%s决定，最多%s（依据：%s）。",
            yuan(w->county_ceiling_fen).text, yuan(d->over_cap_fen).text,
            beyond_by(w, TRIGGER_COUNTY_CEILING), conference_most(w).text,
            r->county_ceiling.legal_basis);
}

static void say_paid_now(struct work *w)
{
    struct decision *d = w->d;
    const struct standing_order *o = w->order;

    say(w, "依据授权令%s（%s，责任人代码%s；%s），符合先行条件，马上发放%s。", o->id, o->office,
        o->officer, o->legal_basis, yuan(d->first_aid_fen).text);
    if (d->from_county_reserve)
        say(w, "情况危及生命，乡镇（街道）备用金%s，由县级备用金支付，不等待。",
            w->debt != NULL ? "因逾期未补手续受限" : "不足");
    if (d->follow_up_fen == 0)
        return;
    if (d->amount_fen > w->township_ceiling_fen)
        say(w, "超过乡镇（街道）审批上限%s，其余%s由县级跟进救助（依据：%s）。",
            yuan(w->township_ceiling_fen).text, yuan(d->follow_up_fen).text,
            w->r->township_ceiling.legal_basis);
    else if (d->follow_up_tier == TIER_COUNTY)
        say(w, "%s%s，其余%s由县级跟进救助。", w->day_full ? "今日先行额度尚余" : "备用金现有",
            yuan(w->purse_fen).text, yuan(d->follow_up_fen).text);
    else if (d->first_aid_fen == w->first_aid_ceiling_fen && w->debt != NULL)
        say(w,
            "本乡镇（街道）逾期未补手续的资金较多，先行救助额度暂降为%s；其余%s由乡镇（街道）审核后"
            "发放，不影响应得金额（依据：%s）。",
            yuan(w->first_aid_ceiling_fen).text, yuan(d->follow_up_fen).text,
            w->r->review_debt.legal_basis);
    else
        say(w, "其余%s超出授权令额度，由乡镇（街道）经办人决定。", yuan(d->follow_up_fen).text);
}

static void say_track(struct work *w)
{
    struct decision *d = w->d;

    if (d->by_rule)
        say_paid_now(w);
    else if (w->in->payee_is_officers)
        say(w, "收款账户登记为工作人员本人的账户，该工作人员回避，由县级核查后办理（依据：%s）。",
            w->r->integrity.legal_basis);
    else if (d->county_must_review)
        say(w, "已申报与经办人员有近亲属关系，经办人回避，由县级审核（依据：%s）。",
            w->r->integrity.legal_basis);
    else if (w->barrier == BARRIER_WANTS_PERSON)
        say(w, "您要求由工作人员决定，本件不自动办理（依据：《个人信息保护法》第二十四条）。");
    else if (w->barrier == BARRIER_NO_ORDER)
        say(w, "没有适用的授权令（情形未达到先行发放的条件，或者当地没有签发），由经办人决定。");
    else if (w->barrier == BARRIER_PAYEE)
        say(w, "还没有收款账户，不能自动转账；经办人可以发放现金或实物，也可以登记账户后转账。");
    else if (w->barrier == BARRIER_PAYEE_DOUBT)
        say(w,
            "收款人的证件号码或账号校验不符，可能录错，不自动转账；经办人核对后发放，不影响救助。");
    else if (w->barrier == BARRIER_ACCOUNT)
        say(w, "收款账户另有%lld人使用过，须由工作人员核实账户归属；只是核实，不影响救助。",
            (long long)w->in->account_persons);
    else if (w->barrier == BARRIER_DUPLICATE)
        say(w,
            "另有%d件未办结的求助可能是同一件事，由工作人员核对后合并办理，不重复发放，也不因此"
            "不办。",
            w->in->open_duplicates);
    else if (w->barrier == BARRIER_DEBT)
        say(w, "本乡镇（街道）逾期未补手续的资金过多，先行救助须由县级会签（依据：%s）。",
            w->r->review_debt.legal_basis);
    else if (w->barrier == BARRIER_YEAR_SUM_SHORT)
        say(w, "年度限额不足以先行发放全部金额，是否减少由经办人决定，不自动扣减。");
    else if (w->barrier == BARRIER_ORDER_USED_UP)
        say(w, "授权令今日或本月额度已用完，由经办人决定。");
    else if (w->barrier == BARRIER_FUND && w->day_full)
        say(w, "本乡镇（街道）今日先行救助额度已用完，由县级直接救助（依据：%s）。",
            w->r->caps.legal_basis);
    else if (w->barrier == BARRIER_FUND && w->in->township[0] == '\0')
        say(w, "急难发生地所属乡镇（街道）尚未确定，由县级值守先行救助，不等待确定。");
    else if (w->barrier == BARRIER_FUND)
        say(w, "备用金现有%s，不够先行发放，由县级直接救助，并补充备用金。",
            yuan(w->available_fen).text);
    else if (d->tier == TIER_COUNTY && w->barrier != BARRIER_SAME_CAUSE)
        say(w, "金额超过乡镇（街道）审批上限%s，由县级审批（依据：%s）。",
            yuan(w->township_ceiling_fen).text, w->r->township_ceiling.legal_basis);
    else if (d->tier == TIER_TOWNSHIP)
        say(w, "金额在乡镇（街道）审批上限%s以内，由乡镇（街道）决定。",
            yuan(w->township_ceiling_fen).text);
    if (d->officer_first_aid_fen > 0)
        say(w, "核实情况后，经办人%s可以先行发放最多%s%s，事后补齐手续。",
            d->countersign ? "经县级会签" : "", yuan(d->officer_first_aid_fen).text,
            d->from_county_reserve ? "（由县级备用金支付）" : "");
}

static void say_deadlines(struct work *w)
{
    struct decision *d = w->d;
    char text[DECISION_WHY_SIZE] = "";
    size_t len = 0;
    const struct {
        int64_t at_ms;
        const char *what;
    } rows[] = {
        {d->accept_by_ms, "签收"},
        {d->pay_by_ms, d->first_aid_fen > 0 || d->type == RELIEF_SMALL_FAST ? "发放" : "先行发放"},
        {d->papers_by_ms, "补齐手续"},
        {d->by_rule || d->review_by_ms == d->pay_by_ms ? 0 : d->review_by_ms, "乡镇（街道）审核"},
        {d->county_by_ms, d->tier == TIER_CONFERENCE ? "会商" : "县级决定"},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].at_ms == 0)
            continue;
        int n = snprintf(text + len, sizeof text - len, "%s%s不晚于%s", len == 0 ? "" : "；",
                         rows[i].what, when(rows[i].at_ms).text);
        ASSERT(n > 0 && (size_t)n < sizeof text - len); /* five rows of at most 70 bytes */
        len += (size_t)n;
    }
    if (len > 0)
        say(w, "时限：%s。", text);
    if (d->calendar_assumed)
        say(w, "有的期限落在放假安排尚未公布的年份，暂按周一至周五为工作日推算，公布后会更正。");
}

static void say_manner(struct work *w)
{
    struct decision *d = w->d;

    if (d->publicity_days > 0 && d->instalments > 1)
        say(w, "批准前公示%d天；一次审批、分%d期按月发放，首期%s，以后每期%s（依据：%s）。",
            d->publicity_days, d->instalments,
            yuan(money_share(d->amount_fen, d->instalments, 0)).text,
            yuan(money_share(d->amount_fen, d->instalments, d->instalments - 1)).text,
            w->r->instalments.legal_basis);
    else if (d->publicity_days > 0 && d->type != RELIEF_EXPENSE)
        say(w, "先行救助不等待公示；事后隐去个人信息公示%d天（依据：%s）。", d->publicity_days,
            w->r->publicity.legal_basis);
    else if (d->publicity_days > 0)
        say(w, "批准前公示%d天，批准后%d个工作日内发放。", d->publicity_days,
            w->r->payment.working_days);
}

static void say_rights(struct work *w)
{
    if (w->d->by_rule)
        say(w, "本决定按规则作出并由授权人负责；您可以要求说明，也可以要求由工作人员重新决定（依据"
               "：《个人信息保护法》第二十四条）。");
    else if (w->barrier == BARRIER_SAME_CAUSE || w->barrier == BARRIER_TIMES ||
             w->barrier == BARRIER_YEAR_SUM)
        say(w, "如不予批准，须书面说明理由；%s（依据：%s）。", w->r->notice.remedy,
            w->r->notice.legal_basis);
}

void work_reasons(struct work *w)
{
    say_triage(w);
    say_disaster(w);
    say_amount(w);
    say_caps(w);
    say_track(w);
    say_manner(w);
    say_deadlines(w);
    say_rights(w);
}

static void line(struct buf *out, const char *label, int64_t fen)
{
    if (fen > 0)
        buf_putf(out, "%s%s\n", label, yuan(fen).text);
}

void decision_explain(const struct decision *d, struct buf *out)
{
    buf_putf(out, "类型：%s　紧急程度：%s　办理：%s　审批：%s\n", relief_type_zh(d->type),
             urgency_zh(d->urgency), track_zh(d->track), tier_zh(d->tier));
    line(out, d->by_rule ? "可救助：" : "建议金额：", d->amount_fen);
    line(out, "马上发放：", d->first_aid_fen);
    line(out, "跟进救助：", d->follow_up_fen);
    line(out, "经办人可先行发放：", d->officer_first_aid_fen);
    line(out, "超出限额：", d->over_cap_fen);
    if (d->instalments > 1)
        buf_putf(out, "分期：%d期\n", d->instalments);
    if (d->disaster[0] != '\0')
        buf_putf(out, "应急响应：%s\n", d->disaster);
    if (d->from_county_reserve)
        buf_put_text(out, "由县级备用金支付\n");
    if (d->countersign)
        buf_put_text(out, "须县级会签\n");
    if (d->spot_check)
        buf_put_text(out, "列入抽查\n");
    buf_put_text(out, "理由：\n");
    for (int i = 0; i < d->why_count; i++)
        buf_putf(out, "  %d. %s\n", i + 1, d->why[i]);
    buf_put_text(out, "规则：");
    for (int i = 0; i < d->fired_count; i++)
        buf_putf(out, "%s%s(%lld, %lld)%s%s", i == 0 ? "" : " ", d->fired[i].rule,
                 (long long)d->fired[i].value, (long long)d->fired[i].limit,
                 decision_rule_key(d->fired[i].rule)[0] == '\0' ? "" : "=",
                 decision_rule_key(d->fired[i].rule));
    buf_putf(out, "\n政策：%s　分级规则：%s\n", d->policy, d->triage);
}
