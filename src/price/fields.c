#include "parts.h"

#include <stdio.h>

static bool read_rate(const struct reading *r, const struct yaml_node *key,
                      const struct yaml_node *value, struct rates *out, const char *entry)
{
    const struct unit *unit = price_unit_by_key(key->text);
    struct rate rate;
    bool exact;

    if (!unit) {
        price_complain(r, key, "%s: unknown rate \"%.*s\"", entry, STR_ARG(key->text));
        return false;
    }
    if (value->kind != YAML_SCALAR ||
        !rate_parse(&rate, value->text, unit->per, &exact) || rate.picousd < 0) {
        price_complain(r, value, "%s: %.*s is not a price in USD that is 0 or more",
                       entry, STR_ARG(key->text));
        return false;
    }
    out->picousd[unit->field] = rate.picousd;
    return true;
}

bool price_read_rates(const struct reading *r, const struct yaml_node *node,
                      struct rates *out, const char *entry)
{
    bool ok = true;

    if (node->kind != YAML_MAP) {
        price_complain(r, node, "%s: rates must be a map of unit and price", entry);
        return false;
    }
    for (size_t i = 0; i < node->count; i++)
        ok &= read_rate(r, &node->keys[i], &node->values[i], out, entry);
    return ok;
}

static bool read_tier(const struct reading *r, const struct yaml_node *node,
                      const char *entry, struct context_tier *tier)
{
    const struct yaml_node *above = yaml_get(node, STR("above"));
    const struct yaml_node *rates = yaml_get(node, STR("rates"));

    if (!above || !rates || !yaml_int64(above, &tier->above) || tier->above < 0) {
        price_complain(r, node, "%s: a tier needs above (tokens) and rates", entry);
        return false;
    }
    return price_read_rates(r, rates, &tier->rates, entry);
}

/* Each bracket of each unit is a component of the charge. */
static bool too_many_brackets(const struct rates *base, size_t tiers)
{
    size_t units = 0;

    for (size_t i = 0; i < UNIT_COUNT; i++)
        units += base->picousd[i] >= 0;
    return units * (tiers + 1) > COMPONENTS_MAX;
}

bool price_read_tiers(const struct reading *r, const struct yaml_node *node,
                      struct entry *entry, const struct rates *base)
{
    size_t count = node ? node->count : 0;
    char id[NAME_SIZE_MAX];

    snprintf(id, sizeof id, "%.*s", STR_ARG(entry->id));
    if (node && (node->kind != YAML_LIST || count > STEPS_OF_TIERS_MAX)) {
        price_complain(r, node, "%s: tiers must be a list of at most %d", id,
                       STEPS_OF_TIERS_MAX);
        return false;
    }
    if (entry->graduated && too_many_brackets(base, count)) {
        price_complain(r, node, "%s: graduated: rates times brackets are more than %d",
                       id, COMPONENTS_MAX);
        return false;
    }
    entry->tiers = arena_zalloc(&r->book->arena, (count + 1) * sizeof *entry->tiers);
    if (!entry->tiers)
        return false;
    entry->tiers[0] = (struct context_tier){-1, *base};
    entry->tier_count = 1;
    for (size_t i = 0; i < count; i++) {
        struct context_tier *tier = &entry->tiers[i + 1];
        tier->rates = tier[-1].rates;
        if (node->values[i].kind != YAML_MAP || !read_tier(r, &node->values[i], id, tier))
            return false;
        if (tier->above <= tier[-1].above) {
            price_complain(r, &node->values[i], "%s: tiers must ascend by above", id);
            return false;
        }
        entry->tier_count++;
    }
    return true;
}

bool price_read_date(struct str text, int64_t *out_ns)
{
    char full[40];

    if (text.size != 10)
        return timestamp_parse(out_ns, text);
    snprintf(full, sizeof full, "%.*sT00:00:00Z", STR_ARG(text));
    return timestamp_parse(out_ns, str_of(full));
}

static bool read_clock(const struct yaml_node *node, int *minute)
{
    int64_t hours, minutes;

    if (!node || node->kind != YAML_SCALAR || node->text.size != 5 ||
        node->text.at[2] != ':')
        return false;
    if (!str_to_int64((struct str){node->text.at, 2}, &hours) ||
        !str_to_int64(str_from(node->text, 3), &minutes))
        return false;
    if (hours < 0 || hours > 24 || minutes < 0 || minutes > 59)
        return false;
    *minute = (int)(hours * 60 + minutes);
    return *minute <= 24 * 60;
}

static bool read_days(const struct yaml_node *days, unsigned *out)
{
    *out = days ? 0 : 0x7f;
    if (!days)
        return true;
    if (days->kind != YAML_LIST)
        return false;
    for (size_t i = 0; i < days->count; i++) {
        int64_t day;
        if (!yaml_int64(&days->values[i], &day) || day < 1 || day > 7)
            return false;
        *out |= 1u << (day - 1);
    }
    return true;
}

bool price_read_hours(const struct reading *r, const struct yaml_node *node,
                      struct hours *out)
{
    if (!read_clock(yaml_get(node, STR("start")), &out->start_minute) ||
        !read_clock(yaml_get(node, STR("end")), &out->end_minute) ||
        !read_days(yaml_get(node, STR("days")), &out->days)) {
        price_complain(r, node,
                       "schedule: start and end are \"HH:MM\" in UTC, days a "
                       "list of 1 (Monday) to 7");
        return false;
    }
    return true;
}
