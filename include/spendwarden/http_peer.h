/* The other end of a connection. Whoever holds it may ask later, from any thread, whether
 * the connection is still there. */
#pragma once
#include <stdbool.h>

struct http_peer;

/* `address`: as text, without a port; copied. One hold; NULL: no memory. */
struct http_peer *http_peer_open(const char *address);

/* The connection is gone; gives up the hold of http_peer_open. Accepts NULL. */
void http_peer_close(struct http_peer *p);

struct http_peer *http_peer_hold(struct http_peer *p); /* NULL for NULL */
void http_peer_drop(struct http_peer *p);              /* accepts NULL */

bool http_peer_is_open(const struct http_peer *p);
const char *http_peer_address(const struct http_peer *p);
