/* Prometheus text format, read back for tests. */
#include <stdlib.h>

#include "test_file.h"

/* Of `text`, up to `end` or its own end; *text goes on behind that. */
static struct str take_until(struct str *text, char end)
{
    const char *at = text->size ? memchr(text->at, end, text->size) : NULL;
    struct str taken = {text->at, at ? (size_t)(at - text->at) : text->size};

    *text = str_from(*text, taken.size + 1);
    return taken;
}

static void push_str(lua_State *L, struct str text)
{
    lua_pushlstring(L, text.at ? text.at : "", text.size);
}

/* A label's value behind its opening quote; *text goes on behind the closing one. */
static void push_quoted(lua_State *L, struct str *text)
{
    luaL_Buffer out;
    size_t i = 0;

    luaL_buffinit(L, &out);
    for (; i < text->size && text->at[i] != '"'; i++) {
        char c = text->at[i];
        if (c == '\\' && i + 1 < text->size) {
            c = text->at[++i];
            c = c == 'n' ? '\n' : c;
        }
        luaL_addchar(&out, c);
    }
    luaL_pushresult(&out);
    *text = str_from(*text, i + 1);
}

/* Behind the opening brace: a="x",b="y"} */
static void push_labels(lua_State *L, struct str *text)
{
    lua_newtable(L);
    while (text->size && text->at[0] != '}') {
        if (text->at[0] == ',')
            *text = str_from(*text, 1);
        push_str(L, take_until(text, '='));
        *text = str_from(*text, 1);
        push_quoted(L, text);
        lua_rawset(L, -3);
    }
    *text = str_from(*text, 1);
}

/* NAME VALUE, or NAME{LABELS} VALUE; the line is followed by a byte that ends a number.
 */
static void add_sample(lua_State *L, int samples, struct str line)
{
    size_t name = 0;

    while (name < line.size && line.at[name] != '{' && line.at[name] != ' ')
        name++;
    lua_newtable(L);
    push_str(L, (struct str){line.at, name});
    lua_setfield(L, -2, "name");
    bool has_labels = name < line.size && line.at[name] == '{';
    struct str rest = str_from(line, name + 1);
    if (has_labels)
        push_labels(L, &rest);
    else
        lua_newtable(L);
    lua_setfield(L, -2, "labels");
    lua_pushnumber(L, rest.size ? strtod(rest.at, NULL) : 0);
    lua_setfield(L, -2, "value");
    lua_rawseti(L, samples, (int)lua_objlen(L, samples) + 1);
}

/* # TYPE NAME KIND */
static void add_family(lua_State *L, int families, struct str line)
{
    struct str rest = str_from(line, STR("# TYPE ").size);
    struct str name = take_until(&rest, ' ');

    push_str(L, name);
    push_str(L, rest);
    lua_rawset(L, families);
}

void lua_metrics_push(lua_State *L, struct str text)
{
    luaL_checkstack(L, 12, "metrics");
    lua_newtable(L);
    lua_newtable(L);
    int samples = lua_gettop(L), families = samples - 1;
    while (text.size) {
        struct str line = take_until(&text, '\n');
        if (str_starts(line, STR("# TYPE ")))
            add_family(L, families, line);
        else if (line.size && line.at[0] != '#')
            add_sample(L, samples, line);
    }
}
