// SPDX-License-Identifier: Apache-2.0
//
// Each form is a scan with a table of character classes.
#include "spec/names.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace modelgate::spec {
namespace {

enum Class : std::uint8_t {
  kLower = 1,
  kUpper = 2,
  kDigit = 4,
  kHyphen = 8,
  kUnderscore = 16,
  kDot = 32,
};
constexpr int kLowerOrDigit = kLower | kDigit;
constexpr int kAlphanumeric = kLower | kUpper | kDigit;
constexpr int kNamePart = kAlphanumeric | kHyphen | kUnderscore | kDot;

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t c = 'a'; c <= 'z'; ++c) classes[c] = kLower;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) classes[c] = kUpper;
  for (std::size_t c = '0'; c <= '9'; ++c) classes[c] = kDigit;
  classes['-'] = kHyphen;
  classes['_'] = kUnderscore;
  classes['.'] = kDot;
  return classes;
}();

constexpr bool is(char c, int classes) {
  return (kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}

bool all(std::string_view text, int classes) {
  return std::ranges::all_of(text, [classes](char c) { return is(c, classes); });
}

/// True for `first`, then any of `middle`, then `last`; a single character must be both first and last.
bool has_form(std::string_view text, int first, int middle, int last) {
  return !text.empty() && is(text.front(), first) && is(text.back(), last) && all(text, middle);
}

constexpr std::string_view kLabelForm =
    "must consist of lower case letters, digits and '-', and start and end with a letter or a digit";
constexpr std::string_view kSubdomainForm =
    "must consist of lower case letters, digits, '-' and '.', and each part between dots must start and end "
    "with a letter or a digit";
constexpr std::string_view kServiceForm =
    "must consist of lower case letters, digits and '-', start with a letter and end with a letter or a "
    "digit";
constexpr std::string_view kQualifiedForm =
    "must consist of letters, digits, '-', '_' and '.', and start and end with a letter or a digit, "
    "optionally after a prefix that is a DNS name and a '/'";
constexpr std::string_view kPrefixForm =
    "must have a prefix of lower case letters, digits, '-' and '.', whose parts between dots start and end "
    "with a letter or a digit";
constexpr std::string_view kLabelValueForm =
    "must be empty, or consist of letters, digits, '-', '_' and '.', and start and end with a letter or a "
    "digit";
constexpr std::string_view kEnvForm = "must consist of printable ASCII characters other than '='";
constexpr std::string_view kPortableEnvForm =
    "must consist of letters, digits, '-', '_' and '.', and not start with a digit or with '..'";
constexpr std::string_view kPortForm = "must consist of lower case letters, digits and '-'";
constexpr std::string_view kConfigKeyForm =
    "must consist of letters, digits, '-', '_' and '.', and not be '.' or start with '..'";

constexpr std::string_view kMax63 = "must be no more than 63 bytes";
constexpr std::string_view kMax253 = "must be no more than 253 bytes";

/// True if all parts between dots are labels, of any length. With `capitals`, letters of both cases.
bool is_subdomain(std::string_view name, bool capitals) {
  const int letters = kLowerOrDigit | (capitals ? kUpper : 0);
  while (true) {
    const std::size_t dot = name.find('.');
    if (!has_form(name.substr(0, dot), letters, letters | kHyphen, letters)) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

NameProblem check_key(std::string_view key, bool capitals_in_prefix) {
  const std::size_t slash = key.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view prefix = key.substr(0, slash);
    if (prefix.size() > kMaxSubdomainBytes) return "must have a prefix of no more than 253 bytes";
    if (!is_subdomain(prefix, capitals_in_prefix)) return kPrefixForm;
    key.remove_prefix(slash + 1);
  }
  if (key.empty()) return "must have a name";
  if (key.size() > kMaxQualifiedNameBytes) return "must have a name of no more than 63 bytes";
  if (!has_form(key, kAlphanumeric, kNamePart, kAlphanumeric)) return kQualifiedForm;
  return std::nullopt;
}

}  // namespace

NameProblem check_dns1123_label(std::string_view name) {
  if (name.size() > kMaxLabelBytes) return kMax63;
  if (has_form(name, kLowerOrDigit, kLowerOrDigit | kHyphen, kLowerOrDigit)) return std::nullopt;
  if (is_subdomain(name, false)) return "must not contain dots";
  return kLabelForm;
}

NameProblem check_dns1123_subdomain(std::string_view name) {
  if (name.size() > kMaxSubdomainBytes) return kMax253;
  if (!is_subdomain(name, false)) return kSubdomainForm;
  return std::nullopt;
}

NameProblem check_dns1035_label(std::string_view name) {
  if (name.size() > kMaxLabelBytes) return kMax63;
  return check_service_form(name);
}

NameProblem check_service_form(std::string_view name) {
  if (!has_form(name, kLower, kLowerOrDigit | kHyphen, kLowerOrDigit)) return kServiceForm;
  return std::nullopt;
}

NameProblem check_qualified_name(std::string_view key) {
  return check_key(key, false);
}

NameProblem check_annotation_key(std::string_view key) {
  return check_key(key, true);
}

NameProblem check_label_value(std::string_view value) {
  if (value.size() > kMaxLabelValueBytes) return kMax63;
  if (!value.empty() && !has_form(value, kAlphanumeric, kNamePart, kAlphanumeric)) return kLabelValueForm;
  return std::nullopt;
}

NameProblem check_env_name(std::string_view name) {
  if (name.empty()) return "must not be empty";
  if (!std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~' && c != '='; })) return kEnvForm;
  return std::nullopt;
}

NameProblem check_portable_env_name(std::string_view name) {
  const bool fits = has_form(name, kNamePart & ~kDigit, kNamePart, kNamePart);
  if (!fits || name == "." || name.starts_with("..")) return kPortableEnvForm;
  return std::nullopt;
}

NameProblem check_port_name(std::string_view name) {
  if (name.size() > kMaxPortNameBytes) return "must be no more than 15 bytes";
  if (name.empty() || !all(name, kLowerOrDigit | kHyphen)) return kPortForm;
  if (std::ranges::none_of(name, [](char c) { return is(c, kLower); })) return "must contain a letter";
  if (name.contains("--")) return "must not contain two '-' in a row";
  if (name.front() == '-' || name.back() == '-') return "must not start or end with '-'";
  return std::nullopt;
}

NameProblem check_config_key(std::string_view key) {
  if (key.size() > kMaxSubdomainBytes) return kMax253;
  if (key.empty() || !all(key, kNamePart) || key == "." || key.starts_with("..")) return kConfigKeyForm;
  return std::nullopt;
}

std::size_t map_bytes(const Value& map) {
  if (!map.IsObject()) return 0;
  std::size_t bytes = 0;
  for (const auto& member : map.GetObject()) {
    bytes += member.name.GetStringLength();
    if (member.value.IsString()) bytes += member.value.GetStringLength();
  }
  return bytes;
}

}  // namespace modelgate::spec
