/* Which fields of OTLP's messages are kept, and how each travels; how one value of JSON
 * becomes a field of protobuf. */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/json.h"

enum otlp_kind {
    OTLP_STRING,
    OTLP_ID,      /* bytes as hex digits, as base64, or a hash of another text */
    OTLP_BYTES,   /* base64 */
    OTLP_FIXED64, /* not negative: times, counts */
    OTLP_SFIXED64,
    OTLP_INT64, /* a varint */
    OTLP_ENUM,
    OTLP_DOUBLE,
    OTLP_BOOL,
    OTLP_MESSAGE,
};

struct otlp_message;

struct otlp_field {
    struct str name;      /* lowerCamelCase, shorter than OTLP_NAME_MAX */
    unsigned char number; /* below 16: a tag is one byte */
    enum otlp_kind kind;
    bool repeated;                      /* only messages */
    unsigned char id_size;              /* bytes of an OTLP_ID */
    const char *const *names;           /* of an OTLP_ENUM, from 0 on; ends with NULL */
    const struct otlp_message *message; /* of an OTLP_MESSAGE */
};

struct otlp_message {
    const struct otlp_field *fields;
    size_t count;
};

enum { OTLP_NAME_MAX = 32 };

/* By signal. */
extern const struct otlp_message *const otlp_requests[];

/* The field of that name, as it stands in the body; NULL: not kept. */
const struct otlp_field *otlp_field_named(const struct otlp_message *m, struct str raw);

/* --- otlp_json_values.c --- */

/* Adds a field that is no message; nothing if it cannot have that value. */
void otlp_put_value(struct buf *out, const struct otlp_field *f,
                    const struct json_value *v);

/* A message is between the two: its length is written when it is known. */
size_t otlp_put_message(struct buf *out, const struct otlp_field *f);
void otlp_end_message(struct buf *out, size_t begin);
