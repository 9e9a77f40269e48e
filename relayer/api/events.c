#include "api/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENT_MAX ((size_t)64 << 10)

void cw_api_events_done(struct cw_api_events *events) {
    for (size_t i = 0; i < CW_API_EVENTS_KEPT; i++)
        free(events->ring[i].text);
}

void cw_api_events_add(struct cw_api_events *events, const char *type, const char *id,
                       const char *route, struct cw_slice data) {
    struct cw_buf text;
    cw_buf_init(&text, EVENT_MAX);
    if (!data.p) {
        cw_buf_text(&text, ":\n\n");
    } else {
        if (id[0] != '\0')
            cw_buf_format(&text, "id: %s\n", id);
        cw_buf_format(&text, "event: %s\ndata: ", type);
        cw_buf_append(&text, data.p, data.n);
        cw_buf_text(&text, "\n\n");
    }
    char *copy = text.failed ? NULL : malloc(text.n);
    if (copy) {
        struct cw_api_event *event = &events->ring[++events->last % CW_API_EVENTS_KEPT];
        memcpy(copy, text.p, text.n);
        free(event->text);
        *event = (struct cw_api_event){.number = events->last, .text = copy, .text_n = text.n};
        snprintf(event->route, sizeof event->route, "%s", route);
        snprintf(event->id, sizeof event->id, "%s", id);
    }
    cw_buf_done(&text);
}

const struct cw_api_event *cw_api_events_get(const struct cw_api_events *events, uint64_t number) {
    const struct cw_api_event *event = &events->ring[number % CW_API_EVENTS_KEPT];
    return number > 0 && event->number == number ? event : NULL;
}
