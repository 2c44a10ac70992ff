#include "base/setting_source.h"

#include <algorithm>

#include "base/text.h"

namespace base {
namespace {

std::string_view unquote(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
    return value.substr(1, value.size() - 2);
  return value;
}

}  // namespace

SettingSource::SettingSource(Environment environment, std::string_view file_text, std::string_view file_name)
    : environment_(std::move(environment)), file_name_(file_name) {
  for (std::size_t number = 1; !file_text.empty(); ++number) {
    const auto end = std::min(file_text.find('\n'), file_text.size());
    parse_line(file_text.substr(0, end), number);
    file_text.remove_prefix(std::min(end + 1, file_text.size()));
  }
}

SettingSource::~SettingSource() {
  for (auto& line : lines_) wipe(line.value.data(), line.value.size());
}

void SettingSource::parse_line(std::string_view line, std::size_t number) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  line = trim(line);
  if (line.empty() || line.front() == '#') return;
  const std::string place = file_name_ + ":" + std::to_string(number) + ": ";
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) {
    errors_.push_back(place + "a line must be NAME=value, a # comment or blank");
    return;
  }
  const auto name = trim(line.substr(0, equals));
  const Setting* setting = find_setting(name);
  if (setting == nullptr) {
    errors_.push_back(place + "there is no setting named '" + std::string(name.substr(0, 64)) +
                      "'; env.sample lists all of them");
    return;
  }
  const bool again =
      std::any_of(lines_.begin(), lines_.end(), [&](const Line& l) { return l.setting == setting; });
  if (again) errors_.push_back(place + std::string(name) + " is set a second time; keep one of the lines");
  lines_.push_back({setting, std::string(unquote(trim(line.substr(equals + 1)))), number});
}

const SettingSource::Line* SettingSource::find_line(const Setting& setting) const {
  for (const auto& line : lines_)
    if (line.setting == &setting && !line.value.empty()) return &line;
  return nullptr;
}

std::string_view SettingSource::value(const Setting& setting) const {
  if (const char* text = environment_(setting.name.data()); text != nullptr)
    return *text == '\0' ? setting.fallback : text;
  if (const Line* line = find_line(setting)) return line->value;
  return setting.fallback;
}

std::string SettingSource::where(const Setting& setting) const {
  if (environment_(setting.name.data()) != nullptr) return "environment";
  if (const Line* line = find_line(setting)) return file_name_ + ":" + std::to_string(line->number);
  return "default";
}

}  // namespace base
