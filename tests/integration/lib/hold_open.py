"""Opens connections, sends the same bytes on each, and holds them open until it is killed.

usage: hold_open.py PORT|SOCKET COUNT BYTES
Prints "open" when all have been sent.
"""
import resource
import signal
import socket
import sys


def connect(place):
    if place.isdigit():
        return socket.create_connection(("127.0.0.1", int(place)), timeout=30)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(30)
    connection.connect(place)
    return connection


def main():
    place, count, data = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    held = []
    for _ in range(count):
        connection = connect(place)
        connection.sendall(data)
        held.append(connection)
    print("open", flush=True)
    signal.pause()


main()
