#ifndef CORE_WRITE_ALL_H
#define CORE_WRITE_ALL_H

#include <causeway/base.h>

/* Writes all of text, however many calls that takes. False: errno says why, and a part of it may be
 * written. */
CW_MUST_USE bool cw_write_all(int fd, struct cw_slice text);

#endif
