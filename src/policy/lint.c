#include "lint.h"

#include <stdlib.h>

#include "codes.h"

enum {
    BASE_INSTRUCTIONS = 10000000,
    INSTRUCTIONS_PER_BYTE = 2000,
    BASE_MEMORY = 32 * 1024 * 1024,
    MEMORY_PER_BYTE = 512,
    MEMORY_MAX = 1024 * 1024 * 1024,
    WALL_MS = 20000,
};

#define CHUNK(name) extern const char check_##name[], check_##name##_end[];
CHUNK(calls)
CHUNK(lexer)
CHUNK(scope)
CHUNK(expressions)
CHUNK(statements)
CHUNK(parser)
CHUNK(source)
CHUNK(tree)
CHUNK(report)
CHUNK(roles)
CHUNK(globals)
CHUNK(members)
CHUNK(options)
CHUNK(answers)
CHUNK(bounds)
CHUNK(cardinality)
CHUNK(state)
CHUNK(place)
CHUNK(check)
#undef CHUNK

#define CHUNK(name)                                                                      \
    {                                                                                    \
#name, check_##name, check_##name##_end                                          \
    }
const struct lint_chunk lint_chunks[] = {
    CHUNK(calls),       CHUNK(lexer),   CHUNK(scope),   CHUNK(expressions), CHUNK(source),
    CHUNK(statements),  CHUNK(parser),  CHUNK(tree),    CHUNK(report),      CHUNK(roles),
    CHUNK(globals),     CHUNK(members), CHUNK(options), CHUNK(answers),     CHUNK(bounds),
    CHUNK(cardinality), CHUNK(state),   CHUNK(place),   CHUNK(check),
};
#undef CHUNK

const size_t lint_chunk_count = sizeof lint_chunks / sizeof *lint_chunks;

/* One state for all files. */
struct linter {
    struct policy_limits limits; /* its own */
    struct policy_vm *vm;        /* of the checks; no policy runs in it */
    const struct findings *found;
    struct diags *diags;
    struct str names;
    const struct source_file *file; /* that is looked at */
};

static struct linter *linter_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

/* --- what the checks work with --- */

/* (name): the stage from which on an event has it; else nil, and what may be meant. */
static int event_member(lua_State *L)
{
    static const char *const others[] = {"tags", "metadata", "has_tag",
                                         "requested_model_usd"};
    const struct policy_vm *vm = linter_of(L)->vm;
    struct str name = str_of(luaL_checkstring(L, 1));

    for (size_t i = 0; i < vm->name_count; i++)
        if (str_eq(vm->names[i].text, name)) {
            lua_pushinteger(L, vm->names[i].field.known_from);
            return 1;
        }
    struct str near = field_suggest(vm->set->options.schema, name);
    if (!near.size)
        near = str_of(str_nearest(name, others, sizeof others / sizeof *others));
    lua_pushnil(L);
    if (near.size)
        lua_pushlstring(L, near.at, near.size);
    else
        lua_pushnil(L);
    return 2;
}

/* (file, line, column, end_column, code, text, help, excerpt) */
static int add_finding(lua_State *L)
{
    const struct policy_code *code = policy_code_find(luaL_checkstring(L, 5));

    if (!code)
        return luaL_error(L, "there is no code %s", lua_tostring(L, 5));
    struct diag item = {.file = (char *)luaL_checkstring(L, 1),
                        .line = (int)luaL_checkinteger(L, 2),
                        .column = (int)luaL_checkinteger(L, 3),
                        .end_column = (int)luaL_checkinteger(L, 4),
                        .code = code->code,
                        .warning = *code->code == 'W',
                        .text = (char *)luaL_checkstring(L, 6),
                        .help = (char *)luaL_optstring(L, 7, NULL),
                        .excerpt = (char *)luaL_optstring(L, 8, NULL)};
    diags_add_copy(linter_of(L)->diags, &item);
    return 0;
}

