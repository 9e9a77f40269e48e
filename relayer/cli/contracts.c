#include "cli/contracts.h"

#include "net/eth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES  (8u << 20)
#define PARAMS_BYTES 4096u

/* One run of a function of an adapter's, round after round. */
struct run {
    const struct cw_contracts *contracts;
    struct cw_arena arena;
    struct cw_io *io;
};

static bool run_open(struct run *run, const struct cw_contracts *contracts) {
    static const struct cw_heads heads[CW_SIDES]; /* each call is made at the newest block */
    *run = (struct run){.contracts = contracts};
    cw_arena_init(&run->arena, ARENA_BYTES);
    run->io = malloc(sizeof *run->io);
    if (run->io)
        cw_io_init(run->io, &run->arena, heads);
    return run->io != NULL;
}

static void run_close(struct run *run) {
    free(run->io);
    cw_arena_done(&run->arena);
}

static const struct cw_probe_answer *ask(struct cw_probe *probe, const struct cw_request *request) {
    struct cw_buf params;
    cw_buf_init(&params, PARAMS_BYTES);
    cw_eth_params_call(&params, cw_addr20_is_zero(&request->from) ? NULL : &request->from,
                       &request->to, NULL, request->data, 0, NULL);
    const char *text = cw_buf_cstr(&params);
    const struct cw_probe_answer *answer = cw_probe_ask(probe, "eth_call", text ? text : "[]", 0);
    cw_buf_done(&params);
    return answer;
}

/* What the adapter gets for it; NULL: no memory. */
static const struct cw_answer *translate(struct run *run, struct cw_probe *probe,
                                         const struct cw_probe_answer *said) {
    struct cw_answer *answer = cw_arena_alloc(&run->arena, sizeof *answer);
    struct cw_error error;
    if (!answer)
        return NULL;
    answer->status = CW_ANSWER_UNAVAILABLE;
    if (said->err == CW_ERR_REVERTED) {
        answer->status = CW_ANSWER_REVERTED;
        answer->data = said->revert;
    } else if (said->err == CW_OK) {
        if (cw_eth_data(&answer->data, &run->arena, said->value, &error) == CW_OK)
            answer->status = CW_ANSWER_OK;
    }
    if (answer->status == CW_ANSWER_UNAVAILABLE) {
        char text[640];
        snprintf(text, sizeof text, "%.96s: eth_call: %s", cw_probe_host(probe),
                 said->err == CW_OK ? error.text : said->text);
        answer->text = cw_arena_text(&run->arena, text, strlen(text));
    }
    return answer;
}

/* Fills in what is there. False: something is awaited. */
static bool answer_all(struct run *run) {
    bool whole = true;
    for (size_t i = 0; i < run->io->n; i++) {
        struct cw_io_entry *entry = &run->io->entries[i];
        struct cw_probe *probe = run->contracts->probes[entry->request.side];
        if (entry->answer)
            continue;
        const struct cw_probe_answer *said = ask(probe, &entry->request);
        entry->answer = said ? translate(run, probe, said) : NULL;
        whole = whole && entry->answer;
    }
    return whole;
}

bool cw_contracts_prepare(const struct cw_contracts *contracts, const struct cw_adapter_ops *ops,
                          struct cw_adapter *adapter, struct cw_preparation *ret) {
    struct run run;
    bool whole = run_open(&run, contracts);
    for (unsigned round = 0; whole && round < CW_IO_ROUNDS; round++) {
        ops->prepare(adapter, run.io, ret);
        if (ret->state != CW_PREPARE_NEED)
            break;
        whole = answer_all(&run);
    }
    run_close(&run);
    return whole && ret->state != CW_PREPARE_NEED;
}

static bool add_code(const struct cw_contracts *contracts, const struct cw_addr20 *at,
                     struct cw_survey *survey) {
    char params[96], hex[CW_HEX_SIZE(20)];
    snprintf(params, sizeof params, "[\"%s\",\"latest\"]",
             cw_hex_encode(hex, cw_slice_of(at->b, sizeof at->b)));
    const struct cw_probe_answer *code = cw_probe_ask(contracts->probes[CW_SETTLEMENT],
                                                      "eth_getCode", params, 0);
    if (!code)
        return false;
    const char *text = code->err == CW_OK ? cw_json_string(code->value) : NULL;
    size_t n = strlen(survey->text);
    if (text && strcmp(text, "0x") == 0)
        snprintf(survey->text + n, sizeof survey->text - n,
                 " (there is no code on the settlement chain: an address of another chain, or "
                 "mistyped?)");
    return true;
}

bool cw_contracts_survey(const struct cw_contracts *contracts, const struct cw_adapter_ops *ops,
                         const struct cw_survey_start *start, struct cw_survey *ret) {
    struct run run;
    bool whole = run_open(&run, contracts);
    for (unsigned round = 0; whole && round < CW_IO_ROUNDS; round++) {
        ops->survey(start, run.io, ret);
        if (ret->state != CW_SURVEY_NEED)
            break;
        whole = answer_all(&run);
    }
    run_close(&run);
    whole = whole && ret->state != CW_SURVEY_NEED;
    return whole && ret->state == CW_SURVEY_OTHER ? add_code(contracts, &start->at, ret) : whole;
}

const struct cw_addr20 *cw_contracts_first(const struct cw_config_route *route) {
    for (const struct cw_field *f = route->adapter->fields; f->key; f++)
        if (f->type == CW_FIELD_ADDR20 && !f->fallback)
            return (const struct cw_addr20 *)((const char *)route->contracts + f->offset);
    return NULL;
}
