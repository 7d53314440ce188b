/* jiujictl policy: the commands about the rules, and `check`. */
#include "ops/ctl/ctl_policy.h"

#include <stdio.h>
#include <string.h>
#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "queue/domain/money.h"

#define CALENDAR_BYTES_MAX (1u << 20)
#define WHY_BYTES_MAX (1u << 20)
#define EXPIRES_SOON_MS (30 * MS_PER_DAY)

static const char usage[] =
    "usage: jiujictl policy check FILE [--calendar FILE] [--keys FOLDER]\n"
    "                                                     read strictly, show what is in force\n"
    "       jiujictl policy explain CASE [--json]         the decision that stands with a case\n"
    "       jiujictl policy explain --cause WORD ...      on made-up facts (see `policy explain`)\n"
    "       jiujictl policy diff A B [--at TIME]          which keys differ, where\n"
    "       jiujictl policy replay DRAFT [--cases N]      past decisions made again under it\n"
    "       jiujictl policy sign FILE ORDER --key FILE    an officer signs a standing order\n"
    "       jiujictl policy sign FILE --by SIGNER --key FILE\n"
    "                                                     the whole pack, printed with its signature\n"
    "       jiujictl policy draft FILE --by NAME          propose a pack\n"
    "       jiujictl policy activate ID --name VERSION+HASH --from TIME --by NAME\n"
    "                                                     by a second person, for a time to come\n"
    "       jiujictl policy withdraw ID --by NAME         before its time\n"
    "       jiujictl policy list                          packs and declared disasters\n"
    "\nA, B, DRAFT: a file, or the number of a pack in the store. Exit status 1 when a pack is\n"
    "refused; every fault has its line, pointer and remedy.\n";

/* The bytes of a file, or a complaint. */
static bool read_whole(const char *path, size_t max, struct buf *text)
{
    buf_init(text, max);
    enum err err = file_read(path, text);
    if (err != ERR_OK)
        ctl_complain("cannot read '%s': %s", path, err_text(err));
    return err == ERR_OK;
}

static void complain_of_faults(const char *path, enum err err, const struct buf *why)
{
    if (err != ERR_INPUT) {
        ctl_complain("'%s': %s", path, err_text(err));
        return;
    }
    ctl_complain("'%s' is refused:", path);
    fprintf(stderr, "%.*s", SLICE_FMT(buf_slice(why)));
}

bool ctl_policy_read(const char *path, struct policy **out)
{
    struct buf text, why;
    enum err err = ERR_IO;

    buf_init(&why, WHY_BYTES_MAX);
    if (read_whole(path, POLICY_BYTES_MAX, &text)) {
        err = policy_load(buf_slice(&text), out, &why);
        if (err != ERR_OK)
            complain_of_faults(path, err, &why);
    }
    buf_release(&text);
    buf_release(&why);
    return err == ERR_OK;
}

bool ctl_policy_text(const char *path, struct buf *text)
{
    return read_whole(path, POLICY_BYTES_MAX, text);
}

bool ctl_calendar_read(const char *path, struct calendar *out)
{
    struct buf text, why;
    enum err err = ERR_IO;

    buf_init(&why, WHY_BYTES_MAX);
    if (read_whole(path, CALENDAR_BYTES_MAX, &text)) {
        err = calendar_load(buf_slice(&text), out, &why);
        if (err != ERR_OK)
            complain_of_faults(path, err, &why);
    }
    buf_release(&text);
    buf_release(&why);
    return err == ERR_OK;
}

static void print_sum(int64_t fen)
{
    char text[MONEY_TEXT_ZH_SIZE];

    money_format_zh(fen, text);
    printf("%s\n", text);
}

static void print_yuan(const char *label, int64_t fen)
{
    printf("  %s：", label);
    print_sum(fen);
}

/* "2026-01-01"; of an end the last day that is still in force. */
static void print_date(int64_t at_ms)
{
    if (at_ms == INT64_MAX) {
        printf("长期");
        return;
    }
    struct civil_time t = clock_civil_china(at_ms);
    printf("%04d-%02d-%02d", t.year, t.month, t.day);
}

static const char *state_of(int64_t from_ms, int64_t to_ms, int64_t now_ms)
{
    return now_ms < from_ms ? "未生效" : now_ms < to_ms ? "有效" : "已过期";
}

static void print_rules(const struct policy_rules *r)
{
    printf("基本规则\n");
    print_yuan(r->standard.demo ? "月低保标准（试用）" : "月低保标准", r->standard.dibao_month_fen);
    printf("  急难先行：%d个月×人数，%d小时内发放，%d个工作日内补齐手续\n", r->urgent_first.months,
           r->urgent_first.pay_hours, r->urgent_first.papers_working_days);
    printf("  乡镇审批上限：%d个月标准，且不超过", r->township_ceiling.months);
    print_sum(r->township_ceiling.amount_fen);
    print_yuan("家庭年度累计限额", r->caps.household_year_fen);
    printf("  分级规则：%d条；同一事由每年%d次，共%d次\n", r->triage.rule_count,
           r->caps.same_cause_per_year, r->caps.times_per_year);
}

