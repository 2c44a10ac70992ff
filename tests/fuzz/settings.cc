// Settings files: an error is text; what is accepted without one survives being written and read again.
#include "base/config.h"
#include "base/setting_source.h"
#include "fuzz.h"

namespace {

const char* no_environment(const char*) {
  return nullptr;
}

/// The value in quotes that it does not have. One that has both kinds cannot have been in quotes itself.
std::string quoted(std::string_view value) {
  for (const char quote : {'"', '\''})
    if (value.find(quote) == std::string_view::npos) return quote + std::string(value) + quote;
  return std::string(value);
}

std::string written(const base::Settings& settings) {
  std::string text;
  for (const auto& setting : base::settings_table())
    text.append(setting.name)
        .append("=")
        .append(quoted(base::effective_value(settings, setting).view()))
        .append("\n");
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::SettingSource source(no_environment, fuzz::text_of(data, size), "file");
  const auto loaded = base::load_settings(source, 2);
  for (const auto& error : loaded.errors) fuzz::require(!error.empty());
  if (!loaded.errors.empty()) return 0;
  const auto again =
      base::load_settings(base::SettingSource(no_environment, written(loaded.settings), ""), 2);
  fuzz::require(again.errors.empty());
  for (const auto& setting : base::settings_table())
    fuzz::require(base::effective_value(again.settings, setting).view() ==
                  base::effective_value(loaded.settings, setting).view());
  return 0;
}
