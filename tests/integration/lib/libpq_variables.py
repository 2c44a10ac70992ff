"""Prints NAME=value for each variable that libpq reads from the environment: those that it lists, and the others.

The value is x, or one that libpq takes where it does not take any.
"""

import ctypes

UNLISTED = ["PGSERVICEFILE", "PGSYSCONFDIR", "PGREQUIRESSL", "PGDATESTYLE", "PGTZ", "PGGEQO", "PGLOCALEDIR"]

VALUES = {
    "PGCHANNELBINDING": "disable",
    "PGGSSDELEGATION": "0",
    "PGGSSENCMODE": "disable",
    "PGGSSLIB": "gssapi",
    "PGREQUIREAUTH": "none",
    "PGREQUIRESSL": "0",
    "PGSSLCERTMODE": "disable",
    "PGSSLCOMPRESSION": "0",
    "PGSSLMAXPROTOCOLVERSION": "TLSv1.3",
    "PGSSLMINPROTOCOLVERSION": "TLSv1.2",
    "PGSSLMODE": "disable",
    "PGSSLNEGOTIATION": "postgres",
    "PGSSLSNI": "0",
}


class Option(ctypes.Structure):
    """PQconninfoOption of libpq-fe.h."""

    _fields_ = [(name, ctypes.c_char_p) for name in ("keyword", "envvar", "compiled", "val", "label", "dispchar")]
    _fields_ += [("dispsize", ctypes.c_int)]


def listed():
    """The variables of PQconndefaults()."""
    libpq = ctypes.CDLL("libpq.so.5")
    libpq.PQconndefaults.restype = ctypes.POINTER(Option)
    options = libpq.PQconndefaults()
    position = 0
    while options[position].keyword:
        if options[position].envvar:
            yield options[position].envvar.decode()
        position += 1


print("\n".join(f"{name}={VALUES.get(name, 'x')}" for name in [*listed(), *UNLISTED]))
