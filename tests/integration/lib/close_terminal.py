"""Runs a program in a terminal of its own, closes that when an address answers, and waits for the end of the program.

usage: close_terminal.py URL COMMAND...
"""
import os
import pty
import select
import signal
import sys
import time
import urllib.request


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=5).status == 200
    except OSError:
        return False


def copy_what_is_there(terminal):
    """Waits for at most a tenth of a second."""
    while select.select([terminal], [], [], 0.1)[0]:
        os.write(1, os.read(terminal, 4096))


def main():
    url, command = sys.argv[1], sys.argv[2:]
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # even if the tests were started by nohup
        os.execvp(command[0], command)
    give_up = time.monotonic() + 120
    while not answers(url) and time.monotonic() < give_up:
        copy_what_is_there(terminal)
    os.kill(child, 0)
    os.close(terminal)  # nobody may be reading, because a read keeps the terminal open
    os.waitpid(child, 0)


main()
