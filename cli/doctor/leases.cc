// SPDX-License-Identifier: Apache-2.0
//
// The Leases of both programs: whether somebody rotates certificates, and whether somebody reconciles.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "cli/doctor/checks.h"
#include "cli/doctor/pods.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::ObjectView;
using spec::Value;

std::string renewed_text(const LeaseLook& look) {
  if (look.record.renew_time.empty()) return "at no time";
  return look.age ? fmt::format("{} s ago, at {}", look.age->count(), look.record.renew_time)
                  : fmt::format("at {}", look.record.renew_time);
}

/// The Pod of "modelgate-reconciler-5d8c-x2x7_1f2e3d4c": a Pod's name holds no underscore.
std::string_view pod_of(std::string_view holder) {
  return holder.substr(0, holder.rfind('_'));
}

/// What there is of who holds it, where that can be known: ", and no such Pod is there".
std::string about_holder(const ClusterPicture& picture, std::string_view holder) {
  if (picture.error_about(kube::kPods, picture.names.ns)) return {};
  const ObjectView pod(picture.find(kube::kPods, picture.names.ns, pod_of(holder)));
  if (!pod) return ", and no such Pod is there";
  return fmt::format(", and its Pod is {}", pod.object("status").optional_string("phase").value_or("there"));
}

}  // namespace

std::optional<std::chrono::sys_seconds> read_time(std::string_view text) {
  std::tm parts{};
  if (!strptime(std::string(text).c_str(), "%Y-%m-%dT%H:%M:%S", &parts)) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts)));
}

std::chrono::sys_seconds now_of(const ClusterPicture& picture) {
  return std::chrono::floor<std::chrono::seconds>(picture.now) +
         picture.clock_ahead.value_or(std::chrono::seconds(0));
}

std::optional<LeaseLook> look_at_lease(const ClusterPicture& picture, std::string_view ns,
                                       std::string_view name) {
  const Value* lease = picture.find(kube::kLeases, ns, name);
  if (!lease) return std::nullopt;
  LeaseLook out{.record = kube::read_lease(*lease), .fresh = false, .age = std::nullopt};
  if (const auto renewed = read_time(out.record.renew_time)) out.age = now_of(picture) - *renewed;
  // Twice, since the holder's clock is a third one.
  out.fresh = !out.record.holder.empty() && out.age && *out.age <= 2 * out.record.duration;
  return out;
}

void check_lease(const ClusterPicture& picture, Findings& out) {
  if (!makes_own_certificates(picture)) {
    return out.ok({.found = "not used: nobody rotates certificates here"});
  }
  const InstallationNames& names = picture.names;
  const auto look = look_at_lease(picture, names.ns, names.lease);
  Words words{.about = fmt::format("Lease {}/{}", names.ns, names.lease),
              .cause = "nobody rotates certificates or writes the caBundle",
              .remedy = "see whether the webhook runs, and may get, create and update leases",
              .command = fmt::format("kubectl logs -n {} deployment/{}", names.ns, names.service)};
  if (!look) {
    if (!out.could_read(picture, kube::kLeases, names.ns)) return;
    words.found = "it is not there";
    return out.error(std::move(words));
  }
  if (look->record.holder.empty()) {
    words.found = "nobody holds it";
    return out.error(std::move(words));
  }
  if (!look->fresh) {
    words.found =
        fmt::format("{} holds it, and renewed it last {}", look->record.holder, renewed_text(*look));
    return out.error(std::move(words));
  }
  out.ok({.found = fmt::format("{} holds it", look->record.holder)});
}

void check_reconciler_lease(const ClusterPicture& picture, Findings& out) {
  const InstallationNames& names = picture.names;
  const std::string about = fmt::format("Lease {}/{}", names.ns, names.reconciler);
  const auto look = look_at_lease(picture, names.ns, names.reconciler);
  if (!look && !out.could_read(picture, kube::kLeases, names.ns)) return;
  if (look && look->fresh) {
    const bool pod = picture.find(kube::kPods, names.ns, pod_of(look->record.holder)) != nullptr;
    if (pod || picture.error_about(kube::kPods, names.ns)) {
      return out.ok({.found = fmt::format("{} holds it", look->record.holder)});
    }
    return out.info({.about = about,
                     .found = fmt::format("{} holds it{}", look->record.holder,
                                          about_holder(picture, look->record.holder)),
                     .cause = "it runs outside the cluster, or its Pod was deleted a moment ago"});
  }
  const ObjectView deployment(picture.find(kube::kDeployments, names.ns, names.reconciler));
  if (!deployment || replicas_of(deployment) == 0) {
    return out.ok({.found = "not used: no reconciler of ours is to run"});
  }
  const std::int64_t ready = deployment.object("status").integer("readyReplicas").value_or(0);
  if (ready == 0) {
    return out.skipped({.about = about, .found = "no replica is ready that could hold it"});
  }
  Words words{.about = about,
              .cause = "nothing is made, changed or told for any InferenceService; what serves goes on",
              .remedy =
                  "see whether it reaches the API server, and may get, create and update leases "
                  "(`reconciler-permissions`)",
              .command = reconciler_logs(picture)};
  if (!look) {
    words.found = fmt::format("it is not there, although {} replicas are ready", ready);
  } else if (look->record.holder.empty()) {
    words.found = fmt::format("nobody holds it, although {} replicas are ready", ready);
  } else {
    words.found = fmt::format("{} holds it, renewed it last {}{}; {} replicas are ready, and none takes it",
                              look->record.holder, renewed_text(*look),
                              about_holder(picture, look->record.holder), ready);
  }
  out.error(std::move(words));
}

}  // namespace modelgate::cli
