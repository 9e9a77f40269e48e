#include <monitor/finding.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    enum cw_finding_kind kind;
    const char *name;
} names[] = {
    /* As they stand in stores: a change here breaks what was stored. */
    {CW_FINDING_OTHER, "other"},
    {CW_FINDING_WRONG_CHAIN, "wrong_chain"},
    {CW_FINDING_MALFORMED, "malformed"},
    {CW_FINDING_HEADER_HASH, "header_hash"},
    {CW_FINDING_WRONG_BLOCK, "wrong_block"},
    {CW_FINDING_PARENT_LINK, "parent_link"},
    {CW_FINDING_RECEIPTS_ROOT, "receipts_root"},
    {CW_FINDING_LOGS_OMITTED, "logs_omitted"},
    {CW_FINDING_LOGS_FORGED, "logs_forged"},
    {CW_FINDING_FINAL_MISMATCH, "final_mismatch"},
    {CW_FINDING_FINAL_REORG, "final_reorg"},
    {CW_FINDING_PROOF, "proof"},
};

static void kind_name__every_kind__stable_and_read_back(void **state) {
    (void)state;
    for (size_t i = 0; i < CW_COUNT(names); i++) {
        assert_int_equal((size_t)names[i].kind, i);
        assert_string_equal(cw_finding_kind_name(names[i].kind), names[i].name);
        enum cw_finding_kind kind = CW_FINDING_OTHER;
        assert_true(cw_finding_kind_parse(&kind, names[i].name, strlen(names[i].name)));
        assert_int_equal(kind, names[i].kind);
        assert_false(cw_finding_kind_parse(&kind, names[i].name, strlen(names[i].name) - 1));
    }
    assert_string_equal(cw_finding_kind_name((enum cw_finding_kind)99), "other");
}

static void read__what_note_wrote__the_same(void **state) {
    (void)state;
    char note[CW_FINDING_NOTE_SIZE];
    for (size_t i = 0; i < CW_COUNT(names); i++) {
        cw_finding_note(note, names[i].kind, "block 7: a b: proof: c");
        struct cw_finding finding;
        cw_finding_read(&finding, "l1", "node", "eth_getLogs", note);
        assert_int_equal(finding.kind, names[i].kind);
        assert_string_equal(finding.detail, "block 7: a b: proof: c");
    }
    char longer[600];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    cw_finding_note(note, CW_FINDING_PROOF, longer);
    assert_int_equal(strlen(note), sizeof note - 1);
}

static void read__words_before_the_kind__skipped(void **state) {
    (void)state;
    struct cw_finding finding;
    cw_finding_read(&finding, "l1", "node", "eth_getBlockByNumber",
                    "node: eth_getBlockByNumber: wrong_block: asked for block 5, got block 4");
    assert_int_equal(finding.kind, CW_FINDING_WRONG_BLOCK);
    assert_string_equal(finding.detail, "asked for block 5, got block 4");
    cw_finding_read(&finding, "l1", "node", "eth_call", "says: nothing known");
    assert_int_equal(finding.kind, CW_FINDING_OTHER);
    assert_string_equal(finding.detail, "says: nothing known");
    cw_finding_read(&finding, "l1", "node", "eth_call", "");
    assert_int_equal(finding.kind, CW_FINDING_OTHER);
}

static void text__whole_and_sparse__one_sentence(void **state) {
    (void)state;
    struct cw_buf out;
    cw_buf_init(&out, 4096);
    struct cw_finding finding = {CW_FINDING_LOGS_OMITTED, "l2", "provider", "eth_getLogs",
                                 "block 9: 1 logs in the answer, 2 in the receipts"};
    cw_finding_text(&out, &finding);
    assert_string_equal(cw_buf_cstr(&out),
                        "provider (l2) left out a log that the receipts prove, eth_getLogs: block "
                        "9: 1 logs in the answer, 2 in the receipts");
    cw_buf_reset(&out);
    finding = (struct cw_finding){CW_FINDING_FINAL_REORG, "", "", "", ""};
    cw_finding_text(&out, &finding);
    assert_string_equal(cw_buf_cstr(&out), "an endpoint replaced a block that was final");
    cw_buf_reset(&out);
    finding = (struct cw_finding){CW_FINDING_OTHER, "", "a\x1b[31m\nb", "", ""};
    cw_finding_text(&out, &finding);
    assert_string_equal(cw_buf_cstr(&out), "a?[31m?b gave an answer that can't be true");
    cw_buf_done(&out);
}

static void json__hostile_text__one_escaped_line(void **state) {
    (void)state;
    struct cw_buf out;
    cw_buf_init(&out, 4096);
    struct cw_finding finding = {CW_FINDING_MALFORMED, "l1", "say \"hi\"\\", "eth_call",
                                 "tab\there, \xff\n"};
    cw_finding_json(&out, &finding, 1700000000123u);
    assert_string_equal(
        cw_buf_cstr(&out),
        "{\"time_ms\":1700000000123,\"kind\":\"malformed\",\"chain\":\"l1\","
        "\"endpoint\":\"say \\\"hi\\\"\\\\\",\"method\":\"eth_call\","
        "\"detail\":\"tab\\u0009here, \\u00ff\\u000a\","
        "\"text\":\"say \\\"hi\\\"\\\\ (l1) gave an answer that has not the right form, eth_call: "
        "tab?here, \\u00ff?\"}\n");
    cw_buf_done(&out);
}

static void json__no_room__said(void **state) {
    (void)state;
    struct cw_finding finding = {CW_FINDING_PROOF, "l1", "node", "eth_getProof", "slot 0x00"};
    struct cw_buf out;
    cw_buf_init(&out, 40);
    cw_finding_json(&out, &finding, 1);
    assert_true(out.failed);
    assert_null(cw_buf_cstr(&out));
    cw_buf_done(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kind_name__every_kind__stable_and_read_back),
        cmocka_unit_test(read__what_note_wrote__the_same),
        cmocka_unit_test(read__words_before_the_kind__skipped),
        cmocka_unit_test(text__whole_and_sparse__one_sentence),
        cmocka_unit_test(json__hostile_text__one_escaped_line),
        cmocka_unit_test(json__no_room__said),
    };
    return cmocka_run_group_tests_name("finding", tests, NULL, NULL);
}
