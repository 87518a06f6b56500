/* A load for 127.0.0.1: threads that post one body again and again, each time with fresh
 * ids. In the body, runs of MARK are replaced by a counter of the same width.
 *
 *     load PORT PATH BODY-FILE CONNECTIONS SECONDS [TOTAL-RATE]
 *
 * Prints one JSON object: requests, failures, seconds, and the latency of requests. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MARK "@@@@@@@@@@@@@@@@"

enum {
    MARK_SIZE = 16,
    MARKS_MAX = 4096,
    CONNECTIONS_MAX = 1024,
    SAMPLES_MAX = 1 << 20,
    HEAD_SIZE = 256,
    SECONDS_MAX = 600,
};

struct plan {
    struct sockaddr_in address;
    const char *path, *body;
    const char *content_type;
    size_t body_size, mark_count;
    size_t marks[MARKS_MAX];
    double seconds;
    int64_t every_ns; /* from one request of a connection to its next; 0: at once */
    uint64_t next_id; /* atomic */
};

struct sender {
    struct plan *plan;
    int64_t offset_ns; /* of its turn, so that connections do not go together */
    pthread_t thread;
    int64_t requests, failures;
    uint32_t *latency_us; /* SAMPLES_MAX / CONNECTIONS of them */
    size_t sample_count, sample_max;
};

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void put_ids(struct plan *p, char *body)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < p->mark_count; i++) {
        uint64_t id = __atomic_add_fetch(&p->next_id, 1, __ATOMIC_RELAXED);
        for (int k = MARK_SIZE - 1; k >= 0; k--, id >>= 4)
            body[p->marks[i] + (size_t)k] = digits[id & 15];
    }
}

static bool send_all(int fd, const char *at, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
        size -= (size_t)sent;
    }
    return true;
}

/* Reads one answer; true: its status is 200. */
static bool read_answer(int fd)
{
    char answer[4096];
    size_t size = 0;

    for (;;) {
        ssize_t got = recv(fd, answer + size, sizeof answer - 1 - size, 0);
        if (got <= 0)
            return false;
        size += (size_t)got;
        answer[size] = '\0';
        const char *end = strstr(answer, "\r\n\r\n");
        const char *length = strcasestr(answer, "content-length:");
        if (!end || !length)
            continue;
        size_t body = (size_t)strtoul(length + strlen("content-length:"), NULL, 10);
        if (size >= (size_t)(end + 4 - answer) + body)
            return strncmp(answer, "HTTP/1.1 200", 12) == 0;
        if (size == sizeof answer - 1)
            return false;
    }
}

