// The handlers of the table of routes, by the file that has them. The route determines which fields
// `call.fields` has and whether `call.session` is set. Handlers may throw; the engine turns what they throw
// into an answer.
#pragma once

#include "auth/call.h"
#include "auth/service.h"

namespace auth {

// health.cc
Answer get_health(Service& service, Call& call);
Answer get_ready(Service& service, Call& call);

// monitoring.cc
Answer get_status(Service& service, Call& call);
Answer get_metrics(Service& service, Call& call);

// content.cc
Answer get_content(Service& service, Call& call);

// guard.cc
Answer get_verify(Service& service, Call& call);

// registration.cc
Answer post_register(Service& service, Call& call);

// login.cc
Answer post_login(Service& service, Call& call);

// recovery.cc
Answer post_reset_password(Service& service, Call& call);

// passwords.cc
Answer post_change_password(Service& service, Call& call);
Answer delete_account(Service& service, Call& call);

// sessions.cc
Answer post_refresh(Service& service, Call& call);
Answer post_logout(Service& service, Call& call);

// profile.cc
Answer get_me(Service& service, Call& call);
Answer patch_me(Service& service, Call& call);
Answer get_sessions(Service& service, Call& call);
Answer get_events(Service& service, Call& call);
Answer delete_session(Service& service, Call& call);
Answer delete_sessions(Service& service, Call& call);

}  // namespace auth
