#include "sign/wire.h"

#include <causeway/abi.h>
#include <causeway/rlp.h>

#include <stdio.h>
#include <string.h>

#define SELECTOR_N 4u

const char *cw_sign_code_name(enum cw_sign_code code) {
    switch (code) {
    case CW_SIGN_VERSION:
        return "version";
    case CW_SIGN_TYPE:
        return "type";
    case CW_SIGN_CREATION:
        return "creation";
    case CW_SIGN_CHAIN:
        return "chain";
    case CW_SIGN_CONTRACT:
        return "contract";
    case CW_SIGN_SELECTOR:
        return "selector";
    case CW_SIGN_INNER:
        return "inner_call";
    case CW_SIGN_VALUE:
        return "value";
    case CW_SIGN_SIZE:
        return "size";
    case CW_SIGN_FEE:
        return "fee";
    case CW_SIGN_COUNT:
        return "count";
    case CW_SIGN_BUDGET:
        return "budget";
    case CW_SIGN_JOURNAL:
        return "journal";
    case CW_SIGN_TRANSACTION:
        return "transaction";
    case CW_SIGN_MEMORY:
        return "memory";
    }
    return "?";
}

bool cw_sign_code_passes(enum cw_sign_code code) {
    return code == CW_SIGN_FEE || code == CW_SIGN_COUNT || code == CW_SIGN_BUDGET ||
           code == CW_SIGN_JOURNAL || code == CW_SIGN_MEMORY;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* What stands in a frame; which of it follows from kind and from whether it is asked or answered.
 */
struct content {
    enum cw_wire_kind kind;
    uint64_t id;
    const struct cw_sign_request *request;
    uint64_t version;
    const struct cw_addr20 *address;
    const struct cw_hash32 *hash; /* digest, or the transaction's */
    struct cw_slice bytes;        /* raw transaction, or the text of a refusal */
    uint64_t code;
};

static void put_request(struct cw_rlp_out *out, const struct cw_sign_request *request) {
    cw_rlp_put_u64(out, request->legacy ? CW_TX_LEGACY : CW_TX_DYNAMIC_FEE);
    cw_rlp_put_u64(out, request->chain_id.v);
    cw_rlp_put_u64(out, request->nonce);
    cw_rlp_put_u64(out, request->gas_limit);
    size_t fees = cw_rlp_list_begin(out);
    cw_rlp_put_u256(out, &request->max_fee.v);
    if (!request->legacy) {
        cw_rlp_put_u256(out, &request->max_tip.v);
    }
    cw_rlp_list_end(out, fees);
    cw_rlp_put_addr20(out, &request->to);
    cw_rlp_put_u256(out, &request->value.v);
    size_t n = request->data.n < SELECTOR_N ? request->data.n : SELECTOR_N;
    cw_rlp_put_string(out, cw_slice_of(request->data.p, n));
    cw_rlp_put_string(out, cw_slice_of(n > 0 ? request->data.p + n : NULL, request->data.n - n));
}

static void put_content(struct cw_rlp_out *out, const struct content *content) {
    size_t list = cw_rlp_list_begin(out);
    cw_rlp_put_u64(out, (uint64_t)content->kind);
    cw_rlp_put_u64(out, content->id);
    if (content->request != NULL) {
        put_request(out, content->request);
    } else if (content->kind == CW_WIRE_HELLO) {
        cw_rlp_put_u64(out, content->version);
        if (content->address != NULL) {
            cw_rlp_put_addr20(out, content->address);
            cw_rlp_put_hash32(out, content->hash);
        }
    } else if (content->kind == CW_WIRE_SIGN) {
        cw_rlp_put_string(out, content->bytes);
        cw_rlp_put_hash32(out, content->hash);
    } else {
        cw_rlp_put_u64(out, content->code);
        cw_rlp_put_string(out, content->bytes);
    }
    cw_rlp_list_end(out, list);
}

static void put_frame(struct cw_buf *buf, const struct content *content) {
    struct cw_rlp_out count = cw_rlp_out_count();
    put_content(&count, content);
    struct cw_arena arena;
    cw_arena_init(&arena, 2u * CW_WIRE_BODY_MAX + 65536u);
    uint8_t *body = cw_arena_alloc(&arena, count.n);
    if (body == NULL || count.n > CW_WIRE_BODY_MAX) {
        buf->failed = true;
    } else {
        struct cw_rlp_out out = cw_rlp_out_to(body, count.n);
        put_content(&out, content);
        const uint8_t length[CW_WIRE_PREFIX] = {(uint8_t)(count.n >> 24), (uint8_t)(count.n >> 16),
                                                (uint8_t)(count.n >> 8), (uint8_t)count.n};
        cw_buf_append(buf, length, sizeof length);
        cw_buf_append(buf, body, count.n);
    }
    cw_arena_done(&arena);
}

void cw_wire_put_hello(struct cw_buf *out, uint64_t id, uint64_t version) {
    put_frame(out, &(struct content){.kind = CW_WIRE_HELLO, .id = id, .version = version});
}

enum cw_err cw_wire_put_sign(struct cw_buf *out, uint64_t id,
                             const struct cw_sign_request *request) {
    if (request->data.n > 0 && request->data.n < SELECTOR_N) {
        return CW_ERR_INPUT;
    }
    put_frame(out, &(struct content){.kind = CW_WIRE_SIGN, .id = id, .request = request});
    return CW_OK;
}

void cw_wire_put_welcome(struct cw_buf *out, uint64_t id, uint64_t version,
                         const struct cw_addr20 *address, const struct cw_hash32 *digest) {
    put_frame(out, &(struct content){.kind = CW_WIRE_HELLO,
                                     .id = id,
                                     .version = version,
                                     .address = address,
                                     .hash = digest});
}

void cw_wire_put_signed(struct cw_buf *out, uint64_t id, struct cw_slice raw,
                        const struct cw_hash32 *hash) {
    put_frame(out, &(struct content){.kind = CW_WIRE_SIGN, .id = id, .bytes = raw, .hash = hash});
}

static bool is_printable(uint8_t c) {
    return c >= 0x20 && c < 0x7f;
}

void cw_wire_put_refused(struct cw_buf *out, uint64_t id, enum cw_sign_code code,
                         const char *text) {
    char plain[CW_WIRE_TEXT_MAX];
    size_t n = 0;
    for (; n < sizeof plain && text[n] != '\0'; n++) {
        plain[n] = is_printable((uint8_t)text[n]) ? text[n] : '?';
    }
    put_frame(out, &(struct content){.kind = CW_WIRE_REFUSED,
                                     .id = id,
                                     .code = (uint64_t)code,
                                     .bytes = cw_slice_of(plain, n)});
}

/* --- reading ---------------------------------------------------------------------------------- */

enum cw_err cw_wire_next(struct cw_slice *ret_body, size_t *ret_used, struct cw_slice stream) {
    if (stream.n < CW_WIRE_PREFIX) {
        *ret_used = 0;
        return CW_OK;
    }
    size_t n = (size_t)stream.p[0] << 24 | (size_t)stream.p[1] << 16 | (size_t)stream.p[2] << 8 |
               (size_t)stream.p[3];
    if (n == 0 || n > CW_WIRE_BODY_MAX) {
        return CW_ERR_LIMIT;
    }
    if (stream.n - CW_WIRE_PREFIX < n) {
        *ret_used = 0;
        return CW_OK;
    }
    *ret_body = cw_slice_of(stream.p + CW_WIRE_PREFIX, n);
    *ret_used = CW_WIRE_PREFIX + n;
    return CW_OK;
}

static enum cw_err malformed(struct cw_error *error, const char *what) {
    return cw_error_set(error, CW_ERR_INPUT, "malformed frame: %s", what);
}

static enum cw_err open_frame(struct cw_rlp *members, uint64_t *kind, uint64_t *id,
                              struct cw_slice body, struct cw_error *error) {
    if (cw_rlp_check(body) != CW_OK || cw_rlp_open_list(members, body) != CW_OK) {
        return malformed(error, "not one RLP list");
    }
    if (cw_rlp_u64(members, kind) != CW_OK || cw_rlp_u64(members, id) != CW_OK) {
        return malformed(error, "no kind and id");
    }
    return CW_OK;
}

static enum cw_err refuse(struct cw_wire_asked *asked, enum cw_sign_code code, const char *text) {
    asked->kind = CW_WIRE_REFUSED;
    asked->code = code;
    snprintf(asked->text, sizeof asked->text, "%s", text);
    return CW_OK;
}

/* What such types carry has no place in a request: it is not even read. */
static enum cw_err refuse_type(struct cw_wire_asked *asked, uint64_t type) {
    char text[sizeof asked->text];
    const char *name = type == CW_TX_BLOB          ? "blob"
                       : type == CW_TX_SET_CODE    ? "set-code"
                       : type == CW_TX_ACCESS_LIST ? "access-list"
                       : type == CW_TX_DEPOSIT     ? "deposit"
                                                   : "such";
    snprintf(text, sizeof text, "%s transactions (type %llu) are not signed here", name,
             (unsigned long long)type);
    return refuse(asked, CW_SIGN_TYPE, text);
}

static enum cw_err read_fees(struct cw_rlp *members, struct cw_sign_request *request,
                             struct cw_error *error) {
    struct cw_rlp fees;
    bool good = cw_rlp_list(members, &fees) == CW_OK &&
                cw_rlp_u256(&fees, &request->max_fee.v) == CW_OK &&
                (request->legacy || cw_rlp_u256(&fees, &request->max_tip.v) == CW_OK) &&
                cw_rlp_at_end(&fees);
    return good ? CW_OK : malformed(error, "its fees");
}

static enum cw_err read_calldata(struct cw_arena *arena, struct cw_rlp *members,
                                 struct cw_sign_request *request, struct cw_error *error) {
    struct cw_slice selector, arguments;
    if (cw_rlp_string(members, &selector) != CW_OK || cw_rlp_string(members, &arguments) != CW_OK ||
        (selector.n != 0 && selector.n != SELECTOR_N) || (selector.n == 0 && arguments.n != 0)) {
        return malformed(error, "its selector and arguments");
    }
    size_t n = selector.n + arguments.n;
    uint8_t *data = cw_arena_alloc(arena, n);
    if (data == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for a request");
    }
    if (n > 0) {
        memcpy(data, selector.p, selector.n);
        memcpy(data + selector.n, arguments.p, arguments.n);
    }
    request->data = cw_slice_of(data, n);
    return CW_OK;
}

static enum cw_err read_sign(struct cw_arena *arena, struct cw_wire_asked *asked,
                             struct cw_rlp *members, struct cw_error *error) {
    struct cw_sign_request *request = &asked->request;
    uint64_t type;
    if (cw_rlp_u64(members, &type) != CW_OK) {
        return malformed(error, "no type");
    }
    if (type != CW_TX_LEGACY && type != CW_TX_DYNAMIC_FEE) {
        return refuse_type(asked, type);
    }
    request->legacy = type == CW_TX_LEGACY;
    if (cw_rlp_u64(members, &request->chain_id.v) != CW_OK ||
        cw_rlp_u64(members, &request->nonce) != CW_OK ||
        cw_rlp_u64(members, &request->gas_limit) != CW_OK) {
        return malformed(error, "its chain, nonce and gas");
    }
    enum cw_err err = read_fees(members, request, error);
    struct cw_slice to;
    if (err == CW_OK &&
        (cw_rlp_string(members, &to) != CW_OK || (to.n != 0 && to.n != sizeof request->to.b) ||
         cw_rlp_u256(members, &request->value.v) != CW_OK)) {
        err = malformed(error, "whom it calls, with which value");
    }
    if (err == CW_OK) {
        err = read_calldata(arena, members, request, error);
    }
    if (err == CW_OK && !cw_rlp_at_end(members)) {
        err = malformed(error, "more than a request");
    }
    if (err != CW_OK) {
        return err;
    }
    if (to.n == 0) {
        return refuse(asked, CW_SIGN_CREATION, "contract creations are not signed here");
    }
    memcpy(request->to.b, to.p, to.n);
    asked->kind = CW_WIRE_SIGN;
    return CW_OK;
}

enum cw_err cw_wire_read_asked(struct cw_arena *arena, struct cw_wire_asked *ret,
                               struct cw_slice body, struct cw_error *error) {
    struct cw_wire_asked asked = {0};
    struct cw_rlp members;
    uint64_t kind = 0;
    enum cw_err err = open_frame(&members, &kind, &asked.id, body, error);
    if (err != CW_OK) {
        return err;
    }
    if (kind == CW_WIRE_HELLO) {
        asked.kind = CW_WIRE_HELLO;
        /* Another version may say more. */
        if (cw_rlp_u64(&members, &asked.version) != CW_OK ||
            (asked.version == CW_WIRE_VERSION && !cw_rlp_at_end(&members))) {
            return malformed(error, "its version");
        }
    } else if (kind == CW_WIRE_SIGN) {
        err = read_sign(arena, &asked, &members, error);
    } else {
        err = malformed(error, "no such kind of request");
    }
    if (err == CW_OK) {
        *ret = asked;
    }
    return err;
}

static bool read_refusal(struct cw_wire_answer *answer, struct cw_rlp *members) {
    uint64_t code;
    if (cw_rlp_u64(members, &code) != CW_OK || code == 0 || code > INT32_MAX ||
        cw_rlp_string(members, &answer->text) != CW_OK || answer->text.n > CW_WIRE_TEXT_MAX) {
        return false;
    }
    for (size_t i = 0; i < answer->text.n; i++) {
        if (!is_printable(answer->text.p[i])) {
            return false;
        }
    }
    answer->code = (enum cw_sign_code)code;
    return true;
}

enum cw_err cw_wire_read_answer(struct cw_wire_answer *ret, struct cw_slice body,
                                struct cw_error *error) {
    struct cw_wire_answer answer = {0};
    struct cw_rlp members;
    uint64_t kind;
    enum cw_err err = open_frame(&members, &kind, &answer.id, body, error);
    if (err != CW_OK) {
        return err;
    }
    bool good = false;
    switch (kind) {
    case CW_WIRE_HELLO:
        answer.kind = CW_WIRE_HELLO;
        good = cw_rlp_u64(&members, &answer.version) == CW_OK &&
               cw_rlp_addr20(&members, &answer.address) == CW_OK &&
               cw_rlp_hash32(&members, &answer.digest) == CW_OK;
        break;
    case CW_WIRE_SIGN:
        answer.kind = CW_WIRE_SIGN;
        good = cw_rlp_string(&members, &answer.raw) == CW_OK &&
               cw_rlp_hash32(&members, &answer.hash) == CW_OK;
        break;
    case CW_WIRE_REFUSED:
        answer.kind = CW_WIRE_REFUSED;
        good = read_refusal(&answer, &members);
        break;
    default:
        break;
    }
    if (!good || !cw_rlp_at_end(&members)) {
        return malformed(error, "no answer of this protocol");
    }
    *ret = answer;
    return CW_OK;
}
