#include "integrations/pay/bankfile/xml_read.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "queue/base/clock.h"
#include "queue/domain/money.h"

#define FAMILY_LOOK 4096
#define YUAN_DECIMALS 2

/* Opaque outside: the document is libxml2's own. */
static xmlDoc *doc_of(struct xml_doc *doc)
{
    return (xmlDoc *)(void *)doc;
}

static const xmlNode *node_of(const struct xml_node *node)
{
    return (const xmlNode *)(const void *)node;
}

static const struct xml_node *node_as(const xmlNode *node)
{
    return (const struct xml_node *)(const void *)node;
}

/* A document type is refused before anything of it is looked at. */
static void refuse_doctype(void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    (void)name;
    (void)external;
    (void)system;
    xmlParserCtxt *parser = ctx;
    bool *refused = parser->_private;
    *refused = true;
    xmlStopParser(parser);
}

/* Does the text end with the end tag of the root, whatever its prefix? */
static bool has_end(struct slice bytes)
{
    static const char tail[] = "Document>";
    bytes = slice_trim(bytes);
    return bytes.len >= sizeof(tail) - 1 &&
           memcmp(bytes.ptr + bytes.len - (sizeof(tail) - 1), tail, sizeof(tail) - 1) == 0;
}

static bool family_fits(const char *space, const char *family)
{
    size_t len = strlen(family);
    return strncmp(space, family, len) == 0 && strlen(space) == len + 2 && space[len] >= '0' && space[len] <= '9' &&
           space[len + 1] >= '0' && space[len + 1] <= '9';
}

static enum err check_root(xmlDoc *doc, const char *family, struct bankfile_why *why)
{
    const xmlNode *root = xmlDocGetRootElement(doc);
    if (root == NULL || root->ns == NULL || root->ns->href == NULL ||
        !family_fits((const char *)root->ns->href, family) || strcmp((const char *)root->name, "Document") != 0) {
        bankfile_why_set(why, root == NULL ? 0 : (int)xmlGetLineNo(root), "not a document of the expected kind");
        return ERR_INPUT;
    }
    return ERR_OK;
}

enum err xml_open(struct slice bytes, const char *family, struct xml_doc **out, struct bankfile_why *why)
{
    const int options =
        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA | XML_PARSE_COMPACT;
    if (bytes.len > BANKFILE_FILE_MAX) {
        bankfile_why_set(why, 0, "larger than 16 MiB");
        return ERR_TOO_LARGE;
    }
    if (bytes.len == 0 || !has_end(bytes)) {
        bankfile_why_set(why, 0, "the end tag of the document is missing");
        if (why != NULL) {
            why->incomplete = true;
        }
        return ERR_INPUT;
    }
    xmlParserCtxt *parser = xmlNewParserCtxt();
    if (parser == NULL) {
        return ERR_NO_MEMORY;
    }
    bool refused = false;
    parser->_private = &refused; /* the application's own place */
    parser->sax->internalSubset = refuse_doctype;
    parser->sax->externalSubset = refuse_doctype;
    xmlDoc *doc = xmlCtxtReadMemory(parser, bytes.ptr, (int)bytes.len, NULL, NULL, options);
    bool well = doc != NULL && parser->wellFormed != 0 && !refused;
    const xmlError *fault = xmlCtxtGetLastError(parser);
    bool no_memory = fault != NULL && fault->code == XML_ERR_NO_MEMORY;
    enum err err = well ? check_root(doc, family, why) : no_memory ? ERR_NO_MEMORY : ERR_INPUT;
    if (!well) {
        bankfile_why_set(why, fault == NULL ? 0 : fault->line,
                         refused ? "has a document type, which is forbidden" : "not well-formed XML");
    }
    if (err == ERR_OK) {
        *out = (struct xml_doc *)(void *)doc;
    } else if (doc != NULL) {
        xmlFreeDoc(doc);
    }
    xmlFreeParserCtxt(parser);
    return err;
}

void xml_close(struct xml_doc *doc)
{
    if (doc != NULL) {
        xmlFreeDoc(doc_of(doc));
    }
}

const struct xml_node *xml_root(const struct xml_doc *doc)
{
    return node_as(xmlDocGetRootElement((const xmlDoc *)(const void *)doc));
}

bool xml_is_family(struct slice bytes, const char *family)
{
    size_t look = bytes.len < FAMILY_LOOK ? bytes.len : FAMILY_LOOK;
    return look > 0 && memmem(bytes.ptr, look, family, strlen(family)) != NULL;
}

/* First element of that name in a row of siblings, in the name space of its parent's document. */
static const xmlNode *find(const xmlNode *node, const char *name, size_t len)
{
    for (; node != NULL; node = node->next) {
        if (node->type == XML_ELEMENT_NODE && node->ns != NULL && node->doc->children != NULL &&
            strlen((const char *)node->name) == len && memcmp(node->name, name, len) == 0) {
            const xmlNode *root = xmlDocGetRootElement(node->doc);
            if (root != NULL && root->ns != NULL && xmlStrEqual(node->ns->href, root->ns->href)) {
                return node;
            }
        }
    }
    return NULL;
}

const struct xml_node *xml_child(const struct xml_node *node, const char *name)
{
    return node == NULL ? NULL : node_as(find(node_of(node)->children, name, strlen(name)));
}

