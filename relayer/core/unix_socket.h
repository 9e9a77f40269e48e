/* Unix sockets by path. */
#ifndef CORE_UNIX_SOCKET_H
#define CORE_UNIX_SOCKET_H

#include <causeway/base.h>

/* A listening socket of mode 0660 (of the group of this process), not blocking. One that nobody
 * listens on any more is replaced. CW_ERR_BUSY: somebody does; CW_ERR_IO. */
CW_MUST_USE enum cw_err cw_unix_listen(int *ret_fd, const char *path, struct cw_error *error);
/* Connected and not blocking. CW_ERR_TRANSPORT: nobody listens there, or may not be reached. */
CW_MUST_USE enum cw_err cw_unix_connect(int *ret_fd, const char *path, struct cw_error *error);

#endif
