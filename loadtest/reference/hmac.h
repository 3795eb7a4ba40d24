// HMAC-SHA1 (RFC 2104, FIPS 180-4) with what a key costs done once: a short answer takes two or three blocks.
#include <stdint.h>
#include <string.h>

struct hmac_key {
    uint32_t inner[5], outer[5];
};

static uint32_t rotate(uint32_t value, int bits) { return value << bits | value >> (32 - bits); }

static void sha1_block(uint32_t *state, const uint8_t *block) {
    uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 80; i++)
        w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (int i = 0; i < 80; i++) {
        uint32_t f = i < 20 ? ((b & c) | (~b & d)) + 0x5A827999
            : i < 40        ? (b ^ c ^ d) + 0x6ED9EBA1
            : i < 60        ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC
                            : (b ^ c ^ d) + 0xCA62C1D6;
        uint32_t next = rotate(a, 5) + f + e + w[i];
        e = d, d = c, c = rotate(b, 30), b = a, a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

// Goes on from a state that has one block behind it, and writes the digest.
static void sha1_rest(const uint32_t *from, const uint8_t *bytes, int length, uint8_t *digest) {
    uint32_t state[5];
    uint8_t last[128] = {0};
    memcpy(state, from, sizeof state);
    int whole = length & ~63, rest = length - whole, padded = rest < 56 ? 64 : 128;
    for (int at = 0; at < whole; at += 64)
        sha1_block(state, bytes + at);
    memcpy(last, bytes + whole, rest);
    last[rest] = 0x80;
    uint64_t bits = (uint64_t)(64 + length) * 8;
    for (int i = 0; i < 8; i++)
        last[padded - 1 - i] = (uint8_t)(bits >> (8 * i));
    for (int at = 0; at < padded; at += 64)
        sha1_block(state, last + at);
    for (int i = 0; i < 20; i++)
        digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

static void hmac_key(struct hmac_key *key, const uint8_t *secret, int length) {
    static const uint32_t start[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    uint8_t inner[64], outer[64];
    memset(inner, 0x36, sizeof inner);
    memset(outer, 0x5C, sizeof outer);
    for (int i = 0; i < length; i++)
        inner[i] ^= secret[i], outer[i] ^= secret[i];
    memcpy(key->inner, start, sizeof start);
    memcpy(key->outer, start, sizeof start);
    sha1_block(key->inner, inner);
    sha1_block(key->outer, outer);
}

static void hmac_sha1(const struct hmac_key *key, const uint8_t *message, int length, uint8_t *digest) {
    uint8_t inner[20];
    sha1_rest(key->inner, message, length, inner);
    sha1_rest(key->outer, inner, sizeof inner, digest);
}
