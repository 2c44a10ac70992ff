// Secrets that a service manager has put into files of their own for this process, each with the name of its
// setting (systemd.exec(5), LoadCredential=). setting_source.h says what counts when a setting stands
// elsewhere, too.
#pragma once

#include <string>
#include <vector>

#include "base/config.h"

namespace base {

/// The value of one secret setting.
struct Credential {
  const Setting* setting;
  Secret value;
  std::string path;  ///< The file that it is from.
};

struct FoundCredentials {
  std::vector<Credential> credentials;
  /// One sentence for each file that cannot be used. None tells a value.
  std::vector<std::string> errors;
};

/// Reads the credentials of a directory, which is the value of CREDENTIALS_DIRECTORY; none for nullptr or an
/// empty one. A file has one line, whose newline may be missing. Files with names of no setting are for
/// others, and are left alone.
FoundCredentials read_credentials(const char* directory);

}  // namespace base
