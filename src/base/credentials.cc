#include "base/credentials.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "base/file.h"
#include "base/unique_fd.h"
#include "base/utf8.h"

namespace base {
namespace {

/// Far more than a password or a connection string needs.
constexpr std::size_t kMostBytes = 16384;

/// What is wrong with the text of a credential, as the end of a sentence; empty when nothing is.
std::string_view find_text_fault(std::string_view text) {
  if (text.empty()) return "is empty; put the value into its file, or take the credential away";
  if (text.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos)
    return "has more than one line, or a NUL byte; it must be the value and nothing else";
  return {};
}

/// Why the file may not be used, as above.
std::string_view find_file_fault(const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return "is no file; it must be one that holds the value";
  if ((status.st_mode & (S_IROTH | S_IWOTH)) != 0)
    return "can be read or changed by every user; take these rights away with chmod o=";
  return {};
}

std::string_view without_newline(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

/// The value in a file; nothing when there is none. Throws runtime_error for what is no value.
std::optional<Secret> read_credential(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT) return std::nullopt;
  const auto subject = "the credential " + make_excerpt(path) + " ";
  struct stat status {};
  if (file && ::fstat(file.get(), &status) == 0)
    if (const auto fault = find_file_fault(status); !fault.empty())
      throw std::runtime_error(subject + std::string(fault));
  auto text = file ? read_all(file.get(), kMostBytes) : std::nullopt;
  if (!text && errno == EFBIG)
    throw std::runtime_error(subject + "is larger than " + std::to_string(kMostBytes) +
                             " bytes; it must be the value and nothing else");
  if (!text) throw std::runtime_error(subject + "cannot be read: " + std::strerror(errno));
  const Secret whole(*std::move(text));
  const auto value = without_newline(whole.view());
  if (const auto fault = find_text_fault(value); !fault.empty())
    throw std::runtime_error(subject + std::string(fault));
  return Secret(value);
}

void add_credential(FoundCredentials& found, const Setting& setting, const std::string& path) {
  auto value = read_credential(path);
  if (!value) return;
  if (!std::holds_alternative<SecretKind>(setting.kind))
    throw std::runtime_error("the credential " + make_excerpt(path) +
                             " is for a setting that is no secret; set it in the settings file");
  found.credentials.push_back({&setting, *std::move(value), path});
}

}  // namespace

FoundCredentials read_credentials(const char* directory) {
  FoundCredentials found;
  if (directory == nullptr || *directory == '\0') return found;
  if (*directory != '/') {
    found.errors.push_back("CREDENTIALS_DIRECTORY='" + make_excerpt(directory) +
                           "' is not allowed; it must be an absolute path");
    return found;
  }
  for (const auto& setting : settings_table()) try {
      add_credential(found, setting, std::string(directory) + "/" + std::string(setting.name));
    } catch (const std::runtime_error& failure) {
      found.errors.emplace_back(failure.what());
    }
  return found;
}

}  // namespace base
