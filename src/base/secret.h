// Passwords and tokens in memory: they are wiped when they are destroyed, and cannot be printed by accident.
// This holds for what is kept in a Secret. What else sees the bytes on their way, and what is not wiped
// there, is in docs/security.md, T11.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace base {

/// Overwrites `size` bytes in a way that the compiler does not optimise away (CWE-14).
inline void wipe(void* data, std::size_t size) {
  if (size != 0) ::explicit_bzero(data, size);
}

/// A string that wipes its memory when it is destroyed or changed. It has no operator<<, no conversion to
/// std::string and no equality, so that each use of the bytes is a visible call of view(). Empty means that
/// nothing was given.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : bytes_(text) {}
  explicit Secret(std::string&& text) : bytes_(text) { wipe(text.data(), text.size()); }
  Secret(const Secret& other) : Secret(other.view()) {}
  Secret(Secret&& other) noexcept : Secret(other.view()) { other.clear(); }
  Secret& operator=(const Secret& other) {
    if (this != &other) assign(other.view());
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      assign(other.view());
      other.clear();
    }
    return *this;
  }
  ~Secret() { clear(); }

  bool empty() const { return bytes_.empty(); }
  std::size_t size() const { return bytes_.size(); }
  /// The bytes; valid until the secret is changed or destroyed.
  std::string_view view() const { return bytes_; }
  /// The same with a NUL after them, for functions of C. They may hold NUL bytes themselves.
  const char* c_str() const { return bytes_.c_str(); }
  void assign(std::string_view text) {
    clear();
    bytes_ = text;
  }
  void clear() {
    wipe(bytes_.data(), bytes_.size());
    bytes_.clear();
  }

 private:
  std::string bytes_;
};

}  // namespace base
