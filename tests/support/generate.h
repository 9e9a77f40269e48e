/* Values that are as a schema says, by a die that is thrown alike for the same seed. */
#ifndef SUPPORT_GENERATE_H
#define SUPPORT_GENERATE_H

#include "schema.h"

struct dice {
    uint64_t state; /* the seed */
};
/* Below n. */
uint64_t dice_roll(struct dice *dice, uint64_t n);
bool dice_chance(struct dice *dice, unsigned percent);

/* Appends a value as JSON. */
void generate_json(struct schema_file *file, const struct cw_json *schema, struct dice *dice,
                   struct cw_buf *out);
/* Appends a text or number as it stands in a path or query, before it is encoded. */
void generate_text(struct schema_file *file, const struct cw_json *schema, struct dice *dice,
                   struct cw_buf *out);

#endif
