/* The small parts of the server: scanner, chunk decoder, address counts, deadlines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "server/http/address_count.h"
#include "server/http/chunk.h"
#include "server/http/deadline.h"
#include "server/http/head.h"

static const struct scan_limits limits = {
    .request_line_bytes = 64, .header_bytes = 64, .header_lines = 4};

/* Scan text in two pieces; the fault or FAULT_COUNT. *at: the length of the head. */
static enum http_fault_id scan(const char *text, size_t split, size_t *at)
{
    struct head_scan s;
    enum http_fault_id fault = FAULT_COUNT;
    head_scan_init(&s);
    enum scan_result result = head_scan(&s, slice_make(text, split), &limits, &fault);
    if (result == SCAN_MORE) {
        result = head_scan(&s, slice_of(text), &limits, &fault);
    }
    *at = result == SCAN_DONE ? s.at : 0;
    return result == SCAN_MORE ? FAULT_CUT : fault;
}

static void a_scan_is_the_same_at_every_split(void **state)
{
    static const struct {
        const char *text;
        enum http_fault_id fault;
        size_t len;
    } cases[] = {
        {"GET / HTTP/1.1\r\nA: b\r\n\r\nrest", FAULT_COUNT, 24},
        {"\r\nGET / HTTP/1.1\r\n\r\nrest", FAULT_COUNT, 20},
        {"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", FAULT_SYNTAX, 0},
        {"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", FAULT_SYNTAX, 0},
        {"GET /\x80 HTTP/1.1\r\n\r\n", FAULT_TARGET, 0},
        {"GET /56789.123456789.123456789.123456789.123456789.1234 HTTP/1.1\r\n\r\n", FAULT_COUNT,
         68},
        {"GET /56789.123456789.123456789.123456789.123456789.12345 HTTP/1.1\r\n\r\n",
         FAULT_TARGET_SIZE, 0},
        {"GET / HTTP/1.1\r\na:\r\nb:\r\nc:\r\nd:\r\n\r\n", FAULT_COUNT, 34},
        {"GET / HTTP/1.1\r\na:\r\nb:\r\nc:\r\nd:\r\ne:\r\n\r\n", FAULT_HEADER_SIZE, 0},
        {"GET / HTTP/1.1\r\nA: 456789.123456789.123456789.123456789.123456789.123456789.12\r\n\r\n",
         FAULT_COUNT, 82},
        {"GET / HTTP/1.1\r\nA: "
         "456789.123456789.123456789.123456789.123456789.123456789.123\r\n\r\n",
         FAULT_HEADER_SIZE, 0},
        {"GET / HTTP/1.1\r\nA: b\r\n", FAULT_CUT, 0},
        {"GETGETGETGETGETGETGETGETGETGETGET / HTTP/1.1\r\n\r\n", FAULT_SYNTAX, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t split = 0; split <= strlen(cases[i].text); split++) {
            size_t at;
            enum http_fault_id fault = scan(cases[i].text, split, &at);
            if (fault != cases[i].fault || at != cases[i].len) {
                fail_msg("case %zu split %zu: fault %d at %zu", i, split, (int)fault, at);
            }
        }
    }
}

/* Decode in pieces of `piece` bytes; out gets the body. */
static enum chunk_result decode(const char *text, size_t piece, size_t max, char *out, size_t *len)
{
    struct chunk_decoder d;
    enum chunk_result result = CHUNK_MORE;
    size_t size = strlen(text);
    chunk_init(&d);
    *len = 0;
    for (size_t at = 0; at < size && result == CHUNK_MORE;) {
        char bytes[256];
        size_t take = size - at < piece ? size - at : piece;
        size_t used;
        size_t made;
        memcpy(bytes, text + at, take);
        result = chunk_decode(&d, bytes, take, max, &used, &made);
        memcpy(out + *len, bytes, made);
        *len += made;
        at += used;
        assert_true(used <= take && made <= used);
    }
    return result;
}

