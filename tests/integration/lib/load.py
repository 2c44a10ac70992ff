"""A load of honest clients that must never be logged out, and that keeps a record of what was acknowledged.

usage: load.py PORT THREADS DIRECTORY
Runs until DIRECTORY/stop exists. A 503 is tried again until it is answered otherwise; once DIRECTORY/last exists, a
client ends at its first 503 instead. DIRECTORY/count grows with the answers. Prints one JSON object: statuses (how
many of each), broken (what must never be, unanswered requests among it), longest (the seconds in which nothing but 503
was answered to checks, and to changes), and what the database must now hold: users, revoked (session ids) and current
(session id and the hash of its refresh token). DIRECTORY/tokens has a line for each access token that was acknowledged
as the current one or as ended: the status that it must now be answered with, and the token.
"""
import base64
import collections
import hashlib
import json
import os
import random
import sys
import threading
import time

import client


class Over(Exception):
    """The client shall end here."""


class Load:
    def __init__(self, port, directory):
        self.port = port
        self.directory = directory
        self.lock = threading.Lock()
        self.statuses = collections.Counter()
        self.broken = []
        self.users, self.revoked, self.current = [], [], []
        self.live, self.ended = [], []
        self.longest = {"checks": 0.0, "changes": 0.0}
        self.answered = {}

    def has(self, name):
        return os.path.exists(os.path.join(self.directory, name))

    def note(self, method, status):
        with self.lock:
            self.statuses[str(status)] += 1
            if status != 503:
                self.note_time("checks" if method == "GET" else "changes", time.monotonic())
            count = sum(self.statuses.values())
            with open(os.path.join(self.directory, "count.new"), "w", encoding="ascii") as file:
                file.write(str(count))
            os.rename(os.path.join(self.directory, "count.new"), os.path.join(self.directory, "count"))

    def note_time(self, kind, now):
        self.longest[kind] = max(self.longest[kind], round(now - self.answered.get(kind, now), 1))
        self.answered[kind] = now

    def complain(self, text):
        with self.lock:
            self.broken.append(text)

    def ask(self, allowed, *request, **more):
        """One step: repeated as long as the answer is 503. `allowed` are the statuses of the first try, `allowed_again`
        those of a repetition, when an earlier try may have been done all the same."""
        allowed_again = more.pop("allowed_again", allowed)
        give_up = time.monotonic() + 90
        tries = 0
        while True:
            tries += 1
            try:
                answer = client.call(self.port, *request, **more)
                self.note(request[0], answer.status)
                if answer.status != 503:
                    if answer.status not in (allowed if tries == 1 else allowed_again):
                        raise client.Broken("%s %s, try %d: %d %s" % (request[0], request[1], tries, answer.status,
                                                                      answer.code))
                    return answer
            except client.Unanswered as error:
                self.complain("%s %s was not answered: %s" % (request[0], request[1], error))
            if self.has("last"):
                raise Over
            if time.monotonic() > give_up:
                raise client.Broken("%s %s: no success in 90 s" % request[:2])
            time.sleep(0.02)

    def session(self, name):
        """One session from login to logout. Its record is what was acknowledged last."""
        answer = self.ask((200,), "POST", "/login", {"username": name, "password": client.PASSWORD})
        access, refresh = answer.pair
        session = answer.json["session"]["id"]
        record = {"id": session, "token": refresh}
        try:
            for _ in range(random.randint(1, 4)):
                self.ask((200,), "GET", "/content", access=access)
                # Until it is answered, it is open whether the rotation was committed.
                record = None
                old, answer = access, self.ask((200,), "POST", "/refresh", access=access, refresh=refresh)
                access, refresh = answer.pair
                record = {"id": session, "token": refresh}
                self.ended.append(old)
                self.ask((200,), "GET", "/content", access=access)
                self.ask((401,), "GET", "/content", access=old)
            if random.random() < 0.3:
                return
            record = None
            self.ask((200,), "POST", "/logout", access=access, refresh=refresh, allowed_again=(200, 401))
            with self.lock:
                self.revoked.append(session)
                self.ended.append(access)
            self.ask((401,), "GET", "/content", access=access)
        finally:
            if record:
                raw = base64.urlsafe_b64decode(record["token"] + "=")
                with self.lock:
                    self.current.append([record["id"], hashlib.sha256(raw).hexdigest()])
                    self.live.append(access)

    def write_tokens(self):
        with open(os.path.join(self.directory, "tokens"), "w", encoding="ascii") as file:
            file.writelines("200 %s\n" % token for token in self.live)
            file.writelines("401 %s\n" % token for token in self.ended)

    def run(self, number):
        name = "load%d.%d.%d" % (os.getpid(), number, time.time_ns() % 1000000)
        try:
            self.ask((201,), "POST", "/register", {"name": "Load", "username": name, "password": client.PASSWORD},
                     allowed_again=(201, 409))
            with self.lock:
                self.users.append(name)
            while not self.has("stop"):
                self.session(name)
        except Over:
            pass
        except client.Broken as error:
            self.complain(str(error))
        except Exception as error:  # a fault of this program must not look like success
            self.complain(repr(error))


def main():
    load = Load(int(sys.argv[1]), sys.argv[3])
    threads = [threading.Thread(target=load.run, args=(i,)) for i in range(int(sys.argv[2]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.write_tokens()
    print(json.dumps({"statuses": load.statuses, "broken": load.broken, "longest": load.longest, "users": load.users,
                      "revoked": load.revoked, "current": load.current}))


main()
