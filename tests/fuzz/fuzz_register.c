/* Bytes in the name of the register, with and without its signature: nothing is believed without
 * it, and what is read is one of ours. */
#include "integrations/register/register.h"
#include "integrations/sign/base64.h"
#include "integrations/sign/hmac.h"

#define TOKEN "register-token"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice body = slice_make((const char *)data, size), no;
    struct register_result r;
    enum register_matter m;
    unsigned char mac[SHA256_BYTES];
    struct buf signature;
    ASSERT(register_result_read(body, body, SLICE_LIT(TOKEN), &r) == ERR_AUTH);
    buf_init(&signature, 128);
    if (hmac_sha256(SLICE_LIT(TOKEN), body, mac) == ERR_OK) {
        base64_encode(mac, sizeof(mac), &signature);
        if (register_result_read(body, buf_slice(&signature), SLICE_LIT(TOKEN), &r) == ERR_OK) {
            ASSERT(r.answer < REGISTER_ANSWER_COUNT && r.kind < REGISTER_KIND_COUNT);
            ASSERT(r.kind == REGISTER_NO_KIND || r.answer == REGISTER_RECOGNISED);
            ASSERT(strlen(r.id_hash) == REGISTER_HASH_HEX);
        }
    }
    buf_release(&signature);
    if (register_check_id_read(body, &no, &m) == ERR_OK) {
        ASSERT(slice_all_digits(no) && m < REGISTER_MATTER_COUNT);
    }
    return 0;
}
