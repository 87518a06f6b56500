/* OTLP/HTTP's own answers: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response */
#pragma once
#include "spendwarden/http.h"
#include "spendwarden/source.h"

/* By the path's end, below any prefix. */
enum otlp_signal otlp_signal_of(struct str path);

/* The answer has the request's type, whatever its body is. */
bool otlp_wants_json(const struct http_request *r);

/* Neither JSON nor protobuf (true: refused). Without a type the body tells. */
bool otlp_refuse_type(const struct http_request *r, struct http_response *out);

/* 200; `rejected` > 0 is a partial success, and says why. */
void otlp_respond(const struct http_request *r, struct http_response *out,
                  size_t rejected, struct str why);

/* An answer in text becomes a google.rpc.Status. */
void otlp_dress(const struct http_request *r, struct http_response *out);
