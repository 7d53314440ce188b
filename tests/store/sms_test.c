/* Messages, conversations and the outbox in a real store. */
#include "tests/store/fixture.h"

#include "queue/store/calls_sms.h"

#define PHONE "00112233445566778899aabbccddeeff"
#define OTHER_PHONE "ffeeddccbbaa99887766554433221100"
#define WORDS "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define WINDOW_MS 60000
#define WRAPPED "012345678901234567890123456789012345678901234567890123456789" /* 60 bytes */

static struct sms_arrived arrived(const char *no, const char *key)
{
    return (struct sms_arrived){
        .key = slice_of(key),
        .no = slice_of(no),
        .provider = SLICE_LIT("kannel"),
        .from_hash = SLICE_LIT(PHONE),
        .same_hash = SLICE_LIT(WORDS),
        .received_ms = 1000,
        .part = 1,
        .parts = 1,
        .job_score = 1000,
        .wrapped_key = SLICE_LIT(WRAPPED),
        .sealed = SLICE_LIT("sealed"),
    };
}

static enum sms_taken take(const struct sms_arrived *m)
{
    enum sms_taken taken;
    sms_take_begin(store_fcall(store), REGION, WINDOW_MS, 2);
    sms_take_message(store_fcall(store), m);
    assert_ok(sms_take_read(send_call(), &taken, 1));
    return taken;
}

static enum sms_taken report_by(const char *provider, const char *key, const char *id,
                                const char *ref, const char *state, bool other)
{
    enum sms_taken taken;
    const struct sms_receipt r = {.key = slice_of(key),
                                  .provider = slice_of(provider),
                                  .id = slice_of(id),
                                  .provider_id = slice_of(ref),
                                  .state = slice_of(state),
                                  .other_channel = other};
    sms_take_begin(store_fcall(store), REGION, WINDOW_MS, 2);
    sms_take_receipt(store_fcall(store), &r);
    assert_ok(sms_take_read(send_call(), &taken, 1));
    return taken;
}

static enum sms_taken report(const char *key, const char *id, const char *ref, const char *state,
                             bool other)
{
    return report_by("kannel", key, id, ref, state, other);
}

/* A field of a hash, "" if there is none. */
static const char *at(const char *key, const char *name)
{
    static char text[4][512];
    static int turn;
    char *out = text[turn++ % 4];
    fcall_begin_plain(store_fcall(store));
    fcall_text(store_fcall(store), "HGET");
    char full[128];
    (void)snprintf(full, sizeof(full), "{%s}:%s", REGION, key);
    fcall_text(store_fcall(store), full);
    fcall_text(store_fcall(store), name);
    struct slice value = reply_text(send_call());
    assert_true(value.len < sizeof(text[0]));
    memcpy(out, value.ptr == NULL ? "" : value.ptr, value.len);
    out[value.len] = '\0';
    return out;
}

/* A key runs out. */
static void forget(const char *key)
{
    char full[128];
    (void)snprintf(full, sizeof(full), "{%s}:%s", REGION, key);
    fcall_begin_plain(store_fcall(store));
    fcall_text(store_fcall(store), "DEL");
    fcall_text(store_fcall(store), full);
    (void)send_call();
}

static struct sms_out out_of(const char *job, const char *id, const char *no)
{
    return (struct sms_out){.job_id = slice_of(job),
                            .id = slice_of(id),
                            .case_no = slice_of(no),
                            .template_name = SLICE_LIT("money-paid"),
                            .version = 2,
                            .to_hash = SLICE_LIT(PHONE),
                            .payload = SLICE_LIT("money|paid|100"),
                            .link = true,
                            .ask_word = SLICE_LIT("money"),
                            .ask_life_ms = 3600000};
}

static struct sms_begun begin(const struct sms_out *o)
{
    struct sms_begun begun;
    sms_begin_begin(store_fcall(store), REGION);
    sms_begin_add(store_fcall(store), o);
    assert_ok(sms_begin_read(send_call(), &begun, 1));
    return begun;
}

/* By the operator of `channel`: kannel, or twilio as the second one. Is it to go out through
 * channel `next` now? */
