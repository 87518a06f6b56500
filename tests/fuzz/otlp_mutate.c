/* Changes a protobuf message where it is, and the lengths of all messages around it:
 * bytes changed anywhere nearly always break a length, and with it the whole body. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

enum { DEPTH_MAX = 12, HEAD_MAX = 10 };

/* A field of a message that has a length. */
struct part {
    size_t tag, content, size; /* offsets of its first byte, of what it holds */
};

static uint64_t read_varint(const uint8_t *data, size_t size, size_t *at)
{
    uint64_t value = 0;

    for (unsigned shift = 0; *at < size && shift < 64; shift += 7) {
        uint8_t byte = data[(*at)++];
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return value;
    }
    *at = size + 1;
    return 0;
}

static size_t put_varint(uint8_t *out, uint64_t value)
{
    size_t size = 0;

    for (; value >= 0x80; value >>= 7)
        out[size++] = (uint8_t)(value | 0x80);
    out[size++] = (uint8_t)value;
    return size;
}

/* One of the parts, each as likely as the others; false: there is none, or the message is
 * none. */
static int choose(const uint8_t *data, size_t size, unsigned *seed, struct part *out)
{
    static const size_t sizes[8] = {0, 8, 0, 0, 0, 4, 0, 0};
    int count = 0;

    for (size_t at = 0; at < size;) {
        struct part part = {.tag = at};
        uint64_t tag = read_varint(data, size, &at);
        uint64_t value =
            (tag & 7) == 0 || (tag & 7) == 2 ? read_varint(data, size, &at) : 0;
        if (at > size || (tag & 7) == 3 || (tag & 7) == 4 || (tag & 7) > 5)
            return 0;
        part.content = at;
        part.size = (tag & 7) == 2 ? (size_t)value : 0;
        if (part.size > size - at || sizes[tag & 7] > size - at)
            return 0;
        at += part.size + sizes[tag & 7];
        if ((tag & 7) == 2 && rand_r(seed) % ++count == 0)
            *out = part;
    }
    return count;
}

static size_t mutate(uint8_t *data, size_t size, size_t most, unsigned *seed, int depth);

/* With its tag and length written anew. The message's new size. */
static size_t mutate_part(uint8_t *data, size_t size, size_t most, unsigned *seed,
                          int depth, struct part part)
{
    size_t behind = size - part.content - part.size;
    size_t room = most - size + part.size - HEAD_MAX;
    uint8_t *content = malloc(room), *rest = malloc(behind + 1);
    size_t at = part.tag;

    if (!content || !rest)
        abort();
    memcpy(content, data + part.content, part.size);
    memcpy(rest, data + part.content + part.size, behind);
    size_t made = mutate(content, part.size, room, seed, depth + 1);
    read_varint(data, size, &at);
    at += put_varint(data + at, made);
    memcpy(data + at, content, made);
    memcpy(data + at + made, rest, behind);
    free(content);
    free(rest);
    return at + made + behind;
}

/* The part once more, in front: many of a kind, and the same twice. */
static size_t repeat(uint8_t *data, size_t size, struct part part)
{
    size_t whole = part.content + part.size - part.tag;

    memmove(data + whole, data, size);
    memmove(data, data + whole + part.tag, whole);
    return size + whole;
}

static size_t mutate(uint8_t *data, size_t size, size_t most, unsigned *seed, int depth)
{
    struct part part;

    if (depth == DEPTH_MAX || rand_r(seed) % 6 == 0 || !choose(data, size, seed, &part))
        return LLVMFuzzerMutate(data, size, most);
    if (rand_r(seed) % 8 == 0 && part.content + part.size - part.tag <= most - size)
        return repeat(data, size, part);
    if (most < size + 2 * HEAD_MAX)
        return LLVMFuzzerMutate(data, size, most);
    return mutate_part(data, size, most, seed, depth, part);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    if (rand_r(&seed) % 8 == 0)
        return LLVMFuzzerMutate(data, size, most);
    return mutate(data, size, most, &seed, 0);
}
