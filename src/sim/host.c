/* What a file of tests works on. */
#include "host.h"

#include <stdlib.h>
#include <string.h>

#include "find.h"
#include "spendwarden/policy_errors.h"
#include "spendwarden/timestamp.h"

/* --- the policies of a file --- */

/* The file's own folder comes last, unless the file says where; it may have none of its
 * own if the file uses others. */
static bool collect_paths(struct host *h, const struct str *uses, size_t use_count)
{
    bool own = false;
    bool ok = use_count < HOST_PATHS_MAX;

    for (size_t i = 0; ok && i < use_count; i++) {
        bool here = str_eq(uses[i], STR("."));
        const char *path =
            here ? h->folder : path_below(&h->arena, str_of(h->folder), uses[i]);
        own |= here;
        h->paths[h->path_count++] = path;
        ok = path != NULL;
    }
    if (ok && !own && (use_count == 0 || holds_policy(h->folder)))
        h->paths[h->path_count++] = h->folder;
    return ok;
}

static struct policy_options options_of(const struct host *h)
{
    const struct config *c = h->base->config;
    struct policy_options options = c->policies;

    options.zone = c->zone;
    options.lines = h->lines;
    options.path_count = h->path_count;
    options.paths = h->paths;
    options.settings = h->settings;
    options.setting_count = h->setting_count;
    return options;
}

static bool has_policy(const struct generation *g, struct str name)
{
    const struct policy_file *files;
    size_t count = policy_files(g->policies, &files);

    for (size_t i = 0; i < count; i++)
        if (str_eq(files[i].name, name))
            return true;
    return false;
}

/* Of the configuration's settings those of policies that are here: others would be
 * taken for a mistake. */
static bool choose_settings(struct host *h)
{
    const struct policy_options *all = &h->base->config->policies;
    struct policy_setting *chosen =
        arena_alloc(&h->arena, (all->setting_count + 1) * sizeof *chosen);

    for (size_t i = 0; chosen && i < all->setting_count; i++)
        if (has_policy(h->plain, all->settings[i].policy))
            chosen[h->setting_count++] = all->settings[i];
    h->settings = chosen;
    return chosen != NULL;
}

static bool load_plain(struct host *h, struct diags *diags)
{
    struct policy_options options = options_of(h);

    return generation_variant(&h->plain, h->base, &options, diags);
}

bool host_open(struct host *h, struct generation *base, const char *file,
               const struct str *uses, size_t use_count, struct diags *diags)
{
    const char *slash = strrchr(file, '/');

    arena_init(&h->arena, 0);
    arena_init(&h->test_arena, 0);
    h->base = base;
    h->folder =
        slash ? arena_cstr(&h->arena, (struct str){file, (size_t)(slash - file) + 1})
              : arena_cstr(&h->arena, STR("./"));
    bool ok = h->folder && collect_paths(h, uses, use_count);
    if (!ok)
        diags_add(diags, file, 0, 0, "no memory, or too many paths to use");
    ok = ok && load_plain(h, diags);
    if (ok && !choose_settings(h)) {
        diags_add(diags, file, 0, 0, "no memory");
        ok = false;
    }
    if (ok && h->setting_count) {
        generation_release(h->plain);
        h->plain = NULL;
        ok = load_plain(h, diags);
    }
    if (!ok)
        host_close(h);
    return ok;
}

void host_reset(struct host *h)
{
    sim_close(h->sim);
    h->sim = NULL;
    h->failure_count = 0;
    arena_reset(&h->test_arena);
}

void host_close(struct host *h)
{
    sim_close(h->sim);
    generation_release(h->plain);
    arena_release(&h->arena);
    arena_release(&h->test_arena);
    *h = (struct host){0};
}

/* --- what one test adds --- */

/* A test without additions shares the generation, until a failure has left its mark. */
static bool is_plain(const struct host *h, const struct test_setup *setup)
{
    return setup->data_count == 0 && setup->setting_count == 0 && !setup->zone &&
           policy_errors(h->plain->policies, NULL, 0) == 0;
}

static bool check_data(const struct host *h, const struct test_setup *setup,
                       struct err *err)
{
    const struct str *known;
    size_t count = policy_data_names(h->plain->policies, &known);

    for (size_t i = 0; i < setup->data_count; i++) {
        const char *names[64];
        size_t named = 0;
        bool found = false;
        for (size_t k = 0; k < count; k++) {
            found |= str_eq(known[k], setup->data[i].name);
            if (named < 64)
                names[named++] = known[k].at;
        }
        if (found)
            continue;
        const char *near = str_nearest(setup->data[i].name, names, named);
        return err_set(err, ERR_INPUT, "no policy here reads the data '%.*s'%s%s%s",
                       STR_ARG(setup->data[i].name), near ? "; did you mean '" : "",
                       near ? near : "", near ? "'?" : "");
    }
    return true;
}

/* The only policy in the file's own folder. */
static bool own_policy(const struct host *h, struct str *out, struct err *err)
{
    const struct policy_file *files;
    size_t count = policy_files(h->plain->policies, &files), own = 0;
    struct str folder = str_of(h->folder);

    for (size_t i = 0; i < count; i++) {
        struct str path = str_of(files[i].path);
        if (!str_starts(path, folder) ||
            memchr(path.at + folder.size, '/', path.size - folder.size))
            continue;
        *out = files[i].name;
        own++;
    }
    return own == 1 || err_set(err, ERR_INPUT,
                               "t:settings: %zu policies lie beside this file: "
                               "t:settings { [\"NAME\"] = { key = value } }",
                               own);
}

