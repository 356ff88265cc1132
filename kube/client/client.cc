// SPDX-License-Identifier: Apache-2.0
#include "kube/client/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <iterator>
#include <random>
#include <utility>

#include "kube/client/api_answer.h"
#include "kube/client/client_transport.h"
#include "kube/client/client_watch.h"
#include "spec/view.h"

namespace modelgate::kube {
namespace {

using Kind = ApiError::Kind;

/// The API server is asked to end a watch after this time plus a random part of it, as in client-go, so that
/// watches do not all start again together.
constexpr std::chrono::seconds kShortestWatch{300};
/// How long after its requested end the client closes a watch.
constexpr std::chrono::seconds kWatchGrace{60};

ApiError malformed(const std::string& request, std::string message) {
  return {.kind = Kind::kMalformed, .message = std::move(message), .request = request};
}

/// "a=b&c=d" from pairs; skips empty values.
class Query {
 public:
  Query& add(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    text_ += fmt::format("{}{}={}", text_.empty() ? "" : "&", name, percent_encoded(value));
    return *this;
  }
  Query& add_selectors(const ListOptions& list) {
    return add("labelSelector", list.label_selector).add("fieldSelector", list.field_selector);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

ApiRequest request_for(std::string method, std::string path, const CallOptions& options, Query query = {}) {
  if (options.dry_run) query.add("dryRun", "All");
  return {.method = std::move(method),
          .path = std::move(path),
          .query = query.take(),
          .deadline = options.deadline,
          .urgent = options.urgent};
}

/// The path of one object. Empty without a name: that would be the path of the collection, and a DELETE would
/// delete all objects.
std::string object_path(const Resource& resource, std::string_view ns, std::string_view name,
                        const CallOptions& options) {
  return name.empty() ? std::string() : resource.path(ns, name, options.subresource);
}

Task<ApiResult<Object>> object_call(Transport transport, ApiRequest request, bool managed_fields) {
  const std::string name = request.method + " " + request.path;
  if (request.path.empty()) co_return std::unexpected(malformed(request.method, "the call names no object"));
  auto body = co_await ClientTransport::call(std::move(transport), std::move(request));
  if (!body) co_return std::unexpected(std::move(body).error());
  spec::ParseOptions options;
  options.skip_managed_fields = !managed_fields;
  auto object = Object::read(*body, options);
  if (object) co_return std::move(*object);
  co_return std::unexpected(malformed(name, fmt::format("the answer is not an object: at byte {}: {}",
                                                        object.error().offset, object.error().message)));
}

/// The API server omits them from the items of built-in types.
void fill_in_kind(spec::Value& item, const Resource& resource, const std::string& api_version,
                  spec::Arena& arena) {
  if (!item.IsObject() || spec::find(item, "kind")) return;
  spec::set_member(item, "apiVersion", spec::make_string(api_version, arena), arena);
  spec::set_member(item, "kind", spec::make_string(resource.kind, arena), arena);
}

struct Page {
  std::vector<Object> items = {};
  std::string resource_version, next;
};

std::expected<Page, std::string> read_page(const std::string& text, const Resource& resource,
                                           bool managed_fields) {
  spec::Arena arena;
  auto document = parse_answer(text, arena, managed_fields);
  if (!document) {
    return std::unexpected(fmt::format("the answer is not a list: at byte {}: {}", document.error().offset,
                                       document.error().message));
  }
  const spec::ObjectView root(*document);
  const spec::ObjectView metadata = root.object("metadata");
  Page page{.resource_version = std::string(metadata.string("resourceVersion")),
            .next = std::string(metadata.string("continue"))};
  if (page.resource_version.empty())
    return std::unexpected("the answer is not a list: it has no resourceVersion");
  spec::Value* const items = spec::find(*document, "items");
  if (!items || !items->IsArray()) return page;  // null if there are none
  const std::string api_version = resource.api_version();
  page.items.reserve(items->Size());
  for (spec::Value& item : items->GetArray()) {
    if (!item.IsObject()) return std::unexpected("the answer is not a list: an item is not an object");
    fill_in_kind(item, resource, api_version, arena);
    page.items.push_back(Object::copy_of(item));
  }
  return page;
}

Task<ApiResult<std::string>> list_pages(Transport transport, Resource resource, std::string ns,
                                        ListOptions list, PageTaker take, CallOptions options) {
  if (options.deadline == SteadyTime())
    options.deadline = std::chrono::steady_clock::now() + kDefaultDeadline;
  const std::string path = resource.path(ns);
  std::string resource_version;  // of the first page; empty: the list starts
  std::string next;
  int page_size = list.page;
  while (true) {
    Query query;
    query.add_selectors(list).add("continue", next);
    if (page_size > 0) query.add("limit", std::to_string(page_size));
    ApiRequest request = request_for("GET", path, options, std::move(query));
    auto body = co_await ClientTransport::call(transport, std::move(request));
    if (!body && body.error().is_gone() && !next.empty()) {
      // The resourceVersion of the pages was compacted: list again from the start, without pages.
      resource_version.clear();
      next.clear();
      page_size = 0;
      continue;
    }
    if (!body) co_return std::unexpected(std::move(body).error());
    auto page = read_page(*body, resource, list.managed_fields);
    if (!page) co_return std::unexpected(malformed("GET " + path, std::move(page).error()));
    body = std::string();  // frees as much as the page itself takes
    const bool first = resource_version.empty();
    const bool last = page->next.empty();
    if (first) resource_version = std::move(page->resource_version);
    take(std::move(page->items), first, last);
    if (last) co_return resource_version;
    next = std::move(page->next);
  }
}

Task<ApiResult<ObjectList>> gather_pages(Transport transport, Resource resource, std::string ns,
                                         ListOptions list, CallOptions options) {
  ObjectList out;
  PageTaker gather = [&out](std::vector<Object> page, bool first, bool) {
    if (first) out.items.clear();
    std::ranges::move(page, std::back_inserter(out.items));
  };
  auto version = co_await list_pages(std::move(transport), resource, std::move(ns), std::move(list),
                                     std::move(gather), options);
  if (!version) co_return std::unexpected(std::move(version).error());
  out.resource_version = std::move(*version);
  co_return out;
}

Task<ApiResult<std::unique_ptr<Watch>>> start_watch(Transport transport, std::string path, ListOptions list,
                                                    std::string resource_version) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const std::chrono::seconds length =
      kShortestWatch + std::chrono::seconds(random() % static_cast<unsigned>(kShortestWatch.count()));
  Query query;
  query.add("watch", "1").add("allowWatchBookmarks", "true").add("resourceVersion", resource_version);
  query.add_selectors(list).add("timeoutSeconds", std::to_string(length.count()));
  ApiRequest request = request_for("GET", path, {}, std::move(query));
  request.stream = true;
  auto connection = co_await ClientTransport::stream(transport, std::move(request));
  if (!connection) co_return std::unexpected(std::move(connection).error());
  (**connection)->set_deadline(std::chrono::steady_clock::now() + length + kWatchGrace);
  co_return make_watch(std::move(*connection), "GET " + path, list.managed_fields, transport->faults());
}

Task<ApiResult<void>> remove_object(Transport transport, ApiRequest request) {
  if (request.path.empty()) co_return std::unexpected(malformed(request.method, "the call names no object"));
  auto body = co_await ClientTransport::call(std::move(transport), std::move(request));
  if (!body) co_return std::unexpected(std::move(body).error());
  co_return ApiResult<void>();
}

std::string delete_body(const DeleteOptions& options) {
  std::string out = R"({"kind":"DeleteOptions","apiVersion":"v1")";
  const auto add = [&out](std::string_view before, std::string_view value, std::string_view after) {
    out += before;
    spec::append_json(value, out);
    out += after;
  };
  if (!options.propagation.empty()) add(R"(,"propagationPolicy":)", options.propagation, "");
  const bool both = !options.uid.empty() && !options.resource_version.empty();
  if (both || !options.uid.empty() || !options.resource_version.empty()) out += R"(,"preconditions":{)";
  if (!options.uid.empty()) add(R"("uid":)", options.uid, both ? "," : "}");
  if (!options.resource_version.empty()) add(R"("resourceVersion":)", options.resource_version, "}");
  return out + "}";
}

}  // namespace

Client::Client(asio::io_context& context, ClientConfig config, ClientOptions options)
    : transport_(std::make_shared<ClientTransport>(context, std::move(config), std::move(options))) {}

Client::~Client() {
  transport_->close();
}

asio::io_context& Client::context() {
  return transport_->context();
}

const ClientConfig& Client::config() const {
  return transport_->config();
}

ClientCounts Client::counts() const {
  return transport_->counts();
}

Task<ApiResult<Object>> Client::get(const Resource& resource, std::string ns, std::string name,
                                    CallOptions options) {
  return object_call(transport_, request_for("GET", object_path(resource, ns, name, options), options),
                     options.managed_fields);
}

Task<ApiResult<ObjectList>> Client::list(const Resource& resource, std::string ns, ListOptions list,
                                         CallOptions options) {
  return gather_pages(transport_, resource, std::move(ns), std::move(list), options);
}

Task<ApiResult<std::string>> Client::list_by_page(const Resource& resource, std::string ns, ListOptions list,
                                                  PageTaker take, CallOptions options) {
  return list_pages(transport_, resource, std::move(ns), std::move(list), std::move(take), options);
}

Task<ApiResult<std::unique_ptr<Watch>>> Client::watch(const Resource& resource, std::string ns,
                                                      ListOptions list, std::string resource_version) {
  return start_watch(transport_, resource.path(ns), std::move(list), std::move(resource_version));
}

Task<ApiResult<Object>> Client::create(const Resource& resource, std::string ns, std::string body,
                                       CallOptions options) {
  ApiRequest request = request_for("POST", resource.path(ns), options);
  request.content_type = "application/json";
  request.body = std::move(body);
  return object_call(transport_, std::move(request), options.managed_fields);
}

Task<ApiResult<Object>> Client::update(const Resource& resource, std::string ns, std::string name,
                                       std::string body, CallOptions options) {
  ApiRequest request = request_for("PUT", object_path(resource, ns, name, options), options);
  request.content_type = "application/json";
  request.body = std::move(body);
  return object_call(transport_, std::move(request), options.managed_fields);
}

Task<ApiResult<Object>> Client::merge_patch(const Resource& resource, std::string ns, std::string name,
                                            std::string body, CallOptions options) {
  ApiRequest request = request_for("PATCH", object_path(resource, ns, name, options), options);
  request.content_type = "application/merge-patch+json";
  request.body = std::move(body);
  return object_call(transport_, std::move(request), options.managed_fields);
}

Task<ApiResult<Object>> Client::apply(const Resource& resource, std::string ns, std::string name,
                                      std::string body, std::string manager, bool force,
                                      CallOptions options) {
  Query query;
  query.add("fieldManager", manager).add("force", force ? "true" : "");
  ApiRequest request =
      request_for("PATCH", object_path(resource, ns, name, options), options, std::move(query));
  request.content_type = "application/apply-patch+yaml";  // JSON is YAML
  request.body = std::move(body);
  return object_call(transport_, std::move(request), options.managed_fields);
}

Task<ApiResult<void>> Client::remove(const Resource& resource, std::string ns, std::string name,
                                     DeleteOptions del, CallOptions options) {
  ApiRequest request = request_for("DELETE", object_path(resource, ns, name, options), options);
  request.content_type = "application/json";
  request.body = delete_body(del);
  return remove_object(transport_, std::move(request));
}

Task<ApiResult<std::string>> Client::get_raw(std::string path, CallOptions options) {
  return ClientTransport::call(transport_, request_for("GET", std::move(path), options));
}

void run_with_client(ClientConfig config, ClientOptions options, std::function<Task<void>(Client&)> make) {
  asio::io_context context;
  Client client(context, std::move(config), std::move(options));
  std::exception_ptr failure;
  asio::co_spawn(context, make(client), [&](std::exception_ptr thrown) {
    failure = std::move(thrown);
    context.stop();
  });
  context.run();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace modelgate::kube
