#include "spendwarden/price_list.h"

#include "book.h"

enum { PICO_PER_NANO = 1000 };

bool price_item_at(const struct price_book *b, size_t index, struct price_item *out)
{
    if (index >= b->entry_count)
        return false;
    const struct entry *e = &b->entries[index];
    *out = (struct price_item){
        .id = e->id,
        .provider = b->providers[e->provider].id,
        .model = e->model_name,
        .service_tier = e->service_tier,
        .region = e->region,
        .from_ns = e->from_ns,
        .to_ns = e->to_ns,
        .included = e->included,
        .quarantined = e->quarantined,
        .imported = b->imported[e->layer],
        .graduated = e->graduated,
        .file = e->file,
        .line = e->line,
        .tier_count = e->tier_count,
    };
    return true;
}

/* For as many units as the key says: a whole number of nano-USD, since that is 1000 or a
 * million. */
static struct money amount_of(int64_t picousd, uint64_t per)
{
    int64_t nanousd;

    if (__builtin_mul_overflow(picousd, (int64_t)(per / PICO_PER_NANO), &nanousd))
        nanousd = INT64_MAX;
    return (struct money){nanousd};
}

size_t price_item_rates(const struct price_book *b, size_t index, size_t tier,
                        int64_t *above, struct price_item_rate out[PRICE_RATES_MAX])
{
    const struct context_tier *t = &b->entries[index].tiers[tier];
    size_t count = 0;

    *above = t->above;
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (t->rates.picousd[i] >= 0)
            out[count++] = (struct price_item_rate){
                price_units[i].key, amount_of(t->rates.picousd[i], price_units[i].per)};
    return count;
}
