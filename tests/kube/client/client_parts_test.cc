// SPDX-License-Identifier: Apache-2.0
//
// The client's parts: paths, objects, the HTTP parser, the rate limit, backoff, and output of plugins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "kube/client/exec_plugin.h"
#include "kube/client/http_response.h"
#include "kube/client/knative_kinds.h"
#include "kube/client/object.h"
#include "kube/client/rate_limit.h"
#include "kube/client/resource.h"
#include "kube/client/task.h"

namespace modelgate::kube {
namespace {

using namespace std::chrono_literals;

// ---- resource.h

struct PathCase {
  const char* name;
  const Resource* resource;
  std::string ns, object, subresource, path;
};

class Paths : public testing::TestWithParam<PathCase> {};

TEST_P(Paths, AreThoseOfTheApi) {
  const PathCase& c = GetParam();
  EXPECT_EQ(c.resource->path(c.ns, c.object, c.subresource), c.path);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Paths,
    testing::Values(PathCase{"Core", &kSecrets, "ns", "ca", "", "/api/v1/namespaces/ns/secrets/ca"},
                    PathCase{"Collection", &kSecrets, "ns", "", "", "/api/v1/namespaces/ns/secrets"},
                    PathCase{"AllNamespaces", &kSecrets, "", "", "", "/api/v1/secrets"},
                    PathCase{"Group", &kDeployments, "ns", "a", "scale",
                             "/apis/apps/v1/namespaces/ns/deployments/a/scale"},
                    PathCase{"ClusterScoped", &kNamespaces, "", "a", "", "/api/v1/namespaces/a"},
                    PathCase{"ClusterScopedIgnoresNamespaces", &kClusterServingRuntimes, "ns", "a", "",
                             "/apis/serving.kserve.io/v1alpha1/clusterservingruntimes/a"},
                    PathCase{"Escaped", &kSecrets, "a/b", "c?d#e%f g", "",
                             "/api/v1/namespaces/a%2Fb/secrets/c%3Fd%23e%25f%20g"},
                    PathCase{"Dots", &kSecrets, "..", ".", "", "/api/v1/namespaces/%2E%2E/secrets/%2E"}),
    [](const auto& info) { return info.param.name; });

TEST(Resources, AreFoundByKind) {
  EXPECT_EQ(resource_of_kind("Secret"), &kSecrets);
  EXPECT_EQ(resource_of_kind("Nonsense"), nullptr);
  for (const Resource* resource : known_resources()) {
    // Knative's Service has the kind of Kubernetes' own.
    if (resource != &kKnativeServices) EXPECT_EQ(resource_of_kind(resource->kind), resource);
  }
  EXPECT_EQ(kSecrets.api_version(), "v1");
  EXPECT_EQ(kDeployments.api_version(), "apps/v1");
}

// ---- object.h

TEST(Objects, KeepTheirValueWhenMoved) {
  auto read = Object::read(R"({"metadata":{"name":"a","namespace":"ns","uid":"u","resourceVersion":"7"},)"
                           R"("data":["a string that is longer than what is kept in place",1,2.5,true,{}]})");
  ASSERT_TRUE(read);
  const spec::Value* const before = &read->value();
  const Object object = std::move(*read);
  EXPECT_EQ(&object.value(), before);
  EXPECT_EQ(object.name(), "a");
  EXPECT_EQ(object.namespace_(), "ns");
  EXPECT_EQ(object.uid(), "u");
  EXPECT_EQ(object.resource_version(), "7");
  const Object copy = Object::copy_of(object.value());
  EXPECT_TRUE(spec::equal(copy.value(), object.value()));
}

TEST(Objects, AreObjects) {
  EXPECT_FALSE(Object::read("[1]"));
  EXPECT_FALSE(Object::read("{"));
  EXPECT_EQ(Object::read("{}")->name(), "");
  EXPECT_EQ(Object::read(R"({"metadata":7})")->name(), "");
  EXPECT_EQ(Object::read(R"({"metadata":{"name":7}})")->name(), "");
}

// ---- http_response.h

std::string read_in_parts(std::string_view text, std::size_t part, bool end) {
  HttpResponseReader reader;
  reader.start();
  while (!text.empty() && !reader.done() && !reader.bad()) {
    const auto room = reader.room();
    const std::string_view now = text.substr(0, std::min(part, room.size()));
    std::ranges::copy(now, room.begin());
    reader.received(now.size());
    text.remove_prefix(now.size());
  }
  if (end) reader.ended();
  if (reader.bad()) return "bad";
  if (!reader.done()) return "more";
  return std::to_string(reader.head().status) + (reader.keep_alive() ? " keep " : " close ") + reader.body();
}

struct HttpCase {
  const char* name;
  std::string text;
  bool end;  // the connection ends after it
  std::string read;
};

class Http : public testing::TestWithParam<HttpCase> {};

TEST_P(Http, IsParsedInPartsOfAnySize) {
  for (const std::size_t part : {1U, 2U, 7U, 100000U}) {
    EXPECT_EQ(read_in_parts(GetParam().text, part, GetParam().end), GetParam().read)
        << "in parts of " << part;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, Http,
    testing::Values(
        HttpCase{"Length", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", false, "200 keep abc"},
        HttpCase{"NoBody", "HTTP/1.1 204 No Content\r\n\r\n", false, "204 keep "},
        HttpCase{"LengthZero", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, "200 keep "},
        HttpCase{"Close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na", false,
                 "200 close a"},
        HttpCase{"Chunks",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", false,
                 "200 keep abc"},
        HttpCase{"Interim", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\na",
                 false, "201 keep a"},
        HttpCase{"ToTheEnd", "HTTP/1.1 200 OK\r\n\r\nabc", true, "200 close abc"},
        HttpCase{"NotYetAtTheEnd", "HTTP/1.1 200 OK\r\n\r\nabc", false, "more"},
        HttpCase{"CutHead", "HTTP/1.1 200 OK\r\nContent-", true, "bad"},
        HttpCase{"CutBody", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", true, "bad"},
        HttpCase{"CutChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", true, "bad"},
        HttpCase{"Nothing", "", true, "bad"}, HttpCase{"BadVersion", "HTTP/9.9 200 OK\r\n\r\n", false, "bad"},
        HttpCase{"BadStatus", "HTTP/1.1 OK\r\n\r\n", false, "bad"},
        HttpCase{"BadLength", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", false, "bad"},
        HttpCase{"TwoLengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", false,
                 "bad"},
        HttpCase{"BadChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ng\r\n", false, "bad"},
        HttpCase{"EndlessHead", "HTTP/1.1 200 OK\r\nX: " + std::string(kReadBytes, 'x'), false, "bad"}),
    [](const auto& info) { return info.param.name; });

// Any result is allowed, but there must be one.
TEST(Http, EndsForAnyInput) {
  const std::string good =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n";
  std::minstd_rand random(1);
  std::map<std::string, int> seen;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (unsigned changes = 1 + random() % 3; changes > 0; --changes) {
      text[random() % text.size()] = static_cast<char>(random() % 256);
    }
    ++seen[read_in_parts(text, 1 + random() % text.size(), true)];
  }
  EXPECT_GT(seen["bad"], 0);
  EXPECT_GT(seen["200 keep abc"], 0) << "a change within an extension or a trailer does no harm";
}

TEST(Http, RetryAfterInSeconds) {
  const auto retry_after = [](const std::string& value) {
    HttpResponseReader reader;
    reader.start();
    const std::string text = "HTTP/1.1 429 X\r\nRetry-After: " + value + "\r\nContent-Length: 0\r\n\r\n";
    std::ranges::copy(text, reader.room().begin());
    reader.received(text.size());
    return reader.head().retry_after;
  };
  EXPECT_EQ(retry_after("7"), 7s);
  EXPECT_EQ(retry_after("0"), 0s);
  EXPECT_EQ(retry_after("-1"), std::nullopt);
  EXPECT_EQ(retry_after("Wed, 21 Oct 2026 07:28:00 GMT"), std::nullopt);
  EXPECT_EQ(retry_after("99999999999"), std::nullopt);
}

// ---- rate_limit.h

TEST(RateLimit, AllowsABurstAndThenItsRate) {
  RateLimit limit(10, 3);
  const RateLimit::Time now{std::chrono::hours(1)};
  const auto wait = [&](std::chrono::milliseconds after) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        *limit.reserve(now + after, RateLimit::Time::max()));
  };
  EXPECT_EQ(wait(0ms), 0ms);
  EXPECT_EQ(wait(0ms), 0ms);
  EXPECT_EQ(wait(0ms), 0ms);
  EXPECT_EQ(wait(0ms), 100ms);
  EXPECT_EQ(wait(0ms), 200ms);
  EXPECT_EQ(wait(300ms), 0ms);
  EXPECT_EQ(wait(10h), 0ms);
  EXPECT_EQ(wait(10h), 0ms);
  EXPECT_EQ(wait(10h), 0ms);
  EXPECT_EQ(wait(10h), 100ms) << "a long rest saves up one burst";
}

TEST(RateLimit, ReservesNothingAfterTheDeadline) {
  RateLimit limit(10, 1);
  const RateLimit::Time now{std::chrono::hours(1)};
  EXPECT_EQ(limit.reserve(now, now), 0ms);
  EXPECT_EQ(limit.reserve(now, now + 99ms), std::nullopt);
  EXPECT_NE(limit.reserve(now, now + 101ms), std::nullopt);
  RateLimit none(0, 0);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(none.reserve(now, now), 0ms);
}

// ---- task.h

TEST(Backoff, DoublesUpToTheLongest) {
  Backoff exact(100ms, 350ms, 0);
  EXPECT_EQ(exact.next(), 100ms);
  EXPECT_EQ(exact.next(), 200ms);
  EXPECT_EQ(exact.next(), 350ms);
  EXPECT_EQ(exact.next(), 350ms);
  exact.reset();
  EXPECT_EQ(exact.next(), 100ms);
  Backoff jittered(1000ms, 1000ms, 0.5);
  for (int i = 0; i < 100; ++i) {
    const auto pause = jittered.next();
    EXPECT_GE(pause, 500ms);
    EXPECT_LE(pause, 1000ms);
  }
}

TEST(Waiters, AreWokenOrGiveUp) {
  asio::io_context context;
  Waiters waiters;
  std::string seen;
  const auto wait = [&](std::chrono::milliseconds limit, char woken, char late) -> Task<void> {
    const bool in_time = co_await waiters.wait(std::chrono::steady_clock::now() + limit);
    seen += in_time ? woken : late;
  };
  spawn(context, "a", [&] { return wait(10s, 'a', '-'); });
  spawn(context, "b", [&] { return wait(10s, 'b', '-'); });
  spawn(context, "c", [&] { return wait(1ms, 'c', '-'); });
  spawn(context, "waker", [&]() -> Task<void> {
    while (seen != "-") co_await sleep_for(1ms);
    waiters.wake_one();
    while (seen != "-a") co_await sleep_for(1ms);
    waiters.wake_all();
  });
  context.run_for(5s);
  EXPECT_EQ(seen, "-ab");
}

TEST(Spawn, RestartsALoopThatThrew) {
  asio::io_context context;
  int runs = 0;
  spawn(context, "loop", [&]() -> Task<void> {
    if (++runs == 1) throw std::runtime_error("as asked");
    co_return;
  });
  context.run_for(10s);
  EXPECT_EQ(runs, 2);
}

// ---- exec_plugin.h

struct OutputCase {
  const char* name;
  std::string status;  // members
  bool good;
};

class PluginOutput : public testing::TestWithParam<OutputCase> {};

TEST_P(PluginOutput, IsRead) {
  const std::string text =
      R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{)" +
      GetParam().status + "}}";
  const auto read = read_exec_credential(text, "client.authentication.k8s.io/v1");
  EXPECT_EQ(read.has_value(), GetParam().good);
  if (!read) EXPECT_THAT(read.error(), testing::Not(testing::HasSubstr("hush")));
}

INSTANTIATE_TEST_SUITE_P(
    Table, PluginOutput,
    testing::Values(
        OutputCase{"Token", R"("token":"hush")", true},
        OutputCase{"Certificate", R"("clientCertificateData":"c","clientKeyData":"hush")", true},
        OutputCase{"Expiry", R"("token":"hush","expirationTimestamp":"2026-11-23T10:00:00Z")", true},
        OutputCase{"Neither", "", false},
        OutputCase{"CertificateWithoutKey", R"("clientCertificateData":"c")", false},
        OutputCase{"KeyWithoutCertificate", R"("token":"hush","clientKeyData":"hush")", false},
        OutputCase{"NoTime", R"("token":"hush","expirationTimestamp":"hush")", false},
        OutputCase{"NoZone", R"("token":"hush","expirationTimestamp":"2026-11-23T10:00:00")", false}),
    [](const auto& info) { return info.param.name; });

TEST(PluginOutput, OtherDocumentsAreRejected) {
  constexpr std::string_view kV1 = "client.authentication.k8s.io/v1";
  EXPECT_FALSE(read_exec_credential("", kV1));
  EXPECT_FALSE(read_exec_credential("Please log in", kV1));
  EXPECT_FALSE(read_exec_credential("{}", kV1));
  const std::string beta =
      R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"x"}})";
  EXPECT_FALSE(read_exec_credential(beta, kV1));
  EXPECT_TRUE(read_exec_credential(beta, "client.authentication.k8s.io/v1beta1"));
}

TEST(PluginOutput, TimesAreInUtc) {
  const auto at = [](const std::string& time) {
    const auto read = read_exec_credential(
        R"({"kind":"ExecCredential","apiVersion":"v","status":{"token":"x","expirationTimestamp":")" + time +
            "\"}}",
        "v");
    return read->expires->time_since_epoch().count();
  };
  EXPECT_EQ(at("1970-01-01T00:00:01Z"), 1);
  EXPECT_EQ(at("1970-01-01T01:00:01.999+01:00"), 1);
  EXPECT_EQ(at("1969-12-31T23:30:00-00:30"), 0);
  EXPECT_EQ(at("9999-12-31T23:59:59Z"), 253402300799);
}

}  // namespace
}  // namespace modelgate::kube
