/* The stand-in bank's own readers: requests, fault menu, journal lines. The first byte chooses. */
#include <string.h>
#include "integrations/sandbox/bank_wire.h"
#include "integrations/sandbox/faults.h"
#include "integrations/sandbox/sms_box.h"

static void read_request(struct slice body, bool disburse)
{
    struct json *root = NULL;
    if (json_parse(body, &root, NULL) != ERR_OK) {
        return;
    }
    struct bank_request request;
    const char *fault =
        disburse ? bank_read_disburse(root, &request) : bank_read_status(root, &request);
    if (fault == NULL && disburse) {
        ASSERT(json_size(request.items) == request.count);
        for (const struct json *v = json_first(request.items); v != NULL; v = json_next(v)) {
            struct bank_order order = bank_read_order(v);
            int64_t amount_fen = -1;
            char tail[TAIL_LEN + 1];
            enum refusal refusal = bank_judge(&order, &amount_fen, tail);
            ASSERT(refusal != REFUSAL_NONE || amount_fen > 0);
            ASSERT(strnlen(tail, sizeof(tail)) <= TAIL_LEN);
        }
    }
    json_free(root);
}

static void read_lines(struct slice text)
{
    struct book book;
    book_init(&book, 1000000);
    while (text.ptr != NULL && text.len > 0) {
        if (book_read_line(&book, slice_cut(&text, '\n')) != ERR_OK) {
            break;
        }
        ASSERT(book.line_count == book.paid + book.returned);
    }
    book_release(&book);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct slice body = slice_make((const char *)data + 1, size - 1);
    switch (data[0] % 5) {
    case 0: read_request(body, true); break;
    case 1: read_request(body, false); break;
    case 2: read_lines(body); break;
    case 3: {
        static struct faults faults;
        faults.count = 0;
        enum err err = faults_add(&faults, body);
        ASSERT((err == ERR_OK) == (faults.count >= 1)); /* a seed puts several */
        break;
    }
    default: {
        struct sms_box box;
        if (sms_box_init(&box) == ERR_OK) {
            enum err err = sms_box_read_line(&box, body);
            ASSERT((err == ERR_OK) == (box.count == 1));
        }
        sms_box_release(&box);
        break;
    }
    }
    return 0;
}
