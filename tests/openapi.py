#!/usr/bin/python3
"""Holds docs/openapi.yaml to the service.

  openapi.py static          routes of `sessiond -r` and problem codes of src/ and nginx/ against the document
  openapi.py live HOST:PORT  every operation driven; each answer must be one that the document describes

SESSIOND in the environment names another program than build/sessiond. Needs python3-yaml and python3-jsonschema.
Prints each violation and exits 1 when there is one.
"""

import http.client
import json
import os
import re
import secrets
import subprocess
import sys
import warnings
from pathlib import Path

import yaml

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from jsonschema import Draft202012Validator, RefResolver

ROOT = Path(__file__).resolve().parent.parent
SESSIOND = ROOT / (os.environ.get("SESSIOND") or "build/sessiond")
METHODS = ("get", "put", "post", "delete", "patch")
PASSWORD = "velvet-Kangaroo-17-umbrella"


class Document:
    """The parsed document; says what is wrong with an answer."""

    def __init__(self, path):
        self.root = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.resolver = RefResolver("", self.root)

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def operations(self):
        return {
            (method.upper(), path)
            for path, item in self.root["paths"].items()
            for method in item
            if method in METHODS
        }

    def pages(self):
        """The operations that nginx serves without the service."""
        return {(method, path) for method, path in self.operations() if "page" in self.operation(method, path)["tags"]}

    def operation(self, method, path):
        known_as = "get" if method == "HEAD" else method.lower()
        return self.root["paths"].get(self.documented_path(path), {}).get(known_as)

    @staticmethod
    def documented_path(path):
        """The path as the document writes it: without a query, an id as {id}."""
        return re.sub(r"^/sessions/[^/]+$", "/sessions/{id}", path.split("?")[0])

    def codes(self):
        return set(self.root["components"]["schemas"]["ProblemCode"]["enum"])

    def component_response(self, name):
        return self.root["components"]["responses"][name]

    def schema_errors(self, schema, value):
        validator = Draft202012Validator(schema, resolver=self.resolver)
        return [f"{'/'.join(map(str, e.absolute_path)) or 'body'}: {e.message}" for e in validator.iter_errors(value)]

    def accepts_request(self, operation, text):
        """Whether the schema of the request's body takes the text; None when the operation has no body."""
        if "requestBody" not in operation:
            return None
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        try:
            return not self.schema_errors(schema, json.loads(text))
        except ValueError:
            return False

    def answer_errors(self, response, answer, is_head):
        """What in the answer is not as the response object says."""
        response = self.resolve(response)
        errors = self.header_errors(response.get("headers", {}), answer)
        media = answer.media_type()
        if media not in response["content"]:
            return errors + [f"media type {media} is not documented"]
        if is_head:
            return errors + ([f"HEAD has a body of {len(answer.body)} bytes"] if answer.body else [])
        if media.startswith("text/"):
            return errors
        try:
            value = json.loads(answer.body)
        except ValueError as error:
            return errors + [f"the body is not JSON: {error}"]
        return errors + self.schema_errors(response["content"][media]["schema"], value)

    def header_errors(self, headers, answer):
        errors = []
        for name, header in headers.items():
            header = self.resolve(header)
            values = answer.header(name)
            if header.get("required") and not values:
                errors.append(f"header {name} is missing")
            for value in values:
                errors += [f"header {name}: {e}" for e in self.schema_errors(header["schema"], value)]
        if "Set-Cookie" not in headers and answer.header("Set-Cookie"):
            errors.append("sets cookies that are not documented")
        return errors


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.getheaders()
        self.body = response.read()

    def header(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def media_type(self):
        return (self.header("Content-Type") or ["none"])[0].split(";")[0].strip()

    def code(self):
        try:
            return json.loads(self.body).get("code")
        except (ValueError, AttributeError):
            return None

    def cookies(self):
        pairs = [line.split(";")[0].split("=", 1) for line in self.header("Set-Cookie")]
        return {name: value for name, value in pairs}


class Live:
    """Sends requests and collects what the answers violate."""

    def __init__(self, document, address):
        self.document = document
        self.address = address
        self.errors = []
        self.requests = 0
        self.seen = set()
        self.seen_codes = set()

    def call(self, method, path, expected, body=None, response=None, **headers):
        """One request. `expected` is a status, or (status, code). `response` names a component for a path or
        method that is no documented operation."""
        answer = self.send(method, path, body, headers)
        status, code = expected if isinstance(expected, tuple) else (expected, None)
        label = f"{method} {path[:60]} {str(body)[:60] if body else ''} -> {answer.status} {answer.code() or ''}"
        found = []
        if answer.status != status or (code and method != "HEAD" and answer.code() != code):
            found.append(f"expected {status} {code or ''}")
        found += self.check_answer(method, path, answer, response)
        found += self.check_request(method, path, body, answer, headers)
        self.errors += [f"{label}: {text}" for text in found]
        return answer

    def send(self, method, path, body, headers):
        self.requests += 1
        if isinstance(body, dict):
            body = json.dumps(body)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def check_answer(self, method, path, answer, component):
        if answer.code():
            self.seen_codes.add(answer.code())
        if component:
            return self.document.answer_errors(self.document.component_response(component), answer, method == "HEAD")
        operation = self.document.operation(method, path)
        self.seen.add((method, self.document.documented_path(path), answer.status))
        response = operation["responses"].get(str(answer.status))
        if response is None:
            return [f"status {answer.status} is not documented"]
        return self.document.answer_errors(response, answer, method == "HEAD")

    def check_request(self, method, path, body, answer, headers):
        """A body that the schema refuses must not succeed, one that succeeds must fit it."""
        operation = self.document.operation(method, path)
        if operation is None or body is None or "Content_Type" in headers:
            return []
        accepted = self.document.accepts_request(operation, body if isinstance(body, str) else json.dumps(body))
        if accepted is False and answer.status < 300:
            return ["the service took a body that the document refuses"]
        return []

    def finish(self):
        for method, path in sorted(self.document.operations()):
            if not any(s < 400 for m, p, s in self.seen if (m, p) == (method, path)):
                self.errors.append(f"{method} {path}: no success was seen")
        for code in sorted(self.seen_codes - self.document.codes()):
            self.errors.append(f"code {code} is not documented")


def unique_name():
    return "openapi-" + secrets.token_hex(6)


def registration(account, **changes):
    return {"name": "Open Api", "username": account, "password": PASSWORD, **changes}


def cookie_header(cookies):
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def register(live, username):
    """A new user; returns the Cookie header of the session."""
    return cookie_header(live.call("POST", "/register", 201, registration(username)).cookies())


def drive_health(live):
    for path in ("/health", "/ready", "/status", "/metrics"):
        live.call("GET", path, 200)
        live.call("HEAD", path, 200)
    for path in ("/status", "/metrics"):
        live.call("GET", path, (403, "status_forbidden"), X_Forwarded_For="192.0.2.7")


def drive_pages(live):
    for path in ("/login", "/register", "/reset", "/account", "/logout"):
        live.call("GET", path, 200)
        live.call("HEAD", path, 200)
        live.call("GET", path, 431, Cookie="a=" + "a" * 9000)
        live.call("GET", path + "?a=" + "a" * 9000, 414)
    live.call("GET", "/", 302)
    live.call("GET", "/", 302, Cookie="access_token=x")


def drive_paths_and_methods(live):
    for path in ("/nothing", "/content/", "/Login"):
        live.call("GET", path, (404, "not_found"), response="NotFound")
        live.call("GET", path, 404, response="NotFound", Accept="text/html")
    for method, path in (("DELETE", "/content"), ("GET", "/refresh"), ("PUT", "/delete"), ("POST", "/health")):
        live.call(method, path, (405, "method_not_allowed"), response="MethodNotAllowed")
    live.call("GET", "/" + "a" * 9000, (414, "uri_too_long"), response="UriTooLong")
    live.call("GET", "/%zz", (400, "bad_request"), response="BadRequest")
    live.call("GET", "/health", (400, "bad_request"), Content_Length="x")


def drive_bodies(live):
    """What every route with a body refuses alike."""
    cookie = register(live, unique_name())
    for method, path in (("POST", "/register"), ("POST", "/login"), ("POST", "/change-password"), ("POST", "/reset-password"), ("DELETE", "/delete")):
        live.call(method, path, (415, "unsupported_media_type"), "{}", Content_Type="text/plain", Cookie=cookie)
        live.call(method, path, (413, "payload_too_large"), json.dumps({"a": "a" * 9000}), Cookie=cookie)
        live.call(method, path, (400, "invalid_json"), '{', Cookie=cookie)
        for body in ({"unknown": "x"}, {"current_password": 1}, {"password": None}):
            live.call(method, path, (400, "invalid_request"), body, Cookie=cookie)
        live.call(method, path, (403, "cross_site_request"), "{}", Cookie=cookie, Sec_Fetch_Site="cross-site")
        live.call(method, path, (501, "not_implemented"), "{}", Cookie=cookie, Transfer_Encoding="gzip")


def drive_register(live):
    username = unique_name()
    live.call("POST", "/register", 201, registration(username))
    live.call("POST", "/register", (409, "username_taken"), registration(username.upper()))
    for change in (
        {"name": ""},
        {"name": "\u0007"},
        {"name": "n" * 201},
        {"username": "ab"},
        {"username": "a" * 65},
        {"username": ".dot"},
        {"password": "short"},
        {"password": "p" * 1025},
        {"password": 12345678},
        {"role": "admin"},
    ):
        live.call("POST", "/register", (400, "invalid_request"), registration(unique_name(), **change))
    username = unique_name()
    live.call("POST", "/register", (400, "invalid_request"), registration(username, password=username))


def drive_events(live):
    cookie = register(live, unique_name())
    for method in ("GET", "HEAD"):
        live.call(method, "/events", 200, Cookie=cookie)
        live.call(method, "/events", (401, "unauthorized"))


def drive_tickets(live):
    live.call("POST", "/register", (403, "registration_closed"), registration(unique_name(), invite="unknown"))
    live.call("POST", "/register", 201, registration(unique_name(), invite=None))
    live.call("POST", "/reset-password", (401, "invalid_ticket"), {"token": "unknown", "new_password": PASSWORD})
    live.call("POST", "/reset-password", 200, {"token": os.environ["RESET_TOKEN"], "new_password": PASSWORD + " new"})


def drive_login_and_content(live):
    username = unique_name()
    register(live, username)
    live.call("POST", "/login", (401, "invalid_credentials"), {"username": username, "password": PASSWORD + "x"})
    live.call("POST", "/login", (401, "invalid_credentials"), {"username": unique_name(), "password": PASSWORD})
    cookies = live.call("POST", "/login", 200, {"username": username, "password": PASSWORD}).cookies()
    bearer = "Bearer " + cookies["access_token"]
    for method in ("GET", "HEAD"):
        live.call(method, "/content", 200, Cookie=cookie_header(cookies))
        live.call(method, "/content", 200, Authorization=bearer)
        live.call(method, "/content", (401, "unauthorized"))
        live.call(method, "/content", (401, "unauthorized"), Authorization="Bearer wrong", Cookie=cookie_header(cookies))
        live.call(method, "/content", (401, "unauthorized"), Authorization="Bearer " + cookies["refresh_token"])


def drive_redirects(live):
    username = unique_name()
    cookie = register(live, username)
    for address in ("/demo/?a=b", "//evil.example", None):
        body = {"username": username, "password": PASSWORD, "redirect": address}
        live.call("POST", "/login", 200, body)
        cookie = cookie_header(live.call("POST", "/refresh", 200, {"redirect": address}, Cookie=cookie).cookies())
    live.call("POST", "/refresh", (400, "invalid_request"), {"redirect": 1}, Cookie=cookie)


def drive_verify(live):
    cookie = register(live, unique_name())
    original = {"X_Original_URL": "http://app.example.org/?a=b", "X_Original_Method": "GET"}
    for method in ("GET", "HEAD"):
        live.call(method, "/verify", 200, Cookie=cookie, **original)
        live.call(method, "/verify", (401, "unauthorized"), **original)
        live.call(method, "/verify", (401, "unauthorized"), Accept="text/html", **original)
    described = {"X_Forwarded_Method": "GET", "X_Forwarded_Host": "a.test", "X_Forwarded_Uri": "/x"}
    live.call("GET", "/verify", (403, "forbidden"), Cookie=cookie, **described)


def drive_refresh_and_logout(live):
    cookie = register(live, unique_name())
    live.call("POST", "/refresh", (403, "cross_site_request"), Cookie=cookie, Origin="https://evil.example")
    live.call("POST", "/logout", (403, "cross_site_request"), Cookie=cookie, Sec_Fetch_Site="same-site")
    live.call("POST", "/refresh?if_expired=true", 200, Cookie=cookie)
    live.call("POST", "/refresh?if_expired=1", (400, "invalid_request"), Cookie=cookie)
    live.call("POST", "/refresh", (401, "invalid_refresh_token"))
    live.call("POST", "/refresh", (401, "invalid_refresh_token"), Cookie="refresh_token=" + "A" * 43)
    cookie = cookie_header(live.call("POST", "/refresh", 200, Cookie=cookie).cookies())
    live.call("GET", "/content", 200, Cookie=cookie)
    live.call("POST", "/logout", (400, "invalid_request"), {"unknown": "x"}, Cookie=cookie)
    live.call("POST", "/logout", 200, Cookie=cookie)
    live.call("POST", "/logout", (401, "unauthorized"), Cookie=cookie)
    live.call("POST", "/logout", 200, {"redirect": "/x"}, Cookie=register(live, unique_name()))
    live.call("POST", "/logout", (401, "unauthorized"), {"redirect": "/x"}, Cookie=cookie)
    live.call("POST", "/logout", (401, "unauthorized"))


def drive_password_change(live):
    cookie = register(live, unique_name())
    new = "marble-Orchid-88-lantern"
    path = "/change-password"
    live.call("POST", path, (401, "unauthorized"), {"new_password": new})
    live.call("POST", path, (400, "invalid_request"), {"new_password": "short"}, Cookie=cookie)
    live.call("POST", path, (403, "wrong_current_password"), {"new_password": new, "current_password": new}, Cookie=cookie)
    live.call("POST", path, 200, {"new_password": new, "current_password": PASSWORD}, Cookie=cookie)
    live.call("POST", path, 200, {"new_password": PASSWORD}, Cookie=cookie)
    live.call("POST", path, 200, {"new_password": new, "current_password": None}, Cookie=cookie)


def drive_delete(live):
    cookie = register(live, unique_name())
    live.call("DELETE", "/delete", (401, "unauthorized"))
    live.call("DELETE", "/delete", (403, "wrong_current_password"), {"current_password": "wrong password"}, Cookie=cookie)
    live.call("DELETE", "/delete", 200, {"current_password": PASSWORD}, Cookie=cookie)
    live.call("DELETE", "/delete", (401, "unauthorized"), Cookie=cookie)
    live.call("DELETE", "/delete", 200, Cookie=register(live, unique_name()))
    live.call("DELETE", "/delete", 200, {"current_password": None}, Cookie=register(live, unique_name()))


def drive_profile(live):
    username = unique_name()
    cookie = register(live, username)
    for method in ("GET", "HEAD"):
        for path in ("/me", "/sessions"):
            live.call(method, path, 200, Cookie=cookie)
            live.call(method, path, (401, "unauthorized"))
    live.call("PATCH", "/me", 200, {"name": "Other"}, Cookie=cookie)
    live.call("PATCH", "/me", (400, "invalid_request"), {"name": " "}, Cookie=cookie)
    live.call("PATCH", "/me", (401, "unauthorized"), {"name": "Other"})


def drive_sessions(live):
    username = unique_name()
    cookie = register(live, username)
    other = live.call("POST", "/login", 200, {"username": username, "password": PASSWORD})
    session = json.loads(other.body)["session"]["id"]
    live.call("DELETE", f"/sessions/{session}", 200, Cookie=cookie)
    live.call("DELETE", f"/sessions/{session}", (404, "not_found"), Cookie=cookie)
    live.call("DELETE", "/sessions/1x", (404, "not_found"), Cookie=cookie)
    live.call("DELETE", "/sessions", 200, Cookie=cookie)
    live.call("DELETE", "/sessions?all=maybe", (400, "invalid_request"), Cookie=cookie)
    live.call("DELETE", "/sessions?all=true", 200, Cookie=cookie)
    live.call("DELETE", "/sessions", (401, "unauthorized"), Cookie=cookie)


def check_live(document, address):
    live = Live(document, address)
    for drive in (
        drive_health,
        drive_pages,
        drive_paths_and_methods,
        drive_bodies,
        drive_register,
        drive_tickets,
        drive_events,
        drive_login_and_content,
        drive_redirects,
        drive_verify,
        drive_refresh_and_logout,
        drive_password_change,
        drive_delete,
        drive_profile,
        drive_sessions,
    ):
        drive(live)
    live.finish()
    print(f"{live.requests} requests, codes seen: {' '.join(sorted(live.seen_codes))}")
    return live.errors


def routes_of_binary():
    """(method, path) of each line of the route table; HEAD goes with GET."""
    output = subprocess.run([SESSIOND, "-r"], check=True, capture_output=True, text=True).stdout
    rows = {tuple(line.split()[:2]) for line in output.splitlines() if line.strip()}
    return {(method, path) for method, path in rows if method != "HEAD"}


def codes_of_sources():
    """Every problem code, with the place where it stands."""
    table = (ROOT / "src/base/problem.h").read_text(encoding="utf-8")
    found = {code: "src/base/problem.h" for code in re.findall(r'ProblemRow\{\s*ProblemId::\w+, \d+, "(\w+)"', table)}
    for file in sorted((ROOT / "nginx").rglob("*")):
        if file.is_file():
            for code in re.findall(r'"code" *: *"(\w+)"', file.read_text(encoding="utf-8")):
                found.setdefault(code, str(file.relative_to(ROOT)))
    return found


def check_static(document):
    routes, operations = routes_of_binary(), document.operations() - document.pages()
    errors = [f"route {' '.join(r)} is not documented" for r in sorted(routes - operations)]
    errors += [f"{' '.join(r)} is documented but is no route" for r in sorted(operations - routes)]
    codes = codes_of_sources()
    errors += [f"code {c} of {where} is not documented" for c, where in codes.items() if c not in document.codes()]
    errors += [f"code {c} is documented but nothing makes it" for c in sorted(document.codes() - set(codes))]
    print(f"{len(routes)} routes, {len(codes)} problem codes")
    return errors


def main(arguments):
    document = Document(ROOT / "docs/openapi.yaml")
    if arguments == ["static"]:
        errors = check_static(document)
    elif len(arguments) == 2 and arguments[0] == "live":
        errors = check_live(document, arguments[1])
    else:
        print(__doc__, file=sys.stderr)
        return 2
    for error in errors:
        print(error)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
