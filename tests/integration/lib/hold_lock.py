"""Holds the lock of a file, as apt and dpkg take it, until it is killed.

usage: hold_lock.py FILE
Prints "held" when it has the lock.
"""
import fcntl
import signal
import sys


def main():
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        print("held", flush=True)
        signal.pause()


main()
