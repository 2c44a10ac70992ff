"""A refresh whose answer is lost: sends the request and ends the connection with a reset, without reading a byte.

usage: lost_answer.py PORT REFRESH-TOKEN
"""
import socket
import struct
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30) as connection:
    # With no time to linger, closing sends a reset: what the service has answered cannot arrive.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    connection.sendall(("POST /refresh HTTP/1.1\r\nHost: localhost\r\nCookie: refresh_token=%s\r\nContent-Length: 0\r\n\r\n"
                        % sys.argv[2]).encode())
    # The service's answer is waiting in the socket: it was committed, and is thrown away.
    connection.recv(1, socket.MSG_PEEK)
