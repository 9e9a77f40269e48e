/* What to do about a text that is no JSON, as people write it by hand. */
#ifndef CORE_CONFIG_SYNTAX_H
#define CORE_CONFIG_SYNTAX_H

#include <causeway/base.h>

#define CW_CONFIG_REMEDY 96

/* text is one that cw_json_parse refuses with comments. Writes what to do about it, or "" where
 * what the parser says is all there is to say. Returns out. */
char *cw_config_remedy(char out[CW_CONFIG_REMEDY], struct cw_slice text);

#endif
