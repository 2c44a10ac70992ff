#!/bin/sh
# Starts the service for mod_fcgid on the socket that it inherits as descriptor 0. The settings file is readable by its
# owner alone, and outside of what the web server shows.
exec "$HOME/sessiond/sbin/sessiond" -f "$HOME/sessiond.conf"
