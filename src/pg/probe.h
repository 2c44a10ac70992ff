// A connection for looking at a database whose tables, rights or settings may be wrong: it prepares no
// statement, so it is there where Connection gives up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/config.h"
#include "pg/connector.h"
#include "pg/result.h"
#include "pg/statement.h"

namespace pg {

/// All calls return by the deadline, and throw Error.
class Probe {
 public:
  /// Connects as a worker does. `deadline` is in milliseconds of base::monotonic_ms().
  Probe(const base::Settings& settings, std::int64_t deadline);

  /// The same, to the host of this place in find_hosts().
  Probe(const base::Settings& settings, std::size_t place, std::int64_t deadline);

  /// The rows of one query without parameters.
  Result ask(const char* sql);
  /// Has the server plan a statement, and so check the rights that it needs, without running it. Throws what
  /// the server says against it.
  void explain(const Statement& statement);

  /// Which server it is: the address, or the directory of the unix socket.
  std::string host() const;
  /// True when the connection leads to another machine.
  bool leaves_machine() const;
  /// As encryption_of().
  std::string_view encryption() const;
  bool is_protected() const;

 private:
  Probe(RawConnection connection, std::int64_t deadline);

  RawConnection connection_;
  std::int64_t deadline_;
};

}  // namespace pg
