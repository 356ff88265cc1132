// SPDX-License-Identifier: Apache-2.0
#include "spec/storage_containers.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "spec/storage_uri.h"

namespace modelgate::spec {
namespace {

constexpr std::string_view kInitContainer = "initContainer";

/// Of one compiled expression. RE2 is linear in the URI; this bounds what an expression itself may cost.
constexpr int kMaxExpressionBytes = 1 << 20;

/// Letters that each match begins with or contains: "https://" of `https://(.+?)/(.+)`. Empty where they are
/// not easily found.
std::string_view literal_start(std::string_view expression) {
  if (expression.contains('|')) return {};
  if (expression.starts_with('^')) expression.remove_prefix(1);
  const std::size_t end = std::min(expression.find_first_of("\\.[](){}*+?^$"), expression.size());
  const bool quantified = end < expression.size() && std::string_view("*?{").contains(expression[end]);
  return expression.substr(0, quantified && end > 0 ? end - 1 : end);
}

std::unique_ptr<RE2> compile(std::string_view expression) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxExpressionBytes);
  return std::make_unique<RE2>(re2::StringPiece(expression.data(), expression.size()), options);
}

}  // namespace

bool serves_pods(const ClusterStorageContainerView& container) {
  return !container.disabled() && container.spec().workload_type() == kInitContainer;
}

std::string broken_expression_text(std::string_view container) {
  return fmt::format(
      "cannot be matched: ClusterStorageContainer {} has a regular expression that does not compile (RE2 "
      "syntax)",
      quote(container));
}

StorageContainers::StorageContainers(const Catalog& catalog) {
  for (const ClusterStorageContainerView& c : catalog.storage_containers()) {
    if (serves_pods(c)) for_pods_.push_back(c);
  }
  std::ranges::sort(for_pods_, {}, [](const ClusterStorageContainerView& c) { return c.metadata().name(); });
}

StorageContainers::~StorageContainers() = default;

/// To compile an expression costs more than the rest of a Pod: most are skipped by their first letters.
StorageContainers::Support StorageContainers::matches(std::string_view expression, std::string_view uri) {
  if (uri.size() > kMaxStorageUriBytes || !uri.contains(literal_start(expression))) return Support::kNo;
  std::unique_ptr<RE2>& compiled = expressions_[expression];
  if (!compiled) compiled = compile(expression);
  if (!compiled->ok()) return Support::kBroken;
  const bool found = RE2::PartialMatch(re2::StringPiece(uri.data(), uri.size()), *compiled);
  return found ? Support::kYes : Support::kNo;
}

StorageContainers::Support StorageContainers::supports(const ClusterStorageContainerView& container,
                                                       std::string_view uri) {
  for (const SupportedUriFormatView format : container.spec().supported_uri_formats()) {
    const std::string_view prefix = format.prefix().value_or(std::string_view{});
    const std::string_view regex = format.regex().value_or(std::string_view{});
    // A format with a prefix has no expression.
    if (!prefix.empty()) {
      if (uri.starts_with(prefix)) return Support::kYes;
    } else if (!regex.empty()) {
      if (const Support support = matches(regex, uri); support != Support::kNo) return support;
    }
  }
  return Support::kNo;
}

std::optional<std::string> StorageContainers::unfit(const ClusterStorageContainerView& container,
                                                    std::string_view uri) {
  if (container.disabled()) return "this ClusterStorageContainer is disabled";
  if (!serves_pods(container))
    return fmt::format("this ClusterStorageContainer is for {}, and a Pod needs one for {}",
                       container.spec().workload_type(), kInitContainer);
  if (supports(container, uri) == Support::kNo)
    return fmt::format("this ClusterStorageContainer does not support the URI {}", quote(shown_uri(uri)));
  return std::nullopt;
}

StorageContainers::Match StorageContainers::find(std::string_view uri, bool stops_at_broken) {
  Match match;
  for (const ClusterStorageContainerView& c : for_pods_) {
    switch (supports(c, uri)) {
      case Support::kYes:
        return {.container = c};
      case Support::kBroken:
        if (match.broken.empty()) match.broken = c.metadata().name();
        if (stops_at_broken) return match;
        break;
      case Support::kNo:
        break;
    }
  }
  return match;
}

}  // namespace modelgate::spec
