/* Output that is drawn again and again, followed by a program, or taken into a spreadsheet. */
#include "cli/cli.h"
#include "cli/csv.h"
#include "cli/follow.h"
#include "cli/screen.h"

#include "temp.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* --- the screen ------------------------------------------------------------------------------- */

static void line__too_long__cut_at_the_width_without_its_colours(void **state) {
    (void)state;
    static const struct {
        const char *text, *drawn;
    } cases[] = {
        {"", "\033[K\n"},
        {"abcd", "abcd\033[K\n"},
        {"abcde", "abcde\n"},
        {"abcdef", "abcde\n"},
        {"äöüßéè", "äöüßé\n"},
        {"\033[31mabc\033[0m", "\033[31mabc\033[0m\033[0m\033[K\n"},
        {"\033[31mabcdefg\033[0mh", "\033[31mabcde\033[0m\n"},
        {"ab\033[1mcd\033[0mef", "ab\033[1mcd\033[0me\033[0m\n"},
        {"\033[31", "\033[31\033[K\n"},
    };
    struct cw_screen screen;
    cw_screen_init(&screen);
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        cw_screen_begin(&screen);
        cw_buf_reset(&screen.out);
        screen.columns = 5;
        cw_screen_line(&screen, cases[i].text, strlen(cases[i].text));
        assert_string_equal(cw_buf_cstr(&screen.out), cases[i].drawn);
    }
    cw_screen_done(&screen);
}

static void line__below_the_last_row__left_out(void **state) {
    (void)state;
    struct cw_screen screen;
    cw_screen_init(&screen);
    cw_screen_begin(&screen);
    screen.rows = 3;
    assert_int_equal(cw_screen_room(&screen), 2);
    for (int i = 0; i < 5; i++)
        cw_screen_line(&screen, "a", 1);
    assert_int_equal(screen.drawn, 2);
    assert_int_equal(cw_screen_room(&screen), 0);
    cw_screen_begin(&screen); /* goes back to the first line */
    assert_int_equal(screen.drawn, 0);
    assert_non_null(strstr(cw_buf_cstr(&screen.out), "\033["));
    cw_screen_done(&screen);
}

/* --- following -------------------------------------------------------------------------------- */

struct play {
    const char *const *looks; /* lines of each; ends with NULL, when it is over */
    size_t at;
    int code;
    bool ask_json;
};

static int show(void *ctx, struct cw_follow_look *look) {
    struct play *play = ctx;
    assert_non_null(look->lines);
    assert_int_equal(look->json != NULL, play->ask_json);
    cw_buf_text(look->lines, play->looks[play->at]);
    if (look->json != NULL)
        cw_buf_format(look->json, "{\"look\":%zu}", play->at);
    play->at++;
    look->over = play->looks[play->at] == NULL;
    if (!look->over)
        (void)raise(SIGWINCH); /* is no end */
    return play->code;
}

/* What is written to stdout, which is a file meanwhile. */
static int follow(struct play *play, char *out, size_t size) {
    struct temp temp;
    char path[300];
    const struct cw_follow job = {show, play, "title", play->ask_json};
    temp_make(&temp);
    temp_path(&temp, "out", path, sizeof path);
    (void)fflush(stdout);
    const int kept = dup(STDOUT_FILENO), file = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(kept >= 0 && file >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    const int code = cw_follow(&job);
    (void)fflush(stdout);
    assert_true(dup2(kept, STDOUT_FILENO) >= 0);
    const ssize_t n = pread(file, out, size - 1, 0);
    assert_true(n >= 0);
    out[n] = '\0';
    (void)close(kept);
    (void)close(file);
    temp_remove(&temp);
    return code;
}

static size_t count(const char *text, const char *part) {
    size_t n = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        n++;
    return n;
}

static void follow__lines__new_ones_only(void **state) {
    (void)state;
    static const char *const looks[] = {"a: 1\nb: 1\n", "a: 1\nb: 2\n", "a: 1\nb: 2\n", NULL};
    char out[1024];
    struct play play = {.looks = looks};
    assert_int_equal(follow(&play, out, sizeof out), CW_EXIT_OK);
    assert_int_equal(play.at, 3);
    assert_int_equal(count(out, "\n"), 3);
    assert_int_equal(count(out, "UTC  a: 1\n"), 1);
    assert_int_equal(count(out, "UTC  b: 1\n"), 1);
    assert_int_equal(count(out, "UTC  b: 2\n"), 1);
    assert_null(strchr(out, '\033'));
}

static void follow__json__a_line_a_change(void **state) {
    (void)state;
    static const char *const looks[] = {"a: 1\n", "a: 1\n", "a: 2\n", NULL};
    char out[1024];
    struct play play = {.looks = looks, .ask_json = true};
    assert_int_equal(follow(&play, out, sizeof out), CW_EXIT_OK);
    assert_string_equal(out, "{\"look\":0}\n{\"look\":2}\n");
}

static void follow__error_or_signal__ends_it(void **state) {
    (void)state;
    static const char *const looks[] = {"a\n", "b\n", NULL};
    char out[1024];
    struct play failing = {.looks = looks, .code = CW_EXIT_UNKNOWN},
                no = {.looks = looks, .code = 1};
    assert_int_equal(follow(&failing, out, sizeof out), CW_EXIT_UNKNOWN);
    assert_string_equal(out, "");
    /* one that waits already: it is heard behind the first look */
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &end, NULL), 0);
    (void)raise(SIGTERM);
    assert_int_equal(follow(&no, out, sizeof out), CW_EXIT_NO);
    assert_int_equal(no.at, 1);
}

static void line__with_control_characters__one_line_without_them(void **state) {
    (void)state;
    struct cw_buf lines;
    cw_buf_init(&lines, 4096);
    cw_follow_line(&lines, "held: %s", "a\n\033[2Jb\x7f");
    cw_follow_line(&lines, "next");
    assert_string_equal(cw_buf_cstr(&lines), "held: a??[2Jb?\nnext\n");
    cw_buf_done(&lines);
}

/* --- CSV -------------------------------------------------------------------------------------- */

static void csv__texts__quoted_where_they_must_be(void **state) {
    (void)state;
    static const char *const texts[] = {
        "plain", "",   "a,b", "say \"no\"", "two\r\nlines", "=1+1",        "+1",
        "-1",    "@x", "a=b", "é",          " space",       "=\"a\",\"b\""};
    struct cw_buf out;
    cw_buf_init(&out, 4096);
    for (size_t i = 0; i < CW_COUNT(texts); i++)
        cw_csv_text(&out, texts[i]);
    cw_csv_line(&out);
    cw_csv_text(&out, "next");
    assert_string_equal(
        cw_buf_cstr(&out),
        "plain,,\"a,b\",\"say \"\"no\"\"\",\"two\r\nlines\",\"'=1+1\",\"'+1\",\"'-1\","
        "\"'@x\",a=b,é, space,\"'=\"\"a\"\",\"\"b\"\"\"\r\nnext");
    cw_buf_done(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line__too_long__cut_at_the_width_without_its_colours),
        cmocka_unit_test(line__below_the_last_row__left_out),
        cmocka_unit_test(follow__lines__new_ones_only),
        cmocka_unit_test(follow__json__a_line_a_change),
        cmocka_unit_test(follow__error_or_signal__ends_it),
        cmocka_unit_test(line__with_control_characters__one_line_without_them),
        cmocka_unit_test(csv__texts__quoted_where_they_must_be),
    };
    return cmocka_run_group_tests_name("follow", tests, NULL, NULL);
}
