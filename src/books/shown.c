/* How far the ledger was when its counters were last shown, in a file beside it: one that
 * is put back from a backup does not know that more was shown than it holds. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "internal.h"

static const char magic[8] = "SWSHOWN1";

struct mark {
    char magic[8];
    uint64_t ledger; /* its seed */
    uint64_t seq;
};

static struct mark mark_of(const struct books *b, uint64_t seq)
{
    struct mark mark = {.ledger = ledger_seed(b->ledger), .seq = seq};

    memcpy(mark.magic, magic, sizeof magic);
    return mark;
}

bool shown_open(struct books *b, struct err *err)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s-shown", b->options.ledger.path) >=
        (int)sizeof path)
        return err_set(err, ERR_IO, "%s: path too long", b->options.ledger.path);
    b->shown_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    return b->shown_fd != -1 || err_set(err, ERR_IO, "%s: %m", path);
}

void shown_close(struct books *b)
{
    if (b->shown_fd > 0)
        close(b->shown_fd);
    b->shown_fd = -1;
}

bool shown_more(const struct books *b)
{
    struct mark mark, own = mark_of(b, 0);

    if (pread(b->shown_fd, &mark, sizeof mark, 0) != sizeof mark ||
        memcmp(mark.magic, magic, sizeof magic) != 0)
        return false; /* nothing was shown yet */
    return mark.ledger != own.ledger || mark.seq > ledger_last_seq(b->ledger);
}

void books_shown(struct books *b, uint64_t seq)
{
    struct mark mark = mark_of(b, seq);

    if (pwrite(b->shown_fd, &mark, sizeof mark, 0) != sizeof mark)
        log_limited(&b->unmarked, NS_PER_HOUR, LOG_WARN,
                    "%s-shown cannot be written: after a restore from a backup counters "
                    "may fall: %m",
                    b->options.ledger.path);
}
