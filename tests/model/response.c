/* The response parser against the reference, over every string of an alphabet up to a length.
 *
 * There are two alphabets: octets, and tokens, with which short strings reach far into a line. Each string ends at
 * a page that cannot be read, and the shortest also begin at one, so that reading one octet too far crashes.
 *
 *     response [LENGTH]     7 by default */
#define _DEFAULT_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fail.h"
#include "log.h"
#include "reference.h"

struct symbol {
    const char *octets;
    size_t len;
};

#define SYMBOL(text)                                                                                         \
    {                                                                                                        \
        text, sizeof text - 1                                                                                \
    }

/* One octet of each class that the grammar of a line distinguishes, and each letter of two words. */
static const struct symbol octets[] = {
    SYMBOL("*"), SYMBOL(" "), SYMBOL("O"),  SYMBOL("k"),  SYMBOL("N"),  SYMBOL("+"),    SYMBOL("["),
    SYMBOL("]"), SYMBOL("{"), SYMBOL("\r"), SYMBOL("\n"), SYMBOL("\0"), SYMBOL("\xcf"),
};

static const struct symbol tokens[] = {
    SYMBOL("*"), SYMBOL(" "), SYMBOL("OK"), SYMBOL("nO"), SYMBOL("Bad"),  SYMBOL("BYE"),  SYMBOL("b"),
    SYMBOL("%"), SYMBOL("["), SYMBOL("]"),  SYMBOL("+"),  SYMBOL("\x7f"), SYMBOL("\r\n"),
};

#define LINE_MAX_TRIED 1024

static char *page_start; /* the octet before cannot be read */
static char *page_end;   /* nor can the one here */
static unsigned long strings, accepted;

void fail(const char *format, ...)
{
    va_list arguments;

    printf("FAILED: ");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    exit(1);
}

static void make_page(void)
{
    const size_t size = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 3 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED || mprotect(pages + size, size, PROT_READ | PROT_WRITE) != 0)
        fail("no memory");
    page_start = pages + size;
    page_end = page_start + size;
}

static void show(const char *line, size_t len)
{
    char escaped[4 * LINE_MAX_TRIED + 1];

    slo_escape(escaped, sizeof escaped, line, len);
    fail("the parser and the reference differ on \"%s\"", escaped);
}

static int same(const struct slogout_response *a, const struct slogout_response *b)
{
    return a->status == b->status && a->tag == b->tag && a->tag_len == b->tag_len && a->code == b->code &&
           a->code_len == b->code_len && a->text == b->text && a->text_len == b->text_len;
}

static void compare(const char *line, size_t len)
{
    static const struct slogout_response untouched = {SLOGOUT_STATUS_NO, "t", 1, "c", 1, "x", 1};
    struct slogout_response expected = untouched;
    struct slogout_response found = untouched;
    const int yes = reference_parse(&expected, line, len);

    strings++;
    accepted += (unsigned)yes;
    if (slogout_response_parse(&found, line, len) != yes || !same(&found, yes ? &expected : &untouched))
        show(line, len);
}

/* The line that stands just before page_end. */
static void compare_at_both_ends(size_t len)
{
    compare(page_end - len, len);
    if (len > 3)
        return;
    memmove(page_start, page_end - len, len);
    compare(page_start, len);
}

/* Symbols differ in length, so each string is written from its end; symbol 0 is the last one. */
static void lay_and_compare(const struct symbol *alphabet, const unsigned char *index, int length)
{
    char *at = page_end;
    int i;

    for (i = 0; i < length; i++) {
        const struct symbol *symbol = &alphabet[index[i]];
        at -= symbol->len;
        memcpy(at, symbol->octets, symbol->len);
    }
    compare_at_both_ends((size_t)(page_end - at));
}

static int next(unsigned char *index, int length, size_t count)
{
    int i;

    for (i = 0; i < length; i++) {
        if (++index[i] < count)
            return 1;
        index[i] = 0;
    }
    return 0;
}

static void try_all(const struct symbol *alphabet, size_t count, int most)
{
    unsigned char index[16] = {0};
    int length;

    for (length = 0; length <= most; length++)
        do
            lay_and_compare(alphabet, index, length);
        while (next(index, length, count));
}

/* Around the 255 octets in which a tag and a response code must end. */
static void try_lengths(const char *before, const char *after)
{
    const size_t head = strlen(before);
    const size_t tail = strlen(after);
    size_t n;

    for (n = 0; n < 600; n++) {
        char *line = page_end - head - n - tail;
        memcpy(line, before, head);
        memset(line + head, 'x', n);
        memcpy(line + head + n, after, tail);
        compare_at_both_ends(head + n + tail);
    }
}

int main(int argc, char **argv)
{
    const int most = argc > 1 ? atoi(argv[1]) : 7;

    make_page();
    try_all(octets, sizeof octets / sizeof *octets, most);
    try_all(tokens, sizeof tokens / sizeof *tokens, most);
    try_lengths("", " OK done\r\n");
    try_lengths("a BAD [", "] text");
    try_lengths("a NO [", "]");
    try_lengths("* BYE [", "]x");
    try_lengths("* BYE ", "");
    try_lengths("", "");
    printf("response: %lu strings (every one of up to %d of %d octets, and of %d tokens), %lu of them "
           "responses, no "
           "difference\n",
           strings, most, (int)(sizeof octets / sizeof *octets), (int)(sizeof tokens / sizeof *tokens),
           accepted);
    return 0;
}
