#include <string.h>
#include <slogout/slogout.h>

/* Writes how one octet looks in a log: the length, at most 4. */
static size_t escape_one(char out[4], unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    const char coded[4] = {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
    const char quoted[2] = {'\\', (char)byte};

    if (byte < ' ' || byte > '~') {
        memcpy(out, coded, sizeof coded);
        return sizeof coded;
    }
    if (byte == '"' || byte == '\\') {
        memcpy(out, quoted, sizeof quoted);
        return sizeof quoted;
    }
    *out = (char)byte;
    return 1;
}

size_t slogout_escape(char *out, size_t out_size, const char *bytes, size_t len)
{
    char one[4];
    size_t needed = 0; /* by all of it */
    size_t used = 0;   /* written; less than out_size, but where both are 0 */
    size_t i;

    if (!out)
        out_size = 0;
    for (i = 0; bytes && i < len; i++) {
        size_t n = escape_one(one, (unsigned char)bytes[i]);
        if (used == needed && n < out_size - used) {
            memcpy(out + used, one, n);
            used += n;
        }
        needed += n;
    }
    if (out_size > 0)
        out[used] = '\0';
    return needed;
}
