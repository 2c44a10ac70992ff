"""Sends the bytes of standard input to an HTTP port as they are, and stores the answer like curl -D -o does.

usage: raw_http.py PORT ANSWER [--close-early]
Writes ANSWER.headers and ANSWER.body; prints the status, or "closed" when the server closed without an answer,
or "hung" when it neither answered nor closed. --close-early closes at once after sending, without reading.
"""
import socket
import sys


def read_answer(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            break
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    if not head:
        return "closed", b"", b""
    if not head.startswith(b"HTTP/"):
        return "no status line", head, body
    length = None
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while length is None or len(body) < length:
        chunk = connection.recv(65536)
        if not chunk:
            break
        body += chunk
    return head.split(b" ")[1].decode(), head, body


def main():
    port, answer = int(sys.argv[1]), sys.argv[2]
    request = sys.stdin.buffer.read()
    status, head, body = "hung", b"", b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        try:
            connection.sendall(request)
            if "--close-early" not in sys.argv:
                status, head, body = read_answer(connection)
            else:
                status = "left"
        except socket.timeout:
            pass
        except (ConnectionResetError, BrokenPipeError):
            status = "closed"
    with open(answer + ".headers", "wb") as file:
        file.write(head + b"\r\n\r\n")
    with open(answer + ".body", "wb") as file:
        file.write(body)
    print(status)


main()
