// SPDX-License-Identifier: Apache-2.0
//
// The API server's client: get, list, watch, create, update, merge patch, server-side apply, delete. Used by
// both programs and by `modelgate doctor`; the loops on it are reflector.h, lease.h and events.h.
//
//   asio::io_context context;
//   Client client(context, *config, {.user_agent = "modelgate-webhook/0.1"});
//   auto secret = co_await client.get(kSecrets, "kserve", "modelgate-ca", {.deadline = in(2s)});
//
// One thread: that of its io_context. Connections are HTTP/1.1, TLS 1.2 and up, kept alive, up to
// `connections` at once for calls; each watch has one of its own.
//
// Calls are held to a rate (`qps`, `burst`), as client-go's are, watches aside. What is safe to send again
// is, within the deadline: a 429 or 503 with Retry-After always, since it was not taken (ten times at most);
// a connection that failed before a byte of the answer came for reads, and for writes only where the request
// did not go out whole (three times, after pauses from a tenth of a second on). A 401 re-reads the
// credentials and tries once more. Conflicts are the caller's: only it knows what it meant.
//
// A Client may be destroyed while calls are under way: they end with kCancelled. Where its io_context is
// destroyed instead, their coroutines are. The io_context must outlive the Client. Neither tokens nor bodies
// are ever logged.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kube/client/api_error.h"
#include "kube/client/client_config.h"
#include "kube/client/object.h"
#include "kube/client/resource.h"
#include "kube/client/task.h"

namespace modelgate::kube {

/// The largest answer that is read: etcd holds 1.5 MiB an object by default, a page of a list 500 of them at
/// the worst; real pages stay far below.
inline constexpr std::size_t kMaxResponseBytes = std::size_t{64} << 20;

/// The deadline of a call that names none.
inline constexpr std::chrono::seconds kDefaultDeadline{30};

class FaultInjector;

struct ClientOptions {
  std::string user_agent = "modelgate";
  std::size_t connections = 8;
  double qps = 50;
  double burst = 100;
  FaultInjector* faults = nullptr;  // of tests: fault_injector.h
};

struct CallOptions {
  SteadyTime deadline = {};           // none: kDefaultDeadline from now
  std::string_view subresource = {};  // "status", "scale"
  bool dry_run = false;
  bool urgent = false;  // not held to the rate, and with connections of their own where calls queue for
                        // them: leases, and the facts of an admission request
  bool managed_fields = false;  // read metadata.managedFields of the answer, often half of an object
};

struct ListOptions {
  std::string label_selector = {};
  std::string field_selector = {};
  int page = 500;
  bool managed_fields = false;  // read metadata.managedFields of list and watch, often half of an object
};

/// A whole list: all pages, of one resourceVersion. Items carry apiVersion and kind, which the API server
/// leaves out of those of its own types.
struct ObjectList {
  std::vector<Object> items;
  std::string resource_version;
};

struct DeleteOptions {
  std::string uid = {};  // preconditions; empty: none
  std::string resource_version = {};
  std::string propagation = {};  // "Foreground", "Background", "Orphan"; empty: the kind's default
};

struct WatchEvent {
  enum class Type : std::uint8_t { kAdded, kModified, kDeleted, kBookmark };
  Type type;
  Object object;
};

/// A stream of events. Ends the connection when destroyed.
class Watch {
 public:
  virtual ~Watch() = default;
  /// The next event, nothing where the API server ended the stream in good order (it does so after some
  /// minutes), or an error: is_gone() when the version is too old.
  virtual Task<ApiResult<std::optional<WatchEvent>>> next() = 0;
};

/// What a client did, for metrics named like client-go's (rest_client_requests_total and so on).
struct ClientCounts {
  std::map<std::pair<std::string, int>, std::uint64_t> requests;  // by method and code; 0: no answer
  std::uint64_t retries = 0;
  std::uint64_t rate_limited_microseconds = 0;
  std::uint64_t connections_opened = 0;
};

class ClientTransport;

/// Is given each page of a list as it comes. `first`: the list begins, or begins once more, since its version
/// was compacted away under it; `last`: it is whole.
using PageTaker = std::function<void(std::vector<Object> page, bool first, bool last)>;

class Client {
 public:
  Client(asio::io_context& context, ClientConfig config, ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  asio::io_context& context();
  const ClientConfig& config() const;

  Task<ApiResult<Object>> get(const Resource& resource, std::string ns, std::string name,
                              CallOptions options = {});
  Task<ApiResult<ObjectList>> list(const Resource& resource, std::string ns, ListOptions list,
                                   CallOptions options = {});
  /// As list(), but only one page is in memory at a time. Gives the list's resourceVersion.
  Task<ApiResult<std::string>> list_by_page(const Resource& resource, std::string ns, ListOptions list,
                                            PageTaker take, CallOptions options = {});
  /// From behind `resource_version`; bookmarks are asked for. Silence is bounded: the API server is asked to
  /// end the stream after five to ten minutes, and a minute past that we do.
  Task<ApiResult<std::unique_ptr<Watch>>> watch(const Resource& resource, std::string ns, ListOptions list,
                                                std::string resource_version);

  // `body` is JSON. Each returns the object as stored.
  Task<ApiResult<Object>> create(const Resource& resource, std::string ns, std::string body,
                                 CallOptions options = {});
  Task<ApiResult<Object>> update(const Resource& resource, std::string ns, std::string name, std::string body,
                                 CallOptions options = {});
  /// RFC 7386. With metadata.resourceVersion in the body a changed object is a conflict.
  Task<ApiResult<Object>> merge_patch(const Resource& resource, std::string ns, std::string name,
                                      std::string body, CallOptions options = {});
  /// Server-side apply under `manager`. `force`: take fields over from others.
  Task<ApiResult<Object>> apply(const Resource& resource, std::string ns, std::string name, std::string body,
                                std::string manager, bool force, CallOptions options = {});
  /// An object that is not there counts as an error (is_not_found()).
  Task<ApiResult<void>> remove(const Resource& resource, std::string ns, std::string name,
                               DeleteOptions del = {}, CallOptions options = {});
  /// Any path, as text: "/version", "/readyz", "/openapi/v3".
  Task<ApiResult<std::string>> get_raw(std::string path, CallOptions options = {});

  ClientCounts counts() const;

 private:
  std::shared_ptr<ClientTransport> transport_;
};

/// Runs one task to its end on a context of its own: for the command line, which has no loop.
/// `make` is given the client. An exception that leaves the task leaves this too.
void run_with_client(ClientConfig config, ClientOptions options, std::function<Task<void>(Client&)> make);

}  // namespace modelgate::kube
