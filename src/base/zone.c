#include "spendwarden/zone.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "spendwarden/timestamp.h"
#include "zone_rule.h"

enum {
    NAME_MAX_BYTES = 64,
    FILE_MAX_BYTES = 256 * 1024,
    TRANSITIONS_MAX = 8192,
    TYPES_MAX = 256,
    HEADER_SIZE = 44,
    TYPE_SIZE = 6,
    OFFSET_MAX_SECONDS = 26 * 3600,
    SECONDS_PER_DAY = 86400,
};

struct transition {
    int64_t at; /* seconds since 1970 UTC */
    int32_t offset;
};

struct zone {
    char name[NAME_MAX_BYTES + 1];
    int32_t first_offset; /* before the first transition */
    bool has_rule;        /* for times after the last one */
    struct zone_rule rule;
    size_t count;
    struct transition transitions[];
};

/* The counts of a TZif header. */
struct header {
    uint32_t utc_flags, std_flags, leaps, times, types, chars;
};

static uint64_t big_endian(const char *at, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++)
        value = value << 8 | (unsigned char)at[i];
    return value;
}

static bool read_header(struct header *h, struct str bytes)
{
    if (bytes.size < HEADER_SIZE || !str_starts(bytes, STR("TZif")) || bytes.at[4] < '2')
        return false;
    *h = (struct header){
        .utc_flags = (uint32_t)big_endian(bytes.at + 20, 4),
        .std_flags = (uint32_t)big_endian(bytes.at + 24, 4),
        .leaps = (uint32_t)big_endian(bytes.at + 28, 4),
        .times = (uint32_t)big_endian(bytes.at + 32, 4),
        .types = (uint32_t)big_endian(bytes.at + 36, 4),
        .chars = (uint32_t)big_endian(bytes.at + 40, 4),
    };
    return h->times <= TRANSITIONS_MAX && h->types >= 1 && h->types <= TYPES_MAX &&
           h->leaps <= TRANSITIONS_MAX && h->chars <= TRANSITIONS_MAX &&
           h->utc_flags <= TYPES_MAX && h->std_flags <= TYPES_MAX;
}

/* Of the block that follows a header whose times have `width` bytes. */
static size_t block_size(const struct header *h, size_t width)
{
    return h->times * (width + 1) + h->types * (size_t)TYPE_SIZE + h->chars +
           h->leaps * (width + 4) + h->std_flags + h->utc_flags;
}

static bool read_offset(const char *types, int32_t *offset)
{
    *offset = (int32_t)(uint32_t)big_endian(types, 4);
    return *offset >= -OFFSET_MAX_SECONDS && *offset <= OFFSET_MAX_SECONDS;
}

/* `block` holds what block_size says. */
static bool read_block(struct zone *z, const struct header *h, struct str block)
{
    const char *indexes = block.at + h->times * (size_t)8;
    const char *types = indexes + h->times;

    if (!read_offset(types, &z->first_offset))
        return false;
    for (size_t i = 0; i < h->times; i++) {
        struct transition *t = &z->transitions[i];
        unsigned type = (unsigned char)indexes[i];
        t->at = (int64_t)big_endian(block.at + i * 8, 8);
        if (type >= h->types || !read_offset(types + type * TYPE_SIZE, &t->offset) ||
            (i > 0 && t->at <= t[-1].at))
            return false;
    }
    z->count = h->times;
    return true;
}

/* "\n" rule "\n"; an empty rule means that nothing is known of later times. */
static bool read_footer(struct zone *z, struct str footer)
{
    if (footer.size < 2 || footer.at[0] != '\n')
        return false;
    const char *end = memchr(footer.at + 1, '\n', footer.size - 1);
    if (!end)
        return false;
    struct str text = {footer.at + 1, (size_t)(end - footer.at) - 1};
    z->has_rule = text.size > 0;
    return text.size == 0 || zone_rule_parse(&z->rule, text);
}

bool zone_parse(struct zone **out, const char *name, struct str bytes, struct err *err)
{
    struct header h;
    struct zone *z = NULL;

    *out = NULL;
    if (strlen(name) > NAME_MAX_BYTES || !read_header(&h, bytes))
        goto bad;
    bytes = str_from(bytes, HEADER_SIZE + block_size(&h, 4));
    if (!read_header(&h, bytes))
        goto bad;
    bytes = str_from(bytes, HEADER_SIZE);
    size_t size = block_size(&h, 8);
    if (bytes.size < size)
        goto bad;
    z = calloc(1, sizeof *z + h.times * sizeof *z->transitions);
    if (!z)
        return err_set(err, ERR_MEMORY, "time zone %s: no memory", name);
    memcpy(z->name, name, strlen(name));
    if (!read_block(z, &h, bytes) || !read_footer(z, str_from(bytes, size)))
        goto bad;
    *out = z;
    return true;

bad:
    zone_free(z);
    return err_set(err, ERR_CONFIG, "time zone %.64s: no TZif file of version 2 or later",
                   name);
}

static bool name_is_safe(const char *name)
{
    size_t size = strlen(name);

    if (size == 0 || size > NAME_MAX_BYTES || name[0] == '/' || strstr(name, ".."))
        return false;
    for (const char *c = name; *c; c++)
        if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
            !(*c >= '0' && *c <= '9') && !strchr("_+-/", *c))
            return false;
    return true;
}

