#include "generate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY    12u /* for what may be repeated without end */
#define LETTERS 15u /* of four bytes at most: bounds may be meant in bytes */

/* SplitMix64 */
uint64_t dice_roll(struct dice *dice, uint64_t n) {
    uint64_t z = dice->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % n;
}

bool dice_chance(struct dice *dice, unsigned percent) {
    return dice_roll(dice, 100) < percent;
}

/* --- patterns --------------------------------------------------------------------------------- */

struct pattern {
    const char *at;
    struct dice *dice;
    struct cw_buf *out; /* NULL: it is passed over */
};

static void choose(struct pattern *p);

static void put(const struct pattern *p, char c) {
    if (p->out)
        cw_buf_append(p->out, &c, 1);
}

/* Behind "[". */
static void set(struct pattern *p) {
    bool in[128] = {false};
    const bool negated = *p->at == '^';
    p->at += negated;
    for (bool first = true; *p->at != ']' || first; first = false, p->at++) {
        const unsigned char from = (unsigned char)*p->at;
        unsigned char to = from;
        if (p->at[1] == '-' && p->at[2] != ']') {
            to = (unsigned char)p->at[2];
            p->at += 2;
        }
        for (unsigned c = from; c <= to && c < sizeof in; c++)
            in[c] = true;
    }
    p->at++;
    while (p->out) {
        const uint64_t roll = dice_roll(p->dice, negated ? 95 : 127);
        const char c = (char)(roll + (negated ? ' ' : 1u));
        if (in[(unsigned char)c] == negated)
            continue;
        put(p, c);
        return;
    }
}

static void atom(struct pattern *p) {
    const char c = *p->at++;
    if (c == '(') {
        choose(p);
        p->at++;
    } else if (c == '[') {
        set(p);
    } else if (c == '\\') {
        put(p, *p->at++);
    } else if (c != '^' && c != '$') {
        put(p, c);
    }
}

/* What follows an atom. */
static void times(struct pattern *p, uint64_t *least, uint64_t *most) {
    *least = *most = 1;
    if (*p->at == '?' || *p->at == '*') {
        *least = 0;
        *most = *p->at++ == '?' ? 1 : MANY;
    } else if (*p->at == '+') {
        *most = MANY;
        p->at++;
    } else if (*p->at == '{') {
        char *end;
        *least = *most = strtoull(p->at + 1, &end, 10);
        if (*end == ',')
            *most = end[1] == '}' ? *least + MANY : strtoull(end + 1, &end, 10);
        p->at = strchr(end, '}') + 1;
    }
}

static void sequence(struct pattern *p) {
    while (*p->at != '\0' && *p->at != '|' && *p->at != ')') {
        const struct pattern start = *p;
        uint64_t least, most;
        p->out = NULL;
        atom(p);
        p->out = start.out;
        times(p, &least, &most);
        const uint64_t n = start.out ? least + dice_roll(p->dice, most - least + 1) : 0;
        for (uint64_t i = 0; i < n; i++) {
            struct pattern again = start;
            atom(&again);
        }
    }
}

/* One of what "|" parts. */
static void choose(struct pattern *p) {
    struct pattern counting = *p;
    uint64_t n = 1;
    counting.out = NULL;
    for (sequence(&counting); *counting.at == '|'; sequence(&counting), n++)
        counting.at++;
    const uint64_t chosen = p->out ? dice_roll(p->dice, n) : n;
    struct cw_buf *out = p->out;
    for (uint64_t i = 0;; i++) {
        p->out = i == chosen ? out : NULL;
        sequence(p);
        if (*p->at != '|')
            break;
        p->at++;
    }
    p->out = out;
}

/* --- values ----------------------------------------------------------------------------------- */

static uint64_t bound(const struct cw_json *schema, const char *key, uint64_t fallback) {
    uint64_t n;
    return cw_json_u64(&n, cw_json_get(schema, key)) == CW_OK ? n : fallback;
}

/* Often at its bounds. */
static uint64_t number(const struct cw_json *schema, struct dice *dice) {
    const uint64_t least = bound(schema, "minimum", 0);
    const uint64_t most = bound(schema, "maximum", CW_JSON_INTEGER_MAX);
    switch (dice_roll(dice, 4)) {
    case 0:
        return least;
    case 1:
        return most;
    case 2:
        return least + dice_roll(dice, most - least < 100 ? most - least + 1 : 100);
    default:
        return least + dice_roll(dice, most - least + 1);
    }
}

