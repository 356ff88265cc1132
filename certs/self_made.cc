// SPDX-License-Identifier: Apache-2.0
#include "certs/self_made.h"

#include <utility>

namespace modelgate::certs {
namespace {

class SelfMadeSource final : public CertificateSource {
 public:
  SelfMadeSource(Authority authority, LeafOptions options, std::shared_ptr<const KeyPair> leaf)
      : authority_(std::move(authority)), options_(std::move(options)), leaf_(std::move(leaf)) {
    plan_renewal();
  }

  std::shared_ptr<const KeyPair> current() const override { return leaf_; }
  std::string ca_bundle_pem() const override { return authority_.certificate_pem(); }
  SourceCounts counts() const override { return counts_; }

  Result<Poll> poll(TimePoint now) override {
    if (now < renew_at_) return Poll::kUnchanged;
    options_.now = now;
    ++counts_.reads;
    auto leaf = authority_.sign(options_);
    if (!leaf) {
      ++counts_.errors;
      renew_at_ = now + kRetry;
      return std::unexpected(leaf.error());
    }
    leaf_ = std::move(*leaf);
    plan_renewal();
    return Poll::kReplaced;
  }

 private:
  // After a failure to sign (no memory, an expired CA), without flooding the log.
  static constexpr std::chrono::seconds kRetry{60};

  void plan_renewal() {
    renew_at_ = leaf_->not_before() + (leaf_->not_after() - leaf_->not_before()) * 2 / 3;
  }

  Authority authority_;
  LeafOptions options_;
  std::shared_ptr<const KeyPair> leaf_;
  TimePoint renew_at_;
  SourceCounts counts_{.reads = 1, .errors = 0};
};

}  // namespace

Result<std::unique_ptr<CertificateSource>> make_self_made_source(SelfMadeOptions options, TimePoint now) {
  options.ca.now = now;
  options.leaf.now = now;
  auto authority = Authority::make(options.ca);
  if (!authority) return std::unexpected(authority.error());
  auto leaf = authority->sign(options.leaf);
  if (!leaf) return std::unexpected(leaf.error());
  return std::make_unique<SelfMadeSource>(std::move(*authority), std::move(options.leaf), std::move(*leaf));
}

}  // namespace modelgate::certs
