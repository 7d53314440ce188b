#include "integrations/sms/sms.h"

#include "queue/base/utf8.h"

#define GSM7_SINGLE 160
#define GSM7_PART 153
#define UCS2_SINGLE 70
#define UCS2_PART 67

/* The part of the GSM 03.38 default alphabet that is not ASCII. */
static const uint16_t GSM7_BEYOND_ASCII[] = {
    0x00A1, 0x00A3, 0x00A4, 0x00A5, 0x00A7, 0x00BF, 0x00C4, 0x00C5, 0x00C6, 0x00C7,
    0x00C9, 0x00D1, 0x00D6, 0x00D8, 0x00DC, 0x00DF, 0x00E0, 0x00E4, 0x00E5, 0x00E6,
    0x00E8, 0x00E9, 0x00EC, 0x00F1, 0x00F2, 0x00F6, 0x00F8, 0x00F9, 0x00FC, 0x0393,
    0x0394, 0x0398, 0x039B, 0x039E, 0x03A0, 0x03A3, 0x03A6, 0x03A8, 0x03A9,
};

/* Septets of one code point: 1, 2 (escape and character), or 0 if the alphabet does not have it. */
static size_t septets(uint32_t code)
{
    switch (code) {
    case '\f':
    case '^':
    case '{':
    case '}':
    case '\\':
    case '[':
    case '~':
    case ']':
    case '|':
    case 0x20AC: /* euro sign */ return 2;
    case '`': return 0;
    default: break;
    }
    if (code == '\n' || code == '\r' || (code >= 0x20 && code < 0x7f)) {
        return 1;
    }
    for (size_t i = 0; i < COUNT_OF(GSM7_BEYOND_ASCII); i++) {
        if (GSM7_BEYOND_ASCII[i] == code) {
            return 1;
        }
    }
    return 0;
}

static bool all_gsm7(struct slice text)
{
    while (text.len > 0) {
        if (septets(utf8_next(&text)) == 0) {
            return false;
        }
    }
    return true;
}

struct sms_size sms_measure(struct slice text)
{
    struct sms_size size = {.gsm7 = all_gsm7(text), .units = 0, .parts = 1};
    size_t part_units = size.gsm7 ? GSM7_PART : UCS2_PART;
    size_t in_part = 0;
    size_t parts = 1;
    while (text.len > 0) {
        uint32_t code = utf8_next(&text);
        size_t cost = size.gsm7 ? septets(code) : code > 0xFFFF ? 2 : 1;
        size.units += cost;
        if (in_part + cost >
            part_units) { /* a pair that does not fit goes to the next part whole */
            parts++;
            in_part = 0;
        }
        in_part += cost;
    }
    if (size.units > (size.gsm7 ? GSM7_SINGLE : UCS2_SINGLE)) {
        size.parts = parts;
    }
    return size;
}

size_t sms_billed(struct slice text)
{
    size_t count = utf8_count(text);
    return count <= UCS2_SINGLE ? 1 : (count + UCS2_PART - 1) / UCS2_PART;
}
