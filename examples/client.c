/* An IMAP client that knows X-SERVER-LOGOUT: logs in, enables it, idles, and answers when the server asks
 * it to leave. Prints what is said as the draft does: "S: " before the server's lines, "C: " before its
 * own.
 *
 * Exits with 0 if the server closed after an exchange that was completed, or after a `* BYE`; with 1 if
 * not, with 2 for a bad command line. The commands here get no literals in their responses, so a line is a
 * line. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <slogout/slogout.h>
#include "proxy/address.h"
#include "proxy/options.h"

#define BAD_USAGE 2
#define LINE_SIZE 8192 /* the longest line that is read */

/* What a client may say to LOGOUT: the draft, section 3. */
struct answer {
    const char *untagged; /* a whole line, or NULL */
    const char *tagged;   /* after the tag and SP, or NULL */
};

#define ANSWERS "ok|bad|no|bye-only|none"
static const struct answer answers[] = {
    {"* BYE IMAP4rev1 Client logging out", "OK LOGOUT completed"},
    {NULL, "BAD Command is unknown"},
    {NULL, "NO I would rather stay"},
    {"* BYE IMAP4rev1 Client logging out", NULL},
    {NULL, NULL},
};

/* The commands, each when the one before it is completed; the first after the greeting. */
struct step {
    const char *tag;
    const char *command;
};

static const struct step with_enable[] = {
    {"C1", "LOGIN guest guest"}, {"C2", "ENABLE " SLOGOUT_CAPABILITY}, {"C3", "IDLE"}, {NULL, NULL}};
static const struct step without_enable[] = {{"C1", "LOGIN guest guest"}, {"C2", "IDLE"}, {NULL, NULL}};

struct client {
    int fd;
    const struct answer *answer;
    const struct step *next;    /* to be sent when the one before it is completed */
    const struct step *current; /* under way; NULL: none */
    int is_greeted;
    char input[LINE_SIZE];
    size_t input_len;
    size_t line_len;  /* of the line that input begins with, its LF too */
    int is_leaving;   /* no more commands: the server wants us to leave */
    int is_completed; /* LOGOUT has its tagged answer, or the server said `* BYE` */
};

/* ---- lines ---- */

/* The server's octets are not trusted with the terminal. */
static void show(const char *who, const char *line, size_t len)
{
    size_t i;

    printf("%s: ", who);
    for (i = 0; i < len; i++)
        if (line[i] >= ' ' && line[i] <= '~')
            putchar(line[i]);
        else
            printf("\\x%02x", (unsigned char)line[i]);
    printf("\n");
    fflush(stdout);
}

