// Reads the settings file: the one that is named, or else a default one, and of these only such as nobody
// could have put there who is not trusted with the settings. It knows nothing of what stands in it.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/secret.h"

namespace server {

/// The settings file as it was read. Without one, the text is empty and the mode 0.
struct SettingsFile {
  std::string name;
  base::Secret text;
  mode_t mode = 0;
};

/// Reads the file `name`, which must exist; when that is empty, .env in the working directory, or else
/// /etc/sessiond/sessiond.conf, which may be absent. It may be a pipe. Throws runtime_error when it cannot be
/// read, and when a default is not to be trusted: it must belong to root, to this user, or to whom the
/// program does, and so must each link and each directory on the way to it; nobody else may be able to put
/// another one there, or to write to it, but the caller's own group; and it is none of procfs, whose files of
/// root's have the text of any process.
SettingsFile read_settings_file(const std::string& name);

}  // namespace server
