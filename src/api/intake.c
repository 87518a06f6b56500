#include "intake.h"

#include "otlp.h"

/* Chunks before the one that failed are booked; they are duplicates when it comes again.
 */
void intake_unavailable(struct http_response *out, const char *retry_after)
{
    respond_text(out, 503, STR("not all of it was booked, try again\n"));
    out->retry_after = retry_after;
}

static void respond_counts(struct intake *in, struct http_response *out)
{
    if (in->otlp) {
        otlp_respond(in->request, out, in->rejected, str_of(in->first_reject));
        return;
    }
    out->status = 200;
    out->content_type = "application/json";
    buf_format(&out->body,
               "{\"accepted\":%zu,\"duplicate\":%zu,\"skipped\":%zu,\"rejected\":[",
               in->accepted, in->duplicate, in->skipped);
    buf_add(&out->body, buf_str(&in->rejects));
    buf_add(&out->body, STR("]}\n"));
    buf_release(&in->rejects);
}

static void respond_unreadable(struct intake *in, struct http_response *out)
{
    const struct verdict_reason *why = &in->why;

    if (in->otlp) {
        respond_text(out, 400, str_of(why->text));
        otlp_dress(in->request, out);
        return;
    }
    out->status = 400;
    out->content_type = "application/json";
    buf_format(&out->body, "{\"error\":");
    buf_json(&out->body, str_of(why->text ? why->text : "the body is empty"));
    buf_format(&out->body, ",\"position\":%zu}\n", why->position);
    buf_release(&in->rejects);
}

static bool is_blank(struct str body)
{
    for (size_t i = 0; i < body.size; i++)
        if (!strchr(" \t\r\n", body.at[i]))
            return false;
    return true;
}

void intake_answer(struct intake *in)
{
    struct http_response response = {0};

    bool nothing = in->rejected > 0 || (is_blank(in->request->body) && !in->otlp);

    if (in->readable == 0 && nothing)
        respond_unreadable(in, &response);
    else
        respond_counts(in, &response);
    http_respond(in->request, &response);
}

static void refuse(struct intake *in, struct http_response *response)
{
    buf_release(&in->rejects);
    if (in->otlp)
        otlp_dress(in->request, response);
    http_respond(in->request, response);
}

void intake_refuse(struct intake *in, const char *retry_after)
{
    struct http_response response = {0};

    intake_unavailable(&response, retry_after);
    refuse(in, &response);
}

void intake_refuse_unsigned(struct intake *in)
{
    struct http_response response = {0};

    respond_text(&response, 401, STR("the body's signature is missing or not right\n"));
    refuse(in, &response);
}
