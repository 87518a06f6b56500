#include "spendwarden/http_peer.h"

#include <stdio.h>
#include <stdlib.h>

enum { ADDRESS_SIZE = 64 };

struct http_peer {
    int holders; /* atomic */
    bool closed; /* atomic */
    char address[ADDRESS_SIZE];
};

struct http_peer *http_peer_open(const char *address)
{
    struct http_peer *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->holders = 1;
    snprintf(p->address, sizeof p->address, "%s", address);
    return p;
}

void http_peer_close(struct http_peer *p)
{
    if (p)
        __atomic_store_n(&p->closed, true, __ATOMIC_RELAXED);
    http_peer_drop(p);
}

struct http_peer *http_peer_hold(struct http_peer *p)
{
    if (p)
        __atomic_add_fetch(&p->holders, 1, __ATOMIC_RELAXED);
    return p;
}

void http_peer_drop(struct http_peer *p)
{
    if (p && __atomic_sub_fetch(&p->holders, 1, __ATOMIC_ACQ_REL) == 0)
        free(p);
}

bool http_peer_is_open(const struct http_peer *p)
{
    return !__atomic_load_n(&p->closed, __ATOMIC_RELAXED);
}

const char *http_peer_address(const struct http_peer *p)
{
    return p->address;
}
