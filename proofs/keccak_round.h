/* Private to the Keccak files: the permutation Keccak-f[1600], written once for lanes of any width.
 *
 * An instruction set is named by a prefix op, for which the includer defines
 *     op_LANE             a type that holds one lane of each stream
 *     op_XOR(a, b), op_XOR5(a, b, c, d, e)
 *     op_ROTL(a, n)       each 64-bit lane rotated left by the constant n, 0 < n < 64
 *     op_CHI(a, b, c)     a ^ (~b & c)
 *     op_CONSTANT(c)      the 64-bit integer c in every stream
 * Source: Keccak reference 3.0, sections 1.2 and 2.3. */
#ifndef CAUSEWAY_KECCAK_ROUND_H
#define CAUSEWAY_KECCAK_ROUND_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static const uint64_t keccak_round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

/* Chi over one row. */
#define KECCAK_ROW(op, o, p0, p1, p2, p3, p4)                                                      \
    do {                                                                                           \
        o##0 = op##_CHI(p0, p1, p2);                                                               \
        o##1 = op##_CHI(p1, p2, p3);                                                               \
        o##2 = op##_CHI(p2, p3, p4);                                                               \
        o##3 = op##_CHI(p3, p4, p0);                                                               \
        o##4 = op##_CHI(p4, p0, p1);                                                               \
    } while (0)

#define KECCAK_COLUMN(op, in, x) op##_XOR5(in##a##x, in##e##x, in##i##x, in##o##x, in##u##x)

#define KECCAK_MOVED(op, lane, d, n) op##_ROTL(op##_XOR(lane, d), n)

/* One round from the lanes in## to the lanes out##: theta, then rho, pi and chi a row at a time.
 * Rows are named a, e, i, o, u by their y, lanes by their x. Two sets of names spare the copies
 * between rounds. */