static void push_limits(lua_State *L, const struct policy_options *options)
{
    lua_newtable(L);
    lua_pushnumber(L, (double)options->max_groups);
    lua_setfield(L, -2, "max_groups");
    lua_pushnumber(L, (double)options->max_series);
    lua_setfield(L, -2, "max_series");
}

static void push_texts(lua_State *L, const struct str *texts, size_t count)
{
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushlstring(L, texts[i].at, texts[i].size);
        lua_rawseti(L, -2, (int)i + 1);
    }
}

static void push_function(lua_State *L, struct linter *l, lua_CFunction function)
{
    lua_pushlightuserdata(L, l);
    lua_pushcclosure(L, function, 1);
}

static void push_core(lua_State *L, struct linter *l)
{
    const struct policy_set *set = l->vm->set;

    lua_core_push(L);
    push_function(L, l, event_member);
    lua_setfield(L, -2, "event_member");
    push_function(L, l, add_finding);
    lua_setfield(L, -2, "add");
    push_limits(L, &set->options);
    lua_setfield(L, -2, "limits");
    push_texts(L, set->build.classes, set->build.class_count);
    lua_setfield(L, -2, "classes");
}

/* (linter): the function that checks one file. */
static int open_checks(lua_State *L)
{
    struct linter *l = lua_touserdata(L, 1);

    lua_newtable(L);
    int modules = lua_gettop(L);
    for (size_t i = 0; i < lint_chunk_count; i++) {
        size_t size = (size_t)(lint_chunks[i].end - lint_chunks[i].text);
        lua_pushfstring(L, "=check/%s", lint_chunks[i].name);
        if (luaL_loadbufferx(L, lint_chunks[i].text, size, lua_tostring(L, -1), "t") != 0)
            return lua_error(L);
        lua_pushvalue(L, modules);
        push_core(L, l);
        lua_pushlstring(L, l->names.at, l->names.size);
        lua_call(L, 3, 1);
        lua_pushvalue(L, -1);
        lua_setfield(L, modules, lint_chunks[i].name);
    }
    return 1;
}

/* --- one file --- */

static void push_problems(lua_State *L, const struct linter *l)
{
    const struct diags *problems = &l->found->problems;
    int count = 0;

    lua_newtable(L);
    for (size_t i = 0; i < problems->count; i++) {
        const struct diag *item = &problems->items[i];
        if (!item->text || strcmp(item->file, l->file->path) != 0)
            continue;
        lua_createtable(L, 0, 3);
        lua_pushinteger(L, item->line);
        lua_setfield(L, -2, "line");
        lua_pushstring(L, item->code);
        lua_setfield(L, -2, "code");
        lua_pushstring(L, item->text);
        lua_setfield(L, -2, "text");
        lua_rawseti(L, -2, ++count);
    }
}

static void push_notes(lua_State *L, const struct linter *l)
{
    int count = 0;

    lua_newtable(L);
    for (size_t i = 0; i < l->found->note_count; i++) {
        const struct note *note = &l->found->notes[i];
        if (note->path != l->file->path)
            continue;
        lua_createtable(L, 0, 3);
        lua_pushinteger(L, note->line);
        lua_setfield(L, -2, "line");
        lua_pushstring(L, note->kind);
        lua_setfield(L, -2, "kind");
        push_texts(L, note->names, note->count);
        lua_setfield(L, -2, "names");
        lua_rawseti(L, -2, ++count);
    }
}

/* (linter, the function) */
static int check_file(lua_State *L)
{
    const struct linter *l = lua_touserdata(L, 1);

    lua_pushstring(L, l->file->path);
    lua_pushlstring(L, l->file->text.at, l->file->text.size);
    push_problems(L, l);
    push_notes(L, l);
    lua_call(L, 4, 0);
    return 0;
}

static size_t at_most(size_t value, size_t most)
{
    return value < most ? value : most;
}

