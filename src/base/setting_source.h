// Where the texts of the settings come from: the environment, the settings file, the defaults, in this order.
// Reads no file by itself, and does not judge values.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"

namespace base {

/// The settings as text, as they came, before any check. Lookup of a name: environment, then file, then
/// default.
class SettingSource {
 public:
  using Environment = std::function<const char*(const char* name)>;

  /// `file_text` is the text of the settings file, empty for none; `file_name` is for error texts.
  SettingSource(Environment environment, std::string_view file_text, std::string_view file_name);
  ~SettingSource();
  SettingSource(const SettingSource&) = delete;
  SettingSource& operator=(const SettingSource&) = delete;

  /// The value of a row of settings_table() and, for errors, where it stands. The view lives as long as the
  /// source.
  std::string_view value(const Setting& setting) const;
  std::string where(const Setting& setting) const;
  /// The lines of the file that set nothing, as error texts.
  const std::vector<std::string>& errors() const { return errors_; }

 private:
  struct Line {
    const Setting* setting;
    std::string value;
    std::size_t number;
  };
  const Line* find_line(const Setting& setting) const;
  void parse_line(std::string_view line, std::size_t number);

  Environment environment_;
  std::string file_name_;
  std::vector<Line> lines_;
  std::vector<std::string> errors_;
};

}  // namespace base
