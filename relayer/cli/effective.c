#include "cli/effective.h"

#include "cli/print.h"
#include "core/config_effective.h"

#define OUTPUT_BYTES (4u << 20)
#define ARENA_BYTES  (32u << 20)

static void put_setting(struct cw_buf *out, const struct cw_config_setting *setting,
                        const char *path) {
    cw_out_open(out, NULL, '{');
    cw_out_text(out, "path", setting->path);
    cw_out_key(out, "value");
    cw_buf_text(out, setting->json);
    cw_out_text(out, "origin",
                setting->set_by[0] != '\0' ? "environment"
                : setting->line > 0        ? "file"
                                           : "default");
    if (setting->line > 0) {
        cw_out_text(out, "file", path);
        cw_out_u64(out, "line", setting->line);
        cw_out_u64(out, "column", setting->column);
    }
    cw_out_some(out, "variable", setting->variable);
    cw_out_close(out, '}');
}

static int print_settings_json(const struct cw_config_setting *list, size_t n, const char *path) {
    struct cw_buf out;
    cw_buf_init(&out, OUTPUT_BYTES);
    cw_out_open(&out, NULL, '[');
    for (size_t i = 0; i < n; i++)
        put_setting(&out, &list[i], path);
    cw_out_close(&out, ']');
    return cw_out_print(&out, CW_EXIT_OK);
}

static int print_settings(const struct cw_config_setting *list, size_t n, const char *path) {
    static const char *const heads[] = {"value", "from", "is", NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0);
    for (size_t i = 0; i < n; i++) {
        const struct cw_config_setting *s = &list[i];
        cw_print_cell(table, CW_PLAIN, "%s", s->path);
        if (s->set_by[0] != '\0')
            cw_print_cell(table, CW_WARN, "%s", s->set_by);
        else if (s->line > 0)
            cw_print_cell(table, CW_PLAIN, "%s:%u:%u", path, s->line, s->column);
        else
            cw_print_cell(table, CW_DIM, "default");
        cw_print_cell(table, s->line > 0 || s->set_by[0] != '\0' ? CW_BOLD : CW_PLAIN, "%s",
                      s->json);
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err == CW_OK ? CW_EXIT_OK : CW_EXIT_UNKNOWN;
}

int cw_cli_effective(const struct cw_cli_common *common) {
    struct cw_config_setting *list = NULL;
    struct cw_error error;
    struct cw_arena arena;
    size_t n = 0;
    const char *path = NULL;
    cw_arena_init(&arena, ARENA_BYTES);
    enum cw_err err = cw_cli_config_path(&path, common->config, &error);
    if (err == CW_OK)
        err = cw_config_effective(&list, &n, &arena, path, &error);
    int code = err != CW_OK   ? cw_cli_fail(&error)
               : common->json ? print_settings_json(list, n, path)
                              : print_settings(list, n, path);
    cw_arena_done(&arena);
    return code;
}
