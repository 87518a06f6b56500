/* OTLP export requests in protobuf: spans and log records, each as the slots of a
 * mapping. A call that several spans of one body report is one event. */
#pragma once
#include "mapping.h"

enum { OTLP_SPANS_MAX = 65536, OTLP_WALK_MAX = 64 };

/* What one attribute says. */
struct otlp_value {
    uint16_t slot;
    bool tags; /* its array is the event's tags */
    struct json_value value;
};

/* Of one item, in the order in which they came. */
struct otlp_values {
    size_t count; /* above the most: not all of them are here */
    struct otlp_value at[JSON_SLOTS_MAX];
};

/* A span or log record of the body. */
struct otlp_item {
    struct str bytes;                /* the message */
    struct str resource, scope;      /* the message; the name */
    uint64_t self, parent, response; /* hashes of ids; 0: none */
    int64_t start_ns, end_ns;        /* 0: absent */
    enum scope_rule rule;            /* of the scope */
    bool call, has_usage;
    const char *why;  /* static: it is skipped; NULL: an event */
    unsigned group;   /* index; itself: the first of its group */
    unsigned member;  /* index + 1 of the next one of the group; 0: none */
    unsigned above;   /* index + 1 of the nearest call that it happened in; 0: none */
    unsigned below;   /* group + 1 of the only call in it; 0: none */
    bool holds_calls; /* of several groups */
    unsigned primary; /* of a group, by its first: index of the span that is booked */
    const struct otlp_value *values; /* of a call, in the arena; NULL: not kept */
    unsigned value_count;
};

/* --- otlp_item.c --- */

/* Field numbers of what a message has. */
struct otlp_layout {
    unsigned attributes, trace_id, span_id, parent, name, kind, start, end, status, body,
        event_name, events;
};

extern const struct otlp_layout otlp_spans, otlp_logs;

/* What it has beside its attributes. Ids are bytes. */
struct otlp_beside {
    struct str trace_id, span_id, parent, name, body, event_name;
    struct str exception; /* the last event of that name: the message */
    int64_t kind, status, start_ns, end_ns;
};

void otlp_read_beside(struct otlp_beside *out, struct str bytes,
                      const struct otlp_layout *at);

/* `exception.type` of such an event, and nothing else that it says. */
struct str otlp_exception_type(struct str event);

/* 0: absent, or none that is possible. */
int64_t otlp_time(uint64_t ns);

/* The first field of that number that is a message. */
struct str otlp_message_in(struct str message, unsigned number);

/* In lower-case hex; empty: it has another size, or is all zeroes. */
struct str otlp_hex(struct str id, size_t size, struct arena *arena);

/* --- otlp.c --- */

struct otlp;

struct otlp *otlp_open(void); /* NULL: no memory */
void otlp_close(struct otlp *o);

/* As decode_begin; `embedded` is the decoder's. */
void otlp_begin(struct otlp *o, const struct source *source, struct str body,
                struct arena *arena, int64_t received_ns,
                struct embedded_reader *embedded);

/* There is no item, whether or not all could be read. */
bool otlp_is_empty(const struct otlp *o);

/* What came behind the body could not be read; `why` is static, NULL: nothing. */
void otlp_rest(struct otlp *o, const char *why);

/* As decode_next. */
enum verdict otlp_next(struct otlp *o, struct record *out, struct verdict_reason *why);

/* --- otlp_calls.c --- */

/* Finds the groups among the calls, and what holds several of them. */
bool otlp_group(struct otlp_item *items, size_t count, struct arena *arena);

unsigned otlp_group_of(struct otlp_item *items, unsigned i);

/* What the first lacks and the second has. */
void otlp_merge(struct record *to, const struct record *from);

/* --- otlp_values.c --- */

/* KeyValues of `message` in fields `number` to slots that want them, and to *out. */
void otlp_attributes(struct str message, unsigned number, const struct source *s,
                     struct json_element *e, struct otlp_values *out,
                     struct arena *arena);

/* One of them again. */
void otlp_set_value(const struct otlp_value *v, struct json_element *e,
                    struct arena *arena);
struct str otlp_text(const struct decoding *d, struct str text);
/* A resource's service.name; empty: it has none. */
struct str otlp_service(struct str resource, struct arena *arena);
/* `a` NULL: nobody wants it. */
void otlp_set_text(const struct attribute *a, struct json_element *e, struct str text);
void otlp_set_number(const struct attribute *a, struct json_element *e, int64_t number,
                     struct arena *arena);