/* At most `room` bytes; -1 when there are more or it cannot be read. */
static ssize_t read_file(const char *path, char *into, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t size = 0;
    ssize_t got = -1;

    if (fd == -1)
        return -1;
    while (size < room && (got = read(fd, into + size, room - size)) > 0)
        size += (size_t)got;
    close(fd);
    return got == 0 ? (ssize_t)size : -1;
}

bool zone_load(struct zone **out, const char *name, struct err *err)
{
    char path[sizeof "/usr/share/zoneinfo/" + NAME_MAX_BYTES] = "/usr/share/zoneinfo/";

    *out = NULL;
    if (!name_is_safe(name))
        return err_set(err, ERR_CONFIG, "time zone \"%.64s\": not an IANA name", name);
    if (strcmp(name, "UTC") == 0) {
        *out = calloc(1, sizeof **out);
        if (!*out)
            return err_set(err, ERR_MEMORY, "time zone UTC: no memory");
        memcpy((*out)->name, "UTC", sizeof "UTC");
        return true;
    }
    memcpy(path + strlen(path), name, strlen(name) + 1);
    char *bytes = malloc(FILE_MAX_BYTES);
    if (!bytes)
        return err_set(err, ERR_MEMORY, "time zone %s: no memory", name);
    ssize_t size = read_file(path, bytes, FILE_MAX_BYTES);
    bool ok = size < 0 ? err_set(err, ERR_CONFIG, "time zone %s: %s cannot be read: %m",
                                 name, path)
                       : zone_parse(out, name, (struct str){bytes, (size_t)size}, err);
    free(bytes);
    return ok;
}

struct zone *zone_copy(const struct zone *z)
{
    size_t size = sizeof *z + z->count * sizeof *z->transitions;
    struct zone *copy = malloc(size);

    if (copy)
        memcpy(copy, z, size);
    return copy;
}

void zone_free(struct zone *z)
{
    free(z);
}

const char *zone_name(const struct zone *z)
{
    return z->name;
}

static int32_t offset_at(const struct zone *z, int64_t second)
{
    size_t low = 0, high = z->count; /* transitions at or before `second` */

    if (z->has_rule && (z->count == 0 || second >= z->transitions[z->count - 1].at))
        return zone_rule_offset(&z->rule, second);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (z->transitions[middle].at <= second)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? z->first_offset : z->transitions[low - 1].offset;
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

int32_t zone_offset(const struct zone *z, int64_t ns)
{
    return offset_at(z, floor_divide(ns, NS_PER_SECOND));
}

/* The first second at which the clock on the wall shows `local` or later. A clock changes
 * at most once in two days. */
static int64_t first_second(const struct zone *z, int64_t local)
{
    int32_t before = offset_at(z, local - SECONDS_PER_DAY);
    int32_t after = offset_at(z, local + SECONDS_PER_DAY);

    if (offset_at(z, local - before) == before)
        return local - before;
    if (offset_at(z, local - after) == after)
        return local - after;
    int64_t low = local - after, high = local - before; /* in a gap: where it ends */
    while (low + 1 < high) {
        int64_t middle = low + (high - low) / 2;
        if (offset_at(z, middle) == before)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* Days since 1970 of the first day of the period that holds `day`, or of the next one. */
static int64_t period_day(enum period period, unsigned start_day, int64_t day, bool next)
{
    if (period == PERIOD_DAY)
        return day + next;
    if (start_day == 0)
        start_day = START_DAY_USUAL;
    if (period == PERIOD_WEEK) { /* 1970-01-01 was a Thursday */
        int64_t shift = 4 - (int64_t)start_day;
        return floor_divide(day + shift, 7) * 7 - shift + (next ? 7 : 0);
    }
    struct civil date = civil_from_days(day);
    bool before = date.day < (int)start_day; /* it began in the month before */
    if (before && --date.month < 1)
        date = (struct civil){date.year - 1, 12, 1};
    if (next && ++date.month > 12)
        date = (struct civil){date.year + 1, 1, 1};
    date.day = (int)start_day;
    return civil_to_days(date);
}

static int64_t to_ns(int64_t second)
{
    int64_t ns;

    if (__builtin_mul_overflow(second, NS_PER_SECOND, &ns))
        return second < 0 ? INT64_MIN : INT64_MAX;
    return ns;
}

void zone_period(const struct zone *z, enum period period, unsigned start_day, int64_t ns,
                 int64_t *start, int64_t *end)
{
    int64_t second = floor_divide(ns, NS_PER_SECOND);
    int64_t day = floor_divide(second + offset_at(z, second), SECONDS_PER_DAY);
    int64_t first = period_day(period, start_day, day, false),
            next = period_day(period, start_day, day, true);
    int64_t end_second = first_second(z, next * SECONDS_PER_DAY);

    /* A clock that went back over midnight shows the old date once more. */
    if (second >= end_second) {
        first = next;
        next = period_day(period, start_day, next, true);
        end_second = first_second(z, next * SECONDS_PER_DAY);
    }
    *start = to_ns(first_second(z, first * SECONDS_PER_DAY));
    *end = to_ns(end_second);
}