static struct budget budget_of(int64_t instructions)
{
    return (struct budget){.instructions = instructions,
                           .limit = instructions,
                           .wall_ms = WALL_MS,
                           .whose = "checking one file",
                           .timed = "checking one file"};
}

enum { SLOT_CHECK = 1 };

/* False: it could not be done, which is our own fault. */
static bool look_at(struct linter *l)
{
    struct sandbox *box = &l->vm->box;
    size_t size = l->file->text.size;

    box->memory_limit = at_most(BASE_MEMORY + MEMORY_PER_BYTE * size, MEMORY_MAX);
    lua_pushcfunction(box->L, check_file);
    lua_pushlightuserdata(box->L, l);
    lua_pushvalue(box->L, SLOT_CHECK);
    const struct budget budget =
        budget_of(BASE_INSTRUCTIONS + INSTRUCTIONS_PER_BYTE * (int64_t)size);
    const char *reason = sandbox_call(box, 2, 0, &budget);
    lua_gc(box->L, LUA_GCCOLLECT, 0);
    if (!reason)
        return true;
    log_line(LOG_ERROR, "%s was not checked (%s): %s", l->file->path, reason,
             box->message);
    return false;
}

static void add_as_found(const struct findings *found, const char *path,
                         struct diags *diags)
{
    for (size_t i = 0; i < found->problems.count; i++)
        if (!path || strcmp(found->problems.items[i].file, path) == 0)
            diags_add_copy(diags, &found->problems.items[i]);
}

static bool seen_before(const struct policy_set *s, size_t file)
{
    for (size_t i = 0; i < file; i++)
        if (strcmp(s->files[i].path, s->files[file].path) == 0)
            return true;
    return false;
}

/* --- all of them --- */

static bool open_linter(struct linter *l, const struct policy_set *s,
                        const struct policy_vm *policies, struct err *err)
{
    const struct budget budget = budget_of(INT64_MAX);

    policy_limits_default(&l->limits);
    l->limits.memory_bytes = BASE_MEMORY;
    l->limits.string_bytes = l->limits.table_bytes = MEMORY_MAX;
    l->vm->set = s;
    l->vm->name_count = policies->name_count;
    memcpy(l->vm->names, policies->names, sizeof l->vm->names);
    if (!sandbox_open(&l->vm->box, &l->limits, l->vm, err))
        return false;
    lua_pushcfunction(l->vm->box.L, open_checks);
    lua_pushlightuserdata(l->vm->box.L, l);
    if (sandbox_call(&l->vm->box, 1, 1, &budget))
        return err_set(err, ERR_MEMORY, "checks: %s", l->vm->box.message);
    sandbox_distrust(&l->vm->box);
    return true;
}

static void look_at_all(struct linter *l, const struct policy_set *s)
{
    for (size_t i = 0; i < s->file_count; i++) {
        l->file = &s->files[i];
        if (!seen_before(s, i) && !look_at(l))
            add_as_found(l->found, l->file->path, l->diags);
    }
    l->diags->more += l->found->problems.more;
}

void lint_files(const struct policy_set *s, struct policy_vm *vm,
                const struct findings *found, struct diags *diags)
{
    struct linter l = {.found = found, .diags = diags};
    struct buf names = {0};
    struct err err = {0};

    if (s->options.unchecked || s->file_count == 0) {
        add_as_found(found, NULL, diags);
        return;
    }
    l.vm = calloc(1, sizeof *l.vm);
    bool ok = l.vm && vm_names(vm, &names, &err);
    l.names = buf_str(&names);
    if (ok && open_linter(&l, s, vm, &err)) {
        look_at_all(&l, s);
    } else {
        log_line(LOG_ERROR, "policies were not checked: %s", err.text);
        add_as_found(found, NULL, diags);
    }
    if (l.vm)
        sandbox_close(&l.vm->box);
    free(l.vm);
    buf_release(&names);
}
