// The way of a request from its route to its answer, for a batch of requests at a time. Knows routes,
// sessions and the rules of the policy; knows nothing of connections, processes and FastCGI.
#pragma once

#include <span>
#include <vector>

#include "auth/call.h"
#include "auth/service.h"

namespace auth {

class Engine {
 public:
  /// All three must outlive the engine.
  Engine(const base::Settings& settings, pg::Connection& database, const Blocklist& blocklist)
      : service_(settings, database, blocklist) {}

  /// One response for each request, in their order. The sessions of all of them are looked up together, in
  /// one round trip. Whatever goes wrong with a request becomes its response; nothing is thrown. The requests
  /// must live until it returns.
  std::vector<http::Response> answer(std::span<const http::Request* const> requests);

 private:
  /// A call, and what it is refused with as soon as nothing else can be the answer.
  struct Pending {
    Call call;
    std::optional<base::Problem> refusal;
  };

  Pending admit(const http::Request& request) const;
  void find_sessions(std::span<Pending> batch);
  void mark_first_uses(std::span<Pending> batch);
  http::Response respond(Pending& pending);
  Answer handle(Call& call);

  Service service_;
};

}  // namespace auth
