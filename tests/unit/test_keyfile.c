/* Keystore files: never half of one, never over another, never for others to read. The system calls
 * that write them are made to fail, or to be the last of their process. */
#include "sign/keyfile.h"

#include "temp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* --- system calls ----------------------------------------------------------------------------- */

/* The linker puts the __wrap functions in the place of those that the program's own objects call
 * (--wrap). */
ssize_t __real_write(int fd, const void *p, size_t n);
int __real_fsync(int fd);
int __real_close(int fd);
int __real_rename(const char *from, const char *to);
int __real_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __wrap_fsync(int fd);
int __wrap_close(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);

static struct {
    unsigned left; /* calls until the fault; 0: none */
    bool kill;     /* ends the process before the call is made, else the call fails */
    bool slow;     /* each write takes a few bytes only */
    bool came;
} fault;

static bool now(void) {
    if (fault.left == 0 || --fault.left > 0) {
        return false;
    }
    if (fault.kill) {
        _exit(77);
    }
    fault.came = true;
    errno = ENOSPC;
    return true;
}

ssize_t __wrap_write(int fd, const void *p, size_t n) {
    return now() ? -1 : __real_write(fd, p, fault.slow && n > 61 ? 61 : n);
}

int __wrap_fsync(int fd) {
    return now() ? -1 : __real_fsync(fd);
}

int __wrap_close(int fd) {
    if (now()) {
        (void)__real_close(fd);
        errno = ENOSPC;
        return -1;
    }
    return __real_close(fd);
}

int __wrap_rename(const char *from, const char *to) {
    return now() ? -1 : __real_rename(from, to);
}

int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    return now() ? -1 : __real_renameat2(from_dir, from, to_dir, to, flags);
}

/* --- a directory with keystores --------------------------------------------------------------- */

struct bed {
    struct temp temp;
    char path[300];
    struct cw_keystore old, new;
    struct cw_error error;
};

static struct cw_password *password_of(const char *word) {
    struct cw_password *password = cw_password_new();
    assert_non_null(password);
    memcpy(password->b, word, strlen(word));
    password->n = strlen(word);
    return password;
}

static struct cw_keystore sealed(const char *word) {
    static const struct cw_scrypt_cost quick = {2, 1, 1};
    static const struct cw_secret32 secret = {{7}};
    struct cw_keystore_seed seed = {.salt = {1}};
    struct cw_keystore keystore;
    struct cw_password *password = password_of(word);
    seed.iv[0] = (uint8_t)word[0];
    assert_int_equal(cw_keystore_seal(&keystore, &secret, password, &quick, &seed, NULL), CW_OK);
    cw_password_free(password);
    return keystore;
}

static int set_up(void **state) {
    static struct bed bed;
    memset(&bed, 0, sizeof bed);
    memset(&fault, 0, sizeof fault);
    temp_make(&bed.temp);
    temp_path(&bed.temp, "key", bed.path, sizeof bed.path);
    bed.old = sealed("old");
    bed.new = sealed("new");
    *state = &bed;
    return 0;
}

static int tear_down(void **state) {
    struct bed *bed = *state;
    temp_remove(&bed->temp);
    return 0;
}

