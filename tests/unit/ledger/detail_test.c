#include "sample.h"

#include "../../../src/ledger/detail.h"
#include "../../../src/ledger/provenance.h"

static const struct schema declared = {{{"cost_center", 11}, {"app", 3}}, 2};

/* Reads a copy that ends where its memory ends, so that a sanitizer sees a step beyond.
 */
static bool reads(struct str text, struct record *r, struct detail_store *store)
{
    char *exact = malloc(text.size + 1);
    struct arena arena;

    arena_init(&arena, 1 << 20);
    memcpy(exact + 1, text.at, text.size);
    struct cursor c = {exact + 1, exact + 1 + text.size, &arena, false};
    record_init(r);
    detail_read(&c, r, store, &declared);
    assert_true(c.at <= c.end);
    arena_release(&arena);
    free(exact);
    return !c.failed;
}

TEST(a_text_cut_off_anywhere_is_refused)
{
    struct sample *s = malloc(sizeof *s);
    struct detail_store *store = malloc(sizeof *store);
    struct buf text = {0};
    struct record r;

    for (unsigned seed = 1; seed <= 20; seed++) {
        sample_make(s, seed);
        detail_write(&text, &s->record, &declared);
        if (!text.size)
            continue;
        assert_true(reads(buf_str(&text), &r, store));
        for (size_t size = 0; size < text.size; size++)
            assert_false(reads((struct str){text.at, size}, &r, store));
    }
    buf_release(&text);
    free(store);
    free(s);
}

TEST(damage_neither_crashes_nor_overfills_a_record)
{
    static const char bytes[] = "{}[],:\"\\u0-9atrue\x80";
    struct sample *s = malloc(sizeof *s);
    struct detail_store *store = malloc(sizeof *store);
    struct buf text = {0};
    struct record r;
    size_t refused = 0;

    for (unsigned seed = 1; seed <= 3000; seed++) {
        sample_make(s, seed);
        detail_write(&text, &s->record, &declared);
        for (long i = 0; text.size && i <= random() % 3; i++)
            text.at[(size_t)random() % text.size] =
                bytes[(size_t)random() % (sizeof bytes - 1)];
        refused += !reads(buf_str(&text), &r, store);
        assert_true(r.effect_count <= EFFECTS_MAX);
        assert_true(r.charge.component_count <= COMPONENTS_MAX);
        assert_true(r.charge.step_count <= PRICE_STEPS_MAX);
    }
    assert_true(refused > 500);
    buf_release(&text);
    free(store);
    free(s);
}

TEST(more_than_a_record_holds_is_refused)
{
    struct detail_store *store = malloc(sizeof *store);
    struct buf text = {0};
    struct record r;

    buf_add(&text, STR("{\"tags\":[\"a\""));
    for (int i = 1; i < TAGS_MAX; i++)
        buf_add(&text, STR(",\"a\""));
    size_t full = text.size;
    buf_add(&text, STR("]}"));
    assert_true(reads(buf_str(&text), &r, store));
    text.size = full;
    buf_add(&text, STR(",\"a\"]}"));
    assert_false(reads(buf_str(&text), &r, store));
    buf_release(&text);
    free(store);
}

TEST(a_damaged_provenance_neither_crashes_nor_passes_unseen)
{
    static const char good[] =
        "{\"team\":{\"from\":\"policy\",\"policy\":\"p\",\"rule\":\"f:1\"},"
        "\"class\":{\"from\":\"gateway\",\"field\":\"a\\u0001\"}}";
    size_t size = sizeof good - 1;

    for (size_t cut = 0; cut <= size; cut++) {
        struct arena arena;
        char *exact = malloc(cut + 1);
        arena_init(&arena, 1 << 20);
        memcpy(exact + 1, good, cut);
        struct cursor c = {exact + 1, exact + 1 + cut, &arena, false};
        const struct provenances *all = provenances_read(&c, &declared);
        assert_int_equal(c.failed, cut < size);
        if (cut == size)
            assert_str_equal(all->class_by->field, STR("a\x01"));
        arena_release(&arena);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_cut_off_anywhere_is_refused),
        cmocka_unit_test(damage_neither_crashes_nor_overfills_a_record),
        cmocka_unit_test(more_than_a_record_holds_is_refused),
        cmocka_unit_test(a_damaged_provenance_neither_crashes_nor_passes_unseen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
