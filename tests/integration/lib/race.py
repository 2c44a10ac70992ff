"""Requests that start at the same moment, and what must hold once they have returned.

usage: race.py PORT SCENE ROUNDS
Prints one JSON object: rounds, answers (how many of each status for each kind of request), wrong (what must not be),
and what a scene adds for the questions to the database. Every round has its own user.
"""
import collections
import json
import os
import random
import sys
import threading
import time

import client


class Race:
    def __init__(self, port):
        self.port = port
        self.answers = collections.defaultdict(collections.Counter)
        self.wrong = []
        self.more = {}
        self.names = 0

    def name(self):
        self.names += 1
        return "race%d.%d" % (os.getpid(), self.names)

    def user(self):
        """A new user with a session: the name, the access and the refresh token."""
        name = self.name()
        answer = client.register(self.port, name)
        self.expect(answer.status == 201, "register %d" % answer.status)
        return (name, *answer.pair)

    def session(self, name, password=client.PASSWORD):
        answer = client.login(self.port, name, password)
        self.expect(answer.status == 200, "login %d" % answer.status)
        return answer.pair

    def expect(self, holds, text):
        if not holds:
            self.wrong.append(text)

    def together(self, calls):
        """calls: (kind, request arguments, keywords). Returns the answers in the same order."""
        barrier = threading.Barrier(len(calls))
        results = [None] * len(calls)

        def run(i):
            kind, arguments, keywords = calls[i]
            connection = client.connect(self.port)
            barrier.wait()
            try:
                results[i] = client.call(self.port, *arguments, connection=connection, **keywords)
            except (client.Broken, client.Unanswered) as error:
                self.wrong.append("%s: %s" % (kind, error))

        threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for (kind, _, _), answer in zip(calls, results):
            if answer:
                self.answers[kind][str(answer.status)] += 1
        if None in results:
            raise client.Broken("a request was not answered: %s" % self.wrong)
        return results

    def is_dead(self, what, pair):
        """Neither token of the pair is accepted any more."""
        access, refresh = pair
        if access:
            status = client.call(self.port, "GET", "/content", access=access).status
            self.expect(status == 401, "%s: its access token is answered %d" % (what, status))
        if refresh:
            status = client.call(self.port, "POST", "/refresh", refresh=refresh).status
            self.expect(status == 401, "%s: its refresh token is answered %d" % (what, status))

    def is_alive(self, what, access):
        status = client.call(self.port, "GET", "/content", access=access).status
        self.expect(status == 200, "%s: its access token is answered %d" % (what, status))

    def only(self, kind, *statuses):
        """No other status than these was ever answered to this kind of request."""
        self.expect(set(self.answers[kind]) <= {str(s) for s in statuses}, "%s: %s" % (kind, dict(self.answers[kind])))


def refresh_call(refresh):
    return "refresh", ("POST", "/refresh"), {"refresh": refresh}


def login_call(name, password=client.PASSWORD):
    return "login", ("POST", "/login", {"username": name, "password": password}), {}


def change_call(access, new, current=client.PASSWORD):
    body = {"new_password": new, "current_password": current}
    return "change", ("POST", "/change-password", body), {"access": access}


def register_call(name):
    return "register", ("POST", "/register", {"name": "Race", "username": name, "password": client.PASSWORD}), {}


def registers(race):
    """32 registrations of one name, in different cases: one 201, the rest 409."""
    name = race.name()
    answers = race.together([register_call(name.upper() if i % 2 else name) for i in range(32)])
    statuses = sorted(a.status for a in answers)
    race.expect(statuses == [201] + [409] * 31, "statuses %s" % statuses)
    race.more["name"] = name


def refreshes(race):
    """50 refreshes with one token: 50 times 200 with the same pair."""
    _, _, refresh = race.user()
    answers = race.together([refresh_call(refresh) for _ in range(50)])
    race.only("refresh", 200)
    pairs = {a.pair for a in answers}
    race.expect(len(pairs) == 1, "%d different pairs" % len(pairs))
    race.is_alive("the new pair", answers[0].pair[0])
    race.more["session"] = answers[0].json["session"]["id"]
    race.more["parent"] = refresh


def refresh_and_logout(race):
    """Once logout has returned, no token from before it is accepted, whatever a refresh was given meanwhile."""
    _, access, refresh = race.user()
    answers = race.together([refresh_call(refresh), refresh_call(refresh),
                             ("logout", ("POST", "/logout"), {"access": access, "refresh": refresh})])
    race.only("refresh", 200, 401)
    race.only("logout", 200)
    race.is_dead("the old pair", (access, None))
    for answer in answers[:2]:
        if answer.status == 200:
            race.is_dead("a refreshed pair", answer.pair)


def login_and_change(race):
    """A login with the old password leaves no live session behind a password change."""
    name, access, _ = race.user()
    answers = race.together([login_call(name) for _ in range(4)] + [change_call(access, client.OTHER_PASSWORD)])
    race.only("login", 200, 401)
    race.only("change", 200)
    for answer in answers[:4]:
        if answer.status == 200:
            race.is_dead("a login with the old password", answer.pair)
    race.is_alive("the session that changed it", access)
    race.session(name, client.OTHER_PASSWORD)


def refresh_and_change(race):
    """No token of another session survives a password change by way of a refresh."""
    name, access, _ = race.user()
    _, other = race.session(name)
    answers = race.together([refresh_call(other), refresh_call(other), change_call(access, client.OTHER_PASSWORD)])
    race.only("refresh", 200, 401)
    race.only("change", 200)
    for answer in answers[:2]:
        if answer.status == 200:
            race.is_dead("a refreshed pair", answer.pair)
    race.is_alive("the session that changed it", access)


