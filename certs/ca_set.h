// SPDX-License-Identifier: Apache-2.0
//
// The CAs of an installation, as stored in its Secret, and the next step of their rotation: a state machine
// without I/O. Used by webhook/certificates/cluster_certificates.h, which reads and writes the Secret.
//
//   auto set = decode(secret_data);                    // an error: do not overwrite it
//   auto step = next_step(*set, now, options, seen);
//   if (step && step->change != Change::kNone) write_secret(encode(step->set));
//   write_ca_bundle(bundle_pem(step->set));
//
// The states of a CA:
//
//   next ----------> current --------> former --------> removed
//        in the bundle       signs            in the bundle, for leaves
//        for `propagation`                    that it signed before
//
// Clients (API servers) use a bundle that may be some moments old, servers (replicas) a leaf that may be some
// days old. So a CA is in the bundle before it signs and after it has signed, and outdated clients and
// servers still match. Each call makes one change, so that it is written and observed before the next one.
//
// Clocks of replicas differ by up to `clock_skew`. Each replica measures the time in the bundle with its own
// steady clock (Seen::next_in_bundle); for a time in the Secret, set by another replica, the skew is added.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/authority.h"
#include "certs/certificate.h"

namespace modelgate::certs {

struct RotationOptions {
  /// It signs for two thirds of this, so that it is still valid in a cluster that was off for months.
  std::chrono::seconds ca_lifetime = std::chrono::hours(24 * 365);
  /// How long a former CA must be trusted. At most a third of ca_lifetime, so that no leaf outlives its CA.
  std::chrono::seconds leaf_lifetime = std::chrono::hours(24 * 30);
  /// How long a CA is in the bundle before it signs. API servers get a new bundle by a watch within a second,
  /// or by a new list within minutes if the watch is broken.
  std::chrono::seconds propagation = std::chrono::minutes(10);
  /// The same as for certificates. With a short propagation, as in tests, six times that.
  std::chrono::seconds clock_skew = kBackdate;
};

/// The first error in the options, as text for the user; empty if there is none.
std::string check(const RotationOptions& options);

struct NextCa {
  Authority authority;
  /// When a replica first observed it in all registered bundles, by that replica's clock.
  std::optional<TimePoint> published;
};

struct FormerCa {
  Certificate certificate;  // without its key
  TimePoint retired;        // when it stopped signing
};

struct CaSet {
  std::optional<Authority> current;  // none: the Secret has no CA
  std::optional<NextCa> next;
  std::vector<FormerCa> former;  // the newest first
};

/// Further rotations within the lifetime of a leaf wait, so that Secret and bundle stay small.
inline constexpr std::size_t kMaxFormerCas = 8;

/// A Secret's data, decoded from base64.
using SecretData = std::map<std::string, std::string, std::less<>>;

/// Our keys in the Secret. Others are not changed.
///   ca.crt, ca.key                      the current CA
///   next.crt, next.key, next.published  the next one, and the time (RFC 3339)
///   previous.crt, previous.retired      former ones, the newest first, and their times, one per line
std::span<const std::string_view> secret_keys();

/// Without data: an empty set. Errors: kMalformed (a key is missing or invalid, or there are only other
/// keys), kMismatch, kTooLarge. The texts name the key, never its content. Does not check dates.
Result<CaSet> decode(const SecretData& data);

/// The keys to store; the others of secret_keys() must be removed.
SecretData encode(const CaSet& set);

/// The CAs that clients must trust: current, next, former, as PEM.
std::string bundle_pem(const CaSet& set);

enum class Change : std::uint8_t {
  kNone,
  kMadeFirst,    // there was no CA
  kRecovered,    // the current CA cannot be used: another one signs immediately. Logged as an error
  kKeptSigner,   // the Secret was edited, but leaves of the previous CA are still in use
  kDroppedNext,  // the next CA cannot be used
  kPublished,    // the next CA is in all bundles
  kPromoted,     // the next CA became the current one
  kMadeNext,
  kDroppedFormer,
};
std::string_view name_of(Change change);  // "MadeFirst", ...

/// What the caller knows in addition to the Secret.
struct Seen {
  /// How long `next` has been in all registered bundles without interruption, by this process' steady clock.
  /// Nothing: unknown.
  std::optional<std::chrono::nanoseconds> next_in_bundle = std::nullopt;
  /// A new CA is requested. The request is done with kMadeNext.
  bool rotate = false;
  /// The CA that this process signed its leaf with.
  std::optional<Certificate> signer = std::nullopt;
};

struct Step {
  CaSet set;
  Change change = Change::kNone;
  std::string why;  // for the log; empty if nothing changed
};

/// The first change that is due. Errors: kOpenssl.
Result<Step> next_step(const CaSet& set, TimePoint now, const RotationOptions& options, const Seen& seen);

/// What a replica knows when the Secret's current CA is not the one that signed its leaf.
struct Handover {
  bool has_valid_leaf = false;
  bool is_registered = false;    // there is a registered bundle
  bool was_published = false;    // it was observed as published `next`: a promotion, not an edit
  bool trusts_our_leaf = false;  // all registered bundles do
  std::optional<std::chrono::nanoseconds> in_bundle = std::nullopt;  // as Seen::next_in_bundle, for this CA
};

/// Whether the replica may sign its leaf with that CA now. If not, it continues with the previous one.
bool may_adopt(const Handover& handover, const RotationOptions& options);

/// Whether a leaf signed at `issued` must be replaced: two thirds of its lifetime have passed, or the clock
/// is before its start.
bool leaf_is_due(const KeyPair& leaf, TimePoint issued, TimePoint now);

}  // namespace modelgate::certs
