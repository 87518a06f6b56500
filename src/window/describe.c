/* Windows for people. */
#include "internal.h"

static void put_field(const struct schema *schema, struct field field, struct buf *out)
{
    struct str name = field_name(schema, field);

    if (name.size)
        buf_add(out, name);
    else
        buf_format(out, "field_%d_%d", (int)field.kind, (int)field.index);
}

static void put_where(const struct schema *schema, const struct where_clause *clause,
                      struct buf *out)
{
    buf_add(out, STR(" where "));
    if (clause->op == WHERE_MISSING)
        buf_add(out, STR("not "));
    put_field(schema, clause->field, out);
    for (size_t i = 0; clause->op == WHERE_IN && i < clause->value_count; i++) {
        buf_byte(out, i == 0 ? '=' : ',');
        buf_json(out, clause->values[i]);
    }
}

static void put_span(const struct window_decl *decl, struct buf *out)
{
    static const char *const periods[] = {"day", "week", "month"};
    char text[TIMESTAMP_TEXT_SIZE];

    if (decl->span == SPAN_CALENDAR) {
        buf_format(out, " over %s %s", periods[decl->period], zone_name(decl->zone));
        if (decl->start_day > START_DAY_USUAL)
            buf_format(out, " from day %d", decl->start_day);
        return;
    }
    duration_format(text, decl->over_ns);
    buf_format(out, " over %s", text);
    duration_format(text, decl->offset_ns);
    if (decl->offset_ns > 0)
        buf_format(out, " offset %s", text);
}

void window_decl_text(const struct window_decl *decl, const struct schema *schema,
                      struct buf *out)
{
    static const char *const names[] = {"sum ", "count", "max ", "distinct "};

    if (decl->field.kind != FIELD_NONE || !decl->effect.size)
        buf_add(out, str_of(names[decl->aggregate]));
    if (decl->field.kind != FIELD_NONE)
        put_field(schema, decl->field, out);
    else
        buf_add(out, decl->effect);
    for (size_t i = 0; i < decl->by_count; i++) {
        buf_add(out, i == 0 ? STR(" by ") : STR(","));
        put_field(schema, decl->by[i], out);
    }
    for (size_t i = 0; i < decl->where_count; i++)
        put_where(schema, &decl->where[i], out);
    put_span(decl, out);
}

bool windows_look(const struct windows *w, int id, struct window_look *out)
{
    *out = (struct window_look){.groups = 0};
    if (id < 0 || (size_t)id >= w->window_count || !w->windows[id].stream)
        return false;
    const struct stream *s = w->windows[id].stream;
    *out = (struct window_look){s->group_count, s->cell_count, s->filling};
    return true;
}
