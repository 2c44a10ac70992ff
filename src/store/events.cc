#include "store/events.h"

namespace store {

using pg::Access;

// The row of the user is locked as a foreign key does it anyhow, but before the insertion: so a user who is
// being deleted leads to no row, and not to an error.
const pg::Statement kInsert{"event_insert", Access::write, R"sql(
    INSERT INTO events (user_id, event, session_id, actor, ip, user_agent)
    SELECT user_id, $2::text, $3::bigint, $4::text, $5::text::inet, $6::text
    FROM users
    WHERE user_id = $1::bigint
    FOR KEY SHARE
)sql"};

namespace {

std::optional<std::string_view> address_of(const ClientInfo& client) {
  return client.address ? std::optional<std::string_view>(*client.address) : std::nullopt;
}

}  // namespace

void Events::insert(const Event& event) {
  if (settings_.events_keep == 0) return;
  pg::Params params;
  params.add(event.user.value).add(event.event);
  event.session ? params.add(event.session->value) : params.add_null();
  params.add(event.actor).add_optional(address_of(event.client)).add(event.client.user_agent);
  connection_.execute(kInsert, params);
}

const pg::Statement kInsertOpened{"event_insert_opened", Access::write, R"sql(
    INSERT INTO events (user_id, event, session_id, ip, user_agent, new_device)
    SELECT user_id, $2::text, session_id, ip, user_agent, $3::bigint = 1
    FROM sessions
    WHERE access_token_hash = $1::bytea
)sql"};

void Events::add_insert(pg::Steps& steps, std::string_view event, bool new_device,
                        const crypto::Digest& opened) const {
  if (settings_.events_keep == 0) return;
  steps.add(kInsertOpened).add_copy(opened).add(event).add(std::int64_t{new_device});
}

const pg::Statement kInsertUnsynced{"event_insert_unsynced", Access::unseen_write, R"sql(
    INSERT INTO events (user_id, event, ip, user_agent)
    SELECT user_id, $2::text, $3::text::inet, $4::text
    FROM users
    WHERE user_id = $1::bigint
      AND set_config('synchronous_commit', 'off', true) = 'off'
    FOR KEY SHARE
)sql"};

void Events::insert_unsynced(std::optional<UserId> user, std::string_view event, const ClientInfo& client) {
  if (settings_.events_keep == 0) return;
  pg::Params params;
  user ? params.add(user->value) : params.add_null();
  params.add(event).add_optional(address_of(client)).add(client.user_agent);
  connection_.execute(kInsertUnsynced, params);
}

// Goes through the index from each kind to the next one, so it reads as many rows as it returns and one more
// for each kind, however long the history is. There are as many kinds as words for events and operators.
const pg::Statement kList{"event_list", Access::read, R"sql(
    WITH RECURSIVE kinds AS (
        (SELECT event, actor, new_device
         FROM events
         WHERE user_id = $1::bigint
         ORDER BY event, actor, new_device
         LIMIT 1)
        UNION ALL
        SELECT next.event, next.actor, next.new_device
        FROM kinds
        CROSS JOIN LATERAL (
            SELECT event, actor, new_device
            FROM events
            WHERE user_id = $1::bigint
              AND (event, actor, new_device) > (kinds.event, kinds.actor, kinds.new_device)
            ORDER BY event, actor, new_device
            LIMIT 1
        ) AS next
    )
    SELECT newest.event, newest.happened_at, newest.session_id, newest.actor, host(newest.ip),
           newest.user_agent, newest.new_device
    FROM kinds
    CROSS JOIN LATERAL (
        SELECT event_id, event, happened_at, session_id, actor, ip, user_agent, new_device
        FROM events
        WHERE user_id = $1::bigint
          AND event = kinds.event
          AND actor = kinds.actor
          AND new_device = kinds.new_device
        ORDER BY event_id DESC
        LIMIT $2::bigint
    ) AS newest
    ORDER BY newest.event_id DESC
)sql"};

std::vector<ListedEvent> Events::list(UserId user, std::int64_t most) {
  pg::Params params;
  params.add(user.value).add(most);
  const auto result = connection_.execute(kList, params);
  std::vector<ListedEvent> events;
  events.reserve(static_cast<std::size_t>(result.rows()));
  for (int row = 0; row < result.rows(); ++row)
    events.push_back(
        {.event = result.text(row, 0),
         .happened_at = result.time(row, 1),
         .session = result.is_null(row, 2) ? std::nullopt : std::optional(SessionId{result.integer(row, 2)}),
         .actor = result.text(row, 3),
         .address = result.is_null(row, 4) ? std::nullopt : std::optional(result.text(row, 4)),
         .user_agent = result.text(row, 5),
         .new_device = result.boolean(row, 6)});
  return events;
}

}  // namespace store
