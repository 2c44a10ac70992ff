// Answers batches of requests: finds their routes and sessions, applies the rules that hold for all routes,
// and calls the handlers. It knows nothing of connections, processes and FastCGI.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>

#include "auth/call.h"
#include "auth/service.h"
#include "auth/standby.h"

namespace auth {

class Engine {
 public:
  /// All must outlive the engine. `standby` is what the lookups of checks are read from while it may be; null
  /// for none.
  Engine(const base::Settings& settings, pg::Connection& database, const Blocklist& blocklist,
         const base::Scoreboard& scoreboard, Standby* standby = nullptr)
      : service_(settings, database, blocklist, scoreboard), standby_(standby) {}

  /// Takes the number of a request in its batch, and its response.
  using Deliver = std::function<void(std::size_t index, const http::Response& response)>;

  /// Makes one response for each request and delivers it as soon as it is made, in the order of the requests.
  /// The sessions of all requests are looked up first, in one round trip, or in two for tokens that are not
  /// the current ones. What fails while sessions are looked up or a request is handled becomes the response
  /// of the requests concerned. Throws bad_alloc when there is no memory for a response, and what `deliver`
  /// throws.
  void answer(std::span<const http::Request* const> requests, const Deliver& deliver);

 private:
  /// A call, and the Problem with which it will be refused, once that is certain.
  struct Pending {
    Call call;
    std::optional<base::Problem> refusal;
  };

  Pending admit(const http::Request& request) const;
  void find_sessions(std::span<Pending> batch);
  void look_up(std::span<Pending> batch, Standby::Lookup lookup);
  store::FoundSessions find(Standby::Lookup lookup, std::span<const crypto::Digest> hashes);
  void mark_first_uses(std::span<Pending> batch);
  http::Response respond(Pending& pending);
  Answer handle(Call& call);

  Service service_;
  Standby* standby_;
  bool reads_standby_ = false;  ///< For the lookups of this batch.
};

}  // namespace auth
