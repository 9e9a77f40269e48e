#include "sink/news_out.h"

void cw_news_out(struct cw_buf *out, const struct cw_store_news_message *news, const char *route) {
    cw_out_text(out, "route", route);
    cw_out_hash32(out, "id", &news->id);
    cw_out_text(out, "kind", news->line.kind);
    cw_out_text(out, "stage", cw_stage_name(news->line.stage));
    cw_out_text(out, "condition", cw_condition_name(news->line.condition));
    cw_out_text(out, "text", news->line.text);
    cw_out_u64(out, "timeMs", news->line.time_ms);
}
