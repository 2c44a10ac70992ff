"""Many clients that ask for a password hash at the same time, each from an address of its own (127.0.0.0/8).

usage: flood.py PORT COUNT leave|stay PATH COOKIE
`leave`: each hangs up as soon as its request is sent. `stay`: each waits for its answer. Prints how many connections
brought what: a status, with `Retry-After` where the answer has it, "none", or for `leave` nothing but "left".
PATH is /login, or /change-password with the COOKIE of a session.
"""
import collections
import os
import resource
import selectors
import socket
import sys
import time

PATIENCE = 30  # seconds


def address(number):
    return "127.%d.%d.%d" % (1 + number // 62500 % 200, number // 250 % 250, 1 + number % 250)


def make_request(path, number, cookie):
    if path == "/change-password":
        body = '{"new_password":"velvet-Kangaroo-18-umbrella"}'
    else:
        body = '{"username":"flood%d.%d","password":"velvet-Kangaroo-17-umbrella"}' % (os.getpid(), number)
    lines = ["POST %s HTTP/1.1" % path, "Host: localhost", "Content-Type: application/json",
             "Content-Length: %d" % len(body), "Connection: close"]
    if cookie:
        lines.append("Cookie: " + cookie)
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def connect(port, number):
    client = socket.socket()
    client.bind((address(number), 0))
    client.connect(("127.0.0.1", port))
    return client


def outcome(answer):
    if not answer:
        return "none"
    head = answer.partition(b"\r\n\r\n")[0].decode()
    return head.split()[1] + (" Retry-After" if "\nRetry-After:" in head else "")


def stay(clients):
    """Reads all answers to their ends."""
    seen, answers, deadline = collections.Counter(), {}, time.monotonic() + PATIENCE
    with selectors.DefaultSelector() as selector:
        for client in clients:
            answers[client] = b""
            selector.register(client, selectors.EVENT_READ)
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(1):
                try:
                    data = key.fileobj.recv(65536)
                except ConnectionResetError:
                    data = b""
                answers[key.fileobj] += data
                if not data:
                    selector.unregister(key.fileobj)
    for answer in answers.values():
        seen[outcome(answer)] += 1
    return seen


def main():
    port, count, kind, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
    cookie = sys.argv[5] if len(sys.argv) > 5 else ""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    clients = []
    for number in range(count):
        client = connect(port, number)
        client.sendall(make_request(path, number, cookie))
        if kind == "leave":
            client.close()
        else:
            clients.append(client)
    seen = stay(clients) if kind == "stay" else {"left": count}
    for what, number in sorted(seen.items()):
        print(what, number)


main()
