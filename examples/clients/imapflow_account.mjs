// SPDX-License-Identifier: BSD-2-Clause
/* ImapFlow with a server that asks its clients to leave (X-SERVER-LOGOUT): copy this file. Run with ImapFlow 2.10.2 and
 * Node 20.
 *
 * One call of run() is one operation. The account logs in before it if necessary, and answers the server when no
 * operation is running. An operation takes less than 20 seconds, and gets the errors of its own commands. When the
 * server has closed, the account logs in again after a random delay, until logOut(). `connect` returns a connection
 * that has selected nothing. `ready` runs after each login, and selects the mailbox in which ImapFlow idles.
 *     const account = new Account(async () => {
 *         const imap = new ImapFlow({ host: 'imap.example.org', auth: { user: 'user', pass: 'secret' } });
 *         await imap.connect();
 *         return imap;
 *     }, { ready: imap => imap.mailboxOpen('INBOX') });
 *     const messages = await account.run(imap => imap.fetchAll('1:*', { envelope: true }));
 * Copyright (c) 2026, the slogout authors. */
const REQUEST = /^([^\s(){%*"\\+]+) LOGOUT\r?\n?$/i;

export class Account {
    #connect; #ready; #delay; #timer; #session; #isOver = false;

    constructor(connect, { ready = () => {}, delay = 60_000 } = {}) {
        [this.#connect, this.#ready, this.#delay] = [connect, ready, delay];
    }

    async run(operation) {
        let session = await this.#open();
        for (; session.answers.length || !session.imap.usable; session = await this.#open()) await session.closed;
        session.running++;
        try {
            return await operation(session.imap);
        } finally {
            session.running--;
            this.#leaveIfAsked(session);
        }
    }

    async logOut() {
        this.#isOver = true;
        clearTimeout(this.#timer);
        await this.#session?.then(session => session.imap.logout()).catch(() => {});
    }

    #open() {
        clearTimeout(this.#timer);
        this.#session ??= this.#logIn();
        this.#session.catch(() => (this.#session = undefined));
        return this.#session;
    }

    async #logIn() {
        const imap = await this.#connect();
        const session = { imap, running: 0, answers: [], closed: new Promise(resolve => imap.once('close', resolve)) };
        const handle = imap.handleResponse.bind(imap);
        imap.handleResponse = async data => { // notes the request, and hides it from ImapFlow
            const request = data.payload.length < 200 && REQUEST.exec(data.payload);
            if (!request) return handle(data);
            session.answers.push(`${request[1]} OK LOGOUT completed`);
            this.#leaveIfAsked(session);
            return true;
        };
        imap.on('error', () => {}); // 'close' follows
        await imap.run('ENABLE', ['X-SERVER-LOGOUT']); // does nothing if the server does not offer it
        await this.#ready(imap);
        session.closed.then(() => this.#openLater(this.#delay));
        return session;
    }

    async #leaveIfAsked({ imap, running, answers }) {
        if (running || !answers.length || this.#isOver) return;
        try {
            await imap.noop(); // ends IDLE, and comes after the commands that are under way
            imap.write(answers.join('\r\n'));
            imap.write = () => {}; // nothing follows the answer
            setTimeout(() => imap.close(), 60_000).unref(); // the server has closed long before
        } catch {} // it has ended
    }

    #openLater(longest) {
        this.#session = undefined;
        const open = () => this.#open().catch(() => this.#openLater(Math.min(2 * longest, 900_000)));
        if (!this.#isOver) this.#timer = setTimeout(open, Math.random() * longest);
    }
}
