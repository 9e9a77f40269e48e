#include "calls.h"

#include "upstream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool call_is(const cJSON *call, const char *method) {
    const char *is = cJSON_GetStringValue(cJSON_GetObjectItem(call, "method"));
    return is != NULL && strcmp(is, method) == 0;
}

cJSON *call_param(const cJSON *call, int i) {
    return cJSON_GetArrayItem(cJSON_GetObjectItem(call, "params"), i);
}

void call_set_param(cJSON *call, int i, cJSON *value) {
    cJSON_ReplaceItemInArray(cJSON_GetObjectItem(call, "params"), i, value);
}

cJSON *answer_result(const cJSON *answer) {
    return cJSON_GetObjectItem(answer, "result");
}

cJSON *answer_new(const cJSON *call) {
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "jsonrpc", "2.0");
    cJSON_AddItemToObject(answer, "id", cJSON_Duplicate(cJSON_GetObjectItem(call, "id"), true));
    return answer;
}

cJSON *answer_with(const cJSON *call, cJSON *result) {
    cJSON *answer = answer_new(call);
    cJSON_AddItemToObject(answer, "result", result);
    return answer;
}

cJSON *answer_error(const cJSON *call, int code, const char *message) {
    cJSON *answer = answer_new(call), *error = cJSON_AddObjectToObject(answer, "error");
    cJSON_AddNumberToObject(error, "code", code);
    cJSON_AddStringToObject(error, "message", message);
    return answer;
}

void answer_set(cJSON *answer, cJSON *result) {
    cJSON_DeleteItemFromObject(answer, "result");
    cJSON_DeleteItemFromObject(answer, "error");
    cJSON_AddItemToObject(answer, "result", result);
}

bool is_tag(const cJSON *value) {
    const char *text = cJSON_GetStringValue(value);
    return text != NULL && (strcmp(text, "latest") == 0 || strcmp(text, "safe") == 0 ||
                            strcmp(text, "finalized") == 0);
}

bool quantity(uint64_t *ret, const cJSON *value) {
    const char *text = cJSON_GetStringValue(value);
    char *end;
    if (text == NULL || strncmp(text, "0x", 2) != 0 || strlen(text) > 18) {
        return false;
    }
    *ret = strtoull(text + 2, &end, 16);
    return *end == '\0' && end != text + 2;
}

cJSON *quantity_new(uint64_t value) {
    char text[24];
    snprintf(text, sizeof(text), "0x%" PRIx64, value);
    return cJSON_CreateString(text);
}

cJSON *hex_new(struct cw_slice bytes) {
    char *text = malloc(CW_HEX_SIZE(bytes.n));
    if (text == NULL) {
        return NULL;
    }
    cJSON *value = cJSON_CreateString(cw_hex_encode(text, bytes));
    free(text);
    return value;
}

cJSON *call_new(const char *method, cJSON *params) {
    cJSON *call = cJSON_CreateObject();
    cJSON_AddStringToObject(call, "jsonrpc", "2.0");
    cJSON_AddNumberToObject(call, "id", 1);
    cJSON_AddStringToObject(call, "method", method);
    cJSON_AddItemToObject(call, "params", params);
    return call;
}

cJSON *ask_node(const char *method, cJSON *params) {
    cJSON *call = call_new(method, params), *answer = ask_upstream(call);
    cJSON *result = cJSON_DetachItemFromObject(answer, "result");
    cJSON_Delete(call);
    cJSON_Delete(answer);
    return result;
}
