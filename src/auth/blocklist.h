// The passwords that nobody may choose: the list that is compiled in, or one that is read from a file into
// memory. A list has one password on each line, in lower case, sorted by bytes.
#pragma once

#include <string>
#include <string_view>

namespace auth {

class Blocklist {
 public:
  /// `setting` is `builtin` for the list in the program, `off` for none, or the path of a file. The file is
  /// read only here. Throws runtime_error when it cannot be read or has a line that lookups would miss; the
  /// text says which line and what to do.
  explicit Blocklist(const std::string& setting);
  Blocklist(const Blocklist&) = delete;
  Blocklist& operator=(const Blocklist&) = delete;

  /// True when the whole password is on the list, in any case of its ASCII letters.
  bool contains(std::string_view password) const;

 private:
  std::string file_;       ///< The content of the file; empty when there is none.
  std::string_view text_;  ///< The list: kCommonPasswords, file_ or empty.
};

}  // namespace auth
