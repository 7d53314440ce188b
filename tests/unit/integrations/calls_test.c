/* Recorded frames of a switchboard: AMI (queue of Asterisk 16-22), ARI, and the generic form. */
#include <stdio.h>
#include "integrations/calls/calls.h"
#include "tests/support/test.h"

static struct arena arena;
static struct calls_batch batch;
static const char *why;

static enum err take(const char *body)
{
    arena_release(&arena);
    arena_init(&arena, 1 << 20);
    return calls_read(slice_of(body), slice_make(NULL, 0), &arena, &batch, &why);
}

/* 2019-05-16T09:46:40Z */
#define T0 INT64_C(1558000000000)

#define AMI_CALLER                                                                           \
    "Channel: PJSIP/trunk-00000011\r\nChannelState: 6\r\nChannelStateDesc: Up\r\n"           \
    "CallerIDNum: 13812341234\r\nCallerIDName: <unknown>\r\nConnectedLineNum: <unknown>\r\n" \
    "Language: zh\r\nAccountCode: \r\nContext: hotline\r\nExten: 12349\r\nPriority: 5\r\n"   \
    "Uniqueid: 1558000000.17\r\nLinkedid: 1558000000.17\r\n"

static const char AMI_DAY[] =
    "Asterisk Call Manager/5.0.2\r\n"
    "Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
    "Event: Newchannel\r\nTimestamp: 1558000000.000100\r\n" AMI_CALLER "\r\n"
    "Event: QueueCallerJoin\r\nTimestamp: 1558000001.500000\r\n" AMI_CALLER
    "Queue: relief\r\nPosition: 1\r\nCount: 1\r\n\r\n"
    "Event: AgentConnect\r\nTimestamp: 1558000009.250000\r\n" AMI_CALLER
    "DestChannel: PJSIP/desk3-00000012\r\nDestUniqueid: 1558000002.18\r\nQueue: relief\r\n"
    "MemberName: desk-3\r\nInterface: PJSIP/desk3\r\nRingTime: 3\r\nHoldTime: 8\r\n\r\n"
    "Event: VarSet\r\nTimestamp: 1558000009.300000\r\n" AMI_CALLER
    "Variable: MIXMONITOR_FILENAME\r\nValue: 2019/05/16/1558000000.17.wav\r\n\r\n"
    "Event: VarSet\r\nTimestamp: 1558000009.400000\r\n" AMI_CALLER
    "Variable: QUEUESTATUS\r\nValue: x\r\n\r\n"
    "Event: AgentComplete\r\nTimestamp: 1558000100.000000\r\n" AMI_CALLER
    "Queue: relief\r\nMemberName: desk-3\r\nHoldTime: 8\r\nTalkTime: 91\r\nReason: caller\r\n\r\n"
    "Event: Hangup\r\nTimestamp: 1558000100.100000\r\n" AMI_CALLER
    "Cause: 16\r\nCause-txt: Normal Clearing\r\n\r\n"
    "Event: Hangup\r\nTimestamp: 1558000100.200000\r\nChannel: PJSIP/desk3-00000012\r\n"
    "Uniqueid: 1558000002.18\r\nLinkedid: 1558000000.17\r\nCause: 16\r\n\r\n";

static void ami_frames_of_a_queue_call_become_its_events(void **state)
{
    (void)state;
    static const struct {
        enum call_kind kind;
        int64_t at_ms;
    } rows[] = {{CALL_OFFERED, T0 + 1500},
                {CALL_ANSWERED, T0 + 9250},
                {CALL_RECORDED, T0 + 9300},
                {CALL_ENDED, T0 + 100000},
                {CALL_ENDED, T0 + 100100}};
    assert_int_equal(take(AMI_DAY), ERR_OK);
    assert_int_equal(batch.count, COUNT_OF(rows));
    assert_int_equal(batch.ignored, 4); /* login, Newchannel, another variable, the agent's leg */
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct call_event *e = &batch.events[i];
        assert_int_equal(e->kind, rows[i].kind);
        assert_int_equal(e->at_ms, rows[i].at_ms);
        assert_slice(e->source, "pbx");
        assert_slice(e->call_id, "1558000000.17");
        assert_slice(e->caller, "13812341234");
    }
    assert_int_equal(batch.events[1].hold_s, 8);
    assert_slice(batch.events[1].agent, "desk-3");
    assert_slice(batch.events[1].queue, "relief");
    assert_slice(batch.events[2].recording_ref, "2019/05/16/1558000000.17.wav");
    assert_int_equal(batch.events[3].talk_s, 91);
    assert_int_equal(batch.events[3].end, CALL_END_CALLER);
    assert_int_equal(batch.events[4].end, CALL_END_UNKNOWN);
}

