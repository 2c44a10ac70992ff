// The passwords that nobody may choose: the list in the program, or one from a file, in memory either way.
// Knows only the form of a list: one password a line, small letters, sorted by bytes.
#pragma once

#include <string>
#include <string_view>

namespace auth {

class Blocklist {
 public:
  /// `builtin` is the list in the program and `off` the empty one; all else is the path of a file, which is
  /// read here and never again. Throws runtime_error when it cannot be read or has a line that lookups would
  /// miss: its text names the file, the line and the cure.
  explicit Blocklist(const std::string& setting);
  Blocklist(const Blocklist&) = delete;
  Blocklist& operator=(const Blocklist&) = delete;

  /// Without regard to the case of ASCII letters. The whole password, not parts of it.
  bool contains(std::string_view password) const;

 private:
  std::string file_;  ///< What the file held; empty without one.
  std::string_view text_;
};

}  // namespace auth
