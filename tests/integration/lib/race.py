"""Races on sessions, passwords and counters: many clients behind one barrier, and what must hold once all are back.

usage: race.py PORT SCENE ROUNDS [ARGUMENT...]
The argument of most scenes is the number of clients that take part: a crowd queues in front of the workers, a few all
meet in the database. Prints one JSON object: rounds, answers (how many of each status for each kind of request), wrong
(what must not be), events (how many of each audit event the answers have promised). Every round has users of its own.
"""
import collections
import ctypes
import json
import os
import random
import subprocess
import sys
import threading
import time

import client

CROWD = 32
# What the service must have logged for each such answer.
EVENTS = {("register", 201): ("session_created", "user_created"), ("login", 200): ("session_created",),
          ("refresh", 200): ("session_renewed",), ("change", 200): ("authn_password_change",),
          ("delete", 200): ("user_deleted",), ("logout", 200): ("authn_token_revoked",),
          ("end", 200): ("authn_token_revoked",), ("end_all", 200): ("authn_token_revoked",)}


def sql(query):
    """Straight to the private cluster of the instance."""
    command = ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", os.environ["RUN_DIR"] + "/cluster-sockets",
               "-U", "postgres", "-d", "sessiond", "-c", query]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def weak_hash(password):
    """An argon2id hash with less than the cost that the instance is set to."""
    text = ctypes.create_string_buffer(256)
    size = ctypes.c_size_t
    failed = ctypes.CDLL("libargon2.so.1").argon2id_hash_encoded(
        1, 1024, 1, password.encode(), size(len(password.encode())), b"sixteen of salt.", size(16), size(32),
        text, size(len(text)))
    assert failed == 0, failed
    return text.value.decode()


class Race:
    def __init__(self, port):
        self.port = port
        self.answers = collections.defaultdict(collections.Counter)
        self.events = collections.Counter()
        self.wrong = []
        self.names = 0
        self.lock = threading.Lock()

    def expect(self, holds, text):
        if not holds:
            with self.lock:
                self.wrong.append(text)

    def ask(self, kind, method, path, body=None, connection=None, **tokens):
        """One request, counted under its kind. No answer is an error of the service."""
        start = time.monotonic()
        answer = client.call(self.port, method, path, body, connection=connection, **tokens)
        answer.start, answer.end = start, time.monotonic()
        with self.lock:
            self.answers[kind][str(answer.status)] += 1
            self.events.update(EVENTS.get((kind, answer.status), ()))
        self.expect(answer.status < 500, "%s is answered %d" % (kind, answer.status))
        return answer

    def together(self, calls):
        """calls: what ask() takes, as (arguments, keywords). All start at one barrier; answers in the same order."""
        barrier = threading.Barrier(len(calls))
        results = [None] * len(calls)

        def run(i):
            arguments, keywords = calls[i]
            connection = client.connect(self.port)
            barrier.wait(60)
            try:
                results[i] = self.ask(*arguments, connection=connection, **keywords)
            except (client.Broken, client.Unanswered) as error:
                self.expect(False, "%s: %s" % (arguments[0], error))

        threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if None in results:
            raise client.Broken("not all were answered: %s" % self.wrong)
        return results

    def checks_around(self, token, call, clients=8):
        """Checks of an access token by many, each one after the other, from before the call until one after its answer.
        Returns that answer, the checks that began before it came, and those that began after it."""
        barrier = threading.Barrier(clients + 1)
        done = threading.Event()
        checks = []

        def run():
            barrier.wait(60)
            is_last = False
            while not is_last:
                is_last = done.is_set()
                checks.append(self.ask("check", "GET", "/content", access=token))

        threads = [threading.Thread(target=run) for _ in range(clients)]
        for thread in threads:
            thread.start()
        barrier.wait(60)
        answer = self.now(call)
        done.set()
        for thread in threads:
            thread.join()
        after = [check for check in checks if check.start > answer.end]
        self.expect(len(after) >= clients, "only %d checks came after the %s" % (len(after), call[0][0]))
        return answer, [check for check in checks if check.start <= answer.end], after

    def now(self, call):
        arguments, keywords = call
        return self.ask(*arguments, **keywords)

    def user(self):
        """A new user: its name, and the answer that opened its session."""
        self.names += 1
        name = "race%d.%d" % (os.getpid(), self.names)
        answer = self.now(register(name))
        self.expect(answer.status == 201, "register %d" % answer.status)
        return name, answer

    def session(self, name, password=client.PASSWORD):
        answer = self.now(login(name, password))
        self.expect(answer.status == 200, "login %d" % answer.status)
        return answer

    def statuses(self, what, answers, *allowed):
        counts = collections.Counter(a.status for a in answers)
        self.expect(set(counts) <= set(allowed), "%s: %s" % (what, dict(counts)))
        return counts

    def is_dead(self, what, *pairs):
        """Neither token of these pairs is accepted any more."""
        for token, refresh_token in pairs:
            status = self.ask("check", "GET", "/content", access=token).status
            self.expect(status == 401, "%s: its access token is answered %d" % (what, status))
            if refresh_token:
                status = self.now(refresh(refresh_token)).status
                self.expect(status == 401, "%s: its refresh token is answered %d" % (what, status))

    def is_alive(self, what, token):
        status = self.ask("check", "GET", "/content", access=token).status
        self.expect(status == 200, "%s: its access token is answered %d" % (what, status))

    def row(self, answer, expression):
        return sql("select %s from sessions where session_id = %s" % (expression, answer.json["session"]["id"]))


