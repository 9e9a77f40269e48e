#include "sign/journal.h"

#include "core/lock.h"
#include "sign/journal_text.h"
#include "tx/fees.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOUR_MS         (3600ull * 1000)
#define DAY_MS          (24 * HOUR_MS)
#define FILE_MAX        ((size_t)256 << 20)
#define COMPACT_LEAST   ((size_t)4 << 20) /* smaller ones are left alone */
#define REFUSALS_HOURLY 600u
#define SECOND_SUFFIX   ".2"

struct file {
    char *path;
    int fd;
};

struct cw_journal {
    struct file files[2];
    size_t active; /* index of the one that counts */
    int lock;
    struct cw_addr20 signer;
    struct journal_state state; /* of the active file; entries count what waits, too */
    struct {
        struct cw_buf lines;
        struct journal_check check; /* of the last of them */
        size_t lines_n;
        struct journal_undo undo[CW_JOURNAL_GROUP_MAX];
        size_t undo_n;
    } waiting;
    size_t compact_at; /* when the active file is larger, it is copied */
    bool suspect;      /* the disk failed: nothing is appended before a new copy is written */
    bool torn;
    uint64_t refusals, refusals_since_ms;
};

static const uint64_t windows_ms[CW_JOURNAL_WINDOWS] = {HOUR_MS, DAY_MS};

static bool within(uint64_t time_ms, uint64_t now_ms, uint64_t window_ms) {
    return time_ms > now_ms || now_ms - time_ms < window_ms;
}

/* --- disk ------------------------------------------------------------------------------------- */

static enum cw_err disk_failed(const char *path, struct cw_error *error) {
    const char *advice = errno == ENOSPC || errno == EDQUOT ? ": free some space" : "";
    return cw_error_set(error, CW_ERR_IO, "the journal %s can't be written: %s%s", path,
                        strerror(errno), advice);
}

static bool write_at(int fd, struct cw_slice bytes, size_t at) {
    while (bytes.n > 0) {
        ssize_t n = pwrite(fd, bytes.p, bytes.n, (off_t)at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n == 0 ? ENOSPC : errno;
            return false;
        }
        bytes = cw_slice_of(bytes.p + n, bytes.n - (size_t)n);
        at += (size_t)n;
    }
    return true;
}

/* A whole new copy into the other file, which counts from the moment that it is on disk; nothing
 * may be waiting. What stood there is gone from the disk before: a power cut must not leave its end
 * behind the copy. */
static enum cw_err compact(struct cw_journal *journal, uint64_t now_ms, struct cw_error *error) {
    struct journal_state *state = &journal->state;
    size_t other = 1 - journal->active;
    struct file *file = &journal->files[other];
    size_t kept = 0;
    for (size_t i = 0; i < state->entries_n; i++) {
        if (within(state->entries[i].time_ms, now_ms, DAY_MS)) {
            state->entries[kept++] = state->entries[i];
        }
    }
    state->entries_n = kept;
    struct cw_buf text;
    cw_buf_init(&text, FILE_MAX / 2);
    struct journal_check check;
    journal_put_all(&text, &check, state->generation + 1, &journal->signer, state->entries, kept);
    enum cw_err err = CW_OK;
    if (text.failed) {
        err = cw_error_set(error, CW_ERR_MEMORY, "no memory to copy the journal");
    } else if (ftruncate(file->fd, 0) != 0 || fdatasync(file->fd) != 0 ||
               !write_at(file->fd, cw_buf_slice(&text), 0) || fdatasync(file->fd) != 0) {
        err = disk_failed(file->path, error);
        /* Whatever is there is no whole copy; the next one starts from nothing all the same. */
        (void)!ftruncate(file->fd, 0);
    }
    if (err == CW_OK) {
        (void)!ftruncate(journal->files[journal->active].fd, 0);
        journal->active = other;
        state->generation++;
        state->check = check;
        state->size = text.n;
        journal->suspect = false;
        journal->compact_at = 2 * text.n > COMPACT_LEAST ? 2 * text.n : COMPACT_LEAST;
    }
    cw_buf_done(&text);
    return err;
}

/* What waits, behind the last line that holds. Where it does not get to the disk whole, nothing of
 * it stays. */