static void ami_abandoned_anonymous_and_broken_calls(void **state)
{
    (void)state;
    assert_int_equal(take("Event: QueueCallerAbandon\nCallerIDNum: anonymous\nUniqueid: 7.1\n"
                          "Queue: relief\nPosition: 2\nOriginalPosition: 2\nHoldTime: 31\n"),
                     ERR_OK); /* LF only, no empty line at the end, no Linkedid, no time */
    assert_int_equal(batch.count, 1);
    assert_int_equal(batch.events[0].kind, CALL_ABANDONED);
    assert_int_equal(batch.events[0].at_ms, 0);
    assert_int_equal(batch.events[0].hold_s, 31);
    assert_int_equal(batch.events[0].caller.len, 0);
    assert_slice(batch.events[0].call_id, "7.1");
    assert_int_equal(take("Event: Hangup\r\nUniqueid: 7.1\r\nLinkedid: 7.1\r\nCause: 38\r\n\r\n"),
                     ERR_OK);
    assert_int_equal(batch.events[0].end, CALL_END_DROPPED);
}

static void ami_that_is_none_is_refused_as_a_whole(void **state)
{
    (void)state;
    static const char *const BODIES[] = {
        "",
        "   ",
        "hello",
        "Event: Hangup\r\nno colon here\r\n\r\n",
        "Event: QueueCallerJoin\r\nUniqueid: 1 2\r\n\r\n", /* a blank in an id */
        "Event: QueueCallerJoin\r\nUniqueid: 1.2\r\nTimestamp: yesterday\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(BODIES); i++) {
        assert_int_equal(take(BODIES[i]), ERR_INPUT);
        assert_true(why[0] != '\0');
    }
}

#define ARI_CHANNEL                                                                          \
    "\"channel\":{\"id\":\"1554148643.7\",\"name\":\"SIP/trunk-00000007\",\"state\":\"Up\"," \
    "\"caller\":{\"name\":\"\",\"number\":\"13812341234\"},\"connected\":{\"name\":\"\","    \
    "\"number\":\"\"},\"accountcode\":\"\",\"dialplan\":{\"context\":\"hotline\","           \
    "\"exten\":\"12349\",\"priority\":2},\"creationtime\":\"2019-04-01T19:57:23.290+0200\"," \
    "\"language\":\"zh\"}"

static void ari_events_become_the_same(void **state)
{
    (void)state;
    static const char BODY[] =
        "[{\"type\":\"StasisStart\",\"timestamp\":\"2019-04-01T19:57:23.302+0200\",\"args\":[],"
        "\"application\":\"hotline\",\"asterisk_id\":\"00:00:5e:00:53:01\"," ARI_CHANNEL "},"
        "{\"type\":\"ChannelEnteredBridge\",\"timestamp\":\"2019-04-01T19:57:24.000+0200\","
        "\"bridge\":{\"id\":\"b1\",\"bridge_type\":\"holding\"}," ARI_CHANNEL "},"
        "{\"type\":\"ChannelEnteredBridge\",\"timestamp\":\"2019-04-01T19:57:29.302+0200\","
        "\"bridge\":{\"id\":\"b2\",\"bridge_type\":\"mixing\"}," ARI_CHANNEL "},"
        "{\"type\":\"ChannelDtmfReceived\",\"digit\":\"1\"," ARI_CHANNEL "},"
        "{\"type\":\"RecordingFinished\",\"timestamp\":\"2019-04-01T19:58:00.000+0200\","
        "\"recording\":{\"name\":\"rec-7\",\"format\":\"wav\",\"state\":\"done\","
        "\"target_uri\":\"channel:1554148643.7\",\"duration\":31}},"
        "{\"type\":\"ChannelDestroyed\",\"timestamp\":\"2019-04-01T19:58:23.302+0200\","
        "\"cause\":16,\"cause_txt\":\"Normal Clearing\"," ARI_CHANNEL "}]";
    static const enum call_kind KINDS[] = {CALL_OFFERED, CALL_ANSWERED, CALL_RECORDED, CALL_ENDED};
    assert_int_equal(take(BODY), ERR_OK);
    assert_int_equal(batch.count, COUNT_OF(KINDS));
    assert_int_equal(batch.ignored, 2);
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        assert_int_equal(batch.events[i].kind, KINDS[i]);
        assert_slice(batch.events[i].call_id, "1554148643.7");
    }
    assert_int_equal(batch.events[0].at_ms, INT64_C(1554141443302)); /* 17:57:23.302Z */
    assert_slice(batch.events[0].caller, "13812341234");
    assert_slice(batch.events[0].called, "12349");
    assert_slice(batch.events[2].recording_ref, "rec-7");
}

static void the_generic_form_says_it_in_its_own_words(void **state)
{
    (void)state;
    assert_int_equal(
        take("{\"source\":\"pbx-2\",\"call_id\":\"c1\",\"event\":\"ended\",\"ts\":"
             "\"2026-03-01T09:30:00+08:00\",\"caller\":{\"number\":\"13812341234\","
             "\"presentation\":\"allowed\"},\"agent_id\":\"desk-3\",\"hold_s\":12,\"talk_s\":0,"
             "\"ended_by\":\"dropped\",\"recording_ref\":\"r\"}"),
        ERR_OK);
    const struct call_event *e = &batch.events[0];
    assert_slice(e->source, "pbx-2");
    assert_slice(e->caller, "13812341234");
    assert_int_equal(e->at_ms, INT64_C(1772328600000));
    assert_int_equal(e->hold_s, 12);
    assert_int_equal(e->talk_s, 0);
    assert_int_equal(e->end, CALL_END_DROPPED);
}

