// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/lease_state.h"

#include "cli/doctor/times.h"
#include "spec/text/rfc3339.h"

namespace modelgate::cli {

std::optional<LeaseState> lease_state(const ClusterSnapshot& snapshot, std::string_view ns,
                                      std::string_view name) {
  const spec::Value* lease = snapshot.find(kube::kLeases, ns, name);
  if (!lease) return std::nullopt;
  LeaseState out{.record = kube::read_lease(*lease), .fresh = false, .age = std::nullopt};
  if (const auto renewed = text::parse_rfc3339(out.record.renew_time)) out.age = now_of(snapshot) - *renewed;
  // Twice the duration: the holder's clock may differ from the API server's.
  out.fresh = !out.record.holder.empty() && out.age && *out.age <= 2 * out.record.duration;
  return out;
}

}  // namespace modelgate::cli
