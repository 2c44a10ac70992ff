#include "store/schema.h"

namespace store {

using pg::Access;

const pg::Statement kFindVersion{"schema_version", Access::read, R"sql(
    SELECT coalesce(max(version), 0)::bigint
    FROM schema_versions
)sql"};

std::int64_t Schema::find_version() {
  return connection_.execute(kFindVersion, pg::Params()).integer(0, 0);
}

}  // namespace store
