// SPDX-License-Identifier: Apache-2.0

// Simulates years of an installation: replicas that read late, with different clocks and changing leaders;
// users who request rotations and edit the Secret; API servers with an outdated bundle. No API server gets a
// leaf that its bundle does not trust.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "certs/ca_set.h"
#include "spec/text/rfc3339.h"

namespace modelgate::certs {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

const TimePoint kStart = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);

// Short lifetimes with the proportions of the defaults, for many rotations in a year.
const RotationOptions kOptions{
    .ca_lifetime = 48h, .leaf_lifetime = 12h, .propagation = 10min, .clock_skew = 1h};

using Cas = std::set<std::string>;  // fingerprints

Cas cas_of(const CaSet& set) {
  Cas cas;
  for (const Certificate& ca : *read_certificates(bundle_pem(set))) cas.insert(ca.fingerprint);
  return cas;
}

Certificate certificate_of(const Authority& authority) {
  return read_certificates(authority.certificate_pem())->front();
}

// The registered bundles that an API server may still use.
class Bundle {
 public:
  void write(TimePoint now, Cas cas) {
    history_.push_back({now, std::move(cas)});
    while (history_.size() > 1 && history_[1].since < now - kOptions.propagation) history_.pop_front();
  }
  const Cas& now() const { return history_.back().cas; }
  bool is_written() const { return !history_.empty(); }

  // All bundles that an API server may still have.
  bool every_one_holds(TimePoint now, const std::string& ca) const {
    for (std::size_t i = 0; i < history_.size(); ++i) {
      const TimePoint until = i + 1 < history_.size() ? history_[i + 1].since : now;
      if (until + kOptions.propagation > now && !history_[i].cas.contains(ca)) return false;
    }
    return true;
  }

 private:
  struct Version {
    TimePoint since;
    Cas cas;
  };
  std::deque<Version> history_;
};

struct Cluster {
  void write(CaSet cas) {
    secret = std::move(cas);
    wanted = cas_of(secret);
  }

  CaSet secret;
  Cas wanted;  // of the secret
  Bundle bundle;
  bool rotate = false;
};

// A replica: webhook/certificates/cluster_certificates.cc without the API server.
class Replica {
 public:
  explicit Replica(std::chrono::seconds clock_offset) : offset_(clock_offset) {}

  // `reads`: it reads the Secret and the bundle now.
  void turn(Cluster& cluster, TimePoint true_now, bool reads, bool leads) {
    const TimePoint now = true_now + offset_;
    if (reads) read(cluster, true_now);
    renew_leaf_if_due(cluster, now, true_now);
    if (!leads) return;
    // Repeats until there is no change.
    do {
      read(cluster, true_now);
      step(cluster, now, true_now);
      if (!cluster.bundle.is_written() || cluster.bundle.now() != cluster.wanted) {
        cluster.bundle.write(true_now, cluster.wanted);
      }
    } while (change_ != Change::kNone);
  }

  const KeyPair* leaf() const { return leaf_.get(); }
  const std::string& signer() const { return signer_->fingerprint(); }
  const std::map<Change, int>& changes() const { return changes_; }

 private:
  std::optional<std::chrono::nanoseconds> held_for(const std::string& ca, TimePoint true_now) const {
    const auto found = held_since_.find(ca);
    if (found == held_since_.end()) return std::nullopt;
    return true_now - found->second;
  }

  void read(Cluster& cluster, TimePoint true_now) {
    seen_ = cluster.secret;
    if (seen_.next && seen_.next->published) published_ = seen_.next->authority.fingerprint();
    if (!cluster.bundle.is_written()) return;
    const Cas& held = cluster.bundle.now();
    std::erase_if(held_since_, [&](const auto& entry) { return !held.contains(entry.first); });
    for (const std::string& ca : held) held_since_.emplace(ca, true_now);
  }

  void renew_leaf_if_due(Cluster& cluster, TimePoint now, TimePoint true_now) {
    const bool due = !leaf_ || leaf_is_due(*leaf_, issued_, now);
    if (!seen_.current || (!due && !takes_up(now, true_now))) return;
    read(cluster, true_now);
    if (takes_up(now, true_now)) {
      signer_ = seen_.current;
      signer_certificate_ = certificate_of(*signer_);
    }
    const auto leaf = signer_->sign({.dns_names = {"a"}, .lifetime = kOptions.leaf_lifetime, .now = now});
    ASSERT_TRUE(leaf.has_value()) << leaf.error().text;
    leaf_ = *leaf;
    issued_ = now;
  }

