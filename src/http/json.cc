#include "http/json.h"

#include <malloc.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include "base/utf8.h"

namespace http {
namespace {

using base::FieldError;
using base::Problem;
using base::ProblemId;

constexpr int kMostDepth = 4;

// The iterative parser, as clients could make a recursive one exhaust the stack. Numbers are not converted,
// because the conversion in RapidJSON 1.1.0 reads outside of its table for some exponents (CVE-2024-38517).
constexpr unsigned kParseFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
                                 rapidjson::kParseNumbersAsStringsFlag;

/// The memory of the parser, in which it decodes passwords. It is wiped before it is freed.
class WipingAllocator {
 public:
  [[maybe_unused]] static constexpr bool kNeedFree = true;

  void* Malloc(std::size_t size) {
    if (size == 0) return nullptr;
    void* memory = std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
  }
  void* Realloc(void* old, std::size_t old_size, std::size_t size) {
    void* memory = Malloc(size);
    if (memory != nullptr && old != nullptr) std::memcpy(memory, old, std::min(old_size, size));
    Free(old);
    return memory;
  }
  static void Free(void* memory) {
    if (memory == nullptr) return;
    base::wipe(memory, ::malloc_usable_size(memory));
    std::free(memory);
  }
};
using Reader = rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, WipingAllocator>;

/// Receives the events of RapidJSON's reader. A handler that returns false ends the parsing.
class FieldReader {
 public:
  using Ch = char;

  explicit FieldReader(std::span<const FieldSpec> specs) : fields_(specs) {}

  bool StartObject() { return enter(); }
  bool EndObject(rapidjson::SizeType) { return leave(); }
  bool StartArray() {
    if (depth_ != 1 || fields_.kind_of(name_) != FieldKind::texts) return enter();
    texts_.emplace();
    return ++depth_ <= kMostDepth;
  }
  bool EndArray(rapidjson::SizeType) {
    if (texts_ && depth_ == 2) fields_.set(name_, *std::exchange(texts_, std::nullopt));
    return leave();
  }
  bool Null() {
    if (is_element()) return wrong_type();
    if (depth_ != 1 || !fields_.is_optional(name_)) return depth_ > 1 || wrong_type();
    nulls_.push_back(name_);
    return true;
  }
  bool Bool(bool value) {
    if (depth_ != 1 || fields_.kind_of(name_) != FieldKind::flag) return wrong_type();
    fields_.set(name_, value ? "true" : "false");
    return true;
  }
  bool Int(int) { return wrong_type(); }
  bool Uint(unsigned) { return wrong_type(); }
  bool Int64(std::int64_t) { return wrong_type(); }
  bool Uint64(std::uint64_t) { return wrong_type(); }
  bool Double(double) { return wrong_type(); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return wrong_type(); }

  bool Key(const char* text, rapidjson::SizeType size, bool) {
    if (depth_ != 1) return true;
    name_.assign(text, size);
    if (!fields_.has_name(name_)) return refuse("unknown_field", "This request has no such field.");
    const bool was_null = std::find(nulls_.begin(), nulls_.end(), name_) != nulls_.end();
    if (fields_.is_set(name_) || was_null) return refuse("duplicate_field", "The field is there twice.");
    return true;
  }

  bool String(const char* text, rapidjson::SizeType size, bool) {
    if (depth_ != 1 && !is_element()) return depth_ > 1 || wrong_type();
    const std::string_view value(text, size);
    const bool is_text =
        value.find('\0') == std::string_view::npos && base::count_code_points(value).has_value();
    if (!is_text) return refuse("invalid_format", "The text must be UTF-8 without NUL.");
    if (is_element()) return add_element(value);
    fields_.set(name_, value);
    return fields_.kind_of(name_) != FieldKind::flag || value == "true" || value == "false" || wrong_type();
  }

  /// Call it after parsing: the first problem that was found, or one that lists the required fields that are
  /// absent; nothing when all is well.
  std::optional<Problem> problem(bool parsed) {
    if (problem_) return problem_;
    if (!parsed) return Problem(ProblemId::invalid_json);
    std::vector<FieldError> absent;
    for (const auto name : fields_.missing())
      absent.push_back({std::string(name), "required", "The field is required."});
    if (!absent.empty()) return Problem(ProblemId::invalid_request, std::move(absent));
    return std::nullopt;
  }

  Fields take() { return std::move(fields_); }

