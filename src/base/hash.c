#include "spendwarden/hash.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <xxhash.h>

uint64_t hash_of(struct str bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes.at, bytes.size, seed);
}

struct hash128 hash128_of(struct str bytes, uint64_t seed)
{
    XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.at, bytes.size, seed);

    return (struct hash128){hash.low64, hash.high64};
}

static void to_hex(char out[SHA256_TEXT_SIZE], const unsigned char digest[SHA256_SIZE])
{
    static const char digits[] = "0123456789abcdef";

    for (int i = 0; i < SHA256_SIZE; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[SHA256_TEXT_SIZE - 1] = '\0';
}

void sha256_text(char out[SHA256_TEXT_SIZE], struct str bytes)
{
    unsigned char digest[SHA256_SIZE];

    gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes.at, bytes.size, digest);
    to_hex(out, digest);
}

void hmac_sha256_text(char out[SHA256_TEXT_SIZE], struct str key, struct str bytes)
{
    unsigned char digest[SHA256_SIZE];

    gnutls_hmac_fast(GNUTLS_MAC_SHA256, key.at, key.size, bytes.at, bytes.size, digest);
    to_hex(out, digest);
}

bool equal_in_constant_time(struct str a, struct str b)
{
    return a.size == b.size && (a.size == 0 || gnutls_memcmp(a.at, b.at, a.size) == 0);
}

bool random_bytes(void *out, size_t size, struct err *err)
{
    int rc = gnutls_rnd(GNUTLS_RND_KEY, out, size);

    return rc == 0 || err_set(err, ERR_IO, "random bytes: %s", gnutls_strerror(rc));
}
