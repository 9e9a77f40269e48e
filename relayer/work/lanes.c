/* Who reads the database beside the daemon sees its lanes as they are. */
#include "work/internal.h"

#include <stdio.h>
#include <string.h>

#define WRITE_EVERY_MS 1000u

enum cw_err lanes_new(struct cw_relay *relay, struct cw_error *error) {
    return cw_store_lanes_forget(relay->store, error);
}

static void read_lane(const struct cw_relay *relay, const struct lane_slot *slot,
                      struct cw_store_lane *out) {
    struct cw_lane_status status;
    cw_lane_status(slot->lane, &status);
    *out = (struct cw_store_lane){.chain = slot->chain->row,
                                  .address = status.address,
                                  .has_nonce = status.next_nonce_known,
                                  .next_nonce = status.next_nonce,
                                  .jobs = status.jobs,
                                  .open = status.open};
    snprintf(out->signer, sizeof out->signer, "%s",
             relay->config->signers[slot->signer_index].name);
    snprintf(out->trouble, sizeof out->trouble, "%s", status.trouble);
}

static bool is_same(const struct cw_store_lane *a, const struct cw_store_lane *b) {
    return a->chain == b->chain && cw_addr20_equal(&a->address, &b->address) &&
           a->has_nonce == b->has_nonce && a->next_nonce == b->next_nonce && a->jobs == b->jobs &&
           a->open == b->open && strcmp(a->trouble, b->trouble) == 0;
}

static enum cw_err write_changed(struct cw_relay *relay, struct cw_error *error) {
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < relay->lanes_n; i++)
        if (!is_same(&relay->lanes[i].new, &relay->lanes[i].written))
            err = cw_store_lane_put(relay->store, &relay->lanes[i].new, wall_ms(relay), error);
    return err;
}

void lanes_write(struct cw_relay *relay) {
    const uint64_t now = monotonic_ms(relay);
    struct cw_error error;
    bool changed = false;
    if (now - relay->lanes_written_ms < WRITE_EVERY_MS)
        return;
    relay->lanes_written_ms = now;
    for (size_t i = 0; i < relay->lanes_n; i++) {
        struct lane_slot *slot = &relay->lanes[i];
        read_lane(relay, slot, &slot->new);
        changed = changed || !is_same(&slot->new, &slot->written);
    }
    if (!changed)
        return;
    enum cw_err err = cw_store_begin(relay->store, &error);
    if (err == CW_OK)
        err = cw_store_end(relay->store, write_changed(relay, &error), &error);
    if (err != CW_OK)
        cw_log(CW_LOG_ERROR, "relay", "lanes not written, will be tried again: %s", error.text);
    for (size_t i = 0; err == CW_OK && i < relay->lanes_n; i++)
        relay->lanes[i].written = relay->lanes[i].new;
}
