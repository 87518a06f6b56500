/* One state of a generation. */
#pragma once
#include "bindings.h"
#include "set.h"
#include "spendwarden/policy_tick.h"
#include "spendwarden/policy_trace.h"

enum { NAMES_MAX = 128, NAME_SLOTS = 256, NOTES_MAX = 512 };

/* A call that ran and has labels, for what is said of their number. */
struct note {
    const char *path, *kind; /* borrowed; static */
    int line;
    size_t count;
    const struct str *names; /* in the build's arena */
};

/* What came of a function's calls of one tick, or-ed. */
enum {
    CALLS_ANSWERED = 1,
    CALLS_FAILED = 2,  /* by what one group brought along */
    CALLS_STOPPED = 4, /* at a limit, which costs all others too */
};

/* What running the files found: places are lines only, and each may be there twice. */
struct findings {
    struct diags problems;
    struct diags data; /* of data files, complete */
    size_t note_count;
    struct note notes[NOTES_MAX];
};

/* What an event's field name stands for. */
enum name_kind { NAME_FIELD, NAME_TAGS, NAME_METADATA, NAME_HAS_TAG, NAME_REQUESTED_USD };

struct name {
    struct str text;
    const char *interned; /* where Lua has the text, as long as the state */
    enum name_kind kind;
    struct field field; /* known_from also for other kinds */
};

struct policy_vm {
    struct sandbox box;
    const struct policy_set *set;
    struct fn_usage *usage;     /* owned; one a function */
    struct policy_vm *next;     /* of the set's open states; under its lock */
    struct price_cache *prices; /* NULL: the set has no price book */
    size_t name_count;
    struct name names[NAMES_MAX];
    uint8_t name_slots[NAME_SLOTS]; /* by the address of the text in Lua: index + 1 */

    /* while files are loaded */
    struct build *build;
    struct findings *found; /* NULL: errors were reported when the set was loaded */
    const struct source_file *file;
    char short_name[LUA_IDSIZE]; /* what Lua's messages call the file */
    struct str policy;
    bool compiled; /* of the file: it is Lua */
    bool broken;

    /* while an event or a tick is decided */
    uint64_t handle; /* of the event or group; those of another number are stale */
    enum stage stage;
    struct record *record; /* NULL: no event */
    struct arena *arena;
    const struct window_sums *sums; /* NULL: no tick */
    const struct window_decl *group_window;
    const struct window_group *group;
    int64_t at_ns;
    int64_t stands_ns;           /* see policy_tick_stands */
    const struct answer *answer; /* a second argument of the call; NULL: none */
    int64_t left;                /* instructions of this event or tick */
    struct budget budget;        /* of the running call */
    size_t output;               /* bytes of text that the last call answered */
    bool handle_pushed;
    uint64_t tags_handle, metadata_handle; /* of those that event_index made last */
    const struct policy_mask *disabled;    /* borrowed */
    struct policy_marks *marks;            /* of the event; NULL: no event */
    uint8_t tick_calls[FUNCTIONS_MAX];     /* by function: what came of its groups */
    bool read_filling; /* the call at hand read a window that is filling */

    struct policy_watch watch;
    policy_trace *trace;
    void *trace_ctx;

    struct policy_cost *costs; /* NULL: nothing is measured */
    size_t rounds;
    double empty_ns;
};

/* Slots of the main stack that stand as long as the vm. */
enum {
    SLOT_FUNCTIONS = 1,
    SLOT_HANDLE,      /* the event or group that functions get */
    SLOT_EVENT_MAKER, /* C functions that make one */
    SLOT_GROUP_MAKER,
    SLOT_BASE = SLOT_GROUP_MAKER,
};

struct policy_vm *vm_of(lua_State *L);

/* The names that policies see, one a line, in no order: see policy_names.h. The vm is
 * trusted from then on. */
bool vm_names(struct policy_vm *vm, struct buf *out, struct err *err);

/* A state with every file of the set run in it, registering into `build`. */
bool vm_load(struct policy_vm *vm, const struct policy_set *set, struct build *build,
             struct findings *found, struct err *err);
void vm_release(struct policy_vm *vm);

/* Calls function `fn` with the event, or with the group of a tick: `results` are above
 * SLOT_BASE. False: it failed and that was dealt with; nothing is there. */
bool vm_call(struct policy_vm *vm, size_t fn, int results);

/* Ends a call that succeeded: its answer was no good, or whether there was one. Nothing
 * is above SLOT_BASE then. */
void vm_reject(struct policy_vm *vm, size_t fn, const char *message);
void vm_end(struct policy_vm *vm, size_t fn, bool answered);

/* Tells the trace, which is there. `missing`: the field that a call needs and does not
 * have; else FIELD_NONE. */
void vm_trace_skip(struct policy_vm *vm, size_t fn, enum policy_result why,
                   struct field missing);

/* Most functions are not called for most events. */
static inline void vm_skip(struct policy_vm *vm, size_t fn, enum policy_result why,
                           struct field missing)
{
    usage_add(&vm->usage[fn].outcomes[why], 1);
    if (vm->trace)
        vm_trace_skip(vm, fn, why, missing);
}

/* Handles given out before are stale from now on. */
void vm_forget(struct policy_vm *vm);

/* A handle into SLOT_HANDLE, unless one is there. NULL, or the reason of the failure. */
const char *vm_push_handle(struct policy_vm *vm);

/* The bare call: its results are above SLOT_BASE, or the reason of the failure comes
 * back. */
const char *vm_run(struct policy_vm *vm, size_t fn, int results);

/* Measures the function that vm_call is about to call. */
void vm_measure(struct policy_vm *vm, size_t fn, int results);
