/* Asks a signer that runs apart, as a relayer would that was taken over; see usage(). */
#include "core/unix_socket.h"
#include "sign/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 10000

static const char usage[] =
    "usage: ask_signer SOCKET [NAME=VALUE…]\n\n"
    "Says hello, asks for one signature, and prints what comes back: \"signed HASH\", \"refused\n"
    "(CODE): TEXT\" or \"cut off\".\n\n"
    "  chain, nonce, gas, fee, tip, value  numbers; fee and tip are wei a gas\n"
    "  to, data                            0x and digits\n"
    "  frame                               digits of a body to send in the place of all this\n"
    "  bytes                               digits that are sent as they are, without a hello\n"
    "  times                               asks that often, and prints the last answer\n\n"
    "exit: 0 signed, 1 refused, 2 usage, 3 cut off or not reached\n";

struct asked {
    struct cw_sign_request request;
    struct cw_slice frame, bytes;
    uint64_t times;
};

/* --- words ------------------------------------------------------------------------------------ */

static uint8_t digits[2][CW_SIGN_DATA_MAX];

/* hex without its 0x, into one of the two buffers. */
static bool read_hex(struct cw_slice *out, uint8_t *into, const char *hex) {
    size_t n = 0;
    char text[2 * 4096 + 3];
    int length = snprintf(text, sizeof text, "0x%s", hex);
    bool good = length > 0 && (size_t)length < sizeof text &&
                cw_hex_decode_any(into, CW_SIGN_DATA_MAX, &n, text, (size_t)length) == CW_OK;
    *out = cw_slice_of(into, n);
    return good;
}

static const char *value_of(const char *word, const char *name) {
    size_t n = strlen(name);
    return strncmp(word, name, n) == 0 && word[n] == '=' ? word + n + 1 : NULL;
}

static bool read_number(struct asked *asked, const char *word) {
    struct cw_sign_request *request = &asked->request;
    const struct {
        const char *name;
        uint64_t *out;
    } numbers[] = {{"chain", &request->chain_id.v},
                   {"nonce", &request->nonce},
                   {"gas", &request->gas_limit},
                   {"times", &asked->times}};
    const struct {
        const char *name;
        struct cw_wei *out;
    } amounts[] = {
        {"fee", &request->max_fee}, {"tip", &request->max_tip}, {"value", &request->value}};
    const char *value;
    for (size_t i = 0; i < CW_COUNT(numbers); i++) {
        if ((value = value_of(word, numbers[i].name)) != NULL) {
            *numbers[i].out = strtoull(value, NULL, 10);
            return true;
        }
    }
    for (size_t i = 0; i < CW_COUNT(amounts); i++) {
        if ((value = value_of(word, amounts[i].name)) != NULL) {
            amounts[i].out->v = cw_u256_from_u64(strtoull(value, NULL, 10));
            return true;
        }
    }
    return false;
}

static bool read_word(struct asked *asked, const char *word) {
    const char *value;
    if ((value = value_of(word, "to")) != NULL) {
        return cw_hex_decode(asked->request.to.b, 20, value, strlen(value)) == CW_OK;
    }
    if ((value = value_of(word, "data")) != NULL) {
        return strncmp(value, "0x", 2) == 0 && read_hex(&asked->request.data, digits[0], value + 2);
    }
    if ((value = value_of(word, "frame")) != NULL) {
        return read_hex(&asked->frame, digits[1], value);
    }
    if ((value = value_of(word, "bytes")) != NULL) {
        return read_hex(&asked->bytes, digits[1], value);
    }
    return read_number(asked, word);
}

/* --- speaking --------------------------------------------------------------------------------- */

static bool send_all(int fd, struct cw_slice bytes) {
    while (bytes.n > 0) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n < 0) {
            return false;
        }
        bytes = cw_slice_of(bytes.p + n, bytes.n - (size_t)n);
    }
    return true;
}

static bool receive_all(int fd, uint8_t *out, size_t n) {
    while (n > 0) {
        struct pollfd wait = {fd, POLLIN, 0};
        ssize_t got = poll(&wait, 1, WAIT_MS) == 1 ? recv(fd, out, n, 0) : -1;
        if (got <= 0) {
            return false;
        }
        out += got;
        n -= (size_t)got;
    }
    return true;
}

/* False: nobody answers any more. */
static bool receive(int fd, struct cw_wire_answer *ret) {
    static uint8_t frame[CW_WIRE_PREFIX + CW_WIRE_BODY_MAX];
    if (!receive_all(fd, frame, CW_WIRE_PREFIX)) {
        return false;
    }
    size_t n = (size_t)frame[0] << 24 | (size_t)frame[1] << 16 | (size_t)frame[2] << 8 | frame[3];
    return n <= CW_WIRE_BODY_MAX && receive_all(fd, frame + CW_WIRE_PREFIX, n) &&
           cw_wire_read_answer(ret, cw_slice_of(frame + CW_WIRE_PREFIX, n), NULL) == CW_OK;
}

static bool ask(int fd, const struct asked *asked, bool hello, struct cw_wire_answer *ret) {
    struct cw_buf out;
    bool good = true;
    cw_buf_init(&out, CW_WIRE_PREFIX + CW_WIRE_BODY_MAX);
    if (hello) {
        cw_wire_put_hello(&out, 1, CW_WIRE_VERSION);
    } else if (asked->bytes.n > 0) {
        cw_buf_append(&out, asked->bytes.p, asked->bytes.n);
    } else if (asked->frame.n > 0) {
        const uint8_t prefix[CW_WIRE_PREFIX] = {0, 0, (uint8_t)(asked->frame.n >> 8),
                                                (uint8_t)asked->frame.n};
        cw_buf_append(&out, prefix, sizeof prefix);
        cw_buf_append(&out, asked->frame.p, asked->frame.n);
    } else {
        good = cw_wire_put_sign(&out, 7, &asked->request) == CW_OK;
    }
    good = good && !out.failed && send_all(fd, cw_buf_slice(&out));
    cw_buf_done(&out);
    return good && receive(fd, ret);
}

static int say(const struct cw_wire_answer *answer) {
    char hash[CW_HEX_SIZE(32)];
    if (answer->kind == CW_WIRE_SIGN) {
        printf("signed %s\n", cw_hex_encode(hash, cw_slice_of(answer->hash.b, 32)));
        return 0;
    }
    printf("refused (%s): %.*s\n", cw_sign_code_name(answer->code), (int)answer->text.n,
           (const char *)answer->text.p);
    return 1;
}

int main(int argc, char **argv) {
    struct asked asked = {.times = 1};
    struct cw_wire_answer answer = {0};
    struct cw_error error;
    int fd = -1;
    bool good = argc >= 2;
    for (int i = 2; good && i < argc; i++) {
        good = read_word(&asked, argv[i]);
    }
    if (!good) {
        fputs(usage, stderr);
        return 2;
    }
    if (cw_unix_connect(&fd, argv[1], &error) != CW_OK || fcntl(fd, F_SETFL, 0) != 0) {
        fprintf(stderr, "ask_signer: %s\n", error.text);
        return 3;
    }
    good = asked.bytes.n > 0 || ask(fd, &asked, true, &answer);
    for (uint64_t i = 0; good && i < asked.times; i++) {
        good = ask(fd, &asked, false, &answer);
    }
    (void)close(fd);
    if (!good) {
        puts("cut off");
        return 3;
    }
    return say(&answer);
}
