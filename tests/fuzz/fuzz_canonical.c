/* The canonical form: what is written is valid JSON, means the same, and is its own canonical form.
 */
#include "queue/base/json_canonical.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *value = NULL;
    struct json *again = NULL;
    struct buf first, second;
    if (size == 0 || json_parse(slice_make((const char *)data, size), &value, NULL) != ERR_OK) {
        return 0;
    }
    buf_init(&first, (size_t)4 << 20);
    buf_init(&second, (size_t)4 << 20);
    enum err err = json_canonical(value, &first);
    ASSERT(err == ERR_OK || err == ERR_INPUT || err == ERR_NO_MEMORY || err == ERR_TOO_LARGE);
    if (err == ERR_OK) {
        err = json_parse(buf_slice(&first), &again, NULL);
        ASSERT(err == ERR_OK || err == ERR_NO_MEMORY);
    }
    if (err == ERR_OK) {
        err = json_canonical(again, &second);
        ASSERT(err == ERR_OK || err == ERR_NO_MEMORY);
        ASSERT(err != ERR_OK || slice_eq(buf_slice(&first), buf_slice(&second)));
    }
    json_free(value);
    json_free(again);
    buf_release(&first);
    buf_release(&second);
    return 0;
}
