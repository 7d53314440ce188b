/* Resident identity numbers, GB 11643-1999. */
#include "queue/domain/id_number.h"

#include <string.h>
#include "queue/base/clock.h"

char id_number_check_char(struct slice first17)
{
    static const int weight[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;

    if (first17.len != 17 || !slice_all_digits(first17))
        return 0;
    for (int i = 0; i < 17; i++)
        sum += weight[i] * (first17.ptr[i] - '0');
    return "10X98765432"[sum % 11];
}

static int number_at(struct slice text, size_t from, size_t len)
{
    int value = 0;

    for (size_t i = from; i < from + len; i++)
        value = value * 10 + (text.ptr[i] - '0');
    return value;
}

/* Provinces have 11..65 (with gaps nobody needs to know), 71 Taiwan; 81, 82, 83 are permits; 9x:
 * permanent residence cards of foreigners since 2023 carry 9 in front and another layout, but the
 * same check. */
static bool area_possible(int province)
{
    return (province >= 11 && province <= 71) || (province >= 81 && province <= 83);
}

static bool date_possible(int year, int month, int day, int64_t today_ms)
{
    int y, m, d;

    if (year < 1850 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    int64_t days = civil_to_days(year, month, day);
    civil_from_days(days, &y, &m, &d);
    if (y != year || m != month || d != day)
        return false;
    struct civil_time today = clock_civil_china(today_ms);
    return days <= civil_to_days(today.year, today.month, today.day);
}

static enum id_number_fault look(struct slice t, int64_t today_ms, struct id_number *id)
{
    if (t.len != 18)
        return ID_NUMBER_LENGTH;
    struct slice first17 = slice_make(t.ptr, 17);
    char last = t.ptr[17] == 'x' ? 'X' : t.ptr[17];
    if (!slice_all_digits(first17) || (last != 'X' && (last < '0' || last > '9')))
        return ID_NUMBER_CHARACTER;
    int province = number_at(t, 0, 2);
    if (!area_possible(province))
        return ID_NUMBER_AREA;
    id->birth_year = number_at(t, 6, 4);
    id->birth_month = number_at(t, 10, 2);
    id->birth_day = number_at(t, 12, 2);
    if (!date_possible(id->birth_year, id->birth_month, id->birth_day, today_ms))
        return ID_NUMBER_DATE;
    if (id_number_check_char(first17) != last)
        return ID_NUMBER_CHECK;
    id->male = (t.ptr[16] - '0') % 2 == 1;
    id->permit = province >= 81;
    memcpy(id->text, t.ptr, 17);
    id->text[17] = last;
    id->text[18] = '\0';
    return ID_NUMBER_OK;
}

enum err id_number_parse(struct slice text, int64_t today_ms, struct id_number *out,
                         enum id_number_fault *fault)
{
    struct id_number id;

    memset(&id, 0, sizeof id);
    enum id_number_fault found = look(slice_trim(text), today_ms, &id);
    if (fault != NULL)
        *fault = found;
    if (found != ID_NUMBER_OK)
        return ERR_INPUT;
    *out = id;
    return ERR_OK;
}

int id_number_age(const struct id_number *id, int64_t at_ms)
{
    struct civil_time t = clock_civil_china(at_ms);
    int age = t.year - id->birth_year;

    if (t.month < id->birth_month || (t.month == id->birth_month && t.day < id->birth_day))
        age--;
    return age < 0 ? 0 : age;
}

const char *id_number_fault_zh(enum id_number_fault fault)
{
    switch (fault) {
    case ID_NUMBER_OK: return "号码正确";
    case ID_NUMBER_LENGTH: return "身份号码应为18位，请核对位数";
    case ID_NUMBER_CHARACTER: return "身份号码前17位应为数字，最后一位为数字或X";
    case ID_NUMBER_AREA: return "身份号码前两位不是有效的地区代码，请核对";
    case ID_NUMBER_DATE: return "身份号码第7至14位不是有效的出生日期，请核对";
    case ID_NUMBER_CHECK: return "身份号码最后一位校验不符，请逐位核对";
    }
    return "身份号码有误";
}
