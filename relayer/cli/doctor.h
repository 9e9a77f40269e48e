/* What `causeway doctor` finds: shared by its files. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "core/config.h"
#include "core/loop.h"
#include "net/probe.h"

#include <stdarg.h>

enum cw_doctor_level { CW_DOCTOR_OK = 1, CW_DOCTOR_WARN, CW_DOCTOR_FAIL, CW_DOCTOR_UNKNOWN };

#define CW_DOCTOR_WHERE  112
#define CW_DOCTOR_TEXT   560
#define CW_DOCTOR_ADVICE 320

struct cw_doctor_line {
    enum cw_doctor_level level;
    const char *part; /* static: "endpoint", "route", … */
    char where[CW_DOCTOR_WHERE];
    char text[CW_DOCTOR_TEXT];
    char advice[CW_DOCTOR_ADVICE]; /* "": nothing is to be done */
};

/* All zero: nothing was found. Lines that run out of memory set `failed`. */
struct cw_doctor_list {
    struct cw_doctor_line *p;
    size_t n, cap;
    bool failed;
};
/* advice may be NULL. Unprintable bytes are left to whoever prints. */
void cw_doctor_add(struct cw_doctor_list *list, enum cw_doctor_level level, const char *part,
                   const char *where, const char *advice, const char *format, ...) CW_PRINTF(6, 7);
void cw_doctor_vadd(struct cw_doctor_list *list, enum cw_doctor_level level, const char *part,
                    const char *where, const char *advice, const char *format, va_list args)
    CW_PRINTF(6, 0);
void cw_doctor_list_done(struct cw_doctor_list *list);

/* --- doctor_endpoint.c ------------------------------------------------------------------------ */

/* One endpoint, as it was examined so far. */
struct cw_exam {
    const struct cw_config *config;
    const struct cw_config_chain *chain;
    const struct cw_config_endpoint *endpoint;
    bool proves;     /* proofs of final blocks are needed from this chain */
    bool only_sends; /* takes transactions, and may answer nothing else */
    struct cw_probe *probe;
    char where[CW_DOCTOR_WHERE]; /* "chain, host:port" */
    bool done;                   /* all was asked */
    struct cw_doctor_list list;

    bool well; /* is the right chain, and answers: the rest below is known */
    struct cw_block_ref latest, final;
};
/* Looks on: to be called again whenever its probe has news, until it is done. */
void cw_exam_go(struct cw_exam *exam);
/* Whether the endpoints of one chain tell the same; all are done. The same protocol: false while
 * answers are awaited. */
bool cw_exam_compare(struct cw_exam *exams, size_t n, const struct cw_config_chain *chain,
                     struct cw_doctor_list *list);
/* The first endpoint of the chain that is well, or NULL. */
struct cw_exam *cw_exam_well(struct cw_exam *exams, size_t n, const struct cw_config_chain *chain);

/* --- doctor_route.c --------------------------------------------------------------------------- */

/* The contracts of a route. */
struct cw_route_exam {
    const struct cw_config *config;
    const struct cw_config_route *route;
    struct cw_survey survey;
    struct cw_doctor_list list;
};
/* before: those of other routes, whose contracts were told already. False: to be called again, as
 * with a probe. */
bool cw_route_exam_go(struct cw_route_exam *exam, const struct cw_route_exam *before,
                      size_t before_n, struct cw_exam *exams, size_t n);

/* --- doctor_local.c: this machine ------------------------------------------------------------- */

void cw_doctor_disk(const struct cw_config *config, struct cw_doctor_list *list);
void cw_doctor_files(const struct cw_config *config, struct cw_doctor_list *list);
/* Of the answers' dates; done exams. */
void cw_doctor_clock(const struct cw_exam *exams, size_t n, struct cw_doctor_list *list);

/* --- doctor_signer.c -------------------------------------------------------------------------- */

/* A signer: whether it can sign, and what it has where it sends. */
struct cw_signer_exam {
    const struct cw_config *config;
    const struct cw_config_signer *signer;
    size_t index; /* of the signer */
    bool known;
    struct cw_addr20 address;
    bool daemon;                /* one is running */
    struct cw_probe *remote;    /* to the Web3Signer; NULL: none */
    struct cw_doctor_list kept; /* what is asked once, at the start */
    struct cw_doctor_list list; /* the whole */
    bool done;
};
/* Reads keys (a second or so each) or connects, for wait_ms at most. */
void cw_signer_exam_open(struct cw_signer_exam *exam, struct cw_loop *loop, uint32_t wait_ms);
void cw_signer_exam_go(struct cw_signer_exam *exam, struct cw_exam *exams, size_t n);
void cw_signer_exam_close(struct cw_signer_exam *exam);

#endif
