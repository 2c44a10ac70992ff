// Bodies: what is accepted consists of the fields of the route, in UTF-8 without NUL.
#include "http/json.h"
#include "base/utf8.h"
#include "fuzz.h"

namespace {

constexpr std::array kSpecs{http::FieldSpec{"username", true}, http::FieldSpec{"password", true},
                            http::FieldSpec{"redirect", false}};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto fields = http::parse_fields(fuzz::text_of(data, size), kSpecs);
  if (!fields) {
    for (const auto& error : fields.problem().errors)
      fuzz::require(base::count_code_points(error.field).has_value() && error.field.size() <= 256);
    return 0;
  }
  fuzz::require(fields.value().missing().empty());
  for (const auto& spec : kSpecs) {
    const auto value = fields.value().optional(spec.name);
    if (!value) continue;
    fuzz::require(value->find('\0') == std::string_view::npos && base::count_code_points(*value).has_value());
  }
  return 0;
}
