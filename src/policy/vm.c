#include "vm.h"

#include <stdio.h>
#include <stdlib.h>

/* lua/frame.lua and the like */
extern const char policy_frame[], policy_frame_end[];
extern const char policy_reader[], policy_reader_end[];
extern const char policy_events[], policy_events_end[];
extern const char policy_ticks[], policy_ticks_end[];

enum { GOTOS_MAX = 1000 };

static const char *const FRAME = "spendwarden.frame";
static const char *const FUNCTIONS = "spendwarden.functions";

void sandbox_libraries(lua_State *L)
{
    lua_base_open(L);
    lua_string_open(L);
    lua_pushliteral(L, "");
    lua_newtable(L);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
    lua_setfield(L, -2, "string");
    lua_table_open(L);
    lua_setfield(L, -2, "table");
    lua_getglobal(L, "math");
    lua_pushnil(L);
    lua_setfield(L, -2, "random");
    lua_pushnil(L);
    lua_setfield(L, -2, "randomseed");
    lua_setfield(L, -2, "math");
}

/* What the frame itself works with: the libraries and three functions more. */
static void set_frame_environment(lua_State *L, int libraries, int chunk)
{
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, libraries);) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
    }
    lua_getglobal(L, "setmetatable");
    lua_setfield(L, -2, "setmetatable");
    lua_setfenv(L, chunk);
}

static void clear(lua_State *L, int table)
{
    for (lua_pushnil(L); lua_next(L, table); lua_pushnil(L)) {
        lua_pop(L, 1);
        lua_pushnil(L);
        lua_rawset(L, table);
    }
}

/* Nothing is left to be reached by a way that nobody thought of. */
void lua_forget_libraries(lua_State *L)
{
    lua_pushvalue(L, LUA_GLOBALSINDEX);
    clear(L, lua_gettop(L));
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    clear(L, lua_gettop(L));
    lua_pop(L, 2);
}

void lua_trusted_load(lua_State *L, int libraries, const char *name, const char *text,
                      const char *end)
{
    if (luaL_loadbufferx(L, text, (size_t)(end - text), name, "t") != 0)
        lua_error(L);
    set_frame_environment(L, libraries, lua_gettop(L));
}

/* Runs a chunk that declares calls: (core, reader, frame), which are at these indexes. */
static void run_calls(lua_State *L, int libraries, int reader, int frame,
                      const char *name, const char *text, const char *end)
{
    lua_trusted_load(L, libraries, name, text, end);
    lua_core_push(L);
    lua_pushvalue(L, reader);
    lua_pushvalue(L, frame);
    lua_call(L, 3, 0);
}

static int prepare(lua_State *L)
{
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, FUNCTIONS);
    lua_data_open(L);
    lua_event_open(L);
    lua_window_open(L);
    lua_newtable(L);
    sandbox_libraries(L);
    int libraries = lua_gettop(L);
    lua_trusted_load(L, libraries, "=reader", policy_reader, policy_reader_end);
    lua_core_push(L);
    lua_call(L, 1, 1);
    int reader = lua_gettop(L);
    lua_trusted_load(L, libraries, "=frame", policy_frame, policy_frame_end);
    lua_core_push(L);
    lua_pushvalue(L, libraries);
    lua_pushvalue(L, reader);
    lua_call(L, 3, 1);
    int frame = lua_gettop(L);
    run_calls(L, libraries, reader, frame, "=events", policy_events, policy_events_end);
    run_calls(L, libraries, reader, frame, "=ticks", policy_ticks, policy_ticks_end);
    lua_setfield(L, LUA_REGISTRYINDEX, FRAME);
    lua_settop(L, 0);
    lua_forget_libraries(L);
    return 0;
}

/* --- running a file --- */

static void note_short_name(lua_State *L, struct policy_vm *vm, const char *chunk_name)
{
    lua_Debug ar;

    if (luaL_loadbufferx(L, "", 0, chunk_name, "t") != 0)
        lua_error(L);
    lua_getinfo(L, ">S", &ar);
    snprintf(vm->short_name, sizeof vm->short_name, "%s", ar.short_src);
}

/* A literal such as 1LL makes the parser load the FFI, out of reach, but there: no value
 * of its is for policies. */
static void refuse_cdata(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, "ffi");
    bool loaded = !lua_isnil(L, -1);
    lua_pushnil(L); /* said once: the next file did not do it */
    lua_setfield(L, -3, "ffi");
    lua_pop(L, 2);
    if (loaded)
        luaL_error(L, "64-bit and imaginary numbers are of no use here");
}

/* LuaJIT's parser looks at all open ones for each, and nothing stops it meanwhile. */
static void refuse_gotos(lua_State *L, struct str text)
{
    int count = 0;

    for (const char *at = text.at;
         (at = memmem(at, text.size - (size_t)(at - text.at), "goto", 4)); at += 4)
        if (++count > GOTOS_MAX)
            luaL_error(L, "more than %d goto in one file", GOTOS_MAX);
}

