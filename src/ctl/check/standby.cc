// The standbys that checks are read from: whether they show all that was acknowledged.
#include "auth/standby.h"

#include "base/text.h"
#include "ctl/check/inspection.h"

namespace ctl::checks {

void look_at_standby(Inspection& inspection) {
  const auto found = auth::inspect_standbys(inspection.settings());
  for (const auto& fault : found.faults)
    inspection.fail(fault, "checks ask the primary, and the service does not start", {});
  for (const auto& reason : found.unanswered)
    inspection.warn("a standby of CHECK_DATABASE_URL does not answer: " + reason,
                    "checks ask the primary, and commits wait for the standby",
                    "start it, or take it out of CHECK_DATABASE_URL and synchronous_standby_names");
  if (!found.faults.empty()) return;
  for (const auto& fault : auth::find_late_standbys(inspection.settings()))
    inspection.warn(fault, "checks ask the primary, and commits wait for the standby", {});
}

}  // namespace ctl::checks
