#include "ctl/transfer/importer.h"

#include <algorithm>
#include <utility>

#include "ctl/transfer/import_check.h"

namespace ctl {
namespace {

/// Calls `work` with the elements in their order, as many at once as a statement takes.
template <class Element, class Work>
void for_each_batch(std::span<const Element> all, Work work) {
  while (!all.empty()) {
    const auto size = std::min(all.size(), store::kImportBatch);
    work(all.first(size));
    all = all.subspan(size);
  }
}

store::UserColumns make_columns(std::span<const ImportedUser* const> users) {
  store::UserColumns columns;
  for (const auto* user : users) {
    columns.usernames.emplace_back(user->username);
    columns.password_hashes.emplace_back(user->password_hash);
    columns.names.emplace_back(user->name);
    columns.groups.emplace_back(user->groups);
    columns.emails.emplace_back(user->email);
    columns.disabled.emplace_back(user->disabled);
  }
  return columns;
}

}  // namespace

Importer::Importer(Desk& desk, std::span<const ImportedUser> users, std::string file_name, Progress progress)
    : desk_(desk),
      users_(users),
      file_name_(std::move(file_name)),
      progress_(std::move(progress)),
      store_(desk.database(), desk.settings()) {}

ImportCount Importer::run(bool update) {
  pg::Transaction transaction(desk_.database());
  if (!store_.begin()) throw Refusal("another import is under way; nothing was imported");
  divide();
  if (!update) refuse_existing();
  update_all();
  insert_all();
  desk_.database();
  transaction.commit();
  return count_;
}

/// Finds out which users are there already.
void Importer::divide() {
  std::vector<const ImportedUser*> all;
  for (const auto& user : users_) all.push_back(&user);
  for_each_batch(Batch(all), [&](Batch batch) {
    std::vector<bool> is_there(batch.size());
    desk_.database();
    for (const auto& found : store_.find(make_columns(batch))) {
      is_there[found.place] = true;
      existing_.emplace(found.id.value, batch[found.place]);
    }
    for (std::size_t i = 0; i < batch.size(); ++i)
      if (!is_there[i]) new_users_.push_back(batch[i]);
  });
}

/// Throws Refusal with a fault for each user who is there already.
void Importer::refuse_existing() const {
  std::vector<ImportFault> faults;
  for (const auto& [id, user] : existing_)
    faults.push_back(
        {user->line, "username: There is such a user, perhaps in another case. --update changes those."});
  refuse_faults(file_name_, std::move(faults));
}

/// Throws Refusal with a fault for each user of the batch whom somebody else has stored, because the import
/// has only stored those with these ids.
void Importer::refuse_taken(Batch batch, std::span<const std::int64_t> stored) {
  std::vector<ImportFault> faults;
  for (const auto& found : store_.find(make_columns(batch)))
    if (std::find(stored.begin(), stored.end(), found.id.value) == stored.end())
      faults.push_back(
          {batch[found.place]->line, "username: Somebody has made such a user while the file was imported."});
  refuse_faults(file_name_, std::move(faults));
  throw Refusal("not all users could be stored; nothing was imported");
}

void Importer::insert_all() {
  for_each_batch(Batch(new_users_), [&](Batch batch) { insert(batch); });
}

void Importer::insert(Batch batch) {
  desk_.database();
  const auto ids = store_.insert(make_columns(batch));
  if (ids.size() != batch.size()) refuse_taken(batch, ids);
  store_.record(ids, "user_created", desk_.actor());
  count_.added += static_cast<std::int64_t>(ids.size());
  advance(ids.size());
}

void Importer::update_all() {
  std::vector<std::int64_t> ids;
  std::vector<const ImportedUser*> users;
  for (const auto& [id, user] : existing_) {
    ids.push_back(id);
    users.push_back(user);
  }
  std::size_t begin = 0;
  for_each_batch(std::span<const std::int64_t>(ids), [&](std::span<const std::int64_t> batch) {
    update(batch, Batch(users).subspan(begin, batch.size()));
    begin += batch.size();
  });
}

void Importer::update(std::span<const std::int64_t> ids, Batch batch) {
  desk_.database();
  const auto columns = make_columns(batch);
  const auto locked = store_.lock(ids, columns);
  if (locked.size() != ids.size())
    throw Refusal("a user was deleted while the file was imported; nothing was imported");
  std::vector<std::int64_t> rehashed, disabled, ended;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (locked[i].new_hash) rehashed.push_back(ids[i]);
    if (locked[i].newly_disabled) disabled.push_back(ids[i]);
    if (locked[i].new_hash || locked[i].newly_disabled) ended.push_back(ids[i]);
  }
  store_.update(ids, columns);
  count_.sessions_ended += store_.end_access(ended);
  store_.record(rehashed, "authn_password_change", desk_.actor());
  store_.record(disabled, "user_disabled", desk_.actor());
  count_.updated += static_cast<std::int64_t>(ids.size());
  advance(ids.size());
}

void Importer::advance(std::size_t count) {
  done_ += count;
  progress_(done_);
}

}  // namespace ctl
