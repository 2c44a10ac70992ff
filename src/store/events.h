// The history of each account: what happened to it, for its user and the operator. The words for events are
// those of the log (docs/operations.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "pg/connection.h"
#include "store/ids.h"
#include "store/sessions.h"

namespace store {

/// One entry to write.
struct Event {
  UserId user;
  std::string_view event;
  std::optional<SessionId> session;  ///< In which it happened, or which it began or ended.
  std::string_view actor = {};  ///< `operator:NAME`; empty for whoever has the credentials of the account.
  ClientInfo client = {};       ///< Where it came from; nothing is known of the operator.
};

/// One entry as it is read.
struct ListedEvent {
  std::string event;
  base::Time happened_at;
  std::optional<SessionId> session;
  std::string actor;
  std::optional<std::string> address;
  std::string user_agent;
  bool new_device;
};

/// Every method throws pg::Error.
class Events {
 public:
  /// `settings` says whether a history is kept (EVENTS_KEEP), and must outlive the object.
  Events(pg::Connection& connection, const base::Settings& settings)
      : connection_(connection), settings_(settings) {}

  /// Writes the entry in the transaction of what it tells. Does nothing without a history, or when the user
  /// is gone.
  void insert(const Event& event);
  /// Adds a step of opening a session, which writes the entry only if the session is there. `opened` is the
  /// hash of its access token; the text is not copied.
  void add_insert(pg::Steps& steps, std::string_view event, bool new_device,
                  const crypto::Digest& opened) const;
  /// insert() by itself and without waiting for the disk: a crash of the database may lose it. Without a user
  /// it asks the same and writes nothing, so that the time it takes does not tell whether there is one.
  void insert_unsynced(std::optional<UserId> user, std::string_view event, const ClientInfo& client);
  /// The newest entries of the user, newest first, at most `most` of each kind: so whoever causes many
  /// entries of one kind pushes out none of another. A kind is an event by the same actor; logins from new
  /// devices are a kind of their own.
  std::vector<ListedEvent> list(UserId user, std::int64_t most);

 private:
  pg::Connection& connection_;
  const base::Settings& settings_;
};

}  // namespace store
