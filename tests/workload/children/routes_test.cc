// SPDX-License-Identifier: Apache-2.0
//
// Where requests go: each host and path of each kind of route, the addresses that Pods of the cluster get, and
// hosts of other services. Strict, where nothing else is said.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/workload/children/service_world.h"
#include "workload/children/route_hosts.h"

namespace modelgate::workload {
namespace {

using spec::ObjectView;
using spec::Value;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kParts[] = {
    "transformer: {containers: [{name: kserve-container, image: t}]}",
    "explainer: {containers: [{name: kserve-container, image: e}]}",
};

/// With a transformer (1), an explainer (2), or both (3).
std::string service(std::string_view runtime, unsigned parts) {
  std::string out =
      fmt::format("spec: {{predictor: {{model: {{modelFormat: {{name: sklearn}}, runtime: {}}}}}", runtime);
  for (unsigned i = 0; i < 2; ++i) {
    if (parts & (1U << i)) out += fmt::format(", {}", kParts[i]);
  }
  return out + "}";
}

// ----------------------------------------------------------------------------------------- where requests go

std::string text_at(const ObjectView& object, std::initializer_list<std::string_view> path) {
  const Value* value = object.value();
  for (const std::string_view part : path) value = value ? spec::find(*value, part) : nullptr;
  return value && value->IsString() ? std::string(spec::text_of(*value)) : std::string();
}

/// "host path > service:port", in order.
std::vector<std::string> ways_of_ingress(const ObjectView& ingress) {
  std::vector<std::string> out;
  for (const ObjectView& rule : ingress.object("spec").list("rules")) {
    for (const ObjectView& path : rule.object("http").list("paths")) {
      const ObjectView to = path.object("backend").object("service");
      out.push_back(fmt::format("{} {}{} > {}:{}", rule.string("host"), path.string("pathType").substr(0, 1),
                                path.string("path"), to.string("name"),
                                *to.object("port").integer("number")));
    }
  }
  return out;
}

std::vector<std::string> ways_of_http_route(const ObjectView& route) {
  std::vector<std::string> out;
  const Value* hosts = route.object("spec").field("hostnames");
  for (const ObjectView& rule : route.object("spec").list("rules")) {
    const ObjectView to = rule.list("backendRefs")[0];
    std::string rewrite;
    for (const ObjectView& filter : rule.list("filters")) {
      const std::string with = text_at(filter, {"urlRewrite", "path", "replacePrefixMatch"});
      if (!with.empty()) rewrite = " as " + with;
    }
    for (const Value& host : hosts->GetArray()) {
      out.push_back(fmt::format("{} {} > {}:{}{}", spec::text_of(host),
                                text_at(rule.list("matches")[0], {"path", "value"}), to.string("name"),
                                *to.integer("port"), rewrite));
    }
  }
  return out;
}

/// Of all routes.
std::vector<std::string> ways(const Rendered& r) {
  std::vector<std::string> out;
  for (const WantedObject& o : r.wanted.objects) {
    const ObjectView object(o.object);
    std::vector<std::string> more;
    if (object.string("kind") == "Ingress") more = ways_of_ingress(object);
    if (object.string("kind") == "HTTPRoute") more = ways_of_http_route(object);
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

TEST(Ingress, RoutesEachHostToItsComponent) {
  ServiceWorld world;
  EXPECT_THAT(ways(world.render(service("rt", 0))),
              ElementsAre("m-default.example.com P/ > m-predictor:80",
                          "m-predictor-default.example.com P/ > m-predictor:80"));
  EXPECT_THAT(ways(world.render(service("rt", 1))),
              ElementsAre("m-default.example.com P/ > m-transformer:80",
                          "m-predictor-default.example.com P/ > m-predictor:80",
                          "m-transformer-default.example.com P/ > m-transformer:80"));
  EXPECT_THAT(ways(world.render(service("rt", 2))),
              ElementsAre("m-default.example.com E/v1/models/m:explain > m-explainer:80",
                          "m-default.example.com P/ > m-predictor:80",
                          "m-predictor-default.example.com P/ > m-predictor:80",
                          "m-explainer-default.example.com P/ > m-explainer:80"));
  EXPECT_THAT(ways(world.render(service("rt", 3))),
              ElementsAre("m-default.example.com E/v1/models/m:explain > m-explainer:80",
                          "m-default.example.com P/ > m-transformer:80",
                          "m-predictor-default.example.com P/ > m-predictor:80",
                          "m-transformer-default.example.com P/ > m-transformer:80",
                          "m-explainer-default.example.com P/ > m-explainer:80"));
}

TEST(Ingress, InCompatibleRoutesAsKServe) {
  ServiceWorld world(kCompatible);
  EXPECT_THAT(ways(world.render(service("rt", 3))),
              ElementsAre("m-transformer-default.example.com P/ > m-explainer:80",
                          "m-default.example.com P/ > m-transformer:80",
                          "m-transformer-default.example.com P/ > m-predictor:80",
                          "m-predictor-default.example.com P/ > m-predictor:80"));
}

TEST(Ingress, HasTheAdditionalHosts) {
  ServiceWorld world(kMoreDomains);
  EXPECT_THAT(ways(world.render(service("rt", 0))), Contains("m-default.b.example P/ > m-predictor:80"));
  ServiceWorld compatible(kMoreDomains | kCompatible);
  EXPECT_THAT(ways(compatible.render(service("rt", 0))),
              Not(Contains("m-default.b.example P/ > m-predictor:80")));
}

/// Port 80 of this Service is for gRPC.
TEST(Routes, SendHttpToThePortForHttp) {
  EXPECT_THAT(ways(ServiceWorld().render(service("two-ports", 0))),
              Contains("m-default.example.com P/ > m-predictor:8000"));
  EXPECT_THAT(ways(ServiceWorld(kGatewayApi).render(service("two-ports", 0))),
              Contains("m-default.example.com ^/.*$ > m-predictor:8000"));
  EXPECT_EQ(ServiceWorld(kIstio)
                .render(service("two-ports", 0))
                .json("VirtualService/m", "/spec/http/1/route/0/destination/port/number"),
            "8000");
  EXPECT_EQ(ServiceWorld(kIstio)
                .render(service("two-ports", 0))
                .json("VirtualService/m", "/spec/http/0/route/0/destination/port/number"),
            "80");
}

// --------------------------------------------------------------------------------------------- pathTemplate

TEST(PathTemplate, MatchesThePathAloneAndRemovesIt) {
  ServiceWorld world(kGatewayApi | kPathTemplate);
  EXPECT_THAT(ways(world.render(service("rt", 1))),
              ElementsAre("m-predictor-default.example.com ^/.*$ > m-predictor:80",
                          "m-transformer-default.example.com ^/.*$ > m-transformer:80",
                          "m-default.example.com ^/.*$ > m-transformer:80",
                          "example.com /serving/default/m > m-transformer:80 as /"));
}

TEST(PathTemplate, HasExplanations) {
  ServiceWorld world(kGatewayApi | kPathTemplate);
  EXPECT_THAT(
      ways(world.render(service("rt", 2))),
      Contains(
          "example.com /serving/default/m/v1/models/m:explain > m-explainer:80 as /v1/models/m:explain"));
}

TEST(PathTemplate, UsesThePortForHttp) {
  ServiceWorld world(kGatewayApi | kPathTemplate);
  EXPECT_THAT(ways(world.render(service("two-ports", 0))),
              Contains("example.com /serving/default/m > m-predictor:8000 as /"));
}

TEST(PathTemplate, InCompatibleIsAsInKServe) {
  ServiceWorld world(kGatewayApi | kPathTemplate | kCompatible);
  EXPECT_THAT(ways(world.render(service("rt", 0))), Contains("example.com ^/.*$ > m-predictor:80"));
  EXPECT_THAT(ways(world.render(service("rt", 0))),
              Contains("example.com /serving/default/m/ > m-predictor:80"));
}

TEST(PathTemplate, IsReportedWithAnIngress) {
  EXPECT_THAT(ServiceWorld(kPathTemplate).render(service("rt", 0)).problems(),
              ElementsAre("~ingress PathNotRouted metadata.name"));
  EXPECT_THAT(ServiceWorld(kPathTemplate | kGatewayApi).render(service("rt", 0)).problems(), IsEmpty());
  EXPECT_THAT(ServiceWorld(kPathTemplate | kIstio).render(service("rt", 0)).problems(), IsEmpty());
}

TEST(Timeouts, OfThePredictorApplyToItsTransformer) {
  constexpr std::string_view kService =
      "spec: {predictor: {timeout: 300, model: {modelFormat: {name: sklearn}, runtime: rt}}, transformer: "
      "{containers: [{name: kserve-container, image: t}]}}";
  EXPECT_EQ(ServiceWorld(kGatewayApi).render(kService).json("HTTPRoute/m", "/spec/rules/0/timeouts/request"),
            R"("300s")");
  EXPECT_EQ(ServiceWorld(kGatewayApi | kCompatible)
                .render(kService)
                .json("HTTPRoute/m", "/spec/rules/0/timeouts/request"),
            R"("60s")");
}

// ---------------------------------------------------------------------------------------------- addresses

std::string predictor_host(const Rendered& r, std::string_view component) {
  const Value* deployment = r.find(fmt::format("Deployment/m-{}", component));
  const Value* args = deployment ? at(*deployment, "/spec/template/spec/containers/0/args") : nullptr;
  for (rapidjson::SizeType i = 0; args && i + 1 < args->Size(); ++i) {
    if (spec::text_of((*args)[i]) == "--predictor_host") return std::string(spec::text_of((*args)[i + 1]));
  }
  return "-";
}

/// Each combination of routes, headless Services, ports of the server, transformer and explainer.
TEST(Addresses, HaveThePortOfTheServer) {
  struct Server {
    std::string_view runtime;
    std::string_view in_headless;  // the port of its Pods for HTTP
    std::string_view otherwise;    // the port of its Service, if it is not 80
  };
  constexpr Server kServers[] = {
      {"rt", ":8080", ""}, {"own-port", ":8888", ""}, {"two-ports", ":8000", ":8000"}};
  for (const unsigned routes : {0U, unsigned{kGatewayApi}, unsigned{kIstio}}) {
    for (const bool headless : {false, true}) {
      for (const Server& server : kServers) {
        for (unsigned parts = 0; parts < 4; ++parts) {
          ServiceWorld world(routes | (headless ? kHeadless : 0U));
          const Rendered r = world.render(service(server.runtime, parts));
          const std::string want =
              fmt::format("m-predictor.default{}", headless ? server.in_headless : server.otherwise);
          SCOPED_TRACE(fmt::format("{} {} {} {}", routes, headless, server.runtime, parts));
          EXPECT_EQ(predictor_host(r, "transformer"), parts & 1 ? want : "-");
          EXPECT_EQ(predictor_host(r, "explainer"), parts & 2 ? want : "-");
          EXPECT_THAT(r.problems(), IsEmpty());
        }
      }
    }
  }
}

TEST(Addresses, OfGrpcHaveItsPort) {
  const auto host = [](unsigned settings, std::string_view args) {
    const Rendered r = ServiceWorld(settings).render(fmt::format(
        "spec: {{predictor: {{model: {{modelFormat: {{name: sklearn}}, runtime: two-ports}}}}, transformer: "
        "{{containers: [{{name: kserve-container, image: t, args: [{}]}}]}}}}",
        args));
    return predictor_host(r, "transformer");
  };
  EXPECT_EQ(host(kHeadless, "--predictor_protocol=grpc-v2"), "m-predictor.default:9000");
  EXPECT_EQ(host(kHeadless, "--predictor_protocol, grpc-v2"), "m-predictor.default:9000");
  EXPECT_EQ(host(kHeadless, "--predictor_protocol, v2"), "m-predictor.default:8000");
  EXPECT_EQ(host(0, "--predictor_protocol=grpc-v2"), "m-predictor.default");
}

TEST(Addresses, OfALoggedPredictorHaveTheAgentsPort) {
  const Rendered r = ServiceWorld(kHeadless).render(
      "spec: {predictor: {logger: {mode: all}, model: {modelFormat: {name: sklearn}, runtime: own-port}}, "
      "transformer: {containers: [{name: kserve-container, image: t}]}}");
  EXPECT_EQ(predictor_host(r, "transformer"), "m-predictor.default:9081");
}

TEST(Addresses, AreTheUsersIfTheyAreSet) {
  const Rendered r = ServiceWorld(kHeadless).render(
      "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: own-port}}, transformer: {containers: "
      "[{name: kserve-container, image: t, args: [--predictor_host, mine]}]}}");
  EXPECT_EQ(predictor_host(r, "transformer"), "mine");
}

TEST(Addresses, InCompatibleHaveNoPort) {
  const Rendered r = ServiceWorld(kHeadless | kCompatible).render(service("own-port", 3));
  EXPECT_EQ(predictor_host(r, "transformer"), "m-predictor.default");
  EXPECT_EQ(predictor_host(r, "explainer"), "m-predictor.default");
}

/// Its Pods must not restart with another address because the predictor became invalid.
TEST(Addresses, AreNotGuessedWithoutThePredictor) {
  const Rendered r = ServiceWorld(kHeadless).render(service("gone", 1));
  EXPECT_FALSE(r.find("Deployment/m-transformer"));
  EXPECT_TRUE(r.wanted.retains("Deployment", "m-transformer"));
}

// ------------------------------------------------------------------------------------------- dangerous keys

constexpr std::string_view kSnippets =
    "{metadata: {annotations: {nginx.ingress.kubernetes.io/server-snippet: x, "
    "nginx.ingress.kubernetes.io/proxy-body-size: 8m, external-dns.alpha.kubernetes.io/hostname: h}}, spec: "
    "{predictor: {annotations: {getambassador.io/config: cfg}, model: {modelFormat: {name: sklearn}, runtime: "
    "rt}}}}";

TEST(DeniedAnnotations, DoNotReachServicesAndRoutes) {
  for (const unsigned settings : {0U, unsigned{kGatewayApi}, unsigned{kIstio}}) {
    const Rendered r = ServiceWorld(settings).render(kSnippets);
    for (const WantedObject& o : r.wanted.objects) {
      const ObjectView object(o.object);
      constexpr std::string_view kExposed[] = {"Service", "Ingress", "HTTPRoute", "VirtualService"};
      if (std::ranges::find(kExposed, object.string("kind")) == std::end(kExposed)) continue;
      const std::string annotations = spec::to_json(*at(o.object, "/metadata/annotations"));
      EXPECT_THAT(annotations, Not(::testing::HasSubstr("snippet"))) << object.string("kind");
      EXPECT_THAT(annotations, Not(::testing::HasSubstr("external-dns"))) << object.string("kind");
      EXPECT_THAT(annotations, Not(::testing::HasSubstr("getambassador"))) << object.string("kind");
      EXPECT_THAT(annotations, ::testing::HasSubstr("proxy-body-size")) << object.string("kind");
    }
  }
}

TEST(DeniedAnnotations, ReachThemInCompatible) {
  const Rendered r = ServiceWorld(kCompatible).render(kSnippets);
  EXPECT_EQ(r.json("Ingress/m", "/metadata/annotations/nginx.ingress.kubernetes.io~1server-snippet"),
            R"("x")");
  EXPECT_EQ(r.json("Service/m-predictor", "/metadata/annotations/getambassador.io~1config"), R"("cfg")");
}

// -------------------------------------------------------------------------------------- the host of another

TEST(TakenHosts, HaveNoRoute) {
  for (const unsigned settings : {0U, unsigned{kGatewayApi}, unsigned{kIstio}}) {
    ServiceWorld world(settings);
    world.taken_hosts = {{"m-default.example.com", "other/m"}};
    const Rendered r = world.render(service("rt", 1));
    EXPECT_THAT(r.problems(), ElementsAre("ingress HostTaken metadata.name"));
    for (const std::string_view kind : {"Ingress", "HTTPRoute", "VirtualService"}) {
      EXPECT_FALSE(r.find(fmt::format("{}/m", kind)));
      // One from before is deleted.
      if (kind == (settings == 0 ? "Ingress" : settings == kGatewayApi ? "HTTPRoute" : "VirtualService"))
        EXPECT_FALSE(r.wanted.retains(kind, "m"));
    }
    EXPECT_TRUE(r.find("Deployment/m-predictor"));
  }
}

TEST(TakenHosts, OfAComponentLeaveTheOthers) {
  for (const unsigned settings : {0U, unsigned{kGatewayApi}}) {
    ServiceWorld world(settings);
    world.taken_hosts = {{"m-predictor-default.example.com", "default/m-predictor"}};
    const Rendered r = world.render(service("rt", 0));
    EXPECT_THAT(r.problems(), ElementsAre("~ingress HostTaken metadata.name"));
    const auto all = ways(r);
    EXPECT_EQ(all.size(), 1U);
    EXPECT_THAT(all.front(), ::testing::StartsWith("m-default.example.com "));
  }
}

TEST(TakenHosts, OfAnotherDomainAndOfThePathLeaveTheOthers) {
  ServiceWorld world(kGatewayApi | kMoreDomains | kPathTemplate);
  world.taken_hosts = {{"m-default.a.example", "x/y"}, {"example.com/serving/default/m", "x/y"}};
  EXPECT_THAT(ways(world.render(service("rt", 0))),
              ElementsAre("m-predictor-default.example.com ^/.*$ > m-predictor:80",
                          "m-default.example.com ^/.*$ > m-predictor:80",
                          "m-default.b.example ^/.*$ > m-predictor:80"));
}

TEST(TakenHosts, HaveTheirRouteInCompatible) {
  ServiceWorld world(kCompatible);
  world.taken_hosts = {{"m-default.example.com", "other/m"}};
  const Rendered r = world.render(service("rt", 0));
  EXPECT_TRUE(r.find("Ingress/m"));
  EXPECT_THAT(r.problems(), IsEmpty());
}

std::vector<std::string> claims(ServiceWorld& world, std::string_view yaml) {
  const Value document = world.service(yaml);
  return claimed_hosts(document, world.context({}), world.arena());
}

TEST(ClaimedHosts, AreThoseOfTheRoutes) {
  ServiceWorld world(kGatewayApi | kMoreDomains | kPathTemplate);
  EXPECT_THAT(claims(world, service("rt", 1)),
              ElementsAre("m-default.example.com", "m-predictor-default.example.com",
                          "m-transformer-default.example.com", "m-default.a.example", "m-default.b.example",
                          "example.com/serving/default/m"));
  ServiceWorld none(kNoIngress);
  EXPECT_THAT(claims(none, service("rt", 1)), IsEmpty());
}

std::vector<std::string> candidates(unsigned settings, std::string_view name, std::string_view host,
                                    std::size_t limit = 16) {
  ServiceWorld world(settings);
  const Value document = world.service(fmt::format("{{metadata: {{name: {}}}, {}}}", name, service("rt", 0)));
  const ServiceContext context = world.context({});
  const ServiceBuild build(document, context, world.arena());
  std::vector<std::string> out;
  for (const auto& key : services_with_host(build, host, limit))
    out.push_back(key.namespace_ + "/" + key.name);
  return out;
}

TEST(ServicesWithHost, AreTheWaysToDivideIt) {
  EXPECT_THAT(candidates(0, "m", "m-default.example.com"), IsEmpty());
  EXPECT_THAT(candidates(0, "a-b", "a-b-default.example.com"), ElementsAre("b-default/a"));
  EXPECT_THAT(candidates(0, "fraud", "fraud-team-a.example.com"),
              ElementsAre("team-a/fraud", "a/fraud-team"));
  EXPECT_THAT(candidates(0, "a-predictor", "a-predictor-default.example.com"),
              ElementsAre("predictor-default/a", "default/a"));
  EXPECT_THAT(candidates(0, "m", "a-b-c-d-e-f.example.com", 3), ::testing::SizeIs(3));
  EXPECT_THAT(candidates(kDottedDomain, "a-b", "a-b.default.example.com"), IsEmpty());
}

}  // namespace
}  // namespace modelgate::workload
