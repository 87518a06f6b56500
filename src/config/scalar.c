/* Readers of single values. */
#include "reader.h"

#include <stdlib.h>
#include <sys/stat.h>

void complain_type(struct reader *r, const struct setting *s, const struct yaml_node *n,
                   const char *wanted)
{
    if (n->kind != YAML_SCALAR)
        complain(r, n, "%s: is a %s, must be %s", s->path,
                 n->kind == YAML_LIST ? "list" : "map", wanted);
    else if (yaml_is_null(n))
        complain(r, n, "%s: has no value, must be %s", s->path, wanted);
    else
        complain(r, n, "%s: \"%.*s\" is not %s", s->path, STR_ARG(n->text), wanted);
}

static bool is_name_byte(char c, bool first)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

    return letter || (!first && c >= '0' && c <= '9');
}

bool is_label_name(struct str name)
{
    return str_is_name(name) && !str_starts(name, STR("__"));
}

/* The text after "${" up to "}" if it can be a variable's name. */
static bool variable_in(struct str text, struct str *name)
{
    name->at = text.at;
    name->size = 0;
    while (name->size < text.size && is_name_byte(text.at[name->size], name->size == 0))
        name->size++;
    return name->size > 0 && name->size < text.size && text.at[name->size] == '}';
}

/* Adds the value of the variable that `text` begins with; returns what follows it. */
static struct str expand_one(struct reader *r, const struct setting *s,
                             const struct yaml_node *n, struct str text, struct buf *out)
{
    struct str name;

    if (!variable_in(text, &name)) {
        complain(r, n, "%s: \"${\" without a variable's name and \"}\"", s->path);
        return STR("");
    }
    char *terminated = arena_cstr(r->arena, name);
    const char *value = terminated ? getenv(terminated) : NULL;
    if (!value || !*value)
        complain(r, n, "%s: the environment variable %.*s is not set", s->path,
                 STR_ARG(name));
    else
        buf_add(out, str_of(value));
    return str_from(text, name.size + 1);
}

static const char *expanded(struct reader *r, const struct setting *s,
                            const struct yaml_node *n)
{
    size_t before = complaints(r);
    struct buf out = {0};
    struct str rest = n->text;

    for (const char *at; rest.size && (at = memmem(rest.at, rest.size, "${", 2));) {
        size_t literal = (size_t)(at - rest.at);
        buf_add(&out, (struct str){rest.at, literal});
        rest = expand_one(r, s, n, str_from(rest, literal + 2), &out);
    }
    buf_add(&out, rest);
    const char *text = NULL;
    if (out.size > TEXT_SETTING_MAX)
        complain(r, n, "%s: is longer than %d bytes", s->path, TEXT_SETTING_MAX);
    else if (complaints(r) == before && !out.failed)
        text = arena_cstr(r->arena, buf_str(&out));
    if (!text && complaints(r) == before)
        complain_memory(r);
    buf_release(&out);
    return text;
}

const char *text_of(struct reader *r, const struct setting *s, const struct yaml_node *n)
{
    if (n->kind != YAML_SCALAR || yaml_is_null(n)) {
        complain_type(r, s, n, "a text");
        return NULL;
    }
    if (n->text.size == 0 || n->text.size > TEXT_SETTING_MAX) {
        complain(r, n, "%s: must have 1 to %d bytes", s->path, TEXT_SETTING_MAX);
        return NULL;
    }
    if (!s->expands && memmem(n->text.at, n->text.size, "${", 2)) {
        complain(r, n, "%s: ${VAR} is not expanded here, only in URLs", s->path);
        return NULL;
    }
    return expanded(r, s, n);
}

void read_text(struct reader *r, const struct setting *s, const struct yaml_node *n,
               char *base)
{
    *(const char **)(base + s->offset) = text_of(r, s, n);
}

/* Takes out the first "NAME/../"; false: there is none. */
static bool drop_parent(char *path)
{
    for (char *up = strstr(path, "/../"); up; up = strstr(up + 1, "/../")) {
        char *name = memrchr(path, '/', (size_t)(up - path));
        name = name ? name + 1 : path;
        if (name == up || strncmp(name, "../", 3) == 0)
            continue;
        memmove(name, up + 4, strlen(up + 4) + 1);
        return true;
    }
    return false;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat one, other;

    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* Without "NAME/../" if that names the same file, which a link may prevent: these paths
 * stand in provenance and messages. */
static const char *shortened(struct reader *r, const char *path)
{
    char *tidy = keep_memory(r, strlen(path) + 1);

    if (!tidy)
        return NULL;
    memcpy(tidy, path, strlen(path) + 1);
    while (drop_parent(tidy))
        ;
    return is_same_file(tidy, path) ? tidy : path;
}

static const char *absolute(struct reader *r, const char *text)
{
    if (!text || text[0] == '/' || !*r->origin.directory)
        return text;
    size_t directory = strlen(r->origin.directory), size = strlen(text);
    char *path = keep_memory(r, directory + size + 1);
    if (!path)
        return NULL;
    memcpy(path, r->origin.directory, directory);
    memcpy(path + directory, text, size);
    return shortened(r, path);
}

const char *path_of(struct reader *r, const struct setting *s, const struct yaml_node *n)
{
    const char *path = absolute(r, text_of(r, s, n));

    keep_place(r, n, path);
    return path;
}

void read_path(struct reader *r, const struct setting *s, const struct yaml_node *n,
               char *base)
{
    *(const char **)(base + s->offset) = path_of(r, s, n);
}

/* http or https, a host, and nothing that would have to be escaped. */
static bool is_url(struct str text)
{
    struct str rest = str_from(text, str_starts(text, STR("https://")) ? 8 : 7);

    if (!str_starts(text, STR("http://")) && !str_starts(text, STR("https://")))
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] <= ' ' || text.at[i] == 0x7f || strchr("\"<>\\^`{|}", text.at[i]))
            return false;
    return rest.size > 0 && !strchr("/?#:@", rest.at[0]);
}

