// What nginx -T prints: any text gives a tree or a reason, places that exist, and findings of known rules;
// and patterns of includes fit what they spell out.
#include "fuzz.h"
#include "nginx/check.h"

namespace {

constexpr std::size_t kMost = 5000;

void require_tree(const std::vector<nginx::Directive>& directives, std::size_t depth, std::size_t& number) {
  fuzz::require(depth <= 3 * nginx::kMostDepth);
  for (const auto& directive : directives) {
    fuzz::require(++number <= kMost && !directive.words.empty());
    fuzz::require(directive.written.line > 0 && directive.at.line > 0 && directive.at.file.starts_with('/'));
    fuzz::require(directive.is_block || directive.children.empty());
    require_tree(directive.children, depth + 1, number);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto config = nginx::parse_config(std::string(text), kMost);
  std::size_t number = 0;
  require_tree(config.directives, 0, number);
  fuzz::require(config.fault.empty() ? !config.files.empty() : config.directives.empty());
  for (const auto file : config.files)
    fuzz::require(nginx::fits_glob(file, file) || file.find_first_of("\\[*?") != std::string_view::npos);
  for (const auto& finding : nginx::check(config))
    fuzz::require(finding.line > 0 && !finding.what.empty() && !finding.cure.empty());
  return 0;
}
