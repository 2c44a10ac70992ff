"""A small FastCGI client over a unix socket, or where SOCKET is HOST:PORT over TCP, and the cases of the direct tests.

usage: fcgi_client.py SOCKET CASE... | SOCKET SCENE [ARGUMENT...] | --get SOCKET PATH
Sends all cases at once, each on its own connection, and prints one line a case: its name and the outcome: "closed" (the
peer closed without an answer), "STATUS CODE" of the answer, "ended N" (END_REQUEST with protocol status N and no
answer), or "held" (nothing within the time).
The records are made here byte by byte, so that each of them can be wrong.
"""
import concurrent.futures
import fcntl
import json
import os
import resource
import secrets
import select
import signal
import socket
import struct
import sys
import termios
import time

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES = 1, 2, 3, 4, 5, 6, 7, 8, 9
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
PATIENCE = 8  # seconds until an unanswered connection counts as held


def record(kind, content=b"", request_id=1, padding=0, version=1):
    header = struct.pack(">BBHHBx", version, kind, request_id, len(content), padding)
    return header + content + b"\0" * padding


def begin(role=RESPONDER, keep=False, request_id=1):
    return record(BEGIN, struct.pack(">HB5x", role, int(keep)), request_id)


def length(number):
    return bytes([number]) if number < 128 else struct.pack(">I", number | 0x80000000)


def pair(name, value):
    name, value = (text if isinstance(text, bytes) else text.encode() for text in (name, value))
    return length(len(name)) + length(len(value)) + name + value


def stream(kind, data, size=65535, padding=0, request_id=1, end=True):
    """One stream of records, cut after `size` bytes, with the empty record that ends it (never padded)."""
    parts = [data[i:i + size] for i in range(0, len(data), size)]
    records = [record(kind, part, request_id, padding) for part in parts]
    return b"".join(records) + (record(kind, b"", request_id) if end else b"")


def pairs(method="GET", path="/health", **more):
    params = {"REQUEST_METHOD": method, "DOCUMENT_URI": path, "QUERY_STRING": "", "CONTENT_TYPE": "",
              "CONTENT_LENGTH": "", "REMOTE_ADDR": "127.0.0.1", "HTTPS": "", "REQUEST_ID": "0" * 32,
              "HTTP_HOST": "localhost", "SERVICE_ORIGIN": "http://localhost"}
    params.update(more)
    return [(name, value) for name, value in params.items() if value is not None]


def encode(params):
    return b"".join(pair(name, value) for name, value in params)


def request(params, body=b"", keep=False, size=65535, padding=0, request_id=1):
    return (begin(keep=keep, request_id=request_id) + stream(PARAMS, encode(params), size, padding, request_id)
            + stream(STDIN, body, size, padding, request_id))


def get(path="/health", keep=False, body=b"", **more):
    return request(pairs("GET", path, **more), body, keep)


