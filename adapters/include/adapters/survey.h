/* What stands around a rollup's contracts, for whoever sets a route up or looks for what is wrong
 * with one: which contracts there are, of which versions, and whether they name each other as they
 * must. Nothing rests on it: prepare() of the adapter reads for itself what it goes by. */
#ifndef ADAPTERS_SURVEY_H
#define ADAPTERS_SURVEY_H

#include <adapters/io.h>
#include <causeway/base.h>

#define CW_SURVEY_CONTRACTS 20
#define CW_SURVEY_REMARKS   24
#define CW_SURVEY_TEXT      320

enum cw_survey_state {
    CW_SURVEY_NEED = 1, /* as with prepare() */
    CW_SURVEY_OK,       /* the stack's contracts: what follows is set */
    CW_SURVEY_OTHER,    /* what stands there is none of them: text says what does */
    CW_SURVEY_UNKNOWN   /* an endpoint can't answer: text */
};

struct cw_survey_contract {
    const char *key;  /* static: the member of a route's "contracts" that names it, or "" */
    const char *name; /* static: "SystemConfig" */
    enum cw_side side;
    struct cw_addr20 address;
    char version[32]; /* printable; "" where it does not say */
};

enum cw_remark_kind {
    CW_REMARK_FACT = 1, /* worth knowing */
    CW_REMARK_CARE,     /* worth a thought */
    CW_REMARK_WRONG     /* a link that does not hold, or a contract that is not set up */
};

struct cw_remark {
    enum cw_remark_kind kind;
    char text[CW_SURVEY_TEXT];
};

struct cw_survey {
    enum cw_survey_state state;
    char text[CW_SURVEY_TEXT];
    struct cw_survey_contract contracts[CW_SURVEY_CONTRACTS];
    size_t contracts_n;
    struct cw_remark remarks[CW_SURVEY_REMARKS];
    size_t remarks_n;
    unsigned links;  /* that hold */
    char symbol[16]; /* of the rollup's own token; "" when it is ether */
};

/* Where it begins. */
struct cw_survey_start {
    struct cw_addr20 at; /* of the settlement layer: one of the contracts */
    struct cw_chain_id chains[CW_SIDES];
};

/* The first one of that key; NULL when there is none. */
const struct cw_survey_contract *cw_survey_find(const struct cw_survey *survey, const char *key);

#endif
