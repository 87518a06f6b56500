/* Hashes by kept libraries: xxhash for tables, GnuTLS for what must not be forged. */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/err.h"

enum { SHA256_SIZE = 32, SHA256_TEXT_SIZE = 65 };

/* For hash tables and dedupe keys; seeded, so that clients cannot choose collisions. */
uint64_t hash_of(struct str bytes, uint64_t seed);

struct hash128 {
    uint64_t low, high;
};

struct hash128 hash128_of(struct str bytes, uint64_t seed);

/* Lower-case hex, terminated. */
void sha256_text(char out[SHA256_TEXT_SIZE], struct str bytes);
void hmac_sha256_text(char out[SHA256_TEXT_SIZE], struct str key, struct str bytes);

/* Takes the same time whatever the contents. */
bool equal_in_constant_time(struct str a, struct str b);

/* From the system's generator. */
bool random_bytes(void *out, size_t size, struct err *err);
