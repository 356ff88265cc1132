// SPDX-License-Identifier: Apache-2.0
#include "certs/ca_set.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <sstream>
#include <utility>

#include "spec/text/rfc3339.h"

namespace modelgate::certs {
namespace {

using Kind = CertificateError::Kind;
using std::chrono::seconds;

constexpr std::string_view kCurrentCertificate = "ca.crt";
constexpr std::string_view kCurrentKey = "ca.key";
constexpr std::string_view kNextCertificate = "next.crt";
constexpr std::string_view kNextKey = "next.key";
constexpr std::string_view kNextPublished = "next.published";
constexpr std::string_view kFormerCertificates = "previous.crt";
constexpr std::string_view kFormerRetired = "previous.retired";

// Dates that follow must still fit into the clock, which counts nanoseconds up to the year 2262.
constexpr std::chrono::seconds kLongestLife = std::chrono::hours(24 * 36525);

constexpr std::array kKeys{kCurrentCertificate, kCurrentKey,         kNextCertificate, kNextKey,
                           kNextPublished,      kFormerCertificates, kFormerRetired};

std::unexpected<CertificateError> fail(std::string text) {
  return std::unexpected(CertificateError{Kind::kMalformed, std::move(text)});
}

std::unexpected<CertificateError> fail_at(std::string_view key, const CertificateError& error) {
  return std::unexpected(CertificateError{error.kind, std::string(key) + ": " + error.text});
}

// An empty value counts as missing.
std::string_view value_of(const SecretData& data, std::string_view key) {
  const auto found = data.find(key);
  return found == data.end() ? std::string_view() : std::string_view(found->second);
}

// ---- decode

// Beyond it a time would not fit into the clock.
constexpr std::chrono::sys_seconds kLastTime = std::chrono::sys_days(std::chrono::year(2201) / 1 / 1);

// Exactly the format of format_rfc3339: other times were not written by us.
std::optional<TimePoint> time_of(const std::string& text) {
  const auto time = text::parse_rfc3339(text);
  const bool ours = time && *time < kLastTime && text::format_rfc3339(*time) == text;
  return ours ? std::optional<TimePoint>(*time) : std::nullopt;
}

Result<TimePoint> read_time(std::string_view key, const std::string& text) {
  const auto time = time_of(text);
  if (!time) return fail(std::string(key) + ": not a time like 2026-11-23T12:00:00Z: \"" + text + "\"");
  return *time;
}

// Nothing if both are missing.
Result<std::optional<Authority>> read_authority(const SecretData& data, std::string_view certificate,
                                                std::string_view key) {
  const bool has_certificate = !value_of(data, certificate).empty();
  const bool has_key = !value_of(data, key).empty();
  if (!has_certificate && !has_key) return std::nullopt;
  if (has_certificate != has_key) {
    return fail("has " + std::string(has_key ? key : certificate) + " but no " +
                std::string(has_key ? certificate : key));
  }
  auto authority = Authority::from_pem(value_of(data, certificate), value_of(data, key));
  if (!authority) return fail_at(certificate, authority.error());
  return std::move(*authority);
}

Result<std::vector<FormerCa>> read_former(const SecretData& data) {
  const std::string_view pem = value_of(data, kFormerCertificates);
  std::vector<TimePoint> times;
  std::istringstream lines{std::string(value_of(data, kFormerRetired))};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const auto time = read_time(kFormerRetired, line);
    if (!time) return std::unexpected(time.error());
    times.push_back(*time);
  }
  std::vector<FormerCa> former;
  if (pem.empty() && times.empty()) return former;
  auto certificates = read_certificates(pem);
  if (!certificates) return fail_at(kFormerCertificates, certificates.error());
  if (certificates->size() != times.size()) {
    return fail(std::string(kFormerCertificates) + " and " + std::string(kFormerRetired) +
                " have different numbers of entries");
  }
  for (std::size_t i = 0; i < times.size(); ++i) former.push_back({std::move((*certificates)[i]), times[i]});
  return former;
}

// ---- steps

struct Context {
  const CaSet& set;
  TimePoint now;
  const RotationOptions& options;
  const Seen& seen;
};

// The change of a check; nothing if none is needed.
using Verdict = Result<std::optional<Step>>;

Step changed(const Context& context, Change change, std::string why) {
  return {.set = context.set, .change = change, .why = std::move(why)};
}

std::string short_name(const std::string& fingerprint) {
  return fingerprint.substr(0, 16);  // enough to distinguish CAs
}

Result<Authority> make_authority(const Context& context) {
  return Authority::make({.lifetime = context.options.ca_lifetime, .now = context.now});
}

// Moves a CA to the former ones, without its key.
void retire(CaSet& set, const Certificate& certificate, TimePoint now) {
  set.former.insert(set.former.begin(), FormerCa{certificate, now});
  if (set.former.size() > kMaxFormerCas) set.former.pop_back();
}

void retire_current(CaSet& set, TimePoint now) {
  const auto certificates = read_certificates(set.current->certificate_pem());
  if (certificates) retire(set, certificates->front(), now);
}

Verdict first_ca(const Context& context) {
  if (context.set.current) return std::nullopt;
  auto authority = make_authority(context);
  if (!authority) return std::unexpected(authority.error());
  Step step = changed(context, Change::kMadeFirst, "there was no CA");
  step.set.current = std::move(*authority);
  return step;
}

// Its leaves are not valid, so another CA signs without waiting for propagation.
Verdict usable_current(const Context& context) {
  const auto usable = context.set.current->check_dates(context.now);
  if (usable) return std::nullopt;
  Step step = changed(context, Change::kRecovered, "the CA cannot be used: " + usable.error().text);
  // Our clock may be wrong: keep trusting the leaves of other replicas.
  retire_current(step.set, context.now);
  if (step.set.next && step.set.next->authority.check_dates(context.now)) {
    step.set.current = std::exchange(step.set.next, std::nullopt)->authority;
    return step;
  }
  auto authority = make_authority(context);
  if (!authority) return std::unexpected(authority.error());
  step.set.current = std::move(*authority);
  return step;
}

bool holds(const CaSet& set, const std::string& fingerprint) {
  return set.current->fingerprint() == fingerprint ||
         (set.next && set.next->authority.fingerprint() == fingerprint) ||
         std::ranges::any_of(set.former, [&](const FormerCa& former) {
           return former.certificate.fingerprint == fingerprint;
         });
}

Verdict known_signer(const Context& context) {
  const auto& signer = context.seen.signer;
  if (!signer || holds(context.set, signer->fingerprint) || signer->not_after <= context.now) {
    return std::nullopt;
  }
  Step step = changed(
      context, Change::kKeptSigner,
      "the Secret was edited, and leaves of CA " + short_name(signer->fingerprint) + " are still in use");
  retire(step.set, *signer, context.now);
  return step;
}

Verdict usable_next(const Context& context) {
  if (!context.set.next) return std::nullopt;
  const Authority& next = context.set.next->authority;
  const auto usable = next.check_dates(context.now);
  const bool same = next.fingerprint() == context.set.current->fingerprint();
  if (usable && !same) return std::nullopt;
  Step step =
      changed(context, Change::kDroppedNext,
              "the next CA cannot be used: " + (same ? "it is the current one" : usable.error().text));
  step.set.next.reset();
  return step;
}

Verdict published_next(const Context& context) {
  if (!context.set.next || context.set.next->published || !context.seen.next_in_bundle) return std::nullopt;
  Step step = changed(context, Change::kPublished, "the next CA is in all registered bundles");
  step.set.next->published = std::chrono::floor<seconds>(context.now);
  return step;
}

std::chrono::seconds skew(const RotationOptions& options) {
  return std::min(options.clock_skew, options.propagation * 6);
}

// It has been in the bundles long enough, by our clock or by the time that another replica wrote.
bool propagated(const Context& context) {
  if (!context.seen.next_in_bundle) return false;
  const RotationOptions& options = context.options;
  if (*context.seen.next_in_bundle >= options.propagation) return true;
  return context.now - *context.set.next->published >= options.propagation + skew(options);
}

Verdict promoted_next(const Context& context) {
  if (!context.set.next || !context.set.next->published || !propagated(context)) return std::nullopt;
  if (context.set.former.size() >= kMaxFormerCas) return std::nullopt;  // until the oldest is removed
  Step step = changed(context, Change::kPromoted,
                      "the next CA was in all registered bundles long enough and becomes the current CA");
  retire_current(step.set, std::chrono::floor<seconds>(context.now));
  step.set.current = std::exchange(step.set.next, std::nullopt)->authority;
  return step;
}

Verdict next_in_time(const Context& context) {
  if (context.set.next) return std::nullopt;
  const TimePoint due = context.set.current->not_after() - context.options.ca_lifetime / 3;
  if (context.now < due && !context.seen.rotate) return std::nullopt;
  auto authority = make_authority(context);
  if (!authority) return std::unexpected(authority.error());
  Step step = changed(context, Change::kMadeNext,
                      context.seen.rotate
                          ? "a rotation was requested"
                          : "the CA expires at " + text::format_rfc3339(context.set.current->not_after()));
  step.set.next = NextCa{.authority = std::move(*authority), .published = std::nullopt};
  return step;
}

// Removes former CAs whose leaves have all expired, by any replica's clock, or that have expired themselves.
Verdict needed_former(const Context& context) {
  const RotationOptions& options = context.options;
  // Subtracted from `now`: adding to a certificate's date could overflow.
  const auto is_unneeded = [&](const FormerCa& former) {
    return context.now - skew(options) - options.leaf_lifetime >= former.retired ||
           context.now - skew(options) >= former.certificate.not_after;
  };
  if (std::ranges::none_of(context.set.former, is_unneeded)) return std::nullopt;
  Step step = changed(context, Change::kDroppedFormer, "no leaf of a former CA can still be in use");
  std::erase_if(step.set.former, is_unneeded);
  return step;
}

// The checks in the order of their changes.
constexpr std::array kChecks{first_ca,       usable_current, known_signer, usable_next,
                             published_next, promoted_next,  next_in_time, needed_former};

constexpr std::array<std::string_view, 9> kChangeNames{"None",       "MadeFirst",   "Recovered",
                                                       "KeptSigner", "DroppedNext", "Published",
                                                       "Promoted",   "MadeNext",    "DroppedFormer"};

}  // namespace

