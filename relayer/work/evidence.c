#include "work/evidence.h"

#include "core/json.h"
#include "core/log.h"
#include "core/write_all.h"

#include <causeway/arena.h>
#include <causeway/keccak.h>

#include <monitor/finding.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOLDER       "evidence"
#define SUFFIX       ".json"
#define TEMPORARY    ".writing" /* what is left of a crash */
#define FILE_MAX     ((size_t)16 << 20)
#define PARAMS_MAX   ((size_t)256 << 10)
#define RECENT       64 /* files whose count or whose other side may still change */
#define TAIL         "\n]}\n"
#define COUNT_AT     (sizeof "{\n\"version\":1,\n" - 1)
#define COUNT_FORMAT "\"times\":%10" PRIu64 ",\"lastMs\":%14" PRIu64 ",\n"

struct file {
    char name[CW_EVIDENCE_NAME];
    uint64_t bytes;
};

struct recent {
    char name[CW_EVIDENCE_NAME]; /* "": free */
    struct cw_hash32 key;
    char chain[64];
    uint64_t call;
    uint64_t times, made_ms;
};

struct cw_evidence {
    char *folder;
    const struct cw_clock *clock;
    struct cw_evidence_limits limits;
    bool listed;
    struct file *files; /* by name, and so by age */
    size_t n, capacity;
    uint64_t bytes;
    struct recent recent[RECENT];
    size_t next;
    bool told; /* that it can't be written */
};

