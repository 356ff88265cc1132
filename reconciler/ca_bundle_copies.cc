// SPDX-License-Identifier: Apache-2.0
#include "reconciler/ca_bundle_copies.h"

#include <fmt/format.h>

#include <functional>

#include "spec/view.h"
#include "workload/objects/object_builder.h"

namespace modelgate::reconciler {
namespace {

using kube::Object;
using kube::Task;
using workload::ObjectBuilder;
using Clock = std::chrono::steady_clock;

std::string bundle_in(const Object& config_map) {
  return std::string(spec::ObjectView(config_map.value()).object("data").string(kCaBundleKey));
}

std::string body_of(std::string_view ns, const std::string& bundle) {
  spec::Arena arena;
  return spec::to_json(
      ObjectBuilder(arena)
          .text("apiVersion", "v1")
          .text("kind", "ConfigMap")
          .value("metadata", ObjectBuilder(arena).text("name", kCaBundleCopy).text("namespace", ns).take())
          .value("data", ObjectBuilder(arena).text(kCaBundleKey, bundle).take())
          .take());
}

}  // namespace

Task<std::string> CaBundleCopies::read_source(std::string name, kube::SteadyTime until) {
  const auto now = Clock::now();
  if (name == source_ && now - read_at_ < kRecheckEvery) co_return std::string();
  const kube::CallOptions call{.deadline = until};
  const auto found = co_await client_.get(kube::kConfigMaps, system_namespace_, name, call);
  if (!found) co_return fmt::format("the CA bundle could not be read: {}", found.error().to_string());
  const std::string bundle = bundle_in(*found);
  if (bundle.empty()) {
    co_return fmt::format("the ConfigMap {}/{} has no key {}, which must contain the CAs", system_namespace_,
                          name, kCaBundleKey);
  }
  source_ = name;
  bundle_ = bundle;
  read_at_ = now;
  co_return std::string();
}

Task<std::string> CaBundleCopies::ensure(std::string ns, std::string source, kube::SteadyTime until,
                                         int& writes) {
  std::string problem = co_await read_source(source, until);
  if (!problem.empty()) co_return problem;
  const std::string bundle = bundle_;  // another worker may read a newer one meanwhile
  const std::size_t hash = std::hash<std::string>{}(bundle);
  const auto now = Clock::now();
  const auto known = copies_.find(ns);
  const bool fresh =
      known != copies_.end() && known->second.bundle == hash && now - known->second.seen_at < kRecheckEvery;
  if (fresh) co_return std::string();

  const kube::CallOptions call{.deadline = until};
  const std::string name(kCaBundleCopy);
  const std::string body = body_of(ns, bundle);
  const auto copy = co_await client_.get(kube::kConfigMaps, ns, name, call);
  if (!copy && !copy.error().is_not_found()) co_return copy.error().to_string();
  if (!copy || bundle_in(*copy) != bundle) {
    kube::ApiResult<Object> written = std::unexpected(kube::ApiError{});
    if (copy) {
      written = co_await client_.merge_patch(kube::kConfigMaps, ns, name, body, call);
    } else {
      written = co_await client_.create(kube::kConfigMaps, ns, body, call);
    }
    const bool created_meanwhile = !written && written.error().is_already_exists();
    if (!written && !created_meanwhile)
      co_return fmt::format("the CA bundle could not be copied: {}", written.error().to_string());
    writes += written ? 1 : 0;
  }
  copies_[ns] = Copy{.seen_at = now, .bundle = hash};
  co_return std::string();
}

}  // namespace modelgate::reconciler
