/* A JSON-RPC node in the test's own process, which answers as badly as it is told. */
#ifndef SUPPORT_FAKE_NODE_H
#define SUPPORT_FAKE_NODE_H

#include <causeway/base.h>

enum node_manner {
    NODE_HONEST,
    NODE_NEVER,     /* reads and keeps silent */
    NODE_HANG_UP,   /* closes without an answer */
    NODE_TRUNCATES, /* closes in the middle of it */
    NODE_HALF_JSON, /* a whole answer with half of the JSON */
    NODE_ENDLESS,
    NODE_STATUS,    /* `status` and `headers`, the body is `raw` */
    NODE_RAW,       /* 200, the body is `raw` */
    NODE_REVERSES,  /* batch elements in reverse order */
    NODE_OMITS,     /* one element of a batch */
    NODE_DOUBLES,   /* an element of a batch in the place of another */
    NODE_RENUMBERS, /* an id that was not asked */
    NODE_BOTH,      /* result and error */
    NODE_NEITHER,
    NODE_ERROR,     /* the member "error" is `raw` */
    NODE_TOO_LARGE, /* in a batch all elements but the first are "response too large" */
    NODE_NULL,      /* the result is null */
    NODE_SAYS       /* the result is `raw` */
};

enum node_refusal { REFUSES_BY_OBJECT, REFUSES_BY_413, REFUSES_BY_FIRST };

struct node {
    struct server *server;
    enum node_manner manner;
    uint64_t chain_id;
    uint64_t head;
    uint64_t every_ms; /* rpc_bed lets it work at multiples of that only; 0: always */
    bool chain_id_too; /* the manner goes for eth_chainId and eth_blockNumber too */
    int status;
    const char *headers;
    const char *raw;
    /* Refuses batches of more elements than that: 0: takes all. */
    size_t batch_max;
    enum node_refusal refuses;
    /* What was seen. */
    unsigned requests, probes, heads_asked, elements; /* requests: but for these two */
    size_t largest_batch, last_batch;
    char path[128];
};

void node_init(struct node *node);
void node_done(struct node *node);
/* Every method but eth_chainId and eth_blockNumber returns its first parameter. */
void node_step(struct node *node);
/* "http://127.0.0.1:port" and suffix; text holds 128 bytes. */
const char *node_url(const struct node *node, char text[128], const char *suffix);

#endif
