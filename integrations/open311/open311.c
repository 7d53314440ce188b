#include "integrations/open311/open311.h"

#define DOCUMENT_MAX ((size_t)4 << 20)

static const xmlChar *x(const char *text)
{
    return (const xmlChar *)text;
}

static void check(struct open311_out *o, int rc)
{
    if (rc < 0 && o->err == ERR_OK) {
        o->err = ERR_NO_MEMORY;
    }
}

void open311_begin(struct open311_out *o, bool xml)
{
    *o = (struct open311_out){.xml = xml};
    buf_init(&o->text, DOCUMENT_MAX);
    json_out_init(&o->json, &o->text);
    if (xml) {
        o->buffer = xmlBufferCreate();
        o->writer = o->buffer == NULL ? NULL : xmlNewTextWriterMemory(o->buffer, 0);
        if (o->writer == NULL) {
            o->err = ERR_NO_MEMORY;
            return;
        }
        check(o, xmlTextWriterStartDocument(o->writer, NULL, "utf-8", NULL));
    }
}

enum err open311_end(struct open311_out *o)
{
    ASSERT(o->depth == 0);
    if (o->xml && o->err == ERR_OK) {
        check(o, xmlTextWriterEndDocument(o->writer));
        check(o, xmlTextWriterFlush(o->writer));
        buf_put(&o->text, xmlBufferContent(o->buffer), (size_t)xmlBufferLength(o->buffer));
    }
    return o->err != ERR_OK ? o->err : buf_err(&o->text);
}

void open311_release(struct open311_out *o)
{
    if (o->writer != NULL) {
        xmlFreeTextWriter(o->writer);
    }
    if (o->buffer != NULL) {
        xmlBufferFree(o->buffer);
    }
    buf_release(&o->text);
    *o = (struct open311_out){.xml = o->xml};
}

/* What a child is called here: in a list as its items are, and without a name in JSON. */
static const char *xml_name(const struct open311_out *o, const char *name)
{
    return o->depth > 0 && o->list[o->depth - 1] ? o->item[o->depth - 1] : name;
}

static const char *json_member(const struct open311_out *o, const char *name)
{
    return o->depth == 0 || o->list[o->depth - 1] ? NULL : name;
}

static void down(struct open311_out *o, const char *name, bool list, const char *item)
{
    ASSERT(o->depth < OPEN311_DEPTH_MAX);
    if (o->xml) {
        if (o->err == ERR_OK) {
            check(o, xmlTextWriterStartElement(o->writer, x(xml_name(o, name))));
        }
    } else if (list) {
        json_open_array(&o->json, json_member(o, name));
    } else {
        json_open_object(&o->json, json_member(o, name));
    }
    o->list[o->depth] = list;
    o->item[o->depth++] = item;
}

void open311_open_list(struct open311_out *o, const char *name, const char *item)
{
    down(o, name, true, item);
}

void open311_open(struct open311_out *o, const char *name)
{
    down(o, name, false, NULL);
}

void open311_close(struct open311_out *o)
{
    ASSERT(o->depth > 0);
    o->depth--;
    if (o->xml) {
        if (o->err == ERR_OK) {
            check(o, xmlTextWriterEndElement(o->writer));
        }
    } else if (o->list[o->depth]) {
        json_close_array(&o->json);
    } else {
        json_close_object(&o->json);
    }
}

static void element(struct open311_out *o, const char *name, struct slice value)
{
    struct buf text; /* libxml2 wants a NUL behind it */
    if (o->err != ERR_OK) {
        return;
    }
    buf_init(&text, value.len + 1);
    buf_put_slice(&text, value);
    o->err = buf_err(&text);
    if (o->err == ERR_OK) {
        check(o, xmlTextWriterWriteElement(o->writer, x(xml_name(o, name)),
                                           x(text.ptr == NULL ? "" : text.ptr)));
    }
    buf_release(&text);
}

void open311_text(struct open311_out *o, const char *name, struct slice value)
{
    if (o->xml) {
        element(o, name, value);
    } else {
        json_put_slice(&o->json, json_member(o, name), value);
    }
}

void open311_int(struct open311_out *o, const char *name, int64_t value)
{
    struct buf text;
    if (!o->xml) {
        json_put_int(&o->json, json_member(o, name), value);
        return;
    }
    buf_init(&text, 32);
    buf_put_int(&text, value);
    element(o, name, buf_slice(&text));
    buf_release(&text);
}

void open311_bool(struct open311_out *o, const char *name, bool value)
{
    if (o->xml) {
        element(o, name, slice_of(value ? "true" : "false"));
    } else {
        json_put_bool(&o->json, json_member(o, name), value);
    }
}

void open311_null(struct open311_out *o, const char *name)
{
    if (o->xml) {
        element(o, name, slice_make("", 0));
    } else {
        json_put_null(&o->json, json_member(o, name));
    }
}

/* ---- Documents ---- */

void open311_error(struct open311_out *o, int code, struct slice description)
{
    open311_open_list(o, "errors", "error");
    open311_open(o, NULL);
    open311_int(o, "code", code);
    open311_text(o, "description", description);
    open311_close(o);
    open311_close(o);
}

void open311_discovery_write(struct open311_out *o, const struct open311_discovery *d)
{
    open311_open(o, "discovery");
    open311_text(o, "changeset", slice_of(d->changeset));
    open311_text(o, "contact", slice_of(d->contact));
    open311_text(o, "key_service", slice_of(d->key_service));
    open311_open_list(o, "endpoints", "endpoint");
    open311_open(o, NULL);
    open311_text(o, "specification", slice_of(OPEN311_SPECIFICATION));
    open311_text(o, "url", slice_of(d->url));
    open311_text(o, "changeset", slice_of(d->changeset));
    open311_text(o, "type", SLICE_LIT("production"));
    open311_open_list(o, "formats", "format");
    open311_text(o, NULL, SLICE_LIT("text/xml"));
    open311_text(o, NULL, SLICE_LIT("application/json"));
    open311_close(o);
    open311_close(o);
    open311_close(o);
    open311_close(o);
}

static void text_or_null(struct open311_out *o, const char *name, const char *value)
{
    if (value == NULL) {
        open311_null(o, name);
    } else {
        open311_text(o, name, slice_of(value));
    }
}

void open311_request_write(struct open311_out *o, const struct open311_request *r)
{
    open311_open(o, NULL);
    open311_text(o, "service_request_id", r->id);
    open311_text(o, "status", slice_of(r->closed ? "closed" : "open"));
    text_or_null(o, "status_notes", r->status_notes);
    text_or_null(o, "service_name", r->service_name);
    text_or_null(o, "service_code", r->service_code);
    open311_null(o, "description");
    text_or_null(o, "agency_responsible", r->agency);
    open311_null(o, "service_notice");
    text_or_null(o, "requested_datetime", r->requested);
    text_or_null(o, "updated_datetime", r->updated);
    open311_null(o, "expected_datetime");
    text_or_null(o, "address", r->address);
    open311_null(o, "address_id");
    open311_null(o, "zipcode");
    open311_null(o, "lat");
    open311_null(o, "long");
    open311_null(o, "media_url");
    open311_close(o);
}
