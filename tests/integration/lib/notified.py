"""A service manager's end of sd_notify(3): prints what it is told, line by line, the word `listening` first.

usage: notified.py ADDRESS      a path, or @NAME in the abstract namespace
"""
import socket
import sys

address = sys.argv[1]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind("\0" + address[1:] if address.startswith("@") else address)
print("listening", flush=True)
while True:
    print(listener.recv(4096).decode(), flush=True)