static bool sent_to(const char *id, const char *state, const char *ref, int64_t channel,
                    int64_t next)
{
    bool again = false;
    const struct sms_gone gone = {.id = slice_of(id),
                                  .state = state,
                                  .channel = channel,
                                  .parts = 1,
                                  .provider = slice_of(channel == 1 ? "twilio" : "kannel"),
                                  .provider_id = slice_of(ref),
                                  .case_no = slice_of(""),
                                  .next = next};
    sms_sent_begin(store_fcall(store), REGION);
    sms_sent_add(store_fcall(store), &gone);
    assert_ok(sms_sent_read(send_call(), &again, 1));
    return again;
}

static void sent(const char *id, const char *state, const char *ref, int64_t channel)
{
    assert_false(sent_to(id, state, ref, channel, 0));
}

/* ---- Incoming ---- */

static void a_message_is_taken_once_by_id_and_by_words(void **state)
{
    struct sms_arrived first = arrived(case_number(1), "aa01");
    (void)state;
    assert_int_equal(take(&first), SMS_TAKEN_NEW);
    assert_int_equal(take(&first), SMS_TAKEN_SEEN);
    struct sms_arrived again = arrived(case_number(2), "aa02"); /* the operator under a new id */
    assert_int_equal(take(&again), SMS_TAKEN_SAME);
    struct sms_arrived other = arrived(case_number(3), "aa03");
    other.same_hash = SLICE_LIT("b2");
    assert_int_equal(take(&other), SMS_TAKEN_NEW);
    assert_int_equal(set_size("q:sms:ready"), 2);
}

/* "1" and "1" a minute later; a longer text is the same whatever was asked in between. */
static void short_words_to_another_question_are_another_message(void **state)
{
    struct sms_arrived first = arrived(case_number(1), "aa01"),
                       wordy = arrived(case_number(4), "aa04");
    first.same_hash = SLICE_LIT("s1");
    (void)state;
    assert_int_equal(take(&first), SMS_TAKEN_NEW);
    assert_int_equal(take(&wordy), SMS_TAKEN_NEW);
    struct sms_out o = out_of("x:1", "x-1", case_number(9));
    assert_int_equal(begin(&o).leave, SMS_LEAVE_SEND); /* asks a question */
    struct sms_arrived hasty = arrived(case_number(2), "aa02");
    hasty.same_hash = SLICE_LIT("s1");
    assert_int_equal(take(&hasty), SMS_TAKEN_SAME); /* nobody answers so fast */
    forget("same:s1");
    struct sms_arrived again = arrived(case_number(3), "aa03");
    again.same_hash = SLICE_LIT("s1");
    assert_int_equal(take(&again), SMS_TAKEN_NEW);
    struct sms_arrived wordy_again = arrived(case_number(5), "aa05");
    assert_int_equal(take(&wordy_again), SMS_TAKEN_SAME);
}

static void parts_come_in_any_order_and_are_kept_together(void **state)
{
    struct sms_arrived second = arrived(case_number(1), "aa01"),
                       first = arrived(case_number(2), "aa02");
    struct sms_loaded row;
    char home[CASE_NO_SIZE];
    (void)state;
    second.part_hash = first.part_hash = SLICE_LIT("cc");
    second.parts = first.parts = 2;
    second.part = 2;
    assert_int_equal(take(&second), SMS_TAKEN_NEW);
    assert_int_equal(take(&first), SMS_TAKEN_NEW);
    assert_int_equal(set_size("q:sms:ready"), 2); /* triage at once, and again when it is whole */
    (void)snprintf(home, sizeof(home), "%s", case_number(1));
    sms_load_begin(store_fcall(store), REGION);
    fcall_text(store_fcall(store), home);
    assert_ok(sms_load_read(send_call(), &row, 1));
    assert_true(row.found);
    assert_int_equal(row.part_count, 2);
    assert_slice(row.parts[0].no, case_number(2));
    assert_slice(row.parts[1].no, home);
    assert_slice(row.parts[1].sealed, "sealed");
}

