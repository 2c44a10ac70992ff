// The commands that become a script of the service, with the settings that this program has read: what makes
// and changes the tables, and nginx's parts.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "ctl/verbs.h"

namespace ctl {
namespace {

/// Where the scripts may be, from the directory of the program: as `make install` puts them, and in a
/// checkout, whose build may be of a variant.
constexpr std::array kPlaces{"../share/sessiond/scripts", "../scripts", "../../scripts"};

std::filesystem::path find_own_directory() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

std::string find_script(const std::filesystem::path& directory, const std::string& name) {
  for (const auto* place : kPlaces) {
    auto path = (directory / place / name).lexically_normal();
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  throw Refusal("scripts/" + name + " is missing: it should be at " +
                (directory / kPlaces.front() / name).lexically_normal().string() +
                ", where make install puts it, or in the checkout with this program");
}

/// Has the script read what this program has read, and take its own program for `sessiond`.
void prepare_environment(const Desk& desk, const std::filesystem::path& directory,
                         const std::string& script) {
  const auto& file = desk.settings_file();
  ::setenv("ENV_FILE", file.empty() ? "/dev/null" : file.c_str(), 1);
  ::setenv("SESSIOND", (directory / "sessiond").c_str(), 1);
  // Where no setting says where the database is, the scripts of a checkout mean its private cluster, and this
  // program a server with all defaults.
  const bool installed = script.find("/share/sessiond/") != std::string::npos;
  if (installed && desk.settings().database_url.empty())
    ::setenv("DB_HOST", desk.settings().db_host.c_str(), 1);
}

/// Becomes the script of this name, called with these words.
[[noreturn]] void become_script(const Desk& desk, const std::string& name, std::vector<std::string> words) {
  const auto directory = find_own_directory();
  auto script = find_script(directory, name);
  prepare_environment(desk, directory, script);
  std::vector<char*> call{script.data()};
  for (auto& word : words) call.push_back(word.data());
  call.push_back(nullptr);
  ::execv(script.c_str(), call.data());
  throw std::runtime_error("cannot run " + script + ": " + std::strerror(errno));
}

std::vector<std::string> tables_words(const Arguments& arguments) {
  if (arguments.has("beside-other-tables")) return {"--beside-other-tables"};
  return {};
}

}  // namespace

int create_database(Desk& desk, const Arguments& arguments) {
  become_script(desk, "create-database", tables_words(arguments));
}

int migrate(Desk& desk, const Arguments& arguments) {
  become_script(desk, "migrate", tables_words(arguments));
}

int render_nginx(Desk& desk, const Arguments& arguments) {
  std::vector<std::string> words;
  if (arguments.has("unless-changed")) words.emplace_back("--unless-changed");
  words.emplace_back(arguments.operand(0));
  become_script(desk, "render-nginx", std::move(words));
}

}  // namespace ctl