const struct xml_node *xml_next(const struct xml_node *node)
{
    const xmlNode *n = node_of(node);
    return n == NULL ? NULL : node_as(find(n->next, (const char *)n->name, strlen((const char *)n->name)));
}

const struct xml_node *xml_path(const struct xml_node *node, const char *path)
{
    struct slice rest = slice_of(path);
    while (node != NULL && rest.len > 0) {
        struct slice step = slice_cut(&rest, '/');
        node = node_as(find(node_of(node)->children, step.ptr, step.len));
    }
    return node;
}

int xml_line(const struct xml_node *node)
{
    return node == NULL ? 0 : (int)xmlGetLineNo(node_of(node));
}

/* Trimmed copy; false when it does not fit or has a control character. */
static bool copy_text(struct slice text, char *out, size_t size)
{
    text = slice_trim(text);
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < 0x20) {
            return false;
        }
    }
    return slice_copy(text, out, size) == ERR_OK;
}

bool xml_text(const struct xml_node *node, char *out, size_t size)
{
    char text[XML_TEXT_MAX];
    size_t len = 0;
    out[0] = '\0';
    if (node == NULL) {
        return true;
    }
    for (const xmlNode *n = node_of(node)->children; n != NULL; n = n->next) {
        if (n->type == XML_COMMENT_NODE || n->type == XML_PI_NODE) {
            continue;
        }
        if (n->type != XML_TEXT_NODE && n->type != XML_CDATA_SECTION_NODE) {
            return false;
        }
        size_t more = n->content == NULL ? 0 : strlen((const char *)n->content);
        if (more > sizeof(text) - len) {
            return false;
        }
        memcpy(text + len, n->content, more);
        len += more;
    }
    return copy_text(slice_make(text, len), out, size);
}

bool xml_attribute(const struct xml_node *node, const char *name, char *out, size_t size)
{
    out[0] = '\0';
    if (node == NULL) {
        return true;
    }
    for (const xmlAttr *a = node_of(node)->properties; a != NULL; a = a->next) {
        if (strcmp((const char *)a->name, name) == 0) {
            const xmlNode *n = a->children;
            bool plain = n == NULL || (n->type == XML_TEXT_NODE && n->next == NULL && n->content != NULL);
            return plain && (n == NULL || copy_text(slice_of((const char *)n->content), out, size));
        }
    }
    return true;
}

enum err xml_amount(const struct xml_node *node, int64_t *fen)
{
    char text[32];
    char currency[8];
    if (node == NULL || !xml_text(node, text, sizeof(text)) ||
        !xml_attribute(node, "Ccy", currency, sizeof(currency)) || strcmp(currency, "CNY") != 0 || text[0] == '-') {
        return ERR_INPUT;
    }
    size_t len = strlen(text);
    const char *point = strchr(text, '.');
    if (point != NULL) { /* "800.00000" is legal there and means 800.00; "800." does as well */
        size_t keep = (size_t)(point - text) + 1 + YUAN_DECIMALS;
        while (len > keep && text[len - 1] == '0') {
            len--;
        }
        if (text[len - 1] == '.') {
            len--;
        }
    }
    return money_parse(slice_make(text, len), fen);
}

static bool two_digits(const char *at, int *out)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9') {
        return false;
    }
    *out = (at[0] - '0') * 10 + at[1] - '0';
    return true;
}

/* "YYYY-MM-DD", optionally with a zone behind it as the schema allows, which is left out of account: a booking day is
 * the bank's own day. */
static enum err read_day(const char *text, int64_t *date_ms)
{
    int century = 0, year = 0, month = 0, day = 0;
    if (strlen(text) < 10 || !two_digits(text, &century) || !two_digits(text + 2, &year) || text[4] != '-' ||
        !two_digits(text + 5, &month) || text[7] != '-' || !two_digits(text + 8, &day)) {
        return ERR_INPUT;
    }
    year += century * 100;
    if (year < 1970 || year > 9990 || month < 1 || month > 12 || day < 1 || day > 31) {
        return ERR_INPUT;
    }
    int64_t days = civil_to_days(year, month, day);
    int y, m, d;
    civil_from_days(days, &y, &m, &d);
    if (y != year || m != month || d != day) {
        return ERR_INPUT;
    }
    *date_ms = days * MS_PER_DAY - CLOCK_CHINA_OFFSET_MS;
    return ERR_OK;
}

enum err xml_date(const struct xml_node *node, int64_t *date_ms)
{
    char text[48];
    int64_t at_ms = 0;
    if (xml_child(node, "Dt") != NULL) {
        return xml_text(xml_child(node, "Dt"), text, sizeof(text)) ? read_day(text, date_ms) : ERR_INPUT;
    }
    if (!xml_text(xml_child(node, "DtTm"), text, sizeof(text)) || text[0] == '\0') {
        return ERR_INPUT;
    }
    if (clock_parse_rfc3339(slice_of(text), &at_ms) == ERR_OK) {
        int64_t day_ms = (at_ms + CLOCK_CHINA_OFFSET_MS) % MS_PER_DAY;
        *date_ms = at_ms - day_ms;
        return ERR_OK;
    }
    return strlen(text) > 10 && text[10] == 'T' ? read_day(text, date_ms) : ERR_INPUT; /* no offset: the bank's day */
}
