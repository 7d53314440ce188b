/* The file rail by hand, for the tests that let code of others judge it:
 *
 *     bankfile-tool pain001 N                  N orders as pain.001.001.09
 *     bankfile-tool read FILE                  what a pain.002, camt.053 or camt.054 says, a line each
 *     bankfile-tool create REGISTRY
 *     bankfile-tool sftp PORT USER KEY KNOWN_HOSTS REGISTRY ROOT disburse FROM N | collect
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integrations/http/http_client.h"
#include "integrations/pay/bankfile/bankfile_rail.h"
#include "integrations/pay/bankfile/camt.h"
#include "integrations/pay/bankfile/pain001.h"
#include "integrations/pay/bankfile/pain002.h"
#include "integrations/pay/bankfile/xml_read.h"
#include "queue/base/file.h"
#include "queue/domain/relief.h"

#define AT_MS INT64_C(1772328600000) /* 2026-03-01T09:30:00+08:00 */

static struct pay_order orders[BANKFILE_ORDERS_MAX];
static struct pay_result results[BANKFILE_ORDERS_MAX];

static int complain(const char *what, enum err err)
{
    fprintf(stderr, "%s: %s\n", what, err_code(err));
    return 1;
}

static void make_orders(size_t from, size_t n)
{
    static const char *const names[] = {"张三", "\xe4\xb6\xae\xf0\xac\xad\x8e", "阿依古丽·买买提", "A & B <\"C\"> 'D'"};
    for (size_t i = 0; i < n; i++) {
        orders[i] = (struct pay_order){
            .amount_fen = i == 0   ? 1
                          : i == 1 ? AMOUNT_FEN_MAX / 100
                                   : (int64_t)(i * 8051),
            .payee_fa = i % 2 == 0 ? SLICE_LIT("card:6222020000000000000@102100099996")
                                   : SLICE_LIT("account:1234567890@rural-bank"),
            .payee_name = slice_of(names[i % COUNT_OF(names)]),
            .note = i % 3 == 0 ? SLICE_LIT("") : SLICE_LIT("临时救助 <先行救助> & 补齐手续"),
        };
        snprintf(orders[i].id, sizeof(orders[i].id), "P%zu", from + i);
    }
}

static int print_pain001(size_t n)
{
    struct buf out;
    make_orders(1, n);
    const struct bankfile_batch batch = {
        .msg_id = "JJ20260301ABCDEF0123456789ABCD",
        .created_ms = AT_MS,
        .execute_ms = AT_MS,
        .payer_name = "某县民政局",
        .payer_account = "1234567890123456",
        .payer_bank = "103100000026",
        .purpose = "临时救助",
        .orders = orders,
        .count = n,
    };
    buf_init(&out, BANKFILE_FILE_MAX);
    enum err err = pain001_write(&batch, &out, NULL);
    if (err == ERR_OK) {
        (void)fwrite(out.ptr, 1, out.len, stdout);
    }
    buf_release(&out);
    return err == ERR_OK ? 0 : complain("pain001", err);
}

static void print_news(const struct pay_result *list, size_t n, const struct statement_line *lines, size_t line_count)
{
    for (size_t i = 0; i < n; i++) {
        printf("result %s %s %lld %s\n", list[i].id, pay_outcome_word(list[i].outcome), (long long)list[i].amount_fen,
               list[i].reason_code);
    }
    for (size_t i = 0; i < line_count; i++) {
        const struct statement_line *l = &lines[i];
        printf("line %s %lld %s%s%s %s\n", l->our_id[0] == '\0' ? "-" : l->our_id, (long long)l->amount_fen,
               l->side == STATEMENT_DEBIT ? "debit" : "credit", l->booked ? "" : " pending",
               l->returned ? " returned" : "", l->reason);
    }
}

