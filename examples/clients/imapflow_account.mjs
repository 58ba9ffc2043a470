// SPDX-License-Identifier: BSD-2-Clause
/* ImapFlow with a server that asks its clients to leave (X-SERVER-LOGOUT): copy this file. Tested with ImapFlow
 * 2.10.2 and Node 20.
 *
 * One call of run() is one operation. The account logs in before it if necessary, and answers the server when no
 * operation is running. An operation takes less than 20 seconds, and gets the errors of its own commands. A run() in an
 * operation is part of that operation. When the server has closed, the account logs in again after a random delay.
 * run() waits for the delay too, unless you call hurry() because a user waits. logOut() ends the account. `connect`
 * returns a connection that has selected nothing. `ready` is an operation that runs after each login. With `ready: imap
 * => imap.mailboxOpen('INBOX')`, ImapFlow idles in that mailbox. `delay` is the longest delay, in milliseconds, and is
 * doubled at each failure. This program runs with build/examples/echo_server, which has no mailboxes:
 *     import { ImapFlow } from 'imapflow';
 *     import { Account } from './imapflow_account.mjs';
 *     const account = new Account(async () => {
 *         const auth = { user: 'user', pass: 'secret' };
 *         const imap = new ImapFlow({ host: '127.0.0.1', port: 1143, secure: false, logger: false, auth });
 *         await imap.connect();
 *         return imap;
 *     }, { delay: 60_000 });
 *     console.log(await account.run(imap => imap.capabilities.has('X-SERVER-LOGOUT')));
 * Copyright (c) 2026, the slogout authors. */
import { AsyncLocalStorage } from 'node:async_hooks';

const REQUEST = /^([^\s(){%*"\\+]+) LOGOUT\r?\n?$/i;

export class Account {
    #connect; #ready; #delay; #session; #isOver = false; #outer = new AsyncLocalStorage();
    hurry = () => {};

    constructor(connect, { ready = () => {}, delay = 60_000 } = {}) {
        [this.#connect, this.#ready, this.#delay] = [connect, ready, delay];
    }

    async run(operation) {
        let session = this.#outer.getStore();
        const isLeaving = () => session.answers.length || !session.imap.usable;
        if (!session?.running)
            for (session = await this.#open(); isLeaving(); session = await this.#open()) await session.closed;
        return this.#operate(session, operation);
    }

    async logOut() {
        this.#isOver = true;
        this.hurry();
        await this.#session?.then(session => session.imap.logout()).catch(() => {});
    }

    #open(longest = 0) {
        return this.#session ??= this.#logIn(longest).catch(error => { this.#session = undefined; throw error; });
    }

    async #logIn(longest) {
        await new Promise(resolve => {
            const timer = setTimeout(resolve, Math.random() * longest);
            this.hurry = () => { clearTimeout(timer); resolve(); };
        });
        if (this.#isOver) throw new Error('The account has logged out');
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
        await this.#operate(session, async () => {
            await imap.run('ENABLE', ['X-SERVER-LOGOUT']); // does nothing if the server does not offer it
            await this.#ready(imap);
        }).catch(error => { imap.close(); throw error; });
        session.closed.then(() => this.#openLater(this.#delay));
        return session;
    }

    async #operate(session, operation) {
        session.running++;
        try {
            return await this.#outer.run(session, operation, session.imap);
        } finally {
            session.running--;
            this.#leaveIfAsked(session);
        }
    }

    async #leaveIfAsked({ imap, running, answers }) {
        if (running || !answers.length || this.#isOver) return;
        try {
            await imap.noop(); // ends IDLE, and comes after the commands that are under way
            imap.write(answers.join('\r\n'));
            imap.write = () => {}; // nothing follows the answer
            setTimeout(() => imap.close(), 10_000).unref(); // a server closes before
        } catch {} // it has ended
    }

    #openLater(longest) {
        this.#session = undefined;
        if (!this.#isOver) this.#open(longest).catch(() => this.#openLater(Math.min(2 * longest, 900_000)));
    }
}
