#include "ctl/transfer/import_check.h"

#include <algorithm>
#include <unordered_map>

#include "auth/policy.h"
#include "base/text.h"
#include "base/utf8.h"
#include "ctl/command.h"
#include "ctl/groups.h"

namespace ctl {
namespace {

constexpr std::size_t kMostTold = 20;

using Lines = std::unordered_map<std::string, std::size_t>;

void sort_by_line(std::vector<ImportFault>& faults) {
  std::stable_sort(faults.begin(), faults.end(),
                   [](const ImportFault& a, const ImportFault& b) { return a.line < b.line; });
}

std::optional<std::string> detail_of(const std::optional<base::FieldError>& error) {
  return error ? std::optional(error->field + ": " + error->detail) : std::nullopt;
}

std::optional<std::string> find_twin(const ImportedUser& user, Lines& lines) {
  const auto [place, is_new] = lines.emplace(base::to_lower(user.username), user.line);
  if (is_new) return std::nullopt;
  return "username: Line " + std::to_string(place->second) + " has the same one, but perhaps for its case.";
}

/// The fault with the name of its column, as a sentence.
std::optional<std::string> describe(std::string_view column, const std::optional<std::string>& fault) {
  return fault ? std::optional(std::string(column) + ": " + *fault) : std::nullopt;
}

/// Gives the groups the form in which the store takes them, unless they have a fault.
std::optional<std::string> tidy_groups(ImportedUser& user) {
  if (!user.groups) return std::nullopt;
  auto fault = describe("groups", find_groups_fault(*user.groups));
  if (!fault) user.groups = parse_groups(*user.groups);
  return fault;
}

std::optional<std::string> find_email_fault_of(const ImportedUser& user) {
  return user.email ? describe("email", find_email_fault(*user.email)) : std::nullopt;
}

/// Of a CSV file; JSON has been held to it by its reader.
std::optional<std::string> find_disabled_fault(const ImportedUser& user) {
  if (!user.disabled || *user.disabled == "true" || *user.disabled == "false") return std::nullopt;
  return "disabled: The value must be true or false.";
}

std::optional<std::string> find_hash_fault(const ImportedUser& user, const crypto::PasswordHasher& hasher) {
  if (base::has_control_character(user.password_hash))
    return "password_hash: It has control characters, or is not UTF-8.";
  return describe("password_hash", hasher.find_fault(user.password_hash));
}

}  // namespace

void check_import(ImportFile& file, const crypto::PasswordHasher& hasher) {
  Lines lines;
  for (auto& user : file.users) {
    const std::optional<std::string> found[] = {
        detail_of(auth::check_username(user.username)),
        find_twin(user, lines),
        user.name ? detail_of(auth::check_name(*user.name)) : std::nullopt,
        tidy_groups(user),
        find_email_fault_of(user),
        find_disabled_fault(user),
        find_hash_fault(user, hasher),
    };
    for (const auto& fault : found)
      if (fault) file.faults.push_back({user.line, *fault});
  }
  sort_by_line(file.faults);
}

std::string describe_faults(std::string_view file_name, const std::vector<ImportFault>& faults) {
  std::string text;
  for (std::size_t i = 0; i < std::min(faults.size(), kMostTold); ++i)
    text += std::string(file_name) + ":" + std::to_string(faults[i].line) + ": " + faults[i].reason + "\n";
  if (faults.size() > kMostTold) text += "and " + std::to_string(faults.size() - kMostTold) + " more\n";
  return text;
}

void refuse_faults(std::string_view file_name, std::vector<ImportFault> faults) {
  if (faults.empty()) return;
  sort_by_line(faults);
  auto text = describe_faults(file_name, faults);
  text.pop_back();  // the last end of line
  throw Refusal("nothing was imported:\n" + text);
}

}  // namespace ctl