def register(name, password=client.PASSWORD):
    return ("register", "POST", "/register", {"name": "Race", "username": name, "password": password}), {}


def login(name, password=client.PASSWORD, kind="login"):
    return (kind, "POST", "/login", {"username": name, "password": password}), {}


def refresh(token, kind="refresh"):
    return (kind, "POST", "/refresh"), {"refresh": token}


def change(token, new, current=client.PASSWORD):
    body = {"new_password": new} if current is None else {"new_password": new, "current_password": current}
    return ("change", "POST", "/change-password", body), {"access": token}


def delete(token):
    return ("delete", "DELETE", "/delete"), {"access": token}


def change_with_proof(token):
    return change(token, client.OTHER_PASSWORD)


def delete_with_proof(token):
    return ("delete", "DELETE", "/delete", {"current_password": client.PASSWORD}), {"access": token}


def opened(answers):
    return [a for a in answers if a.status in (200, 201) and a.pair[0]]


def refreshes(race):
    """One token, refreshed by all at once: one pair, one rotation."""
    _, first = race.user()
    answers = race.together([refresh(first.pair[1]) for _ in range(50)])
    race.statuses("refresh", answers, 200)
    race.expect(len({a.pair for a in answers}) == 1, "%d different pairs" % len({a.pair for a in answers}))
    race.expect(race.row(first, "previous_refresh_hash = sha256(decode('%s', 'base64'))"
                         % (first.pair[1].replace("-", "+").replace("_", "/") + "=")) == "t", "more than one rotation")
    race.is_alive("the pair", answers[0].pair[0])


def replays(race, clients=CROWD):
    """A chain of refreshes raced with replays of the grandparent: the session has ended, for all."""
    _, first = race.user()
    second = race.now(refresh(first.pair[1]))
    third = race.now(refresh(second.pair[1]))
    half = clients // 2
    answers = race.together([refresh(third.pair[1])] * half + [refresh(first.pair[1], "replay")] * half)
    race.statuses("replay", answers[half:], 401)
    race.statuses("refresh", answers[:half], 200, 401)
    race.expect(race.row(first, "revoked_at is not null") == "t", "the session is not revoked")
    race.is_dead("the session", second.pair, third.pair, *{a.pair for a in opened(answers)})


