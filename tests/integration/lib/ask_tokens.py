"""Asks GET /content with each access token of a file, and prints what is not answered as it must be.

usage: ask_tokens.py PORT FILE
A line of the file is a status and a token, as load.py writes them. Prints a line for each other answer: the number of
the line, the status that is due, and the one that came.
"""
import http.client
import sys


def ask(connection, token):
    connection.request("GET", "/content", headers={"Cookie": "access_token=" + token})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def main():
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=60)
    with open(sys.argv[2], encoding="ascii") as file:
        lines = file.read().splitlines()
    for number, line in enumerate(lines, 1):
        due, token = line.split()
        status = ask(connection, token)
        if status != int(due):
            print("line %d: %s was due, and %d came" % (number, due, status))
    if not lines:
        print("there are no tokens")


main()
