// The list of common passwords: a sorted text file, mapped into memory and shared by all workers.
// Lookups allocate nothing. Knows only the file's form: one password a line, small letters, sorted by bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace auth {

class Blocklist {
 public:
  /// Maps the file; `off` is the empty list. Throws runtime_error when the file cannot be read, or is not
  /// sorted: its text names the file and the line.
  explicit Blocklist(const std::string& path);
  ~Blocklist();
  Blocklist(const Blocklist&) = delete;
  Blocklist& operator=(const Blocklist&) = delete;

  /// Without regard to the case of ASCII letters. The whole password, not parts of it.
  bool contains(std::string_view password) const;

 private:
  void require_sorted(const std::string& path) const;

  void* pages_ = nullptr;
  std::size_t size_ = 0;
  std::string_view text_;
};

}  // namespace auth
