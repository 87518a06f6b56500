/* Batches (OpenAI's, Anthropic's). LiteLLM reports their creation and each retrieval;
 * from the end of the batch on every retrieval has its whole cost, at the batch rate, and
 * so has the proxy's own job that asks after it. */
#include "litellm.h"
#include "spendwarden/base64.h"

static const struct str cost_row = STR("_batch_cost"); /* of that job */

bool litellm_is_batch(struct str call_type)
{
    static const struct str types[] = {STR("create_batch"), STR("retrieve_batch"),
                                       STR("cancel_batch")};
    bool is = false;

    if (str_starts(call_type, STR("a")))
        call_type = str_from(call_type, 1); /* the async twin */
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        is |= str_eq(call_type, types[i]);
    return is;
}

/* The proxy's own id of a batch is "litellm_proxy:...;llm_batch_id:ID" in base64. */
static struct str provider_id(const struct decoding *d, struct str id)
{
    static const struct str own = STR("litellm_proxy"), names = STR("llm_batch_id:");
    char text[TEXT_VALUE_MAX];
    struct str decoded = {text, 0};

    if (!base64_decode(id, text, &decoded.size) || !str_starts(decoded, own))
        return id;
    const char *at = memmem(decoded.at, decoded.size, names.at, names.size);
    if (!at)
        return id;
    struct str found = str_from(decoded, (size_t)(at - decoded.at) + names.size);
    const char *end = memchr(found.at, ';', found.size);
    if (end)
        found.size = (size_t)(end - found.at);
    return arena_copy(d->arena, found);
}

const char *litellm_read_batch(struct decoding *d)
{
    struct event *ev = &d->record->ev;
    struct str id = ev->text[TEXT_ID];

    if (ev->outcome != OUTCOME_SUCCESS)
        return NULL;
    if (ev->reported != REPORTED_COST) {
        d->skipped = true;
        return "no_cost_yet";
    }
    ev->text[TEXT_SERVICE_TIER] = STR("batch");
    if (str_ends(id, cost_row))
        id.size -= cost_row.size;
    id = provider_id(d, id);
    if (!id.size)
        return NULL;
    ev->text[TEXT_RESPONSE_ID] = id;
    ev->identity[0] = id;
    ev->identity_count = 1;
    ev->identity_is_providers = true;
    return NULL;
}
