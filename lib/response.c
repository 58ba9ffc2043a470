#include <string.h>
#include <slogout/slogout.h>

#define LOOK_MAX 255 /* octets in which a tag or a response code must end */

struct word {
    char name[4];
    unsigned char len;
    unsigned char status;
};

static const struct word words[] = {
    {"OK", 2, SLOGOUT_STATUS_OK},
    {"NO", 2, SLOGOUT_STATUS_NO},
    {"BAD", 3, SLOGOUT_STATUS_BAD},
    {"BYE", 3, SLOGOUT_STATUS_BYE},
};

/* The first `c` in the first LOOK_MAX + 1 octets, or NULL. */
static const char *find(const char *bytes, char c, size_t len)
{
    return memchr(bytes, c, len <= LOOK_MAX ? len : LOOK_MAX + 1);
}

/* Without regard to ASCII case (RFC 3501 section 9, note 1), whatever the locale. */
static int same_word(const char *bytes, const struct word *word)
{
    size_t i;

    for (i = 0; i < word->len; i++)
        if ((bytes[i] & ~0x20) != word->name[i])
            return 0;
    return 1;
}

/* The word that stands here, up to SP or the end, or NULL. */
static const struct word *find_word(const char *bytes, size_t len)
{
    const struct word *word;

    for (word = words; word < words + sizeof words / sizeof *words; word++)
        if (len >= word->len && same_word(bytes, word) && (len == word->len || bytes[word->len] == ' '))
            return word;
    return NULL;
}

static size_t without_line_end(const char *line, size_t len)
{
    if (len > 0 && line[len - 1] == '\n')
        len--;
    if (len > 0 && line[len - 1] == '\r')
        len--;
    return len;
}

/* The text that comes after what ends here, at a SP or at the end of the line. */
static void set_text(struct slogout_response *response, const char *text, const char *end)
{
    if (text < end)
        text++;
    response->text = text;
    response->text_len = (size_t)(end - text);
}

/* RFC 3501 section 9: resp-text = ["[" resp-text-code "]" SP] text; no code holds a "]". */
static void split_code(struct slogout_response *response)
{
    const char *text = response->text;
    const char *end = text + response->text_len;
    const char *bracket;

    if (text == end || *text != '[')
        return;
    bracket = find(text + 1, ']', response->text_len - 1);
    if (!bracket || bracket == text + 1 || (bracket + 1 < end && bracket[1] != ' '))
        return;
    response->code = text + 1;
    response->code_len = (size_t)(bracket - response->code);
    set_text(response, bracket + 1, end);
}

/* RFC 3501 section 9: response-tagged = tag SP resp-cond-state; "*" SP resp-cond-bye. */
static int is_prefix(const char *prefix, size_t len, const struct word *word)
{
    if (word->status == SLOGOUT_STATUS_BYE)
        return len == 1 && *prefix == '*';
    return slogout_tag_valid(prefix, len);
}

int slogout_response_parse(struct slogout_response *out, const char *line, size_t len)
{
    struct slogout_response response = {SLOGOUT_STATUS_OK, NULL, 0, NULL, 0, NULL, 0};
    const struct word *word;
    const char *space;
    size_t prefix_len;

    if (!out || !line)
        return 0;
    len = without_line_end(line, len);
    space = find(line, ' ', len);
    if (!space)
        return 0;
    prefix_len = (size_t)(space - line);
    word = find_word(space + 1, len - prefix_len - 1);
    if (!word || !is_prefix(line, prefix_len, word))
        return 0;
    response.status = (enum slogout_status)word->status;
    if (response.status != SLOGOUT_STATUS_BYE) {
        response.tag = line;
        response.tag_len = prefix_len;
    }
    set_text(&response, space + 1 + word->len, line + len);
    split_code(&response);
    *out = response;
    return 1;
}
