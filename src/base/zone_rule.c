#include "zone_rule.h"

#include "spendwarden/timestamp.h"

enum { SECONDS_PER_DAY = 86400, HOURS_MAX = 167 };

static bool take(struct str *text, char byte)
{
    if (text->size == 0 || text->at[0] != byte)
        return false;
    *text = str_from(*text, 1);
    return true;
}

static bool take_number(struct str *text, int most, int *out)
{
    size_t digits = 0;

    *out = 0;
    while (digits < text->size && digits < 4 && text->at[digits] >= '0' &&
           text->at[digits] <= '9')
        *out = *out * 10 + (text->at[digits++] - '0');
    *text = str_from(*text, digits);
    return digits > 0 && *out <= most;
}

/* "CET" or "<+0330>". */
static bool take_name(struct str *text)
{
    bool quoted = take(text, '<');
    size_t size = 0;

    while (size < text->size) {
        char c = text->at[size];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || c == '+' || c == '-';
        if (!letter && !(quoted && other))
            break;
        size++;
    }
    *text = str_from(*text, size);
    return size >= 3 && (!quoted || take(text, '>'));
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(struct str *text, int32_t *seconds)
{
    bool negative = take(text, '-');
    int hours, minutes = 0, rest = 0;

    if (!negative)
        take(text, '+');
    if (!take_number(text, HOURS_MAX, &hours))
        return false;
    if (take(text, ':') && !take_number(text, 59, &minutes))
        return false;
    if (take(text, ':') && !take_number(text, 59, &rest))
        return false;
    *seconds = (hours * 3600 + minutes * 60 + rest) * (negative ? -1 : 1);
    return true;
}

static bool take_change(struct str *text, struct zone_change *c)
{
    *c = (struct zone_change){.kind = CHANGE_DAY, .second = 2 * 3600};
    if (take(text, 'M')) {
        c->kind = CHANGE_MONTH_WEEK;
        if (!take_number(text, 12, &c->month) || !take(text, '.') ||
            !take_number(text, 5, &c->week) || !take(text, '.') ||
            !take_number(text, 6, &c->weekday) || c->month < 1 || c->week < 1)
            return false;
    } else if (take(text, 'J')) {
        c->kind = CHANGE_JULIAN;
        if (!take_number(text, 365, &c->day) || c->day < 1)
            return false;
    } else if (!take_number(text, 365, &c->day)) {
        return false;
    }
    return !take(text, '/') || take_time(text, &c->second);
}

bool zone_rule_parse(struct zone_rule *out, struct str text)
{
    int32_t west;

    *out = (struct zone_rule){0};
    if (!take_name(&text) || !take_time(&text, &west))
        return false;
    out->standard = -west;
    if (text.size == 0)
        return true;
    out->has_summer = true;
    out->summer = out->standard + 3600;
    if (!take_name(&text))
        return false;
    if (text.size && text.at[0] != ',') {
        if (!take_time(&text, &west))
            return false;
        out->summer = -west;
    }
    return take(&text, ',') && take_change(&text, &out->start) && take(&text, ',') &&
           take_change(&text, &out->end) && text.size == 0;
}

/* Days since 1970 on which the change happens in `year`. */
static int64_t change_day(const struct zone_change *c, int year)
{
    int64_t first = civil_to_days((struct civil){year, 1, 1});
    int64_t march = civil_to_days((struct civil){year, 3, 1});

    if (c->kind == CHANGE_DAY)
        return first + c->day;
    if (c->kind == CHANGE_JULIAN) {
        bool after_leap_day = c->day >= 60 && march - first == 60;
        return first + c->day - 1 + after_leap_day;
    }
    int64_t month = civil_to_days((struct civil){year, c->month, 1});
    int64_t next = c->month == 12 ? civil_to_days((struct civil){year + 1, 1, 1})
                                  : civil_to_days((struct civil){year, c->month + 1, 1});
    /* 1970-01-01 was a Thursday, day 4. */
    int weekday = (int)(((month + 4) % 7 + 7) % 7);
    int64_t day = month + (c->weekday - weekday + 7) % 7 + (c->week - 1) * 7;
    return day < next ? day : day - 7;
}

int32_t zone_rule_offset(const struct zone_rule *rule, int64_t second)
{
    if (!rule->has_summer)
        return rule->standard;
    int64_t local = second + rule->standard;
    int64_t day = local / SECONDS_PER_DAY - (local % SECONDS_PER_DAY < 0);
    int year = civil_from_days(day).year;
    int64_t start = change_day(&rule->start, year) * SECONDS_PER_DAY +
                    rule->start.second - rule->standard;
    int64_t end =
        change_day(&rule->end, year) * SECONDS_PER_DAY + rule->end.second - rule->summer;
    bool summer =
        start < end ? second >= start && second < end : second >= start || second < end;
    return summer ? rule->summer : rule->standard;
}