#define KECCAK_ROUND(op, in, out, constant)                                                        \
    do {                                                                                           \
        op##_LANE c0 = KECCAK_COLUMN(op, in, 0);                                                   \
        op##_LANE c1 = KECCAK_COLUMN(op, in, 1);                                                   \
        op##_LANE c2 = KECCAK_COLUMN(op, in, 2);                                                   \
        op##_LANE c3 = KECCAK_COLUMN(op, in, 3);                                                   \
        op##_LANE c4 = KECCAK_COLUMN(op, in, 4);                                                   \
        op##_LANE d0 = op##_XOR(c4, op##_ROTL(c1, 1));                                             \
        op##_LANE d1 = op##_XOR(c0, op##_ROTL(c2, 1));                                             \
        op##_LANE d2 = op##_XOR(c1, op##_ROTL(c3, 1));                                             \
        op##_LANE d3 = op##_XOR(c2, op##_ROTL(c4, 1));                                             \
        op##_LANE d4 = op##_XOR(c3, op##_ROTL(c0, 1));                                             \
        op##_LANE b0, b1, b2, b3, b4;                                                              \
        b0 = op##_XOR(in##a0, d0);                                                                 \
        b1 = KECCAK_MOVED(op, in##e1, d1, 44);                                                     \
        b2 = KECCAK_MOVED(op, in##i2, d2, 43);                                                     \
        b3 = KECCAK_MOVED(op, in##o3, d3, 21);                                                     \
        b4 = KECCAK_MOVED(op, in##u4, d4, 14);                                                     \
        KECCAK_ROW(op, out##a, b0, b1, b2, b3, b4);                                                \
        out##a0 = op##_XOR(out##a0, op##_CONSTANT(constant));                                      \
        b0 = KECCAK_MOVED(op, in##a3, d3, 28);                                                     \
        b1 = KECCAK_MOVED(op, in##e4, d4, 20);                                                     \
        b2 = KECCAK_MOVED(op, in##i0, d0, 3);                                                      \
        b3 = KECCAK_MOVED(op, in##o1, d1, 45);                                                     \
        b4 = KECCAK_MOVED(op, in##u2, d2, 61);                                                     \
        KECCAK_ROW(op, out##e, b0, b1, b2, b3, b4);                                                \
        b0 = KECCAK_MOVED(op, in##a1, d1, 1);                                                      \
        b1 = KECCAK_MOVED(op, in##e2, d2, 6);                                                      \
        b2 = KECCAK_MOVED(op, in##i3, d3, 25);                                                     \
        b3 = KECCAK_MOVED(op, in##o4, d4, 8);                                                      \
        b4 = KECCAK_MOVED(op, in##u0, d0, 18);                                                     \
        KECCAK_ROW(op, out##i, b0, b1, b2, b3, b4);                                                \
        b0 = KECCAK_MOVED(op, in##a4, d4, 27);                                                     \
        b1 = KECCAK_MOVED(op, in##e0, d0, 36);                                                     \
        b2 = KECCAK_MOVED(op, in##i1, d1, 10);                                                     \
        b3 = KECCAK_MOVED(op, in##o2, d2, 15);                                                     \
        b4 = KECCAK_MOVED(op, in##u3, d3, 56);                                                     \
        KECCAK_ROW(op, out##o, b0, b1, b2, b3, b4);                                                \
        b0 = KECCAK_MOVED(op, in##a2, d2, 62);                                                     \
        b1 = KECCAK_MOVED(op, in##e3, d3, 55);                                                     \
        b2 = KECCAK_MOVED(op, in##i4, d4, 39);                                                     \
        b3 = KECCAK_MOVED(op, in##o0, d0, 41);                                                     \
        b4 = KECCAK_MOVED(op, in##u1, d1, 2);                                                      \
        KECCAK_ROW(op, out##u, b0, b1, b2, b3, b4);                                                \
    } while (0)

#define KECCAK_EACH(f, op, arg)                                                                    \
    f(op, arg, a0, 0) f(op, arg, a1, 1) f(op, arg, a2, 2) f(op, arg, a3, 3) f(op, arg, a4, 4)      \
        f(op, arg, e0, 5) f(op, arg, e1, 6) f(op, arg, e2, 7) f(op, arg, e3, 8) f(op, arg, e4, 9)  \
            f(op, arg, i0, 10) f(op, arg, i1, 11) f(op, arg, i2, 12) f(op, arg, i3, 13)            \
                f(op, arg, i4, 14) f(op, arg, o0, 15) f(op, arg, o1, 16) f(op, arg, o2, 17)        \
                    f(op, arg, o3, 18) f(op, arg, o4, 19) f(op, arg, u0, 20) f(op, arg, u1, 21)    \
                        f(op, arg, u2, 22) f(op, arg, u3, 23) f(op, arg, u4, 24)

#define KECCAK_LOAD(op, load, name, i)   op##_LANE x##name = load(i);
#define KECCAK_DECLARE(op, arg, name, i) op##_LANE y##name;
#define KECCAK_STORE(op, store, name, i) store(i, x##name);

/* The whole permutation, from lanes read by load(i) to lanes written by store(i, lane), i = 5y + x;
 * the statements of a function's body. */
#define KECCAK_PERMUTE(op, load, store)                                                            \
    KECCAK_EACH(KECCAK_LOAD, op, load)                                                             \
    KECCAK_EACH(KECCAK_DECLARE, op, )                                                              \
    for (size_t round = 0; round < 24; round += 2) {                                               \
        KECCAK_ROUND(op, x, y, keccak_round_constants[round]);                                     \
        KECCAK_ROUND(op, y, x, keccak_round_constants[round + 1]);                                 \
    }                                                                                              \
    KECCAK_EACH(KECCAK_STORE, op, store)

/* One stream in general registers. */
#define WORD_LANE                uint64_t
#define WORD_XOR(a, b)           ((a) ^ (b))
#define WORD_XOR5(a, b, c, d, e) ((a) ^ (b) ^ (c) ^ (d) ^ (e))
#define WORD_ROTL(a, n)          keccak_rotl((a), (n))
#define WORD_CHI(a, b, c)        ((a) ^ (~(b) & (c)))
#define WORD_CONSTANT(c)         (c)
#define WORD_LOAD(i)             state[i]
#define WORD_STORE(i, v)         (state[i] = (v))

static inline uint64_t keccak_rotl(uint64_t a, unsigned n) {
    return a << n | a >> (64 - n);
}

/* A lane's 8 bytes, little-endian, at any alignment. */
static inline uint64_t keccak_load(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

static inline void keccak_store(uint8_t *p, uint64_t v) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    memcpy(p, &v, sizeof(v));
}

#endif
