/* Open311: what a form becomes, what a query asks for, and the documents that go out. A form that
 * is taken is one JSON ticket with a place; times are ordered and not too far apart; whatever the
 * texts, a document is JSON, or XML that a parser reads back to the same text. First byte: what. */
#include <libxml/parser.h>
#include <string.h>
#include "integrations/open311/open311.h"
#include "queue/base/utf8.h"
#include "queue/domain/relief.h"
#include "server/open311_read.h"

#define NOW_MS INT64_C(1772328600000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- The form ---- */

static void check_ticket(const struct open311_form *f, struct slice text)
{
    struct json *root = NULL;
    struct slice word, name;
    double lat;
    ASSERT(json_parse(text, &root, NULL) == ERR_OK);
    const struct json *place = json_get(root, "place");
    ASSERT(json_string(json_get(root, "channel"), &word) == ERR_OK &&
           slice_is(word, "third_party"));
    ASSERT(json_string(json_get(root, "cause"), &word) == ERR_OK &&
           slice_eq(word, f->service_code));
    ASSERT(json_string(json_get(json_get(root, "reporter"), "name"), &name) == ERR_OK);
    ASSERT(name.len == f->last_name.len + f->first_name.len);
    ASSERT(json_string(json_get(place, "address"), &word) == ERR_OK && slice_eq(word, f->address));
    if (json_get(place, "lat") != NULL) {
        ASSERT(json_double(json_get(place, "lat"), -1e19, 1e19, &lat) == ERR_OK);
        ASSERT(json_double(json_get(place, "lng"), -1e19, 1e19, &lat) == ERR_OK);
    } else {
        ASSERT(f->address.len > 0);
    }
    json_free(root);
}

static void read_form(struct slice body)
{
    struct arena arena;
    struct open311_form f;
    struct buf text;
    const char *what;
    arena_init(&arena, (size_t)1 << 20);
    enum err err = open311_form_read(&arena, body, &f, &what);
    if (err == ERR_OK) {
        const struct slice texts[] = {f.address,   f.description, f.first_name,
                                      f.last_name, f.phone,       f.email};
        for (size_t i = 0; i < COUNT_OF(texts); i++) {
            ASSERT(utf8_valid(texts[i]) && texts[i].len < OPEN311_FIELD_MAX);
        }
        buf_init(&text, 8 * OPEN311_FIELD_MAX);
        open311_form_write(&f, &text);
        ASSERT(buf_err(&text) == ERR_OK);
        check_ticket(&f, buf_slice(&text));
        buf_release(&text);
    } else {
        ASSERT(err == ERR_INPUT || err == ERR_NOT_FOUND);
    }
    arena_release(&arena);
}

/* ---- The query ---- */

static void read_filter(struct slice query)
{
    struct open311_filter f = {.from_ms = -5};
    enum err err = open311_filter_read(query, NOW_MS, &f);
    if (err == ERR_OK) {
        ASSERT(f.from_ms >= 0 && f.from_ms <= f.to_ms &&
               f.to_ms - f.from_ms <= OPEN311_RANGE_MAX_MS);
        ASSERT(!(f.any_status && f.closed) && memchr(f.code, '\0', sizeof(f.code)) != NULL);
    } else {
        ASSERT(f.from_ms == -5 && (err == ERR_INPUT || err == ERR_TOO_LARGE));
    }
}

/* ---- Documents ---- */

static void write_document(struct open311_out *o, bool xml, struct slice text, const char *z)
{
    const struct open311_request r = {.id = text,
                                      .closed = xml,
                                      .status_notes = z,
                                      .service_code = z,
                                      .service_name = NULL,
                                      .agency = z,
                                      .address = z,
                                      .requested = "2026-03-01T09:30:00+08:00",
                                      .updated = NULL};
    open311_begin(o, xml);
    open311_open_list(o, "service_requests", "request");
    open311_request_write(o, &r);
    open311_open(o, NULL);
    open311_text(o, "token", text);
    open311_close(o);
    open311_close(o);
}

/* The text of the last <token>. XML makes a line feed of every carriage return that is not a
 * reference. */
static void check_xml(struct slice document, struct slice text)
{
    xmlDoc *doc = xmlReadMemory(document.ptr, (int)document.len, "d", NULL,
                                XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    ASSERT(doc != NULL);
    const xmlNode *root = xmlDocGetRootElement(doc);
    ASSERT(strcmp((const char *)root->name, "service_requests") == 0 && root->last != NULL);
    const xmlNode *token = root->last;
    while (token != NULL && strcmp((const char *)token->name, "token") != 0) {
        token = token->children != NULL ? token->children : token->next;
    }
    ASSERT(token != NULL);
    xmlChar *content = xmlNodeGetContent(token);
    ASSERT(content != NULL && slice_is(text, (const char *)content));
    xmlFree(content);
    xmlFreeDoc(doc);
}

/* What a text of ours may hold: UTF-8 without control characters. */
static bool plain(struct slice text)
{
    bool ok = utf8_valid(text);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        ok = ok && c >= ' ' && c != 0x7f;
    }
    return ok;
}

static void write_texts(struct slice text)
{
    char z[256];
    if (slice_copy(text, z, sizeof(z)) != ERR_OK) {
        return;
    }
    for (int xml = 0; xml < 2; xml++) {
        struct open311_out o;
        struct json *root = NULL;
        write_document(&o, xml == 1, text, z);
        enum err err = open311_end(&o);
        if (plain(text)) {
            ASSERT(err == ERR_OK);
            if (xml == 0) {
                struct slice told;
                ASSERT(json_parse(buf_slice(&o.text), &root, NULL) == ERR_OK);
                ASSERT(json_string(json_get(json_at(root, 1), "token"), &told) == ERR_OK &&
                       slice_eq(told, text));
                json_free(root);
            } else {
                check_xml(buf_slice(&o.text), text);
            }
        }
        open311_release(&o);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct slice rest = slice_make((const char *)data + 1, size - 1);
    switch (data[0] % 3) {
    case 0: read_form(rest); break;
    case 1: read_filter(rest); break;
    default: write_texts(rest); break;
    }
    return 0;
}
