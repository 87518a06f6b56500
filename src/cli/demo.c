/* spendwarden demo: synthetic traffic, so that every view has something to show. A day of
 * backdated history first; then live requests that lose a label and reach the next step
 * of a budget within a minute. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "fetch.h"
#include "spendwarden/timestamp.h"
#include "traffic.h"

static const char help[] =
    "Usage: spendwarden demo [OPTION]...\n"
    "Sends synthetic requests to a running engine: first backdated ones, then live ones "
    "of\n"
    "which some carry no workflow, and enough of them for one team to reach the next "
    "step of\n"
    "its budget. Fits the data of examples/quickstart.\n\n"
    "      --url URL          engine (default http://127.0.0.1:9464)\n"
    "      --token-file FILE  a token of scope ingest and read, if the engine wants one\n"
    "      --history TIME     how far back to begin (default 25h, 0 for none, at most "
    "30d)\n"
    "      --for TIME         how long to send live requests (default 5m)\n"
    "      --seed NUMBER      of the random numbers (default 1)\n"
    "  -h, --help             this text\n\n"
    "Exit status: 0 all was accepted, 1 some was rejected, 2 the engine did not "
    "answer.\n";

enum {
    OPTION_URL = 2000,
    OPTION_TOKEN_FILE,
    OPTION_HISTORY,
    OPTION_FOR,
    OPTION_SEED,
    HISTORY_STEP_SECONDS = 20,
    BATCH = 500,
    LIVE_PER_SECOND = 4,
    CROSSING_SECONDS = 30,
};

struct demo {
    const char *url;
    struct curl_slist *headers; /* owned */
    int64_t history_ns, live_ns;
    struct traffic traffic;
    CURL *curl;
    struct buf answer;
    int64_t accepted, rejected;
    double extra_usd; /* of each live request of the team whose budget is to be reached */
    char extra_team[64];
};

/* One request; the answer is in d->answer. `body` NULL: GET. */
static bool ask(struct demo *d, const char *path, const char *body)
{
    char url[512];
    struct fetch f = {.curl = d->curl,
                      .url = url,
                      .body = body,
                      .headers = d->headers,
                      .timeout_seconds = 30,
                      .answer_max = 1 << 20,
                      .answer = &d->answer};

    snprintf(url, sizeof url, "%s%s", d->url, path);
    CURLcode rc = fetch(&f);
    if (rc != CURLE_OK)
        fprintf(stderr, "spendwarden demo: %s: %s\n", url, curl_easy_strerror(rc));
    else if (f.status != 200)
        fprintf(stderr, "spendwarden demo: %s: status %ld: %.*s\n", url, f.status,
                STR_ARG(buf_str(&d->answer)));
    return rc == CURLE_OK && f.status == 200;
}

static bool send_events(struct demo *d, json_t *events)
{
    char *body = json_dumps(events, JSON_COMPACT);
    bool ok = body && ask(d, "/v1/ingest/generic", body);
    json_t *counts = ok ? json_loadb(d->answer.at, d->answer.size, 0, NULL) : NULL;

    d->accepted += json_integer_value(json_object_get(counts, "accepted"));
    d->rejected += (int64_t)json_array_size(json_object_get(counts, "rejected"));
    json_decref(counts);
    free(body);
    json_array_clear(events);
    return ok;
}

static void show_progress(const char *what, int64_t done, int64_t total)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%s %3d%%%s", what, (int)(100 * done / (total ? total : 1)),
                done >= total ? "\n" : "");
}

static bool send_history(struct demo *d)
{
    int64_t now = timestamp_now(), start = now - d->history_ns;
    json_t *events = json_array();
    bool ok = true;

    for (int64_t at = start; ok && at < now; at += HISTORY_STEP_SECONDS * NS_PER_SECOND) {
        const struct actor *a = traffic_actor(&d->traffic);
        json_array_append_new(events,
                              traffic_event(&d->traffic, a, at + NS_PER_SECOND, 0));
        if (json_array_size(events) == BATCH) {
            ok = send_events(d, events);
            show_progress("history", at - start, d->history_ns);
        }
    }
    if (ok && json_array_size(events))
        ok = send_events(d, events);
    if (ok && d->history_ns)
        show_progress("history", 1, 1);
    json_decref(events);
    return ok;
}

static double usd_of(const json_t *budget, const char *name)
{
    const char *text = json_string_value(json_object_get(budget, name));

    return text ? strtod(text, NULL) : 0;
}

/* The budget that is nearest to its next step, and what one live request must cost for it
 * to get there in half a minute. */
static void choose_budget(struct demo *d)
{
    static const double steps[] = {0.5, 0.8, 1.0};
    json_t *answer = ask(d, "/api/v1/budgets", NULL)
                         ? json_loadb(d->answer.at, d->answer.size, 0, NULL)
                         : NULL;
    const json_t *budgets = json_object_get(answer, "data"), *budget;
    double least = 0;
    size_t i;

    json_array_foreach(budgets, i, budget)
    {
        const char *team =
            json_string_value(json_object_get(json_object_get(budget, "labels"), "team"));
        double limit = usd_of(budget, "limit_usd"), spent = usd_of(budget, "spent_usd");
        for (size_t s = 0; team && limit > 0 && s < sizeof steps / sizeof *steps; s++) {
            double missing = limit * steps[s] - spent;
            if (missing <= 0)
                continue;
            if (least == 0 || missing < least) {
                least = missing;
                snprintf(d->extra_team, sizeof d->extra_team, "%s", team);
            }
            break;
        }
    }
    json_decref(answer);
    /* One live request a second belongs to that team. */
    d->extra_usd = least / CROSSING_SECONDS;
    if (least > 0)
        printf("team %s will reach the next step of its budget in about %d seconds\n",
               d->extra_team, CROSSING_SECONDS);
}

