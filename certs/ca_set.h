// SPDX-License-Identifier: Apache-2.0
#pragma once

// The CAs of one installation, as they lie in its Secret, and what is to be done about them: a pure state
// machine. Used by webhook/certificates/cluster_certificates.h, which reads and writes the Secret, and by its
// tests.
//
//   auto set = decode(secret_data);                    // an error: not ours to overwrite
//   auto step = next_step(*set, now, options, seen);
//   if (step && step->change != Change::kNone) write_secret(encode(step->set));
//   write_ca_bundle(bundle_pem(step->set));
//
// A CA's life:
//
//   next ----------> current --------> former --------> gone
//        in the bundle       signs            in the bundle, for leaves
//        for `propagation`                    that it signed before
//
// Clients (API servers) hold a bundle that is some moments old, servers (replicas) a leaf that is some days
// old. So a CA is in the bundle before it signs and after it has signed, and whoever is late on either side
// still finds a pair that fits. One change a call, so that each is written and seen before the next.
//
// Clocks of the replicas differ by up to `clock_skew`. Where a time is a promise to clients, whoever counts
// it uses a clock of its own that does not jump (Seen::next_in_bundle), and the time in the Secret, set by
// another, counts only with the skew added.

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
  // Two thirds of it as the current one, so that a cluster that was off for months finds it valid still.
  std::chrono::seconds ca_lifetime = std::chrono::hours(24 * 365);
  // The longest that a former CA has to be trusted. At most a third of ca_lifetime, so that no leaf is cut
  // short by the end of its CA.
  std::chrono::seconds leaf_lifetime = std::chrono::hours(24 * 30);
  // How long a CA is in the bundle before it signs. API servers learn of a new bundle by a watch, within a
  // second; one whose watch is broken lists again within minutes.
  std::chrono::seconds propagation = std::chrono::minutes(10);
  // As far apart as certificates' backdating allows. Where propagation is short, as in tests, six times that.
  std::chrono::seconds clock_skew = kBackdate;
};

// What is wrong with the options, as text for people; empty where nothing is.
std::string check(const RotationOptions& options);

struct NextCa {
  Authority authority;
  // When it was first seen in every registered bundle, by the clock of whoever saw it.
  std::optional<TimePoint> published;
};

struct FormerCa {
  Certificate certificate;  // its key is forgotten
  TimePoint retired;        // when it stopped signing
};

struct CaSet {
  std::optional<Authority> current;  // none: the Secret is empty
  std::optional<NextCa> next;
  std::vector<FormerCa> former;  // the latest first
};

// More rotations than this within one leaf's life wait, so that Secret and bundle stay small.
inline constexpr std::size_t kMaxFormerCas = 8;

// A Secret's data, base64 undone.
using SecretData = std::map<std::string, std::string, std::less<>>;

// The keys that are ours. Others in the same Secret are left alone.
//   ca.crt, ca.key                      the current CA
//   next.crt, next.key, next.published  the next one, and the time (RFC 3339)
//   previous.crt, previous.retired      former ones, the latest first, and as many times, one a line
std::span<const std::string_view> secret_keys();

// No data at all is an empty set. Errors: kMalformed (a key is missing, cannot be read, or no key of ours is
// there beside others'), kMismatch, kTooLarge. Texts name the key, never its content. Dates are not judged.
Result<CaSet> decode(const SecretData& data);

// Of secret_keys(), those that are to be there; the others are to be removed.
SecretData encode(const CaSet& set);

// What clients are to trust: current, next, former, as PEM.
std::string bundle_pem(const CaSet& set);

enum class Change : std::uint8_t {
  kNone,
  kMadeFirst,    // there was none
  kRecovered,    // the current one could not be used: another signs at once. To be told loudly
  kKeptSigner,   // the Secret was edited, but leaves of the CA before are still in use
  kDroppedNext,  // the next one could not be used
  kPublished,    // next is in the bundle: its time begins
  kPromoted,     // next signs from now on
  kMadeNext,
  kDroppedFormer,
};
std::string_view name_of(Change change);  // "MadeFirst", ...

// What the caller knows beside the Secret.
struct Seen {
  // How long `next` has been in every registered bundle, without a gap, by a steady clock of this process.
  // Nothing: it is not known to be there.
  std::optional<std::chrono::nanoseconds> next_in_bundle = std::nullopt;
  // Somebody asks for a new CA. Heeded where the change is kMadeNext, until then it stands.
  bool rotate = false;
  // The CA that this process signed its leaf with.
  std::optional<Certificate> signer = std::nullopt;
};

struct Step {
  CaSet set;
  Change change = Change::kNone;
  std::string why;  // for the log; empty where nothing changed
};

// The first change that is due. Errors: kOpenssl.
Result<Step> next_step(const CaSet& set, TimePoint now, const RotationOptions& options, const Seen& seen);

// What a replica knows when it finds that the Secret's current CA is not the one that signed its leaf.
struct Handover {
  bool has_valid_leaf = false;
  bool is_registered = false;    // somebody trusts by a bundle
  bool was_published = false;    // it was seen as `next` with its time: a promotion, not an edit
  bool trusts_our_leaf = false;  // every registered bundle does
  std::optional<std::chrono::nanoseconds> in_bundle = std::nullopt;  // as Seen::next_in_bundle, of this CA
};

// Whether it is to sign its leaf with that CA now, or to go on with the one before for a while.
bool may_take_up(const Handover& handover, const RotationOptions& options);

// A leaf signed at `issued` is to be replaced: two thirds of its life are over, or the clock went back behind
// the beginning of it.
bool leaf_is_due(const KeyPair& leaf, TimePoint issued, TimePoint now);

}  // namespace modelgate::certs
