"""Has the own /proc/PID/environ belong to root, with a text of one's own that ends with a line break, and stays.

usage: env -i NAME=value say_by_environ.py
Prints "ready". Linux gives root what it shows of a process that is not dumpable, whoever runs that.
"""
import ctypes
import signal

PR_SET_DUMPABLE = 4


def end_of_environment():
    """The field env_end of proc(5)."""
    with open("/proc/self/stat", encoding="utf-8") as stat:
        return int(stat.read().rpartition(")")[2].split()[48])


def main():
    with open("/proc/self/mem", "r+b", buffering=0) as memory:
        memory.seek(end_of_environment() - 1)
        memory.write(b"\n")
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    print("ready", flush=True)
    signal.pause()


main()