/* (vm): true if the file said which policy it is. */
static int run_file(lua_State *L)
{
    struct policy_vm *vm = lua_touserdata(L, 1);
    const char *chunk_name = lua_pushfstring(L, "@%s", vm->file->path);

    note_short_name(L, vm, chunk_name);
    lua_getfield(L, LUA_REGISTRYINDEX, FRAME);
    int frame = lua_gettop(L);
    refuse_gotos(L, vm->file->text);
    if (luaL_loadbufferx(L, vm->file->text.at, vm->file->text.size, chunk_name, "t") != 0)
        return lua_error(L);
    if (!vm->found || vm->set->options.unchecked) /* else the checks say so, and where */
        refuse_cdata(L);
    vm->compiled = true;
    lua_getfield(L, frame, "begin_file");
    lua_call(L, 0, 1);
    lua_setfenv(L, -2);
    lua_call(L, 0, 0);
    lua_getfield(L, frame, "end_file");
    lua_call(L, 0, 1);
    return 1;
}

static void report(struct policy_vm *vm, const char *reason)
{
    bool syntax = !vm->compiled;
    size_t prefix = strlen(vm->short_name);
    const char *text = vm->box.message;
    char *rest;
    int line = 0;

    vm->broken = true;
    if (prefix && strncmp(text, vm->short_name, prefix) == 0 && text[prefix] == ':') {
        line = (int)strtol(text + prefix + 1, &rest, 10);
        text = *rest == ':' && rest[1] == ' ' ? rest + 2 : text;
    }
    if (!vm->found)
        return;
    if (vm->compiled && strcmp(reason, "runtime") == 0 &&
        set_data_refused(vm->set, text, &vm->found->data))
        return;
    const char *code = strcmp(reason, "runtime") != 0 ? "E901" : syntax ? "E010" : "E011";
    diags_add_code(&vm->found->problems, code, vm->file->path, line, 0, "%s", text);
}

static void run(struct policy_vm *vm, const struct source_file *file)
{
    const struct policy_limits *limits = &vm->set->options.limits;
    lua_State *L = vm->box.L;

    vm->file = file;
    vm->policy = (struct str){NULL, 0};
    vm->short_name[0] = '\0';
    vm->compiled = false;
    /* The file before may have ended while our own code ran for it. */
    sandbox_distrust(&vm->box);
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    lua_pushlightuserdata(L, vm);
    const struct budget budget = budget_of_load(limits);
    const char *reason = sandbox_call(&vm->box, 1, 1, &budget);
    if (reason) {
        report(vm, reason);
        return;
    }
    if (!lua_toboolean(L, -1)) {
        vm->broken = true;
        if (vm->found)
            diags_add_code(&vm->found->problems, "E101", file->path, 0, 0,
                           "the file does not say policy { name = ... }");
    }
}

static int push_runner(lua_State *L)
{
    lua_pushcfunction(L, run_file);
    return 1;
}

/* Ends the time in which `derive` and the like may be called, also after an error. */
static int end_loading(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, FRAME);
    lua_getfield(L, -1, "end_loading");
    lua_call(L, 0, 0);
    lua_getfield(L, LUA_REGISTRYINDEX, FUNCTIONS);
    lua_pushnil(L);
    lua_event_maker(L);
    lua_group_maker(L);
    return SLOT_BASE;
}

static bool call_own(struct sandbox *s, lua_CFunction function, int results,
                     struct err *err)
{
    lua_settop(s->L, 0);
    s->dead = NULL;
    lua_pushcfunction(s->L, function);
    if (lua_pcall(s->L, 0, results, 0) == 0)
        return true;
    const char *text = lua_tostring(s->L, -1);
    return err_set(err, ERR_MEMORY, "policies: %s", text ? text : "no memory");
}

bool vm_load(struct policy_vm *vm, const struct policy_set *set, struct build *build,
             struct findings *found, struct err *err)
{
    *vm = (struct policy_vm){.set = set, .build = build, .found = found};
    if (!sandbox_open(&vm->box, &set->options.limits, vm, err) ||
        !call_own(&vm->box, prepare, 0, err) || !call_own(&vm->box, push_runner, 1, err))
        return false;
    vm->box.lines = set->options.lines;
    for (size_t i = 0; i < set->file_count; i++)
        run(vm, &set->files[i]);
    vm->box.trusted = true;
    bool ok = call_own(&vm->box, end_loading, SLOT_BASE, err);
    sandbox_distrust(&vm->box);
    sandbox_rest_only(&vm->box);
    vm->build = NULL;
    vm->found = NULL;
    return ok && !vm->broken;
}

void vm_release(struct policy_vm *vm)
{
    sandbox_close(&vm->box);
    if (vm->prices)
        price_cache_free(vm->prices);
    vm->prices = NULL;
}
