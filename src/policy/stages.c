/* The stages of an event: which functions are asked, and what their answers become. */
#include "answer.h"

void policy_event_begin(struct policy_vm *vm, struct record *r, struct arena *arena)
{
    vm_forget(vm);
    vm->record = r;
    vm->marks = &r->marks;
    r->marks = (struct policy_marks){0};
    vm->arena = arena;
    vm->left = vm->set->options.limits.event_instructions;
}

void policy_event_end(struct policy_vm *vm)
{
    vm_forget(vm);
    vm->record = NULL;
    vm->marks = NULL;
    vm->arena = NULL;
    sandbox_rest(&vm->box);
}

static bool has_field(const struct record *r, struct field field)
{
    int64_t number;

    if (field.kind == FIELD_TEXT)
        return r->ev.text[field.index].size > 0;
    return record_text(r, field).size > 0 || record_number(r, field, &number) ||
           (field.kind == FIELD_COUNT && field.index == COUNT_RETRY_DEPTH);
}

static const struct field no_field = {FIELD_NONE, 0, STAGE_DECODE};

struct field event_lacks(const struct record *r, const struct policy_fn *f)
{
    for (size_t i = 0; i < f->need_count; i++)
        if (!has_field(r, f->needs[i]))
            return f->needs[i];
    return no_field;
}

/* Calls each function of a kind whose needs are there; `use` deals with its answer.
 * False: no further one is asked. */
typedef bool answer_use(struct policy_vm *vm, size_t fn);

static void ask_all(struct policy_vm *vm, enum policy_call call, enum stage stage,
                    answer_use *use)
{
    const struct build *b = &vm->set->build;
    bool wanted = true;

    vm->stage = stage;
    for (size_t i = 0; i < b->call_count[call] && (wanted || vm->trace); i++) {
        size_t fn = b->calls[call][i];
        struct field lacking = event_lacks(vm->record, &b->fns[fn]);
        if (!wanted)
            vm_skip(vm, fn, POLICY_SKIPPED_ANSWERED, no_field);
        else if (lacking.kind != FIELD_NONE)
            vm_skip(vm, fn, POLICY_SKIPPED_NEEDS, lacking);
        else
            wanted = use(vm, fn);
    }
}

/* --- derive --- */

static bool label_wanted(const struct policy_vm *vm, const struct policy_fn *f)
{
    if (f->override)
        return true;
    for (size_t i = 0; i < f->label_count; i++)
        if (vm->record->ev.text[f->labels[i].index].size == 0)
            return true;
    return false;
}

/* What one call answered for its labels, before any of it is put into the record. */
struct derived {
    size_t count;
    unsigned label[DERIVE_LABELS_MAX];
    struct str value[DERIVE_LABELS_MAX];
};

/* The value on top of the stack for one label, popped. */
static const char *take_label(struct policy_vm *vm, const struct policy_fn *f, size_t i,
                              struct derived *d)
{
    unsigned label = f->labels[i].index;
    struct str before = vm->record->ev.text[label], value;
    const char *wrong = answer_text(vm, -1, &value);

    lua_pop(vm->box.L, 1);
    if (wrong || value.size == 0 || (before.size && !f->override) ||
        str_eq(before, value))
        return wrong;
    d->label[d->count] = label;
    d->value[d->count++] = value;
    return NULL;
}

/* Answers are tables of our own making or the policy's: neither has a way to raise. */
static const char *take_labels(struct policy_vm *vm, const struct policy_fn *f,
                               struct derived *d)
{
    lua_State *L = vm->box.L;
    const char *wrong = NULL;

    if (!f->several) {
        lua_pushvalue(L, SLOT_BASE + 1);
        return take_label(vm, f, 0, d);
    }
    if (readonly_open(L, SLOT_BASE + 1))
        lua_replace(L, SLOT_BASE + 1);
    if (!lua_istable(L, SLOT_BASE + 1))
        return "for several labels the answer must be a table";
    for (size_t i = 0; !wrong && i < f->label_count; i++) {
        answer_member(L, SLOT_BASE + 1, f->label_names[i]);
        wrong = take_label(vm, f, i, d);
    }
    return wrong;
}

static const char *apply_labels(struct policy_vm *vm, const struct policy_fn *f,
                                const struct derived *d)
{
    struct provenance *by[DERIVE_LABELS_MAX];
    struct str reason;
    const char *wrong = answer_reason(vm, SLOT_BASE + 2, &reason);

    for (size_t i = 0; !wrong && i < d->count; i++) {
        by[i] = answer_provenance(vm, f, reason);
        if (!by[i])
            return "no memory";
        by[i]->was = vm->record->ev.text[d->label[i]];
    }
    for (size_t i = 0; !wrong && i < d->count; i++) {
        vm->record->ev.text[d->label[i]] = d->value[i];
        *record_label_by(vm->record, d->label[i]) = by[i];
    }
    return wrong;
}

