#include "store/sessions.h"

#include "store/statements.h"

namespace store {
namespace {

/// Row `row` of the columns that every statement with new tokens returns first.
OpenedSession read_opened(const pg::Result& result, int row) {
  return {.id = {result.integer(row, 0)},
          .access_expires_at = result.time(row, 1),
          .refresh_expires_at = result.time(row, 2),
          .access_life = result.integer(row, 3),
          .refresh_life = result.integer(row, 4),
          .user = {.id = {result.integer(row, 5)},
                   .name = result.text(row, 6),
                   .username = result.text(row, 7),
                   .created_at = result.time(row, 8)}};
}

FoundSession read_found(const pg::Result& result, int row) {
  return {.id = {result.integer(row, 0)},
          .user = {result.integer(row, 1)},
          .username = result.text(row, 2),
          .name = result.text(row, 3),
          .groups = result.text(row, 4),
          .successor_used = result.boolean(row, 5)};
}

}  // namespace

OpenedSession Sessions::insert(UserId user, const crypto::TokenPair& pair, const ClientInfo& client) {
  const auto access = pair.access.hash();
  const auto refresh = pair.refresh.hash();
  const auto family = pair.refresh.family_hash();
  pg::Params params;
  params.add(user.value).add(access).add(refresh).add(family);
  params.add(settings_.access_ttl).add(settings_.refresh_ttl).add(settings_.session_ttl);
  params.add_optional(client.address ? std::optional<std::string_view>(*client.address) : std::nullopt);
  params.add(client.user_agent);
  return read_opened(connection_.execute(index(StatementId::session_insert), params), 0);
}

std::vector<std::optional<FoundSession>> Sessions::find_by_access(std::span<const crypto::Digest> hashes) {
  std::vector<std::optional<FoundSession>> found(hashes.size());
  pg::Params params;
  if (hashes.size() == 1) {
    params.add(std::span<const std::byte>(hashes[0]));
    const auto result = connection_.execute(index(StatementId::session_find_by_access), params);
    if (result.rows() == 1) found[0] = read_found(result, 0);
  } else if (hashes.size() > 1) {
    params.add_digests(hashes);
    const auto result = connection_.execute(index(StatementId::session_find_batch_by_access), params);
    for (int row = 0; row < result.rows(); ++row)
      found.at(static_cast<std::size_t>(result.integer(row, 6) - 1)) = read_found(result, row);
  }
  return found;
}

std::optional<FamilySession> Sessions::find_by_family(const crypto::Digest& family,
                                                      const crypto::Digest& refresh) {
  pg::Params params;
  params.add(family).add(refresh).add(settings_.refresh_grace);
  const auto result = connection_.execute(index(StatementId::session_find_by_family), params);
  if (result.rows() == 0) return std::nullopt;
  FamilySession session{read_opened(result, 0), result.boolean(0, 9), result.boolean(0, 10), {}};
  if (!result.is_null(0, 11)) session.salt = result.digest(0, 11);
  return session;
}

std::optional<OpenedSession> Sessions::rotate(const crypto::Token& presented,
                                              const crypto::TokenPair& successors,
                                              const crypto::RotationSalt& salt) {
  const auto family = presented.family_hash();
  const auto current = presented.hash();
  const auto access = successors.access.hash();
  const auto refresh = successors.refresh.hash();
  pg::Params params;
  params.add(family).add(current).add(access).add(refresh).add(salt);
  params.add(settings_.access_ttl).add(settings_.refresh_ttl);
  const auto result = connection_.execute(index(StatementId::session_rotate), params);
  if (result.rows() == 0) return std::nullopt;
  return read_opened(result, 0);
}

OpenedSession Sessions::extend_access(SessionId session) {
  pg::Params params;
  params.add(session.value).add(settings_.access_ttl);
  return read_opened(connection_.execute(index(StatementId::session_extend_access), params), 0);
}

void Sessions::mark_used(SessionId session, const crypto::Digest& access) {
  pg::Params params;
  params.add(session.value).add(access);
  connection_.execute(index(StatementId::session_mark_used), params);
}

bool Sessions::revoke(SessionId session) {
  pg::Params params;
  params.add(session.value);
  return connection_.execute(index(StatementId::session_revoke), params).affected() == 1;
}

std::vector<RevokedSession> Sessions::revoke_presented(const std::optional<crypto::Token>& access,
                                                       const std::optional<crypto::Token>& refresh) {
  if (!access && !refresh) return {};
  const auto access_hash = access ? access->hash() : crypto::Digest{};
  const auto family_hash = refresh ? refresh->family_hash() : crypto::Digest{};
  const auto refresh_hash = refresh ? refresh->hash() : crypto::Digest{};
  pg::Params params;
  access ? params.add(access_hash) : params.add_null();
  refresh ? params.add(family_hash).add(refresh_hash) : params.add_null().add_null();
  const auto result = connection_.execute(index(StatementId::session_revoke_presented), params);
  std::vector<RevokedSession> revoked;
  revoked.reserve(static_cast<std::size_t>(result.rows()));
  for (int row = 0; row < result.rows(); ++row)
    revoked.push_back({{result.integer(row, 0)}, {result.integer(row, 1)}});
  return revoked;
}

std::int64_t Sessions::revoke_others(UserId user, SessionId kept) {
  pg::Params params;
  params.add(user.value).add(kept.value);
  return connection_.execute(index(StatementId::session_revoke_others), params).affected();
}

std::int64_t Sessions::revoke_all(UserId user) {
  pg::Params params;
  params.add(user.value);
  return connection_.execute(index(StatementId::session_revoke_all), params).affected();
}

bool Sessions::revoke_of_user(SessionId session, UserId user) {
  pg::Params params;
  params.add(session.value).add(user.value);
  return connection_.execute(index(StatementId::session_revoke_of_user), params).affected() == 1;
}

std::vector<SessionId> Sessions::revoke_excess(UserId user) {
  std::vector<SessionId> revoked;
  if (settings_.max_sessions_per_user == 0) return revoked;
  pg::Params params;
  params.add(user.value).add(settings_.max_sessions_per_user - 1);
  const auto result = connection_.execute(index(StatementId::session_revoke_excess), params);
  for (int row = 0; row < result.rows(); ++row) revoked.push_back({result.integer(row, 0)});
  return revoked;
}

bool Sessions::is_live(SessionId session) {
  pg::Params params;
  params.add(session.value);
  return connection_.execute(index(StatementId::session_find_live), params).rows() == 1;
}

std::optional<OpenedSession> Sessions::describe(SessionId session) {
  pg::Params params;
  params.add(session.value);
  const auto result = connection_.execute(index(StatementId::session_describe), params);
  if (result.rows() == 0) return std::nullopt;
  return read_opened(result, 0);
}

std::vector<ListedSession> Sessions::list(UserId user) {
  pg::Params params;
  params.add(user.value);
  const auto result = connection_.execute(index(StatementId::session_list), params);
  std::vector<ListedSession> sessions;
  for (int row = 0; row < result.rows(); ++row) {
    auto address = result.is_null(row, 3) ? std::nullopt : std::optional(result.text(row, 3));
    sessions.push_back({{result.integer(row, 0)},
                        result.time(row, 1),
                        result.time(row, 2),
                        std::move(address),
                        result.text(row, 4)});
  }
  return sessions;
}

bool Sessions::is_fresh(SessionId session, std::int64_t seconds) {
  pg::Params params;
  params.add(session.value).add(seconds);
  const auto result = connection_.execute(index(StatementId::session_is_fresh), params);
  return result.rows() == 1 && result.boolean(0, 0);
}

void Sessions::mark_authenticated(SessionId session) {
  pg::Params params;
  params.add(session.value);
  connection_.execute(index(StatementId::session_mark_authenticated), params);
}

}  // namespace store
