#include "pg/connector.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/heartbeat.h"
#include "base/text.h"
#include "pg/conninfo.h"
#include "pg/error.h"

namespace pg {
namespace {

/// The parameters of a connection as libpq takes them: two arrays that end with nullptr.
class Parameters {
 public:
  /// Both must outlive the object. An empty value is left to libpq.
  void add(const char* keyword, const char* value) {
    if (*value == '\0' || size_ + 1 == keywords_.size()) return;
    keywords_[size_] = keyword;
    values_[size_++] = value;
  }
  void add(const Host& host) {
    add("host", host.name.c_str());
    add("hostaddr", host.address.c_str());
    add("port", host.port.c_str());
  }
  PGconn* start() const { return ::PQconnectStartParams(keywords_.data(), values_.data(), 0); }

 private:
  std::array<const char*, 64> keywords_{};  // libpq 15 has 40 options
  std::array<const char*, 64> values_{};
  std::size_t size_ = 0;
};

bool names_host(std::string_view keyword) {
  return keyword == "host" || keyword == "hostaddr" || keyword == "port";
}

PGconn* start_by_url(const base::Secret& url, const Host& host) {
  const Options options = parse_conninfo(url);
  Parameters parameters;
  parameters.add("client_encoding", "UTF8");
  parameters.add("fallback_application_name", "sessiond");
  for_each_value(options, [&](const char* keyword, const char* value) {
    if (!names_host(keyword)) parameters.add(keyword, value);
  });
  parameters.add(host);
  return parameters.start();
}

PGconn* start_by_settings(const base::Settings& settings, const Host& host) {
  Parameters parameters;
  parameters.add("client_encoding", "UTF8");
  parameters.add("fallback_application_name", "sessiond");
  parameters.add("dbname", settings.db_name.c_str());
  parameters.add("user", settings.db_user.c_str());
  parameters.add("password", settings.db_password.c_str());
  parameters.add(host);
  return parameters.start();
}

/// Why libpq has not connected, as one line: it begins a new one for its hint, and for each address.
std::string find_reason(const PGconn* connection) {
  const auto lines = base::split(::PQerrorMessage(connection), '\n');
  return base::join({lines.begin(), lines.end()}, "; ");
}

void append_failure(std::string& reasons, std::string_view reason) {
  reasons.append(reasons.empty() ? "" : "; ").append(reason);
}

}  // namespace

std::int64_t share_of(std::int64_t deadline, std::size_t turns) {
  const std::int64_t now = base::monotonic_ms();
  return now + std::max<std::int64_t>(0, deadline - now) / static_cast<std::int64_t>(turns);
}

bool wait_for_socket(const PGconn* connection, short events, std::int64_t deadline) {
  for (;;) {
    const std::int64_t left = deadline - base::monotonic_ms();
    if (left <= 0) return false;
    pollfd descriptor{::PQsocket(connection), events, 0};
    const int ready = ::poll(&descriptor, 1, static_cast<int>(std::min<std::int64_t>(left, 60000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

RawConnection Connector::connect(std::int64_t deadline) {
  const auto hosts = find_hosts(settings_);
  const std::size_t first = first_;
  std::string reasons;
  met_silence_ = false;
  has_choice_ = hosts.size() > 1;
  others_.clear();
  for (std::size_t turn = 0; turn < hosts.size(); ++turn) {
    const std::size_t place = (first + turn) % hosts.size();
    auto attempt = try_host(hosts[place], share_of(deadline, hosts.size() - turn));
    met_silence_ = met_silence_ || attempt.silent;
    // A host that was silent has cost time, so the next connection does not begin with it.
    if (attempt.silent)
      first_ = place + 1;
    else if (!attempt.connection)
      others_.push_back(place);
    if (attempt.connection) {
      used_ = place;
      while (++turn < hosts.size()) others_.push_back((first + turn) % hosts.size());
      return std::move(attempt.connection);
    }
    append_failure(reasons, attempt.failure);
  }
  throw Error("cannot connect: " + reasons, "");
}

RawConnection Connector::connect_to(std::size_t place, std::int64_t deadline) {
  auto attempt = try_host(find_hosts(settings_).at(place), deadline);
  if (!attempt.connection) throw Error("cannot connect: " + attempt.failure, "");
  return std::move(attempt.connection);
}

/// Tries the addresses of a host one after the other.
Connector::Attempt Connector::try_host(const Host& host, std::int64_t deadline) {
  if (!needs_lookup(host)) return try_address(host, deadline);
  base::enter(base::Step::looking_up);
  const auto addresses = resolver_.find(host.name, deadline);
  const bool too_late = base::monotonic_ms() >= deadline;
  Attempt last{nullptr, "host \"" + host.name + "\": " + addresses.failure, too_late};
  std::string reasons;
  for (std::size_t i = 0; i < addresses.found.size(); ++i) {
    const bool met_silence = last.silent;
    last = try_address({host.name, addresses.found[i], host.port},
                       share_of(deadline, addresses.found.size() - i));
    last.silent = last.silent || met_silence;
    if (last.connection) return last;
    append_failure(reasons, last.failure);
    last.failure = reasons;
  }
  return last;
}

Connector::Attempt Connector::try_address(const Host& host, std::int64_t deadline) {
  base::enter(base::Step::connecting);
  RawConnection connection(settings_.database_url.empty() ? start_by_settings(settings_, host)
                                                          : start_by_url(settings_.database_url, host));
  if (!connection) throw std::bad_alloc();
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (::PQstatus(connection.get()) == CONNECTION_BAD || state == PGRES_POLLING_FAILED)
      return {nullptr, find_reason(connection.get()), false};
    if (!wait_for_socket(connection.get(), state == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline))
      return {nullptr,
              "host \"" + (host.address.empty() ? host.name : host.address) + "\": no answer in time", true};
    state = ::PQconnectPoll(connection.get());
  }
  return {std::move(connection), {}, false};
}

}  // namespace pg