static void what_is_malformed_stores_nothing(void **state)
{
    char digest[REDIS_DIGEST_SIZE];
    (void)state;
    mark_data(digest);
    struct sms_arrived bad[] = {arrived("12x", "aa"), arrived(case_number(1), "a b"),
                                arrived(case_number(1), "aa")};
    bad[2].part_hash = SLICE_LIT("cc");
    bad[2].part = 3;
    bad[2].parts = 2;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct sms_arrived good = arrived(case_number(7), "ab");
        sms_take_begin(store_fcall(store), REGION, WINDOW_MS, 1);
        sms_take_message(store_fcall(store), &good); /* all or nothing */
        sms_take_message(store_fcall(store), &bad[i]);
        assert_int_not_equal(send_for_err(), ERR_OK);
    }
    assert_unchanged(digest);
}

/* ---- The end of a message ---- */

static struct sms_end ending(const struct leased *l, const char *no)
{
    return (struct sms_end){
        .token = slice_of(l->token),
        .job_id = slice_of(l->ids[0]),
        .no = slice_of(no),
        .from_hash = SLICE_LIT(PHONE),
        .facts = SLICE_LIT("{}"),
        .sealed = SLICE_LIT("s"),
        .person_hash = SLICE_LIT(PHONE),
        .wrapped_key = SLICE_LIT(WRAPPED),
        .event_tail = SLICE_LIT(TAIL),
        .job_score = 1,
        .link = slice_of(no),
        .ask_word = SLICE_LIT("place"),
        .ask_case = slice_of(no),
        .ask_life_ms = 1000,
        .people_known = -1,
        .answer = SLICE_LIT("x~ask-place"),
        .answers_an_hour = 2,
        .wait_case = slice_of(""),
        .newest = slice_of(""),
    };
}

static enum sms_ended end(const struct sms_end *e)
{
    enum sms_ended ended;
    sms_end_write(store_fcall(store), REGION, e);
    assert_ok(sms_end_read(send_call(), &ended));
    return ended;
}

static void a_message_opens_its_case_and_ends_in_one_step(void **state)
{
    struct sms_arrived m = arrived(case_number(1), "aa01");
    struct leased l;
    (void)state;
    take(&m);
    lease(STAGE_SMS, 60000, 4, &l);
    assert_int_equal(l.n, 1);
    struct sms_end e = ending(&l, case_number(1));
    assert_int_equal(end(&e), SMS_ENDED_OK);
    assert_int_equal(state_of(case_number(1)), CASE_RECEIVED);
    assert_true(in_set("q:route:ready", case_number(1)));
    assert_int_equal(set_size("q:notify:ready"), 1);
    assert_int_equal(set_size("q:sms:leased"), 0);
    assert_string_equal(at("talk:" PHONE, "c"), case_number(1));
    assert_int_equal(end(&e), SMS_ENDED_STALE); /* a second time changes nothing */
    assert_int_equal(set_size("q:notify:ready"), 1);
}

static void a_lost_lease_changes_nothing(void **state)
{
    char digest[REDIS_DIGEST_SIZE];
    struct sms_arrived m = arrived(case_number(1), "aa01");
    struct leased l;
    (void)state;
    take(&m);
    lease(STAGE_SMS, 60000, 4, &l);
    struct sms_end e = ending(&l, case_number(1));
    e.token = SLICE_LIT("999");
    mark_data(digest);
    assert_int_equal(end(&e), SMS_ENDED_STALE);
    assert_unchanged(digest);
}

/* Two workers read two messages of one person before either has opened a case. */
static void two_messages_at_once_open_one_case(void **state)
{
    struct leased l;
    (void)state;
    for (int i = 1; i <= 2; i++) {
        char key[8];
        (void)snprintf(key, sizeof(key), "a%d", i);
        struct sms_arrived m = arrived(case_number(i), key);
        m.same_hash = slice_of(key);
        take(&m);
    }
    lease(STAGE_SMS, 60000, 1, &l);
    struct sms_end first = ending(&l, l.ids[0]);
    assert_int_equal(end(&first), SMS_ENDED_OK);
    lease(STAGE_SMS, 60000, 1, &l);
    struct sms_end second = ending(&l, l.ids[0]); /* it has read that there is no case */
    assert_int_equal(end(&second), SMS_ENDED_CHANGED);
    assert_int_equal(set_size("q:route:ready"), 1);
    assert_int_equal(set_size("q:sms:leased"), 1);
}

