#include "nginx/config.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "nginx/tokens.h"

namespace nginx {
namespace {

constexpr std::string_view kMark = "# configuration file ";
/// What comes of a mark that is part of a file.
constexpr std::string_view kForged =
    "; is there a comment `# configuration file PATH:` in one of the files? Remove it: what follows it "
    "cannot "
    "be told from another file";

struct File {
  std::string_view name;
  std::string_view text;
};

/// Ends the parsing, with the words of Config::fault; it never leaves this file.
struct Fault {
  std::string words;
};

[[noreturn]] void fail(const Place& place, std::string_view words) {
  throw Fault{std::string(place.file) + ":" + std::to_string(place.line) + ": " + std::string(words)};
}

/// The path in a line that `nginx -T` prints before each file; empty for any other line.
std::string_view find_file_name(std::string_view line) {
  if (!line.starts_with(kMark) || !line.ends_with(':')) return {};
  const auto name = line.substr(kMark.size(), line.size() - kMark.size() - 1);
  return name.starts_with('/') ? name : std::string_view{};
}

std::vector<File> split_files(std::string_view text) {
  std::vector<File> files;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    const auto name = find_file_name(text.substr(begin, end - begin));
    if (!name.empty()) {
      files.push_back({name, text.substr(std::min(end + 1, text.size()), 0)});
    } else if (!files.empty()) {
      auto& file = files.back();
      file.text = {file.text.data(), static_cast<std::size_t>(text.data() + end - file.text.data())};
    }
    begin = end + 1;
  }
  return files;
}

/// Parses each file once, and puts it in the place of each `include`.
class Parser {
 public:
  Parser(std::deque<std::string>& owned, const std::vector<File>& files, std::size_t most)
      : owned_(owned),
        files_(files),
        left_(most),
        prefix_(files.front().name.substr(0, files.front().name.rfind('/') + 1)) {}

  std::vector<Directive> parse();

 private:
  void name_files();
  void require_all_included() const;
  std::vector<Directive> parse_block(Tokens& tokens, Place opened, std::size_t depth);
  const std::vector<Directive>& parsed(const File& file);
  std::vector<Directive> expand(const std::vector<Directive>& raw, std::size_t depth, bool in_server);
  std::vector<Directive> expand_include(const Directive& directive, std::size_t depth, bool in_server);
  std::vector<const File*> find_included(const Directive& directive);
  void count(const Place& place, std::size_t number);

