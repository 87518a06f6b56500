/* Our answers to OTLP, read by protobuf-c. */
#include "../unit.h"

#include <stdlib.h>

#include "../../../src/api/otlp.h"
#include "otlp.pb-c.h"

/* Without headers: whoever does not say JSON gets protobuf. */
static const struct http_request request = {.path = STR("/v1/traces")};

static struct str text_of(ProtobufCBinaryData b)
{
    return (struct str){(const char *)b.data, b.len};
}

static void assert_partial(size_t rejected, struct str why)
{
    struct http_response response = {0};

    otlp_respond(&request, &response, rejected, why);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.content_type, "application/x-protobuf");
    Peer__Answer *a =
        peer__answer__unpack(NULL, response.body.size, (const uint8_t *)response.body.at);
    assert_non_null(a);
    assert_int_equal(a->base.n_unknown_fields + a->partial->base.n_unknown_fields, 0);
    assert_int_equal(a->partial->rejected, rejected);
    assert_true(str_eq(text_of(a->partial->error), why));
    peer__answer__free_unpacked(a, NULL);
    buf_release(&response.body);
}

TEST(a_partial_success_is_one_to_protobuf_c)
{
    char text[300];

    memset(text, 'x', sizeof text);
    for (size_t size = 1; size <= sizeof text; size += 23)
        assert_partial(size, (struct str){text, size});
    assert_partial(127, STR("short"));
    assert_partial(65536, STR("\xE2\x82\xAC"));
    assert_partial((size_t)INT64_MAX, STR("all"));
}

TEST(a_success_is_an_empty_message)
{
    struct http_response response = {0};

    otlp_respond(&request, &response, 0, STR("not said"));
    assert_int_equal(response.status, 200);
    assert_int_equal(response.body.size, 0);
    buf_release(&response.body);
}

TEST(a_refusal_is_a_status_to_protobuf_c)
{
    static const struct {
        unsigned status;
        int code; /* google.rpc.Code */
    } codes[] = {{400, 3}, {401, 16}, {403, 7},  {413, 8},
                 {415, 3}, {500, 13}, {503, 14}, {404, 3}};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct http_response response = {.status = codes[i].status};
        buf_format(&response.body, "%0*d is why\n", (int)(50 * i + 1), 7);
        struct str plain = {response.body.at, response.body.size - 1};
        char *kept = strndup(plain.at, plain.size);
        otlp_dress(&request, &response);
        Peer__RpcStatus *s = peer__rpc_status__unpack(NULL, response.body.size,
                                                      (const uint8_t *)response.body.at);
        assert_non_null(s);
        assert_int_equal(s->base.n_unknown_fields, 0);
        assert_int_equal(s->code, codes[i].code);
        assert_true(str_eq(text_of(s->message), str_of(kept)));
        assert_int_equal(response.status, codes[i].status);
        assert_string_equal(response.content_type, "application/x-protobuf");
        peer__rpc_status__free_unpacked(s, NULL);
        free(kept);
        buf_release(&response.body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_partial_success_is_one_to_protobuf_c),
        cmocka_unit_test(a_success_is_an_empty_message),
        cmocka_unit_test(a_refusal_is_a_status_to_protobuf_c),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
