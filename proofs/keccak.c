#include <causeway/keccak.h>

#include <string.h>

const struct cw_hash32 CW_KECCAK_EMPTY = {{0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c,
                                           0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0,
                                           0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82, 0x27, 0x3b,
                                           0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}};
const struct cw_hash32 CW_EMPTY_TRIE_ROOT = {{0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6,
                                              0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e,
                                              0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c, 0xad, 0xc0,
                                              0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21}};

#define LANES_IN_BLOCK (CW_KECCAK_RATE / 8)

static const uint64_t round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

static inline uint64_t rotl(uint64_t x, unsigned n) {
    return x << n | x >> (64 - n);
}

/* Chi over one row. */
#define ROW(o, p0, p1, p2, p3, p4)                                                                 \
    do {                                                                                           \
        o##0 = (p0) ^ (~(p1) & (p2));                                                              \
        o##1 = (p1) ^ (~(p2) & (p3));                                                              \
        o##2 = (p2) ^ (~(p3) & (p4));                                                              \
        o##3 = (p3) ^ (~(p4) & (p0));                                                              \
        o##4 = (p4) ^ (~(p0) & (p1));                                                              \
    } while (0)

/* One round from the lanes i## to the lanes o##: theta, then rho, pi and chi a row at a time. Rows
 * are named a, e, i, o, u by their y, lanes by their x. Two sets of names spare the copies between
 * rounds. */
