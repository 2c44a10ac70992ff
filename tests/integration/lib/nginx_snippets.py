"""Writes each snippet for nginx of README.md, docs/nginx.md and docs/applications.md into a file of its own, as the inside
of the block http. What the dots of a snippet stand for, and what the papers say elsewhere, is filled in here.

usage: nginx_snippets.py ROOT DIRECTORY
"""
import pathlib
import re
import sys

root, directory = map(pathlib.Path, sys.argv[1:])
SERVER = "server {\n    listen 8081;\n    %s\n}\n"
FIRST = "include sessiond/guard-location.conf;\n"
# What Nextcloud's manual has around the snippets of docs/applications.md.
NEXTCLOUD = """root /srv/nextcloud;
location ~ \\.php(?:$|/) {
    include fastcgi_params;
    %s
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    fastcgi_pass php-handler;
}
"""


def application_snippets():
    text = (root / "docs/applications.md").read_text()
    found = dict(re.findall(r"```nginx ([^\n]+)\n(.*?)```", text, re.S))
    found["nextcloud"] += NEXTCLOUD % found.pop("nextcloud php")
    for name, snippet in found.items():
        before = "upstream php-handler { server 127.0.0.1:9000; }\n" if name == "nextcloud" else ""
        yield name, before + SERVER % snippet


def fill_in(block):
    block = re.sub(r"  +# .*", "", block).replace("include sessiond/http.conf;", "").replace("listen 443 ssl;", "")
    log = "" if "access_log" in block or "server.conf" not in block else "access_log /dev/null sessiond;"
    block = re.sub(r"\.\.\.", log, block, count=1).replace("...", "")
    return block.replace("server {", "server {\n    listen 8081;").replace("/var/log/nginx/auth.log", "/dev/null")


def paper_snippets(name):
    """The indented blocks with a location or a server; those on moving over have tests of their own configurations."""
    text = (root / name).read_text().split("## From Authelia")[0]
    for number, block in enumerate(re.findall(r"(?:^ {4,}\S.*\n(?:\n(?= {4}))?)+", text, re.M)):
        if re.search(r"^ *(location|server) ", block, re.M):
            block = fill_in(block)
            yield f"{name.replace('/', '-')}-{number}", block if "server {" in block else SERVER % (FIRST + block)


for source in (application_snippets(), paper_snippets("README.md"), paper_snippets("docs/nginx.md")):
    for title, http in source:
        (directory / f"{title}.snippet").write_text(http)