/* The keystore in the file is that one, whole, and nobody else can read it. */
static void assert_holds(const struct bed *bed, const struct cw_keystore *keystore) {
    struct cw_keystore got;
    struct cw_error error = {0};
    struct stat st;
    if (cw_keyfile_read(&got, bed->path, &error) != CW_OK) {
        fail_msg("%s", error.text);
    }
    memcpy(got.id, keystore->id, sizeof got.id);
    assert_memory_equal(&got, keystore, sizeof got);
    assert_int_equal(stat(bed->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static bool exists(const struct bed *bed) {
    return access(bed->path, F_OK) == 0;
}

/* Files in the directory, hidden ones too. */
static size_t files(const struct bed *bed) {
    char command[400];
    unsigned n = 0;
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", bed->temp.dir);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    assert_int_equal(fscanf(out, "%u", &n), 1);
    pclose(out);
    return n;
}

/* --- create and replace ----------------------------------------------------------------------- */

static void create__no_such_file__whole_and_private(void **state) {
    struct bed *bed = *state;
    mode_t mask = umask(0);
    fault.slow = true;
    assert_int_equal(cw_keyfile_create(bed->path, &bed->old, &bed->error), CW_OK);
    (void)umask(mask);
    assert_holds(bed, &bed->old);
    assert_int_equal(files(bed), 1);
}

static void create__a_file_there__not_written_over(void **state) {
    struct bed *bed = *state;
    assert_int_equal(cw_keyfile_create(bed->path, &bed->old, &bed->error), CW_OK);
    assert_int_equal(cw_keyfile_create(bed->path, &bed->new, &bed->error), CW_ERR_REFUSED);
    assert_non_null(strstr(bed->error.text, "exists and is not written over"));
    assert_holds(bed, &bed->old);
    assert_int_equal(files(bed), 1);
}

static void create__no_directory__said(void **state) {
    struct bed *bed = *state;
    char path[400];
    snprintf(path, sizeof path, "%s/none/key", bed->temp.dir);
    assert_int_equal(cw_keyfile_create(path, &bed->old, &bed->error), CW_ERR_IO);
    assert_non_null(strstr(bed->error.text, "No such file or directory"));
    char *name = malloc(6000);
    memset(name, 'n', 5999);
    name[5999] = '\0';
    assert_int_equal(cw_keyfile_create(name, &bed->old, &bed->error), CW_ERR_IO);
    free(name);
}

static void create__name_without_a_directory__in_this_one(void **state) {
    struct bed *bed = *state;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(bed->temp.dir), 0);
    assert_int_equal(cw_keyfile_create("key", &bed->old, &bed->error), CW_OK);
    assert_int_equal(cw_keyfile_replace("key", &bed->new, &bed->error), CW_OK);
    assert_int_equal(chdir(before), 0);
    assert_holds(bed, &bed->new);
}

static void replace__a_file_or_a_link_to_it__the_new_one(void **state) {
    struct bed *bed = *state;
    char link_path[300];
    assert_int_equal(cw_keyfile_replace(bed->path, &bed->new, &bed->error), CW_ERR_IO);
    assert_int_equal(cw_keyfile_create(bed->path, &bed->old, &bed->error), CW_OK);
    assert_int_equal(cw_keyfile_replace(bed->path, &bed->new, &bed->error), CW_OK);
    assert_holds(bed, &bed->new);
    assert_int_equal(symlink("key", temp_path(&bed->temp, "link", link_path, sizeof link_path)), 0);
    assert_int_equal(cw_keyfile_replace(link_path, &bed->old, &bed->error), CW_OK);
    assert_holds(bed, &bed->old);
    assert_int_equal(files(bed), 2);
}

/* --- faults ----------------------------------------------------------------------------------- */

/* Each call fails once; what stands there afterwards is the old file (or none), or, when only the
 * directory could not be synced, the new one. */
static void fail_each_call(struct bed *bed, bool replace) {
    unsigned n = 1;
    for (;; n++) {
        (void)unlink(bed->path);
        if (replace) {
            assert_int_equal(cw_keyfile_create(bed->path, &bed->old, NULL), CW_OK);
        }
        fault.left = n;
        fault.came = false;
        enum cw_err err = replace ? cw_keyfile_replace(bed->path, &bed->new, &bed->error)
                                  : cw_keyfile_create(bed->path, &bed->new, &bed->error);
        fault.left = 0;
        if (err == CW_OK) {
            assert_holds(bed, &bed->new);
            if (!fault.came) {
                break;
            }
            assert_int_equal(n, 6); /* the close of the directory, whose failure means nothing */
            continue;
        }
        assert_true(fault.came);
        assert_int_equal(err, CW_ERR_IO);
        assert_non_null(strstr(bed->error.text, "No space left on device"));
        bool written = strstr(bed->error.text, "was written, but") != NULL;
        assert_true(written || strstr(bed->error.text, "was not written") != NULL);
        if (written || replace) {
            assert_holds(bed, written ? &bed->new : &bed->old);
        } else {
            assert_false(exists(bed));
        }
        assert_int_equal(files(bed), exists(bed) ? 1 : 0);
    }
    assert_int_equal(n, 7); /* write, fsync, close, rename, fsync, close */
}

static void create__each_call_fails__nothing_or_whole(void **state) {
    fail_each_call(*state, false);
}

static void replace__each_call_fails__the_old_or_the_new_one_whole(void **state) {
    fail_each_call(*state, true);
}

/* The process ends before its n-th call. */
static void kill_at_each_call(struct bed *bed, bool replace) {
    bool was_old = false, was_new = false;
    for (unsigned n = 1;; n++) {
        (void)unlink(bed->path);
        if (replace) {
            assert_int_equal(cw_keyfile_create(bed->path, &bed->old, NULL), CW_OK);
        }
        fflush(NULL);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            fault.kill = true;
            fault.slow = true;
            fault.left = n;
            enum cw_err err = replace ? cw_keyfile_replace(bed->path, &bed->new, NULL)
                                      : cw_keyfile_create(bed->path, &bed->new, NULL);
            _exit(err == CW_OK ? 0 : 1);
        }
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        if (!exists(bed)) {
            assert_false(replace);
            was_old = true;
        } else {
            struct cw_keystore got;
            assert_int_equal(cw_keyfile_read(&got, bed->path, &bed->error), CW_OK);
            bool is_new = got.iv[0] == bed->new.iv[0];
            assert_true(is_new || replace);
            assert_true(!was_new || is_new); /* never back */
            assert_holds(bed, is_new ? &bed->new : &bed->old);
            was_old = was_old || !is_new;
            was_new = was_new || is_new;
        }
        if (WEXITSTATUS(status) != 77) {
            assert_int_equal(WEXITSTATUS(status), 0);
            assert_true(n > 12);
            break;
        }
    }
    assert_true(was_old && was_new);
}

static void create__killed_at_each_call__nothing_or_whole(void **state) {
    kill_at_each_call(*state, false);
}

static void replace__killed_at_each_call__the_old_or_the_new_one_whole(void **state) {
    kill_at_each_call(*state, true);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void read__modes_and_content__taken_or_refused(void **state) {
    struct bed *bed = *state;
    struct cw_keystore got;
    static const struct {
        unsigned mode;
        const char *says; /* NULL: read */
    } cases[] = {{0600, NULL},
                 {0400, NULL},
                 {0640, "(mode 640): chmod 600 it"},
                 {0604, "(mode 604): chmod 600 it"},
                 {0610, "(mode 610): chmod 600 it"}};
    assert_int_equal(cw_keyfile_create(bed->path, &bed->old, &bed->error), CW_OK);
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        assert_int_equal(chmod(bed->path, cases[i].mode), 0);
        enum cw_err err = cw_keyfile_read(&got, bed->path, &bed->error);
        assert_int_equal(err, cases[i].says == NULL ? CW_OK : CW_ERR_INPUT);
        if (err != CW_OK) {
            assert_non_null(strstr(bed->error.text, cases[i].says));
            assert_non_null(strstr(bed->error.text, bed->path));
        }
    }
    assert_int_equal(chmod(bed->path, 0600), 0);
    assert_int_equal(truncate(bed->path, 200), 0);
    assert_int_equal(cw_keyfile_read(&got, bed->path, &bed->error), CW_ERR_INPUT);
    assert_non_null(strstr(bed->error.text, bed->path));
    assert_int_equal(truncate(bed->path, 1 << 30), 0);
    assert_int_equal(cw_keyfile_read(&got, bed->path, &bed->error), CW_ERR_INPUT);
    assert_non_null(strstr(bed->error.text, "larger than any keystore"));
    assert_int_equal(cw_keyfile_read(&got, bed->temp.dir, &bed->error), CW_ERR_INPUT);
    assert_non_null(strstr(bed->error.text, "not a regular file"));
}

static void open__wrong_password__one_line_with_the_path(void **state) {
    struct bed *bed = *state;
    struct cw_secret32 secret;
    char says[400];
    struct cw_password *password = password_of("new");
    assert_int_equal(cw_keyfile_open(&secret, &bed->old, password, bed->path, &bed->error),
                     CW_ERR_REFUSED);
    snprintf(says, sizeof says, "%s: wrong password", bed->path);
    assert_string_equal(bed->error.text, says);
    assert_int_equal(cw_keyfile_open(&secret, &bed->new, password, bed->path, &bed->error), CW_OK);
    assert_int_equal(secret.b[0], 7);
    cw_password_free(password);
}

/* --- directories ------------------------------------------------------------------------------ */

static void name__time_and_address__as_geth_has_them(void **state) {
    (void)state;
    char name[CW_KEYFILE_NAME_SIZE];
    const struct cw_addr20 address = {{0xab, 0xcd, [19] = 0xef}};
    assert_string_equal(
        cw_keyfile_name(name, &address, 1700000000123),
        "UTC--2023-11-14T22-13-20.123000000Z--abcd0000000000000000000000000000000000ef");
    assert_string_equal(
        cw_keyfile_name(name, &address, 0),
        "UTC--1970-01-01T00-00-00.000000000Z--abcd0000000000000000000000000000000000ef");
    (void)cw_keyfile_name(name, &address, UINT64_MAX); /* no clock says that, nothing breaks */
}

static void list__a_directory__its_files_by_name(void **state) {
    struct bed *bed = *state;
    struct cw_arena arena;
    const char *const *paths = NULL;
    size_t n = 9;
    char path[300], dir[300];
    cw_arena_init(&arena, 1u << 20);
    static const char *const names[] = {"b", ".hidden", "a", "c"};
    for (size_t i = 0; i < CW_COUNT(names); i++) {
        temp_write(temp_path(&bed->temp, names[i], path, sizeof path), "", 0, 0600);
    }
    snprintf(dir, sizeof dir, "%s/", bed->temp.dir);
    for (int slash = 0; slash < 2; slash++) {
        assert_int_equal(cw_keyfile_list(&arena, slash ? dir : bed->temp.dir, &paths, &n, NULL),
                         CW_OK);
        assert_int_equal(n, 3);
        assert_string_equal(paths[0], temp_path(&bed->temp, "a", path, sizeof path));
        assert_string_equal(paths[1], temp_path(&bed->temp, "b", path, sizeof path));
        assert_string_equal(paths[2], temp_path(&bed->temp, "c", path, sizeof path));
    }
    assert_int_equal(cw_keyfile_list(&arena, bed->path, &paths, &n, &bed->error), CW_OK);
    assert_int_equal(n, 0); /* no such directory */
    assert_int_equal(cw_keyfile_list(&arena, path, &paths, &n, &bed->error), CW_ERR_INPUT);
    cw_arena_done(&arena);
    cw_arena_init(&arena, 100);
    assert_int_equal(cw_keyfile_list(&arena, bed->temp.dir, &paths, &n, &bed->error),
                     CW_ERR_MEMORY);
    cw_arena_done(&arena);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(create__no_such_file__whole_and_private),
        CASE(create__a_file_there__not_written_over),
        CASE(create__no_directory__said),
        CASE(create__name_without_a_directory__in_this_one),
        CASE(replace__a_file_or_a_link_to_it__the_new_one),
        CASE(create__each_call_fails__nothing_or_whole),
        CASE(replace__each_call_fails__the_old_or_the_new_one_whole),
        CASE(create__killed_at_each_call__nothing_or_whole),
        CASE(replace__killed_at_each_call__the_old_or_the_new_one_whole),
        CASE(read__modes_and_content__taken_or_refused),
        CASE(open__wrong_password__one_line_with_the_path),
        CASE(name__time_and_address__as_geth_has_them),
        CASE(list__a_directory__its_files_by_name),
    };
    return cmocka_run_group_tests_name("keyfile", tests, NULL, NULL);
}
