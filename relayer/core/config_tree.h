/* The configuration as a tree: every value that stands in a document, or may, each with its path
 * and the name of the environment variable that stands for it. It is told by the tables that the
 * loader reads by. */
#ifndef CORE_CONFIG_TREE_H
#define CORE_CONFIG_TREE_H

#include "core/config_fields.h"

/* Where an object is, or would be. */
struct cw_config_node {
    const struct cw_config_node *up;     /* NULL: it is the whole */
    const char *key;                     /* in the object above */
    const struct cw_json *object;        /* NULL: it is not there */
    const struct cw_config_shape *shape; /* of it; NULL: an object of prices, or of named ones */
    bool implied;       /* that it is not there means the same as that it is empty */
    char path[512];     /* such as chains.l1.endpoints[0] */
    char variable[512]; /* such as CHAINS__L1, without the prefix */
};

/* One value. Of field and part one is NULL, or both: a price. */
struct cw_config_leaf {
    const struct cw_config_node *node;
    const char *key;
    const struct cw_json *value; /* NULL: it is not written */
    const struct cw_field *field;
    const struct cw_config_part *part;
    const char *path;
    const char *variable; /* with the prefix; NULL: of an element of a list, which has none */
};

/* Called for each, in the order of the tables. May put another value in place of this one, and
 * nothing else. An error ends the walk. */
typedef enum cw_err cw_config_visit(void *ctx, const struct cw_config_leaf *leaf);

CW_MUST_USE enum cw_err cw_config_walk(const struct cw_json *root, cw_config_visit *visit,
                                       void *ctx);

/* Objects that are not written and mean the same when they are empty become empty ones.
 * CW_ERR_MEMORY only. */
CW_MUST_USE enum cw_err cw_config_complete(struct cw_json_doc *doc);

/* Puts value in place of the leaf's, with the objects that it stands in; origin is what
 * cw_json_origin says of it. It is not kept, origin is. CW_ERR_MEMORY only. */
CW_MUST_USE enum cw_err cw_config_put(struct cw_json_doc *doc, const struct cw_config_leaf *leaf,
                                      const struct cw_json *value, const char *origin);

#endif