#define ROUND(in, out, constant)                                                                   \
    do {                                                                                           \
        uint64_t c0 = in##a0 ^ in##e0 ^ in##i0 ^ in##o0 ^ in##u0;                                  \
        uint64_t c1 = in##a1 ^ in##e1 ^ in##i1 ^ in##o1 ^ in##u1;                                  \
        uint64_t c2 = in##a2 ^ in##e2 ^ in##i2 ^ in##o2 ^ in##u2;                                  \
        uint64_t c3 = in##a3 ^ in##e3 ^ in##i3 ^ in##o3 ^ in##u3;                                  \
        uint64_t c4 = in##a4 ^ in##e4 ^ in##i4 ^ in##o4 ^ in##u4;                                  \
        uint64_t d0 = c4 ^ rotl(c1, 1);                                                            \
        uint64_t d1 = c0 ^ rotl(c2, 1);                                                            \
        uint64_t d2 = c1 ^ rotl(c3, 1);                                                            \
        uint64_t d3 = c2 ^ rotl(c4, 1);                                                            \
        uint64_t d4 = c3 ^ rotl(c0, 1);                                                            \
        uint64_t b0, b1, b2, b3, b4;                                                               \
        b0 = in##a0 ^ d0;                                                                          \
        b1 = rotl(in##e1 ^ d1, 44);                                                                \
        b2 = rotl(in##i2 ^ d2, 43);                                                                \
        b3 = rotl(in##o3 ^ d3, 21);                                                                \
        b4 = rotl(in##u4 ^ d4, 14);                                                                \
        ROW(out##a, b0, b1, b2, b3, b4);                                                           \
        out##a0 ^= (constant);                                                                     \
        b0 = rotl(in##a3 ^ d3, 28);                                                                \
        b1 = rotl(in##e4 ^ d4, 20);                                                                \
        b2 = rotl(in##i0 ^ d0, 3);                                                                 \
        b3 = rotl(in##o1 ^ d1, 45);                                                                \
        b4 = rotl(in##u2 ^ d2, 61);                                                                \
        ROW(out##e, b0, b1, b2, b3, b4);                                                           \
        b0 = rotl(in##a1 ^ d1, 1);                                                                 \
        b1 = rotl(in##e2 ^ d2, 6);                                                                 \
        b2 = rotl(in##i3 ^ d3, 25);                                                                \
        b3 = rotl(in##o4 ^ d4, 8);                                                                 \
        b4 = rotl(in##u0 ^ d0, 18);                                                                \
        ROW(out##i, b0, b1, b2, b3, b4);                                                           \
        b0 = rotl(in##a4 ^ d4, 27);                                                                \
        b1 = rotl(in##e0 ^ d0, 36);                                                                \
        b2 = rotl(in##i1 ^ d1, 10);                                                                \
        b3 = rotl(in##o2 ^ d2, 15);                                                                \
        b4 = rotl(in##u3 ^ d3, 56);                                                                \
        ROW(out##o, b0, b1, b2, b3, b4);                                                           \
        b0 = rotl(in##a2 ^ d2, 62);                                                                \
        b1 = rotl(in##e3 ^ d3, 55);                                                                \
        b2 = rotl(in##i4 ^ d4, 39);                                                                \
        b3 = rotl(in##o0 ^ d0, 41);                                                                \
        b4 = rotl(in##u1 ^ d1, 2);                                                                 \
        ROW(out##u, b0, b1, b2, b3, b4);                                                           \
    } while (0)

#define LANES(f)                                                                                   \
    f(a0, 0) f(a1, 1) f(a2, 2) f(a3, 3) f(a4, 4) f(e0, 5) f(e1, 6) f(e2, 7) f(e3, 8) f(e4, 9)      \
        f(i0, 10) f(i1, 11) f(i2, 12) f(i3, 13) f(i4, 14) f(o0, 15) f(o1, 16) f(o2, 17) f(o3, 18)  \
            f(o4, 19) f(u0, 20) f(u1, 21) f(u2, 22) f(u3, 23) f(u4, 24)

#define LOAD(name, i)    uint64_t x##name = s[i];
#define DECLARE(name, i) uint64_t y##name;
#define STORE(name, i)   s[i] = x##name;

static void permute(uint64_t s[25]) {
    LANES(LOAD)
    LANES(DECLARE)
    for (size_t round = 0; round < 24; round += 2) {
        ROUND(x, y, round_constants[round]);
        ROUND(y, x, round_constants[round + 1]);
    }
    LANES(STORE)
}

static inline uint64_t load_le(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

static inline void store_le(uint8_t *p, uint64_t v) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    memcpy(p, &v, sizeof(v));
}

static void absorb_block(uint64_t state[25], const uint8_t *block) {
    for (size_t i = 0; i < LANES_IN_BLOCK; i++) {
        state[i] ^= load_le(block + 8 * i);
    }
    permute(state);
}

/* XORs n bytes into the block from position at; at + n <= CW_KECCAK_RATE. */
static void absorb_part(uint64_t state[25], size_t at, const uint8_t *p, size_t n) {
    size_t i = 0;
    for (; i < n && (at + i) % 8 != 0; i++) {
        state[(at + i) / 8] ^= (uint64_t)p[i] << (8 * ((at + i) % 8));
    }
    for (; i + 8 <= n; i += 8) {
        state[(at + i) / 8] ^= load_le(p + i);
    }
    for (; i < n; i++) {
        state[(at + i) / 8] ^= (uint64_t)p[i] << (8 * ((at + i) % 8));
    }
}

void cw_keccak_init(struct cw_keccak *hash) {
    memset(hash, 0, sizeof(*hash));
}

void cw_keccak_update(struct cw_keccak *hash, struct cw_slice in) {
    if (hash->fill > 0) {
        size_t n = CW_KECCAK_RATE - hash->fill;
        if (in.n < n) {
            absorb_part(hash->state, hash->fill, in.p, in.n);
            hash->fill += in.n;
            return;
        }
        absorb_part(hash->state, hash->fill, in.p, n);
        permute(hash->state);
        hash->fill = 0;
        in = cw_slice_of(in.p + n, in.n - n);
    }
    while (in.n >= CW_KECCAK_RATE) {
        absorb_block(hash->state, in.p);
        in = cw_slice_of(in.p + CW_KECCAK_RATE, in.n - CW_KECCAK_RATE);
    }
    absorb_part(hash->state, 0, in.p, in.n);
    hash->fill = in.n;
}

void cw_keccak_final(struct cw_hash32 *out, struct cw_keccak *hash) {
    hash->state[hash->fill / 8] ^= (uint64_t)0x01 << (8 * (hash->fill % 8));
    hash->state[LANES_IN_BLOCK - 1] ^= (uint64_t)0x80 << 56;
    permute(hash->state);
    for (size_t i = 0; i < 4; i++) {
        store_le(out->b + 8 * i, hash->state[i]);
    }
    cw_keccak_init(hash);
}

void cw_keccak256(struct cw_hash32 *out, struct cw_slice in) {
    struct cw_keccak hash;
    cw_keccak_init(&hash);
    cw_keccak_update(&hash, in);
    cw_keccak_final(out, &hash);
}

void cw_keccak256_pair(struct cw_hash32 *out, struct cw_slice a, struct cw_slice b) {
    struct cw_keccak hash;
    cw_keccak_init(&hash);
    cw_keccak_update(&hash, a);
    cw_keccak_update(&hash, b);
    cw_keccak_final(out, &hash);
}