static enum cw_err append(struct cw_journal *journal, struct cw_error *error) {
    struct file *file = &journal->files[journal->active];
    struct journal_state *state = &journal->state;
    bool written = write_at(file->fd, cw_buf_slice(&journal->waiting.lines), state->size);
    /* After a failed sync nobody knows what the disk has, and a second one may say that all is
     * well: the file is not used again before it was written anew. */
    if (written && fdatasync(file->fd) != 0) {
        written = false;
        journal->suspect = true;
    }
    if (!written) {
        enum cw_err err = disk_failed(file->path, error);
        /* Lines of two groups in each other's place could not be told from damage. */
        if (ftruncate(file->fd, (off_t)state->size) != 0 || journal->waiting.lines_n > 1) {
            journal->suspect = true;
        }
        return err;
    }
    state->size += journal->waiting.lines.n;
    state->check = journal->waiting.check;
    return CW_OK;
}

/* --- counting --------------------------------------------------------------------------------- */

static struct journal_entry *find(const struct cw_journal *journal, uint64_t chain_id,
                                  uint64_t nonce, uint64_t now_ms) {
    for (size_t i = journal->state.entries_n; i-- > 0;) {
        struct journal_entry *entry = &journal->state.entries[i];
        if (entry->chain_id == chain_id && entry->nonce == nonce &&
            within(entry->time_ms, now_ms, DAY_MS)) {
            return entry;
        }
    }
    return NULL;
}

void cw_journal_usage(const struct cw_journal *journal, uint64_t chain_id, uint64_t but_nonce,
                      uint64_t now_ms, struct cw_journal_usage *ret) {
    *ret = (struct cw_journal_usage){0};
    for (size_t i = 0; i < journal->state.entries_n; i++) {
        const struct journal_entry *entry = &journal->state.entries[i];
        if (entry->chain_id != chain_id || entry->nonce == but_nonce) {
            continue;
        }
        for (size_t w = 0; w < CW_JOURNAL_WINDOWS; w++) {
            if (within(entry->time_ms, now_ms, windows_ms[w])) {
                ret->n[w] += entry->n;
                ret->fees[w] = cw_wei_add(&ret->fees[w], &entry->fee);
            }
        }
    }
}

