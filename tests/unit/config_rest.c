#include "config_rest.h"

#include <causeway/arena.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum cw_err parse(struct cw_config **ret, const char *rest, struct cw_error *error) {
    struct cw_buf text;
    cw_buf_init(&text, 65536);
    cw_buf_format(&text,
                  "{\"chains\": {\"l1\": {\"chain_id\": 900, \"endpoints\": [\"http://one:1\"]}, "
                  "\"l2\": {\"chain_id\": 901, \"endpoints\": [\"http://two:1\"]}}, \"routes\": "
                  "{\"op\": {\"stack\": \"opstack\", \"settlement\": \"l1\", \"execution\": "
                  "\"l2\", \"contracts\": {\"portal\": "
                  "\"0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0\"}}},\n%s}",
                  rest);
    enum cw_err err = cw_config_parse(ret, PATH, cw_buf_slice(&text), error);
    cw_buf_done(&text);
    return err;
}

struct cw_config *good(const char *rest) {
    struct cw_config *config = NULL;
    struct cw_error error;
    if (parse(&config, rest, &error) != CW_OK)
        fail_msg("%s", error.text);
    return config;
}
