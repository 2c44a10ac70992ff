// The numbers of the scoreboard as text, for those who watch the service.
#pragma once

#include <string>

#include "base/scoreboard.h"

namespace auth {

/// All counters, as Prometheus reads them (text format 0.0.4).
std::string make_metrics(const base::Scoreboard& scoreboard);

/// What each worker does, and the sums of the counters, as JSON.
std::string make_status(const base::Scoreboard& scoreboard);

}  // namespace auth