static void a_withheld_number_is_not_kept(void **state)
{
    (void)state;
    static const char *const CALLERS[] = {
        "\"anonymous\"",
        "\"Restricted\"",
        "\"\"",
        "null",
        "{\"number\":\"13812341234\",\"presentation\":\"restricted\"}",
        "{\"presentation\":\"unavailable\"}"};
    for (size_t i = 0; i < COUNT_OF(CALLERS); i++) {
        char body[300];
        snprintf(body, sizeof(body),
                 "{\"call_id\":\"c\",\"event\":\"abandoned\",\"ts\":\"2026-03-01T09:30:00Z\","
                 "\"caller\":%s}",
                 CALLERS[i]);
        assert_int_equal(take(body), ERR_OK);
        assert_int_equal(batch.events[0].caller.len, 0);
    }
}

static void generic_events_with_faults_are_refused(void **state)
{
    (void)state;
    static const char *const BODIES[] = {
        "{\"event\":\"offered\",\"ts\":\"2026-03-01T09:30:00Z\"}",
        "{\"call_id\":\"c\",\"event\":\"rang\",\"ts\":\"2026-03-01T09:30:00Z\"}",
        "{\"call_id\":\"c\",\"event\":\"offered\",\"ts\":\"2026-03-01T09:30:00\"}",
        "{\"call_id\":\"c\",\"event\":\"offered\"}",
        "{\"call_id\":\"c\",\"event\":\"offered\",\"ts\":\"2026-03-01T09:30:00Z\",\"hold_s\":-2}",
        "{\"call_id\":\"c\",\"event\":\"offered\",\"ts\":\"2026-03-01T09:30:00Z\",\"hold_s\":"
        "86401}",
        "{\"call_id\":\"c\",\"event\":\"offered\",\"ts\":\"2026-03-01T09:30:00Z\",\"more\":1}",
        "{\"call_id\":\"c\",\"event\":\"offered\",\"ts\":\"2026-03-01T09:30:00Z\",\"source\":\"a|"
        "b\"}",
        "[1]",
        "{\"call_id\":",
        "[{\"call_id\":\"c\",\"event\":\"offered\",\"ts\":\"2026-03-01T09:30:00Z\"},{}]",
    };
    for (size_t i = 0; i < COUNT_OF(BODIES); i++) {
        assert_int_equal(take(BODIES[i]), ERR_INPUT);
    }
}

static void a_request_holds_64_events_and_not_one_more(void **state)
{
    (void)state;
    struct buf body;
    buf_init(&body, 65536);
    for (int i = 0; i < CALLS_EVENTS_MAX; i++) {
        buf_putf(&body, "Event: QueueCallerJoin\r\nUniqueid: 1.%d\r\n\r\n", i);
    }
    assert_int_equal(take(body.ptr), ERR_OK);
    assert_int_equal(batch.count, CALLS_EVENTS_MAX);
    buf_put_text(&body, "Event: QueueCallerJoin\r\nUniqueid: 2.1\r\n\r\n");
    assert_int_equal(take(body.ptr), ERR_TOO_LARGE);
    buf_release(&body);
}

static void times_in_all_the_forms_peers_write(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t at_ms; /* -1: refused */
    } rows[] = {{"2019-04-01T19:57:23.302+0200", INT64_C(1554141443302)},
                {"2019-04-01T19:57:23.302+02:00", INT64_C(1554141443302)},
                {"2019-04-01T17:57:23.302Z", INT64_C(1554141443302)},
                {"1558000000.123456", INT64_C(1558000000123)},
                {"1558000000.5", INT64_C(1558000000500)},
                {"1558000000", INT64_C(1558000000000)},
                {"1558000000.", -1},
                {"1558000000.1x", -1},
                {"0", -1},
                {"", -1},
                {"2019-04-01T19:57:23.302", -1},
                {"2019-04-01T19:57:23+9900", -1},
                {"2019-13-01T19:57:23+0200", -1},
                {"999999999999999", -1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t at = -1;
        enum err err = calls_time(slice_of(rows[i].text), &at);
        assert_int_equal(err, rows[i].at_ms < 0 ? ERR_INPUT : ERR_OK);
        assert_int_equal(at, rows[i].at_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ami_frames_of_a_queue_call_become_its_events),
        cmocka_unit_test(ami_abandoned_anonymous_and_broken_calls),
        cmocka_unit_test(ami_that_is_none_is_refused_as_a_whole),
        cmocka_unit_test(ari_events_become_the_same),
        cmocka_unit_test(the_generic_form_says_it_in_its_own_words),
        cmocka_unit_test(a_withheld_number_is_not_kept),
        cmocka_unit_test(generic_events_with_faults_are_refused),
        cmocka_unit_test(a_request_holds_64_events_and_not_one_more),
        cmocka_unit_test(times_in_all_the_forms_peers_write),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failed;
}
