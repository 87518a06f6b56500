/* Counters and windows with a function: effects of the record. */
#include <math.h>

#include "answer.h"

static const double EFFECT_MAX = 1e9;

static bool to_nano(double value, int64_t *out)
{
    if (!(value >= 0 && value <= EFFECT_MAX)) /* NaN fails both */
        return false;
    *out = (int64_t)nearbyint(value * 1e9);
    return true;
}

static struct effect *next_effect(struct policy_vm *vm)
{
    struct record *r = vm->record;
    size_t most = vm->set->build.effect_count;

    if (!r->effects)
        r->effects = arena_alloc(vm->arena, most * sizeof *r->effects);
    if (!r->effects || r->effect_count >= most)
        return NULL;
    return &r->effects[r->effect_count];
}

/* --- counters --- */

static const char *count(struct policy_vm *vm, const struct metric_decl *decl)
{
    lua_State *L = vm->box.L;
    struct effect *e = next_effect(vm);
    const char *wrong = NULL;

    if (!e)
        return "no memory";
    if (lua_type(L, SLOT_BASE + 1) != LUA_TNUMBER ||
        !to_nano(lua_tonumber(L, SLOT_BASE + 1), &e->nano))
        return decl->kind == METRIC_HISTOGRAM
                   ? "a histogram takes a number from 0 to 1000000000"
                   : "a counter grows by a number from 0 to 1000000000";
    e->name = decl->name;
    e->label_count = (uint8_t)decl->label_count;
    for (size_t i = 0; !wrong && i < decl->label_count; i++) {
        e->labels[i].name = decl->labels[i];
        wrong = answer_text(vm, SLOT_BASE + 2 + (int)i, &e->labels[i].value);
    }
    if (!wrong)
        vm->record->effect_count++;
    return wrong;
}

static void ask_counter(struct policy_vm *vm, size_t fn)
{
    const struct policy_fn *f = &vm->set->build.fns[fn];
    const struct metric_decl *decl = &vm->set->decls.metrics[f->decl];
    const char *wrong;

    if (!vm_call(vm, fn, 1 + (int)decl->label_count))
        return;
    if (!lua_toboolean(vm->box.L, SLOT_BASE + 1))
        vm_end(vm, fn, false);
    else if ((wrong = count(vm, decl)))
        vm_reject(vm, fn, wrong);
    else
        vm_end(vm, fn, true);
}

/* --- windows --- */

/* What a window with a condition adds up: its field, or 1 an event. */
static bool field_nano(const struct record *r, struct field field, int64_t *out)
{
    bool count = field.kind == FIELD_COUNT ||
                 (field.kind == FIELD_DERIVED && field.index == DERIVED_TOTAL_TOKENS);

    if (field.kind == FIELD_NONE) {
        *out = NANO_PER_USD;
        return true;
    }
    if (!record_number(r, field, out))
        return false;
    return !count || !__builtin_mul_overflow(*out, NANO_PER_USD, out);
}

static const char *window_value(struct policy_vm *vm, const struct policy_fn *f,
                                int64_t *out)
{
    lua_State *L = vm->box.L;

    if (f->is_where)
        return field_nano(vm->record, f->field, out) ? NULL : "";
    if (lua_type(L, SLOT_BASE + 1) != LUA_TNUMBER ||
        !to_nano(lua_tonumber(L, SLOT_BASE + 1), out))
        return "a window adds up numbers from 0 to 1000000000";
    return NULL;
}

static const char *add_to_window(struct policy_vm *vm, const struct policy_fn *f)
{
    const struct window_decl *decl = &vm->set->decls.windows[f->decl];
    struct effect *e = next_effect(vm);
    const char *wrong;

    if (!e)
        return "no memory";
    if ((wrong = window_value(vm, f, &e->nano)))
        return wrong;
    e->name = decl->effect;
    e->label_count = (uint8_t)decl->by_count;
    for (size_t i = 0; i < decl->by_count; i++)
        e->labels[i] = (struct pair){field_name(vm->set->options.schema, decl->by[i]),
                                     record_text(vm->record, decl->by[i])};
    vm->record->effect_count++;
    return NULL;
}

static void ask_window(struct policy_vm *vm, size_t fn)
{
    const char *wrong = "";

    if (!vm_call(vm, fn, 1))
        return;
    if (lua_toboolean(vm->box.L, SLOT_BASE + 1))
        wrong = add_to_window(vm, &vm->set->build.fns[fn]);
    if (wrong && *wrong)
        vm_reject(vm, fn, wrong);
    else
        vm_end(vm, fn, !wrong);
}

void policy_count(struct policy_vm *vm)
{
    const struct build *b = &vm->set->build;

    vm->stage = STAGE_COUNT;
    for (size_t i = 0; i < b->call_count[CALL_METRIC]; i++) {
        size_t fn = b->calls[CALL_METRIC][i];
        struct field lacking = event_lacks(vm->record, &b->fns[fn]);
        if (lacking.kind == FIELD_NONE)
            ask_counter(vm, fn);
        else
            vm_skip(vm, fn, POLICY_SKIPPED_NEEDS, lacking);
    }
    for (size_t i = 0; i < b->call_count[CALL_WINDOW]; i++)
        ask_window(vm, b->calls[CALL_WINDOW][i]);
}