static void two_machines_that_answer_each_other_are_cut(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        char key[8], words[8];
        struct leased l;
        (void)snprintf(key, sizeof(key), "a%d", i);
        (void)snprintf(words, sizeof(words), "b%d", i);
        struct sms_arrived m = arrived(case_number(i + 1), key);
        m.same_hash = slice_of(words);
        take(&m);
        lease(STAGE_SMS, 60000, 1, &l);
        struct sms_end e = ending(&l, case_number(i + 1));
        e.newest = slice_of(at("talk:" PHONE, "c"));
        e.newest.len = e.newest.len > 22 ? 22 : e.newest.len; /* the first of the list */
        e.life_safety = i == 3;                               /* has as many answers again */
        assert_int_equal(end(&e), i < 2 || i == 3 ? SMS_ENDED_OK : SMS_ENDED_CUT);
    }
    assert_int_equal(set_size("q:notify:ready"), 3);
}

/* ---- Outbox ---- */

static void a_message_goes_out_once(void **state)
{
    struct sms_out o = out_of("x:1", "x-1", case_number(1));
    (void)state;
    assert_int_equal(begin(&o).tries, 1);
    assert_int_equal(begin(&o).tries, 2); /* nobody has said that it went out */
    sent("x-1", "accepted", "", 0);
    assert_int_equal(begin(&o).leave, SMS_LEAVE_SENT);
    assert_string_equal(at("out:x-1", "t"), "money-paid");
    assert_string_equal(at("out:x-1", "tv"), "2");
    assert_string_equal(at("out:x-1", "b"), "1");
}

static void final_receipts_win_whatever_the_order(void **state)
{
    struct sms_out o = out_of("x:1", "x-1", case_number(1));
    (void)state;
    begin(&o);
    sent("x-1", "accepted", "", 0);
    assert_int_equal(report("d1", "x-1", "", "delivered", false), SMS_TAKEN_OK);
    assert_int_equal(report("d2", "x-1", "", "buffered", false), SMS_TAKEN_SAME);
    assert_int_equal(report("d1", "x-1", "", "delivered", false), SMS_TAKEN_SEEN);
    assert_string_equal(at("out:x-1", "s"), "delivered");
}

static void a_receipt_that_comes_too_early_is_parked_and_joined(void **state)
{
    struct sms_out o = out_of("x:1", "x-1", case_number(1));
    (void)state;
    assert_int_equal(report("d1", "", "vendor-7", "delivered", false), SMS_TAKEN_PARKED);
    assert_int_equal(report("d2", "", "vendor-7", "buffered", false), SMS_TAKEN_PARKED);
    begin(&o);
    sent("x-1", "accepted", "vendor-7", 0);
    assert_string_equal(at("out:x-1", "s"), "delivered");
    assert_int_equal(report("d3", "", "vendor-7", "delivered", false),
                     SMS_TAKEN_SAME); /* days later */
}

static void a_message_that_failed_finally_goes_to_the_next_channel(void **state)
{
    struct sms_out o = out_of("x:1", "x-1", case_number(1));
    (void)state;
    begin(&o);
    sent("x-1", "accepted", "", 0);
    assert_int_equal(report("d1", "x-1", "", "failed", true), SMS_TAKEN_OK);
    assert_true(in_set("q:notify:ready", "x:1"));
    assert_int_equal(begin(&o).channel, 1);
    sent("x-1", "accepted", "", 1);
    assert_int_equal(report_by("twilio", "d2", "x-1", "", "failed", true),
                     SMS_TAKEN_OK); /* there is no third one */
    assert_string_equal(at("out:x-1", "s"), "failed");
}

static void bad_news_that_are_faster_than_the_answer_send_it_by_the_next_channel(void **state)
{
    struct sms_out o = out_of("x:1", "x-1", case_number(1));
    (void)state;
    begin(&o);
    assert_int_equal(report("d1", "x-1", "vendor-7", "failed", true), SMS_TAKEN_PARKED);
    assert_string_equal(at("out:x-1", "s"), "sending");
    assert_true(sent_to("x-1", "accepted", "vendor-7", 0, 1));
    struct sms_begun again = begin(&o);
    assert_int_equal(again.leave, SMS_LEAVE_SEND);
    assert_int_equal(again.channel, 1);
    sent("x-1", "accepted", "SM9", 1);
    assert_string_equal(at("out:x-1", "s"), "accepted");
}

