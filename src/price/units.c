#include "book.h"

#define MTOK 1000000u
#define KCOUNT 1000u

#define UNIT(field, name, key, per, parent, use)                                         \
    [field] = {field, {name, sizeof name - 1}, {key, sizeof key - 1}, per, parent, use}

const struct unit price_units[UNIT_COUNT] = {
    UNIT(COUNT_INPUT_TOKENS, "input_tokens", "input_mtok", MTOK, -1, true),
    UNIT(COUNT_OUTPUT_TOKENS, "output_tokens", "output_mtok", MTOK, -1, true),
    UNIT(COUNT_CACHE_READ_TOKENS, "cache_read_tokens", "cache_read_mtok", MTOK,
         COUNT_INPUT_TOKENS, true),
    UNIT(COUNT_CACHE_WRITE_TOKENS, "cache_write_tokens", "cache_write_mtok", MTOK,
         COUNT_INPUT_TOKENS, true),
    UNIT(COUNT_CACHE_WRITE_1H_TOKENS, "cache_write_1h_tokens", "cache_write_1h_mtok",
         MTOK, COUNT_CACHE_WRITE_TOKENS, true),
    UNIT(COUNT_REASONING_TOKENS, "reasoning_tokens", "output_reasoning_mtok", MTOK,
         COUNT_OUTPUT_TOKENS, true),
    UNIT(COUNT_INPUT_AUDIO_TOKENS, "input_audio_tokens", "input_audio_mtok", MTOK,
         COUNT_INPUT_TOKENS, false),
    UNIT(COUNT_OUTPUT_AUDIO_TOKENS, "output_audio_tokens", "output_audio_mtok", MTOK,
         COUNT_OUTPUT_TOKENS, false),
    UNIT(COUNT_CACHE_READ_AUDIO_TOKENS, "cache_read_audio_tokens",
         "cache_audio_read_mtok", MTOK, COUNT_CACHE_READ_TOKENS, false),
    UNIT(COUNT_INPUT_IMAGE_TOKENS, "input_image_tokens", "input_image_mtok", MTOK,
         COUNT_INPUT_TOKENS, true),
    UNIT(COUNT_OUTPUT_IMAGE_TOKENS, "output_image_tokens", "output_image_mtok", MTOK,
         COUNT_OUTPUT_TOKENS, false),
    UNIT(COUNT_CACHE_READ_IMAGE_TOKENS, "cache_read_image_tokens",
         "cache_image_read_mtok", MTOK, COUNT_CACHE_READ_TOKENS, true),
    UNIT(COUNT_INPUT_VIDEO_TOKENS, "input_video_tokens", "input_video_mtok", MTOK,
         COUNT_INPUT_TOKENS, true),
    UNIT(COUNT_OUTPUT_VIDEO_TOKENS, "output_video_tokens", "output_video_mtok", MTOK,
         COUNT_OUTPUT_TOKENS, false),
    UNIT(COUNT_CITATION_TOKENS, "citation_tokens", "output_citation_mtok", MTOK,
         COUNT_OUTPUT_TOKENS, true),
    UNIT(COUNT_REQUESTS, "requests", "requests_kcount", KCOUNT, -1, true),
    UNIT(COUNT_WEB_SEARCHES, "web_searches", "web_searches_kcount", KCOUNT, -1, true),
};

const struct unit *price_unit_by_key(struct str key)
{
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (str_eq(price_units[i].key, key))
            return &price_units[i];
    return NULL;
}