std::string check(const RotationOptions& options) {
  if (options.ca_lifetime <= seconds(0) || options.leaf_lifetime <= seconds(0)) {
    return "lifetimes of CA and leaf must be positive";
  }
  if (options.propagation < seconds(0) || options.clock_skew < seconds(0)) {
    return "propagation and clock skew must not be negative";
  }
  if (options.ca_lifetime > kLongestLife) return "the lifetime of a CA must be at most a hundred years";
  if (options.leaf_lifetime > options.ca_lifetime / 3) {
    return "the lifetime of a leaf must be at most a third of its CA's";
  }
  if (options.propagation > options.ca_lifetime / 3) {
    return "the propagation of a CA must take at most a third of its lifetime";
  }
  return {};
}

std::span<const std::string_view> secret_keys() {
  return kKeys;
}

std::string_view name_of(Change change) {
  return kChangeNames.at(static_cast<std::size_t>(change));
}

Result<CaSet> decode(const SecretData& data) {
  if (data.empty()) return CaSet{};
  const bool any = std::ranges::any_of(kKeys, [&](std::string_view key) { return data.contains(key); });
  if (!any)
    return fail("has no " + std::string(kCurrentCertificate) + ", but \"" + data.begin()->first +
                "\": not a Secret of ours");
  CaSet set;
  auto current = read_authority(data, kCurrentCertificate, kCurrentKey);
  if (!current) return std::unexpected(current.error());
  set.current = std::move(*current);
  auto next = read_authority(data, kNextCertificate, kNextKey);
  if (!next) return std::unexpected(next.error());
  auto former = read_former(data);
  if (!former) return std::unexpected(former.error());
  if (!set.current) return fail("has no " + std::string(kCurrentCertificate));
  set.former = std::move(*former);
  if (!*next) return set;
  set.next = NextCa{.authority = std::move(**next), .published = std::nullopt};
  if (const std::string_view text = value_of(data, kNextPublished); !text.empty()) {
    const auto published = read_time(kNextPublished, std::string(text));
    if (!published) return std::unexpected(published.error());
    set.next->published = *published;
  }
  return set;
}

