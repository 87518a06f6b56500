/* spendwarden run: the daemon. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../engine/reloader.h"
#include "cli.h"
#include "spendwarden/books_tidy.h"
#include "spendwarden/log.h"
#include "spendwarden/server.h"

static const char help[] =
    "Usage: spendwarden run --config FILE [OPTION]...\n"
    "Starts the engine: takes events over HTTP, books them, evaluates rules, sends "
    "alerts.\n\n"
    "  -c, --config FILE       configuration (docs/config.md)\n"
    "      --set KEY=VALUE     override one key of it, as \"ledger.path=/var/lib/x.db\"\n"
    "      --help-config       list every key with its default and meaning\n"
    "      --log-level LEVEL   debug, info (default), warn or error\n"
    "  -h, --help              this text\n\n"
    "SIGHUP and POST /-/reload load configuration, policies, data and prices anew; if\n"
    "anything is wrong with them the old ones go on. SIGTERM and SIGINT end it.\n"
    "Exit status: 0 ended by a signal, 2 it could not start.\n";

enum {
    OPTION_HELP_CONFIG = 2000,
    OPTION_LOG_LEVEL,
    HOUSEKEEPING_NICE = 10,
    BUSY_STEP_NS = 20000000
};

static bool set_log_level(const char *name)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};

    for (int i = 0; i < 4; i++)
        if (strcmp(names[i], name) == 0) {
            log_set_level((enum log_level)i);
            return true;
        }
    return false;
}

/* By the configuration of now: a reload may change it. */
static bool prune(struct engine *e, struct err *err)
{
    struct generation *g = engine_generation(e);
    struct retention keep = {g->config->retention_ns, g->config->retention_bytes};

    generation_release(g);
    return books_prune(engine_books(e), &keep, err);
}

/* Moves the journal along, in small steps while events come: a large one would hold up
 * their commits (at 40,000 events/s p99 was 6 ms with a step a second, 3 ms with 50).
 * Once a second what is beyond the retention goes. True: events came, or there is more to
 * roll up. */
static bool keep_house(struct engine *e, uint64_t *seq, int64_t *pruned_ns)
{
    static struct log_limit failed;
    uint64_t before = *seq;
    struct err err = {0};

    bool more = false;

    *seq = books_last_seq(engine_books(e));
    bool ok =
        books_tidy(engine_books(e), &err) && books_roll_up(engine_books(e), &more, &err);
    if (ok && timestamp_monotonic() - *pruned_ns >= NS_PER_SECOND) {
        ok = prune(e, &err);
        *pruned_ns = timestamp_monotonic();
    }
    if (!ok)
        log_limited(&failed, NS_PER_MINUTE, LOG_WARN, "ledger not tidied: %s", err.text);
    return more || *seq != before;
}

/* Until a signal ends it. */
static void wait_for_end(struct engine *e, struct reloader *r, const sigset_t *signals)
{
    static const struct timespec second = {.tv_sec = 1},
                                 moment = {.tv_nsec = BUSY_STEP_NS};
    uint64_t seq = 0;
    int64_t pruned_ns = 0;
    bool busy = false;

    /* This thread's work can wait; an answer to a gateway cannot. */
    setpriority(PRIO_PROCESS, (id_t)gettid(), HOUSEKEEPING_NICE);
    for (;;) {
        int got = sigtimedwait(signals, NULL, busy ? &moment : &second);
        if (got == SIGHUP)
            reloader_request(r, "SIGHUP");
        else if (got == SIGTERM || got == SIGINT)
            return;
        busy = keep_house(e, &seq, &pruned_ns);
    }
}

static bool open_reloader(struct reloader **out, struct engine *e, struct server *s,
                          struct watch *w, struct diags *diags)
{
    struct err err = {0};
    bool ok = reloader_open(out, e, s, w, &err);

    if (!ok)
        diags_add(diags, "spendwarden", 0, 0, "%s", err.text);
    return ok;
}

static int serve(const struct common_options *o)
{
    struct diags diags = {0};
    struct engine *e = NULL;
    struct server *s = NULL;
    struct reloader *r = NULL;
    sigset_t signals;

    /* Before any thread starts: all of them inherit it. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file too large is an error of the write */
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);

    /* Older than the engine: what changes while it starts is a change. */
    struct watch *w = watch_new(&o->generation);
    bool ok = engine_open(&e, &o->generation, true, &diags) && server_open(&s, e, &diags);
    if (ok)
        ok = open_reloader(&r, e, s, w, &diags);
    else
        watch_free(w);
    if (ok) {
        struct generation *g = engine_generation(e);
        log_line(LOG_INFO, "listening on %s:%d, ledger %s", g->config->listen_host,
                 server_port(s), g->config->ledger_path);
        generation_check_policies(g, &diags);
        generation_release(g);
        report_diags(&diags, EXIT_OK); /* warnings */
        wait_for_end(e, r, &signals);
        log_line(LOG_INFO, "stopping");
    }
    reloader_close(r);
    server_close(s);
    engine_close(e);
    return report_diags(&diags, ok ? EXIT_OK : EXIT_USAGE);
}

static int help_config(void)
{
    struct buf text = {0};

    config_describe(&text);
    print_buf(stdout, &text);
    buf_release(&text);
    return EXIT_OK;
}

int verb_run(int argc, char **argv)
{
    static const struct option options[] = {
        COMMON_OPTIONS,
        {"help-config", no_argument, NULL, OPTION_HELP_CONFIG},
        {"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
        {0},
    };
    struct common_options common = {.verb = "spendwarden run"};
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == OPTION_HELP)
            return fputs(help, stdout), EXIT_OK;
        if (option == OPTION_HELP_CONFIG)
            return help_config();
        if (option == OPTION_LOG_LEVEL && !set_log_level(optarg))
            return usage_error("spendwarden run",
                               "--log-level: debug, info, warn or error, not \"%s\"",
                               optarg);
        if (option != OPTION_LOG_LEVEL && !common_option(&common, option, optarg))
            return wrong_option("spendwarden run");
    }
    common_done(&common);
    if (optind != argc)
        return usage_error("spendwarden run",
                           "unexpected argument \"%s\"; a configuration is given with "
                           "--config",
                           argv[optind]);
    if (!common.generation.config_path)
        return usage_error("spendwarden run", "--config FILE is needed");
    return serve(&common);
}
