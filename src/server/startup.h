// What each program of this project does before its own work: it makes its standard descriptors and its
// memory safe, and reads the settings from the environment and the settings file.
#pragma once

#include <string>

#include "base/config.h"
#include "base/setting_source.h"

namespace server {

/// Opens /dev/null as each of the descriptors 0 to 2 that is closed, as a FastCGI server leaves 1 and 2
/// (FastCGI Specification, 2.2). The next file that is opened would get such a number, and log lines would go
/// into a connection to the database or to nginx. Standard output is opened for reading only, so that writing
/// to it fails as it does when it is closed. False when that fails. To be called first of all.
bool fill_standard_descriptors();

/// Keeps passwords and tokens out of core files, and other processes of the user from reading them by
/// ptrace(2) and what procfs shows of it (CWE-528). To be called before the settings are read.
void protect_memory();

struct SettingsFile;

/// The settings of a program, and where each comes from.
class FoundSettings {
 public:
  /// Reads the settings from the environment, from the credentials of a service manager
  /// (CREDENTIALS_DIRECTORY), and from the file `name`, or a default one when that is empty
  /// (read_settings_file()). Also checks what only the files of this machine tell, and that other users can
  /// neither change the file nor read secrets in it. Throws runtime_error when the file cannot be read.
  explicit FoundSettings(const std::string& name);

  /// Wipes the secrets that only scripts need, in the settings, their source and the environment. To be
  /// called before the process does anything for others: each process that it forks has what is in its
  /// memory.
  void forget_secrets_of_scripts();

  std::string file;  ///< The settings file that was read; empty when there is none.
  base::SettingSource source;
  /// The settings must be used only when `loaded.errors` is empty.
  base::LoadedSettings loaded;
  std::string warning;  ///< What could not be checked and why, as a sentence; empty when all was.

 private:
  explicit FoundSettings(SettingsFile&& read);
};

}  // namespace server
