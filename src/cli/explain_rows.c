#include "explain_rows.h"

void row_end(struct buf *out)
{
    while (out->size && out->at[out->size - 1] == ' ')
        out->size--;
    buf_byte(out, '\n');
}

void row_pad(struct buf *out, size_t from, int width)
{
    do
        buf_byte(out, ' ');
    while (out->size < from + (size_t)width - 1 && !out->failed);
    buf_byte(out, ' ');
}

void row_title(struct buf *out, const char *title)
{
    buf_format(out, "\n  %s\n", title);
}

void row_begin(struct buf *out, struct str name)
{
    buf_format(out, "    %-*.*s ", ROW_NAME, STR_ARG(name));
}

void row_money(struct buf *out, struct money amount)
{
    char text[MONEY_TEXT_SIZE];

    money_format(text, amount);
    buf_add(out, str_of(text));
}

void row_provenance(struct buf *out, const struct provenance *by)
{
    if (by->from == FROM_TOKEN) {
        buf_add(out, STR("ingest token"));
        return;
    }
    if (by->from == FROM_GATEWAY || by->from == FROM_CALLER) {
        buf_format(out, "%s: %.*s", by->from == FROM_CALLER ? "caller" : "gateway",
                   STR_ARG(by->field));
        return;
    }
    buf_format(out, "policy %.*s", STR_ARG(by->policy));
    if (by->reason.size) {
        buf_add(out, STR(": "));
        plain_add(out, by->reason);
    }
    buf_format(out, " (%.*s)", STR_ARG(by->rule));
    if (by->was.size) {
        buf_add(out, STR(", was "));
        plain_add(out, by->was);
    }
}