static void bad_news_that_are_faster_than_the_answer_stand_where_there_is_no_next_channel(
    void **state)
{
    struct sms_out o = out_of("x:1", "x-1", case_number(1));
    (void)state;
    begin(&o);
    assert_int_equal(report("d1", "x-1", "", "failed", true), SMS_TAKEN_PARKED);
    sent("x-1", "accepted", "", 0);
    assert_string_equal(at("out:x-1", "s"), "failed");
}

static void bad_news_of_a_message_that_was_not_taken_do_not_end_it(void **state)
{
    struct sms_out o = out_of("x:1", "x-1", case_number(1));
    (void)state;
    begin(&o);
    assert_int_equal(report("d1", "x-1", "", "failed", true), SMS_TAKEN_PARKED);
    sent("x-1", "sending", "", 0); /* throttled: it is to go out later */
    assert_int_equal(begin(&o).leave, SMS_LEAVE_SEND);
    sent("x-1", "accepted", "", 0);
    assert_string_equal(at("out:x-1", "s"), "accepted");
}

static void bad_news_about_an_earlier_try_do_not_end_a_later_one(void **state)
{
    struct sms_out o = out_of("x:1", "x-1", case_number(1));
    (void)state;
    begin(&o);
    sent("x-1", "accepted", "vendor-7", 0);
    assert_int_equal(report("d1", "x-1", "vendor-7", "failed", true), SMS_TAKEN_OK);
    assert_int_equal(begin(&o).channel, 1);
    /* another code of the same failure, while the second operator has it in hand and after it was
     * taken */
    assert_int_equal(report("d2", "x-1", "vendor-7", "failed", true), SMS_TAKEN_PARKED);
    sent("x-1", "accepted", "SM9", 1);
    assert_int_equal(report("d3", "x-1", "vendor-7", "failed", true), SMS_TAKEN_SAME);
    assert_int_equal(report_by("twilio", "d4", "x-1", "SM8", "failed", true), SMS_TAKEN_SAME);
    assert_string_equal(at("out:x-1", "s"), "accepted");
    /* but that it has come is true whoever brought it */
    assert_int_equal(report("d5", "x-1", "vendor-7", "delivered", true), SMS_TAKEN_OK);
    assert_string_equal(at("out:x-1", "s"), "delivered");
}

static void an_answer_that_stayed_away_is_remembered(void **state)
{
    struct sms_out o = out_of("x:1", "x-1", case_number(1));
    (void)state;
    assert_false(begin(&o).unknown);
    sent("x-1", "unknown", "", 0);
    assert_true(begin(&o).unknown);
    sent("x-1", "sending", "", 0); /* throttled this time */
    struct sms_begun third = begin(&o);
    assert_true(third.unknown);
    assert_int_equal(third.tries, 3);
}

static void a_receipt_without_any_name_is_nobodys(void **state)
{
    (void)state;
    assert_int_equal(report("d1", "", "", "stopped", false), SMS_TAKEN_PARKED);
    assert_string_equal(at("park:kannel:", "s"), "");
}

static void a_wrong_number_hears_no_more_of_the_case(void **state)
{
    struct sms_arrived m = arrived(case_number(1), "aa01");
    struct sms_out o = out_of("x:1", "x-1", case_number(1));
    struct leased l;
    (void)state;
    begin(&o);
    take(&m);
    lease(STAGE_SMS, 60000, 1, &l);
    struct sms_end e = ending(&l, case_number(5));
    e.facts = e.link = slice_of("");
    e.unlink = true;
    assert_int_equal(end(&e), SMS_ENDED_OK);
    struct sms_out next = out_of("x:2", "x-2", case_number(1));
    assert_int_equal(begin(&next).leave, SMS_LEAVE_OFF);
    struct sms_out other = out_of("y:1", "y-1", case_number(2));
    assert_int_equal(begin(&other).leave, SMS_LEAVE_SEND);
}

/* ---- Clocks and officers ---- */

