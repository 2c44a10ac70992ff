#include "store/tickets.h"

#include <array>

#include "base/enum_table.h"

namespace store {

using pg::Access;

namespace {

struct PurposeRow {
  TicketPurpose id;
  std::string_view name;
};

constexpr std::array kPurposes{PurposeRow{TicketPurpose::invitation, "invitation"},
                               PurposeRow{TicketPurpose::password_reset, "password_reset"}};
static_assert(base::is_enum_table(kPurposes));

/// The columns that each statement for a Ticket returns, in this order:
///
///     t.ticket_id, t.purpose, t.user_id, (the username), groups as text, t.actor, t.created_at, t.expires_at
Ticket read_ticket(const pg::Result& result, int row) {
  return {.id = {result.integer(row, 0)},
          .purpose = result.text(row, 1),
          .user = result.is_null(row, 2) ? std::nullopt : std::optional(UserId{result.integer(row, 2)}),
          .username = result.is_null(row, 3) ? std::nullopt : std::optional(result.text(row, 3)),
          .groups = result.text(row, 4),
          .actor = result.text(row, 5),
          .created_at = result.time(row, 6),
          .expires_at = result.time(row, 7)};
}

}  // namespace

std::string_view name_of(TicketPurpose purpose) {
  return base::row_of(kPurposes, purpose).name;
}

const pg::Statement kInvite{"ticket_insert_invitation", Access::write, R"sql(
    INSERT INTO tickets (ticket_hash, purpose, username, groups, actor, expires_at)
    VALUES ($1::bytea, 'invitation', $2::text, string_to_array($3::text, ','), $4::text,
            now() + $5::bigint * interval '1 second')
    RETURNING ticket_id
)sql"};

TicketId Tickets::insert_invitation(const crypto::Digest& ticket, const Invitation& invitation) {
  pg::Params params;
  params.add(ticket).add_optional(invitation.username).add(invitation.groups);
  params.add(invitation.actor).add(invitation.life);
  return {connection_.execute(kInvite, params).integer(0, 0)};
}

const pg::Statement kInsertReset{"ticket_insert_password_reset", Access::write, R"sql(
    INSERT INTO tickets (ticket_hash, purpose, user_id, actor, expires_at)
    SELECT $1::bytea, 'password_reset', user_id, $3::text, now() + $4::bigint * interval '1 second'
    FROM users
    WHERE user_id = $2::bigint
    ON CONFLICT (user_id) WHERE purpose = 'password_reset' DO UPDATE
    SET ticket_hash = excluded.ticket_hash,
        actor = excluded.actor,
        created_at = now(),
        expires_at = excluded.expires_at
    RETURNING ticket_id
)sql"};

std::optional<TicketId> Tickets::insert_password_reset(const crypto::Digest& ticket, UserId user,
                                                       std::int64_t life, std::string_view actor) {
  pg::Params params;
  params.add(ticket).add(user.value).add(actor).add(life);
  const auto result = connection_.execute(kInsertReset, params);
  if (result.rows() == 0) return std::nullopt;
  return TicketId{result.integer(0, 0)};
}

const pg::Statement kFind{"ticket_find", Access::read, R"sql(
    SELECT t.ticket_id, t.purpose, t.user_id,
           coalesce(t.username, (SELECT u.username FROM users u WHERE u.user_id = t.user_id)),
           array_to_string(t.groups, ','), t.actor, t.created_at, t.expires_at
    FROM tickets t
    WHERE t.ticket_hash = $1::bytea
      AND t.purpose = $2::text
      AND t.expires_at > now()
      AND (SELECT u.disabled_at FROM users u WHERE u.user_id = t.user_id) IS NULL
)sql"};

std::optional<Ticket> Tickets::find(const crypto::Digest& ticket, TicketPurpose purpose) {
  pg::Params params;
  params.add(ticket).add(name_of(purpose));
  const auto result = connection_.execute(kFind, params);
  if (result.rows() == 0) return std::nullopt;
  return read_ticket(result, 0);
}

const pg::Statement kTake{"ticket_take", Access::write, R"sql(
    DELETE FROM tickets t
    WHERE t.ticket_hash = $1::bytea
      AND t.purpose = $2::text
      AND t.expires_at > now()
      AND (SELECT u.disabled_at FROM users u WHERE u.user_id = t.user_id) IS NULL
    RETURNING t.ticket_id, t.purpose, t.user_id,
              coalesce(t.username, (SELECT u.username FROM users u WHERE u.user_id = t.user_id)),
              array_to_string(t.groups, ','), t.actor, t.created_at, t.expires_at
)sql"};

std::optional<Ticket> Tickets::take(const crypto::Digest& ticket, TicketPurpose purpose) {
  pg::Params params;
  params.add(ticket).add(name_of(purpose));
  const auto result = connection_.execute(kTake, params);
  if (result.rows() == 0) return std::nullopt;
  return read_ticket(result, 0);
}

const pg::Statement kList{"ticket_list", Access::read, R"sql(
    SELECT t.ticket_id, t.purpose, t.user_id,
           coalesce(t.username, (SELECT u.username FROM users u WHERE u.user_id = t.user_id)),
           array_to_string(t.groups, ','), t.actor, t.created_at, t.expires_at
    FROM tickets t
    WHERE t.purpose = $1::text
      AND t.expires_at > now()
    ORDER BY t.expires_at, t.ticket_id
    LIMIT 1000
)sql"};

std::vector<Ticket> Tickets::list(TicketPurpose purpose) {
  pg::Params params;
  params.add(name_of(purpose));
  const auto result = connection_.execute(kList, params);
  std::vector<Ticket> tickets;
  tickets.reserve(static_cast<std::size_t>(result.rows()));
  for (int row = 0; row < result.rows(); ++row) tickets.push_back(read_ticket(result, row));
  return tickets;
}

const pg::Statement kRevoke{"ticket_revoke", Access::write, R"sql(
    DELETE FROM tickets
    WHERE ticket_id = $1::bigint
      AND purpose = $2::text
)sql"};

bool Tickets::revoke(TicketId ticket, TicketPurpose purpose) {
  pg::Params params;
  params.add(ticket.value).add(name_of(purpose));
  return connection_.execute(kRevoke, params).affected() == 1;
}

const pg::Statement kRemoveOfUser{"ticket_remove_of_user", Access::write, R"sql(
    DELETE FROM tickets
    WHERE user_id = $1::bigint
)sql"};

std::int64_t Tickets::remove_of_user(UserId user) {
  pg::Params params;
  params.add(user.value);
  return connection_.execute(kRemoveOfUser, params).affected();
}

}  // namespace store
