"""Runs a program in a terminal of its own, closes that when an address answers, and waits for the end of the program.

usage: close_terminal.py URL COMMAND...
"""
import os
import pty
import signal
import sys
import threading
import time
import urllib.request


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=5).status == 200
    except OSError:
        return False


def copy(terminal):
    try:
        while text := os.read(terminal, 4096):
            os.write(1, text)
    except OSError:
        pass


def main():
    url, command = sys.argv[1], sys.argv[2:]
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # even if the tests were started by nohup
        os.execvp(command[0], command)
    threading.Thread(target=copy, args=(os.dup(terminal),), daemon=True).start()
    give_up = time.monotonic() + 120
    while not answers(url) and time.monotonic() < give_up:
        time.sleep(0.1)
    os.kill(child, 0)
    os.closerange(terminal, terminal + 8)  # the copy as well: a terminal is closed with its last descriptor
    os.waitpid(child, 0)


main()