def two_changes(race):
    """Of two changes with the same current password exactly one succeeds, and its password is the one."""
    name, access, _ = race.user()
    new = ["the first new password", "the second new password"]
    answers = race.together([change_call(access, password) for password in new])
    statuses = [a.status for a in answers]
    race.expect(sorted(statuses) == [200, 403], "statuses %s" % statuses)
    if 200 in statuses:
        winner = statuses.index(200)
        race.session(name, new[winner])
        status = client.login(race.port, name, new[1 - winner]).status
        race.expect(status == 401, "the password of the loser is answered %d" % status)


def delete_and_login(race):
    """Once an account is deleted, nothing of it lives: no session of a login or refresh that raced it."""
    name, access, _ = race.user()
    _, other = race.session(name)
    answers = race.together([login_call(name) for _ in range(3)] + [refresh_call(other)] +
                            [("delete", ("DELETE", "/delete"), {"access": access})])
    race.only("login", 200, 401)
    race.only("refresh", 200, 401)
    race.only("delete", 200)
    for answer in answers[:4]:
        if answer.status == 200:
            race.is_dead("a session of the deleted user", answer.pair)
    status = client.login(race.port, name).status
    race.expect(status == 401, "a login of the deleted user is answered %d" % status)


def delete_and_register(race):
    """A name that is registered while its account is deleted: a new account, or 409; never a mixture."""
    name, access, _ = race.user()
    answers = race.together([register_call(name), register_call(name),
                             ("delete", ("DELETE", "/delete"), {"access": access})])
    race.only("register", 201, 409)
    race.only("delete", 200)
    created = [a for a in answers[:2] if a.status == 201]
    race.expect(len(created) <= 1, "two accounts of one name")
    race.is_dead("the deleted account", (access, None))
    for answer in created:
        race.is_alive("the new account", answer.pair[0])


def delete_and_change(race):
    """Whichever comes first, neither is an error of the service."""
    name, access, _ = race.user()
    other, _ = race.session(name)
    race.together([change_call(other, client.OTHER_PASSWORD), ("delete", ("DELETE", "/delete"), {"access": access})])
    race.only("change", 200, 401)
    race.only("delete", 200, 401)


def grandparent(race):
    """A grandparent replayed beside an honest refresh ends the session for both."""
    _, _, first = race.user()
    _, second = client.call(race.port, "POST", "/refresh", refresh=first).pair
    access, third = client.call(race.port, "POST", "/refresh", refresh=second).pair
    answers = race.together([refresh_call(third), ("replay", ("POST", "/refresh"), {"refresh": first})])
    race.only("replay", 401)
    race.is_dead("the pair before", (access, third))
    if answers[0].status == 200:
        race.is_dead("the pair that was refreshed meanwhile", answers[0].pair)


def logins(race):
    """20 logins of one user at once: the limit of sessions holds, and the oldest ended."""
    name, access, _ = race.user()
    answers = race.together([login_call(name) for _ in range(20)])
    race.only("login", 200)
    alive = sum(client.call(race.port, "GET", "/content", access=a.pair[0]).status == 200 for a in answers)
    race.expect(alive <= 5, "%d sessions live" % alive)
    race.expect(alive >= 1, "no session lives")
    race.is_dead("the oldest", (access, None))


def mixed(race):
    """Everything that changes rows, on three users, for three seconds: no 500, no deadlock that a client sees."""
    names = [race.user()[0] for _ in range(3)]
    end = time.monotonic() + 3
    counts, lock = collections.Counter(), threading.Lock()

    def ask(*request, **more):
        answer = client.call(race.port, *request, **more)
        with lock:
            counts[answer.status] += 1
        return answer

    def run():
        access = refresh = None
        while time.monotonic() < end:
            name = random.choice(names)
            kind = random.randrange(6)
            try:
                if kind <= 1:
                    access, refresh = ask("POST", "/login", {"username": name, "password": client.PASSWORD},
                                          access=access, refresh=refresh).pair
                elif kind == 2:
                    access, refresh = ask("POST", "/refresh", access=access, refresh=refresh).pair
                elif kind == 3:
                    ask("POST", "/change-password", {"new_password": client.PASSWORD}, access=access)
                elif kind == 4:
                    ask("POST", "/logout", access=access, refresh=refresh)
                elif random.random() < 0.2:
                    ask("DELETE", "/delete", access=access)
                    ask("POST", "/register", {"name": "Race", "username": name, "password": client.PASSWORD})
            except (client.Broken, client.Unanswered) as error:
                race.wrong.append(str(error))
                return

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    race.answers["mixed"].update({str(s): n for s, n in counts.items()})
    race.only("mixed", 200, 201, 400, 401, 409)


SCENES = [registers, refreshes, refresh_and_logout, login_and_change, refresh_and_change, two_changes, delete_and_login,
          delete_and_register, delete_and_change, grandparent, logins, mixed]


def main():
    race = Race(int(sys.argv[1]))
    scene = {s.__name__: s for s in SCENES}[sys.argv[2]]
    rounds = 0
    while rounds < int(sys.argv[3]) and not race.wrong:
        scene(race)
        rounds += 1
    print(json.dumps({"rounds": rounds, "answers": race.answers, "wrong": race.wrong, **race.more}))


main()
