#include "parts.h"

#include <ctype.h>

static void add(struct forms *f, struct str name, enum step step)
{
    if (f->count < FORMS_MAX && name.size)
        f->items[f->count++] = (struct form){name, step};
}

static struct str last(const struct forms *f)
{
    return f->items[f->count - 1].name;
}

static bool digits(struct str text, size_t from, size_t count)
{
    if (text.size < from + count)
        return false;
    for (size_t i = from; i < from + count; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return true;
}

static void strip_gateway(struct forms *f)
{
    for (int i = 0; i < 4; i++) {
        struct str name = last(f);
        const char *slash = name.size ? memchr(name.at, '/', name.size) : NULL;
        if (!slash)
            return;
        add(f, str_from(name, (size_t)(slash - name.at) + 1), STEP_GATEWAY_PREFIX);
    }
}

static void strip_variant(struct forms *f)
{
    static const char *const variants[] = {":free",     ":online",   ":nitro", ":floor",
                                           ":extended", ":thinking", ":exacto"};
    struct str name = last(f);

    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        struct str suffix = str_of(variants[i]);
        if (name.size > suffix.size &&
            str_eq(str_from(name, name.size - suffix.size), suffix))
            add(f, (struct str){name.at, name.size - suffix.size}, STEP_VARIANT);
    }
}

static void strip_at(struct forms *f)
{
    struct str name = last(f);
    const char *at = memchr(name.at, '@', name.size);

    if (at)
        add(f, (struct str){name.at, (size_t)(at - name.at)}, STEP_AT_VERSION);
}

/* "ft:gpt-4o-2024-08-06:org::id" is priced as "ft:gpt-4o-2024-08-06": a tuned model
 * has a price of its own, so the "ft:" stays. */
static void strip_fine_tuned(struct forms *f)
{
    struct str name = last(f);
    const char *colon;

    if (!str_starts(name, STR("ft:")))
        return;
    colon = memchr(name.at + 3, ':', name.size - 3);
    if (colon)
        add(f, (struct str){name.at, (size_t)(colon - name.at)}, STEP_FINE_TUNED);
}

static void strip_region(struct forms *f)
{
    static const char *const regions[] = {"us.", "eu.", "apac.",   "global.",
                                          "jp.", "au.", "us-gov.", "ca."};
    struct str name = last(f);

    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++) {
        struct str prefix = str_of(regions[i]);
        if (!str_starts(name, prefix))
            continue;
        f->region = (struct str){name.at, prefix.size - 1};
        add(f, str_from(name, prefix.size), STEP_REGION_PREFIX);
        return;
    }
}

/* "-v1:0", "-v2". */
static void strip_version(struct forms *f)
{
    struct str name = last(f);
    size_t at = name.size;

    while (at > 0 && (digits(name, at - 1, 1) || name.at[at - 1] == ':'))
        at--;
    if (at == name.size || at < 3 || name.at[at - 1] != 'v' || name.at[at - 2] != '-')
        return;
    add(f, (struct str){name.at, at - 2}, STEP_VERSION);
}

/* "-20250929", "-2025-09-29". */
static void strip_date(struct forms *f)
{
    struct str name = last(f);
    size_t size = name.size;

    if (size > 9 && name.at[size - 9] == '-' && digits(name, size - 8, 8))
        add(f, (struct str){name.at, size - 9}, STEP_DATE);
    else if (size > 11 && name.at[size - 11] == '-' && digits(name, size - 10, 4) &&
             name.at[size - 6] == '-' && digits(name, size - 5, 2) &&
             name.at[size - 3] == '-' && digits(name, size - 2, 2))
        add(f, (struct str){name.at, size - 11}, STEP_DATE);
}

void price_forms(struct forms *out, struct str model)
{
    size_t size = model.size < sizeof out->text ? model.size : sizeof out->text;

    out->count = 0;
    out->region = (struct str){NULL, 0};
    for (size_t i = 0; i < size; i++)
        out->text[i] = (char)tolower((unsigned char)model.at[i]);
    add(out, (struct str){out->text, size}, STEP_NONE);
    if (out->count == 0)
        return;
    strip_gateway(out);
    strip_variant(out);
    strip_at(out);
    strip_fine_tuned(out);
    strip_region(out);
    strip_version(out);
    strip_date(out);
}
