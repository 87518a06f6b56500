/* How views answer: JSON as Prometheus' API has it, and CSV. */
#include "internal.h"

void text_json(struct buf *out, const char *name, struct str text)
{
    buf_format(out, "\"%s\":", name);
    buf_json(out, text);
    buf_byte(out, ',');
}

void time_json(struct buf *out, int64_t ns)
{
    char text[TIMESTAMP_TEXT_SIZE];

    timestamp_format(text, ns);
    buf_json(out, str_of(text));
}

void money_json(struct buf *out, struct money amount)
{
    char text[MONEY_TEXT_SIZE];

    money_format(text, amount);
    buf_json(out, str_of(text));
}

void begin_data(struct http_response *out)
{
    out->status = 200;
    out->content_type = "application/json";
    buf_add(&out->body, STR("{\"status\":\"success\",\"data\":"));
}

void end_data(struct http_response *out)
{
    buf_add(&out->body, STR("}\n"));
}

/* As a client may act on it. */
static const struct {
    unsigned status;
    const char *type;
} failures[] = {
    [ERR_INPUT] = {400, "bad_data"},     [ERR_CONFIG] = {500, "internal"},
    [ERR_POLICY] = {500, "internal"},    [ERR_LIMIT] = {422, "execution"},
    [ERR_BUSY] = {503, "timeout"},       [ERR_IO] = {500, "internal"},
    [ERR_MEMORY] = {503, "unavailable"}, [ERR_NONE] = {500, "internal"},
};

static void respond_failure(struct http_response *out, unsigned status, const char *type,
                            const char *text)
{
    buf_reset(&out->body);
    out->status = status;
    out->content_type = "application/json";
    buf_format(&out->body, "{\"status\":\"error\",\"errorType\":\"%s\",\"error\":", type);
    buf_json(&out->body, str_of(text));
    buf_add(&out->body, STR("}\n"));
}

void respond_error(struct http_response *out, const struct err *err)
{
    respond_failure(out, failures[err->kind].status, failures[err->kind].type, err->text);
}

void respond_not_found(struct http_response *out, const char *text)
{
    respond_failure(out, 404, "not_found", text);
}

void respond_refusal(const struct http_request *r, struct http_response *out,
                     unsigned status, const char *type, const char *text)
{
    if (str_starts(r->path, STR("/api/"))) {
        respond_failure(out, status, type, text);
        return;
    }
    respond_text(out, status, str_of(text));
    buf_byte(&out->body, '\n');
}

/* Text that a spreadsheet would take for a formula is marked as text. */
static bool looks_like_formula(struct str text)
{
    return text.size && strchr("=+-@\t\r", text.at[0]) != NULL && text.at[0] != '\0';
}

static bool needs_quotes(struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (strchr("\",\r\n", text.at[i]) != NULL)
            return true;
    return false;
}

void csv_text(struct buf *out, struct str text)
{
    bool mark = looks_like_formula(text), quote = needs_quotes(text);

    if (quote)
        buf_byte(out, '"');
    if (mark)
        buf_byte(out, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] == '"')
            buf_byte(out, '"');
        buf_byte(out, text.at[i]);
    }
    if (quote)
        buf_byte(out, '"');
}

void begin_csv(struct http_response *out)
{
    out->status = 200;
    out->content_type = "text/csv; charset=utf-8; header=present";
}