void read_url(struct reader *r, const struct setting *s, const struct yaml_node *n,
              char *base)
{
    const char *text = text_of(r, s, n);

    /* Not the expanded text: it may hold a password. */
    if (text && !is_url(str_of(text)))
        complain(r, n, "%s: \"%.*s\" is not a URL such as http://127.0.0.1:9093", s->path,
                 STR_ARG(n->text));
    else
        *(const char **)(base + s->offset) = text;
}

void read_flag(struct reader *r, const struct setting *s, const struct yaml_node *n,
               char *base)
{
    if (!yaml_bool(n, (bool *)(base + s->offset)))
        complain_type(r, s, n, "true or false");
}

typedef bool quantity_parser(struct str text, int64_t *out);

static bool parse_duration(struct str text, int64_t *out)
{
    return duration_parse(out, text);
}

static bool parse_size(struct str text, int64_t *out)
{
    static const struct {
        struct str suffix;
        int64_t bytes;
    } units[] = {{{"KiB", 3}, 1 << 10}, {{"MiB", 3}, 1 << 20}, {{"GiB", 3}, 1 << 30}};
    int64_t unit = 1, number;

    for (size_t i = 0; i < sizeof units / sizeof *units && text.size > 3; i++)
        if (str_eq(str_from(text, text.size - 3), units[i].suffix)) {
            unit = units[i].bytes;
            text.size -= 3;
        }
    return str_to_int64(text, &number) && !__builtin_mul_overflow(number, unit, out);
}

static bool within_bounds(struct reader *r, const struct setting *s,
                          const struct yaml_node *n, quantity_parser *parse,
                          int64_t value)
{
    int64_t bound;

    if (s->least && parse(str_of(s->least), &bound) && value < bound)
        complain(r, n, "%s: %.*s is below the least, %s", s->path, STR_ARG(n->text),
                 s->least);
    else if (s->most && parse(str_of(s->most), &bound) && value > bound)
        complain(r, n, "%s: %.*s is above the most, %s", s->path, STR_ARG(n->text),
                 s->most);
    else
        return true;
    return false;
}

static void read_quantity(struct reader *r, const struct setting *s,
                          const struct yaml_node *n, char *base, quantity_parser *parse,
                          const char *wanted)
{
    int64_t value;

    bool number = parse == str_to_int64;

    /* "10m" may be in quotes, "10" is then a text. */
    if (n->kind != YAML_SCALAR || (number && n->quoted) || !parse(n->text, &value)) {
        complain_type(r, s, n, wanted);
        return;
    }
    if (!within_bounds(r, s, n, parse, value))
        return;
    if (s->unit)
        value /= s->unit;
    /* Never negative, so that size_t and int64_t look alike. */
    if (s->size == sizeof(int))
        *(int *)(base + s->offset) = (int)value;
    else
        *(int64_t *)(base + s->offset) = value;
}

void read_number(struct reader *r, const struct setting *s, const struct yaml_node *n,
                 char *base)
{
    read_quantity(r, s, n, base, str_to_int64, "a whole number");
}

void read_duration(struct reader *r, const struct setting *s, const struct yaml_node *n,
                   char *base)
{
    read_quantity(r, s, n, base, parse_duration, "a duration such as 30s, 10m or 1h30m");
}

void read_size(struct reader *r, const struct setting *s, const struct yaml_node *n,
               char *base)
{
    read_quantity(r, s, n, base, parse_size, "a size such as 512KiB, 64MiB or 1GiB");
}

void read_choice(struct reader *r, const struct setting *s, const struct yaml_node *n,
                 char *base)
{
    int index = 0;

    for (const char *at = s->choices; n->kind == YAML_SCALAR; index++) {
        size_t size = strcspn(at, "|");
        if (str_eq(n->text, (struct str){at, size})) {
            *(int *)(base + s->offset) = index;
            return;
        }
        if (!at[size])
            break;
        at += size + 1;
    }
    complain_type(r, s, n, s->type);
}