static void chunks_decode_the_same_at_every_split(void **state)
{
    static const struct {
        const char *text;
        enum chunk_result result;
    } cases[] = {
        {"3\r\nabc\r\n00a\r\n0123456789\r\n0\r\n\r\nrest", CHUNK_DONE},
        {"D\r\nabc0123456789\r\n0\r\n\r\n", CHUNK_DONE},
        {"3\r\nabc\r\na\r\n0123456789\r\n", CHUNK_MORE},
        {"3\r\nabc\r\na\r\n0123456789\r\n1\r\n", CHUNK_TOO_LARGE},
        {"ffffffff\r\n", CHUNK_TOO_LARGE},
        {"00000000d\r\n", CHUNK_INVALID},
        {"3;x\r\n", CHUNK_INVALID},
        {"3\r\nabcd\r\n", CHUNK_INVALID},
        {"0\r\nX: y\r\n\r\n", CHUNK_INVALID},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t piece = 1; piece <= strlen(cases[i].text); piece++) {
            char out[256];
            size_t len;
            assert_int_equal(decode(cases[i].text, piece, 13, out, &len), cases[i].result);
            if (cases[i].result == CHUNK_DONE) {
                assert_int_equal(len, 13);
                assert_memory_equal(out, "abc0123456789", 13);
            }
        }
    }
}

static struct http_address address(unsigned char last, bool ipv6)
{
    struct http_address a = {.ipv6 = ipv6, .bytes = {10, 0, 0, last}};
    a.bytes[15] = last; /* inside of the /64, does not count */
    return a;
}

static void addresses_are_counted_apart(void **state)
{
    struct address_count counts;
    (void)state;
    assert_int_equal(address_count_init(&counts, 300, 12345), ERR_OK);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 256; i++) {
            struct http_address a = address((unsigned char)i, false);
            assert_int_equal(address_count_of(&counts, &a), round);
            address_count_add(&counts, &a);
        }
    }
    struct http_address six = address(7, true);
    assert_int_equal(address_count_of(&counts, &six), 0);
    /* Dropping in another order than adding moves entries about. */
    for (unsigned i = 0; i < 256; i += 2) {
        struct http_address a = address((unsigned char)i, false);
        for (int n = 3; n > 0; n--) {
            assert_int_equal(address_count_of(&counts, &a), n);
            address_count_drop(&counts, &a);
        }
        assert_int_equal(address_count_of(&counts, &a), 0);
    }
    for (unsigned i = 0; i < 256; i++) {
        struct http_address a = address((unsigned char)i, false);
        assert_int_equal(address_count_of(&counts, &a), i % 2 == 0 ? 0 : 3);
    }
    address_count_release(&counts);
}

static void an_ipv6_network_is_one_customer(void **state)
{
    struct address_count counts;
    struct http_address a = {.ipv6 = true, .bytes = {0x20, 1, 0xd, 0xb8, [15] = 1}};
    struct http_address neighbour = a;
    struct http_address other = a;
    (void)state;
    neighbour.bytes[8] = 9;
    other.bytes[7] = 9;
    assert_int_equal(address_count_init(&counts, 4, 1), ERR_OK);
    address_count_add(&counts, &a);
    assert_int_equal(address_count_of(&counts, &neighbour), 1);
    assert_int_equal(address_count_of(&counts, &other), 0);
    address_count_release(&counts);
}

static void deadlines_come_in_order_and_can_be_renewed(void **state)
{
    struct deadline_list list;
    struct deadline a = {.next = NULL};
    struct deadline b = {.next = NULL};
    (void)state;
    deadline_list_init(&list, 100);
    assert_null(deadline_first(&list));
    deadline_start(&list, &a, 0);
    deadline_start(&list, &b, 10);
    assert_ptr_equal(deadline_first(&list), &a);
    assert_int_equal(a.due_ms, 100);
    deadline_stop(&a);
    deadline_start(&list, &a, 20);
    assert_ptr_equal(deadline_first(&list), &b);
    deadline_list_shorten(&list, 30, 75);
    assert_int_equal(b.due_ms, 105);
    assert_int_equal(a.due_ms, 105);
    deadline_stop(&b);
    deadline_stop(&b);
    assert_ptr_equal(deadline_first(&list), &a);
    deadline_stop(&a);
    assert_null(deadline_first(&list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scan_is_the_same_at_every_split),
        cmocka_unit_test(chunks_decode_the_same_at_every_split),
        cmocka_unit_test(addresses_are_counted_apart),
        cmocka_unit_test(an_ipv6_network_is_one_customer),
        cmocka_unit_test(deadlines_come_in_order_and_can_be_renewed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
