// SPDX-License-Identifier: Apache-2.0
#include "admission/denial.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "spec/core.h"
#include "spec/text/printable.h"

namespace modelgate::admission {
namespace {

/// A Pod of a ReplicaSet has no name yet, only a generateName.
std::string_view shown_name(const Review& review) {
  if (!review.name.empty() || !review.object) return review.name;
  return spec::ObjectMetaView(spec::find(*review.object, "metadata")).generate_name();
}

/// Each rule once, separated by commas, in order of its first error.
std::string rules_of(const spec::FieldErrors& errors) {
  std::vector<std::string_view> rules;
  for (const spec::FieldError& e : errors) {
    if (!e.rule.empty() && std::ranges::find(rules, e.rule) == rules.end()) rules.push_back(e.rule);
  }
  return fmt::format("{}", fmt::join(rules, ","));
}

}  // namespace

Response deny(const Review& review, const spec::FieldErrors& errors) {
  Response response;
  response.allowed = false;
  response.message =
      text::printable(fmt::format("{} {} is invalid", review.kind, spec::quote(shown_name(review))));
  for (const spec::FieldError& e : errors) {
    std::string message = e.message();
    std::string field = e.path.to_string();
    response.message += fmt::format("\n{}: {}", field, message);
    response.causes.push_back({std::move(field), std::string(spec::reason_of(e.type)), std::move(message)});
  }
  if (errors.dropped() > 0) {
    const std::string more = fmt::format("and {} further errors", errors.dropped());
    response.message += "\n" + more;
    response.causes.push_back({"", std::string(spec::reason_of(spec::ErrorType::kTooMany)), more});
  }
  if (std::string rules = rules_of(errors); !rules.empty())
    response.audit_annotations.emplace_back("denied-by", std::move(rules));
  return response;
}

Response deny_request(std::string message) {
  Response response;
  response.allowed = false;
  response.code = 400;
  response.reason = "BadRequest";
  response.message = text::printable(std::move(message));
  return response;
}

}  // namespace modelgate::admission
