#!/usr/bin/python3
"""usage: jar_client.py PORT JAR METHOD URL [JSON]

One request as a browser makes it that keeps its cookies in the file JAR: by host-only or domain, and removed when the
answer says so (the command line of curl takes removed ones back from its file). The service on PORT is reached as a
proxy, so that URL may name any host. Prints the status."""

import http.cookiejar
import os
import sys
import urllib.error
import urllib.request

port, file, method, url, *body = sys.argv[1:]
jar = http.cookiejar.MozillaCookieJar(file)
if os.path.exists(file):
    jar.load()
opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({"http": f"127.0.0.1:{port}"}), urllib.request.HTTPCookieProcessor(jar)
)
data = body[0].encode() if body else None
request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
try:
    print(opener.open(request, timeout=60).status)
except urllib.error.HTTPError as error:
    print(error.code)
jar.save()
