// An example of a route with protected content, as an application would add it.
#include "auth/answers.h"
#include "auth/handlers.h"

namespace auth {

Answer get_content(Service&, Call& call) {
  http::JsonWriter json;
  json.begin_object()
      .member("message", "This is protected content")
      .member("user", call.session->username)
      .end_object();
  return make_json(json.take());
}

}  // namespace auth
