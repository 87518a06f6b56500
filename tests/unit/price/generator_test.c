/* Without arguments: a test of the importers' output. With GENAI LITELLM CHECKED, writes
 * the built-in book to standard output: docs/prices.md says how it is regenerated. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "spendwarden/price_import.h"

static struct buf read_all(const char *path)
{
    struct buf text = {0};
    FILE *file = fopen(path, "rb");
    char *room;
    size_t got = 1;

    assert_non_null(file);
    while (got > 0 && (room = buf_reserve(&text, 65536)) != NULL) {
        got = fread(room, 1, 65536, file);
        text.size += got;
    }
    fclose(file);
    return text;
}

static int generate(char **arguments)
{
    struct buf genai = read_all(arguments[1]), litellm = read_all(arguments[2]),
               out = {0};
    struct price_import in = {buf_str(&genai), buf_str(&litellm), str_of(arguments[3])};
    struct price_import_stats stats;
    struct err err = {0};
    bool ok = price_import(&out, &in, &stats, &err);

    if (ok)
        fwrite(out.at, 1, out.size, stdout);
    fprintf(stderr,
            ok ? "%zu entries; %zu models unpriced, %zu of other providers, %zu "
                 "covered (%zu at another price), %zu unreadable; %zu rates "
                 "rounded\n"
               : "failed\n",
            stats.entries, stats.unpriced, stats.unmapped, stats.covered, stats.differing,
            stats.unreadable, stats.inexact);
    if (!ok)
        fprintf(stderr, "%s\n", err.text);
    buf_release(&genai);
    buf_release(&litellm);
    buf_release(&out);
    return !ok;
}

static struct buf imported(const char *genai, const char *litellm)
{
    struct price_import in = {str_of(genai), str_of(litellm), STR("2026-08-21")};
    struct price_import_stats stats;
    struct err err = {0};
    struct buf out = {0};

    if (!price_import(&out, &in, &stats, &err))
        fail_msg("%s", err.text);
    buf_byte(&out, '\0');
    return out;
}

#define GENAI(models)                                                                    \
    "[{\"id\":\"openai\",\"model_match\":{\"starts_with\":\"gpt-\"},\"models\":[" models \
    "]}]"

static const char o3[] = GENAI(
    "{\"id\":\"o3\",\"match\":{\"or\":[{\"equals\":\"o3\"},{\"regex\":\"^o3-\\\\d{4}$\"}]"
    "},"
    "\"prices\":[{\"prices\":{\"input_mtok\":10,\"output_mtok\":40}},{\"constraint\":"
    "{\"start_date\":\"2025-06-10\"},\"prices\":{\"input_mtok\":{\"base\":2,\"tiers\":"
    "[{\"start\":200000,\"price\":4}]},\"output_mtok\":8}}]}");

TEST(a_dated_price_holds_until_the_next)
{
    struct buf out = imported(o3, "");

    assert_non_null(
        strstr(out.at, "\"to\":\"2025-06-10\",\"rates\":{\"input_mtok\":\"10\""));
    assert_non_null(strstr(out.at,
                           "\"from\":\"2025-06-10\",\"rates\":{\"input_mtok\":\"2\","
                           "\"output_mtok\":\"8\"},\"tiers\":[{\"above\":200000,"
                           "\"rates\":{\"input_mtok\":\"4\"}}]"));
    assert_non_null(strstr(out.at, "\"regex\":[\"^o3-[0-9]{4}$\"]"));
    buf_release(&out);
}

TEST(service_tiers_take_the_dates_of_the_standard_price_that_they_belong_to)
{
    struct buf out = imported(
        o3, "{\"o3\":{\"litellm_provider\":\"openai\",\"input_cost_per_token\":2e-06,"
            "\"output_cost_per_token\":8e-06,\"input_cost_per_token_flex\":\"1e-6\","
            "\"input_cost_per_token_above_200k_tokens_flex\":2e-6}}");

    assert_non_null(strstr(out.at, "\"model\":\"o3\",\"from\":\"2025-06-10\","
                                   "\"service_tier\":\"flex\",\"rates\":{\"input_mtok\":"
                                   "\"1\",\"output_mtok\":\"8\"},\"tiers\":[{\"above\":"
                                   "200000,\"rates\":{\"input_mtok\":\"2\"}}]"));
    buf_release(&out);
}

TEST(models_that_only_litellm_has_are_added_and_the_suffixes_may_stand_in_any_order)
{
    struct buf out = imported(
        o3, "{\"sample_spec\":{\"input_cost_per_token\":0},"
            "\"gpt-9\":{\"litellm_provider\":\"openai\",\"input_cost_per_token\":1e-06,"
            "\"input_cost_per_token_priority_above_272k_tokens\":9e-06,"
            "\"input_cost_per_token_priority\":3e-06},"
            "\"free\":{\"litellm_provider\":\"openai\",\"input_cost_per_token\":0.0}}");

    assert_non_null(strstr(out.at,
                           "{\"provider\":\"openai\",\"model\":\"gpt-9\",\"rates\":{"
                           "\"input_mtok\":\"1\"},\"source\":\"litellm\"}"));
    assert_non_null(strstr(out.at,
                           "\"service_tier\":\"priority\",\"rates\":{\"input_mtok\":"
                           "\"3\"},\"tiers\":[{\"above\":272000,\"rates\":{"
                           "\"input_mtok\":\"9\"}}]"));
    assert_null(strstr(out.at, "\"model\":\"free\""));
    buf_release(&out);
}

TEST(a_regions_price_joins_the_model_that_is_known_by_a_pattern)
{
    struct buf out =
        imported("[{\"id\":\"aws\",\"models\":[{\"id\":\"regional.c\",\"match\":{"
                 "\"contains\":\"c-5\"},"
                 "\"prices\":{\"input_mtok\":3}}]}]",
                 "{\"bedrock/us-gov-west-1/c-5\":{\"litellm_provider\":\"bedrock\","
                 "\"input_cost_per_token\":4e-6},"
                 "\"bedrock/us-gov-west-1/1-month-commitment/"
                 "c-5\":{\"litellm_provider\":\"bedrock\","
                 "\"input_cost_per_token\":9e-6}}");

    assert_non_null(strstr(out.at,
                           "\"model\":\"regional.c\",\"region\":\"us-gov-west-1\","
                           "\"rates\":{\"input_mtok\":\"4\"}"));
    assert_null(strstr(out.at, "\"9\""));
    buf_release(&out);
}

TEST(refuses_what_is_no_price_list)
{
    static const char *const bad[][2] = {
        {"{", ""}, {"{}", ""}, {"[", ""}, {"", "[]"}, {"", "nothing"}};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct price_import in = {str_of(bad[i][0]), str_of(bad[i][1]),
                                  STR("2026-08-21")};
        struct price_import_stats stats;
        struct err err = {0};
        struct buf out = {0};
        assert_false(price_import(&out, &in, &stats, &err));
        assert_int_equal(err.kind, ERR_INPUT);
        buf_release(&out);
    }
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dated_price_holds_until_the_next),
        cmocka_unit_test(
            service_tiers_take_the_dates_of_the_standard_price_that_they_belong_to),
        cmocka_unit_test(
            models_that_only_litellm_has_are_added_and_the_suffixes_may_stand_in_any_order),
        cmocka_unit_test(a_regions_price_joins_the_model_that_is_known_by_a_pattern),
        cmocka_unit_test(refuses_what_is_no_price_list),
    };

    if (count == 4)
        return generate(arguments);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
