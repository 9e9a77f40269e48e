/* The whole configuration as it is in force, each value with its origin. */
#ifndef CORE_CONFIG_EFFECTIVE_H
#define CORE_CONFIG_EFFECTIVE_H

#include "core/config.h"

struct cw_config_setting {
    const char *path; /* such as chains.l1.poll_ms; chains["l-1"].poll_ms where jq asks for that */
    const char *json; /* the value as JSON; of URLs only scheme and host */
    const char *variable;  /* that can set it; "": of an element, which its list's can */
    const char *set_by;    /* the variable that has set it, or "" */
    unsigned line, column; /* where it stands in the file; 0: it is the default, or set_by */
};

/* Reads the configuration at path as cw_config_load does, and all of its values in the order of the
 * reference; the arena owns them. What is not written and has no default is left out. */
CW_MUST_USE enum cw_err cw_config_effective(struct cw_config_setting **ret, size_t *ret_n,
                                            struct cw_arena *arena, const char *path,
                                            struct cw_error *error);

#endif