enum cw_err cw_evidence_new(struct cw_evidence **ret, const char *data_dir,
                            const struct cw_clock *clock, const struct cw_evidence_limits *limits,
                            struct cw_error *error) {
    struct cw_evidence *evidence = calloc(1, sizeof *evidence);
    if (!evidence || asprintf(&evidence->folder, "%s/" FOLDER, data_dir) < 0) {
        free(evidence);
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    if (limits)
        evidence->limits = *limits;
    struct cw_evidence_limits *l = &evidence->limits;
    l->files = l->files == 0 ? 1000 : l->files;
    l->bytes = l->bytes == 0 ? (uint64_t)256 << 20 : l->bytes;
    l->again_ms = l->again_ms == 0 ? 3600000 : l->again_ms;
    evidence->clock = clock;
    *ret = evidence;
    return CW_OK;
}

void cw_evidence_free(struct cw_evidence *evidence) {
    if (!evidence)
        return;
    free(evidence->files);
    free(evidence->folder);
    free(evidence);
}

static uint64_t wall_ms(const struct cw_evidence *evidence) {
    return evidence->clock->wall_ms(evidence->clock->ctx);
}

/* The log hears of the first failure, and of the end of it. */
static void tell(struct cw_evidence *evidence, const char *why) {
    if (why && !evidence->told)
        cw_log(CW_LOG_ERROR, "evidence", "%s: not written: %s; make room there", evidence->folder,
               why);
    else if (!why && evidence->told)
        cw_log(CW_LOG_INFO, "evidence", "%s: written again", evidence->folder);
    evidence->told = why != NULL;
}

/* --- the folder ------------------------------------------------------------------------------- */

static bool has_end(const char *name, const char *end) {
    size_t n = strlen(name), end_n = strlen(end);
    return n > end_n && strcmp(name + n - end_n, end) == 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static bool remember(struct cw_evidence *evidence, const char *name, uint64_t bytes) {
    if (evidence->n == evidence->capacity) {
        size_t capacity = evidence->capacity == 0 ? 64 : 2 * evidence->capacity;
        struct file *files = reallocarray(evidence->files, capacity, sizeof *files);
        if (!files)
            return false;
        evidence->files = files;
        evidence->capacity = capacity;
    }
    struct file *file = &evidence->files[evidence->n++];
    snprintf(file->name, sizeof file->name, "%s", name);
    file->bytes = bytes;
    evidence->bytes += bytes;
    return true;
}

/* What is there already; what a crash left half written goes. Other people's files are let alone.
 */
static void list(struct cw_evidence *evidence, int folder) {
    if (evidence->listed)
        return;
    int fd = dup(folder);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return;
    }
    rewinddir(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        struct stat st;
        bool ours = entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
        if (ours && has_end(entry->d_name, TEMPORARY))
            (void)unlinkat(folder, entry->d_name, 0);
        else if (ours && has_end(entry->d_name, SUFFIX) &&
                 fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                 S_ISREG(st.st_mode))
            (void)remember(evidence, entry->d_name, (uint64_t)st.st_size);
    }
    closedir(dir);
    if (evidence->n > 1)
        qsort(evidence->files, evidence->n, sizeof evidence->files[0], by_name);
    evidence->listed = true;
}

static int open_folder(struct cw_evidence *evidence) {
    if (mkdir(evidence->folder, 0700) != 0 && errno != EEXIST)
        return -1;
    int folder = open(evidence->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0)
        list(evidence, folder);
    return folder;
}

/* The oldest go until there is room for so many more. */
static void make_room(struct cw_evidence *evidence, int folder, size_t files, uint64_t bytes) {
    size_t gone = 0;
    while (gone < evidence->n && (evidence->n - gone + files > evidence->limits.files ||
                                  evidence->bytes + bytes > evidence->limits.bytes)) {
        (void)unlinkat(folder, evidence->files[gone].name, 0);
        evidence->bytes -= evidence->files[gone].bytes;
        gone++;
    }
    evidence->n -= gone;
    if (gone > 0)
        memmove(evidence->files, evidence->files + gone, evidence->n * sizeof evidence->files[0]);
}

/* Under another name first; there is the whole file, or what was there before. */
static bool replace(int folder, const char *name, struct cw_slice text) {
    char temporary[CW_EVIDENCE_NAME + sizeof TEMPORARY];
    snprintf(temporary, sizeof temporary, "%s" TEMPORARY, name);
    int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    bool good = cw_write_all(fd, text) && fsync(fd) == 0;
    int why = errno;
    if (close(fd) != 0 && good) {
        why = errno;
        good = false;
    }
    if (good && renameat(folder, temporary, folder, name) != 0) {
        why = errno;
        good = false;
    }
    if (good) {
        (void)fsync(folder);
    } else {
        (void)unlinkat(folder, temporary, 0);
        errno = why;
    }
    return good;
}

/* --- what stands in a file -------------------------------------------------------------------- */

static void member(struct cw_buf *out, const char *key, const char *value) {
    cw_buf_format(out, "\"%s\":", key);
    cw_json_quote(out, value);
    cw_buf_text(out, ",");
}

static const char *flag(bool value) {
    return value ? "true" : "false";
}

static void put_said(struct cw_buf *out, const struct cw_rpc_said *said) {
    char hash[CW_HEX_SIZE(32)];
    cw_buf_format(out,
                  "\"bytes\":%" PRIu64 ",\"keccak256\":\"%s\",\"truncated\":%s,\"scrubbed\":%s,",
                  said->bytes, cw_hex_encode(hash, cw_slice_of(said->hash.b, 32)),
                  flag(said->truncated), flag(said->scrubbed));
    cw_buf_text(out, "\"text\":");
    cw_json_quote(out, said->text);
}

static void put_against(struct cw_buf *out, const struct cw_rpc_said *said) {
    cw_buf_text(out, "{");
    member(out, "endpoint", said->endpoint);
    member(out, "operator", said->operator_);
    put_said(out, said);
    cw_buf_text(out, "}");
}

static void put_time(struct cw_buf *out, uint64_t ms) {
    time_t s = (time_t)(ms / 1000);
    struct tm tm = {0};
    char text[32];
    gmtime_r(&s, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    cw_buf_format(out, "\"time\":\"%s.%03" PRIu64 "Z\",\"timeMs\":%" PRIu64 ",\n", text, ms % 1000,
                  ms);
}

static void put_params(struct cw_buf *out, const char *params) {
    struct cw_json_doc *doc = NULL;
    bool good = params && strlen(params) <= PARAMS_MAX &&
                cw_json_parse(&doc, cw_slice_of(params, strlen(params)), false, NULL) == CW_OK;
    cw_buf_format(out, "\"params\":%s,\n", good ? params : "null");
    cw_json_free(doc);
}

static void put_case(struct cw_buf *out, const char *chain, uint64_t chain_id,
                     const struct cw_rpc_finding *finding, const struct cw_finding *sorted,
                     uint64_t now_ms) {
    cw_buf_text(out, "{\n\"version\":1,\n");
    cw_buf_format(out, COUNT_FORMAT, (uint64_t)1, now_ms);
    put_time(out, now_ms);
    member(out, "chain", chain);
    cw_buf_format(out, "\"chainId\":%" PRIu64 ",\n", chain_id);
    member(out, "endpoint", finding->endpoint);
    member(out, "operator", finding->said ? finding->said->operator_ : "");
    cw_buf_text(out, "\n");
    member(out, "kind", cw_finding_kind_name(sorted->kind));
    member(out, "method", finding->method);
    cw_buf_text(out, "\n");
    put_params(out, finding->params);
    member(out, "text", finding->text);
    cw_buf_text(out, "\n\"answer\":");
    if (finding->said) {
        cw_buf_text(out, "{");
        put_said(out, finding->said);
        cw_buf_text(out, "}");
    } else {
        cw_buf_text(out, "null");
    }
    cw_buf_text(out, ",\n\"against\":[");
    for (size_t i = 0; i < finding->against_n; i++) {
        cw_buf_text(out, i == 0 ? "\n" : ",\n");
        put_against(out, finding->against[i]);
    }
    cw_buf_text(out, TAIL);
}

/* --- names ------------------------------------------------------------------------------------ */

/* What a file name may hold of text. */
static void put_name(char *out, size_t size, const char *text) {
    size_t n = strlen(out);
    for (; *text && n + 1 < size; text++) {
        bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                     (*text >= '0' && *text <= '9') || *text == '-' || *text == '.';
        out[n++] = plain ? *text : '_';
    }
    out[n] = '\0';
}

/* parts: what is behind the time. */
static void name_of(const struct cw_evidence *evidence, char out[CW_EVIDENCE_NAME],
                    const char *parts, uint64_t now_ms) {
    time_t s = (time_t)(now_ms / 1000);
    struct tm tm = {0};
    char stamp[32];
    gmtime_r(&s, &tm);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%S", &tm);
    for (unsigned again = 0;; again++) {
        snprintf(out, CW_EVIDENCE_NAME, "%s.%03" PRIu64 "-%02u-%.160s" SUFFIX, stamp, now_ms % 1000,
                 again, parts);
        size_t i = evidence->n;
        while (i > 0 && strcmp(evidence->files[i - 1].name, out) != 0)
            i--;
        if (i == 0)
            return;
    }
}

/* --- adding ----------------------------------------------------------------------------------- */

static struct cw_hash32 key_of(const char *chain, const struct cw_rpc_finding *finding,
                               const struct cw_finding *sorted) {
    const char *parts[] = {chain, finding->endpoint, finding->method,
                           cw_finding_kind_name(sorted->kind)};
    struct cw_keccak state;
    struct cw_hash32 key;
    cw_keccak_init(&state);
    for (size_t i = 0; i < CW_COUNT(parts); i++)
        cw_keccak_update(&state, cw_slice_of(parts[i], strlen(parts[i]) + 1));
    cw_keccak_final(&key, &state);
    return key;
}

/* The count stands at the beginning of the file, in its own room. */
static void count(struct cw_evidence *evidence, struct recent *recent, uint64_t now_ms) {
    char text[64];
    int n = snprintf(text, sizeof text, COUNT_FORMAT, ++recent->times, now_ms);
    int folder = open(evidence->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = folder < 0 ? -1 : openat(folder, recent->name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0) {
        if (pwrite(fd, text, (size_t)n, (off_t)COUNT_AT) != n)
            tell(evidence, strerror(errno));
        close(fd);
    }
    if (folder >= 0)
        close(folder);
}

static struct recent *equal_one(struct cw_evidence *evidence, const struct cw_hash32 *key,
                                uint64_t now_ms) {
    for (size_t i = 0; i < RECENT; i++) {
        struct recent *recent = &evidence->recent[i];
        if (recent->name[0] && cw_hash32_equal(&recent->key, key) &&
            now_ms - recent->made_ms < evidence->limits.again_ms)
            return recent;
    }
    return NULL;
}

/* name: where it is then. */
static bool put_file(struct cw_evidence *evidence, const struct cw_buf *text, const char *parts,
                     uint64_t now_ms, char name[CW_EVIDENCE_NAME]) {
    int folder = open_folder(evidence);
    if (folder < 0) {
        tell(evidence, strerror(errno));
        return false;
    }
    name_of(evidence, name, parts, now_ms);
    bool good = !text->failed;
    errno = ENOMEM;
    if (good) {
        make_room(evidence, folder, 1, text->n);
        good = replace(folder, name, cw_buf_slice(text));
    }
    tell(evidence, good ? NULL : strerror(errno));
    if (good)
        (void)remember(evidence, name, text->n);
    close(folder);
    return good;
}

/* As the log and the store name it. */
static void below(char out[CW_EVIDENCE_NAME], const char *name) {
    snprintf(out, CW_EVIDENCE_NAME, FOLDER "/%.*s", (int)(CW_EVIDENCE_NAME - sizeof FOLDER - 1),
             name);
}

static bool put_finding(struct cw_evidence *evidence, const char *chain, uint64_t chain_id,
                        const struct cw_rpc_finding *finding, const struct cw_finding *sorted,
                        uint64_t now_ms, char name[CW_EVIDENCE_NAME]) {
    struct cw_buf text;
    char parts[160] = "";
    put_name(parts, 50, chain);
    put_name(parts, sizeof parts, "-");
    put_name(parts, 120, finding->endpoint);
    put_name(parts, sizeof parts, "-");
    put_name(parts, sizeof parts, cw_finding_kind_name(sorted->kind));
    cw_buf_init(&text, FILE_MAX);
    put_case(&text, chain, chain_id, finding, sorted, now_ms);
    bool good = put_file(evidence, &text, parts, now_ms, name);
    cw_buf_done(&text);
    return good;
}

void cw_evidence_keep(struct cw_evidence *evidence, const char *what, struct cw_slice members,
                      char ret[CW_EVIDENCE_NAME]) {
    const uint64_t now_ms = wall_ms(evidence);
    char name[CW_EVIDENCE_NAME], parts[160] = "";
    struct cw_buf text;
    ret[0] = '\0';
    put_name(parts, sizeof parts, what);
    cw_buf_init(&text, FILE_MAX);
    cw_buf_text(&text, "{\n\"version\":1,\n");
    put_time(&text, now_ms);
    cw_buf_append(&text, members.p, members.n);
    cw_buf_text(&text, "\n}\n");
    if (put_file(evidence, &text, parts, now_ms, name))
        below(ret, name);
    cw_buf_done(&text);
}

void cw_evidence_add(struct cw_evidence *evidence, const char *chain, uint64_t chain_id,
                     const struct cw_rpc_finding *finding, char ret[CW_EVIDENCE_NAME]) {
    struct cw_finding sorted;
    uint64_t now_ms = wall_ms(evidence);
    cw_finding_read(&sorted, chain, finding->endpoint, finding->method, finding->text);
    struct cw_hash32 key = key_of(chain, finding, &sorted);
    struct recent *recent = equal_one(evidence, &key, now_ms);
    if (recent) {
        count(evidence, recent, now_ms);
    } else {
        char name[CW_EVIDENCE_NAME];
        ret[0] = '\0';
        if (!put_finding(evidence, chain, chain_id, finding, &sorted, now_ms, name))
            return;
        recent = &evidence->recent[evidence->next++ % RECENT];
        *recent = (struct recent){.key = key, .call = finding->call, .times = 1, .made_ms = now_ms};
        snprintf(recent->name, sizeof recent->name, "%s", name);
        snprintf(recent->chain, sizeof recent->chain, "%s", chain);
    }
    below(ret, recent->name);
}

/* --- the other side --------------------------------------------------------------------------- */

static bool read_all(int folder, const char *name, struct cw_buf *out) {
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    char chunk[16384];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) > 0)
        cw_buf_append(out, chunk, (size_t)n);
    close(fd);
    return n == 0 && !out->failed;
}

static struct file *file_of(struct cw_evidence *evidence, const char *name) {
    for (size_t i = 0; i < evidence->n; i++)
        if (strcmp(evidence->files[i].name, name) == 0)
            return &evidence->files[i];
    return NULL;
}

/* The old file stands beside the new one for a moment. One that had to go itself stays gone. */
static void append(struct cw_evidence *evidence, const char *name, const struct cw_rpc_said *said) {
    int folder = open_folder(evidence);
    struct cw_buf text;
    const size_t tail_n = sizeof TAIL - 1;
    cw_buf_init(&text, FILE_MAX);
    if (folder >= 0 && read_all(folder, name, &text) && text.n > tail_n &&
        memcmp(text.p + text.n - tail_n, TAIL, tail_n) == 0) {
        uint64_t before = text.n;
        text.n -= tail_n;
        cw_buf_text(&text, text.p[text.n - 1] == '[' ? "\n" : ",\n");
        put_against(&text, said);
        cw_buf_text(&text, TAIL);
        errno = ENOMEM;
        bool good = !text.failed;
        if (good)
            make_room(evidence, folder, 0, text.n);
        struct file *file = file_of(evidence, name);
        if (good && file) {
            good = replace(folder, name, cw_buf_slice(&text));
            file->bytes += good ? text.n - before : 0;
            evidence->bytes += good ? text.n - before : 0;
        }
        tell(evidence, good ? NULL : strerror(errno));
    }
    cw_buf_done(&text);
    if (folder >= 0)
        close(folder);
}

void cw_evidence_answered(struct cw_evidence *evidence, const char *chain, uint64_t call,
                          const struct cw_rpc_said *said) {
    for (size_t i = 0; i < RECENT && call != 0; i++) {
        struct recent *recent = &evidence->recent[i];
        if (recent->name[0] && recent->call == call && strcmp(recent->chain, chain) == 0) {
            append(evidence, recent->name, said);
            recent->call = 0;
        }
    }
}
