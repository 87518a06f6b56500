/* Pulls fields out of a protobuf message, as the wire has them; nothing is copied. */
#pragma once
#include "spendwarden/str.h"

enum pb_wire { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

struct pb {
    const unsigned char *at, *end;
    bool broken; /* what follows cannot be read */
};

struct pb_field {
    unsigned number;
    enum pb_wire wire;
    uint64_t value;   /* of all but PB_BYTES */
    struct str bytes; /* of PB_BYTES; borrowed from the message */
};

struct pb pb_of(struct str message);

/* The next field; groups, long out of use, are skipped. False: the end, or broken. */
bool pb_next(struct pb *r, struct pb_field *out);

/* A double of PB_FIXED64. */
double pb_double(uint64_t value);
