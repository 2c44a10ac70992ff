"""What callgrind has counted of a worker, for one request, held against what is recorded.

usage: instructions.py RECORD EMPTY REQUESTS NAME PROFILE [REQUESTS NAME PROFILE]...
Each PROFILE is of so many requests and one more, EMPTY of that one alone. Prints a line for each NAME that takes more
than 110% of what the file RECORD has for it, with what has grown most. Where there is no such file, it is made: a line
`NAME INSTRUCTIONS all`, and `NAME INSTRUCTIONS FUNCTION` for each function that takes 1/400 or more of them.
"""
import collections
import os
import re
import sys

MOST_GROWTH = 1.10
SHOWN = 3
WORTH_A_LINE = 1 / 400
WORTH_A_WORD = 1 / 100
ALL = "all"


def resolve(names, text):
    """callgrind writes a name once, and then its number: `(7) name`, `(7)`."""
    number, name = re.fullmatch(r"\((\d+)\)(?: (.*))?", text).groups()
    if name:
        names[number] = name
    return names[number]


def read_profile(path):
    """What each function takes by itself. Those of a library that tells no names count as one."""
    costs, functions, objects = collections.Counter(), {}, {}
    function = place = None
    is_call = False
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            key, _, value = line.rstrip("\n").partition("=")
            if key == "fn":
                function = resolve(functions, value)
            elif key == "cfn":
                resolve(functions, value)
            elif key in ("ob", "cob"):
                name = os.path.basename(resolve(objects, value))
                place = name if key == "ob" else place
            elif line[0] in "+-*0123456789":
                if not is_call:
                    costs[f"({place})" if function.startswith("0x") else function] += int(line.split()[-1])
            is_call = key == "calls"
    return costs


def for_one(profile, empty, requests):
    """The costs of one request, with their sum."""
    costs = collections.Counter({name: (cost - empty[name]) / requests for name, cost in profile.items()})
    costs[ALL] = (sum(profile.values()) - sum(empty.values())) / requests
    return costs


def read_record(path):
    record = collections.defaultdict(collections.Counter)
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                name, cost, function = line.rstrip("\n").split(" ", 2)
                record[name][function] = int(cost)
    return record


def write_record(path, measured):
    with open(path, "w", encoding="utf-8") as file:
        file.write("# The instructions of a worker for one request; made by RECORD_INSTRUCTIONS=1 scripts/test integration\n"
                   "# tests/integration/instructions.bats. Each function is counted without those that it calls.\n")
        for name, costs in measured.items():
            for function, cost in costs.most_common():
                if cost >= WORTH_A_LINE * costs[ALL]:
                    file.write(f"{name} {round(cost)} {function}\n")


def find_growth(name, costs, recorded):
    """A line that says it, or nothing."""
    if costs[ALL] <= MOST_GROWTH * recorded[ALL]:
        return []
    growth = collections.Counter({function: cost - recorded[function] for function, cost in costs.items() if function != ALL})
    grown = "; ".join(f"{cost:+,.0f} {function}" for function, cost in growth.most_common(SHOWN)
                      if cost >= WORTH_A_WORD * recorded[ALL])
    return [f"{name}: {costs[ALL]:,.0f} instructions, and {recorded[ALL]:,} are recorded; what grew most: {grown}"]


def main():
    path, empty, rest = sys.argv[1], read_profile(sys.argv[2]), sys.argv[3:]
    measured = {name: for_one(read_profile(profile), empty, int(requests))
                for requests, name, profile in zip(rest[::3], rest[1::3], rest[2::3])}
    if not os.path.exists(path):
        write_record(path, measured)
    record = read_record(path)
    for name, costs in measured.items():
        for line in find_growth(name, costs, record[name]):
            print(line)


main()