def logouts(race, clients=CROWD):
    """Refreshes racing logouts: exactly one logout ends it, and nothing is accepted afterwards."""
    _, first = race.user()
    access, token = first.pair
    leaving = max(1, clients // 8)
    answers = race.together([refresh(token)] * (clients - leaving) +
                            [(("logout", "POST", "/logout"), {"access": access, "refresh": token})] * leaving)
    race.statuses("refresh", answers[:-leaving], 200, 401)
    counts = race.statuses("logout", answers[-leaving:], 200, 401)
    race.expect(counts[200] == 1, "%d logouts succeeded" % counts[200])
    race.is_dead("the session", first.pair, *{a.pair for a in opened(answers[:-leaving])})


def refreshes_and_change(race, clients=CROWD):
    """Refreshes of other sessions racing a change of password: only the session that made it is left."""
    name, mine = race.user()
    others = [race.session(name) for _ in range(max(1, clients // 8))]
    calls = [refresh(others[i % len(others)].pair[1]) for i in range(clients - 1)]
    answers = race.together(calls + [change(mine.pair[0], client.OTHER_PASSWORD)])
    race.statuses("change", answers[-1:], 200)
    race.statuses("refresh", answers[:-1], 200, 401)
    race.is_dead("another session", *{a.pair for a in opened(answers[:-1])})
    race.is_alive("the session that made the change", mine.pair[0])


def checks_and_refresh(race):
    """Checks of one access token racing the refresh that replaces it: none is refused, and they mark nothing."""
    _, first = race.user()
    answer, before, after = race.checks_around(first.pair[0], refresh(first.pair[1]))
    race.statuses("refresh", [answer], 200)
    race.statuses("a check before and while it is replaced", before, 200)
    race.statuses("a check of the replaced token", after, 200)
    race.expect(race.row(first, "successor_used") == "f", "the new pair counts as used")
    race.is_alive("the new token", answer.pair[0])
    sql("update sessions set rotated_at = rotated_at - interval '2 hours' where session_id = %s"
        % first.json["session"]["id"])
    race.is_dead("the replaced token after its grace", (first.pair[0], None))


def checks_and_ends(race):
    """Checks of a replaced access token racing what ends it: none is accepted once that has returned."""
    ends = [lambda old, new, other, path: (("logout", "POST", "/logout"), {"access": old}),
            lambda old, new, other, path: (("logout", "POST", "/logout"), {"refresh": new[1]}),
            lambda old, new, other, path: change(new[0], client.OTHER_PASSWORD),
            lambda old, new, other, path: change(other, client.OTHER_PASSWORD),
            lambda old, new, other, path: (("end", "DELETE", path), {"access": other}),
            lambda old, new, other, path: (("end_all", "DELETE", "/sessions?all=true"), {"access": old}),
            lambda old, new, other, path: delete(new[0])]
    for end in ends:
        name, first = race.user()
        new = race.now(refresh(first.pair[1])).pair
        other = race.session(name).pair[0]
        call = end(first.pair[0], new, other, "/sessions/" + first.json["session"]["id"])
        answer, before, after = race.checks_around(first.pair[0], call)
        race.statuses(call[0][0], [answer], 200)
        race.statuses("a check before the %s" % call[0][0], before, 200, 401)
        race.statuses("a check after the %s" % call[0][0], after, 401)


def logins_and_change(race, clients=CROWD):
    """Logins with the old password racing its change leave no live session behind it."""
    name, mine = race.user()
    answers = race.together([login(name)] * (clients - 1) + [change(mine.pair[0], client.OTHER_PASSWORD)])
    race.statuses("change", answers[-1:], 200)
    race.statuses("login", answers[:-1], 200, 401)
    race.is_dead("a login with the old password", *[a.pair for a in opened(answers[:-1])])
    race.is_alive("the session that made the change", mine.pair[0])
    race.session(name, client.OTHER_PASSWORD)


def changes(race, clients=CROWD):
    """Changes with one current password: one succeeds, the others are told that theirs is wrong."""
    name, mine = race.user()
    new = ["new password number %d" % i for i in range(clients)]
    answers = race.together([change(mine.pair[0], password) for password in new])
    counts = race.statuses("change", answers, 200, 403)
    race.expect(counts[200] == 1, "%d changes succeeded" % counts[200])
    for i, answer in enumerate(answers):
        if answer.status == 200:
            race.session(name, new[i])
            race.statuses("a loser's password", [race.now(login(name, new[i - 1]))], 401)


def rehash_and_change(race):
    """A hash that a login makes stronger never overwrites the password of a change at the same time."""
    name, mine = race.user()
    sql("update users set password_hash = '%s' where username = '%s'" % (weak_hash(client.PASSWORD), name))
    answers = race.together([login(name) for _ in range(CROWD - 1)] +
                            [change(mine.pair[0], client.OTHER_PASSWORD, None)])
    race.statuses("change", answers[-1:], 200)
    race.statuses("login", answers[:-1], 200, 401)
    race.session(name, client.OTHER_PASSWORD)
    race.statuses("the old password", [race.now(login(name))], 401)
    race.is_dead("a login with the old password", *[a.pair for a in opened(answers[:-1])])
    race.expect(",t=2," in sql("select password_hash from users where username = '%s'" % name), "the hash is weak")


def rehash_alone(race):
    """Logins at once with a weak hash: it is made stronger, and all of them are let in."""
    name, _ = race.user()
    sql("update users set password_hash = '%s' where username = '%s'" % (weak_hash(client.PASSWORD), name))
    answers = race.together([login(name) for _ in range(CROWD)])
    race.statuses("login", answers, 200)
    race.expect(",t=2," in sql("select password_hash from users where username = '%s'" % name), "the hash is weak")


def rehash_and_proof(race, clients=CROWD):
    """A login that makes a hash stronger makes the right current password of a change or a deletion no wrong one."""
    for prove in (change_with_proof, delete_with_proof):
        name, mine = race.user()
        sql("update users set password_hash = '%s' where username = '%s'" % (weak_hash(client.PASSWORD), name))
        answers = race.together([login(name)] * (clients - 1) + [prove(mine.pair[0])])
        race.statuses("a change or deletion", answers[-1:], 200)
        race.statuses("login", answers[:-1], 200, 401)


def registrations(race):
    """One name, registered by all at once in different cases: one account."""
    race.names += 1
    name = "race%d.%d" % (os.getpid(), race.names)
    answers = race.together([register(name.upper() if i % 2 else name) for i in range(CROWD)])
    counts = race.statuses("register", answers, 201, 409)
    race.expect(counts[201] == 1, "%d accounts of one name" % counts[201])
    named = "lower(username collate \"C\") = '%s'" % name
    race.expect(sql("select count(*) from users where " + named) == "1", "not one row")
    race.expect(sql("select count(*) from sessions join users using (user_id) where " + named) == "1",
                "not one session")


def delete_and_all(race):
    """The deletion of an account racing logins, refreshes, changes and a registration of its name."""
    name, mine = race.user()
    user = mine.json["user"]["id"]
    others = [race.session(name) for _ in range(2)]
    calls = ([login(name) for _ in range(12)] + [refresh(others[i % 2].pair[1]) for i in range(8)] +
             [change(others[0].pair[0], client.PASSWORD, None) for _ in range(4)] + [register(name) for _ in range(7)])
    answers = race.together(calls + [delete(mine.pair[0])])
    # A change ends the other sessions: that of the deletion among them.
    race.statuses("delete", answers[-1:], 200, 401)
    race.statuses("login", answers[:12], 200, 401)
    race.statuses("refresh", answers[12:20], 200, 401)
    race.statuses("change", answers[20:24], 200, 401)
    race.statuses("register", answers[24:31], 201, 409)
    if answers[-1].status == 200:
        race.expect(sql("select count(*) from users where user_id = %s" % user) == "0", "the row is there")
        old = [a for a in opened(answers[:24]) if a.json["user"]["id"] == user]
        race.is_dead("a session of the deleted user", mine.pair, *{a.pair for a in old})
    created = [a for a in answers[24:31] if a.status == 201]
    race.expect(len(created) <= 1, "%d accounts of one name" % len(created))
    for answer in created:
        race.expect(answer.json["user"]["id"] != user, "a new account has the id of the old one")
        race.is_alive("the new account", answer.pair[0])


def logins_and_end_of_all(race):
    """The end of all sessions racing logins: those before are dead, those after live."""
    name, mine = race.user()
    before = [race.session(name) for _ in range(2)]
    answers = race.together([login(name) for _ in range(CROWD - 1)] +
                            [(("end_all", "DELETE", "/sessions?all=true"), {"access": mine.pair[0]})])
    end = answers[-1]
    race.statuses("end", [end], 200)
    race.statuses("login", answers[:-1], 200)
    race.is_dead("a session from before", mine.pair, *[a.pair for a in before],
                 *[a.pair for a in answers[:-1] if a.end < end.start])
    for answer in answers[:-1]:
        if answer.start > end.end:
            race.is_alive("a login from after", answer.pair[0])
    race.is_alive("a login afterwards", race.session(name).pair[0])


def count_failures(name, failures, age):
    sql("insert into attempts (attempt_key, failures, last_at) values (sha256(convert_to('account:%s', 'UTF8')), %d, "
        "now() - interval '%d seconds') on conflict (attempt_key) do update set failures = excluded.failures, "
        "last_at = excluded.last_at" % (name, failures, age))


def failures_of(name):
    return sql("select failures from attempts where attempt_key = sha256(convert_to('account:%s', 'UTF8'))" % name)


def right_after_guesses(race, free=100, left=5):
    """Wrong guesses in parallel: only those that were left are evaluated; then the right password is refused, too."""
    name, _ = race.user()
    count_failures(name, free - left, 0)
    answers = race.together([login(name, "a wrong guess", "guess") for _ in range(50)])
    counts = race.statuses("guess", answers, 401, 429)
    race.expect(left <= counts[401] <= left + 8, "%d guesses were evaluated" % counts[401])
    count_failures(name, free + 10, 0)
    answers = race.together([login(name, kind="locked") for _ in range(CROWD)])
    race.statuses("the right password while locked", answers, 429)


def end_of_delay(race, free=100):
    """The end of a delay, met by all at once: one attempt is evaluated, the counter goes up by one."""
    name, _ = race.user()
    count_failures(name, free + 3, 9)
    answers = race.together([login(name, "a wrong guess", "guess") for _ in range(CROWD)])
    counts = race.statuses("guess", answers, 401, 429)
    race.expect(counts[401] == 1, "%d guesses were evaluated" % counts[401])
    race.expect(failures_of(name) == str(free + 4), "the counter is %s" % failures_of(name))
    count_failures(name, free + 3, 9)
    counts = race.statuses("login", race.together([login(name) for _ in range(CROWD)]), 200, 429)
    race.expect(counts[200] >= 1, "nobody was let in")
    race.expect(failures_of(name) in ("", "0"), "the counter is %s after a success" % failures_of(name))
    count_failures(name, 2000000000, 3700)
    race.statuses("guess", race.together([login(name, "a wrong guess", "guess") for _ in range(CROWD)]), 401)
    race.expect(failures_of(name) == str(CROWD), "the counter is %s" % failures_of(name))


def limit(race, limit=5):
    """Logins at once keep the limit of sessions; the oldest session has ended."""
    name, first = race.user()
    answers = race.together([login(name) for _ in range(CROWD)])
    race.statuses("login", answers, 200)
    alive = sum(race.ask("check", "GET", "/content", access=a.pair[0]).status == 200 for a in answers)
    race.expect(alive == limit, "%d sessions live" % alive)
    race.is_dead("the oldest", first.pair)


def ends(race):
    """One session, ended by all at once: once, and not found for the others."""
    name, mine = race.user()
    other = race.session(name)
    path = "/sessions/" + other.json["session"]["id"]
    answers = race.together([(("end", "DELETE", path), {"access": mine.pair[0]}) for _ in range(CROWD)])
    counts = race.statuses("end", answers, 200, 404)
    race.expect(counts[200] == 1, "%d times ended" % counts[200])
    race.is_dead("the session", other.pair)
    race.is_alive("the caller's", mine.pair[0])


def checks(race):
    """Checks of one session by all at once: one write for a new pair, then none; no time moves."""
    _, first = race.user()
    token = race.now(refresh(first.pair[1])).pair[0]
    times = "expires_at || ' ' || refresh_expires_at || ' ' || last_used_at"
    before = race.row(first, times)
    check = (("check", "GET", "/content"), {"access": token})
    race.statuses("check", race.together([check] * CROWD), 200)
    deadline = time.monotonic() + 10
    while race.row(first, "successor_used") != "t" and time.monotonic() < deadline:
        race.now(check)
    version = race.row(first, "xmin")
    race.statuses("check", race.together([check] * CROWD), 200)
    race.expect(race.row(first, "xmin") == version, "checks went on writing")
    race.expect(race.row(first, times) == before, "a check moved a time")
    race.expect(race.row(first, "successor_used") == "t", "the pair does not count as used")


def clean_up():
    database = "host='%s/cluster-sockets' dbname=sessiond user=sessiond" % os.environ["RUN_DIR"]
    environment = {**os.environ, "DATABASE_URL": database}
    command = [os.environ["SESSIOND_BINARY"], "-c"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def cleanup(race):
    """Cleanups racing refreshes at the end of a session: rotated or 401, never both, never an error."""
    sessions = [race.user()[1] for _ in range(16)]
    ids = ",".join(s.json["session"]["id"] for s in sessions)
    gone = ",".join(s.json["session"]["id"] for s in sessions[:8])
    sql("update sessions set refresh_expires_at = clock_timestamp() + session_id %% 8 * interval '60 ms', "
        "access_expires_at = now(), expires_at = 'infinity' where session_id in (%s)" % ids)
    sql("update sessions set refresh_expires_at = now() - interval '25 hours', access_expires_at = now() - "
        "interval '25 hours' where session_id in (%s)" % gone)
    results = []
    cleaners = [threading.Thread(target=lambda: results.append(clean_up())) for _ in range(3)]
    for cleaner in cleaners:
        cleaner.start()
    answers = race.together([refresh(s.pair[1]) for s in sessions for _ in range(2)])
    for cleaner in cleaners:
        cleaner.join()
    race.expect(all(code == 0 for code, _ in results), "the cleanup failed: %s" % results)
    race.statuses("a session long over", answers[:16], 401)
    for i in range(16, 32, 2):
        one, two = answers[i], answers[i + 1]
        race.statuses("a session at its end", [one, two], 200, 401)
        if one.status == two.status == 200:
            race.expect(one.pair == two.pair, "two pairs of one session")
        alive = race.row(sessions[i // 2], "refresh_expires_at > now() and revoked_at is null")
        race.expect(alive == ("t" if 200 in (one.status, two.status) else "f"), "the row says %s to %d and %d"
                    % (alive, one.status, two.status))
        for answer in opened([one, two])[:1]:
            race.is_alive("a session that was rotated", answer.pair[0])
    race.expect(clean_up()[0] == 0, "the cleanup failed")
    race.expect(sql("select count(*) from sessions where session_id in (%s)" % gone) == "0", "rows are left")


def delete_and_logins(race, clients=CROWD):
    """First logins of new browsers and a refresh racing the deletion of the account: nothing of it is left."""
    name, mine = race.user()
    other = race.session(name)
    answers = race.together([login(name)] * (clients - 2) + [refresh(other.pair[1]), delete(mine.pair[0])])
    race.statuses("login", answers[:-2], 200, 401)
    race.statuses("refresh", answers[-2:-1], 200, 401)
    race.statuses("delete", answers[-1:], 200)
    race.is_dead("a session of the deleted user", mine.pair, other.pair, *{a.pair for a in opened(answers[:-1])})
    race.statuses("a login of the deleted user", [race.now(login(name))], 401)


def delete_and_registrations(race, clients=CROWD):
    """A name that is registered while its account is deleted: one new account or none, never a mixture."""
    name, mine = race.user()
    answers = race.together([register(name)] * (clients - 1) + [delete(mine.pair[0])])
    race.statuses("delete", answers[-1:], 200)
    created = race.statuses("register", answers[:-1], 201, 409)[201]
    race.expect(created <= 1, "%d accounts of one name" % created)
    race.is_dead("the deleted account", mine.pair)
    for answer in opened(answers[:-1]):
        race.is_alive("the new account", answer.pair[0])


def delete_and_changes(race, clients=CROWD):
    """Changes of the password by another session racing the deletion: whichever comes first, neither is an error."""
    name, mine = race.user()
    other = race.session(name)
    answers = race.together([change(other.pair[0], client.OTHER_PASSWORD)] * (clients - 1) + [delete(mine.pair[0])])
    # A change after another has the wrong current password.
    race.statuses("change", answers[:-1], *((200, 401) if clients == 2 else (200, 401, 403)))
    race.statuses("delete", answers[-1:], 200, 401)


def mixed(race):
    """Everything that changes rows, on three users, for three seconds: no error, no deadlock that a client sees."""
    names = [race.user()[0] for _ in range(3)]
    end = time.monotonic() + 3

    def ask(*request, **tokens):
        answer = race.ask("mixed", *request, **tokens)
        race.statuses("mixed", [answer], 200, 201, 401, 409)
        return answer

    def step(name, access, token):
        """One request; the pair of tokens that its client goes on with."""
        kind = random.choice(["login", "login", "refresh", "change", "logout", "delete"])
        if kind == "login":
            body = {"username": name, "password": client.PASSWORD}
            return ask("POST", "/login", body, access=access, refresh=token).pair
        if kind == "refresh":
            return ask("POST", "/refresh", access=access, refresh=token).pair
        if kind == "change":
            ask("POST", "/change-password", {"new_password": client.PASSWORD}, access=access)
        elif kind == "logout":
            ask("POST", "/logout", access=access, refresh=token)
        elif random.random() < 0.2:
            ask("DELETE", "/delete", access=access)
            ask("POST", "/register", {"name": "Race", "username": name, "password": client.PASSWORD})
        return access, token

    def run():
        pair = None, None
        while time.monotonic() < end:
            try:
                pair = step(random.choice(names), *pair)
            except (client.Broken, client.Unanswered) as error:
                race.expect(False, str(error))
                return

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def guesses(race, name, count):
    """For the throttle's own settings: wrong guesses of one name at once."""
    race.statuses("guess", race.together([login(name, "a wrong guess", "guess") for _ in range(count)]), 401, 429)


SCENES = [refreshes, replays, logouts, refreshes_and_change, checks_and_refresh, checks_and_ends, logins_and_change,
          changes, rehash_and_change, rehash_alone, rehash_and_proof, registrations, delete_and_all, delete_and_logins,
          delete_and_registrations, delete_and_changes, logins_and_end_of_all, right_after_guesses, end_of_delay, limit,
          ends, checks, cleanup, mixed, guesses]


def main():
    race = Race(int(sys.argv[1]))
    scene = {s.__name__: s for s in SCENES}[sys.argv[2]]
    rounds = 0
    while rounds < int(sys.argv[3]) and not race.wrong:
        scene(race, *(int(word) if word.isdigit() else word for word in sys.argv[4:]))
        rounds += 1
    print(json.dumps({"rounds": rounds, "answers": race.answers, "wrong": race.wrong, "events": race.events}))


if __name__ == "__main__":
    main()
