#!/usr/bin/python3
"""usage: application.py PORT

An application behind the proxy of a web server, which reads the names of headers as carelessly as any: answers every
request with the parameters that it makes of them, one a line. Small and large letters are alike, and so are `-` and all
else that is neither a letter nor a digit; what comes twice has both values. A line has the SHA-256 of the body. It
takes an `Upgrade: websocket` or `h2c`, the first one of several."""

import hashlib
import http.server
import re
import sys


def read_parameters(headers):
    parameters = {}
    for name, value in headers.items():
        name = "HTTP_" + re.sub("[^A-Z0-9]", "_", name.upper())
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return parameters


class Application(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        lines = [f"{name}={value}\n" for name, value in read_parameters(self.headers).items()]
        lines.append(f"BODY={hashlib.sha256(body).hexdigest()}  -\n")
        text = "".join(lines).encode("latin-1") + b"END\n"
        upgrade = re.match("websocket|h2c", self.headers.get("Upgrade", ""))
        upgrades = upgrade and "Upgrade" in self.headers.get("Connection", "")
        self.send_response(101 if upgrades else 200)
        if upgrades:
            self.send_header("Upgrade", upgrade[0])
            self.send_header("Connection", "Upgrade")
            self.close_connection = True
        else:
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Application).serve_forever()
