#include "fetch.h"

#include <string.h>

#include "cli.h"

static size_t keep_answer(char *data, size_t size, size_t count, void *ctx)
{
    struct fetch *f = ctx;

    buf_add(f->answer, (struct str){data, size * count});
    return f->answer->failed || f->answer->size > f->answer_max ? 0 : size * count;
}

/* As the engine reads its files: blank lines and those that begin with # are none. */
static const char *first_token(const char *text)
{
    text += strspn(text, "\r\n");
    while (*text == '#') {
        text += strcspn(text, "\r\n");
        text += strspn(text, "\r\n");
    }
    return text;
}

bool add_token(struct curl_slist **headers, const char *path)
{
    struct buf secret = {0}, line = {0};

    if (!path)
        return true;
    if (!read_input(path, 1, &secret))
        return false;
    const char *token = first_token(secret.at);
    int size = (int)strcspn(token, "\r\n");
    if (size == 0)
        fprintf(stderr, "spendwarden: %s: no token in it: one a line\n", path);
    buf_format(&line, "Authorization: Bearer %.*s", size, token);
    buf_byte(&line, '\0');
    if (size && !line.failed)
        *headers = curl_slist_append(*headers, line.at);
    buf_release(&secret);
    buf_release(&line);
    return size && *headers != NULL;
}

CURLcode fetch(struct fetch *f)
{
    buf_reset(f->answer);
    curl_easy_reset(f->curl);
    curl_easy_setopt(f->curl, CURLOPT_URL, f->url);
    curl_easy_setopt(f->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(f->curl, CURLOPT_HTTPHEADER, f->headers);
    curl_easy_setopt(f->curl, CURLOPT_WRITEFUNCTION, keep_answer);
    curl_easy_setopt(f->curl, CURLOPT_WRITEDATA, f);
    curl_easy_setopt(f->curl, CURLOPT_TIMEOUT, f->timeout_seconds);
    curl_easy_setopt(f->curl, CURLOPT_NOSIGNAL, 1L);
    if (f->body)
        curl_easy_setopt(f->curl, CURLOPT_POSTFIELDS, f->body);
    CURLcode code = curl_easy_perform(f->curl);
    curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &f->status);
    return code;
}
