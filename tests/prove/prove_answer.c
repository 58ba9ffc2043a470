/* SPDX-License-Identifier: BSD-2-Clause */
/* A client's answer, recognized while it arrives. */
#include "libc.h"

/* What was copied last that is more than an octet, into the line of this answer. CBMC's own is slow if the size is not
 * constant, and nothing looks into the text again. */
static struct {
    const char *to, *from, *line_end;
    size_t len;
} copied;

void *memcpy(void *to, const void *from, size_t len)
{
    CHECK(__CPROVER_r_ok(from, len) && __CPROVER_w_ok(to, len));
    CHECK(len <= (size_t)(copied.line_end - (char *)to));
    if (len == 1) {
        *(char *)to = *(const char *)from;
    } else {
        copied.to = to;
        copied.from = from;
        copied.len = len;
    }
    return to;
}

#pragma CPROVER check push
#pragma CPROVER check disable "conversion" /* between char and unsigned char, as meant */
#include "response.c"
#include "tag.c"
#include "word.c"
#pragma CPROVER check pop
#include "answer.c"

#ifndef BOUND
#define BOUND 24 /* octets of a line */
#endif
#ifndef TAG
#define TAG 1 /* octets of a tag, less one */
#endif

static struct slo_answer answer;

/* proves: a line is taken for an answer exactly if the grammar reads a BYE in it or a response with our tag, and all of it is kept, else it stops at the octet that shows it, for all lines of up to 24 octets and all tags of up to 3
 * with: --unwind 26 --unwindset slo_answer_feed.0:10 --unwindset memcmp.0:6 --unwindset strlen.0:6 --unwindset slo_word_agreement.0:5
 * each: TAG 3
 * mutant: lib/answer.c: word[-1] != ' ' => word[-1] == '\n'
 * mutant: lib/answer.c: end - word == 1 && *word == '\r' => *word == '\r' */
void lines(void)
{
    char line[BOUND], tag[TAG + 2];
    const size_t len = nondet_size();
    struct slogout_response response;
    size_t i, used;
    int is_answer;

    ASSUME(len > 0 && len <= BOUND && line[len - 1] == '\n');
    for (i = 0; i < BOUND; i++)
        ASSUME(i + 1 >= len || line[i] != '\n');
    for (i = 0; i <= TAG; i++)
        ASSUME(is_astring_char(tag[i]) && tag[i] != '+');
    tag[TAG + 1] = '\0';
    is_answer = reference_parse(&response, line, len) &&
                (!response.tag || (response.tag_len == TAG + 1 && memcmp(line, tag, TAG + 1) == 0));
    slo_answer_init(&answer);
    copied.len = 0;
    copied.line_end = answer.line + sizeof answer.line;
    used = slo_answer_feed(&answer, tag, line, len);
    CHECK(answer.verdict == (is_answer ? SLO_ANSWER_WHOLE : SLO_ANSWER_NONE));
    CHECK(answer.len == used && used <= len && (!is_answer || used == len));
    CHECK(copied.len == 0 ||
          (copied.to == answer.line + used - copied.len && copied.from == line + used - copied.len));
    i = nondet_size();
    ASSUME(i < used - copied.len);
    CHECK(answer.line[i] == line[i]);
}

/* ---- by induction ---- */

static int invariant(const char *tag)
{
    const size_t held = answer.len, tag_len = strlen(tag);

    if ((unsigned)answer.verdict > SLO_ANSWER_OVER || held > sizeof answer.line || held > answer.line_len)
        return 0;
    if (answer.verdict == SLO_ANSWER_UNDECIDED)
        return held == answer.line_len && held <= SLO_ANSWER_HELD_MAX && held <= tag_len + sizeof " BAD\r" - 1;
    if (answer.verdict == SLO_ANSWER_TOO_LONG)
        return answer.line_len == SLO_ANSWER_LINE_MAX + 1;
    return answer.line_len <= SLO_ANSWER_LINE_MAX + 1;
}

/* proves: feeding consumes no more than there is, keeps what fits, and leads from any valid state to a valid one, with any tag of up to 31 octets and up to 2 octets
 * with: --unwind 42 --unwindset slo_answer_feed.0:4
 * mutant: lib/answer.c: SLO_ANSWER_LINE_MAX + 1 - answer->line_len => SLO_ANSWER_LINE_MAX + 2 - answer->line_len
 * mutant: lib/answer.c: const size_t n = len < room ? len : room; => const size_t n = len; */
void feed(void)
{
    const size_t len = nondet_size();
    char bytes[2], tag[SLOGOUT_TAG_SIZE];
    size_t used;
    enum slo_answer_verdict before;

    tag[SLOGOUT_TAG_SIZE - 1] = '\0';
    ASSUME(len <= sizeof bytes && slo_tag_length(tag, 1) == 1);
    __CPROVER_havoc_object(&answer);
    ASSUME(invariant(tag));
    before = answer.verdict;
    ASSUME(before != SLO_ANSWER_NONE && before != SLO_ANSWER_WHOLE && before != SLO_ANSWER_OVER);
    ASSUME(before != SLO_ANSWER_BEGUN || answer.line_len <= SLO_ANSWER_LINE_MAX);
    copied.line_end = answer.line + sizeof answer.line;
    used = slo_answer_feed(&answer, tag, bytes, len);
    CHECK(invariant(tag));
    CHECK(used <= len);
    CHECK(used == len || answer.verdict == SLO_ANSWER_NONE || bytes[used - 1] == '\n' ||
          answer.verdict == SLO_ANSWER_TOO_LONG);
    CHECK(answer.verdict != SLO_ANSWER_BEGUN || answer.line_len <= SLO_ANSWER_LINE_MAX);
    CHECK((answer.verdict == SLO_ANSWER_TOO_LONG) <= (before <= SLO_ANSWER_BEGUN));
}
