/* Rows of tables of struct cw_field, for the .c files that define such tables and no others. type
 * is the struct that is read into, without "struct"; fallback NULL: required. */
#ifndef CORE_CONFIG_ROWS_H
#define CORE_CONFIG_ROWS_H

#include <adapters/field.h>

#include <stddef.h>

#define TEXT(type, member, key, fallback, doc)                                                     \
    { key, CW_FIELD_TEXT, offsetof(struct type, member), fallback, 0, 0, doc }
#define U64(type, member, key, fallback, min, max, doc)                                            \
    { key, CW_FIELD_U64, offsetof(struct type, member), fallback, min, max, doc }
#define U64S(type, member, key, fallback, min, max, doc)                                           \
    { key, CW_FIELD_U64S, offsetof(struct type, member), fallback, min, max, doc }
#define FLAG(type, member, key, fallback, doc)                                                     \
    { key, CW_FIELD_BOOL, offsetof(struct type, member), fallback, 0, 0, doc }
#define WEI(type, member, key, fallback, doc)                                                      \
    { key, CW_FIELD_WEI, offsetof(struct type, member), fallback, 0, 0, doc }
#define ADDRESS(type, member, key, fallback, doc)                                                  \
    { key, CW_FIELD_ADDR20, offsetof(struct type, member), fallback, 0, 0, doc }
#define ADDRESSES(type, member, key, fallback, doc)                                                \
    { key, CW_FIELD_ADDR20S, offsetof(struct type, member), fallback, 0, 0, doc }
#define HEXES(type, member, key, fallback, doc)                                                    \
    { key, CW_FIELD_HEXES, offsetof(struct type, member), fallback, 0, 0, doc }

#endif