static int read_one(const char *path)
{
    struct buf bytes;
    struct bankfile_news news = {0};
    struct bankfile_why why = {false, 0, ""};
    buf_init(&bytes, BANKFILE_FILE_MAX);
    enum err err = file_read(path, &bytes);
    if (err == ERR_OK) {
        err = xml_is_family(buf_slice(&bytes), PAIN002_FAMILY) ? pain002_read(buf_slice(&bytes), &news, &why)
                                                               : camt_read(buf_slice(&bytes), &news, &why);
    }
    if (err == ERR_OK) {
        print_news(news.results, news.result_count, news.lines, news.line_count);
        printf("odd %zu about %s group %s balanced %d\n", news.odd, news.about_msg_id,
               pay_outcome_word(news.group.outcome), news.head_count == 0 || news.heads[0].balanced);
    }
    bankfile_news_release(&news);
    buf_release(&bytes);
    return err == ERR_OK ? 0 : complain(why.text, err);
}

static struct drop_sftp_options sftp_options(char **args, char paths[4][256])
{
    static const char *const subs[] = {"out", "in", "in/done", "in/bad"};
    for (size_t i = 0; i < COUNT_OF(subs); i++) {
        snprintf(paths[i], 256, "%s/%s", args[5], subs[i]);
    }
    return (struct drop_sftp_options){
        .host = "127.0.0.1",
        .port = (int)strtol(args[0], NULL, 10),
        .user = args[1],
        .key_file = args[2],
        .passphrase = "",
        .known_hosts = args[3],
        .out_path = paths[0],
        .in_path = paths[1],
        .done_path = paths[2],
        .bad_path = paths[3],
    };
}

static int act(struct bankfile_rail *rail, int count, char **args)
{
    struct pay_rail pay = bankfile_pay_rail(rail);
    struct pay_collection c;
    enum err err = ERR_INPUT;
    if (count == 3 && strcmp(args[0], "disburse") == 0) {
        size_t n = (size_t)strtol(args[2], NULL, 10);
        make_orders((size_t)strtol(args[1], NULL, 10), n);
        err = pay.disburse(pay.self, orders, n, results);
        for (size_t i = 0; i < n && err == ERR_OK; i++) {
            printf("%s %s %s\n", results[i].id, pay_outcome_word(results[i].outcome), results[i].provider_ref);
        }
        size_t left = 0;
        if (err == ERR_OK) {
            err = bankfile_rail_deliver(rail, &left);
            printf("left %zu\n", left);
        }
    } else if (count == 1 && strcmp(args[0], "collect") == 0) {
        do {
            err = pay.collect(pay.self, &c);
            if (err == ERR_OK && c.source[0] != '\0') {
                printf("source %s\n", c.source);
                print_news(c.results, c.result_count, c.lines, c.line_count);
                err = pay.collect_done(pay.self);
            }
        } while (err == ERR_OK && c.source[0] != '\0');
    }
    return err == ERR_OK ? 0 : complain(args[0], err);
}

static int run_sftp(int count, char **args)
{
    char paths[4][256];
    struct drop drop;
    struct bankfile_rail *rail = NULL;
    struct drop_sftp_options sftp = sftp_options(args, paths);
    const struct bankfile_rail_options options = {
        .name = "bank",
        .msg_prefix = "JJ",
        .registry_folder = args[4],
        .payer_name = "某县民政局",
        .payer_account = "1234567890123456",
        .payer_bank = "103100000026",
        .purpose = "",
    };
    enum err err = http_client_setup();
    if (err == ERR_OK) {
        err = drop_sftp(&sftp, &drop);
    }
    if (err == ERR_OK) {
        err = bankfile_rail_new(&options, drop, &rail);
        if (err != ERR_OK) {
            drop.close(drop.self);
        }
    }
    int status = err == ERR_OK ? act(rail, count - 6, args + 6) : complain("sftp", err);
    bankfile_rail_free(rail);
    return status;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "pain001") == 0) {
        return print_pain001((size_t)strtol(argv[2], NULL, 10));
    }
    if (argc == 3 && strcmp(argv[1], "read") == 0) {
        return read_one(argv[2]);
    }
    if (argc == 3 && strcmp(argv[1], "create") == 0) {
        enum err err = registry_create(argv[2]);
        return err == ERR_OK ? 0 : complain("create", err);
    }
    if (argc >= 9 && strcmp(argv[1], "sftp") == 0) {
        return run_sftp(argc - 2, argv + 2);
    }
    fprintf(stderr, "see the comment at the top of bankfile_tool.c\n");
    return 2;
}