static void print_overlays(const struct policy *p, int64_t now_ms)
{
    printf("叠加项：%d\n", policy_overlay_count(p));
    for (int i = 0; i < policy_overlay_count(p); i++) {
        const struct policy_overlay *o = policy_overlay(p, i);
        printf("  %-12s %s ", o->division[0] == '\0' ? "全部" : o->division,
               state_of(o->from_ms, o->to_ms, now_ms));
        print_date(o->from_ms);
        printf(" 至 ");
        print_date(o->to_ms == INT64_MAX ? o->to_ms : o->to_ms - 1);
        printf("  %s\n", o->title);
    }
}

static void print_surges(const struct policy *p)
{
    printf("应急规则：%d\n", policy_surge_count(p));
    for (int i = 0; i < policy_surge_count(p); i++)
        printf("  %-12s %s\n", policy_surge(p, i)->id, policy_surge(p, i)->title);
}

static void print_orders(const struct policy *p, int64_t now_ms)
{
    char sum[MONEY_TEXT_ZH_SIZE], day[MONEY_TEXT_ZH_SIZE], month[MONEY_TEXT_ZH_SIZE];

    printf("授权令：%d\n", policy_order_count(p));
    for (int i = 0; i < policy_order_count(p); i++) {
        const struct standing_order *o = policy_order(p, i);
        money_format_zh(o->case_fen, sum);
        money_format_zh(o->day_fen, day);
        money_format_zh(o->month_fen, month);
        printf("  %s %s ", o->id, state_of(o->valid_from_ms, o->valid_to_ms, now_ms));
        print_date(o->valid_from_ms);
        printf(" 至 ");
        print_date(o->valid_to_ms - 1);
        printf("  %s（责任人代码%s）\n    每件%s，每日%s，每月%s\n", o->office, o->officer, sum,
               day, month);
        printf("    %s签发，文号：", o->signed_by);
        printf("%s，日期：", o->document);
        print_date(o->signed_ms);
        printf("%s%s\n", o->surge[0] == '\0' ? "" : "，仅限应急规则：", o->surge);
        if (now_ms < o->valid_to_ms && o->valid_to_ms - now_ms < EXPIRES_SOON_MS)
            printf("    注意：三十天内到期，到期后一律由经办人决定\n");
        if (o->demo)
            printf("    注意：试用授权令，凡已写入本地标准（demo 为 false）的地方无效\n");
    }
    if (policy_order_count(p) == 0)
        printf("  注意：没有授权令，任何救助都须由经办人决定\n");
}

static int check(int argc, char **argv, const struct settings *s)
{
    const char *calendar_path = NULL;
    const char *keys = NULL;
    const struct ctl_option options[] = {{"calendar", &calendar_path, NULL}, {"keys", &keys, NULL}};
    struct policy *p = NULL;
    struct calendar calendar;
    int64_t now_ms = clock_now_ms();

    if (!ctl_options(&argc, argv, options, COUNT_OF(options)) || argc != 2)
        return ctl_usage(usage);
    if (!ctl_policy_read(argv[1], &p))
        return CTL_FAILED;
    if (calendar_path != NULL && !ctl_calendar_read(calendar_path, &calendar)) {
        policy_free(p);
        return CTL_FAILED;
    }
    if (keys != NULL && !ctl_policy_signatures(p, keys)) {
        policy_free(p);
        return CTL_FAILED;
    }
    if (!ctl_policy_signed(s, policy_text(p))) {
        policy_free(p);
        return CTL_FAILED;
    }
    printf("OK %s\n", policy_name(p));
    if (policy_signed_by(p)[0] != '\0')
        printf("签名：整包由 %s 签署，%s\n", policy_signed_by(p),
               s->policy_signers[0] != '\0' ? "有效" : "未核验（设置 policy_signers 后核验）");
    const struct policy_rules *r = policy_for(p, "", now_ms);
    print_rules(r);
    print_overlays(p, now_ms);
    print_surges(p);
    print_orders(p, now_ms);
    if (r->standard.demo)
        printf("注意：基本规则使用试用标准，正式运行前各县须以叠加项写入本地标准\n");
    for (int i = 0; calendar_path != NULL && i < calendar.count; i++)
        printf("日历：%d %s\n", calendar.years[i].year,
               calendar.years[i].published ? calendar.years[i].source
                                           : "尚未公布，按周一至周五推算");
    policy_free(p);
    return CTL_OK;
}

static int explain(int argc, char **argv, const struct settings *s)
{
    if (argc >= 2 && slice_all_digits(slice_of(argv[1])))
        return ctl_policy_case(argc, argv, s);
    return ctl_policy_explain(argc, argv, s);
}

int ctl_policy(int argc, char **argv, const struct settings *s)
{
    static const struct {
        const char *word;
        int (*run)(int argc, char **argv, const struct settings *s);
    } commands[] = {{"check", check},
                    {"explain", explain},
                    {"diff", ctl_policy_diff},
                    {"replay", ctl_policy_replay},
                    {"draft", ctl_policy_draft},
                    {"activate", ctl_policy_activate},
                    {"withdraw", ctl_policy_withdraw},
                    {"sign", ctl_policy_sign},
                    {"list", ctl_policy_list}};

    for (size_t i = 0; argc >= 2 && i < COUNT_OF(commands); i++) {
        if (strcmp(argv[1], commands[i].word) == 0)
            return commands[i].run(argc - 1, argv + 1, s);
    }
    return ctl_usage(usage);
}
