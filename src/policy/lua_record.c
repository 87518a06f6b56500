/* What was decided about an event, as tests read it. */
#include "test_file.h"
#include "vm.h"

static void set_text(lua_State *L, const char *key, struct str text)
{
    if (!text.size)
        return;
    lua_pushlstring(L, text.at, text.size);
    lua_setfield(L, -2, key);
}

static void push_provenance(lua_State *L, const struct provenance *by)
{
    static const char *const from[] = {"gateway", "token", "policy", "caller"};

    lua_newtable(L);
    set_text(L, "from", str_of(from[by->from]));
    set_text(L, "field", by->field);
    set_text(L, "policy", by->policy);
    set_text(L, "rule", by->rule);
    set_text(L, "reason", by->reason);
    set_text(L, "was", by->was);
    readonly_push(L, NULL);
}

static void set_provenance(lua_State *L, struct str name, const struct provenance *by)
{
    if (!by)
        return;
    lua_pushlstring(L, name.at, name.size);
    push_provenance(L, by);
    lua_rawset(L, -3);
}

static void push_all_provenance(lua_State *L, const struct record *r,
                                const struct schema *schema)
{
    struct field field;

    lua_newtable(L);
    for (size_t i = 0; field_at(schema, i, &field); i++)
        if (field.kind == FIELD_TEXT && text_is_label(field.index))
            set_provenance(L, field_name(schema, field),
                           r->label_by[field.index - TEXT_LABEL_FIRST]);
    set_provenance(L, STR("retry_depth"), r->retry_depth_by);
    set_provenance(L, STR("class"), r->class_by);
    readonly_push(L, NULL);
}

static void push_steps(lua_State *L, const struct charge *c)
{
    lua_newtable(L);
    for (size_t i = 0; i < c->step_count; i++) {
        const struct price_step *step = &c->steps[i];
        push_provenance(L, step->by);
        readonly_open(L, -1);
        lua_remove(L, -2);
        lua_pushstring(L, step->billed ? "billed" : "charge");
        lua_setfield(L, -2, "of");
        lua_pushnumber(L, money_to_double(step->before));
        lua_setfield(L, -2, "before_usd");
        lua_pushnumber(L, money_to_double(step->after));
        lua_setfield(L, -2, "after_usd");
        readonly_push(L, NULL);
        lua_rawseti(L, -2, (int)i + 1);
    }
    readonly_push(L, NULL);
}

static void push_price(lua_State *L, const struct charge *c)
{
    lua_newtable(L);
    set_text(L, "entry", c->entry);
    set_text(L, "matched_by", c->matched_by);
    push_steps(L, c);
    lua_setfield(L, -2, "steps");
    readonly_push(L, NULL);
}

void lua_pairs_push(lua_State *L, const struct pair *pairs, size_t count)
{
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        lua_pushlstring(L, pairs[i].name.at, pairs[i].name.size);
        lua_pushlstring(L, pairs[i].value.at, pairs[i].value.size);
        lua_rawset(L, -3);
    }
    readonly_push(L, NULL);
}

static void push_effects(lua_State *L, const struct record *r)
{
    lua_newtable(L);
    for (size_t i = 0; i < r->effect_count; i++) {
        lua_newtable(L);
        set_text(L, "name", r->effects[i].name);
        lua_pushnumber(L, (double)r->effects[i].nano / 1e9);
        lua_setfield(L, -2, "value");
        lua_pairs_push(L, r->effects[i].labels, r->effects[i].label_count);
        lua_setfield(L, -2, "labels");
        readonly_push(L, NULL);
        lua_rawseti(L, -2, (int)i + 1);
    }
    readonly_push(L, NULL);
}

static void push_tags(lua_State *L, const struct event *ev)
{
    lua_newtable(L);
    for (size_t i = 0; i < ev->tag_count; i++) {
        lua_pushlstring(L, ev->tags[i].at, ev->tags[i].size);
        lua_rawseti(L, -2, (int)i + 1);
    }
    readonly_push(L, NULL);
}

void lua_record_push(lua_State *L, const struct record *r, const struct schema *schema)
{
    struct field field;

    luaL_checkstack(L, 16, "record");
    lua_newtable(L);
    for (size_t i = 0; field_at(schema, i, &field); i++) {
        struct str name = field_name(schema, field);
        lua_pushlstring(L, name.at, name.size);
        lua_field_push(L, r, field);
        lua_rawset(L, -3);
    }
    push_tags(L, &r->ev);
    lua_setfield(L, -2, "tags");
    lua_pairs_push(L, r->ev.metadata, r->ev.metadata_count);
    lua_setfield(L, -2, "metadata");
    push_all_provenance(L, r, schema);
    lua_setfield(L, -2, "provenance");
    push_price(L, &r->charge);
    lua_setfield(L, -2, "price");
    push_effects(L, r);
    lua_setfield(L, -2, "effects");
    readonly_push_of(L, "an event has no field", schema);
}