def login(content_length, body):
    more = {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": content_length}
    return request(pairs("POST", "/login", **more), body)


class Connection:
    def __init__(self, path, patience=PATIENCE):
        host, colon, port = path.rpartition(":")
        self.socket = socket.socket(socket.AF_INET if colon else socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(patience)
        self.socket.connect((host, int(port)) if colon else path)
        self.data = b""
        self.output = b""

    def send(self, data):
        """Sends what the peer takes; a peer that closed early shows in the answer."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError, socket.timeout):
            pass
        return self

    def more(self):
        try:
            chunk = self.socket.recv(65536)
        except ConnectionResetError:
            chunk = b""
        self.data += chunk
        return chunk

    def record(self):
        while len(self.data) < 8:
            if not self.more():
                return None
        _, kind, _, size, padding = struct.unpack(">BBHHBx", self.data[:8])
        while len(self.data) < 8 + size + padding:
            if not self.more():
                return None
        content = self.data[8:8 + size]
        self.data = self.data[8 + size + padding:]
        return kind, content

    def answer(self):
        """The text that says what the peer did, and the body of the answer."""
        output = b""
        try:
            while True:
                got = self.record()
                if got is None:
                    return ("closed", b"") if not output else ("cut", output)
                kind, content = got
                if kind == STDOUT:
                    output += content
                elif kind == END and not output:
                    return "ended %d" % content[4], b""
                elif kind == END:
                    self.output = output
                    return outcome(output)
        except socket.timeout:
            return "held", b""

    def close(self):
        self.socket.close()


def outcome(output):
    head, _, body = output.partition(b"\r\n\r\n")
    status = "200"
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"status":
            status = value.split()[0].decode()
    try:
        code = json.loads(body).get("code", "")
    except ValueError:
        code = "" if b"Content-Type: text/plain" in head else "not JSON"
    return (status + " " + code).strip(), body


def page(method="GET", **more):
    """What Apache and lighttpd say of a page about which they ask."""
    return pairs(method, **{"DOCUMENT_URI": None, "SERVICE_ORIGIN": None, "REQUEST_URI": "/page?a=b",
                            "REQUEST_SCHEME": "http", "REQUIRED_GROUP": "*", **more})


def question(params):
    return begin(role=AUTHORIZER) + stream(PARAMS, encode(params))


def bodies(size):
    """Bytes of a body that are themselves a whole forged request, so that a desync would answer it."""
    forged = request(pairs("GET", "/forged"), keep=True)
    return (forged * (size // len(forged) + 1))[:size]


VALID = get()
HEAD = begin() + stream(PARAMS, encode(pairs()))
END_OF_BODY = stream(STDIN, b"")
QUESTION = question(page())
DOUBLE = [("REQUEST_METHOD", "POST")]


def value_names(count):
    return b"".join(pair("FCGI_MAX_CONNS", "") for _ in range(count))


def lying_params(content):
    return begin() + stream(PARAMS, content) + END_OF_BODY


# Each case makes the bytes of one connection. What is expected of them stands in fastcgi.bats.
CASES = {
    "valid": lambda: VALID,
    "valid-1-byte-records": lambda: request(pairs(), size=1, padding=0),
    "valid-1-byte-records-padded": lambda: request(pairs(), size=1, padding=255),
    "valid-padding-255": lambda: request(pairs(), size=100, padding=255),
    "padded-ends": lambda: (begin() + stream(PARAMS, encode(pairs()), end=False) + record(PARAMS, padding=255)
                            + record(STDIN, padding=8)),
    "valid-other-id": lambda: request(pairs(), request_id=65535),
    "valid-body-1-byte-records": lambda: begin() + stream(PARAMS, encode(pairs(
        "POST", "/login", CONTENT_TYPE="application/json", CONTENT_LENGTH="2"))) + stream(STDIN, b"{}", 1, 255),
    "one-byte": lambda: b"\1",
    "seven-bytes": lambda: VALID[:7],
    "begin-only": lambda: begin(),
    "half-params": lambda: VALID[:60],
    "no-stdin": lambda: HEAD,
    "stdin-never-ends": lambda: HEAD + stream(STDIN, b"x" * 100, end=False),
    "version-2": lambda: record(BEGIN, struct.pack(">HB5x", 1, 0), version=2) + VALID[16:],
    "version-2-later": lambda: HEAD + record(STDIN, version=2),
    "unknown-type": lambda: record(77, b"abc") + VALID,
    "unknown-type-later": lambda: begin() + record(77, b"abc") + VALID[16:],
    "abort-first": lambda: record(ABORT) + VALID,
    "abort-after-begin": lambda: begin() + record(ABORT),
    "abort-after-params": lambda: HEAD + record(ABORT),
    "params-first": lambda: stream(PARAMS, encode(pairs())) + END_OF_BODY,
    "stdin-first": lambda: END_OF_BODY + VALID,
    "garbage": lambda: b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * 10,
    "role-99": lambda: begin(role=99) + VALID[16:],
    "role-0": lambda: begin(role=0) + VALID[16:],
    "authorizer": lambda: QUESTION + END_OF_BODY,
    "authorizer-without-stdin": lambda: QUESTION,
    "authorizer-1-byte-records": lambda: begin(role=AUTHORIZER) + stream(PARAMS, encode(page()), 1, 255),
    "authorizer-with-a-body": lambda: QUESTION + stream(STDIN, b"x" * 10),
    "authorizer-with-half-a-body": lambda: QUESTION + stream(STDIN, b"x" * 60000, 5000, end=False),
    "authorizer-with-a-request": lambda: QUESTION + VALID,
    "authorizer-of-a-form": lambda: question(page("POST", CONTENT_LENGTH="10", CONTENT_TYPE="application/json")),
    "authorizer-of-a-route": lambda: question(page(REQUEST_URI="/health", DOCUMENT_URI="/health", QUERY_STRING="a=b")),
    "authorizer-of-no-route": lambda: question(page("BREW", REQUEST_URI="*")),
    "authorizer-without-a-statement": lambda: question(page(REQUIRED_GROUP=None)),
    "authorizer-without-params": lambda: begin(role=AUTHORIZER) + record(PARAMS),
    "authorizer-half-params": lambda: QUESTION[:60],
    "authorizer-begin-twice": lambda: begin(role=AUTHORIZER) + begin(role=AUTHORIZER) + QUESTION[16:],
    "filter": lambda: begin(role=FILTER) + VALID[16:] + stream(DATA, b""),
    "begin-twice": lambda: begin() + begin(request_id=2) + VALID[16:],
    "begin-same-id-twice": lambda: begin() + begin() + VALID[16:],
    "begin-short": lambda: record(BEGIN, b"\0\1") + VALID[16:],
    "request-id-0": lambda: request(pairs(), request_id=0),
    "foreign-id-params": lambda: begin() + stream(PARAMS, encode(pairs()), request_id=2) + END_OF_BODY,
    "foreign-id-records": lambda: HEAD + record(STDIN, b"x" * 1000, request_id=7) * 2000,
    "name-length-huge": lambda: lying_params(struct.pack(">II", 0xffffffff, 0xffffffff) + b"abc"),
    "name-length-wraps": lambda: lying_params(struct.pack(">II", 0xfffffffe, 0x80000004) + b"abc"),
    "name-length-past-record": lambda: lying_params(b"\x10\x10abc"),
    "name-length-cut": lambda: lying_params(b"\xff\xff"),
    "value-length-missing": lambda: lying_params(b"\x04"),
    "get-values-1": lambda: record(GET_VALUES, value_names(1), request_id=0),
    "get-values-3": lambda: record(GET_VALUES, value_names(3), request_id=0),
    "get-values-5": lambda: record(GET_VALUES, value_names(5), request_id=0),
    "get-values-50": lambda: record(GET_VALUES, value_names(50), request_id=0) + VALID,
    "get-values-inside": lambda: begin() + record(GET_VALUES, value_names(50), request_id=0) + VALID[16:],
    "params-100000": lambda: request(pairs() + [("HTTP_X_%d" % i, "v") for i in range(100000)]),
    "param-10-megabytes": lambda: request(pairs() + [("HTTP_COOKIE", "x" * 10_000_000)]),
    "stdin-10-megabytes": lambda: request(pairs("POST", "/login", CONTENT_TYPE="application/json",
                                        CONTENT_LENGTH="10000000"), b"x" * 10_000_000),
    "length-longer-than-body": lambda: login("10", b"12345"),
    "length-shorter-than-body": lambda: login("10", b"x" * 20),
    "length-absent": lambda: login("", b'{"username":"abc","password":"x"}'),
    "length-word": lambda: login("abc", b"{}"),
    "length-negative": lambda: login("-1", b"{}"),
    "length-plus": lambda: login("+2", b"{}"),
    "length-exponent": lambda: login("1e3", b"x" * 1000),
    "length-2-to-64": lambda: login("18446744073709551616", b"{}"),
    "length-2-to-63": lambda: login("9223372036854775808", b"{}"),
    "length-space": lambda: login(" 2", b"{}"),
    "length-over-the-cap": lambda: login("9000", b"x" * 9000),
    "nul-in-name": lambda: request(pairs() + [(b"HTTP_\0COOKIE", b"x")]),
    "nul-in-value": lambda: request(pairs(HTTP_COOKIE=b"access_token=\0abc")),
    "nul-in-method": lambda: request(pairs(REQUEST_METHOD=b"GET\0X")),
    "nul-in-path": lambda: request(pairs(DOCUMENT_URI=b"/healt\0h")),
    "no-method": lambda: request(pairs(REQUEST_METHOD=None)),
    "no-path": lambda: request(pairs(DOCUMENT_URI=None)),
    "no-params": lambda: begin() + record(PARAMS) + END_OF_BODY,
    "double-method": lambda: request(pairs() + DOUBLE),
    "equals-in-name": lambda: request(pairs() + [("HTTP_COOKIE=access_token", "x")]),
    "long-method": lambda: request(pairs(REQUEST_METHOD="X" * 60000)),
    "long-path": lambda: request(pairs(DOCUMENT_URI="/" + "x" * 60000)),
}


def run(path, name):
    connection = Connection(path)
    try:
        return connection.send(CASES[name]()).answer()[0]
    finally:
        connection.close()


def silent(path, count=40):
    """Many connections that send nothing or a part, and a valid request beside them."""
    parts = [b"", b"\1", VALID[:7], begin(), VALID[:60]]
    held = [Connection(path).send(parts[i % len(parts)]) for i in range(count)]
    started = time.monotonic()
    answer = Connection(path).send(VALID).answer()[0]
    quick = time.monotonic() - started < 6
    partial = {held[i].answer()[0] for i in range(count) if i % len(parts)}
    return "%s %s, parts: %s" % (answer, "quick" if quick else "slow", ",".join(sorted(partial)))


def kept(path, count=500):
    """Many requests on one kept connection; each answer has to be the one to its own request."""
    connection = Connection(path)
    seen = set()
    for i in range(count):
        wanted = ("/health", "200") if i % 3 else ("/none", "404 not_found")
        outcome_, _ = connection.send(get(wanted[0], keep=True)).answer()
        seen.add("right" if outcome_ == wanted[1] else outcome_)
    return ",".join(sorted(seen))


def crowd(path, count=700):
    """Connections that are kept after a request, more than a worker holds."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    kept_, seen = [], set()
    for _ in range(int(count)):
        kept_.append(Connection(path))
        seen.add(kept_[-1].send(get(keep=True)).answer()[0])
    last = kept_[-1].send(get(keep=True)).answer()[0]
    return "%d kept: %s only, and the last is %s" % (count, ",".join(sorted(seen)), "open" if last == "200" else last)


def crowd_asks(path, worker, kept_count=500, new_count=200):
    """As many kept connections as a worker holds ask, just after as many others have come that it sees first."""
    old = [Connection(path) for _ in range(kept_count)]
    for connection in old:
        connection.send(get(keep=True)).answer()
    os.kill(int(worker), signal.SIGSTOP)
    new = [Connection(path).send(get()) for _ in range(new_count)]
    for connection in old:
        connection.send(get(keep=True))
    os.kill(int(worker), signal.SIGCONT)
    return ",".join(sorted({connection.answer()[0] for connection in old + new}))


def unread(path, size="3000"):
    """A body that nobody reads, made of forged requests, and then another request on the same connection."""
    size = int(size)
    connection = Connection(path)
    first, _ = connection.send(get(keep=True, body=bodies(size), CONTENT_LENGTH=str(size))).answer()
    second, body = connection.send(get("/none", keep=True, REQUEST_ID="f" * 32)).answer()
    if second == "closed":
        return first + ", closed"
    own = json.loads(body).get("request_id") == "f" * 32
    third, _ = connection.send(get(keep=True)).answer()
    return "%s, %s %s, %s" % (first, second, "own" if own else "foreign", third)


def together(path):
    """Two requests in one write: the second is served or refused, never mixed with the first."""
    connection = Connection(path).send(get(keep=True) + get("/none", keep=True))
    return connection.answer()[0] + ", " + connection.answer()[0]


def in_pieces(path):
    """A valid request that arrives in pieces within the time."""
    connection = Connection(path)
    for i in range(0, len(VALID), 40):
        connection.send(VALID[i:i + 40])
        time.sleep(0.005)
    return connection.answer()[0]


def leaves(path, count=50):
    """Peers that close after the request, and in the middle of it."""
    for i in range(count):
        Connection(path).send(VALID if i % 2 else VALID[:50]).close()
    return Connection(path).send(VALID).answer()[0]


def hold(path, marker):
    """Sends half a request, makes the file, and waits for the end of the connection."""
    connection = Connection(path, 30).send(VALID[:50])
    open(marker, "w", encoding="ascii").close()
    return connection.answer()[0]


def unread_bytes(connection):
    return int.from_bytes(fcntl.ioctl(connection.socket, termios.FIONREAD, b"\0" * 4), sys.byteorder)


def wait_for_closing(connection):
    """Reads nothing, which would make room for more."""
    poll = select.poll()
    poll.register(connection.socket, select.POLLRDHUP)
    return bool(poll.poll(60_000))


def fill_with_answers(connection, most):
    """Asks again and again and reads no answer, `most` times or until no other fits. Returns how many came."""
    poll = select.poll()
    poll.register(connection.socket, select.POLLRDHUP)
    for count in range(most):
        before = unread_bytes(connection)
        connection.send(get(keep=True))
        while unread_bytes(connection) == before:
            if poll.poll(1):
                return count
    return most


def deaf(path, worker, count):
    """Peers that read no answers and have no room for another one ask once more, all in one turn of the worker. Says
    how many it has closed, and how many seconds that took."""
    size = fill_with_answers(Connection(path), 100_000)
    peers = [Connection(path) for _ in range(int(count))]
    for peer in peers:
        fill_with_answers(peer, size)
    os.kill(int(worker), signal.SIGSTOP)
    for peer in peers:
        peer.send(get(keep=True))
    os.kill(int(worker), signal.SIGCONT)
    started = time.monotonic()
    closed = sum(wait_for_closing(peer) for peer in peers)
    return "%d %d" % (closed, time.monotonic() - started)


def queued(path, marker):
    """A whole request; makes the file when it is sent, and waits for the answer."""
    connection = Connection(path, 60).send(VALID)
    open(marker, "w", encoding="ascii").close()
    return connection.answer()[0]


def parameters(path):
    """Binds the socket, and prints the parameters of the first request that comes."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    os.chmod(path, 0o666)
    listener.listen()
    with listener.accept()[0] as peer:
        data, content = peer.recv(65536), b""
    while len(data) >= 8:
        kind, size, padding = data[1], int.from_bytes(data[4:6], "big"), data[6]
        content += data[8:8 + size] if kind == PARAMS else b""
        data = data[8 + size + padding:]
    lines = []
    while content:
        lengths = []
        for _ in range(2):
            width = 4 if content[0] & 0x80 else 1
            lengths.append(int.from_bytes(content[:width], "big") & 0x7fffffff)
            content = content[width:]
        name, value, content = (content[:lengths[0]], content[lengths[0]:sum(lengths)], content[sum(lengths):])
        lines.append("%s=%s" % (name.decode(), value.decode()))
    return "\n".join(lines)


def fill(path):
    """Connects until the kernel refuses, and counts how many may wait."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    waiting = []
    while len(waiting) < 10000:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.setblocking(False)
        try:
            client.connect(path)
        except BlockingIOError:
            break
        waiting.append(client)
    return str(len(waiting))


class Client:
    """A user's browser in front of a socket: keeps the cookies, prints what each request is answered."""

    def __init__(self, path):
        self.path = path
        self.cookies = {}

    def ask(self, method, route, known_as=None, **body):
        data = json.dumps(body).encode() if body else b""
        more = {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(data))} if body else {}
        cookies = "; ".join("%s=%s" % pair_ for pair_ in self.cookies.items())
        connection = Connection(self.path, 30)
        got, text = connection.send(request(pairs(method, route, HTTP_COOKIE=cookies or None, **more), data)).answer()
        connection.close()
        for line in connection.output.partition(b"\r\n\r\n")[0].decode().split("\r\n"):
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                name, _, value = value.partition(";")[0].partition("=")
                self.cookies[name] = value
        print(method, known_as or route, got)
        if not text:
            sys.exit(1)
        return json.loads(text) if route != "/metrics" else text


def life(path):
    """A user from the registration to the end, by way of every route."""
    client = Client(path)
    name, password = "life-" + secrets.token_hex(6), "velvet-Kangaroo-17-umbrella"
    account = {"username": name, "password": password}
    client.ask("GET", "/health")
    client.ask("GET", "/ready")
    client.ask("GET", "/status")
    client.ask("GET", "/metrics")
    client.ask("POST", "/register", name="Life", username=name, password="password1")
    first = client.ask("POST", "/register", name="Life", **account)
    client.ask("GET", "/content")
    client.ask("GET", "/verify")
    client.ask("GET", "/me")
    client.ask("PATCH", "/me", name="A New Name")
    client.ask("POST", "/refresh")
    client.cookies.clear()
    client.ask("POST", "/login", **account)
    client.ask("GET", "/sessions")
    client.ask("GET", "/events")
    client.ask("DELETE", "/sessions/%s" % first.get("session", {}).get("id"), "/sessions/{id}")
    client.ask("POST", "/change-password", new_password=password + "!", current_password=password)
    client.ask("DELETE", "/sessions")
    client.ask("POST", "/logout")
    client.ask("POST", "/login", username=name, password=password + "!")
    client.ask("DELETE", "/delete")
    client.ask("POST", "/reset-password", token="none", new_password=password)
    return "end"


def logout_and_leave(path, token):
    """A change, and a peer that is gone before it is answered."""
    Connection(path).send(request(pairs("POST", "/logout", HTTP_COOKIE="refresh_token=" + token))).close()
    return "left"


def two_cookies(path, token):
    """A good token in the only parameter of cookies, and beside another such parameter."""
    good = ("HTTP_COOKIE", "access_token=" + token)
    alone, beside = (Connection(path).send(request(pairs("GET", "/content") + more)).answer()[0]
                     for more in ([good], [good, ("HTTP_COOKIE", "a=b")]))
    return alone + ", " + beside


def ask(path, *statements):
    """A question of an Authorizer about a page, with these parameters (NAME=VALUE). Prints the answer as it came."""
    connection = Connection(path)
    connection.send(question(page(**dict(statement.split("=", 1) for statement in statements)))).answer()
    return connection.output.decode().replace("\r", "")


def asked_and_closed(path):
    """A question on a connection that shall be kept, and what comes after the answer."""
    connection = Connection(path).send(begin(role=AUTHORIZER, keep=True) + QUESTION[16:] + END_OF_BODY)
    return connection.answer()[0] + ", " + connection.send(VALID).answer()[0]


def other_user(path, uid=1, gid=None):
    """Connects as another user: refused by the file's mode, or (with gid, the socket's group) closed."""
    os.setgroups([])
    os.setgid(int(gid or 1))
    os.setuid(int(uid))
    try:
        return Connection(path).send(VALID).answer()[0]
    except PermissionError:
        return "refused"


def other_user_leaves(path, uid, gid):
    """As another user, asks for a login and closes the connection without reading the answer."""
    os.setgroups([])
    os.setgid(int(gid))
    os.setuid(int(uid))
    body = b'{"username":"nobody.of.ours","password":"not the password"}'
    more = {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body))}
    Connection(path).send(request(pairs("POST", "/login", **more), body)).close()
    return "left"


