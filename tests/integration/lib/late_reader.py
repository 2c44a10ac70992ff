"""Asks for a page as a client with small buffers does, and reads no more than the first byte of the answer until a line
comes on standard input.

usage: late_reader.py PORT PATH COOKIE
Prints "begun" when the answer has begun, and then "whole" or what is missing, when it has read all.
"""
import socket
import sys


def main():
    port, path, cookie = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    connection = socket.socket()
    connection.settimeout(60)
    # As on a real link: on loopback, nginx could leave all of it to the kernel.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    connection.connect(("127.0.0.1", port))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n".encode())
    answer = connection.recv(1)
    print("begun", flush=True)
    sys.stdin.readline()
    while chunk := connection.recv(65536):
        answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    sizes = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    print("whole" if sizes == [len(body)] else f"{len(body)} bytes of {sizes} after {head!r}", flush=True)


main()
