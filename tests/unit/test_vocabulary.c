/* Words that are stored and shown; and that nobody but the watcher says that a log is more than
 * provisional. */
#include <adapters/vocabulary.h>

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void mode__names__read_back(void **state) {
    static const char *const names[] = {"full", "events", "quorum"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        enum cw_mode mode;
        assert_true(cw_mode_parse(&mode, names[i]));
        assert_int_equal(mode, i + 1);
        assert_string_equal(cw_mode_name(mode), names[i]);
    }
    enum cw_mode mode = CW_MODE_FULL;
    assert_false(cw_mode_parse(&mode, "Full"));
    assert_false(cw_mode_parse(&mode, "?"));
    assert_string_equal(cw_mode_name((enum cw_mode)0), "?");
}

static void assurance__each_value__a_name(void **state) {
    static const char *const names[] = {"?", "provisional", "single", "proved", "quorum", "?"};
    (void)state;
    assert_int_equal(CW_ASSURANCES, 5);
    for (int i = 0; i <= CW_ASSURANCES; i++)
        assert_string_equal(cw_assurance_name((enum cw_assurance)i), names[i]);
}

static unsigned files, namers;
static char last[512];

static bool names_one(const char *path) {
    static const char *const values[] = {"CW_ASSURANCE_SINGLE", "CW_ASSURANCE_PROVED",
                                         "CW_ASSURANCE_QUORUM"};
    static char text[1u << 20];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    assert_true(size < sizeof text - 1);
    text[size] = '\0';
    for (size_t i = 0; i < 3; i++)
        if (strstr(text, values[i]))
            return true;
    return false;
}

static int look(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    const char *dot = strrchr(path, '.');
    (void)st;
    (void)ftw;
    if (type != FTW_F || !dot || (strcmp(dot, ".c") != 0 && strcmp(dot, ".h") != 0) ||
        strncmp(path, "relayer/watch/", strlen("relayer/watch/")) == 0)
        return 0;
    files++;
    if (names_one(path)) {
        namers++;
        snprintf(last, sizeof last, "%s", path);
    }
    return 0;
}

/* In all that is built. */
static void assurance__values__only_the_watcher_gives_them(void **state) {
    static const char *const folders[] = {"proofs", "monitor", "relayer", "adapters"};
    (void)state;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        namers = 0;
        assert_int_equal(nftw(folders[i], look, 16, FTW_PHYS), 0);
        /* what gives them their names, and the header that it belongs to */
        if (namers != (strcmp(folders[i], "adapters") == 0 ? 2u : 0u))
            fail_msg("%u files in %s give an assurance, %s among them", namers, folders[i], last);
    }
    assert_true(files > 200);
    assert_true(names_one("relayer/watch/watch.c"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mode__names__read_back),
        cmocka_unit_test(assurance__each_value__a_name),
        cmocka_unit_test(assurance__values__only_the_watcher_gives_them),
    };
    return cmocka_run_group_tests_name("vocabulary", tests, NULL, NULL);
}
