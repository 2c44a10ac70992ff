// Mail to users: the message, and the program of MAIL_COMMAND that takes it on its standard input, as
// sendmail(8) -t does.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/config.h"
#include "base/secret.h"
#include "base/unique_fd.h"

namespace ctl {

/// What is told to whom. The text may be secret.
struct Mail {
  std::string_view to;
  std::string_view subject;
  std::string_view text;
};

/// The message as RFC 5322 and 6532 have it. `from` may be empty: then the program of the mail says who
/// sends. Throws Refusal for an address or a subject that could add a line or an address.
base::Secret make_message(std::string_view from, const Mail& mail, base::Time now);

/// The program for mail, as the user who runs this: it waits in a process of its own from before privileges
/// are given up, as such programs often have to gain some, and starts only when there is a message.
class Mailer {
 public:
  /// To be made before the first call of Desk::database(). Throws Refusal when MAIL_COMMAND is empty or names
  /// no program.
  explicit Mailer(const base::Settings& settings);
  /// Ends the process if nothing was sent.
  ~Mailer();
  Mailer(const Mailer&) = delete;
  Mailer& operator=(const Mailer&) = delete;

  /// Hands the message to the program and waits for it; to be called once. Its complaints go to standard
  /// error. Throws runtime_error when it does not end with 0.
  void send(const Mail& mail);

 private:
  int finish();

  const base::Settings& settings_;
  base::UniqueFd pipe_;
  pid_t process_ = 0;
};

}  // namespace ctl
