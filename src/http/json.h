// Reading and writing JSON. Only json.cc uses RapidJSON. Input must be one flat object whose members have
// known names; those of requests are strings.
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

/// What stands in the text as the value of a member. The value of a Field is a text in any case.
enum class FieldKind {
  text,
  texts,  ///< A string, or an array of strings without commas, which are joined by commas.
  flag,   ///< `true` or `false`, or one of these words as a string.
};

/// A member that an object may have. Those of the bodies of requests are all texts.
struct FieldSpec {
  std::string_view name;
  bool required;
  FieldKind kind = FieldKind::text;
};

/// The members of a body, by name.
class Fields {
 public:
  /// For a route whose body has no members.
  Fields() = default;
  /// All members are absent at first. `specs` must outlive the object.
  explicit Fields(std::span<const FieldSpec> specs) : specs_(specs), values_(specs.size()) {}

  /// The value of a field that must be present. Throws logic_error, as this is a mistake in the program, when
  /// the specs have no such field or it is not set.
  std::string_view required(std::string_view name) const;
  /// The value of a field; nothing when it is absent. Throws logic_error when the specs have no such field.
  std::optional<std::string_view> optional(std::string_view name) const;

  /// True when the specs have such a field.
  bool has_name(std::string_view name) const;
  /// True when the field may be absent. Throws logic_error when the specs have no such field.
  bool is_optional(std::string_view name) const;
  /// Throws logic_error when the specs have no such field.
  FieldKind kind_of(std::string_view name) const { return specs_[place(name)].kind; }
  /// True when the field has a value. Throws logic_error when the specs have no such field, and so does
  /// set().
  bool is_set(std::string_view name) const { return values_[place(name)].has_value(); }
  void set(std::string_view name, std::string_view text) { values_[place(name)].emplace(text); }
  /// The names of the required fields that are absent.
  std::vector<std::string_view> missing() const;

 private:
  std::size_t place(std::string_view name) const;

  std::span<const FieldSpec> specs_;
  std::vector<std::optional<base::Secret>> values_;  ///< In the order of the specs.
};

/// Parses untrusted text: one object in strict JSON (RFC 8259) without a byte order mark, with unique and
/// known names, all values of their kinds, strings in UTF-8 without NUL, nested at most 4 deep
/// (docs/security.md). An optional field may also be null, which is as good as absent. The Problem is
/// invalid_json, or invalid_request with the field that is wrong.
base::Result<Fields> parse_fields(std::string_view body, std::span<const FieldSpec> specs);

/// Builds one JSON text and escapes the values. Calls in an order that would not give valid JSON abort the
/// process.
class JsonWriter {
 public:
  JsonWriter();
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  JsonWriter& begin_object();
  JsonWriter& begin_object(std::string_view name);
  JsonWriter& end_object();
  JsonWriter& begin_array();
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
  /// A text in an array.
  JsonWriter& element(std::string_view value);
  /// The text. Call it once, after the last end_object() or end_array().
  std::string take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace http