bool cw_journal_nonce(const struct cw_journal *journal, uint64_t chain_id, uint64_t nonce,
                      uint64_t now_ms, struct cw_journal_nonce *ret) {
    const struct journal_entry *entry = find(journal, chain_id, nonce, now_ms);
    if (entry == NULL) {
        return false;
    }
    *ret = (struct cw_journal_nonce){entry->n, entry->fee, entry->hash};
    return true;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Before the first line of a group. */
static enum cw_err make_ready(struct cw_journal *journal, uint64_t now_ms, struct cw_error *error) {
    if (journal->suspect) {
        return compact(journal, now_ms, error);
    }
    if (journal->state.size >= journal->compact_at) {
        /* A disk without room for a copy may still have some for a line. */
        (void)!compact(journal, now_ms, NULL);
    }
    return CW_OK;
}

/* The lines' check so far, for the next one. */
static struct journal_check last_check(const struct cw_journal *journal) {
    return journal->waiting.lines_n == 0 ? journal->state.check : journal->waiting.check;
}

/* Keeps the line behind the first n bytes, or drops what there is of it. */
static bool keep_line(struct cw_journal *journal, size_t n, const struct journal_check *check) {
    struct cw_buf *lines = &journal->waiting.lines;
    if (lines->failed) {
        lines->failed = false;
        lines->n = n;
        return false;
    }
    journal->waiting.check = *check;
    journal->waiting.lines_n++;
    return true;
}

enum cw_err cw_journal_signed(struct cw_journal *journal, const struct cw_journal_record *record,
                              const struct cw_hash32 *hash, struct cw_error *error) {
    struct journal_state *state = &journal->state;
    struct cw_buf *lines = &journal->waiting.lines;
    enum cw_err err = CW_OK;
    if (journal->waiting.lines_n == CW_JOURNAL_GROUP_MAX) {
        return cw_error_set(error, CW_ERR_LIMIT, "%u lines wait to be written to the journal",
                            CW_JOURNAL_GROUP_MAX);
    }
    if (journal->waiting.lines_n == 0) {
        err = make_ready(journal, record->time_ms, error);
    }
    if (err != CW_OK) {
        return err;
    }
    struct journal_check check = last_check(journal);
    size_t n = lines->n;
    if (journal_state_reserve(state)) {
        journal_put_signed(lines, &check, record, hash);
    } else {
        lines->failed = true;
    }
    if (!keep_line(journal, n, &check)) {
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for the journal");
    }
    journal->waiting.undo[journal->waiting.undo_n++] = journal_state_count(state, record, hash,
                                                                           DAY_MS);
    return CW_OK;
}

void cw_journal_refused(struct cw_journal *journal, const struct cw_journal_record *record,
                        enum cw_sign_code code) {
    if (!within(journal->refusals_since_ms, record->time_ms, HOUR_MS)) {
        journal->refusals_since_ms = record->time_ms;
        journal->refusals = 0;
    }
    if (journal->suspect || journal->refusals >= REFUSALS_HOURLY ||
        journal->waiting.lines_n == CW_JOURNAL_GROUP_MAX) {
        return;
    }
    journal->refusals++;
    struct journal_check check = last_check(journal);
    size_t n = journal->waiting.lines.n;
    journal_put_refused(&journal->waiting.lines, &check, record, code);
    (void)!keep_line(journal, n, &check);
}

enum cw_err cw_journal_commit(struct cw_journal *journal, struct cw_error *error) {
    enum cw_err err = journal->waiting.lines_n == 0 ? CW_OK : append(journal, error);
    for (size_t i = journal->waiting.undo_n; err != CW_OK && i-- > 0;) {
        journal_state_uncount(&journal->state, &journal->waiting.undo[i]);
    }
    cw_buf_reset(&journal->waiting.lines);
    journal->waiting.lines_n = journal->waiting.undo_n = 0;
    return err;
}

/* --- opening ---------------------------------------------------------------------------------- */

static enum cw_err open_file(struct file *file, const char *path, const char *suffix,
                             struct cw_error *error) {
    size_t size = strlen(path) + strlen(suffix) + 1;
    file->path = malloc(size);
    if (file->path == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for the journal");
    }
    snprintf(file->path, size, "%s%s", path, suffix);
    file->fd = open(file->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat st;
    if (file->fd < 0 || fstat(file->fd, &st) != 0) {
        return cw_error_set(error, CW_ERR_IO, "the journal %s can't be opened: %s", file->path,
                            strerror(errno));
    }
    if (!S_ISREG(st.st_mode)) {
        return cw_error_set(error, CW_ERR_IO, "the journal %s is no regular file", file->path);
    }
    if ((size_t)st.st_size > FILE_MAX) {
        return cw_error_set(error, CW_ERR_CONTRADICTED,
                            "the journal %s is larger than one can be: is it the right file?",
                            file->path);
    }
    return CW_OK;
}

/* So that the files' names survive a power cut, too. */
static enum cw_err sync_directory(const char *path, struct cw_error *error) {
    char *copy = strdup(path);
    if (copy == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for the journal");
    }
    char *slash = strrchr(copy, '/');
    const char *directory = slash == NULL ? "." : slash == copy ? "/" : copy;
    if (slash != NULL && slash != copy) {
        *slash = '\0';
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    enum cw_err err = good ? CW_OK : disk_failed(path, error);
    if (fd >= 0) {
        (void)close(fd);
    }
    free(copy);
    return err;
}

static enum cw_err read_file(const struct file *file, struct cw_buf *out, struct cw_error *error) {
    uint8_t chunk[16384];
    for (;;) {
        ssize_t n = pread(file->fd, chunk, sizeof chunk, (off_t)out->n);
        if (n == 0) {
            return CW_OK;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        cw_buf_append(out, chunk, n > 0 ? (size_t)n : 0);
        if (n < 0 || out->failed) {
            return cw_error_set(error, CW_ERR_IO, "the journal %s can't be read: %s", file->path,
                                n < 0 ? strerror(errno) : "out of memory");
        }
    }
}

static enum cw_err read_states(const struct cw_journal *journal, struct journal_state states[2],
                               struct cw_error *error) {
    for (size_t i = 0; i < 2; i++) {
        struct cw_buf text;
        cw_buf_init(&text, FILE_MAX);
        enum cw_err err = read_file(&journal->files[i], &text, error);
        if (err == CW_OK && !journal_read(&states[i], cw_buf_slice(&text), DAY_MS)) {
            err = cw_error_set(error, CW_ERR_MEMORY, "no memory for the journal");
        }
        cw_buf_done(&text);
        if (err != CW_OK) {
            return err;
        }
    }
    return CW_OK;
}

static enum cw_err damaged(const struct file *file, const struct journal_state *state,
                           struct cw_error *error) {
    return cw_error_set(error, CW_ERR_CONTRADICTED,
                        "the journal %s is damaged in line %zu: what was signed lately is not "
                        "known. Look at it; then move it away, and budgets count from nothing",
                        file->path, state->lines + 1);
}

/* Which file counts. None does where the first one was never finished: nothing was signed then. */
static enum cw_err choose(struct cw_journal *journal, struct journal_state states[2],
                          bool *ret_fresh, struct cw_error *error) {
    size_t best = 2;
    for (size_t i = 0; i < 2; i++) {
        if (states[i].whole && (best == 2 || states[i].generation > states[best].generation)) {
            best = i;
        }
    }
    *ret_fresh = best == 2;
    for (size_t i = 0; best == 2 && i < 2; i++) {
        if (states[i].generation > 1 || states[i].rest == JOURNAL_DAMAGED) {
            return damaged(&journal->files[i], &states[i], error);
        }
    }
    if (best == 2) {
        return CW_OK;
    }
    if (states[best].rest == JOURNAL_DAMAGED) {
        return damaged(&journal->files[best], &states[best], error);
    }
    if (!cw_addr20_equal(&states[best].signer, &journal->signer)) {
        char theirs[CW_HEX_SIZE(20)];
        return cw_error_set(error, CW_ERR_CONTRADICTED,
                            "the journal %s is that of the signer %s: name another one",
                            journal->files[best].path,
                            cw_hex_encode(theirs, cw_slice_of(states[best].signer.b,
                                                              sizeof states[best].signer.b)));
    }
    journal->active = best;
    journal->torn = states[best].rest == JOURNAL_TORN;
    journal->state = states[best];
    states[best] = (struct journal_state){0};
    return CW_OK;
}

/* Starts with a copy in any case: it drops what is old and torn, and shows that the disk takes it.
 */
static enum cw_err start(struct cw_journal *journal, const char *path, uint64_t now_ms,
                         struct cw_error *error) {
    struct journal_state states[2] = {{0}};
    bool fresh = false;
    enum cw_err err = read_states(journal, states, error);
    if (err == CW_OK) {
        err = choose(journal, states, &fresh, error);
    }
    journal_state_done(&states[0]);
    journal_state_done(&states[1]);
    if (err == CW_OK && fresh) {
        journal->active = 1; /* the copy goes into the other */
        err = sync_directory(path, error);
    }
    return err == CW_OK ? compact(journal, now_ms, error) : err;
}

enum cw_err cw_journal_open(struct cw_journal **ret, const char *path,
                            const struct cw_addr20 *signer, uint64_t now_ms,
                            struct cw_error *error) {
    struct cw_journal *journal = calloc(1, sizeof *journal);
    if (journal == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for the journal");
    }
    journal->files[0].fd = journal->files[1].fd = journal->lock = -1;
    journal->signer = *signer;
    cw_buf_init(&journal->waiting.lines, (size_t)CW_JOURNAL_GROUP_MAX * JOURNAL_LINE_MAX);
    enum cw_err err = cw_lock_take(
        &journal->lock, path, "two signers can't count in one journal: stop that one first", error);
    if (err == CW_OK) {
        err = open_file(&journal->files[0], path, "", error);
    }
    if (err == CW_OK) {
        err = open_file(&journal->files[1], path, SECOND_SUFFIX, error);
    }
    if (err == CW_OK) {
        err = start(journal, path, now_ms, error);
    }
    if (err != CW_OK) {
        cw_journal_close(journal);
        return err;
    }
    *ret = journal;
    return CW_OK;
}

void cw_journal_close(struct cw_journal *journal) {
    if (journal == NULL) {
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        if (journal->files[i].fd >= 0) {
            (void)close(journal->files[i].fd);
        }
        free(journal->files[i].path);
    }
    cw_buf_done(&journal->waiting.lines);
    journal_state_done(&journal->state);
    cw_lock_drop(journal->lock);
    free(journal);
}

bool cw_journal_was_torn(const struct cw_journal *journal) {
    return journal->torn;
}