/* Those of the test come first: the first of a name wins. */
static bool add_settings(struct host *h, const struct test_setup *setup,
                         struct policy_options *options, struct err *err)
{
    size_t count = setup->setting_count;
    struct policy_setting *all =
        arena_alloc(&h->test_arena, (count + options->setting_count + 1) * sizeof *all);

    if (!all)
        return err_set(err, ERR_MEMORY, "no memory");
    for (size_t i = 0; i < count; i++) {
        all[i] = setup->settings[i];
        if (all[i].policy.size == 0 && !own_policy(h, &all[i].policy, err))
            return false;
    }
    for (size_t i = 0; i < options->setting_count; i++)
        all[count + i] = options->settings[i];
    options->settings = all;
    options->setting_count += count;
    return true;
}

/* In place of the configuration's. */
static bool add_data(struct host *h, const struct test_setup *setup,
                     struct policy_options *options, struct err *err)
{
    size_t count = setup->data_count;
    struct policy_data *all =
        arena_alloc(&h->test_arena, (count + options->data_count + 1) * sizeof *all);

    if (!all)
        return err_set(err, ERR_MEMORY, "no memory");
    if (count)
        memcpy(all, setup->data, count * sizeof *all);
    for (size_t i = 0; i < options->data_count; i++) {
        bool replaced = false;
        for (size_t k = 0; k < setup->data_count; k++)
            replaced |= str_eq(setup->data[k].name, options->data[i].name);
        if (!replaced)
            all[count++] = options->data[i];
    }
    options->data = all;
    options->data_count = count;
    return true;
}

static bool load_variant(struct host *h, const struct test_setup *setup,
                         struct generation **out, struct err *err)
{
    struct policy_options options = options_of(h);
    struct diags diags = {0};

    *out = NULL;
    if (setup->zone)
        options.zone = setup->zone;
    if (!check_data(h, setup, err) || !add_data(h, setup, &options, err) ||
        !add_settings(h, setup, &options, err))
        return false;
    bool ok = generation_variant(out, h->base, &options, &diags);
    if (!ok)
        err_set(err, ERR_INPUT, "%s", diags.count ? diags.items[0].text : "no memory");
    diags_release(&diags);
    return ok;
}

static void note_failure(void *ctx, struct str policy, struct str rule,
                         const char *reason, const char *message)
{
    struct host *h = ctx;

    if (h->failure_count == HOST_FAILURES_MAX)
        return;
    h->failures[h->failure_count++] = (struct test_failure){
        arena_copy(&h->test_arena, policy), arena_copy(&h->test_arena, rule),
        arena_copy(&h->test_arena, str_of(message)), reason};
}

static bool begin(void *ctx, const struct test_setup *setup, struct err *err)
{
    struct host *h = ctx;
    struct generation *g = NULL;
    int64_t stop_ns = timestamp_monotonic() + h->test_ms * NS_PER_MS;

    if (is_plain(h, setup))
        g = generation_hold(h->plain);
    else if (!load_variant(h, setup, &g, err))
        return false;
    const struct sim_options options = {
        .generation = g,
        .start_ns = setup->start_ns,
        .stop_ns = h->stop_ns && h->stop_ns < stop_ns ? h->stop_ns : stop_ns,
        .watch = {note_failure, h},
    };
    bool ok = sim_open(&h->sim, &options, err);
    generation_release(g);
    return ok;
}

/* --- the simulation, as tests ask for it --- */

static int64_t now(void *ctx)
{
    return sim_now(((struct host *)ctx)->sim);
}

static int64_t next_tick(void *ctx)
{
    return sim_next_tick(((struct host *)ctx)->sim);
}

static bool post(void *ctx, struct str source, struct str body, struct err *err)
{
    return sim_post(((struct host *)ctx)->sim, source, body, err);
}

static bool next(void *ctx, struct test_sent *out)
{
    struct verdict_reason why = {0};

    *out = (struct test_sent){0};
    switch (sim_next(((struct host *)ctx)->sim, &out->record, &why)) {
    case VERDICT_EVENT:
        return true;
    case VERDICT_SKIPPED:
        out->skipped = why.text;
        return true;
    case VERDICT_REJECTED:
    case VERDICT_BROKEN:
        out->refused = why.text;
        return true;
    default:
        return false;
    }
}

static bool advance(void *ctx, int64_t to_ns, struct err *err)
{
    return sim_advance(((struct host *)ctx)->sim, to_ns, err);
}

static size_t alerts(void *ctx, const struct alert **out)
{
    return sim_alerts(((struct host *)ctx)->sim, out);
}

static bool firing(void *ctx, size_t i, struct test_firing *out)
{
    const struct sim_firing *firings;

    if (i >= sim_firings(((struct host *)ctx)->sim, &firings))
        return false;
    *out =
        (struct test_firing){firings[i].label_count, firings[i].labels, firings[i].value,
                             firings[i].fired_ns, firings[i].resolved_ns};
    return true;
}

static bool failure(void *ctx, size_t i, struct test_failure *out)
{
    const struct host *h = ctx;

    if (i >= h->failure_count)
        return false;
    *out = h->failures[i];
    return true;
}

static bool metrics(void *ctx, struct buf *out, struct err *err)
{
    return sim_metrics(((struct host *)ctx)->sim, out, err);
}

static const struct decls *decls(void *ctx)
{
    return policy_decls(sim_generation(((struct host *)ctx)->sim)->policies);
}

struct test_host host_of(struct host *h)
{
    return (struct test_host){
        .ctx = h,
        .begin = begin,
        .now = now,
        .next_tick = next_tick,
        .post = post,
        .next = next,
        .advance = advance,
        .alerts = alerts,
        .firing = firing,
        .failure = failure,
        .metrics = metrics,
        .decls = decls,
    };
}