 private:
  bool enter() {
    // The wrong type is what the client is told, even when the text after it is malformed.
    if (depth_ == 1 || is_element()) wrong_type();
    return ++depth_ <= kMostDepth;
  }
  bool leave() {
    --depth_;
    return true;
  }
  bool wrong_type() {
    if (depth_ != 0 && !problem_)
      problem_ = Problem(ProblemId::invalid_request, {{name_, "wrong_type", describe_kind()}});
    return depth_ != 0;
  }
  std::string describe_kind() const {
    switch (fields_.kind_of(name_)) {
      case FieldKind::texts:
        return "The value must be a string or an array of strings.";
      case FieldKind::flag:
        return "The value must be true or false.";
      case FieldKind::text:
        break;
    }
    return "The value must be a string.";
  }
  /// True where an element of an array of strings belongs.
  bool is_element() const { return texts_ && depth_ == 2; }
  bool add_element(std::string_view value) {
    if (value.find(',') != std::string_view::npos)
      return refuse("invalid_format", "A text of the array must not have commas.");
    texts_->append(texts_->empty() ? "" : ",").append(value);
    return true;
  }
  bool refuse(const char* code, const char* detail) {
    problem_ = Problem(ProblemId::invalid_request, {{printable_name(), code, detail}});
    return false;
  }
  /// The name for the answer; empty when it has control characters or is longer than 64 characters.
  std::string printable_name() const {
    return base::count_code_points(name_).value_or(65) <= 64 && !base::has_control_character(name_) ? name_
                                                                                                    : "";
  }

  Fields fields_;
  std::optional<Problem> problem_;
  std::string name_;
  std::vector<std::string> nulls_;    ///< The optional fields that were null, which stay absent.
  std::optional<std::string> texts_;  ///< The array of strings that is being read.
  int depth_ = 0;
};

bool is_object(std::string_view body) {
  const auto first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && body[first] == '{' && body.find('\0') == std::string_view::npos;
}

}  // namespace

std::size_t Fields::place(std::string_view name) const {
  for (std::size_t i = 0; i < specs_.size(); ++i)
    if (specs_[i].name == name) return i;
  throw std::logic_error("the route of this request has no field '" + std::string(name) + "'");
}

bool Fields::has_name(std::string_view name) const {
  return std::any_of(specs_.begin(), specs_.end(), [&](const FieldSpec& spec) { return spec.name == name; });
}

bool Fields::is_optional(std::string_view name) const {
  return !specs_[place(name)].required;
}

std::string_view Fields::required(std::string_view name) const {
  const auto& found = values_[place(name)];
  if (!found) throw std::logic_error("the field '" + std::string(name) + "' is not set");
  return found->view();
}

std::optional<std::string_view> Fields::optional(std::string_view name) const {
  const auto& found = values_[place(name)];
  return found ? std::optional(found->view()) : std::nullopt;
}

std::vector<std::string_view> Fields::missing() const {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < specs_.size(); ++i)
    if (specs_[i].required && !values_[i]) names.push_back(specs_[i].name);
  return names;
}

base::Result<Fields> parse_fields(std::string_view body, std::span<const FieldSpec> specs) {
  if (!is_object(body)) return ProblemId::invalid_json;
  FieldReader reader(specs);
  rapidjson::MemoryStream stream(body.data(), body.size());
  Reader parser;
  const bool parsed = !parser.Parse<kParseFlags>(stream, reader).IsError();
  if (auto problem = reader.problem(parsed)) return std::move(*problem);
  return reader.take();
}

struct JsonWriter::State {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};

  void key(std::string_view name) { writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }
};

JsonWriter::JsonWriter() : state_(std::make_unique<State>()) {}
JsonWriter::~JsonWriter() = default;

JsonWriter& JsonWriter::begin_object() {
  state_->writer.StartObject();
  return *this;
}

JsonWriter& JsonWriter::begin_object(std::string_view name) {
  state_->key(name);
  return begin_object();
}

JsonWriter& JsonWriter::end_object() {
  state_->writer.EndObject();
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  state_->writer.StartArray();
  return *this;
}

JsonWriter& JsonWriter::begin_array(std::string_view name) {
  state_->key(name);
  return begin_array();
}

JsonWriter& JsonWriter::end_array() {
  state_->writer.EndArray();
  return *this;
}

JsonWriter& JsonWriter::element(std::string_view value) {
  state_->writer.String(value.data() == nullptr ? "" : value.data(),
                        static_cast<rapidjson::SizeType>(value.size()));
  return *this;
}

JsonWriter& JsonWriter::member(std::string_view name, std::string_view value) {
  state_->key(name);
  return element(value);
}

JsonWriter& JsonWriter::member(std::string_view name, std::int64_t value) {
  state_->key(name);
  state_->writer.Int64(value);
  return *this;
}

JsonWriter& JsonWriter::member(std::string_view name, bool value) {
  state_->key(name);
  state_->writer.Bool(value);
  return *this;
}

JsonWriter& JsonWriter::member_null(std::string_view name) {
  state_->key(name);
  state_->writer.Null();
  return *this;
}

std::string JsonWriter::take() {
  return {state_->buffer.GetString(), state_->buffer.GetSize()};
}

}  // namespace http