static int connect_to(const struct plan *p)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd != -1 &&
        connect(fd, (const struct sockaddr *)&p->address, sizeof p->address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool post(struct sender *s, int fd, char *request, size_t head_size)
{
    int64_t began = now_ns();

    put_ids(s->plan, request + head_size);
    bool ok = send_all(fd, request, head_size + s->plan->body_size) && read_answer(fd);
    if (s->sample_count < s->sample_max)
        s->latency_us[s->sample_count++] = (uint32_t)((now_ns() - began) / 1000);
    return ok;
}

/* Sleeps until this connection's next turn; turns that were missed are left out. */
static void wait_for_turn(const struct sender *s, int64_t began)
{
    int64_t every = s->plan->every_ns;

    if (!every)
        return;
    int64_t passed = now_ns() - began - s->offset_ns;
    int64_t next = began + s->offset_ns + (passed < 0 ? 0 : passed / every + 1) * every;
    struct timespec until = {next / 1000000000, next % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void *send_many(void *arg)
{
    struct sender *s = arg;
    struct plan *p = s->plan;
    char *request = malloc(HEAD_SIZE + p->body_size);
    int64_t began = now_ns(), end = began + (int64_t)(p->seconds * 1e9);
    int fd = connect_to(p);

    size_t head = (size_t)snprintf(request, HEAD_SIZE,
                                   "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                                   "%s\r\nContent-Length: %zu\r\n\r\n",
                                   p->path, p->content_type, p->body_size);
    memcpy(request + head, p->body, p->body_size);
    while (fd != -1 && now_ns() < end) {
        wait_for_turn(s, began);
        s->requests++;
        if (!post(s, fd, request, head)) {
            s->failures++;
            close(fd);
            fd = connect_to(p);
        }
    }
    if (fd != -1)
        close(fd);
    free(request);
    return NULL;
}

static bool load_body(struct plan *p, const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *body = NULL;

    if (fd != -1 && fstat(fd, &status) == 0)
        body = malloc((size_t)status.st_size + 1);
    if (!body || read(fd, body, (size_t)status.st_size) != status.st_size)
        return false;
    close(fd);
    body[status.st_size] = '\0';
    p->body = body;
    p->body_size = (size_t)status.st_size;
    p->content_type =
        body[0] == '{' || body[0] == '[' ? "application/json" : "application/x-protobuf";
    for (size_t i = 0; p->mark_count < MARKS_MAX;
         i = p->marks[p->mark_count++] + MARK_SIZE) {
        const char *at = memmem(body + i, p->body_size - i, MARK, MARK_SIZE);
        if (!at)
            break;
        p->marks[p->mark_count] = (size_t)(at - body);
    }
    return true;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void report(struct sender *senders, int count, double seconds)
{
    uint32_t *all = calloc(SAMPLES_MAX, sizeof *all);
    int64_t requests = 0, failures = 0;
    size_t samples = 0;

    for (int i = 0; i < count; i++) {
        requests += senders[i].requests;
        failures += senders[i].failures;
        memcpy(all + samples, senders[i].latency_us,
               senders[i].sample_count * sizeof *all);
        samples += senders[i].sample_count;
    }
    qsort(all, samples, sizeof *all, compare);
    printf("{\"requests\":%lld,\"failures\":%lld,\"seconds\":%.3f,\"p50_us\":%u,\"p99_"
           "us\":%u,"
           "\"max_us\":%u}\n",
           (long long)requests, (long long)failures, seconds,
           samples ? all[samples / 2] : 0, samples ? all[samples * 99 / 100] : 0,
           samples ? all[samples - 1] : 0);
    free(all);
}

int main(int argc, char **argv)
{
    static struct sender senders[CONNECTIONS_MAX];
    static struct plan plan;
    int count = argc > 4 ? atoi(argv[4]) : 0;
    double rate = argc > 6 ? atof(argv[6]) : 0;
    struct timespec now;

    if (argc < 6 || count < 1 || count > CONNECTIONS_MAX || atof(argv[5]) > SECONDS_MAX ||
        !load_body(&plan, argv[3])) {
        fputs("usage: load PORT PATH BODY-FILE CONNECTIONS SECONDS [TOTAL-RATE]\n",
              stderr);
        return 2;
    }
    plan.address = (struct sockaddr_in){.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)atoi(argv[1])),
                                        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    plan.path = argv[2];
    plan.seconds = atof(argv[5]);
    plan.every_ns = rate > 0 ? (int64_t)(1e9 * count / rate) : 0;
    clock_gettime(CLOCK_REALTIME, &now); /* other ids than an earlier run's */
    plan.next_id = ((uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000) << 10;
    int64_t began = now_ns();
    for (int i = 0; i < count; i++) {
        senders[i].plan = &plan;
        senders[i].offset_ns = plan.every_ns * i / count;
        senders[i].sample_max = SAMPLES_MAX / (size_t)count;
        senders[i].latency_us = calloc(senders[i].sample_max, sizeof(uint32_t));
        pthread_create(&senders[i].thread, NULL, send_many, &senders[i]);
    }
    for (int i = 0; i < count; i++)
        pthread_join(senders[i].thread, NULL);
    report(senders, count, (double)(now_ns() - began) / 1e9);
    return 0;
}