def keep_asking(path):
    """Four clients that ask for a password hash again and again, until nobody listens."""
    body = b'{"username":"nobody","password":"not the password"}'
    login = request(pairs("POST", "/login", CONTENT_TYPE="application/json", CONTENT_LENGTH=str(len(body))), body)

    def ask(_):
        try:
            while True:
                Connection(path, 30).send(login).answer()
        except OSError:
            pass

    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        list(threads.map(ask, range(4)))
    return "refused"


SCENES = {"silent": silent, "kept": kept, "unread": unread, "together": together, "in-pieces": in_pieces,
          "leaves": leaves, "hold": hold, "queued": queued, "life": life, "keep-asking": keep_asking,
          "parameters": parameters, "fill": fill, "crowd": crowd, "crowd-asks": crowd_asks,
          "logout-and-leave": logout_and_leave, "other-user": other_user,
          "other-user-leaves": other_user_leaves,
          "two-cookies": two_cookies, "deaf": deaf, "ask": ask, "asked-and-closed": asked_and_closed}


def main():
    if sys.argv[1] == "--get":
        print(Connection(sys.argv[2]).send(get(sys.argv[3])).answer()[0])
    elif sys.argv[2] in SCENES:
        print(SCENES[sys.argv[2]](sys.argv[1], *sys.argv[3:]))
    else:
        with concurrent.futures.ThreadPoolExecutor(len(sys.argv)) as threads:
            for name, outcome_ in zip(sys.argv[2:], threads.map(lambda name: run(sys.argv[1], name), sys.argv[2:])):
                print(name, outcome_)


main()