static void add_second(struct demo *d, json_t *events)
{
    int64_t now = timestamp_now();

    for (int i = 0; i < LIVE_PER_SECOND; i++) {
        const struct actor *a = traffic_actor(&d->traffic);
        json_t *event = traffic_event(&d->traffic, a, now, 0);
        if (traffic_chance(&d->traffic) < 0.5)
            traffic_lose_workflow(event, a);
        json_array_append_new(events, event);
    }
    if (d->extra_usd > 0) {
        const struct actor *a = traffic_actor_of_team(d->extra_team);
        json_t *event = traffic_event(&d->traffic, a, now, d->extra_usd);
        traffic_lose_workflow(event, a);
        json_array_append_new(events, event);
    }
}

static bool send_live(struct demo *d)
{
    int64_t end = timestamp_monotonic() + d->live_ns;
    int64_t extra_end = timestamp_monotonic() + (CROSSING_SECONDS + 3) * NS_PER_SECOND;
    json_t *events = json_array();
    bool ok = true;

    while (ok && timestamp_monotonic() < end) {
        if (timestamp_monotonic() > extra_end)
            d->extra_usd = 0;
        add_second(d, events);
        ok = send_events(d, events);
        show_progress("live", d->live_ns - (end - timestamp_monotonic()), d->live_ns);
        sleep(1);
    }
    json_decref(events);
    return ok;
}

static int run_demo(struct demo *d)
{
    char run[32];

    snprintf(run, sizeof run, "%llx", (unsigned long long)timestamp_now());
    d->traffic.run = run;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    d->headers = curl_slist_append(d->headers, "Content-Type: application/json");
    d->curl = curl_easy_init();
    bool ok = d->curl && send_history(d);
    if (ok) {
        printf("history: %lld events accepted\n", (long long)d->accepted);
        choose_budget(d);
        fflush(stdout);
        ok = send_live(d);
    }
    if (ok)
        printf("%lld events accepted, %lld rejected\n", (long long)d->accepted,
               (long long)d->rejected);
    curl_easy_cleanup(d->curl);
    curl_global_cleanup();
    buf_release(&d->answer);
    if (!ok)
        return EXIT_USAGE;
    return d->rejected ? EXIT_FOUND : EXIT_OK;
}

static bool take_time(const char *name, const char *text, int64_t *out)
{
    if (duration_parse(out, str_of(text)) && *out <= 30 * NS_PER_DAY)
        return true;
    usage_error("spendwarden demo", "%s: a time such as 25h, at most 30d, not \"%s\"",
                name, text);
    return false;
}

static bool take_seed(const char *text, uint64_t *out)
{
    int64_t seed;

    if (!str_to_int64(str_of(text), &seed) || seed < 0) {
        usage_error("spendwarden demo", "--seed: a whole number, not \"%s\"", text);
        return false;
    }
    *out = (uint64_t)seed * 2 + 1;
    return true;
}

/* True: it was an option of this verb, and right. */
static bool take_option(struct demo *d, int option, const char *argument)
{
    switch (option) {
    case OPTION_URL:
        d->url = argument;
        return true;
    case OPTION_TOKEN_FILE:
        return add_token(&d->headers, argument);
    case OPTION_HISTORY:
        return take_time("--history", argument, &d->history_ns);
    case OPTION_FOR:
        return take_time("--for", argument, &d->live_ns);
    case OPTION_SEED:
        return take_seed(argument, &d->traffic.random);
    default:
        wrong_option("spendwarden demo");
        return false;
    }
}

int verb_demo(int argc, char **argv)
{
    static const struct option options[] = {
        {"url", required_argument, NULL, OPTION_URL},
        {"token-file", required_argument, NULL, OPTION_TOKEN_FILE},
        {"history", required_argument, NULL, OPTION_HISTORY},
        {"for", required_argument, NULL, OPTION_FOR},
        {"seed", required_argument, NULL, OPTION_SEED},
        {"help", no_argument, NULL, OPTION_HELP},
        {0},
    };
    struct demo d = {
        .url = "http://127.0.0.1:9464",
        .history_ns = 25 * NS_PER_HOUR,
        .live_ns = 5 * NS_PER_MINUTE,
        .traffic = {.random = 3},
    };
    int option, code = EXIT_OK;

    while (code == EXIT_OK &&
           (option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == OPTION_HELP)
            return fputs(help, stdout), EXIT_OK;
        if (!take_option(&d, option, optarg))
            code = EXIT_USAGE;
    }
    if (code == EXIT_OK && optind < argc)
        code =
            usage_error("spendwarden demo", "unexpected argument \"%s\"", argv[optind]);
    if (code == EXIT_OK)
        code = run_demo(&d);
    curl_slist_free_all(d.headers);
    return code;
}
