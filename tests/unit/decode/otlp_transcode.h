/* One JSON body through the transcoder, and what came out as text. */
#pragma once
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "otlp_wire.h"
#include "spendwarden/json.h"

struct transcoded {
    bool ok;
    struct otlp_json_error why;
    struct buf out, text;
};

static struct transcoded transcode_bytes(enum otlp_signal signal, struct str json)
{
    struct otlp_json *t = otlp_json_open();
    char *body = malloc(json.size + JSON_PADDING);
    struct transcoded o = {0};

    assert_non_null(t);
    if (json.size)
        memcpy(body, json.at, json.size);
    memset(body + json.size, '"', JSON_PADDING);
    o.ok = otlp_json_transcode(t, &o.out, signal, (struct str){body, json.size}, &o.why);
    assert_true(o.out.size <= OTLP_JSON_GROWTH * json.size);
    assert_true(wire_dump(&o.text, otlp_requests[signal], buf_str(&o.out), true));
    buf_byte(&o.text, '\0');
    otlp_json_close(t);
    free(body);
    return o;
}

static void end(struct transcoded *o)
{
    buf_release(&o->out);
    buf_release(&o->text);
}
