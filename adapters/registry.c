#include <adapters/adapter.h>

#include <string.h>

#include "nitro/nitro.h"
#include "opstack/opstack.h"

const struct cw_adapter_ops *const cw_adapters[] = {
    &cw_opstack_withdrawal, &cw_opstack_deposit, &cw_nitro_retryable, &cw_nitro_withdrawal, NULL,
};

const struct cw_adapter_ops *cw_adapter_find(const char *name, const char *direction) {
    for (size_t i = 0; cw_adapters[i] != NULL; i++) {
        if (strcmp(cw_adapters[i]->name, name) == 0 &&
            strcmp(cw_adapters[i]->direction, direction) == 0) {
            return cw_adapters[i];
        }
    }
    return NULL;
}

enum cw_side cw_adapter_destination(const struct cw_adapter_ops *ops) {
    return cw_side_other(ops->source);
}
