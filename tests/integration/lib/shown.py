"""usage: shown.py PROGRAM FILE...: fails with the reasons unless each file is one line of this program that a terminal
shows as it is, and not long."""
import sys
import unicodedata

MOST = 700  # bytes: a quoted word has 200, and some sentences list what would be right


def find_fault(program, data):
    if not data.startswith(program.encode() + b": "):
        return "it does not begin with the name of the program"
    if not data.endswith(b"\n") or data.count(b"\n") != 1:
        return "it is not one line"
    if len(data) > MOST:
        return "it has %d bytes" % len(data)
    try:
        text = data[:-1].decode()
    except UnicodeDecodeError as error:
        return str(error)
    hidden = [c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")
              or unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")]
    return "it has the characters %r" % hidden if hidden else None


def main():
    faults = 0
    for name in sys.argv[2:]:
        with open(name, "rb") as file:
            data = file.read()
        fault = find_fault(sys.argv[1], data)
        if fault:
            faults += 1
            print("%s: %r" % (fault, data[:300]))
    sys.exit(faults > 0)


main()
