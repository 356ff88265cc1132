// SPDX-License-Identifier: Apache-2.0
//
// The client against a fake server: the requests of its calls, the results of valid and invalid answers, and
// deadlines.
#include "kube/client/client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>

#include "tests/kube/client/client_outcome.h"

namespace modelgate::kube {
namespace {

using namespace std::chrono_literals;

// ---- requests

struct SentCase {
  const char* name;
  std::function<Task<std::string>(Client&)> call;
  std::string method, path;
  std::map<std::string, std::string> queries;
  std::string content_type, body;
};

Task<std::string> patch_with(Client& client, bool force) {
  const std::string body = R"({"a":1})";
  auto result = co_await client.apply(kConfigMaps, "ns", "a", body, "me too", force);
  co_return outcome(result);
}

Task<std::string> remove_with(Client& client, DeleteOptions options) {
  auto result = co_await client.remove(kConfigMaps, "ns", "a", options);
  co_return outcome(result);
}

class Sent : public testing::TestWithParam<SentCase> {};

TEST_P(Sent, FollowsTheApi) {
  FakeApiServer server;
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    server.on(method, "*", [](FakeExchange& x) { x.reply(200, kMap); });
  }
  std::string result;
  with_client(server, [&](Client& client) -> Task<void> { result = co_await GetParam().call(client); });
  EXPECT_EQ(result, "ok");
  ASSERT_EQ(server.requests().size(), 1U);
  const FakeRequest request = server.requests().front();
  EXPECT_EQ(request.method, GetParam().method);
  EXPECT_EQ(request.path, GetParam().path);
  EXPECT_EQ(request.queries, GetParam().queries);
  EXPECT_EQ(request.header("content-type"), GetParam().content_type);
  EXPECT_EQ(request.body, GetParam().body);
  EXPECT_EQ(request.header("host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(request.header("accept"), "application/json");
  EXPECT_EQ(request.header("user-agent"), "modelgate");
}

INSTANTIATE_TEST_SUITE_P(
    Table, Sent,
    testing::Values(SentCase{"Get",
                             [](Client& c) -> Task<std::string> {
                               auto result = co_await c.get(kConfigMaps, "ns", "a");
                               co_return outcome(result);
                             },
                             "GET",
                             kMapPath,
                             {},
                             "",
                             ""},
                    SentCase{"GetStatus",
                             [](Client& c) -> Task<std::string> {
                               const CallOptions options{.subresource = "status"};
                               auto result = co_await c.get(kInferenceServices, "ns", "a", options);
                               co_return outcome(result);
                             },
                             "GET",
                             "/apis/serving.kserve.io/v1beta1/namespaces/ns/inferenceservices/a/status",
                             {},
                             "",
                             ""},
                    SentCase{"NameWithSlashes",
                             [](Client& c) -> Task<std::string> {
                               auto result = co_await c.get(kConfigMaps, "ns", "../a?b");
                               co_return outcome(result);
                             },
                             "GET",
                             "/api/v1/namespaces/ns/configmaps/..%2Fa%3Fb",
                             {},
                             "",
                             ""},
                    SentCase{"Raw",
                             [](Client& c) -> Task<std::string> {
                               auto result = co_await c.get_raw("/readyz");
                               co_return outcome(result);
                             },
                             "GET",
                             "/readyz",
                             {},
                             "",
                             ""},
                    SentCase{"Create",
                             [](Client& c) -> Task<std::string> {
                               const std::string body = R"({"a":1})";
                               const CallOptions options{.dry_run = true};
                               auto result = co_await c.create(kConfigMaps, "ns", body, options);
                               co_return outcome(result);
                             },
                             "POST",
                             kMapsPath,
                             {{"dryRun", "All"}},
                             "application/json",
                             R"({"a":1})"},
                    SentCase{"Update",
                             [](Client& c) -> Task<std::string> {
                               const std::string body = R"({"a":1})";
                               auto result = co_await c.update(kConfigMaps, "ns", "a", body);
                               co_return outcome(result);
                             },
                             "PUT",
                             kMapPath,
                             {},
                             "application/json",
                             R"({"a":1})"},
                    SentCase{"MergePatch",
                             [](Client& c) -> Task<std::string> {
                               const std::string body = R"({"a":1})";
                               auto result = co_await c.merge_patch(kConfigMaps, "ns", "a", body);
                               co_return outcome(result);
                             },
                             "PATCH",
                             kMapPath,
                             {},
                             "application/merge-patch+json",
                             R"({"a":1})"},
                    SentCase{"Apply",
                             [](Client& c) { return patch_with(c, false); },
                             "PATCH",
                             kMapPath,
                             {{"fieldManager", "me too"}},
                             "application/apply-patch+yaml",
                             R"({"a":1})"},
                    SentCase{"ApplyByForce",
                             [](Client& c) { return patch_with(c, true); },
                             "PATCH",
                             kMapPath,
                             {{"fieldManager", "me too"}, {"force", "true"}},
                             "application/apply-patch+yaml",
                             R"({"a":1})"},
                    SentCase{"Remove",
                             [](Client& c) { return remove_with(c, {}); },
                             "DELETE",
                             kMapPath,
                             {},
                             "application/json",
                             R"({"kind":"DeleteOptions","apiVersion":"v1"})"},
                    SentCase{"RemoveThatVersion",
                             [](Client& c) {
                               return remove_with(
                                   c, {.uid = "u", .resource_version = "7", .propagation = "Orphan"});
                             },
                             "DELETE",
                             kMapPath,
                             {},
                             "application/json",
                             R"({"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Orphan",)"
                             R"("preconditions":{"uid":"u","resourceVersion":"7"}})"},
                    SentCase{"RemoveThatOne",
                             [](Client& c) { return remove_with(c, {.uid = "u"}); },
                             "DELETE",
                             kMapPath,
                             {},
                             "application/json",
                             R"({"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"u"}})"}),
    [](const auto& info) { return info.param.name; });

TEST(Client, StaysBelowThePathOfItsServer) {
  FakeApiServer server;
  ClientConfig config = server.config();
  config.base_path = "/k8s/clusters/c-1";
  run_with_client(config, {}, [](Client& client) -> Task<void> { co_await client.get_raw("/readyz"); });
  EXPECT_EQ(server.count("GET", "/k8s/clusters/c-1/readyz"), 1);
}

TEST(Client, DoesNotCallForAnObjectWithoutAName) {
  FakeApiServer server;
  server.on("DELETE", "*", [](FakeExchange& x) { x.reply(200, kMap); });
  with_client(server, [](Client& client) -> Task<void> {
    auto removed = co_await client.remove(kConfigMaps, "ns", "");
    EXPECT_EQ(outcome(removed), "Malformed");
    auto got = co_await client.get(kConfigMaps, "ns", "");
    EXPECT_EQ(outcome(got), "Malformed");
  });
  EXPECT_TRUE(server.requests().empty());
}

// ---- answers

struct AnswerCase {
  const char* name;
  FakeHandler answer;
  std::string outcome;
};

class Answers : public testing::TestWithParam<AnswerCase> {};

TEST_P(Answers, AreRead) {
  FakeApiServer server;
  server.on("GET", kMapPath, GetParam().answer);
  EXPECT_EQ(get_outcome(server, within(2s)), GetParam().outcome);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Answers,
    testing::Values(
        AnswerCase{"Object", [](FakeExchange& x) { x.reply(200, kMap); }, "ok"},
        AnswerCase{"InChunks",
                   [](FakeExchange& x) {
                     x.begin_stream();
                     for (const char c : kMap) x.send(std::string_view(&c, 1));
                     x.end_stream();
                   },
                   "ok"},
        AnswerCase{"ChunkExtensionsAndTrailers",
                   [](FakeExchange& x) {
                     x.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                     x.raw("2;name=\"value;with\";x\r\n{}\r\n0;last\r\nTrailing: yes\r\n\r\n");
                   },
                   "ok"},
        AnswerCase{"InterimAnswerFirst",
                   [](FakeExchange& x) {
                     x.raw("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
                     x.reply(200, kMap);
                   },
                   "ok"},
        AnswerCase{"UpToTheEnd",
                   [](FakeExchange& x) {
                     x.raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(kMap));
                     x.close();
                   },
                   "ok"},
        AnswerCase{"NotFound", [](FakeExchange& x) { x.status(404, "NotFound"); }, "404 NotFound"},
        AnswerCase{"AlreadyExists", [](FakeExchange& x) { x.status(409, "AlreadyExists"); },
                   "409 AlreadyExists"},
        AnswerCase{"NoStatus", [](FakeExchange& x) { x.reply(502, "<html>", "", "text/html"); }, "502 "},
        AnswerCase{"PlainText", [](FakeExchange& x) { x.reply(403, "no", "", "text/plain"); },
                   "403 Forbidden"},
        AnswerCase{"EmptyError", [](FakeExchange& x) { x.reply(500, ""); }, "500 "},
        AnswerCase{"Redirect", [](FakeExchange& x) { x.reply(302, "", "Location: /elsewhere"); }, "302 "},
        AnswerCase{"NotJson", [](FakeExchange& x) { x.reply(200, R"({"kind":)"); }, "Malformed"},
        AnswerCase{"NoObject", [](FakeExchange& x) { x.reply(200, "[]"); }, "Malformed"},
        AnswerCase{"Nothing", [](FakeExchange& x) { x.reply(200, ""); }, "Malformed"},
        AnswerCase{"NotHttp", [](FakeExchange& x) { x.raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"); }, "Malformed"},
        AnswerCase{"BadChunk",
                   [](FakeExchange& x) {
                     x.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n");
                   },
                   "Malformed"},
        AnswerCase{"HeadersTooLarge",
                   [](FakeExchange& x) {
                     x.raw("HTTP/1.1 200 OK\r\nX: " + std::string(20 << 10, 'x') +
                           "\r\nContent-Length: 2\r\n\r\n{}");
                   },
                   "Malformed"},
        AnswerCase{"CutInTheBody",
                   [](FakeExchange& x) {
                     x.raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
                     x.close();
                   },
                   "Connection"},
        AnswerCase{"CutBetweenChunks",
                   [](FakeExchange& x) {
                     x.begin_stream();
                     x.send("{}");
                     x.close();
                   },
                   "Connection"},
        AnswerCase{"HeadersThatStall",
                   [](FakeExchange& x) {
                     x.raw("HTTP/1.1 200 OK\r\nContent-");
                     x.wait_for_close();
                   },
                   "Deadline"},
        AnswerCase{"BodyThatStalls",
                   [](FakeExchange& x) {
                     x.raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{");
                     x.wait_for_close();
                   },
                   "Deadline"},
        AnswerCase{"NoAnswer", [](FakeExchange& x) { x.wait_for_close(); }, "Deadline"}),
    [](const auto& info) { return info.param.name; });

TEST(Client, ReadsAnswersUpToTheLimit) {
  FakeApiServer server;
  const auto answer = [](std::size_t size) {
    return [size](FakeExchange& x) { x.reply(200, std::string(size, 'x'), "", "text/plain"); };
  };
  server.on("GET", "/fits", answer(kMaxResponseBytes));
  server.on("GET", "/more", answer(kMaxResponseBytes + 1));
  with_client(server, [](Client& client) -> Task<void> {
    auto fits = co_await client.get_raw("/fits");
    EXPECT_EQ(outcome(fits), "ok");
    auto more = co_await client.get_raw("/more");
    EXPECT_EQ(outcome(more), "Malformed");
  });
}

TEST(Client, ReturnsTheServersMessageWithoutLineBreaks) {
  FakeApiServer server;
  server.on("GET", kMapPath, [](FakeExchange& x) { x.status(403, "Forbidden", "", "a\\nb"); });
  with_client(server, [](Client& client) -> Task<void> {
    auto result = co_await client.get(kConfigMaps, "ns", "a");
    EXPECT_EQ(result.error().to_string(), "GET /api/v1/namespaces/ns/configmaps/a: 403 Forbidden: a b");
    EXPECT_TRUE(result.error().is_forbidden());
  });
}

// ---- lists

TEST(Client, ListsAllPages) {
  FakeApiServer server;
  server.on("GET", kMapsPath, [](FakeExchange& x) {
    const std::string from = x.request().query("continue");
    x.reply(
        200,
        from.empty()
            ? R"({"metadata":{"resourceVersion":"5","continue":"n&x"},"items":[{"metadata":{"name":"a"}}]})"
            : R"({"metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"b"}}]})");
  });
  with_client(server, [](Client& client) -> Task<void> {
    const ListOptions options{.label_selector = "a=b,c", .field_selector = "d=e", .page = 1};
    auto list = co_await client.list(kConfigMaps, "ns", options);
    EXPECT_EQ(outcome(list), "ok");
    if (!list) co_return;
    EXPECT_EQ(list->resource_version, "5");
    EXPECT_EQ(list->items.size(), 2U);
    EXPECT_EQ(list->items[1].name(), "b");
    EXPECT_EQ(spec::text_of(*spec::find(list->items[1].value(), "kind")), "ConfigMap");
    EXPECT_EQ(spec::text_of(*spec::find(list->items[1].value(), "apiVersion")), "v1");
  });
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  using Queries = std::map<std::string, std::string>;
  EXPECT_EQ(requests[0].queries,
            (Queries{{"labelSelector", "a=b,c"}, {"fieldSelector", "d=e"}, {"limit", "1"}}));
  EXPECT_EQ(requests[1].query("continue"), "n&x");
}

/// The calls whose objects have managedFields, such as "get list watch apply".
Task<std::string> managed_fields_in(Client& client, bool asked) {
  const CallOptions call{.managed_fields = asked};
  const ListOptions list{.managed_fields = asked};
  std::string out;
  const auto look = [&out](const Object& object, const char* name) {
    if (spec::find(spec::find(object.value(), "metadata"), "managedFields")) out += std::string(name) + " ";
  };
  auto got = co_await client.get(kConfigMaps, "ns", "a", call);
  if (got) look(*got, "get");
  auto listed = co_await client.list(kConfigMaps, "ns", list);
  if (listed && !listed->items.empty()) look(listed->items.front(), "list");
  auto watch = co_await client.watch(kConfigMaps, "ns", list, "7");
  if (watch) {
    auto event = co_await (*watch)->next();
    if (event && *event) look((*event)->object, "watch");
  }
  auto applied = co_await client.apply(kConfigMaps, "ns", "a", "{}", "me", true, call);
  if (applied) look(*applied, "apply");
  co_return out;
}

TEST(Client, ReadsManagedFieldsOnRequest) {
  FakeApiServer server;
  const std::string object =
      R"({"kind":"ConfigMap","metadata":{"name":"a","resourceVersion":"8","managedFields":[{"manager":"x"}]}})";
  for (const char* method : {"GET", "PATCH"})
    server.on(method, kMapPath, [object](FakeExchange& x) { x.reply(200, object); });
  server.on("GET", kMapsPath, [object](FakeExchange& x) {
    if (x.request().query("watch").empty())
      return x.reply(200, R"({"metadata":{"resourceVersion":"7"},"items":[)" + object + "]}");
    x.begin_stream();
    x.send(R"({"type":"ADDED","object":)" + object + "}\n");
    x.end_stream();
  });
  std::string asked, not_asked;
  with_client(server, [&](Client& client) -> Task<void> {
    asked = co_await managed_fields_in(client, true);
    not_asked = co_await managed_fields_in(client, false);
  });
  EXPECT_EQ(asked, "get list watch apply ");
  EXPECT_EQ(not_asked, "");
}

TEST(Client, ListsAgainWithoutPagesIfTheVersionExpires) {
  FakeApiServer server;
  server.on("GET", kMapsPath, [](FakeExchange& x) {
    if (!x.request().query("continue").empty()) return x.status(410, "Expired");
    if (x.request().query("limit").empty()) {
      return x.reply(200, R"({"metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"c"}}]})");
    }
    x.reply(200,
            R"({"metadata":{"resourceVersion":"5","continue":"n"},"items":[{"metadata":{"name":"a"}}]})");
  });
  with_client(server, [](Client& client) -> Task<void> {
    auto list = co_await client.list(kConfigMaps, "ns", {});
    EXPECT_EQ(outcome(list), "ok");
    if (!list) co_return;
    EXPECT_EQ(list->resource_version, "9");
    EXPECT_EQ(list->items.size(), 1U);
  });
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(Client, PassesPagesOnAsTheyArrive) {
  FakeApiServer server;
  std::atomic<int> forgotten = 0;
  server.on("GET", kMapsPath, [&](FakeExchange& x) {
    const std::string from = x.request().query("continue");
    if (from == "2" && forgotten++ == 0) return x.status(410, "Expired");
    const bool whole = x.request().query("limit").empty();
    const std::string next = whole || from == "2" ? "" : from.empty() ? "1" : "2";
    x.reply(
        200,
        fmt::format(
            R"({{"metadata":{{"resourceVersion":"{}","continue":"{}"}},"items":[{{"metadata":{{"name":"{}"}}}}]}})",
            whole ? "9" : "5", next, from.empty() ? "0" : from));
  });
  std::string seen;
  const PageTaker take = [&](std::vector<Object> page, bool first, bool last) {
    seen += fmt::format("{}{}{} ", first ? "(" : "", page.front().name(), last ? ")" : "");
  };
  with_client(server, [&](Client& client) -> Task<void> {
    auto version = co_await client.list_by_page(kConfigMaps, "ns", {}, take);
    EXPECT_EQ(version.value_or("none"), "9");
  });
  EXPECT_EQ(seen, "(0 1 (0) ");  // the second time without pages
}

struct ListCase {
  const char* name;
  std::string answer, outcome;
};

class Lists : public testing::TestWithParam<ListCase> {};

TEST_P(Lists, AreRead) {
  FakeApiServer server;
  server.on("GET", kMapsPath, [](FakeExchange& x) { x.reply(200, GetParam().answer); });
  with_client(server, [](Client& client) -> Task<void> {
    auto list = co_await client.list(kConfigMaps, "ns", {});
    EXPECT_EQ(outcome(list), GetParam().outcome);
  });
}

INSTANTIATE_TEST_SUITE_P(
    Table, Lists,
    testing::Values(ListCase{"Empty", R"({"metadata":{"resourceVersion":"5"},"items":[]})", "ok"},
                    ListCase{"Null", R"({"metadata":{"resourceVersion":"5"},"items":null})", "ok"},
                    ListCase{"NoVersion", R"({"items":[]})", "Malformed"},
                    ListCase{"NoObjects", R"({"metadata":{"resourceVersion":"5"},"items":[1]})", "Malformed"},
                    ListCase{"Broken", R"({"metadata":{"resourceVersion":"5"},"items":[)", "Malformed"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::kube
