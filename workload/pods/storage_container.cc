// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/storage_container.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <vector>

#include "workload/objects/annotations.h"
#include "workload/pods/storage_uri.h"

namespace modelgate::workload {
namespace {

using spec::ClusterStorageContainerView;
using spec::Fact;
using spec::FieldPath;

constexpr std::string_view kInitContainer = "initContainer";

/// Of one compiled expression. RE2 is linear in the URI; this bounds what an expression itself may cost.
constexpr int kMaxExpressionBytes = 1 << 20;

enum class Claim { kNo, kYes, kBroken };

/// Letters that whatever matches begins with, or has in it: "https://" of `https://(.+?)/(.+)`. Empty where
/// that is not so easily said.
std::string_view literal_start(std::string_view expression) {
  if (expression.find('|') != std::string_view::npos) return {};
  if (expression.starts_with('^')) expression.remove_prefix(1);
  const std::size_t end = std::min(expression.find_first_of("\\.[](){}*+?^$"), expression.size());
  const bool quantified =
      end < expression.size() && std::string_view("*?{").find(expression[end]) != std::string_view::npos;
  return expression.substr(0, quantified && end > 0 ? end - 1 : end);
}

/// To compile an expression costs more than all the rest of a Pod; most are passed over by their first
/// letters.
Claim matches(std::string_view expression, std::string_view uri) {
  if (uri.size() > kMaxStorageUriBytes) return Claim::kNo;
  if (uri.find(literal_start(expression)) == std::string_view::npos) return Claim::kNo;
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxExpressionBytes);
  const RE2 compiled(re2::StringPiece(expression.data(), expression.size()), options);
  if (!compiled.ok()) return Claim::kBroken;
  return RE2::PartialMatch(re2::StringPiece(uri.data(), uri.size()), compiled) ? Claim::kYes : Claim::kNo;
}

/// A format with a prefix has no expression. Broken at the first expression that is, as KServe reads them.
Claim claims(const ClusterStorageContainerView& container, std::string_view uri) {
  for (const spec::SupportedUriFormatView format : container.spec().supported_uri_formats()) {
    const std::string_view prefix = format.prefix().value_or(std::string_view{});
    const std::string_view regex = format.regex().value_or(std::string_view{});
    if (!prefix.empty()) {
      if (uri.starts_with(prefix)) return Claim::kYes;
    } else if (!regex.empty()) {
      if (const Claim claim = matches(regex, uri); claim != Claim::kNo) return claim;
    }
  }
  return Claim::kNo;
}

void report_broken(spec::FieldErrors& errors, const FieldPath& field, std::string_view container,
                   std::string_view uri) {
  errors.invalid(
      field, shown_uri(uri),
      fmt::format("cannot be matched: ClusterStorageContainer {} has a regular expression that does "
                  "not compile (RE2 syntax)",
                  spec::quoted(container)));
}

/// By name there is no second choice: everything has to fit.
StorageContainerChoice checked(PodPass& pass, const ClusterStorageContainerView& container,
                               std::string_view uri) {
  const FieldPath field = PodPass::annotation_path(annotation::kStorageContainer);
  const std::string_view name = container.metadata().name();
  const auto refuse = [&](std::string why) {
    pass.rule("storage-container-unfit").invalid(field, name, std::move(why));
    return StorageContainerChoice{.container = {}, .settled = false};
  };
  if (container.disabled()) return refuse("this ClusterStorageContainer is disabled");
  if (container.spec().workload_type() != kInitContainer) {
    return refuse(fmt::format("this ClusterStorageContainer is for {}, and a Pod needs one for {}",
                              container.spec().workload_type(), kInitContainer));
  }
  switch (claims(container, uri)) {
    case Claim::kYes:
      return {.container = container};
    case Claim::kBroken:
      report_broken(pass.rule("storage-container-regex"), field, name, uri);
      return {.container = {}, .settled = false};
    case Claim::kNo:
      break;
  }
  return refuse(
      fmt::format("this ClusterStorageContainer does not support the URI {}", spec::quoted(shown_uri(uri))));
}

StorageContainerChoice by_name(PodPass& pass, std::string_view name, std::string_view uri) {
  for (const ClusterStorageContainerView& c : pass.context.catalog.storage_containers()) {
    if (c.metadata().name() == name) return checked(pass, c, uri);
  }
  // It may have come a moment ago.
  const Fact* fact = pass.look_up("ClusterStorageContainer", "", name);
  if (!fact) return {.container = {}, .settled = false};
  if (fact->state == Fact::State::kPresent) {
    return checked(pass, ClusterStorageContainerView(fact->object), uri);
  }
  if (fact->state == Fact::State::kAbsent) {
    pass.rule("storage-container-missing")
        .not_found(PodPass::annotation_path(annotation::kStorageContainer), name,
                   "there is no ClusterStorageContainer of this name");
    return {.container = {}, .settled = false};
  }
  pass.warn(
      fmt::format("ClusterStorageContainer {} could not be read: the storage initializer runs without it",
                  spec::quoted(name)));
  return {.container = {}, .unread = true};
}

}  // namespace

StorageContainerChoice choose_storage_container(PodPass& pass, std::string_view name, std::string_view uri,
                                                const FieldPath& field) {
  if (!name.empty()) return by_name(pass, name, uri);
  std::vector<ClusterStorageContainerView> containers;
  for (const ClusterStorageContainerView& c : pass.context.catalog.storage_containers()) {
    if (!c.disabled() && c.spec().workload_type() == kInitContainer) containers.push_back(c);
  }
  std::ranges::sort(containers, {}, [](const ClusterStorageContainerView& c) { return c.metadata().name(); });
  std::string_view broken;
  for (const ClusterStorageContainerView& c : containers) {
    const Claim claim = claims(c, uri);
    if (claim == Claim::kYes) return {.container = c};
    if (claim == Claim::kNo) continue;
    broken = c.metadata().name();
    // KServe goes no further; Strict goes on to one that fits.
    if (!pass.strict()) break;
  }
  if (broken.empty()) return {};
  report_broken(pass.rule("storage-container-regex"), field, broken, uri);
  return {.container = {}, .settled = false};
}

}  // namespace modelgate::workload
