/* Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
/* An IMAP client that knows X-SERVER-LOGOUT. It logs in, enables the extension, and idles. When the server asks the
 * client to leave, the client completes the running command, and then answers. It prints the dialogue like the draft,
 * with "S: " before the lines of the server and "C: " before its own lines. No response to its commands has a literal,
 * so each line ends at its CRLF. `client --help` prints the options and the exit status. */
#define _POSIX_C_SOURCE 200809L
#include "net.h"

static const char usage[] =
    "usage: client [--no-enable] [--answer ok|bad|no|bye-only|none] ADDR:PORT\n"
    "The address is numeric. The exit status is 0 if the server closed after a complete exchange or after `* BYE`,\n"
    "2 for a bad command line, and 1 otherwise.\n";

#define LINE_SIZE 8192 /* the longest line that is read */

/* The answers to LOGOUT (the draft, section 3). */
struct answer {
    const char *name;     /* of --answer */
    const char *untagged; /* a whole line, or NULL */
    const char *tagged;   /* after the tag and SP, or NULL */
};

static const struct answer answers[] = {
    {"ok", "* BYE IMAP4rev1 Client logging out", "OK LOGOUT completed"},
    {"bad", NULL, "BAD Command is unknown"},
    {"no", NULL, "NO I would rather stay"},
    {"bye-only", "* BYE IMAP4rev1 Client logging out", NULL},
    {"none", NULL, NULL},
    {NULL, NULL, NULL},
};

/* A command. The client sends the first command after the greeting, and each other command when its predecessor is
 * complete. */
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
    const struct step *next;    /* is sent when `current` is complete */
    const struct step *current; /* is running; NULL if no command is */
    int is_greeted;
    char tag[LINE_SIZE]; /* of the server's LOGOUT that has not been answered; "" if there is none */
    int is_leaving;      /* sends no more commands, because the server has asked the client to leave */
    int is_completed;    /* LOGOUT has its tagged answer, or the server has sent `* BYE` */
    char input[LINE_SIZE];
    size_t input_len;
    size_t line_len; /* of the line at the start of input, with its LF */
};

/* ---- lines ---- */

/* Prints a line, with control characters and 8-bit octets as \xNN, because a terminal might interpret them. */
static void show(const char *who, const char *line, size_t len)
{
    size_t i;

    printf("%s: ", who);
    for (i = 0; i < len; i++)
        if (line[i] >= ' ' && line[i] < 127)
            putchar(line[i]);
        else
            printf("\\x%02X", (unsigned char)line[i]);
    putchar('\n');
    fflush(stdout);
}

/* Sends `tag text`, or the text alone. Ignores errors, because the next read reports them, after the input that the
 * server has already sent. */
static void say(const struct client *client, const char *tag, const char *text)
{
    char line[LINE_SIZE + 64];
    const int len = snprintf(line, sizeof line, "%s%s%s\r\n", tag, *tag ? " " : "", text);
    ssize_t sent;
    int done;

    show("C", line, (size_t)len - 2);
    for (done = 0; done < len; done += (int)sent) {
        sent = send(client->fd, line + done, (size_t)(len - done), MSG_NOSIGNAL);
        if (sent < 0)
            return;
    }
}

/* Returns 1 when input begins with a line, 0 at end of file, and -1 for an error or a line that is too long. */
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

/* Replaces the line by the next line. Returns the same as fill_line(). */
static int read_line(struct client *client)
{
    client->input_len -= client->line_len;
    memmove(client->input, client->input + client->line_len, client->input_len);
    client->line_len = 0;
    return fill_line(client);
}

/* Returns the length of the line without its LF or CRLF. */
static size_t text_len(const struct client *client)
{
    const size_t len = client->line_len - 1;

    return len > 0 && client->input[len - 1] == '\r' ? len - 1 : len;
}

/* ---- the exchange ---- */

/* Returns the length of TAG if the line is `TAG LOGOUT`, and 0 otherwise. */
static size_t logout_tag_len(const char *line, size_t len)
{
    static const char word[] = " LOGOUT";
    const char *space = memchr(line, ' ', len);
    const size_t tag_len = space ? (size_t)(space - line) : 0;

    if (!space || !slogout_tag_valid(line, tag_len) || len - tag_len != sizeof word - 1)
        return 0;
    return strncasecmp(space, word, sizeof word - 1) == 0 ? tag_len : 0;
}

/* Answers the LOGOUT. The answer is a response, so no DONE precedes it in IDLE. Any other command is completed
 * first. */
static void answer_logout(struct client *client)
{
    if (!*client->tag || (client->current && strcmp(client->current->command, "IDLE") != 0))
        return;
    if (client->answer->untagged)
        say(client, "", client->answer->untagged);
    if (client->answer->tagged) {
        say(client, client->tag, client->answer->tagged);
        client->is_completed = 1;
    }
    *client->tag = '\0';
}

static void send_next(struct client *client)
{
    client->current = client->next->tag && !client->is_leaving ? client->next++ : NULL;
    if (client->current)
        say(client, client->current->tag, client->current->command);
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
        send_next(client);
        answer_logout(client);
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
        memcpy(client->tag, client->input, tag_len);
        client->tag[tag_len] = '\0';
        client->is_leaving = 1;
        answer_logout(client);
    } else if (slogout_response_parse(&response, client->input, len)) {
        return take_response(client, &response);
    } else if (!client->is_greeted) {
        client->is_greeted = 1;
        send_next(client);
    }
    return 0;
}

/* Reads until end of file. Returns 0, or -1 if the dialogue broke off. */
static int converse(struct client *client)
{
    int result;

    while ((result = read_line(client)) > 0)
        if (take_line(client) < 0)
            return -1;
    return result;
}

static const struct answer *read_answer(const char *name)
{
    const struct answer *answer = answers;

    while (answer->name && strcmp(answer->name, name) != 0)
        answer++;
    if (!answer->name)
        net_exit(2, "--answer", "must be ok, bad, no, bye-only or none");
    return answer;
}

int main(int argc, char **argv)
{
    static struct client client = {.answer = answers, .next = with_enable};
    int result;

    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return fputs(usage, stdout) < 0;
    for (argv++; *argv && **argv == '-'; argv++)
        if (strcmp(*argv, "--no-enable") == 0)
            client.next = without_enable;
        else if (strcmp(*argv, "--answer") == 0 && argv[1])
            client.answer = read_answer(*++argv);
        else
            net_exit(2, *argv, "unknown option, or an option without a value");
    if (!*argv || argv[1])
        net_exit(2, "client", "needs one ADDR:PORT after the options");
    client.fd = net_open(*argv, connect);
    result = converse(&client);
    close(client.fd);
    return result == 0 && client.is_completed ? EXIT_SUCCESS : EXIT_FAILURE;
}
