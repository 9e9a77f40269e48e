/* What is told of a line of a message's history, to listeners and to webhooks alike. */
#ifndef SINK_NEWS_OUT_H
#define SINK_NEWS_OUT_H

#include "store/news.h"

#include <monitor/json_out.h>

/* Members of an object that the caller opened. route: its name. */
void cw_news_out(struct cw_buf *out, const struct cw_store_news_message *news, const char *route);

#endif
