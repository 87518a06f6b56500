#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static bool held_by_another(int fd, const char *ledger_path, struct err *err)
{
    char text[32] = "";
    ssize_t size = pread(fd, text, sizeof text - 1, 0);
    long pid = size > 0 ? strtol(text, NULL, 10) : 0;

    if (pid > 0)
        return err_set(err, ERR_BUSY, "%s: process %ld writes this ledger", ledger_path,
                       pid);
    return err_set(err, ERR_BUSY, "%s: another process writes this ledger", ledger_path);
}

static bool write_pid(int fd)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%ld\n", (long)getpid());

    return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)size, 0) == size;
}

bool lock_take(int *fd, const char *ledger_path, struct err *err)
{
    char path[PATH_MAX];

    *fd = -1;
    if (snprintf(path, sizeof path, "%s-lock", ledger_path) >= (int)sizeof path)
        return err_set(err, ERR_IO, "%s: path too long", ledger_path);
    int opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (opened == -1 && errno == ENOENT)
        return err_set(err, ERR_IO, "%s: its directory does not exist", ledger_path);
    if (opened == -1)
        return err_set(err, ERR_IO, "%s: %m", path);
    if (flock(opened, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            held_by_another(opened, ledger_path, err);
        else
            err_set(err, ERR_IO, "%s: %m", path);
        goto fail;
    }
    /* Without its number the lock holds as well: a full disk must not stop a start. */
    if (!write_pid(opened) && errno != ENOSPC && errno != EFBIG && errno != EDQUOT) {
        err_set(err, ERR_IO, "%s: %m", path);
        goto fail;
    }
    *fd = opened;
    return true;

fail:
    close(opened);
    return false;
}

void lock_release(int fd)
{
    if (fd == -1)
        return;
    /* The number of a process that is gone would mislead. */
    (void)!ftruncate(fd, 0);
    close(fd);
}
