/* Answers and callbacks of a hostile bank: whatever comes, every result is one of ours, well
 * formed, and never more certain than the table allows. The first byte chooses the reader and the
 * HTTP status. */
#include <string.h>
#include "integrations/pay/g2p/g2p_callback.h"
#include "integrations/pay/g2p/g2p_codec.h"
#include "queue/domain/relief.h"

static void check(const struct pay_result *r)
{
    ASSERT(pay_id_valid(slice_make(r->id, strnlen(r->id, PAY_ID_SIZE))));
    ASSERT(r->outcome < PAY_OUTCOME_COUNT);
    ASSERT(r->amount_fen >= -1 && r->amount_fen <= AMOUNT_FEN_MAX);
    ASSERT(strnlen(r->reason_code, PAY_REASON_SIZE) < PAY_REASON_SIZE);
    ASSERT(strnlen(r->provider_ref, PAY_REF_SIZE) < PAY_REF_SIZE);
    ASSERT(!r->not_taken || r->outcome == PAY_UNKNOWN);
    for (const char *c = r->reason_code; *c != '\0'; c++) {
        ASSERT(*c > 0x20 && *c < 0x7f); /* it goes into records and logs */
    }
}

static void read_callback(struct slice body)
{
    static struct g2p_callback callback;
    enum err err = g2p_read_callback(body, &callback);
    ASSERT(err == ERR_OK || callback.count == 0);
    ASSERT(callback.count <= G2P_STATUSES_MAX);
    for (size_t i = 0; i < callback.count; i++) {
        check(&callback.results[i]);
        ASSERT(callback.results[i].outcome != PAY_NOT_FOUND && !callback.results[i].not_taken);
    }
}

static void read_answers(int status, struct slice body)
{
    static const char *const ids[] = {"P1", "P2", "P3"};
    struct pay_result results[3];
    struct g2p_oddities odd;
    g2p_read_ack(status, body, ids, 3, results);
    for (size_t i = 0; i < 3; i++) {
        check(&results[i]);
        ASSERT(strcmp(results[i].id, ids[i]) == 0);
        ASSERT(results[i].outcome == PAY_ACCEPTED || results[i].outcome == PAY_UNKNOWN);
        ASSERT(results[i].outcome == PAY_UNKNOWN || (status >= 200 && status <= 299));
    }
    g2p_read_query(status, body, ids, 3, results, &odd);
    for (size_t i = 0; i < 3; i++) {
        check(&results[i]);
        ASSERT(strcmp(results[i].id, ids[i]) == 0);
        ASSERT(!results[i].not_taken);
        ASSERT(results[i].outcome == PAY_UNKNOWN || (status >= 200 && status <= 299));
    }
}

static void read_sync(int status, struct slice body)
{
    static const char *const ids[] = {"P1", "P2", "P3"};
    struct pay_result results[3];
    struct g2p_oddities odd;
    g2p_read_sync(status, body, ids, 3, results, &odd);
    for (size_t i = 0; i < 3; i++) {
        check(&results[i]);
        ASSERT(strcmp(results[i].id, ids[i]) == 0);
        ASSERT(results[i].outcome != PAY_NOT_FOUND);
        ASSERT(results[i].outcome == PAY_UNKNOWN || (status >= 200 && status <= 299));
    }
}

/* RFC 9421's public test key: nobody here has the other half. */
static void verify(struct slice body)
{
    static struct sign_key *key;
    if (key == NULL) {
        enum err err = sign_key_public(
            SLICE_LIT("MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="), SIGN_ED25519,
            &key);
        ASSERT(err == ERR_OK);
    }
    const struct g2p_signer bank = {"bank", "b1", key};
    enum err err = g2p_verify(&bank, 1772328600, body);
    ASSERT(err != ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 200, 202, 400, 401, 429, 500, 503};
    if (size < 1) {
        return 0;
    }
    struct slice body = slice_make((const char *)data + 1, size - 1);
    if (data[0] % 2 == 0) {
        read_callback(body);
        verify(body);
    } else {
        read_answers(statuses[data[0] / 2 % 8], body);
        read_sync(statuses[data[0] / 2 % 8], body);
    }
    int64_t fen;
    if (g2p_read_amount(body, &fen) == ERR_OK) {
        struct buf text;
        buf_init(&text, 64);
        g2p_put_amount(&text, fen);
        int64_t again = -1;
        enum err err = g2p_read_amount(buf_slice(&text), &again);
        ASSERT(err == ERR_OK && again == fen);
        buf_release(&text);
    }
    return 0;
}
