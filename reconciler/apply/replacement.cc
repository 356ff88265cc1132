// SPDX-License-Identifier: Apache-2.0
#include "reconciler/apply/replacement.h"

#include <algorithm>
#include <array>
#include <string>

#include "spec/text/ascii.h"

namespace modelgate::reconciler {
namespace {

constexpr std::string_view kHpa = kube::kHorizontalPodAutoscalers.kind;
constexpr std::string_view kKeda = kube::kScaledObjects.kind;
constexpr std::string_view kIngress = kube::kIngresses.kind;
constexpr std::string_view kHttpRoute = kube::kHttpRoutes.kind;
constexpr std::string_view kVirtualService = kube::kVirtualServices.kind;

/// Autoscalers at once: two of them would set the replicas in turn.
constexpr std::array kReplacements{
    Replacement{kHpa, kKeda, true},         Replacement{kKeda, kHpa, true},
    Replacement{kIngress, kHttpRoute},      Replacement{kIngress, kVirtualService},
    Replacement{kHttpRoute, kIngress},      Replacement{kHttpRoute, kVirtualService},
    Replacement{kVirtualService, kIngress}, Replacement{kVirtualService, kHttpRoute}};

/// Other words of a message for an object of the kind: its short name, and what it has in common with others.
struct Words {
  std::string_view kind, short_name, general;
};
constexpr std::array kWords{Words{kHpa, "hpa", "autoscaler"}, Words{kKeda, "so", "autoscaler"},
                            Words{kIngress, "ing", "host"}, Words{kHttpRoute, "route", "host"},
                            Words{kVirtualService, "vs", "host"}};

/// The text that precedes the message of a webhook, and of a policy. It names the refused object.
constexpr std::array<std::string_view, 2> kBeforeMessage{"denied the request:", "denied request:"};

std::string_view own_message(std::string_view message) {
  for (const std::string_view start : kBeforeMessage) {
    if (const std::size_t at = message.find(start); at != std::string_view::npos)
      return message.substr(at + start.size());
  }
  return message;
}

bool is_in_word(char c) {
  return text::is_alphanumeric(c) || c == '-' || c == '.';
}

/// A word may end with the point of its sentence.
bool has_word(std::string_view message, std::string_view word) {
  for (std::size_t at = message.find(word); at != std::string_view::npos; at = message.find(word, at + 1)) {
    std::string_view rest = message.substr(at + word.size());
    if (rest.starts_with('.') && (rest.size() == 1 || !is_in_word(rest[1]))) rest = {};
    if ((at == 0 || !is_in_word(message[at - 1])) && (rest.empty() || !is_in_word(rest[0]))) return true;
  }
  return false;
}

/// "scaled object" as "scaledobject".
std::string without_blanks(std::string text) {
  std::erase(text, ' ');
  return text;
}

}  // namespace

const Replacement* replacement_of(const kube::Resource& old_object, const kube::Resource& new_object) {
  const auto it = std::ranges::find_if(kReplacements, [&](const Replacement& row) {
    return row.old_kind == old_object.kind && row.new_kind == new_object.kind;
  });
  return it == kReplacements.end() ? nullptr : &*it;
}

bool is_in_the_way(const kube::ApiError& refusal, const kube::Resource& old_object, std::string_view name) {
  const bool is_refusal =
      refusal.kind == kube::ApiError::Kind::kStatus && refusal.code >= 400 && refusal.code < 500;
  const auto words = std::ranges::find(kWords, old_object.kind, &Words::kind);
  if (!is_refusal || words == kWords.end()) return false;
  const std::string message = text::lowercase(own_message(refusal.message));
  const bool has_kind = has_word(message, words->short_name) ||
                        without_blanks(message).contains(text::lowercase(old_object.kind));
  if (has_word(message, "already")) return has_kind || has_word(message, words->general);
  return has_kind && has_word(message, name);
}

}  // namespace modelgate::reconciler
