/* What sinks are still to be told of incidents, each in a queue of its own, and what is silenced.
 * An alert is written in the transaction of the change that it tells of, with what the incident
 * said then, and taken out when it was delivered: at least once, each time under the same id. */
#ifndef STORE_ALERTS_H
#define STORE_ALERTS_H

#include "store/store.h"

#include <monitor/alert.h>

#define CW_STORE_SINKS_MAX 64u
#define CW_STORE_SINK_NAME 64u
#define CW_STORE_SAID_SIZE 256u
#define CW_STORE_NOTE_SIZE 4096u
#define CW_STORE_ALERT_ID  64u

/* What a sink wants. */
struct cw_store_sink_rule {
    const char *name, *type;
    enum cw_severity min_severity;
    const char *routes; /* ",a,b,": of these, and of what names no route, on these chains: */
    const char *chains; /* ",l1,l2,"; both "": everything */
    uint64_t queue_max; /* alerts that wait; then the oldest of the lowest severity is dropped */
};
/* At most CW_STORE_SINKS_MAX. Others than these are told nothing any longer, and what they were
 * still to be told is dropped. Open incidents that one was not told of are put into its queue. */
CW_MUST_USE enum cw_err cw_store_sinks_set(struct cw_store *store,
                                           const struct cw_store_sink_rule *rules, size_t n,
                                           uint64_t now_ms, struct cw_error *error);

struct cw_store_sink {
    int64_t row;
    char name[CW_STORE_SINK_NAME], type[16];
    enum cw_severity min_severity;
    uint64_t queued;
    uint64_t sent, dropped, failures; /* ever */
    uint64_t failing;                 /* times in a row; 0: the last time it took what it got */
    uint64_t due_ms;                  /* it is left alone until then */
    uint64_t ok_ms, failed_ms;        /* last; 0: never */
    char said[CW_STORE_SAID_SIZE];    /* when it failed last; "" for nothing */
};
/* Those that are set, by name. */
CW_MUST_USE enum cw_err cw_store_sinks(struct cw_store *store, struct cw_arena *arena,
                                       struct cw_store_sink **ret, size_t *ret_n,
                                       struct cw_error *error);

struct cw_store_alert {
    int64_t row;
    char id[CW_STORE_ALERT_ID];  /* as it is sent */
    char key[CW_STORE_ALERT_ID]; /* of the incident, as it is sent; "" for none */
    enum cw_alert_event event;
    enum cw_severity was;
    uint64_t made_ms, tries;
    char note[CW_STORE_NOTE_SIZE];
    struct cw_store_incident incident; /* as it was then; of a summary: text and severity */
};
/* The oldest one that may go now. Alerts of one incident go in order, even where one is refused. */
CW_MUST_USE enum cw_err cw_store_alert_next(struct cw_store *store, int64_t sink, uint64_t now_ms,
                                            bool *ret_found, struct cw_store_alert *ret,
                                            struct cw_error *error);
/* How many may. firing: only such as tell of what is open, and not that it is acknowledged. */
CW_MUST_USE enum cw_err cw_store_alerts_waiting(struct cw_store *store, int64_t sink, bool firing,
                                                uint64_t now_ms, uint64_t *ret_n,
                                                struct cw_error *error);
/* Puts one in place of all of those. */
CW_MUST_USE enum cw_err cw_store_alerts_summarize(struct cw_store *store, int64_t sink, bool firing,
                                                  uint64_t now_ms, struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_alert_sent(struct cw_store *store, int64_t sink, int64_t row,
                                            uint64_t now_ms, struct cw_error *error);
/* refused: the sink does not take this one, which waits until due_ms alone; else all of its wait.
 */
CW_MUST_USE enum cw_err cw_store_alert_failed(struct cw_store *store, int64_t sink, int64_t row,
                                              bool refused, const char *said, uint64_t due_ms,
                                              uint64_t now_ms, struct cw_error *error);
/* Open incidents that the sink was told of, as they are now: id is "", event OPENED. */
CW_MUST_USE enum cw_err cw_store_alerts_firing(struct cw_store *store, int64_t sink, size_t limit,
                                               struct cw_arena *arena, struct cw_store_alert **ret,
                                               size_t *ret_n, struct cw_error *error);
/* A name for this database that no other has. */
CW_MUST_USE enum cw_err cw_store_instance(struct cw_store *store, char ret[CW_STORE_ALERT_ID],
                                          struct cw_error *error);

/* How often that event was, ever, of incidents of that kind. */
struct cw_store_incident_total {
    enum cw_incident_kind kind;
    enum cw_alert_event event;
    uint64_t n;
};
CW_MUST_USE enum cw_err cw_store_incident_totals(struct cw_store *store, struct cw_arena *arena,
                                                 struct cw_store_incident_total **ret,
                                                 size_t *ret_n, struct cw_error *error);

/* --- silences ---------------------------------------------------------------------------------
 */

/* Incidents that all of kind, subject and route fit are told to nobody, as long as it lasts. */
struct cw_store_silence {
    int64_t row;
    char kind[32];                  /* "": any */
    char subject[160];              /* "": any; '*', '?' and [sets] stand for others */
    char route[CW_ROUTE_NAME_SIZE]; /* "": any */
    char by[64], note[200];
    uint64_t made_ms, until_ms;
};
/* row and made_ms are not read. */
CW_MUST_USE enum cw_err cw_store_silence_add(struct cw_store *store,
                                             const struct cw_store_silence *silence,
                                             uint64_t now_ms, int64_t *ret_row,
                                             struct cw_error *error);
/* *ret_found false: there is no such one, or it is over. */
CW_MUST_USE enum cw_err cw_store_silence_end(struct cw_store *store, int64_t row, uint64_t now_ms,
                                             bool *ret_found, struct cw_error *error);
/* Those whose time is over end, and sinks are told what they missed and is still so. */
CW_MUST_USE enum cw_err cw_store_silences_attend(struct cw_store *store, uint64_t now_ms,
                                                 size_t *ret_ended, struct cw_error *error);
/* Those that last, by their end. */
CW_MUST_USE enum cw_err cw_store_silences(struct cw_store *store, struct cw_arena *arena,
                                          struct cw_store_silence **ret, size_t *ret_n,
                                          struct cw_error *error);

#endif
