/* XML of a bank, read with libxml2 as if it came from an enemy: no network, no document type (so no entities of its own
 * and no expansion), no huge documents, at most BANKFILE_FILE_MAX bytes, libxml2's depth limit (256), no error printed.
 * The only file that includes libxml2. Elements are matched by local name inside the document's own name space. */
#ifndef INTEGRATIONS_PAY_BANKFILE_XML_READ_H
#define INTEGRATIONS_PAY_BANKFILE_XML_READ_H

#include "integrations/pay/bankfile/bankfile.h"

#define XML_TEXT_MAX 512 /* bytes of an element's text that is looked at; longer is a fault of that element */

struct xml_doc;  /* owned: xml_close */
struct xml_node; /* borrowed from the document; NULL is "not there" in every call below */

/* Parse. `family` is the start of the wanted name space, e.g. "urn:iso:std:iso:20022:tech:xsd:camt.053.001.", behind
 * which two digits must follow; the root element is Document. ERR_INPUT with *why (may be NULL; why->incomplete when
 * the end tag of the root is missing), ERR_TOO_LARGE, ERR_NO_MEMORY. *out untouched on failure. */
MUST_CHECK enum err xml_open(struct slice bytes, const char *family, struct xml_doc **out, struct bankfile_why *why);
void xml_close(struct xml_doc *doc); /* NULL is allowed */
const struct xml_node *xml_root(const struct xml_doc *doc);
/* The name space that such a document declares, "" if none can be seen: to choose a reader. Looks at the first 4 KiB.
 */
bool xml_is_family(struct slice bytes, const char *family);

/* First child element of that name, and the next sibling of the same name. */
const struct xml_node *xml_child(const struct xml_node *node, const char *name);
const struct xml_node *xml_next(const struct xml_node *node);
/* Descend: "Refs/EndToEndId". */
const struct xml_node *xml_path(const struct xml_node *node, const char *path);
int xml_line(const struct xml_node *node);
/* The element's text without spaces around it, copied; "" when it is absent. False: too long for size, or it holds
 * elements. */
bool xml_text(const struct xml_node *node, char *out, size_t size);
/* An attribute the same way. */
bool xml_attribute(const struct xml_node *node, const char *name, char *out, size_t size);

/* An amount in CNY: decimal yuan with at most two decimals that are not zero, Ccy="CNY". ERR_INPUT otherwise. */
MUST_CHECK enum err xml_amount(const struct xml_node *node, int64_t *fen);
/* The date below a choice element <Dt> or <DtTm>: first instant of that China day. ERR_INPUT if absent or wrong. */
MUST_CHECK enum err xml_date(const struct xml_node *node, int64_t *date_ms);

#endif
