#include "base/setting_source.h"

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"

namespace base {
namespace {

bool is_quoted(std::string_view value) {
  return value.starts_with('"') || value.starts_with('\'');
}

/// The value without its quotes. `value` must have none, or end with the second of its first character.
std::string_view unquote(std::string_view value) {
  return is_quoted(value) ? value.substr(1, value.size() - 2) : value;
}

/// What is wrong with the quotes of a value and what would be right; empty when nothing is. It never tells
/// the value, which may be secret.
std::string find_quote_fault(std::string_view value) {
  if (!is_quoted(value)) return {};
  const std::string quote(1, value.front());
  const auto end = value.find(value.front(), 1);
  if (end == std::string_view::npos)
    return "begins with a " + quote +
           " that is not closed; close it at the end of the line, or put a value that "
           "begins with a quote into quotes of the other kind";
  if (end + 1 < value.size())
    return "has text after the " + quote +
           " that closes it; remove the text (a comment needs a line of its own), "
           "or put the whole value into quotes of the other kind";
  return {};
}

/// What makes a line one that no editor for text has written so; empty when nothing does.
std::string find_text_fault(std::string_view line) {
  if (line.find('\0') != std::string_view::npos)
    return "the line has a NUL byte; the file must be text in UTF-8, not in UTF-16 or another form";
  if (line.find('\r') != std::string_view::npos)
    return "the line has a carriage return in its middle; lines must end with a newline";
  return {};
}

}  // namespace

SettingSource::SettingSource(Environment environment, std::string_view file_text, std::string_view file_name,
                             FoundCredentials&& found)
    : environment_(std::move(environment)),
      file_name_(file_name),
      credentials_(std::move(found.credentials)),
      errors_(std::move(found.errors)) {
  file_text = without_byte_order_mark(file_text);
  for (std::size_t number = 1; !file_text.empty(); ++number) {
    const auto end = std::min(file_text.find('\n'), file_text.size());
    parse_line(file_text.substr(0, end), number);
    file_text.remove_prefix(std::min(end + 1, file_text.size()));
  }
  refuse_second_places();
}

void SettingSource::refuse_second_places() {
  for (const auto& [setting, value, path] : credentials_) {
    const Line* line = find_line(*setting);
    if (line == nullptr && find_variable(*setting) == nullptr) continue;
    errors_.push_back(
        std::string(setting->name) + " is set by the credential " + make_excerpt(path) +
        " and a second time in " +
        (line == nullptr ? "the environment" : file_name_ + ":" + std::to_string(line->number)) +
        "; keep one of them");
  }
}

void SettingSource::parse_line(std::string_view line, std::size_t number) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  line = trim(line);
  const std::string place = file_name_ + ":" + std::to_string(number) + ": ";
  if (const auto fault = find_text_fault(line); !fault.empty()) {
    errors_.push_back(place + fault);
    return;
  }
  if (line.empty() || line.front() == '#') return;
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) {
    errors_.push_back(place + "a line must be NAME=value, a # comment or blank");
    return;
  }
  const auto name = trim(line.substr(0, equals));
  const Setting* setting = find_setting(name);
  if (setting == nullptr) {
    errors_.push_back(place + "there is no setting named '" + make_excerpt(name) +
                      "'; env.sample lists all of them");
    return;
  }
  const bool again =
      std::any_of(lines_.begin(), lines_.end(), [&](const Line& l) { return l.setting == setting; });
  if (again) errors_.push_back(place + std::string(name) + " is set a second time; keep one of the lines");
  const auto value = trim(line.substr(equals + 1));
  if (const auto fault = find_quote_fault(value); !fault.empty())
    errors_.push_back(place + "the value of " + std::string(name) + " " + fault);
  else
    lines_.push_back({setting, Secret(unquote(value)), number});
}

const SettingSource::Line* SettingSource::find_line(const Setting& setting) const {
  for (const auto& line : lines_)
    if (line.setting == &setting && !line.value.empty()) return &line;
  return nullptr;
}

/// One that was wiped counts as none.
const Credential* SettingSource::find_credential(const Setting& setting) const {
  for (const auto& credential : credentials_)
    if (credential.setting == &setting && !credential.value.empty()) return &credential;
  return nullptr;
}

/// The variable of the setting; nullptr when it is unset or empty.
const char* SettingSource::find_variable(const Setting& setting) const {
  const char* text = environment_(setting.name.data());
  return text == nullptr || *text == '\0' ? nullptr : text;
}

std::string_view SettingSource::value(const Setting& setting) const {
  if (const char* text = find_variable(setting)) return text;
  if (const Credential* credential = find_credential(setting)) return credential->value.view();
  if (const Line* line = find_line(setting)) return line->value.view();
  return setting.fallback;
}

std::string SettingSource::where(const Setting& setting) const {
  if (find_variable(setting) != nullptr) return "environment";
  if (const Credential* credential = find_credential(setting)) return credential->path;
  if (const Line* line = find_line(setting)) return file_name_ + ":" + std::to_string(line->number);
  return "default";
}

void SettingSource::forget(const Setting& setting) {
  for (auto& line : lines_)
    if (line.setting == &setting) line.value.clear();
  for (auto& credential : credentials_)
    if (credential.setting == &setting) credential.value.clear();
}

bool SettingSource::file_holds_secrets() const {
  return std::any_of(lines_.begin(), lines_.end(), [](const Line& line) {
    return !line.value.empty() && std::holds_alternative<SecretKind>(line.setting->kind);
  });
}

}  // namespace base
