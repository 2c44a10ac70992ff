// JSON in and out; the only includer of RapidJSON. In: one flat object of strings with known names, nothing
// else. Out: a writer that cannot produce bad JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace http {

/// A member that a request may have; all values are strings.
struct FieldSpec {
  std::string_view name;
  bool required;
};

/// The members of a body, found by their names.
class Fields {
 public:
  /// No members: of a route that takes none.
  Fields() = default;
  /// All absent. `specs` must outlive the object.
  explicit Fields(std::span<const FieldSpec> specs) : specs_(specs), values_(specs.size()) {}

  /// The value of a field that the specs have as required. Asking for another one is a bug and throws
  /// logic_error, as does asking before the field was set.
  std::string_view required(std::string_view name) const;
  /// Nothing when it is absent. Asking for a field that is not in the specs is a bug and throws logic_error.
  std::optional<std::string_view> optional(std::string_view name) const;

  /// False when the specs have no such field.
  bool has_name(std::string_view name) const;
  /// True when it has a value already.
  bool is_set(std::string_view name) const { return values_[place(name)].has_value(); }
  void set(std::string_view name, std::string_view text) { values_[place(name)].emplace(text); }
  /// The names of the required fields that are absent.
  std::vector<std::string_view> missing() const;

 private:
  std::size_t place(std::string_view name) const;

  std::span<const FieldSpec> specs_;
  std::vector<std::optional<base::Secret>> values_;  ///< In the order of the specs.
};

/// Parses untrusted text: strict RFC 8259, one object, depth at most 4, no duplicate or unknown names, valid
/// UTF-8 and no NUL even after unescaping, no byte order mark (docs/security.md, libraries). Else
/// invalid_json, or invalid_request with what is wrong with which field.
base::Result<Fields> parse_fields(std::string_view body, std::span<const FieldSpec> specs);

/// Builds one JSON text. Names must be literals; values are escaped. Misuse aborts.
class JsonWriter {
 public:
  JsonWriter();
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  JsonWriter& begin_object();
  JsonWriter& begin_object(std::string_view name);
  JsonWriter& end_object();
  JsonWriter& begin_array(std::string_view name);
  JsonWriter& end_array();
  JsonWriter& member(std::string_view name, std::string_view value);
  JsonWriter& member(std::string_view name, const char* value) {
    return member(name, std::string_view(value));
  }
  JsonWriter& member(std::string_view name, std::int64_t value);
  JsonWriter& member(std::string_view name, int value) { return member(name, std::int64_t{value}); }
  JsonWriter& member(std::string_view name, bool value);
  JsonWriter& member_null(std::string_view name);
  /// The text; the writer is done after it.
  std::string take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace http