static bool use_derive(struct policy_vm *vm, size_t fn)
{
    const struct policy_fn *f = &vm->set->build.fns[fn];
    struct derived d;

    if (!label_wanted(vm, f)) {
        vm_skip(vm, fn, POLICY_SKIPPED_LABEL, no_field);
        return true;
    }
    if (!vm_call(vm, fn, 2))
        return true;
    if (!lua_toboolean(vm->box.L, SLOT_BASE + 1)) {
        vm_end(vm, fn, false);
        return true;
    }
    d.count = 0;
    const char *wrong = take_labels(vm, f, &d);
    if (!wrong)
        wrong = apply_labels(vm, f, &d);
    if (wrong)
        vm_reject(vm, fn, wrong);
    else
        vm_end(vm, fn, d.count > 0);
    return true;
}

void policy_derive(struct policy_vm *vm)
{
    ask_all(vm, CALL_DERIVE, STAGE_DERIVE, use_derive);
}

/* --- price --- */

static const char *apply_price(struct policy_vm *vm, const struct policy_fn *f)
{
    struct charge *c = &vm->record->charge;
    struct price_step step = {.billed = f->billed,
                              .before = f->billed ? c->billed : c->charge};
    struct provenance *by;
    struct str reason;
    bool billed_before = false;

    if (lua_type(vm->box.L, SLOT_BASE + 1) != LUA_TNUMBER ||
        !money_from_double(&step.after, lua_tonumber(vm->box.L, SLOT_BASE + 1)))
        return "a price must be a number of USD from 0 to 1000000";
    const char *wrong = answer_reason(vm, SLOT_BASE + 2, &reason);
    if (wrong)
        return wrong;
    if (!(by = answer_provenance(vm, f, reason)) || c->step_count == PRICE_STEPS_MAX)
        return "no memory";
    step.by = by;
    for (size_t i = 0; i < c->step_count; i++)
        billed_before |= c->steps[i].billed;
    c->steps[c->step_count++] = step;
    if (!f->billed)
        c->charge = step.after;
    /* What a tenant is invoiced is what we pay, until a policy says otherwise. */
    if (f->billed || !billed_before)
        c->billed = step.after;
    return NULL;
}

static bool use_price(struct policy_vm *vm, size_t fn)
{
    if (!vm_call(vm, fn, 2))
        return true;
    if (!lua_toboolean(vm->box.L, SLOT_BASE + 1)) {
        vm_end(vm, fn, false);
        return true;
    }
    const char *wrong = apply_price(vm, &vm->set->build.fns[fn]);
    if (wrong)
        vm_reject(vm, fn, wrong);
    else
        vm_end(vm, fn, true);
    return true;
}

void policy_price(struct policy_vm *vm)
{
    ask_all(vm, CALL_PRICE, STAGE_PRICE, use_price);
}

/* --- classify --- */

static const char *apply_class(struct policy_vm *vm, const struct policy_fn *f)
{
    lua_State *L = vm->box.L;
    struct str reason, class = {NULL, 0};
    struct provenance *by;

    if (lua_type(L, SLOT_BASE + 1) == LUA_TSTRING)
        class.at = lua_tolstring(L, SLOT_BASE + 1, &class.size);
    for (size_t i = 0; i < f->class_count; i++) {
        if (!str_eq(f->classes[i], class))
            continue;
        const char *wrong = answer_reason(vm, SLOT_BASE + 2, &reason);
        if (wrong)
            return wrong;
        if (!(by = answer_provenance(vm, f, reason)))
            return "no memory";
        vm->record->class = f->classes[i];
        vm->record->class_by = by;
        return NULL;
    }
    return "the answer is not one of the classes that this classify declares";
}

static bool use_classify(struct policy_vm *vm, size_t fn)
{
    if (!vm_call(vm, fn, 2))
        return true;
    if (!lua_toboolean(vm->box.L, SLOT_BASE + 1)) {
        vm_end(vm, fn, false);
        return true;
    }
    const char *wrong = apply_class(vm, &vm->set->build.fns[fn]);
    if (wrong) {
        vm_reject(vm, fn, wrong);
        return true;
    }
    vm_end(vm, fn, true);
    return false;
}

void policy_classify(struct policy_vm *vm)
{
    const struct build *b = &vm->set->build;

    ask_all(vm, CALL_CLASSIFY, STAGE_CLASSIFY, use_classify);
    if (vm->record->class_by || !b->default_by)
        return;
    struct provenance *by = answer_provenance(vm, b->default_by, STR("default"));
    if (!by)
        return;
    vm->record->class = b->default_class;
    vm->record->class_by = by;
}
