#include "answer.h"

#include <math.h>
#include <stdio.h>

#include "spendwarden/utf8.h"

/* Whole characters only: labels end up in metrics and JSON. Length of the valid part. */
static size_t valid_utf8(struct str text)
{
    size_t i = 0;

    while (i < text.size && (unsigned char)text.at[i] < 0x80)
        i++;
    while (i < text.size) {
        size_t length = utf8_length(text.at + i, text.size - i);
        if (!length)
            return i;
        i += length;
    }
    return i;
}

static struct str number_text(double number, char *out, size_t size)
{
    if (number == floor(number) && fabs(number) < 9007199254740992.0)
        return (struct str){out, (size_t)snprintf(out, size, "%.0f", number)};
    return (struct str){out, (size_t)snprintf(out, size, "%.15g", number)};
}

static bool borrow_text(lua_State *L, int index, char *number, size_t size,
                        struct str *out)
{
    *out = (struct str){NULL, 0};
    if (!lua_toboolean(L, index))
        return true;
    if (lua_type(L, index) == LUA_TSTRING)
        out->at = lua_tolstring(L, index, &out->size);
    else if (lua_type(L, index) == LUA_TNUMBER)
        *out = number_text(lua_tonumber(L, index), number, size);
    else
        return false;
    return true;
}

const char *answer_copy(struct policy_vm *vm, struct str text, struct str *out)
{
    *out = (struct str){NULL, 0};
    if (text.size == 0)
        return NULL;
    vm->output += text.size;
    if (vm->output > vm->set->options.limits.output_bytes)
        return "the answer has too much text";
    *out = arena_copy(vm->arena, text);
    return out->at ? NULL : "no memory";
}

/* As in labels that come with an event: no control characters. */
static const char *copy_clean(struct policy_vm *vm, struct str text, struct str *out)
{
    const char *wrong = answer_copy(vm, text, out);
    char *copy = (char *)out->at;

    for (size_t i = 0; i < out->size; i++)
        if ((unsigned char)copy[i] < ' ' || copy[i] == 0x7F)
            copy[i] = '?';
    return wrong;
}

const char *answer_text(struct policy_vm *vm, int index, struct str *out)
{
    char number[40];
    struct str text;

    if (!borrow_text(vm->box.L, index, number, sizeof number, &text))
        return "a label's value must be a text";
    if (text.size > TEXT_VALUE_MAX)
        return "a label's value is longer than 256 bytes";
    if (valid_utf8(text) != text.size)
        return "a label's value is not valid UTF-8";
    return copy_clean(vm, text, out);
}

const char *answer_reason(struct policy_vm *vm, int index, struct str *out)
{
    char number[40];
    struct str text;

    if (!borrow_text(vm->box.L, index, number, sizeof number, &text))
        return "a reason must be a text";
    if (text.size > TEXT_VALUE_MAX)
        text.size = TEXT_VALUE_MAX;
    text.size = valid_utf8(text);
    return copy_clean(vm, text, out);
}

/* By walking it: looking a text up would have to make it first, which may raise. */
void answer_member(lua_State *L, int table, struct str name)
{
    struct str key;

    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            continue;
        key.at = lua_tolstring(L, -2, &key.size);
        if (!str_eq(key, name))
            continue;
        lua_remove(L, -2);
        return;
    }
    lua_pushnil(L);
}

struct provenance *answer_provenance(struct policy_vm *vm, const struct policy_fn *f,
                                     struct str reason)
{
    struct provenance *by = arena_zalloc(vm->arena, sizeof *by);

    if (!by)
        return NULL;
    by->from = FROM_POLICY;
    by->policy = f->policy;
    by->rule = f->where;
    by->reason = reason;
    return by;
}
