// SPDX-License-Identifier: Apache-2.0
//
// The API server's client: get, list, watch, create, update, merge patch, server-side apply, delete. Used by
// both programs and by `modelgate doctor`; reflector.h, lease.h and events.h in kube/ run on it.
//
//   asio::io_context context;
//   Client client(context, *config, {.user_agent = "modelgate-webhook/0.1"});
//   auto secret = co_await client.get(kSecrets, "kserve", "modelgate-ca", {.deadline = in(2s)});
//
// It runs on the thread of its io_context only. Connections use HTTP/1.1 and TLS 1.2 or later, stay open, and
// are at most `connections` at a time; each watch has its own.
//
// Calls other than watches are limited to `qps` and `burst`, as in client-go. The client retries, within the
// deadline:
//   - 429 and 503 with Retry-After, since the server did not process the request: up to ten times
//   - a connection that failed before the first byte of the answer, for a read; for a write only if the
//     request was not sent completely: three times, the first one after up to 100 ms
//   - 401: once, after reading the credentials again
// It does not retry conflicts: only the caller knows what to write then.
//
// A Client may be destroyed while calls are running: they end with kCancelled. If its io_context is destroyed
// first, so are their coroutines. The io_context must outlive the Client. Tokens and bodies are never logged.
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

/// The largest answer that the client reads. etcd stores objects of up to 1.5 MiB by default, and a page has
/// 500 of them; real pages are far smaller.
inline constexpr std::size_t kMaxResponseBytes = std::size_t{64} << 20;

/// The deadline of a call without one.
inline constexpr std::chrono::seconds kDefaultDeadline{30};

class FaultInjector;

struct ClientOptions {
  std::string user_agent = "modelgate";
  std::size_t connections = 8;
  double qps = 50;
  double burst = 100;
  FaultInjector* faults = nullptr;  // for tests only
};

struct CallOptions {
  SteadyTime deadline = {};           // none: kDefaultDeadline from now
  std::string_view subresource = {};  // "status", "scale"
  bool dry_run = false;
  bool urgent = false;  // no rate limit, and extra connections if all are in use: for leases, and for the
                        // lookups of an admission request
  bool managed_fields = false;  // parse metadata.managedFields, often half of an object
};

struct ListOptions {
  std::string label_selector = {};
  std::string field_selector = {};
  int page = 500;
  bool managed_fields = false;  // parse metadata.managedFields, often half of an object
};

/// All pages of a list, at one resourceVersion. Items have apiVersion and kind, which the API server omits
/// for built-in types.
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

/// A stream of events. Closes its connection when destroyed.
class Watch {
 public:
  virtual ~Watch() = default;
  /// The next event; nothing if the API server ended the stream, which it does after some minutes; or an
  /// error: is_gone() if the resourceVersion is too old.
  virtual Task<ApiResult<std::optional<WatchEvent>>> next() = 0;
};

/// For metrics with client-go's names, such as rest_client_requests_total.
struct ClientCounts {
  std::map<std::pair<std::string, int>, std::uint64_t> requests;  // by method and code; 0: no answer
  std::uint64_t retries = 0;
  std::uint64_t rate_limited_microseconds = 0;
  std::uint64_t connections_opened = 0;
};

class ClientTransport;

/// Called for each page of a list. `first`: the list starts, or starts again because its resourceVersion was
/// compacted; `last`: it is complete.
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
  /// As list(), with only one page in memory at a time. Returns the list's resourceVersion.
  Task<ApiResult<std::string>> list_by_page(const Resource& resource, std::string ns, ListOptions list,
                                            PageTaker take, CallOptions options = {});
  /// Events after `resource_version`, with bookmarks. The API server is asked to end the stream after five to
  /// ten minutes; a minute later the client closes it.
  Task<ApiResult<std::unique_ptr<Watch>>> watch(const Resource& resource, std::string ns, ListOptions list,
                                                std::string resource_version);

  // `body` is JSON. Each returns the stored object.
  Task<ApiResult<Object>> create(const Resource& resource, std::string ns, std::string body,
                                 CallOptions options = {});
  Task<ApiResult<Object>> update(const Resource& resource, std::string ns, std::string name, std::string body,
                                 CallOptions options = {});
  /// RFC 7386. With metadata.resourceVersion in the body, an object that has changed is a conflict.
  Task<ApiResult<Object>> merge_patch(const Resource& resource, std::string ns, std::string name,
                                      std::string body, CallOptions options = {});
  /// Server-side apply as `manager`. `force`: take ownership of fields from other managers.
  Task<ApiResult<Object>> apply(const Resource& resource, std::string ns, std::string name, std::string body,
                                std::string manager, bool force, CallOptions options = {});
  /// An error with is_not_found() if the object does not exist.
  Task<ApiResult<void>> remove(const Resource& resource, std::string ns, std::string name,
                               DeleteOptions del = {}, CallOptions options = {});
  /// Any path, as text: "/version", "/readyz", "/openapi/v3".
  Task<ApiResult<std::string>> get_raw(std::string path, CallOptions options = {});

  ClientCounts counts() const;

 private:
  std::shared_ptr<ClientTransport> transport_;
};

/// Runs one task to its end on its own io_context, for the command line. Throws what the task throws.
void run_with_client(ClientConfig config, ClientOptions options, std::function<Task<void>(Client&)> make);

}  // namespace modelgate::kube
