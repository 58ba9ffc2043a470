/* SPDX-License-Identifier: BSD-2-Clause */
/* The server with which the example of the README is linked. It has no socket: `output` contains the queued output, and
 * the time is a number. */
#ifndef SERVER_H
#define SERVER_H

#include <slogout/drain.h>

struct conn {
    struct slogout_session *session;
    char output[512]; /* a string */
    int in_command;   /* a command has begun, and its tagged response is not queued */
    int in_line;      /* the queued output does not end with a whole line */
    int is_finished;
};

/* The server defines these functions. The example declares them, too. */
uint64_t now_ms(void);
int at_rest(const struct conn *conn);
int between_lines(const struct conn *conn);
int queue(struct conn *conn, const char *octets, size_t len);
void finish(struct conn *conn);
void on_drained(struct slogout_drain *drain, void *user_data);

/* The example defines these functions, in which the server calls the library. */
int on_start(void);
int on_accept(struct conn *conn);
void on_enable(struct conn *conn);
int on_move(struct conn *conn);
void on_reply_queued(struct conn *conn);
int on_line(struct conn *conn, const char *line, size_t len); /* returns 1 if the server must not run the line */
void on_end(struct conn *conn, enum slogout_outcome why);
void on_free(struct conn *conn);
int on_wait(void);
void on_turn(void);
int on_ready(void);
int on_join(struct conn *conn);
int on_sigterm(void);
int on_second_sigterm(void);

#endif
