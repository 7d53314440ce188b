/* jiujictl demo: three cases played through the public API, told in plain words. */
#include "ops/ctl/ctl.h"

#include <stdio.h>
#include <string.h>
#include "ops/ctl/demo_api.h"
#include "ops/ctl/demo_bank.h"
#include "ops/ctl/demo_story.h"
#include "queue/domain/money.h"
#include "workers/routing/gazetteer.h"
#include "workers/routing/route.h"

#define WHY_MAX 4096

static const char usage[] =
    "usage: jiujictl demo --url URL --tokens FOLDER --bank URL\n"
    "       jiujictl demo --places\n"
    "Plays three cases (a fire, a robbed worker, a flood) from the call to the archive and tells\n"
    "what happened to each. FOLDER holds agent.token, reviewer.token, finance.token and an\n"
    "officer-CODE.token for each township that --places prints. The bank is the sandbox.\n";

/* Invented callers at real places of Guizhou (贵州). */
static const struct demo_story stories[] = {
    {
        .title = "a house burns down (火灾); the agent's screen has the caller's coordinates",
        .told = "A family of four has nowhere to sleep tonight. Danger like this is paid first and "
                "reviewed afterwards.",
        .narrative = "昨夜家里电线短路起火，房屋烧毁，一家四口今晚没有地方住",
        .cause = CAUSE_FIRE,
        .lat = 28.2020,
        .lng = 108.2270,
        .crs = CRS_WGS84,
        .persons = 4,
        .shelter_lost = true,
    },
    {
        .title = "a migrant worker is robbed (被抢); the police give the division code",
        .told = "Wallet and telephone are gone on the way home. A small fast relief (小额快救) "
                "must be enough for the journey.",
        .narrative = "外省务工人员，在车站附近钱包和行李被抢，没有路费回家",
        .cause = CAUSE_ROBBERY,
        .code = "520102022",
        .persons = 1,
        .stranded = true,
    },
    {
        .title = "a flooded ground floor (洪涝); a telephone map gives a GCJ-02 point",
        .told = "The family can stay upstairs. That is below what the rules may pay alone, so an "
                "officer must decide.",
        .narrative = "河水上涨，一楼进水，家具和粮食部分被淹，人可以住在二楼",
        .cause = CAUSE_FLOOD,
        .lat = 28.3555,
        .lng = 107.8601,
        .crs = CRS_GCJ02,
        .persons = 3,
        .officer_fen = 80000,
        .officer_why = "入户查看：一楼进水属实，先给予生活救助",
    },
};

/* The township that the routing of this build finds for a story. */
struct place {
    char code[TOWNSHIP_CODE_SIZE];
    char name[128];
};

static bool find_place(const struct gazetteer *g, struct route_scratch *scratch,
                       const struct demo_story *story, struct place *out)
{
    struct route_result found;
    struct place_query query = {
        .code = slice_of(story->code),
        .has_point = story->code == NULL,
        .lat = story->lat,
        .lng = story->lng,
        .crs = story->crs,
    };

    if (route_place(g, scratch, &query, &found) != ERR_OK || found.level != ROUTE_TOWNSHIP)
        return false;
    memcpy(out->code, found.code, sizeof(out->code));
    snprintf(out->name, sizeof(out->name), "%s%s", found.candidates[0].county,
             found.candidates[0].name);
    return true;
}

/* All of them; a complaint when one is missing. */
static bool find_places(const struct settings *s, struct place places[COUNT_OF(stories)])
{
    struct gazetteer *gazetteer = NULL;
    struct route_scratch *scratch = NULL;
    struct buf why;
    bool ok = false;

    buf_init(&why, WHY_MAX);
    if (gazetteer_open(s->townships_file, &gazetteer, &why) != ERR_OK) {
        ctl_complain("%.*s", SLICE_FMT(buf_slice(&why)));
        goto out;
    }
    if (route_scratch_new(&scratch) != ERR_OK) {
        ctl_complain("out of memory");
        goto out;
    }
    for (size_t i = 0; i < COUNT_OF(stories); i++) {
        if (!find_place(gazetteer, scratch, &stories[i], &places[i])) {
            ctl_complain("%s has no township in charge of the demo's place number %zu: another "
                         "list of townships",
                         s->townships_file, i + 1);
            goto out;
        }
    }
    ok = true;
out:
    route_scratch_free(scratch);
    gazetteer_close(gazetteer);
    buf_release(&why);
    return ok;
}