static void who_hears_nothing_is_told_by_itself(void **state)
{
    struct sms_out o;
    (void)state;
    receive(case_number(1), PHONE);
    o = out_of("x:1", "x-1", case_number(1));
    begin(&o);
    const struct sms_gone gone = {.id = SLICE_LIT("x-1"),
                                  .state = "accepted",
                                  .provider = SLICE_LIT("kannel"),
                                  .provider_id = slice_of(""),
                                  .case_no = slice_of(case_number(1)),
                                  .silence_ms = 1}; /* long ago */
    sms_sent_begin(store_fcall(store), REGION);
    sms_sent_add(store_fcall(store), &gone);
    (void)send_call();
    assert_int_equal(fire(8), 1);
    assert_int_equal(set_size("q:notify:ready"), 1);
    assert_int_equal(fire(8), 0); /* its message sets the next one */
}

static void an_officers_telephone_is_registered_and_taken_off(void **state)
{
    struct sms_officer o = {.township = SLICE_LIT(TOWN),
                            .hash = SLICE_LIT(OTHER_PHONE),
                            .actor = SLICE_LIT(OFFICER),
                            .sealed = SLICE_LIT("s"),
                            .wrapped_key = SLICE_LIT("k")};
    struct sms_officer row;
    (void)state;
    sms_officer_write(store_fcall(store), REGION, &o, SLICE_LIT(TAIL));
    (void)send_call();
    sms_officers_begin(store_fcall(store), REGION);
    fcall_text(store_fcall(store), TOWN);
    assert_ok(sms_officers_read(send_call(), &row, 1));
    assert_slice(row.actor, OFFICER);
    assert_string_equal(at("ophone:" OTHER_PHONE, "t"), TOWN);
    o.hash = slice_of("");
    sms_officer_write(store_fcall(store), REGION, &o, SLICE_LIT(TAIL));
    (void)send_call();
    assert_string_equal(at("ophone:" OTHER_PHONE, "t"), "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_message_is_taken_once_by_id_and_by_words, fixture_reset),
        cmocka_unit_test_setup(short_words_to_another_question_are_another_message, fixture_reset),
        cmocka_unit_test_setup(parts_come_in_any_order_and_are_kept_together, fixture_reset),
        cmocka_unit_test_setup(what_is_malformed_stores_nothing, fixture_reset),
        cmocka_unit_test_setup(a_message_opens_its_case_and_ends_in_one_step, fixture_reset),
        cmocka_unit_test_setup(a_lost_lease_changes_nothing, fixture_reset),
        cmocka_unit_test_setup(two_messages_at_once_open_one_case, fixture_reset),
        cmocka_unit_test_setup(two_machines_that_answer_each_other_are_cut, fixture_reset),
        cmocka_unit_test_setup(a_message_goes_out_once, fixture_reset),
        cmocka_unit_test_setup(final_receipts_win_whatever_the_order, fixture_reset),
        cmocka_unit_test_setup(a_receipt_that_comes_too_early_is_parked_and_joined, fixture_reset),
        cmocka_unit_test_setup(a_message_that_failed_finally_goes_to_the_next_channel,
                               fixture_reset),
        cmocka_unit_test_setup(bad_news_that_are_faster_than_the_answer_send_it_by_the_next_channel,
                               fixture_reset),
        cmocka_unit_test_setup(
            bad_news_that_are_faster_than_the_answer_stand_where_there_is_no_next_channel,
            fixture_reset),
        cmocka_unit_test_setup(bad_news_of_a_message_that_was_not_taken_do_not_end_it,
                               fixture_reset),
        cmocka_unit_test_setup(bad_news_about_an_earlier_try_do_not_end_a_later_one, fixture_reset),
        cmocka_unit_test_setup(an_answer_that_stayed_away_is_remembered, fixture_reset),
        cmocka_unit_test_setup(a_receipt_without_any_name_is_nobodys, fixture_reset),
        cmocka_unit_test_setup(a_wrong_number_hears_no_more_of_the_case, fixture_reset),
        cmocka_unit_test_setup(who_hears_nothing_is_told_by_itself, fixture_reset),
        cmocka_unit_test_setup(an_officers_telephone_is_registered_and_taken_off, fixture_reset),
    };
    return RUN_WITH_REDIS(tests);
}