  bool takes_up(TimePoint now, TimePoint true_now) const {
    if (!signer_) return true;
    const std::string& ca = seen_.current->fingerprint();
    return signer() != ca && may_adopt({.has_valid_leaf = leaf_->check_dates(now).has_value(),
                                        .is_registered = true,
                                        .was_published = published_ == ca,
                                        .trusts_our_leaf = held_for(signer(), true_now).has_value(),
                                        .in_bundle = held_for(ca, true_now)},
                                       kOptions);
  }

  void step(Cluster& cluster, TimePoint now, TimePoint true_now) {
    Seen seen{.rotate = cluster.rotate, .signer = signer_certificate_};
    if (seen_.next) seen.next_in_bundle = held_for(seen_.next->authority.fingerprint(), true_now);
    auto step = next_step(cluster.secret, now, kOptions, seen);
    ASSERT_TRUE(step.has_value());
    change_ = step->change;
    ++changes_[change_];
    if (change_ == Change::kNone) return;
    if (step->change == Change::kMadeNext) cluster.rotate = false;
    // As read from the API server.
    cluster.write(*decode(encode(step->set)));
  }

  std::chrono::seconds offset_;
  CaSet seen_;
  std::string published_;
  std::map<std::string, TimePoint> held_since_;
  std::optional<Authority> signer_;
  std::optional<Certificate> signer_certificate_;
  std::shared_ptr<const KeyPair> leaf_;
  TimePoint issued_;
  Change change_ = Change::kNone;
  std::map<Change, int> changes_;
};

struct Year {
  const char* name;
  unsigned seed;
  seconds skew;    // between the fastest and the slowest clock
  seconds latest;  // the maximum delay until a replica reads a change
  bool users;      // users request rotations, and put their own CA into the Secret
};

class Rotation : public testing::TestWithParam<Year> {};

TEST_P(Rotation, NoApiServerGetsALeafThatItDoesNotTrust) {
  constexpr seconds kTurn = 5min;
  const Year& year = GetParam();
  std::mt19937 random(year.seed);
  const auto one_in = [&](unsigned n) { return random() % n == 0; };
  Cluster cluster;
  std::vector<Replica> replicas{Replica(0s), Replica(year.skew / 2), Replica(-year.skew / 2)};
  std::vector<TimePoint> reads_at(replicas.size(), kStart);
  std::size_t leader = 0;
  int met = 0;
  for (TimePoint now = kStart; now < kStart + 60 * 24h; now += kTurn) {
    if (one_in(50)) leader = random() % replicas.size();
    if (year.users && one_in(300)) cluster.rotate = true;
    if (year.users && one_in(2000)) {
      CaSet edited = cluster.secret;
      edited.current = *Authority::make({.lifetime = kOptions.ca_lifetime, .now = now});
      cluster.write(std::move(edited));
    }
    for (std::size_t i = 0; i < replicas.size(); ++i) {
      const bool reads = now >= reads_at[i];
      if (reads) reads_at[i] = now + seconds(random() % static_cast<unsigned>(year.latest.count()));
      const bool leads = i == leader && !one_in(20);  // sometimes there is no leader
      replicas[i].turn(cluster, now, reads, leads);
    }
    if (now < kStart + kOptions.propagation + 1h) continue;  // until each API server has a first bundle
    for (std::size_t i = 0; i < replicas.size(); ++i) {
      ASSERT_NE(replicas[i].leaf(), nullptr);
      ASSERT_TRUE(replicas[i].leaf()->check_dates(now))
          << "replica " << i << " at " << text::format_rfc3339(now);
      ASSERT_TRUE(cluster.bundle.every_one_holds(now, replicas[i].signer()))
          << "replica " << i << " at " << text::format_rfc3339(now);
      ++met;
    }
  }
  std::map<Change, int> changes;
  for (const Replica& replica : replicas) {
    for (const auto& [change, times] : replica.changes()) changes[change] += times;
  }
  // The simulation had changes.
  EXPECT_GT(met, 30'000);
  EXPECT_GT(changes[Change::kPromoted], 40);
  EXPECT_GT(changes[Change::kDroppedFormer], 25);
  EXPECT_EQ(changes[Change::kRecovered], 0);
  EXPECT_EQ(changes[Change::kKeptSigner] > 0, year.users);
  EXPECT_LE(cluster.secret.former.size(), kMaxFormerCas);
}

INSTANTIATE_TEST_SUITE_P(Certs, Rotation,
                         testing::Values(Year{"SameClocksQuick", 1, 0s, 5min, false},
                                         Year{"SameClocksLate", 2, 0s, 6h, false},
                                         Year{"DifferentClocks", 3, 1h, 30min, false},
                                         Year{"DifferentClocksLate", 4, 1h, 11h, false},
                                         Year{"People", 5, 0s, 5min, true},
                                         Year{"PeopleLateClocks", 6, 1h, 6h, true}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::certs