/* What the stand-in bank says it moved must be what the case says, and what the fund is short of.
 */
static bool compare_with_bank(struct demo_api *api,
                              const struct demo_outcome outcomes[COUNT_OF(stories)])
{
    int64_t sum_fen = 0;
    char bank[MONEY_TEXT_ZH_SIZE], payment[MONEY_TEXT_ZH_SIZE], fund[MONEY_TEXT_ZH_SIZE];

    printf("\nThe bank's statement against the ledger (对账)\n");
    for (size_t i = 0; i < COUNT_OF(stories); i++) {
        const struct demo_outcome *o = &outcomes[i];
        int64_t bank_fen, spent_fen = o->fund_before_fen - o->fund_after_fen;
        if (!demo_bank_paid(api, o->payment, &bank_fen))
            return false;
        money_format_zh(bank_fen, bank);
        money_format_zh(o->paid_fen, payment);
        money_format_zh(spent_fen, fund);
        printf("  %s: bank %s, payment %s, the fund of %s is less by %s\n", o->payment, bank,
               payment, o->township, fund);
        if (bank_fen != o->paid_fen || spent_fen != o->paid_fen) {
            ctl_complain("payment %s: bank, payment and fund do not agree", o->payment);
            return false;
        }
        sum_fen += bank_fen;
    }
    money_format_zh(sum_fen, bank);
    printf("  together %s: they agree to the fen\n", bank);
    return true;
}

static int play(const struct settings *s, const char *url, const char *tokens, const char *bank)
{
    static struct place places[COUNT_OF(stories)];
    struct demo_outcome outcomes[COUNT_OF(stories)];
    struct demo_api api;

    if (!find_places(s, places) || !demo_api_init(&api, url, bank, tokens))
        return CTL_FAILED;
    printf("Three cases at %s. The people are made up, the places are real; times count from the "
           "call.\n",
           url);
    bool ok = true;
    for (size_t i = 0; ok && i < COUNT_OF(stories); i++)
        ok = demo_story_play(&api, &stories[i], (int)i + 1, places[i].code, &outcomes[i]);
    ok = ok && compare_with_bank(&api, outcomes);
    demo_api_release(&api);
    if (ok)
        printf("\nAll three cases went the whole way (三个个案全部办结).\n");
    return ok ? CTL_OK : CTL_FAILED;
}

static int print_places(const struct settings *s)
{
    static struct place places[COUNT_OF(stories)];

    if (!find_places(s, places))
        return CTL_FAILED;
    for (size_t i = 0; i < COUNT_OF(stories); i++)
        printf("%s %s\n", places[i].code, places[i].name);
    return CTL_OK;
}

int ctl_demo(int argc, char **argv, const struct settings *s)
{
    const char *url = NULL, *tokens = NULL, *bank = NULL;
    bool places = false;
    const struct ctl_option options[] = {
        {"url", &url, NULL},
        {"tokens", &tokens, NULL},
        {"bank", &bank, NULL},
        {"places", NULL, &places},
    };

    if (!ctl_options(&argc, argv, options, COUNT_OF(options)))
        return CTL_USAGE;
    if (argc != 1 || (!places && (url == NULL || tokens == NULL || bank == NULL)))
        return ctl_usage(usage);
    if (strncmp(s->region, "52", 2) != 0) {
        ctl_complain("the demo's places lie in Guizhou (520000), this site serves %s: no demo here",
                     s->region);
        return CTL_FAILED;
    }
    return places ? print_places(s) : play(s, url, tokens, bank);
}
