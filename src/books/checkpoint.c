/* A checkpoint: "SWB1", time, then three lengths and three parts. */
#include "internal.h"

struct header {
    char magic[4];
    uint32_t reserved;
    int64_t at_ns;
    uint64_t metrics, windows, known;
};

void checkpoint_write(const struct books *b, struct buf *out)
{
    size_t start = out->size;
    struct header header = {.magic = {'S', 'W', 'B', '1'}, .at_ns = b->last_ns};
    struct str room = {(const char *)&header, sizeof header};

    buf_add(out, room);
    size_t metrics = out->size;
    metrics_save(b->metrics, out);
    size_t windows = out->size;
    windows_save(b->windows, out);
    size_t known = out->size;
    known_save(&b->known, out);
    if (out->failed)
        return;
    header.metrics = windows - metrics;
    header.windows = known - windows;
    header.known = out->size - known;
    memcpy(out->at + start, &header, sizeof header);
}

bool checkpoint_read(struct checkpoint *c, struct str state)
{
    struct header header;

    if (state.size < sizeof header)
        return false;
    memcpy(&header, state.at, sizeof header);
    size_t rest = state.size - sizeof header;
    if (memcmp(header.magic, "SWB1", sizeof header.magic) != 0 || header.metrics > rest ||
        header.windows > rest - header.metrics ||
        header.known != rest - header.metrics - header.windows)
        return false;
    const char *at = state.at + sizeof header;
    c->at_ns = header.at_ns;
    c->metrics = (struct str){at, header.metrics};
    c->windows = (struct str){at + header.metrics, header.windows};
    c->known = (struct str){at + header.metrics + header.windows, header.known};
    return true;
}
