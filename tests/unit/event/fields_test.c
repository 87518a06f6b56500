#include "../unit.h"

#include "spendwarden/event.h"

static const struct schema schema = {{STR("cost_center"), STR("feature")}, 2};

TEST(every_field_is_found_by_its_name_and_names_are_unique)
{
    struct field field;
    size_t count = 0;

    for (; field_at(&schema, count, &field); count++) {
        struct str name = field_name(&schema, field);
        struct field found = field_find(&schema, name);
        assert_true(name.size > 0);
        assert_int_equal(found.kind, field.kind);
        assert_int_equal(found.index, field.index);
    }
    assert_in_range(count, 50, 200);
}

TEST(every_text_label_and_count_has_a_name)
{
    for (uint8_t i = TEXT_LABEL_FIRST; i < TEXT_DECLARED_FIRST; i++)
        assert_true(field_name(NULL, (struct field){FIELD_TEXT, i, STAGE_DECODE}).size);
    for (uint8_t i = 0; i < COUNT_COUNT; i++)
        assert_true(field_name(NULL, (struct field){FIELD_COUNT, i, STAGE_DECODE}).size);
}

TEST(declared_labels_are_fields_of_their_schema_only)
{
    struct field field = field_find(&schema, STR("feature"));

    assert_int_equal(field.kind, FIELD_TEXT);
    assert_int_equal(field.index, TEXT_DECLARED_FIRST + 1);
    assert_true(text_is_label(field.index));
    assert_true(str_eq(field_name(&schema, field), STR("feature")));
    assert_int_equal(field_name(NULL, field).size, 0);
    assert_int_equal(field_find(NULL, STR("feature")).kind, FIELD_NONE);
}

TEST(unknown_names_get_a_suggestion_where_one_is_near)
{
    assert_int_equal(field_find(&schema, STR("temas")).kind, FIELD_NONE);
    assert_true(str_eq(field_suggest(&schema, STR("workflowid")), STR("workflow_id")));
    assert_true(str_eq(field_suggest(&schema, STR("cost_centre")), STR("cost_center")));
    assert_int_equal(field_suggest(&schema, STR("xyzzyxyzzyxyzzy")).size, 0);
}

TEST(a_field_says_from_which_stage_on_it_is_known)
{
    assert_int_equal(field_find(NULL, STR("team")).known_from, STAGE_DECODE);
    assert_int_equal(field_find(NULL, STR("charge_usd")).known_from, STAGE_PRICE);
    assert_int_equal(field_find(NULL, STR("class")).known_from, STAGE_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_found_by_its_name_and_names_are_unique),
        cmocka_unit_test(every_text_label_and_count_has_a_name),
        cmocka_unit_test(declared_labels_are_fields_of_their_schema_only),
        cmocka_unit_test(unknown_names_get_a_suggestion_where_one_is_near),
        cmocka_unit_test(a_field_says_from_which_stage_on_it_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
