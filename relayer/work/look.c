#include "work/look.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_BYTES (8u << 20)

struct cw_look {
    struct cw_look_config config;
    struct cw_arena arena;
    struct cw_message message;
    struct cw_subject subject;
    unsigned rounds;
    size_t missing; /* answers under way */
    bool running;   /* inside run(): answers that come at once do not recurse */
    struct cw_block_ref at;
    struct cw_decision decision;
    struct cw_preparation preparation;
    struct cw_count count;
    struct cw_invariant_verdict verdict;
    struct cw_io io; /* the last one: large, and set up by cw_io_init */
};

static bool copy_into(struct cw_arena *arena, struct cw_slice *slice) {
    if (slice->n == 0)
        return true;
    *slice = cw_arena_copy(arena, *slice);
    return slice->p != NULL;
}

/* What the configuration points to, as the look's own. */
static bool copy_config(struct cw_look *look) {
    struct cw_look_config *c = &look->config;
    bool fits = true;
    if (c->at) {
        look->at = *c->at;
        c->at = &look->at;
    }
    if (c->message) {
        look->message = *c->message;
        c->message = &look->message;
        fits = copy_into(&look->arena, &look->message.payload) &&
               copy_into(&look->arena, &look->message.progress) &&
               copy_into(&look->arena, &look->message.evidence);
    }
    if (c->subject) {
        look->subject = *c->subject;
        c->subject = &look->subject;
        fits = fits && copy_into(&look->arena, &look->subject.data) &&
               copy_into(&look->arena, &look->subject.memory);
    }
    return fits;
}

struct cw_look *cw_look_new(const struct cw_look_config *config, struct cw_error *error) {
    struct cw_look *look = malloc(sizeof *look);
    if (!look) {
        (void)cw_error_set(error, CW_ERR_MEMORY, "out of memory");
        return NULL;
    }
    memset(look, 0, offsetof(struct cw_look, io));
    look->config = *config;
    cw_arena_init(&look->arena, LOOK_BYTES);
    if (!copy_config(look)) {
        (void)cw_error_set(error, CW_ERR_MEMORY, "%s does not fit into %u bytes",
                           config->subject ? "subject" : "message", LOOK_BYTES);
        cw_look_free(look);
        return NULL;
    }
    cw_io_init(&look->io, &look->arena, config->heads);
    return look;
}

void cw_look_free(struct cw_look *look) {
    if (!look)
        return;
    if (look->missing > 0)
        for (size_t side = 0; side < CW_SIDES; side++)
            cw_facts_forget(look->config.facts[side], look);
    cw_arena_done(&look->arena);
    free(look);
}

const struct cw_io *cw_look_io(const struct cw_look *look) {
    return &look->io;
}

const struct cw_message *cw_look_message(const struct cw_look *look) {
    return look->config.message;
}

static bool copy_nodes(struct cw_arena *arena, const struct cw_slice **nodes, size_t n) {
    if (n == 0)
        return true;
    struct cw_slice *copy = cw_arena_array(arena, n, sizeof *copy);
    if (!copy)
        return false;
    for (size_t i = 0; i < n; i++) {
        copy[i] = (*nodes)[i];
        if (!copy_into(arena, &copy[i]))
            return false;
    }
    *nodes = copy;
    return true;
}

static bool copy_logs(struct cw_arena *arena, const struct cw_log **logs, size_t n) {
    if (n == 0)
        return true;
    struct cw_log *copy = cw_arena_array(arena, n, sizeof *copy);
    if (!copy)
        return false;
    for (size_t i = 0; i < n; i++) {
        copy[i] = (*logs)[i];
        if (!copy_into(arena, &copy[i].data))
            return false;
    }
    *logs = copy;
    return true;
}

