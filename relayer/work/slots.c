#include "work/slots.h"

#include "net/eth.h"
#include "net/quorum.h"

#include <stdlib.h>
#include <string.h>

#define PARAMS_MAX (16u << 10)

struct cw_slot_asked {
    struct group *group;
    struct cw_slot_request request;
};

/* One call. */
struct group {
    struct group *next;
    struct cw_slots *slots;
    struct cw_slot_asked *asked[CW_SLOTS_MAX]; /* owned; NULL: cancelled, or done */
    size_t n, open;                            /* open: not cancelled */
    size_t refused; /* so many together were refused before this one was asked alone; 0: none */
    struct cw_quorum *call; /* NULL: not sent yet, or answered */
    bool sent;
};

struct cw_slots {
    struct cw_loop *loop;
    struct cw_rpc *rpc;
    struct group *groups;
    struct cw_timer *timer; /* groups wait to be sent */
    size_t most;            /* in one call, as far as endpoints take it */
};

enum cw_err cw_slots_new(struct cw_slots **ret, struct cw_loop *loop, struct cw_rpc *rpc,
                         struct cw_error *error) {
    struct cw_slots *slots = calloc(1, sizeof *slots);
    if (!slots)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    slots->loop = loop;
    slots->rpc = rpc;
    slots->most = loop ? CW_SLOTS_MAX : 1;
    *ret = slots;
    return CW_OK;
}

static void unlink_group(struct group *group) {
    struct group **link = &group->slots->groups;
    while (*link != group)
        link = &(*link)->next;
    *link = group->next;
}

static void take_group_free(struct group *group) {
    cw_quorum_cancel(group->call);
    for (size_t i = 0; i < group->n; i++)
        free(group->asked[i]);
    free(group);
}

void cw_slots_free(struct cw_slots *slots) {
    if (!slots)
        return;
    if (slots->timer)
        cw_loop_cancel(slots->loop, slots->timer);
    while (slots->groups) {
        struct group *group = slots->groups;
        slots->groups = group->next;
        take_group_free(group);
    }
    free(slots);
}

/* --- asking --- */

static bool is_of(const struct group *group, const struct cw_slot_request *request) {
    const struct cw_slot_request *first = NULL;
    for (size_t i = 0; i < group->n && !first; i++)
        first = group->asked[i] ? &group->asked[i]->request : NULL;
    return first && !group->sent && group->n < group->slots->most &&
           first->block.v == request->block.v &&
           cw_addr20_equal(&first->account, &request->account);
}

static struct group *new_group(struct cw_slots *slots) {
    struct group *group = calloc(1, sizeof *group);
    if (group) {
        group->slots = slots;
        group->next = slots->groups;
        slots->groups = group;
    }
    return group;
}

static void add(struct group *group, struct cw_slot_asked *asked) {
    asked->group = group;
    group->asked[group->n++] = asked;
    group->open++;
}

static enum cw_err group_check(void *ctx, const struct cw_json *value, struct cw_error *error) {
    const struct group *group = ctx;
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < group->n; i++) {
        const struct cw_slot_asked *asked = group->asked[i];
        if (asked)
            err = asked->request.check(asked->request.ctx, value, error);
    }
    return err;
}

static void group_done(void *ctx, const struct cw_rpc_result *result);

static bool send(struct group *group) {
    struct cw_hash32 keys[CW_SLOTS_MAX];
    const struct cw_slot_request *any = NULL;
    size_t n = 0;
    for (size_t i = 0; i < group->n; i++)
        if (group->asked[i]) {
            any = &group->asked[i]->request;
            keys[n++] = any->slot;
        }
    struct cw_buf params;
    cw_buf_init(&params, PARAMS_MAX);
    cw_eth_params_proof(&params, &any->account, keys, n, any->block);
    const struct cw_quorum_request request = {.method = "eth_getProof",
                                              .params = cw_buf_cstr(&params),
                                              .class_ = CW_RPC_HEAVY,
                                              .state_of = any->block,
                                              .k = 1, /* it is verified */
                                              .check = group_check,
                                              .done = group_done,
                                              .ctx = group};
    group->sent = true;
    if (request.params)
        group->call = cw_quorum_submit(group->slots->rpc, &request);
    cw_buf_done(&params);
    return group->call != NULL;
}

/* Each is told, and may cancel others of the group, or ask again. */
static void tell(struct group *group, const struct cw_rpc_result *result) {
    unlink_group(group);
    for (size_t i = 0; i < group->n; i++) {
        struct cw_slot_asked *asked = group->asked[i];
        if (!asked)
            continue;
        const struct cw_slot_request request = asked->request;
        group->asked[i] = NULL;
        free(asked);
        request.done(request.ctx, result);
    }
    free(group);
}

static void tell_no_memory(struct group *group) {
    const struct cw_rpc_result result = {.err = CW_ERR_MEMORY, .text = "out of memory"};
    tell(group, &result);
}

/* Who refused them together may take them one by one. */
static void split(struct group *group) {
    for (size_t i = 0; i < group->n; i++) {
        struct cw_slot_asked *asked = group->asked[i];
        struct group *alone = asked ? new_group(group->slots) : NULL;
        if (!alone)
            continue; /* what is left is told below */
        group->asked[i] = NULL;
        alone->refused = group->open;
        add(alone, asked);
        if (!send(alone))
            tell_no_memory(alone);
    }
    tell_no_memory(group);
}

static void group_done(void *ctx, const struct cw_rpc_result *result) {
    struct group *group = ctx;
    struct cw_slots *slots = group->slots;
    group->call = NULL;
    if (group->open > 1 && (result->err == CW_ERR_REFUSED || result->err == CW_ERR_LIMIT)) {
        split(group);
        return;
    }
    if (result->err == CW_OK && group->refused / 2 > 0 && group->refused / 2 < slots->most)
        slots->most = group->refused / 2; /* it was their number */
    tell(group, result);
}

static void send_all(void *ctx) {
    struct cw_slots *slots = ctx;
    slots->timer = NULL;
    for (;;) {
        struct group *group = slots->groups;
        while (group && group->sent)
            group = group->next;
        if (!group)
            return;
        if (!send(group))
            tell_no_memory(group);
    }
}

struct cw_slot_asked *cw_slots_ask(struct cw_slots *slots, const struct cw_slot_request *request) {
    struct cw_slot_asked *asked = calloc(1, sizeof *asked);
    if (slots->loop && !slots->timer)
        slots->timer = cw_loop_after(slots->loop, 0, send_all, slots);
    struct group *group = slots->groups;
    while (group && !is_of(group, request))
        group = group->next;
    if (asked && !group && (slots->timer || !slots->loop))
        group = new_group(slots);
    if (!asked || !group) {
        free(asked);
        return NULL;
    }
    asked->request = *request;
    add(group, asked);
    if (!slots->loop && !send(group)) {
        unlink_group(group);
        take_group_free(group);
        return NULL;
    }
    return asked;
}

void cw_slots_cancel(struct cw_slot_asked *asked) {
    if (!asked)
        return;
    struct group *group = asked->group;
    for (size_t i = 0; i < group->n; i++)
        if (group->asked[i] == asked)
            group->asked[i] = NULL;
    free(asked);
    group->open--;
    if (group->open == 0) { /* never while it is told: whoever is told counts still */
        unlink_group(group);
        take_group_free(group);
    }
}