  std::deque<std::string>& owned_;
  const std::vector<File>& files_;
  std::size_t left_;
  std::string_view prefix_;
  std::map<std::string_view, const File*> by_name_;
  std::map<std::string_view, std::vector<Directive>> parsed_;
};

std::vector<Directive> Parser::parse() {
  name_files();
  auto result = expand(parsed(files_.front()), 0, false);
  require_all_included();
  return result;
}

/// Some versions of nginx print a file as often as it is included.
void Parser::name_files() {
  for (const auto& file : files_)
    if (const auto [known, is_new] = by_name_.emplace(file.name, &file);
        !is_new && known->second->text != file.text)
      fail({file.name, 1}, "is there twice, with two texts" + std::string(kForged));
}

/// nginx prints what it includes and nothing else.
void Parser::require_all_included() const {
  for (const auto& file : files_)
    if (!parsed_.contains(file.name)) fail({file.name, 1}, "no file includes this" + std::string(kForged));
}

/// `opened.line` is that of the block; 0 for a whole file.
std::vector<Directive> Parser::parse_block(Tokens& tokens, Place opened, std::size_t depth) {
  using Kind = Token::Kind;
  std::vector<Directive> result;
  for (;;) {
    auto token = tokens.next();
    const Place place{opened.file, token.line};
    if (token.kind == Kind::fault) fail(place, token.fault);
    if (token.kind == Kind::end_of_text && opened.line != 0)
      fail(opened, "the block that begins here has no `}`; is the output of nginx -T whole?");
    if (token.kind == Kind::end_of_block && opened.line == 0) fail(place, "a `}` that ends no block");
    if (token.kind == Kind::end_of_text || token.kind == Kind::end_of_block) return result;
    result.push_back({std::move(token.words), place, place, token.kind == Kind::block, {}});
    auto& directive = result.back();
    if (!directive.is_block) continue;
    if (depth == kMostDepth) fail(place, "more than 32 blocks within each other");
    if (!directive.name().ends_with("_by_lua_block"))
      directive.children = parse_block(tokens, place, depth + 1);
    else if (!tokens.skip_lua())
      fail(place, "the block of Lua that begins here has no `}`; is the output of nginx -T whole?");
  }
}

const std::vector<Directive>& Parser::parsed(const File& file) {
  const auto found = parsed_.find(file.name);
  if (found != parsed_.end()) return found->second;
  Tokens tokens(file.text, owned_);
  return parsed_.emplace(file.name, parse_block(tokens, {file.name, 0}, 0)).first->second;
}

void Parser::count(const Place& place, std::size_t number) {
  if (number > left_) fail(place, "too many directives up to here, with each file wherever it is included");
  left_ -= number;
}

std::vector<Directive> Parser::expand(const std::vector<Directive>& raw, std::size_t depth, bool in_server) {
  std::vector<Directive> result;
  for (const auto& directive : raw) {
    count(directive.written, 1);
    if (directive.name() == "include" && directive.words.size() == 2 && !directive.is_block) {
      auto included = expand_include(directive, depth, in_server);
      std::move(included.begin(), included.end(), std::back_inserter(result));
      continue;
    }
    result.push_back({directive.words, directive.written, directive.at, directive.is_block, {}});
    const bool within = in_server || directive.name() == "server";
    if (directive.is_block) result.back().children = expand(directive.children, depth + 1, within);
  }
  return result;
}

/// A file in a server is a list or a snippet, so that the line which includes it is what an administrator
/// looks for. A block, and a file outside of servers, such as one in sites-enabled/, is looked for where it
/// is written.
std::vector<Directive> Parser::expand_include(const Directive& directive, std::size_t depth, bool in_server) {
  if (depth >= 2 * kMostDepth) fail(directive.written, "files that include each other more than 32 times");
  std::vector<Directive> result;
  for (const auto* file : find_included(directive)) {
    auto included = expand(parsed(*file), depth + 1, in_server);
    for (auto& child : included)
      if (in_server && !child.is_block) child.at = directive.written;
    std::move(included.begin(), included.end(), std::back_inserter(result));
  }
  return result;
}

/// In the order of their names, as nginx takes them. A pattern may fit nothing, a name may not.
std::vector<const File*> Parser::find_included(const Directive& directive) {
  const auto path = directive.argument();
  const auto wanted = path.starts_with('/') ? std::string(path) : std::string(prefix_) + std::string(path);
  const auto found = by_name_.find(wanted);
  if (found != by_name_.end()) return {found->second};
  if (path.find_first_of("*?[") == std::string_view::npos)
    fail(directive.written,
         "includes " + wanted + ", which is not in the text; is the output of nginx -T whole?");
  count(directive.written, by_name_.size());
  std::vector<const File*> result;
  for (const auto& [name, file] : by_name_)
    if (fits_glob(wanted, name)) result.push_back(file);
  return result;
}

std::string find_unreadable(std::string_view text) {
  if (text.size() > kMostBytes) return "more than 32 MiB: this is not the output of nginx -T";
  if (const auto zero = text.find('\0'); zero != std::string_view::npos)
    return "a zero byte in line " +
           std::to_string(1 +
                          std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(zero), '\n')) +
           ": this is not the output of nginx -T";
  return {};
}

}  // namespace

std::string_view Directive::argument(std::size_t index) const {
  return index + 1 < words.size() ? words[index + 1] : std::string_view{};
}

Config parse_config(std::string text, std::size_t most_directives) {
  Config config;
  config.fault = find_unreadable(text);
  if (!config.fault.empty()) return config;
  const std::string_view whole = config.texts.emplace_back(std::move(text));
  const auto files = split_files(whole);
  for (const auto& file : files) config.files.push_back(file.name);
  if (files.empty()) {
    config.fault =
        "no line `# configuration file PATH:`: this is not the output of nginx -T, which root can make";
    return config;
  }
  try {
    config.directives = Parser(config.texts, files, most_directives).parse();
  } catch (const Fault& fault) {
    config.fault = fault.words;
  }
  return config;
}

}  // namespace nginx