/* Errors are left to the reading side: a server that closes may have said why. */
static void send_all(int fd, const char *octets, size_t len)
{
    while (len > 0) {
        const ssize_t sent = send(fd, octets, len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            return;
        if (sent > 0) {
            octets += sent;
            len -= (size_t)sent;
        }
    }
}

/* `tag text`, or text alone if there is no tag. */
static void say(const struct client *client, const char *tag, size_t tag_len, const char *text)
{
    char line[LINE_SIZE + 64];
    const int len = tag_len ? snprintf(line, sizeof line, "%.*s %s\r\n", (int)tag_len, tag, text)
                            : snprintf(line, sizeof line, "%s\r\n", text);

    show("C", line, (size_t)len - 2);
    send_all(client->fd, line, (size_t)len);
}

/* Returns 1 if input begins with a line now, 0 at end of file, -1 for an error or a line that is too long. */
static int fill_line(struct client *client)
{
    const char *end;

    while (!(end = memchr(client->input, '\n', client->input_len))) {
        const size_t room = sizeof client->input - client->input_len;
        const ssize_t got = room ? recv(client->fd, client->input + client->input_len, room, 0) : -1;
        if (got == 0)
            return 0;
        if (got < 0 && (!room || errno != EINTR))
            return -1;
        if (got > 0)
            client->input_len += (size_t)got;
    }
    client->line_len = (size_t)(end - client->input) + 1;
    return 1;
}

/* The next line, in place of the one before. Returns as fill_line(). */
static int read_line(struct client *client)
{
    client->input_len -= client->line_len;
    memmove(client->input, client->input + client->line_len, client->input_len);
    client->line_len = 0;
    return fill_line(client);
}

/* The line's length without its LF or CRLF. */
static size_t text_len(const struct client *client)
{
    const size_t len = client->line_len - 1;

    return len > 0 && client->input[len - 1] == '\r' ? len - 1 : len;
}

/* ---- the exchange ---- */

/* Returns the length of TAG if the line is `TAG LOGOUT`, else 0. */
static size_t logout_tag_len(const char *line, size_t len)
{
    static const char word[] = " LOGOUT";
    const char *space = memchr(line, ' ', len);
    const size_t tag_len = space ? (size_t)(space - line) : 0;

    if (!space || !slogout_tag_valid(line, tag_len) || len - tag_len != sizeof word - 1)
        return 0;
    return strncasecmp(space, word, sizeof word - 1) == 0 ? tag_len : 0;
}

/* In IDLE too: the answer is a response, so no DONE goes before it. */
static void answer_logout(struct client *client, const char *tag, size_t tag_len)
{
    client->is_leaving = 1;
    if (client->answer->untagged)
        say(client, NULL, 0, client->answer->untagged);
    if (client->answer->tagged) {
        say(client, tag, tag_len, client->answer->tagged);
        client->is_completed = 1;
    }
}

static void send_next(struct client *client)
{
    client->current = client->next->tag ? client->next++ : NULL;
    if (client->current)
        say(client, client->current->tag, strlen(client->current->tag), client->current->command);
}

static int is_completion(const struct client *client, const struct slogout_response *response)
{
    return client->current && response->tag_len == strlen(client->current->tag) &&
           memcmp(response->tag, client->current->tag, response->tag_len) == 0;
}

static int take_response(struct client *client, const struct slogout_response *response)
{
    if (response->status == SLOGOUT_STATUS_BYE) {
        client->is_leaving = 1;
        client->is_completed = 1;
    } else if (is_completion(client, response)) {
        if (response->status != SLOGOUT_STATUS_OK)
            return -1;
        if (!client->is_leaving)
            send_next(client);
    }
    return 0;
}

/* Returns 0, or -1 if the server refuses a command. */
static int take_line(struct client *client)
{
    const size_t len = text_len(client);
    const size_t tag_len = logout_tag_len(client->input, len);
    struct slogout_response response;

    show("S", client->input, len);
    if (tag_len > 0) {
        answer_logout(client, client->input, tag_len);
    } else if (slogout_response_parse(&response, client->input, len)) {
        return take_response(client, &response);
    } else if (!client->is_greeted) {
        client->is_greeted = 1;
        send_next(client);
    }
    return 0;
}

/* To end of file. Returns 0, or -1 if the conversation broke off. */
static int converse(struct client *client)
{
    int result;

    while ((result = read_line(client)) > 0)
        if (take_line(client) < 0)
            return -1;
    return result;
}

int main(int argc, char **argv)
{
    static struct client client;
    int no_enable = 0;
    int answer = 0;
    const struct option options[] = {
        {"--no-enable", OPTION_FLAG, NULL, &no_enable, 0, 0, "Do not enable " SLOGOUT_CAPABILITY ". Default: enable it."},
        {"--answer", OPTION_CHOICE, ANSWERS, &answer, 0, 0, "Answer LOGOUT like this. Default ok."},
        {NULL, OPTION_FLAG, NULL, NULL, 0, 0, NULL},
    };
    const int place = options_read(options, "HOST:PORT", 1, argc, argv);
    int result;

    if (place < 0)
        return BAD_USAGE;
    if (!address_is_valid(argv[place])) {
        fprintf(stderr, "client: %s is not valid: it must be a host and a port, such as [::1]:143\n", argv[place]);
        return BAD_USAGE;
    }
    client.answer = &answers[answer];
    client.next = no_enable ? without_enable : with_enable;
    client.fd = address_connect(argv[place]);
    if (client.fd < 0) {
        fprintf(stderr, "client: cannot connect to %s: %s\n", argv[place], strerror(errno));
        return EXIT_FAILURE;
    }
    result = converse(&client);
    close(client.fd);
    return result == 0 && client.is_completed ? EXIT_SUCCESS : EXIT_FAILURE;
}
