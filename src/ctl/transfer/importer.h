// Puts the users of a file into the database, all or none. It knows nothing of formats and of terminals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "ctl/desk.h"
#include "ctl/transfer/import_file.h"
#include "store/import.h"

namespace ctl {

/// What an import has changed.
struct ImportCount {
  std::int64_t added = 0;
  std::int64_t updated = 0;
  std::int64_t sessions_ended = 0;
};

class Importer {
 public:
  /// Is told of how many users the database has been given so far.
  using Progress = std::function<void(std::size_t done)>;

  /// `desk` and `users` must outlive the object; `users` have no fault that check_import() finds.
  /// `file_name` is how people know the file.
  Importer(Desk& desk, std::span<const ImportedUser> users, std::string file_name, Progress progress);

  /// Stores all users in one transaction. Those who are there already are changed if `update` is true; else
  /// each is a fault. Throws Refusal with the faults, and pg::Error; nothing has changed then.
  ImportCount run(bool update);

 private:
  using Batch = std::span<const ImportedUser* const>;

  void divide();
  void refuse_existing() const;
  [[noreturn]] void refuse_taken(Batch batch, std::span<const std::int64_t> stored);
  void insert_all();
  void insert(Batch batch);
  void update_all();
  void update(std::span<const std::int64_t> ids, Batch batch);
  void advance(std::size_t count);

  Desk& desk_;
  std::span<const ImportedUser> users_;
  std::string file_name_;
  Progress progress_;
  store::Import store_;
  std::vector<const ImportedUser*> new_users_;            ///< In the order of the file.
  std::map<std::int64_t, const ImportedUser*> existing_;  ///< By id, in whose order they are locked.
  ImportCount count_;
  std::size_t done_ = 0;
};

}  // namespace ctl
