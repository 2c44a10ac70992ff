#include "ctl/import_check.h"

#include <algorithm>
#include <unordered_map>

#include "auth/policy.h"
#include "base/text.h"

namespace ctl {
namespace {

constexpr std::size_t kMostTold = 20;
constexpr std::size_t kMostGroupBytes = 2000;

using Lines = std::unordered_map<std::string, std::size_t>;

/// Reads a list with commas, and writes it as the database has it.
std::optional<std::string> tidy_groups(std::string& groups) {
  std::string tidy;
  for (const auto group : base::split(groups, ',')) {
    if (!base::is_group(group))
      return "groups: The name of a group consists of 1 to 200 characters of A-Z a-z 0-9 . _ @ + -, with "
             "commas between "
             "names.";
    tidy.append(tidy.empty() ? "" : ",").append(group);
  }
  if (tidy.size() > kMostGroupBytes) return "groups: All together may have 2,000 characters.";
  groups = std::move(tidy);
  return std::nullopt;
}

std::optional<std::string> detail_of(const std::optional<base::FieldError>& error) {
  return error ? std::optional(error->field + ": " + error->detail) : std::nullopt;
}

std::optional<std::string> find_twin(const ImportedUser& user, Lines& lines) {
  const auto [place, is_new] = lines.emplace(base::to_lower(user.username), user.line);
  if (is_new) return std::nullopt;
  return "username: Line " + std::to_string(place->second) + " has the same one, but perhaps for its case.";
}

std::optional<std::string> find_hash_fault(const ImportedUser& user, const crypto::PasswordHasher& hasher) {
  auto fault = hasher.find_fault(user.password_hash);
  return fault ? std::optional("password_hash: " + *fault) : std::nullopt;
}

}  // namespace

void check_import(ImportFile& file, const crypto::PasswordHasher& hasher) {
  Lines lines;
  for (auto& user : file.users) {
    const std::optional<std::string> found[] = {
        detail_of(auth::check_username(user.username)),
        find_twin(user, lines),
        user.name ? detail_of(auth::check_name(*user.name)) : std::nullopt,
        user.groups ? tidy_groups(*user.groups) : std::nullopt,
        find_hash_fault(user, hasher),
    };
    for (const auto& fault : found)
      if (fault) file.faults.push_back({user.line, *fault});
  }
  std::stable_sort(file.faults.begin(), file.faults.end(),
                   [](const ImportFault& a, const ImportFault& b) { return a.line < b.line; });
}

std::string describe_faults(std::string_view file_name, const std::vector<ImportFault>& faults) {
  std::string text;
  for (std::size_t i = 0; i < std::min(faults.size(), kMostTold); ++i)
    text += std::string(file_name) + ":" + std::to_string(faults[i].line) + ": " + faults[i].reason + "\n";
  if (faults.size() > kMostTold) text += "and " + std::to_string(faults.size() - kMostTold) + " more\n";
  return text;
}

}  // namespace ctl
