// Tickets: tokens for one act that the operator gives out, an invitation to register or a link to reset a
// password. Only digests of the tokens are stored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "crypto/digest.h"
#include "pg/connection.h"
#include "store/ids.h"

namespace store {

/// The only thing that a ticket is good for.
enum class TicketPurpose { invitation, password_reset, count };
/// Its name in the database.
std::string_view name_of(TicketPurpose purpose);

/// A ticket as it is stored, but for its digest.
struct Ticket {
  TicketId id;
  std::string purpose;
  std::optional<UserId> user;           ///< Whose password it resets; nothing for an invitation.
  std::optional<std::string> username;  ///< Of that user; of an invitation, the only one that it is good for.
  std::string groups;                   ///< Of an invitation, comma-separated; empty for none.
  std::string actor;                    ///< Who made it, as in Event.
  base::Time created_at;
  base::Time expires_at;
};

/// What an invitation gives. Lives are seconds.
struct Invitation {
  std::string_view groups;                   ///< As Users::insert() takes them.
  std::optional<std::string_view> username;  ///< The only one that it is good for; nothing for any.
  std::int64_t life;
  std::string_view actor;
};

/// Every method throws pg::Error. A ticket is live until it has expired or was taken. A ticket to reset the
/// password of a disabled user is not live either. Whoever changes a user's tickets and other things together
/// locks the user first (store/users.h).
class Tickets {
 public:
  explicit Tickets(pg::Connection& connection) : connection_(connection) {}

  TicketId insert_invitation(const crypto::Digest& ticket, const Invitation& invitation);
  /// Takes the place of the user's ticket of before, as a user has one live link at a time. Nothing when the
  /// user is gone.
  std::optional<TicketId> insert_password_reset(const crypto::Digest& ticket, UserId user, std::int64_t life,
                                                std::string_view actor);
  /// The live ticket; nothing when it is unknown, used, too old, or one for another purpose.
  std::optional<Ticket> find(const crypto::Digest& ticket, TicketPurpose purpose);
  /// The same, and deletes it: of several at once one gets it, the others nothing.
  std::optional<Ticket> take(const crypto::Digest& ticket, TicketPurpose purpose);
  /// All for this purpose that have not expired, in the order in which they do; at most 1,000.
  std::vector<Ticket> list(TicketPurpose purpose);
  /// Deletes the ticket; false when there is none for this purpose.
  bool revoke(TicketId ticket, TicketPurpose purpose);
  /// Deletes all tickets of the user, and returns how many.
  std::int64_t remove_of_user(UserId user);

 private:
  pg::Connection& connection_;
};

}  // namespace store
