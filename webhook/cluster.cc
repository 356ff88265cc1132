// SPDX-License-Identifier: Apache-2.0
#include "webhook/cluster.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <mutex>
#include <utility>

#include "kube/client/loop_thread.h"
#include "kube/events.h"
#include "kube/lease.h"
#include "process/log.h"

namespace modelgate::webhook {
namespace {

/// Without it this replica writes nothing: the pair comes from files, and caBundle is not ours to write.
bool needs_lease(const ClusterCertificatesOptions& options) {
  return !options.pair_from_files || (options.patch_ca_bundle && !options.ca_file.empty());
}

}  // namespace

class Cluster::Impl {
 public:
  Impl(ClusterOptions options, std::function<void()> on_update)
      : options_(std::move(options)),
        on_update_(std::move(on_update)),
        client_(loop_.context(), options_.connection.config, options_.connection.client),
        elector_(client_, {.ns = options_.certificates.ns,
                           .name = options_.lease,
                           .identity = kube::lease_identity(options_.connection.instance)}),
        events_(client_, {.component = "modelgate-webhook", .instance = options_.connection.instance}),
        certificates_(client_, options_.certificates, [this] { return elector_.leader_until(); }),
        catalog_(client_, options_.catalog, [this](kube::CatalogUpdate news) { take(std::move(news)); }),
        facts_(std::make_shared<ClusterFacts>(client_)) {
    certificates_.on_pair([this](ClusterCertificates::Pair pair) {
      publish([&](ClusterUpdate& update) { update.pair = std::move(pair); });
    });
    certificates_.on_event([this](bool is_warning, std::string_view reason, const std::string& message) {
      const kube::ObjectReference secret{&kube::kSecrets, options_.certificates.ns,
                                         options_.certificates.secret, ""};
      is_warning ? events_.warn(secret, reason, message) : events_.normal(secret, reason, message);
    });
    elector_.on_change([this](bool leads) {
      if (leads) certificates_.wake();
    });
  }

  ~Impl() { stop(); }

  void stop() { loop_.stop(); }

  void start() {
    catalog_.start();
    certificates_.start();
    if (needs_lease(options_.certificates)) {
      kube::spawn(loop_.context(), "lease", [this] { return elector_.run(); });
    } else {
      retired_ = true;
    }
    loop_.start();
  }

  ClusterUpdate take_update() {
    const std::lock_guard lock(mutex_);
    return std::exchange(update_, {});
  }

  std::shared_ptr<FactSource> facts() const { return facts_; }

  void use_pair(ClusterCertificates::Pair pair) {
    kube::asio::post(loop_.context(), [this, pair = std::move(pair)] { certificates_.use_pair(pair); });
  }

  std::string catalog_problem() const {
    const auto counted = counts();
    if (!counted) return "unknown: the cluster's thread does not answer";
    return fmt::format("waiting for {}", fmt::join(kube::unsynced(counted->kinds), ", "));
  }

  std::string bundle_problem() const { return certificates_.bundle_problem(); }

  std::optional<ClusterCounts> counts() const {
    return loop_.ask([this] { return counts_now(); });
  }

  void retire() {
    if (retired_) return;
    kube::spawn(loop_.context(), "release of the lease", [this]() -> kube::Task<void> {
      co_await elector_.release();
      retired_ = true;
    });
  }

  bool retired() const { return retired_; }

 private:
  template <class Change>
  void publish(Change change) {
    {
      const std::lock_guard lock(mutex_);
      change(update_);
    }
    on_update_();
  }

  void take(kube::CatalogUpdate news) {
    if (!news.warnings.empty())
      log::warn("catalog", {{"warnings", fmt::format("{}", fmt::join(news.warnings, "\n"))}});
    if (!news.refused.empty()) refuse(news);
    if (!news.catalog) return;
    log::info("catalog", {{"generation", news.catalog->generation()},
                          {"clusterRuntimes", news.catalog->cluster_runtimes().size()},
                          {"storageContainers", news.catalog->storage_containers().size()}});
    publish([&](ClusterUpdate& update) { update.catalog = std::move(news.catalog); });
  }

  void refuse(const kube::CatalogUpdate& news) {
    ++refused_;
    const std::string reason = fmt::format("{}", fmt::join(news.refused, "\n"));
    log::error("configuration refused, the last good one stays in use",
               {{"configMap", options_.catalog.config_map}, {"reason", reason}});
    const kube::ObjectReference config_map{&kube::kConfigMaps, options_.catalog.ns,
                                           options_.catalog.config_map, news.config_map_uid};
    events_.warn(config_map, "InvalidConfiguration",
                 fmt::format("refused, the last good configuration stays in use: {}", reason));
  }

  ClusterCounts counts_now() const {
    return {.host = fmt::format("{}:{}", options_.connection.config.host, options_.connection.config.port),
            .lease = options_.lease,
            .connected = catalog_.connected(),
            .leader = elector_.is_leader(std::chrono::steady_clock::now()),
            .configurations_refused = refused_,
            .kinds = catalog_.kinds(),
            .client = client_.counts(),
            .facts = facts_->counts(),
            .certificates = certificates_.counts()};
  }

  ClusterOptions options_;
  std::function<void()> on_update_;
  std::mutex mutex_;
  ClusterUpdate update_;  // under mutex_
  std::atomic<bool> retired_ = false;

  // Of the thread. The context is destroyed last, with the coroutines that refer to the other members.
  kube::LoopThread loop_{"cluster"};
  kube::Client client_;
  kube::LeaderElector elector_;
  kube::EventRecorder events_;
  ClusterCertificates certificates_;
  kube::CatalogWatch catalog_;
  std::shared_ptr<ClusterFacts> facts_;
  std::uint64_t refused_ = 0;
};

Cluster::Cluster(ClusterOptions options, std::function<void()> on_update)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(on_update))) {}
Cluster::~Cluster() = default;

void Cluster::start() {
  impl_->start();
}
void Cluster::stop() {
  impl_->stop();
}
ClusterUpdate Cluster::take_update() {
  return impl_->take_update();
}
std::shared_ptr<FactSource> Cluster::facts() const {
  return impl_->facts();
}
void Cluster::use_pair(std::shared_ptr<const certs::KeyPair> pair) {
  impl_->use_pair(std::move(pair));
}
std::string Cluster::catalog_problem() const {
  return impl_->catalog_problem();
}
std::string Cluster::bundle_problem() const {
  return impl_->bundle_problem();
}
std::optional<ClusterCounts> Cluster::counts() const {
  return impl_->counts();
}
void Cluster::retire() {
  impl_->retire();
}
bool Cluster::retired() const {
  return impl_->retired();
}

}  // namespace modelgate::webhook