SecretData encode(const CaSet& set) {
  SecretData data;
  const auto put = [&](std::string_view key, std::string value) {
    data.emplace(std::string(key), std::move(value));
  };
  if (set.current) {
    put(kCurrentCertificate, set.current->certificate_pem());
    put(kCurrentKey, set.current->key_pem());
  }
  if (set.next) {
    put(kNextCertificate, set.next->authority.certificate_pem());
    put(kNextKey, set.next->authority.key_pem());
    if (set.next->published) put(kNextPublished, text::format_rfc3339(*set.next->published));
  }
  if (set.former.empty()) return data;
  std::string certificates;
  std::string times;
  for (const FormerCa& former : set.former) {
    certificates += former.certificate.pem;
    times += text::format_rfc3339(former.retired) + "\n";
  }
  put(kFormerCertificates, std::move(certificates));
  put(kFormerRetired, std::move(times));
  return data;
}

std::string bundle_pem(const CaSet& set) {
  std::string pem;
  if (set.current) pem += set.current->certificate_pem();
  if (set.next) pem += set.next->authority.certificate_pem();
  for (const FormerCa& former : set.former) pem += former.certificate.pem;
  return pem;
}

Result<Step> next_step(const CaSet& set, TimePoint now, const RotationOptions& options, const Seen& seen) {
  const Context context{set, now, options, seen};
  for (const auto check_one : kChecks) {
    auto verdict = check_one(context);
    if (!verdict) return std::unexpected(verdict.error());
    if (*verdict) return std::move(**verdict);
  }
  return Step{.set = set, .change = Change::kNone, .why = {}};
}

bool may_adopt(const Handover& handover, const RotationOptions& options) {
  if (!handover.has_valid_leaf || !handover.is_registered || handover.was_published) return true;
  if (!handover.in_bundle) return false;
  return !handover.trusts_our_leaf || *handover.in_bundle >= options.propagation;
}

bool leaf_is_due(const KeyPair& leaf, TimePoint issued, TimePoint now) {
  return now >= issued + (leaf.not_after() - issued) * 2 / 3 || now < leaf.not_before();
}

}  // namespace modelgate::certs
