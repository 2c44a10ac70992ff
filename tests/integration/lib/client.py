"""The HTTP client of the load and race programs: one connection a request, and an answer that has been checked.

Every answer must be whole and of the shape that the contract promises; what is not raises Broken. A connection that
ends without a single byte raises Unanswered.
"""
import http.client
import json
import socket

PASSWORD = "Tr0ub4dor-zebra-parade"
OTHER_PASSWORD = "velvet-Kangaroo-17-umbrella"


class Broken(Exception):
    """An answer that must never be: truncated, not JSON, a status that nothing explains."""


class Unanswered(Exception):
    """No byte of an answer: refused, reset or closed."""


class Answer:
    def __init__(self, status, headers, text):
        self.status = status
        self.headers = headers
        self.text = text
        try:
            self.json = json.loads(text)
        except ValueError as error:
            raise Broken("status %d with a body that is not JSON: %r" % (status, text[:200])) from error
        self.check()
        self.cookies = {}
        for line in headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value

    def check(self):
        if self.status >= 400:
            if self.headers.get_content_type() != "application/problem+json":
                raise Broken("status %d as %s" % (self.status, self.headers.get("Content-Type")))
            if self.json.get("status") != self.status or "code" not in self.json:
                raise Broken("status %d with the body %s" % (self.status, self.text[:200]))
        if self.status in (429, 503) and not (self.headers.get("Retry-After") or "").isdigit():
            raise Broken("status %d without Retry-After" % self.status)

    @property
    def code(self):
        return self.json.get("code", "")

    @property
    def pair(self):
        return self.cookies.get("access_token"), self.cookies.get("refresh_token")


def call(port, method, path, body=None, access=None, refresh=None, connection=None):
    """Sends one request. With a connection, that one (connected before, for a start at the same moment)."""
    headers = {"Connection": "close"}
    cookies = [name + "=" + value for name, value in (("access_token", access), ("refresh_token", refresh)) if value]
    if cookies:
        headers["Cookie"] = "; ".join(cookies)
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body)
    connection = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, data, headers)
        response = connection.getresponse()
        text = response.read()
    except http.client.IncompleteRead as error:
        raise Broken("truncated after %d bytes" % len(error.partial)) from error
    except http.client.RemoteDisconnected as error:
        raise Unanswered(str(error)) from error
    except http.client.HTTPException as error:
        raise Broken(repr(error)) from error
    except socket.timeout as error:
        raise Broken("no answer within the time to %s %s" % (method, path)) from error
    except OSError as error:
        raise Unanswered(str(error)) from error
    finally:
        connection.close()
    return Answer(response.status, response.headers, text.decode())


def connect(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    return connection


def register(port, username, password=PASSWORD, **more):
    return call(port, "POST", "/register", {"name": "Load", "username": username, "password": password}, **more)


def login(port, username, password=PASSWORD, **more):
    return call(port, "POST", "/login", {"username": username, "password": password}, **more)
