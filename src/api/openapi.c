/* /api/v1/openapi.yaml: docs/openapi.yaml as it was when this was built. */
#include "internal.h"

extern const char api_openapi[], api_openapi_end[];

void view_openapi(struct server *s, struct http_request *r, struct http_response *out)
{
    (void)s;
    (void)r;
    out->status = 200;
    out->content_type = "application/yaml";
    buf_add(&out->body,
            (struct str){api_openapi, (size_t)(api_openapi_end - api_openapi)});
}
