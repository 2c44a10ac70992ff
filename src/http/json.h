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

/// The members of a body in the order of its specs; nothing where an optional one is absent.
using Fields = std::vector<std::optional<base::Secret>>;

/// Parses untrusted text: strict RFC 8259, one object, depth at most 4, no duplicate or unknown names, valid
/// UTF-8 and no NUL even after unescaping (threats F0.9 to F0.11), no BOM. Else invalid_json, or
/// invalid_request with what is wrong with which field.
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