static const struct cw_json *one_of(const struct cw_json *list, struct dice *dice) {
    const struct cw_json *one = cw_json_first(list);
    for (uint64_t n = dice_roll(dice, cw_json_size(list)); n > 0; n--)
        one = cw_json_next(one);
    return one;
}

static void letters(const struct cw_json *schema, struct dice *dice, struct cw_buf *out) {
    static const char *const some[] = {
        "a",  "Z", "0", "-", "_", " ", ".", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8c\x89",
        "\"", "<", "&", "%", "+"};
    const uint64_t least = bound(schema, "minLength", 0), most = bound(schema, "maxLength", 40);
    const bool longest = dice_chance(dice, 10);
    const uint64_t some_n = least > LETTERS ? least : LETTERS, few = most > some_n ? some_n : most;
    const uint64_t n = longest ? most : least + dice_roll(dice, few - least + 1);
    for (uint64_t i = 0; i < n; i++)
        cw_buf_text(out, longest ? "m" : some[dice_roll(dice, CW_COUNT(some))]);
}

void generate_text(struct schema_file *file, const struct cw_json *schema, struct dice *dice,
                   struct cw_buf *out) {
    schema = schema_follow(file, schema);
    const struct cw_json *list = cw_json_get(schema, "enum");
    const char *pattern = cw_json_string(cw_json_get(schema, "pattern"));
    const char *type = cw_json_string(cw_json_get(schema, "type"));
    if (list) {
        cw_buf_text(out, cw_json_string(one_of(list, dice)));
    } else if (type && strcmp(type, "integer") == 0) {
        cw_buf_format(out, "%" PRIu64, number(schema, dice));
    } else if (pattern && !cw_json_get(schema, "maxLength")) {
        struct pattern p = {pattern, dice, out};
        choose(&p);
    } else {
        letters(schema, dice, out);
    }
}

static void object(struct schema_file *file, const struct cw_json *schema, struct dice *dice,
                   struct cw_buf *out) {
    const struct cw_json *any = cw_json_get(schema, "anyOf");
    const struct cw_json *needed = cw_json_get(schema, "required");
    const struct cw_json *one = any ? cw_json_get(one_of(any, dice), "required") : NULL;
    const struct cw_json *properties = cw_json_get(schema, "properties");
    cw_out_open(out, NULL, '{');
    for (const struct cw_json *p = cw_json_first(properties); p; p = cw_json_next(p)) {
        bool wanted = dice_chance(dice, 40);
        for (const struct cw_json *n = cw_json_first(needed); n; n = cw_json_next(n))
            wanted = wanted || strcmp(cw_json_string(n), cw_json_key(p)) == 0;
        for (const struct cw_json *n = cw_json_first(one); n; n = cw_json_next(n))
            wanted = wanted || strcmp(cw_json_string(n), cw_json_key(p)) == 0;
        if (!wanted)
            continue;
        cw_out_key(out, cw_json_key(p));
        struct cw_buf value;
        cw_buf_init(&value, 65536);
        generate_json(file, p, dice, &value);
        cw_buf_append(out, value.p, value.n);
        cw_buf_done(&value);
    }
    cw_out_close(out, '}');
}

void generate_json(struct schema_file *file, const struct cw_json *schema, struct dice *dice,
                   struct cw_buf *out) {
    schema = schema_follow(file, schema);
    const char *type = cw_json_string(cw_json_get(schema, "type"));
    if (type && strcmp(type, "object") == 0) {
        object(file, schema, dice, out);
        return;
    }
    if (type && strcmp(type, "boolean") == 0) {
        cw_buf_text(out, dice_chance(dice, 50) ? "true" : "false");
        return;
    }
    if (type && strcmp(type, "integer") == 0) {
        cw_buf_format(out, "%" PRIu64, number(schema, dice));
        return;
    }
    struct cw_buf text;
    cw_buf_init(&text, 65536);
    generate_text(file, schema, dice, &text);
    cw_json_quote(out, cw_buf_cstr(&text));
    cw_buf_done(&text);
}