/* The answer, owned by the look: what is shared may be dropped when the heads move. */
static const struct cw_answer *own(struct cw_arena *arena, const struct cw_answer *answer) {
    struct cw_answer *copy = cw_arena_alloc(arena, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *answer;
    if (!copy_into(arena, &copy->data) ||
        !copy_nodes(arena, &copy->account_proof, copy->account_proof_n) ||
        !copy_nodes(arena, &copy->storage_proof, copy->storage_proof_n) ||
        !copy_logs(arena, &copy->logs, copy->logs_n))
        return NULL;
    if (answer->header) {
        struct cw_header *header = cw_arena_alloc(arena, sizeof *header);
        if (!header)
            return NULL;
        *header = *answer->header;
        copy->header = header;
    }
    if (answer->text) {
        copy->text = cw_arena_text(arena, answer->text, strlen(answer->text));
        if (!copy->text)
            return NULL;
    }
    return copy;
}

static void finish(struct cw_look *look) {
    const struct cw_look_config *c = &look->config;
    if (c->at)
        c->counted(c->ctx, &look->count);
    else if (c->subject)
        c->judged(c->ctx, &look->verdict);
    else
        c->done(c->ctx, c->message ? &look->decision : NULL,
                c->message ? NULL : &look->preparation);
    cw_look_free(look);
}

static void give_up(struct cw_look *look, const char *reason, const char *detail) {
    if (look->config.at) {
        look->count.state = CW_COUNT_UNKNOWN;
        snprintf(look->count.detail, sizeof look->count.detail, "%s", detail);
    } else if (look->config.subject) {
        memset(&look->verdict, 0, sizeof look->verdict);
        look->verdict.state = CW_VERDICT_UNVERIFIED;
        snprintf(look->verdict.reason, sizeof look->verdict.reason, "%s", reason);
        snprintf(look->verdict.sentence, sizeof look->verdict.sentence, "%s", detail);
    } else if (!look->config.message) {
        look->preparation.state = CW_PREPARE_HOLD;
        snprintf(look->preparation.reason, sizeof look->preparation.reason, "%s", reason);
        snprintf(look->preparation.detail, sizeof look->preparation.detail, "%s", detail);
    } else {
        memset(&look->decision, 0, sizeof look->decision);
        look->decision.verb = CW_WAIT;
        look->decision.wake = CW_WAKE_RETRY;
        look->decision.stage = look->message.stage;
        look->decision.outcome = look->message.outcome;
        snprintf(look->decision.reason, sizeof look->decision.reason, "%s", reason);
        snprintf(look->decision.detail, sizeof look->decision.detail, "%s", detail);
    }
    finish(look);
}

/* One call of the adapter; true when it wants more. */
static bool ask_adapter(struct cw_look *look) {
    const struct cw_look_config *c = &look->config;
    if (c->at) {
        memset(&look->count, 0, sizeof look->count);
        c->ops->counter(c->adapter, c->at, c->read, &look->io, &look->count);
        return look->count.state == CW_COUNT_NEED;
    }
    if (c->subject) {
        memset(&look->verdict, 0, sizeof look->verdict);
        c->ops->judge(c->adapter, c->subject, c->message, c->rests_on, &look->io, &look->verdict);
        return look->verdict.need;
    }
    if (!c->message) {
        memset(&look->preparation, 0, sizeof look->preparation);
        c->ops->prepare(c->adapter, &look->io, &look->preparation);
        return look->preparation.state == CW_PREPARE_NEED;
    }
    memset(&look->decision, 0, sizeof look->decision);
    c->ops->advance(c->adapter, &look->message, &c->self, &look->io, &look->decision);
    return look->decision.verb == CW_NEED;
}

static void run(struct cw_look *look);

static void answered(void *ctx, const struct cw_request *request, const struct cw_answer *answer) {
    struct cw_look *look = ctx;
    look->missing--;
    for (size_t i = 0; i < look->io.n; i++) {
        struct cw_io_entry *entry = &look->io.entries[i];
        if (!entry->answer && cw_request_equal(&entry->request, request))
            entry->answer = own(&look->arena, answer);
    }
    if (look->missing == 0 && !look->running)
        run(look);
}

/* Takes what is known, asks for the rest. False when memory is short. */
static bool fetch(struct cw_look *look) {
    for (size_t i = 0; i < look->io.n; i++) {
        struct cw_io_entry *entry = &look->io.entries[i];
        if (entry->answer)
            continue;
        struct cw_facts *facts = look->config.facts[entry->request.side];
        const struct cw_answer *known = cw_facts_get(facts, &entry->request);
        if (known) {
            entry->answer = own(&look->arena, known);
            if (!entry->answer)
                return false;
            continue;
        }
        if (!cw_facts_ask(facts, &entry->request, answered, look))
            return false;
        look->missing++;
    }
    return true;
}

static void run(struct cw_look *look) {
    look->running = true;
    for (;;) {
        size_t asked = look->io.n;
        if (!ask_adapter(look)) {
            finish(look);
            return;
        }
        if (look->io.overflow || !fetch(look)) {
            give_up(look, "too_large", "the answers to one look do not fit into memory");
            return;
        }
        if (look->io.n == asked && look->missing == 0) {
            give_up(look, "no_progress", "the adapter asked for nothing new");
            return;
        }
        if (++look->rounds > CW_IO_ROUNDS) {
            give_up(look, "too_many_rounds",
                    "no decision after 8 rounds of questions; looked at again later");
            return;
        }
        if (look->missing > 0)
            break;
    }
    look->running = false;
}

void cw_look_start(struct cw_look *look) {
    run(look);
}
