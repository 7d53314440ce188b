/* Open311 GeoReport v2: its documents in JSON and XML, so that systems that speak it can hand in
 * requests and look at anonymised states. One writer for both forms: the caller says lists, items
 * and members, the form follows. XML is written by libxml2. Pure.
 *
 * Identifiers are strings also where the prose shows numbers, as the schemas demand. Source:
 * reference integrations 3.2. */
#ifndef INTEGRATIONS_OPEN311_OPEN311_H
#define INTEGRATIONS_OPEN311_OPEN311_H

#include <libxml/xmlwriter.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/json.h"

#define OPEN311_DEPTH_MAX 8
#define OPEN311_SPECIFICATION "http://wiki.open311.org/GeoReport_v2"
#define OPEN311_TYPE_XML "text/xml; charset=utf-8"
#define OPEN311_TYPE_JSON "application/json; charset=utf-8"

struct open311_out {
    bool xml;
    struct buf text; /* JSON goes straight in; XML at the end */
    struct json_out json;
    xmlBufferPtr buffer;
    xmlTextWriterPtr writer;
    enum err err; /* first failure; the rest is ignored */
    bool list[OPEN311_DEPTH_MAX];
    const char *item[OPEN311_DEPTH_MAX]; /* name of the items of a list, for XML */
    int depth;
};

void open311_begin(struct open311_out *o, bool xml);
/* The document's bytes, valid until open311_release(). ERR_NO_MEMORY, ERR_TOO_LARGE, ERR_INTERNAL.
 */
MUST_CHECK enum err open311_end(struct open311_out *o);
void open311_release(struct open311_out *o);

/* A list: in JSON an array (named inside an object), in XML <name> with an element `item` each. */
void open311_open_list(struct open311_out *o, const char *name, const char *item);
/* An object: inside a list named by it, else `name`. */
void open311_open(struct open311_out *o, const char *name);
void open311_close(struct open311_out *o); /* list or object */
/* A member, or (name NULL) an item of a list. */
void open311_text(struct open311_out *o, const char *name, struct slice value);
void open311_int(struct open311_out *o, const char *name, int64_t value);
void open311_bool(struct open311_out *o, const char *name, bool value);
void open311_null(struct open311_out *o, const char *name); /* XML: an empty element */

/* ---- Documents ---- */

/* [{"code": …, "description": …}] */
void open311_error(struct open311_out *o, int code, struct slice description);
struct open311_discovery {
    const char *url, *contact, *key_service, *changeset; /* changeset: RFC 3339 */
};
void open311_discovery_write(struct open311_out *o, const struct open311_discovery *d);
/* Texts NULL: null. */
struct open311_request {
    struct slice id;
    bool closed;
    const char *status_notes, *service_code, *service_name, *agency, *address;
    const char *requested, *updated; /* RFC 3339 */
};
/* Inside the list service_requests. What may tell who it is about is always null: description,
 * address below the township, coordinates, media. */
void open311_request_write(struct open311_out *o, const struct open311_request *r);

#endif
