/* One message with everything that belongs to it, for people and for programs. */
#ifndef CLI_STORY_H
#define CLI_STORY_H

#include "cli/cli.h"
#include "cli/eta.h"
#include "cli/print.h"

struct cw_story {
    const struct cw_cli_view *view;
    const struct cw_store_message *m;
    struct cw_store_attempt *attempts;
    size_t attempts_n;
    struct cw_story_bids {
        struct cw_store_bid *list;
        size_t n;
    } * bids; /* of each attempt */
    struct cw_store_history *lines;
    size_t lines_n;
    uint64_t now_ms;
    bool has_eta;
    struct cw_eta eta;
};

/* Borrows view and message; everything else is the view's arena's. */
CW_MUST_USE enum cw_err cw_story_read(struct cw_cli_view *view,
                                      const struct cw_store_message *message, struct cw_story *ret,
                                      struct cw_error *error);
/* An object. */
void cw_story_put(struct cw_buf *out, const struct cw_story *story);

/* What the attempt cost, or (*ret_paid false) costs at most; false: nothing is known. */
bool cw_story_fee(const struct cw_store_attempt *attempt, struct cw_wei *ret, bool *ret_paid);
const char *cw_story_chain(const struct cw_story *story, int64_t chain); /* "?" */
/* When it reached the stage; 0: it did not, or skipped it. */
uint64_t cw_story_reached_ms(const struct cw_story *story, enum cw_stage stage);
/* How long it was in that stage for the last time. False: it is there still, or was never. */
bool cw_story_took_ms(const struct cw_story *story, enum cw_stage stage, uint64_t *ret);
/* What its transactions in blocks cost, and of those that are shared its share. */
struct cw_wei cw_story_cost(const struct cw_story *story, uint64_t *ret_gas);
/* Of one that is shared: what its own part would take alone. */
uint64_t cw_story_gas_alone(const struct cw_store_attempt *attempt);

#endif
