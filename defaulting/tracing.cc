// SPDX-License-Identifier: Apache-2.0
#include "defaulting/tracing.h"

#include "spec/tracing.h"

namespace modelgate::defaulting {

void default_tracing(Pass& pass) {
  if (!spec::tracing_of(pass.service())) return;
  const spec::FieldPath tracing = spec::FieldPath{} / "spec" / "tracing";
  for (const spec::TracingField& field : spec::kTracingFields) {
    pass.fill(
        tracing / field.name, cause::kTracing, [](const spec::Value& before) { return before.IsString(); },
        [&] { return spec::make_literal(field.default_value); });
  }
}

}  // namespace modelgate::defaulting
