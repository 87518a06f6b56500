/* Bodies that their sender signs, as webhooks do. */
#include "internal.h"
#include "spendwarden/hash.h"

static bool is_header_name(struct str name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return false;
    }
    return name.size > 0;
}

static bool refuse(struct diags *diags, const struct source *s, const char *why)
{
    diags_add(diags, "sources", 0, 0, "source \"%.*s\": signature: %s", STR_ARG(s->name),
              why);
    return false;
}

bool source_compile_signature(struct source *s, const struct source_options *options,
                              struct diags *diags)
{
    struct str header = options->signature_header;

    if (header.size)
        s->signature_header = arena_cstr(&s->arena, header);
    if (s->signature_header && !is_header_name(str_of(s->signature_header)))
        return refuse(diags, s,
                      "the header has other bytes than letters, digits, - and _");
    if (!options->signature_secrets.size)
        return !header.size || refuse(diags, s, "a header needs a secret_file");
    if (!s->signature_header)
        return refuse(diags, s, "needs a header: the source has none of its own");
    s->signature_secrets = arena_copy(&s->arena, options->signature_secrets);
    return s->signature_secrets.size || refuse(diags, s, "no memory");
}

const char *source_signature_header(const struct source *s)
{
    return s->signature_secrets.size ? s->signature_header : NULL;
}

static struct str next_line(struct str *rest)
{
    const char *end = memchr(rest->at, '\n', rest->size);
    struct str line = {rest->at, end ? (size_t)(end - rest->at) : rest->size};

    *rest = str_from(*rest, end ? line.size + 1 : line.size);
    while (line.size && (line.at[line.size - 1] == '\r' || line.at[line.size - 1] == ' '))
        line.size--;
    return line;
}

bool source_signed(const struct source *s, struct str body, const char *header_value)
{
    char given[SHA256_TEXT_SIZE] = {0}, wanted[SHA256_TEXT_SIZE];
    struct str rest = s->signature_secrets;
    struct str value = str_of(header_value ? header_value : "");
    bool fits = false;

    if (!rest.size)
        return true;
    if (str_starts(value, STR("sha256=")))
        value = str_from(value, 7);
    if (!is_hex_digits(value, SHA256_TEXT_SIZE - 1))
        return false;
    for (size_t i = 0; i < value.size; i++)
        given[i] = (char)(value.at[i] | ' '); /* hex digits in lower case */
    while (rest.size) {
        struct str secret = next_line(&rest);
        if (!secret.size)
            continue;
        hmac_sha256_text(wanted, secret, body);
        fits |= equal_in_constant_time(str_of(given), str_of(wanted));
    }
    return fits;
}
