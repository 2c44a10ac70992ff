"""Runs a program on a terminal of its own, and types an answer at each of its questions, which end in ": ".

usage: typed.py COMMAND... <ANSWERS

Each line of ANSWERS is `shown TEXT`, or `hidden TEXT` for one that is typed when the terminal no longer shows what is
typed; `hidden ^C` interrupts. Prints what the terminal shows, and then whether it still shows what is typed. The exit
status is that of the program, or, as a shell has it, 128 and the number of the signal that ended it.
"""
import os
import pty
import sys
import termios
import time

PATIENCE = 60


def shows(terminal):
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def wait_until_hidden(terminal):
    end = time.monotonic() + PATIENCE
    while shows(terminal):
        if time.monotonic() > end:
            sys.exit("the terminal goes on showing what is typed")
        time.sleep(0.01)


def answer(terminal, line):
    how, text = line.split(" ", 1)
    if how == "hidden":
        wait_until_hidden(terminal)
    os.write(terminal, b"\x03" if text == "^C" else text.encode() + b"\n")


def main():
    answers = sys.stdin.read().splitlines()
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(sys.argv[1], sys.argv[1:])
    seen, asked = b"", 0
    while chunk := read(terminal):
        seen += chunk
        if answers and seen[asked:].endswith(b": "):
            asked = len(seen)
            answer(terminal, answers.pop(0))
    _, status = os.waitpid(child, 0)
    print(seen.decode().replace("\r", ""), "shown" if shows(terminal) else "hidden", sep="\n")
    code = os.waitstatus_to_exitcode(status)
    sys.exit(code if code >= 0 else 128 - code)


main()
