#!/usr/bin/python3
"""usage: echo_server.py SOCKET

An application behind the guard: answers every request with what arrived of it, as JSON: method, path, each header line as
it was sent, and length and SHA-256 of the body."""

import hashlib
import http.server
import json
import socketserver
import sys


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


class Echo(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        text = json.dumps({
            "method": self.command,
            "path": self.path,
            "headers": self.headers.items(),
            "length": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        pass


Server(sys.argv[1], Echo).serve_forever()
