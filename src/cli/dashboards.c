/* Dashboards in Grafana's classic JSON, from templates: what each panel shows is said in
 * one file a dashboard, what panels of a kind have in common in panels.yaml. */
#include <stdio.h>

#include "rules_files.h"
#include "template_tree.h"

#define TEMPLATE(name) extern const char template_##name[], template_##name##_end[]

TEMPLATE(panels);
TEMPLATE(dashboard);
TEMPLATE(cost);
TEMPLATE(budgets);
TEMPLATE(attribution);
TEMPLATE(engine);

enum { GRID_WIDTH = 24 };

struct board {
    const json_t *kinds;
    json_t *panels; /* owned by the dashboard */
    int x, y, line_height, id;
};

static const char *text_at(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static int number_at(const json_t *o, const char *key, int otherwise)
{
    const json_t *value = json_object_get(o, key);

    return value ? (int)json_integer_value(value) : otherwise;
}

static json_t *datasource(void)
{
    return json_pack("{s:s,s:s}", "type", "prometheus", "uid", "${datasource}");
}

/* --- where a panel stands: left to right, then the next line --- */

static void end_line(struct board *b)
{
    b->y += b->line_height;
    b->x = b->line_height = 0;
}

static json_t *place(struct board *b, int width, int height)
{
    if (b->x + width > GRID_WIDTH)
        end_line(b);
    json_t *at =
        json_pack("{s:i,s:i,s:i,s:i}", "x", b->x, "y", b->y, "w", width, "h", height);
    b->x += width;
    if (height > b->line_height)
        b->line_height = height;
    return at;
}

/* --- queries --- */

static json_t *target(const json_t *query, const json_t *kind, size_t index)
{
    const char ref[] = {(char)('A' + index), 0};
    const char *legend = text_at(query, "legend");
    json_t *out = json_pack("{s:s,s:o,s:s,s:b,s:s}", "refId", ref, "datasource",
                            datasource(), "expr", text_at(query, "expr"), "exemplar",
                            json_is_true(json_object_get(query, "exemplar")),
                            "legendFormat", legend ? legend : "__auto");

    json_object_update(out, json_object_get(kind, "target"));
    return out;
}

static json_t *targets(const json_t *queries, const json_t *kind)
{
    json_t *out = json_array(), *query;
    size_t i;

    json_array_foreach(queries, i, query)
        json_array_append_new(out, target(query, kind, i));
    return out;
}

/* --- tables: each query is a column --- */

static json_t *column_style(const json_t *query)
{
    const json_t *steps = json_object_get(query, "steps");
    json_t *out = json_pack("{s:{s:s,s:s},s:[{s:s,s:s}]}", "matcher", "id", "byName",
                            "options", text_at(query, "column"), "properties", "id",
                            "unit", "value", text_at(query, "unit"));
    json_t *properties = json_object_get(out, "properties");

    if (!steps)
        return out;
    json_array_append_new(properties,
                          json_pack("{s:s,s:{s:s,s:[{s:s,s:n},{s:s,s:O},{s:s,s:O}]}}",
                                    "id", "thresholds", "value", "mode", "absolute",
                                    "steps", "color", "green", "value", "color", "orange",
                                    "value", json_array_get(steps, 0), "color", "red",
                                    "value", json_array_get(steps, 1)));
    json_array_append_new(properties, json_pack("{s:s,s:{s:s,s:s}}", "id",
                                                "custom.cellOptions", "value", "type",
                                                "color-background", "mode", "basic"));
    return out;
}

/* Grafana names the value of query A "Value #A", and of an only query "Value". */
static json_t *column_names(const json_t *queries)
{
    json_t *out = json_object(), *query;
    char name[16] = "Value";
    size_t i;

    json_array_foreach(queries, i, query)
    {
        if (json_array_size(queries) > 1)
            snprintf(name, sizeof name, "Value #%c", (char)('A' + i));
        json_object_set(out, name, json_object_get(query, "column"));
    }
    return out;
}

static void make_table(json_t *panel, const json_t *spec)
{
    const json_t *queries = json_object_get(spec, "queries");
    json_t *styles = json_array(), *query;
    bool descending = !json_is_true(json_object_get(spec, "ascending"));
    size_t i;

    json_array_foreach(queries, i, query)
        json_array_append_new(styles, column_style(query));
    json_object_set_new(json_object_get(panel, "fieldConfig"), "overrides", styles);
    json_object_set_new(
        panel, "transformations",
        json_pack("[{s:s,s:{}},{s:s,s:{s:{s:b},s:{},s:o}},{s:s,s:{s:[{s:s,s:b}]}}]", "id",
                  "merge", "options", "id", "organize", "options", "excludeByName",
                  "Time", 1, "indexByName", "renameByName", column_names(queries), "id",
                  "sortBy", "options", "sort", "field", text_at(spec, "sort"), "desc",
                  descending));
}

/* --- panels --- */

static json_t *row(struct board *b, const json_t *spec)
{
    end_line(b);
    json_t *out = json_pack("{s:i,s:s,s:s,s:b,s:o,s:[]}", "id", ++b->id, "type", "row",
                            "title", text_at(spec, "row"), "collapsed", 0, "gridPos",
                            place(b, GRID_WIDTH, 1), "panels");
    end_line(b);
    return out;
}

static json_t *panel(struct board *b, const json_t *spec, struct err *err)
{
    const json_t *kind = json_object_get(b->kinds, text_at(spec, "kind"));
    const json_t *queries = json_object_get(spec, "queries");
    json_t *out = json_deep_copy(json_object_get(kind, "panel"));
    int height = number_at(spec, "height", number_at(kind, "height", 0));

    if (!out) {
        err_set(err, ERR_CONFIG, "panel \"%s\": no kind \"%s\"", text_at(spec, "title"),
                text_at(spec, "kind"));
        return NULL;
    }
    json_object_set_new(out, "id", json_integer(++b->id));
    json_object_set(out, "title", json_object_get(spec, "title"));
    json_object_set(out, "description", json_object_get(spec, "description"));
    json_object_set_new(out, "datasource", datasource());
    json_object_set_new(out, "gridPos", place(b, number_at(spec, "width", 0), height));
    json_object_set_new(out, "targets", targets(queries, kind));
    json_t *defaults = json_object_get(json_object_get(out, "fieldConfig"), "defaults");
    json_object_set(defaults, "unit", json_object_get(spec, "unit"));
    if (strcmp(text_at(spec, "kind"), "table") == 0)
        make_table(out, spec);
    json_object_update_recursive(out, json_object_get(spec, "set"));
    return out;
}

static bool add_panels(struct board *b, const json_t *specs, struct err *err)
{
    json_t *spec;
    size_t i;

    json_array_foreach(specs, i, spec)
    {
        json_t *made = json_object_get(spec, "row") ? row(b, spec) : panel(b, spec, err);
        if (!made || json_array_append_new(b->panels, made) != 0)
            return err_set(err, ERR_MEMORY, "no memory");
    }
    return true;
}

/* --- variables --- */

static json_t *chosen_from(const char *name, const char *label, const char *values)
{
    size_t first = strcspn(values, ",");

    return json_pack("{s:s,s:s,s:s,s:s,s:b,s:b,s:{s:b,s:s#,s:s#}}", "name", name, "label",
                     label, "type", "custom", "query", values, "multi", 0, "includeAll",
                     0, "current", "selected", 1, "text", values, (int)first, "value",
                     values, (int)first);
}

static json_t *asked_for(const char *name, const char *label, const char *query)
{
    return json_pack("{s:s,s:s,s:s,s:o,s:{s:s,s:s},s:s,s:i,s:i,s:b,s:b,s:s,s:{s:b,s:[s],"
                     "s:[s]}}",
                     "name", name, "label", label, "type", "query", "datasource",
                     datasource(), "query", "query", query, "refId", name, "definition",
                     query, "refresh", 2, "sort", 1, "multi", 1, "includeAll", 1,
                     "allValue", ".+", "current", "selected", 1, "text", "All", "value",
                     "$__all");
}

static void add_variables(json_t *out, const json_t *specs)
{
    json_t *list = json_object_get(json_object_get(out, "templating"), "list"), *spec;
    size_t i;

    json_array_foreach(specs, i, spec)
    {
        const char *name = text_at(spec, "name"), *label = text_at(spec, "label");
        const char *values = text_at(spec, "values");
        json_array_append_new(
            list, values ? chosen_from(name, label, values)
                         : asked_for(name, label, text_at(spec, "values_of")));
    }
}

/* --- dashboards --- */

static json_t *tree(const char *from, const char *to, const struct facts *facts,
                    struct err *err)
{
    struct buf text = {0};
    json_t *out = NULL;

    if (template_expand(&text, (struct str){from, (size_t)(to - from)}, facts, err))
        out = template_tree(buf_str(&text), err);
    buf_release(&text);
    return out;
}

static bool fill_dashboard(json_t *out, const json_t *spec, const json_t *kinds,
                           struct err *err)
{
    static const char *const heads[] = {"uid", "title", "description"};
    struct board b = {.kinds = kinds, .panels = json_array()};

    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        json_object_set(out, heads[i], json_object_get(spec, heads[i]));
    json_object_set_new(out, "panels", b.panels);
    add_variables(out, json_object_get(spec, "variables"));
    return add_panels(&b, json_object_get(spec, "panels"), err);
}

#define RANGE(name) template_##name, template_##name##_end

static bool make(struct rules_file *file, const json_t *spec, const struct facts *facts,
                 struct err *err)
{
    json_t *kinds = tree(RANGE(panels), facts, err);
    json_t *out = kinds ? tree(RANGE(dashboard), facts, err) : NULL;
    bool ok = out && fill_dashboard(out, spec, kinds, err) &&
              template_print(&file->text, out, err);

    json_decref(out);
    json_decref(kinds);
    return ok;
}

bool rules_make_dashboards(struct rules_files *out, const struct facts *facts,
                           __attribute__((unused)) bool json, struct err *err)
{
    static const struct {
        const char *name, *from, *to;
    } boards[] = {
        {"spendwarden-cost.json", RANGE(cost)},
        {"spendwarden-budgets.json", RANGE(budgets)},
        {"spendwarden-attribution.json", RANGE(attribution)},
        {"spendwarden-engine.json", RANGE(engine)},
    };
    bool ok = true;

    for (size_t i = 0; ok && i < sizeof boards / sizeof *boards; i++) {
        json_t *spec = tree(boards[i].from, boards[i].to, facts, err);
        ok = spec != NULL;
        if (json_object_size(spec)) { /* empty: this configuration has nothing for it */
            struct rules_file *file = &out->items[out->count++];
            file->name = boards[i].name;
            ok = make(file, spec, facts, err);
        }
        json_decref(spec);
    }
    return ok;
}
