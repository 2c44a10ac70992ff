// Finds the text of each setting: in the environment, in a credential, in the settings file, or its default.
// The caller reads the file; config.h checks the values.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/credentials.h"

namespace base {

/// The settings as unchecked texts. Destroying it wipes the values of the file, some of which are secrets.
class SettingSource {
 public:
  using Environment = std::function<const char*(const char* name)>;

  /// `environment` works like getenv(3). `file_text` is the text of the settings file, empty when there is
  /// none; `file_name` appears in error texts only.
  SettingSource(Environment environment, std::string_view file_text, std::string_view file_name,
                FoundCredentials&& found = {});
  ~SettingSource() = default;
  SettingSource(const SettingSource&) = delete;
  SettingSource& operator=(const SettingSource&) = delete;

  /// The text of a setting. `setting` must be a row of settings_table(). A variable that is empty counts as
  /// one that is not set, as whoever starts a program for others often passes on what he has not got
  /// (`NAME: ${NAME}` of a compose file): it must not undo what the file says. An empty value in the file
  /// means the default. A secret that is a credential stands nowhere else, or errors() says so: which of two
  /// counts, nobody should have to know. Valid as long as the source and the environment.
  std::string_view value(const Setting& setting) const;
  /// Where that text was found: `environment`, the path of a credential, `FILE:LINE` or `default`.
  std::string where(const Setting& setting) const;
  /// True when the value of a setting is a credential.
  bool is_credential(const Setting& setting) const { return find_credential(setting) != nullptr; }
  /// Wipes the values of the file and of a credential for a setting, which then has none there.
  void forget(const Setting& setting);
  /// True when a line of the file has the value of a secret setting.
  bool file_holds_secrets() const;
  /// One error text for each line of the file that is malformed, has an unknown name or repeats a setting,
  /// and for each credential that cannot be used or stands elsewhere, too. No text tells a value.
  const std::vector<std::string>& errors() const { return errors_; }

 private:
  struct Line {
    const Setting* setting;
    Secret value;
    std::size_t number;
  };
  const char* find_variable(const Setting& setting) const;
  const Line* find_line(const Setting& setting) const;
  const Credential* find_credential(const Setting& setting) const;
  void refuse_second_places();
  void parse_line(std::string_view line, std::size_t number);

  Environment environment_;
  std::string file_name_;
  std::vector<Line> lines_;
  std::vector<Credential> credentials_;
  std::vector<std::string> errors_;
};

}  // namespace base
