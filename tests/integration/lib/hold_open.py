"""Opens connections, sends the same bytes on each, and holds them open until it is killed.

usage: hold_open.py PORT COUNT BYTES
Prints "open" when all have been sent.
"""
import resource
import signal
import socket
import sys


def main():
    port, count, data = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    held = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        connection.sendall(data)
        held.append(connection)
    print("open", flush=True)
    signal.pause()


main()
