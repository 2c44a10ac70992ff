// Connects to PostgreSQL: to the first of the hosts in the settings that takes the connection, in a bounded
// time, whatever the others do.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/config.h"
#include "pg/hosts.h"

namespace pg {

struct FinishConnection {
  void operator()(PGconn* connection) const { ::PQfinish(connection); }
};
using RawConnection = std::unique_ptr<PGconn, FinishConnection>;

/// Waits until the socket of `connection` is ready for `events` of poll(2); false when the deadline, in
/// milliseconds of base::monotonic_ms(), passes first or poll() fails.
bool wait_for_socket(const PGconn* connection, short events, std::int64_t deadline);

/// When the first of `turns` has to end so that the others get as much of the time as it does.
std::int64_t share_of(std::int64_t deadline, std::size_t turns);

/// libpq by itself would give up on the first host that is silent, because connect_timeout holds only for its
/// blocking functions; and it would look names up without a limit. So each address of each host gets a
/// connection of its own here, and an equal share of the time that is left.
class Connector {
 public:
  /// `settings` must outlive the connector.
  explicit Connector(const base::Settings& settings, Resolver resolver = Resolver())
      : settings_(settings), resolver_(std::move(resolver)) {}

  /// A connection that is open, made by the deadline. Throws Error with what each host said, bad_alloc, or
  /// system_error.
  RawConnection connect(std::int64_t deadline);

  /// The same, to no other host than that of this place in find_hosts().
  RawConnection connect_to(std::size_t place, std::int64_t deadline);

  /// Lets the next connect() begin with the host of this place, modulo their number.
  void begin_with(std::size_t place) { first_ = place; }
  /// Lets the next connect() begin with the host after the one that it used last. Call it when that host
  /// turns out to be of no use.
  void skip_host() { first_ = used_ + 1; }
  /// The places of the hosts that have not taken the last connection, but for those that were silent.
  const std::vector<std::size_t>& others() const { return others_; }
  /// True when the settings of the last connect() named several hosts.
  bool has_choice() const { return has_choice_; }
  /// True when some host did not answer the last connect() at all, so that it took time.
  bool met_silence() const { return met_silence_; }

 private:
  struct Attempt {
    RawConnection connection;  ///< Empty when it failed.
    std::string failure;
    bool silent = false;
  };
  Attempt try_host(const Host& host, std::int64_t deadline);
  Attempt try_address(const Host& host, std::int64_t deadline);

  const base::Settings& settings_;
  Resolver resolver_;
  std::size_t first_ = 0;  ///< The host to begin with, modulo their number.
  std::size_t used_ = 0;   ///< The host of the last connection.
  std::vector<std::size_t> others_;
  bool has_choice_ = false;
  bool met_silence_ = false;
};

}  // namespace pg
