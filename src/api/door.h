/* Bodies of events before they are read. */
#pragma once
#include "spendwarden/http.h"

struct server;

/* /v1/ingest/..., or OTLP's paths below any prefix. */
bool door_is_ingest(const struct http_request *r);

/* The name of the source that the path asks for. */
struct str door_source(const struct http_request *r);

/* True: refused. There is no such source, or the token is bound to another. */
bool door_refuses_source(struct server *s, const struct http_request *r,
                         struct http_response *out);
