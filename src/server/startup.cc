#include "server/startup.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/credentials.h"
#include "base/file.h"
#include "base/public_suffix.h"
#include "base/unique_fd.h"
#include "pg/conninfo_fault.h"
#include "server/settings_file.h"

namespace server {

namespace {

constexpr std::size_t kMostSuffixBytes = 1 << 22;

/// What is wrong with the rights on the settings file; empty when nothing is. The group of the file is for
/// the administrator to choose.
std::string find_exposure(const SettingsFile& file, bool holds_secrets) {
  if (!S_ISREG(file.mode)) return {};
  if ((file.mode & S_IWOTH) != 0)
    return file.name + ": every user may change this file; run: chmod o= " + file.name;
  if ((file.mode & S_IROTH) != 0 && holds_secrets)
    return file.name + ": it holds secrets, and every user may read it; run: chmod o= " + file.name;
  return {};
}

/// What is wrong when a credential has no effect; empty when each has one.
std::string find_idle_credential(const base::SettingSource& source) {
  const auto& url = *base::find_setting("DATABASE_URL");
  const auto& password = *base::find_setting("DB_PASSWORD");
  if (!source.is_credential(password) || source.value(url).empty()) return {};
  return "the credential DB_PASSWORD has no effect, because DATABASE_URL (" + source.where(url) +
         ") counts instead of the DB_* settings; take DATABASE_URL away and set these, or make the whole of "
         "it a "
         "credential";
}

/// Adds the errors of settings that only the files of this machine tell; for all actions. Returns a sentence
/// that says what could not be checked and why; empty when all was.
std::string check_by_files(base::LoadedSettings& loaded) {
  const auto domains = base::wide_domains(loaded.settings);
  if (domains.empty()) return {};
  const base::UniqueFd file(::open(base::kPublicSuffixFile, O_RDONLY | O_CLOEXEC));
  const auto list = file ? base::read_all(file.get(), kMostSuffixBytes) : std::nullopt;
  if (!list)
    return std::string("cannot read ") + base::kPublicSuffixFile + ": " + std::strerror(errno) +
           "; so COOKIE_DOMAIN, REDIRECT_HOSTS and SERVED_HOSTS are not searched for public suffixes such as "
           "co.uk, below which strangers have hosts; install the package publicsuffix";
  for (const auto& [where, domain, other] : domains)
    if (base::is_public_suffix(*list, domain))
      loaded.errors.push_back(where +
                              " stands for a public suffix, below which strangers have hosts; take a "
                              "domain of your own below " +
                              std::string(domain) + ", or " + std::string(other));
  return {};
}

/// Wipes the value where the process got it: its memory, and what Linux shows of it as its environment.
void forget_variable(const char* name) {
  char* value = ::getenv(name);
  if (value == nullptr) return;
  base::wipe(value, std::strlen(value));
  ::unsetenv(name);
}

}  // namespace

bool fill_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) >= 0) continue;
    const int mode = descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR;
    if (::open("/dev/null", mode) != descriptor) return false;  // the lowest free number is this one
  }
  return true;
}

void protect_memory() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__
  ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

FoundSettings::FoundSettings(const std::string& name) : FoundSettings(read_settings_file(name)) {}

FoundSettings::FoundSettings(SettingsFile&& read)
    : file(read.mode == 0 ? std::string() : read.name),
      source(::getenv, read.text.view(), read.name,
             base::read_credentials(::getenv("CREDENTIALS_DIRECTORY"))),
      loaded(base::load_settings(source, std::thread::hardware_concurrency())) {
  auto& errors = loaded.errors;
  if (errors.empty())
    if (auto fault = pg::find_conninfo_fault(loaded.settings); !fault.empty())
      errors.push_back(std::move(fault));
  if (auto idle = find_idle_credential(source); !idle.empty()) errors.push_back(std::move(idle));
  if (auto exposure = find_exposure(read, source.file_holds_secrets()); !exposure.empty())
    errors.push_back(std::move(exposure));
  if (errors.empty()) warning = check_by_files(loaded);
}

void FoundSettings::forget_secrets_of_scripts() {
  for (const auto& setting : base::settings_table()) {
    const auto* kind = std::get_if<base::SecretKind>(&setting.kind);
    if (kind == nullptr || !kind->for_scripts) continue;
    (loaded.settings.*kind->member).clear();
    source.forget(setting);
    forget_variable(setting.name.data());
  }
}

}  // namespace server
