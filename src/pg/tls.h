// What the settings want of TLS to PostgreSQL, and what a connection has of it. libpq alone decides how to
// connect; with sslmode=prefer, its default, it goes on without TLS whenever TLS fails, and says nothing.
#pragma once

#include <libpq-fe.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"

namespace pg {

/// True when the settings want TLS: sslmode demands it, or they name a certificate, or one lies where libpq
/// looks for it in HOME; and not all servers are reached by unix sockets, over which libpq never uses TLS.
bool wants_tls(const base::Settings& settings);

/// True when the settings have libpq verify that the server is one of an authority that they name, or that it
/// knows the password, by channel_binding=require.
bool verifies_server(const base::Settings& settings);

/// What keeps a connection from the TLS that the settings want, as this user finds it now: one sentence for
/// each, with the cure. Empty when nothing does.
std::vector<std::string> find_tls_faults(const base::Settings& settings);

/// That something bad can happen: why, what it would be, and what ends it.
struct Risk {
  std::string what;
  std::string_view meaning;
  std::string_view cure;
};

/// Why somebody else than PostgreSQL may answer; nothing when that cannot be. It is reached over TCP, also on
/// this host, and nobody verifies the server: GSSAPI that encrypts verifies it, too. Or others may put a
/// socket in the place of its own (pg/socket_place.h), and no `requirepeer` has libpq refuse that.
std::optional<Risk> find_impersonation_risk(const base::Settings& settings);

/// The version of TLS of an open connection, `GSSAPI` where that encrypts it, else `none`. Lives as long as
/// the connection.
std::string_view encryption_of(PGconn* connection);

/// True when nobody on the way can read an open connection: it is encrypted, or goes over a unix socket.
bool is_protected(PGconn* connection);

}  // namespace pg
