#!/usr/bin/python3
"""usage: parameters_server.py uwsgi|scgi SOCKET

An application behind uwsgi_pass or scgi_pass: answers every request with the parameters that arrived, as JSON: a list of
[name, value], in their order."""

import json
import socketserver
import struct
import sys


def read_uwsgi(stream):
    size = struct.unpack("<xHx", stream.read(4))[0]
    block = stream.read(size)
    texts, at = [], 0
    while at < size:
        (length,) = struct.unpack_from("<H", block, at)
        texts.append(block[at + 2:at + 2 + length])
        at += 2 + length
    return texts


def read_scgi(stream):
    size = b""
    while not size.endswith(b":"):
        size += stream.read(1)
    return stream.read(int(size[:-1])).split(b"\0")[:-1]


class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        texts = [text.decode("latin-1") for text in READ[KIND](self.rfile)]
        body = json.dumps(list(zip(texts[::2], texts[1::2])))
        head = {"uwsgi": "HTTP/1.0 200 OK", "scgi": "Status: 200 OK"}[KIND]
        self.wfile.write(f"{head}\r\nContent-Type: application/json\r\n\r\n{body}".encode())


READ = {"uwsgi": read_uwsgi, "scgi": read_scgi}
KIND = sys.argv[1]
socketserver.ThreadingUnixStreamServer(sys.argv[2], Echo).serve_forever()
