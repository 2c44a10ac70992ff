"""Whether two kinds of logins take the same time: measured alternately, judged by medians and a rank test.

usage: compare_times.py PORT COUNT KNOWN-NAME [PASSWORD]
COUNT logins of an unknown name and COUNT of the known one with a wrong password, each pair in random order. With a
password, which is refused although it may be right: COUNT of the known name with it, and COUNT with a wrong one. Prints
one JSON object: the medians in seconds of both, the two-sided p-value of the rank-sum test (Mann and Whitney, by the
normal approximation), and same: true when nobody could tell them apart.
"""
import json
import math
import random
import statistics
import sys
import time

import client


WRONG = "not the password"


def measure(port, name, password):
    connection = client.connect(port)
    start = time.perf_counter()
    answer = client.login(port, name, password, connection=connection)
    took = time.perf_counter() - start
    assert answer.status == 401, answer.status
    return took


def rank_test(first, second):
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    rank_sum = sum(rank for rank, (_, kind) in enumerate(ranked, 1) if kind == 0)
    m, n = len(first), len(second)
    z = (rank_sum - m * (m + n + 1) / 2) / math.sqrt(m * n * (m + n + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


def main():
    port, count, known = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    other = (known, sys.argv[4]) if len(sys.argv) > 4 else ("nobody." + known[-40:], WRONG)
    times = {(known, WRONG): [], other: []}
    for credentials in times:  # not counted: what is done only once
        measure(port, *credentials)
    for _ in range(count):
        for credentials in random.sample(list(times), 2):
            times[credentials].append(measure(port, *credentials))
    known_times, other_times = times.values()
    medians = [statistics.median(known_times), statistics.median(other_times)]
    p_value = rank_test(known_times, other_times)
    print(json.dumps({"known": medians[0], "other": medians[1], "p": p_value,
                      "same": max(medians) <= 1.25 * min(medians) or p_value > 0.001}))


if __name__ == "__main__":
    main()
