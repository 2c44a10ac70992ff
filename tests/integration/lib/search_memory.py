"""Where words stand in the memory of processes: search_memory.py WORD... -- PID...

Prints a line for each word, process and mapping in which it stands, and the place there. Needs the rights of a debugger.
"""
import sys


def mappings(pid):
    """The readable ranges of addresses, with their names."""
    with open(f"/proc/{pid}/maps") as maps:
        for line in maps:
            place, rights, _, _, _, *name = line.split(maxsplit=5)
            begin, end = (int(address, 16) for address in place.split("-"))
            if rights.startswith("r"):
                yield begin, end, name[0].strip() if name else "anonymous"


def search(pid, words):
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for begin, end, name in mappings(pid):
            try:
                memory.seek(begin)
                content = memory.read(end - begin)
            except (OSError, OverflowError):  # a page of the kernel, such as [vvar]
                continue
            for word in words:
                if word.encode() in content:
                    print(word, pid, name, hex(begin + content.index(word.encode())))


def main():
    split = sys.argv.index("--")
    for pid in sys.argv[split + 1:]:
        search(pid, sys.argv[1:split])


main()
