/* SPDX-License-Identifier: BSD-2-Clause */
/* JavaMail with a server that asks its clients to leave (X-SERVER-LOGOUT): copy this file. Tested with JavaMail
 * 1.6.5 and Java 17.
 *
 * Use this store in place of IMAPStore. One call of run() is one operation. The store logs in before it if necessary,
 * and answers the server after it. An operation opens and closes its folders, takes less than 20 seconds, and gets the
 * exceptions of its own commands. Only an idle() in an operation may take longer, and run() returns null when the
 * server has ended that idle(). Between operations a thread of the store looks for requests, and logs in again after a
 * random delay. run() waits for the delay too, unless you call hurry() because a user waits. Operations run one after
 * the other, so a thread that idles needs a store of its own. close() ends the store and its thread. `delay` is the
 * longest delay, in milliseconds, and is doubled at each failure. This program runs with build/examples/echo_server,
 * which has no mailboxes:
 *     import javax.mail.*;
 *     class Example {
 *         public static void main(String[] arguments) throws Exception {
 *             Session session = Session.getInstance(new java.util.Properties());
 *             URLName place = new URLName("imap://user:secret@127.0.0.1:1143");
 *             AskedStore store = new AskedStore(session, place, 60_000);
 *             for (;; Thread.sleep(600_000))
 *                 System.out.println(store.run(() -> store.hasCapability("X-SERVER-LOGOUT")));
 *         }
 *     }
 * Copyright (c) 2026, the slogout authors. */
import com.sun.mail.iap.*;
import com.sun.mail.imap.IMAPStore;
import com.sun.mail.imap.protocol.*;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.*;
import javax.mail.*;

public class AskedStore extends IMAPStore {
    public interface Operation<T> { T run() throws MessagingException, IOException; }

    private static final Pattern REQUEST = Pattern.compile("(?i)([^\\s(){%*\"\\\\+]+) LOGOUT\\s*");
    private final List<Connection> connections = new CopyOnWriteArrayList<>();
    private final long delay;
    private long longest, due; // due is 0 until a connection has ended
    private boolean isOpen, isClosed;

    @SuppressWarnings("this-escape") // the thread begins last
    public AskedStore(Session session, URLName place, long delay) {
        super(session, place, place.getProtocol(), place.getProtocol().equals("imaps"));
        session.getProperties().putIfAbsent("mail." + place.getProtocol() + ".timeout", "60000");
        this.delay = delay;
        Thread watcher = new Thread(this::watch);
        watcher.setDaemon(true);
        watcher.start();
    }

    public synchronized <T> T run(Operation<T> operation) throws MessagingException, IOException {
        if (!look()) open();
        try {
            return operation.run();
        } catch (FolderClosedException e) {
            if (connections.stream().noneMatch(connection -> connection.isIdle)) throw e;
            return null;
        } finally {
            settle();
        }
    }

    public synchronized void hurry() {
        due = Math.min(due, 1);
        notifyAll();
    }

    @Override public synchronized void close() throws MessagingException {
        isClosed = true;
        hurry();
        super.close();
    }

    private synchronized void watch() {
        while (!isClosed) {
            try {
                if (look() || due == 0) wait(Math.min(10_000, delay));
                else open();
            } catch (MessagingException | IOException | InterruptedException e) {
                later(Math.min(2 * longest, 900_000));
            }
        }
    }

    private void later(long longest) {
        this.longest = longest;
        due = System.currentTimeMillis() + (long) (Math.random() * longest);
    }

    private void open() throws MessagingException, IOException {
        try {
            for (long left; (left = due - System.currentTimeMillis()) > 0;) wait(left);
        } catch (InterruptedException e) {
            throw new java.io.InterruptedIOException();
        }
        if (isClosed) throw new StoreClosedException(this);
        if (!super.isConnected()) connect();
        isOpen = true;
    }

    private boolean look() {
        connections.forEach(Connection::look);
        settle();
        return isOpen;
    }

    private void settle() {
        boolean isOver = connections.isEmpty();
        for (Connection connection : connections) isOver |= connection.leave();
        if (!isOver || !isOpen) return;
        connections.clear();
        isOpen = false;
        later(delay);
        notifyAll();
        try {
            super.close();
        } catch (MessagingException e) { // it has ended all the same
        }
    }

    @Override protected IMAPProtocol newIMAPProtocol(String host, int port) throws IOException, ProtocolException {
        Connection connection = new Connection(host, port);
        connections.add(connection);
        return connection;
    }

    private class Connection extends IMAPProtocol {
        private String answer; // null: it is not asked
        private boolean hasEnabled, isIdle;

        Connection(String host, int port) throws IOException, ProtocolException {
            super(name, host, port, session.getProperties(), isSSL, AskedStore.this.logger);
        }

        /* The first command after the login enables the extension. */
        @Override public synchronized Response[] command(String command, Argument arguments) {
            if (!hasEnabled && isAuthenticated() && hasCapability("X-SERVER-LOGOUT")) {
                hasEnabled = true;
                super.command("ENABLE X-SERVER-LOGOUT", null);
            }
            return super.command(command, arguments);
        }

        /* Notes a request, and hides it from JavaMail. A literal is part of its response. */
        @Override public Response readResponse() throws IOException, ProtocolException {
            Response response = super.readResponse();
            Matcher request = REQUEST.matcher(response.isTagged() ? response.toString() : "");
            if (request.matches()) {
                answer = (answer == null ? "" : answer) + request.group(1) + " OK LOGOUT completed\r\n";
                response = new IMAPResponse("* OK The server asks this client to leave");
                if (isIdle) leave();
            }
            isIdle &= !response.isTagged();
            return response;
        }

        @Override public synchronized void idleStart() throws ProtocolException {
            super.idleStart();
            isIdle = true;
            leave();
        }

        /* NOOP reads the responses that have arrived, and finds the end of a connection. */
        void look() {
            try {
                noop();
            } catch (ProtocolException e) {
                connections.remove(this);
            }
        }

        boolean leave() {
            if (answer == null) return false;
            try {
                getOutputStream().write(answer.getBytes("US-ASCII"));
                getOutputStream().flush();
                for (long end = System.currentTimeMillis() + 10_000; System.currentTimeMillis() < end;)
                    super.readResponse();
            } catch (IOException | ProtocolException e) { // it has ended
            }
            disconnect();
            return true;
        }
    }
}
