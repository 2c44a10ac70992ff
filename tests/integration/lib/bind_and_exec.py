"""Binds unix sockets and runs a program with them, as a supervisor does.

usage: bind_and_exec.py --stdin SOCKET COMMAND...            the socket is descriptor 0
       bind_and_exec.py --listen NAME=SOCKET,... COMMAND...  the sockets are the descriptors from 3 on, with their names
       bind_and_exec.py --foreign NAME=SOCKET,... COMMAND... the same, but meant for another process
A SOCKET of /dev/null is opened instead, and is no socket.
The process becomes the program: it keeps its process id.
"""
import os
import socket
import sys

FIRST = 3


def bind(path):
    if path == os.devnull:
        return os.open(path, os.O_RDWR)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(128)
    return listener.detach()


def hand_over(descriptors, first):
    """Moves the descriptors to first, first + 1, ... and lets the program inherit them."""
    spare = [os.dup2(d, first + len(descriptors) + 10 + i, inheritable=False) for i, d in enumerate(descriptors)]
    for i, descriptor in enumerate(spare):
        os.dup2(descriptor, first + i)


def main():
    kind, what, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    if kind == "--stdin":
        hand_over([bind(what)], 0)
    else:
        names, paths = zip(*(part.split("=", 1) for part in what.split(",")))
        hand_over([bind(path) for path in paths], FIRST)
        os.environ.update(LISTEN_PID=str(os.getpid() + (kind == "--foreign")), LISTEN_FDS=str(len(names)),
                          LISTEN_FDNAMES=":".join(names))
    os.execvp(command[0], command)


main()
