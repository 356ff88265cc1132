// SPDX-License-Identifier: Apache-2.0
#include "workload/children/virtual_service_parts.h"

#include <fmt/format.h>

#include <utility>

#include "workload/objects/object_builder.h"

namespace modelgate::workload {

using spec::Value;

std::string quoted_host(std::string_view host) {
  std::string out;
  for (const char c : host) out += c == '.' ? std::string("\\.") : std::string(1, c);
  return out;
}

VirtualServiceParts::VirtualServiceParts(ServiceBuild& build) : build_(build), arena_(build.arena) {}

Value VirtualServiceParts::string_match(std::string_view kind, std::string_view text) {
  return ObjectBuilder(arena_).text(kind, text).take();
}

Value VirtualServiceParts::texts(const Texts& list) {
  Value out(rapidjson::kArrayType);
  for (const std::string& t : list) out.PushBack(make_text(t, arena_), arena_);
  return out;
}

Value VirtualServiceParts::match(std::string_view authority, Value uri, const Texts& gateways) {
  ObjectBuilder out(arena_);
  if (uri.IsObject()) out.value("uri", std::move(uri));
  return out.value("authority", string_match("regex", authority)).value("gateways", texts(gateways)).take();
}

Value VirtualServiceParts::path_matches(std::string_view authority, const std::string& path,
                                        const Texts& gateways) {
  Value out(rapidjson::kArrayType);
  out.PushBack(match(authority, string_match("prefix", fmt::format("{}/", path)), gateways), arena_);
  out.PushBack(match(authority, string_match("exact", path), gateways), arena_);
  return out;
}

Value VirtualServiceParts::destination(std::string_view host, std::int64_t port, std::int64_t weight) {
  Value destination = ObjectBuilder(arena_)
                          .text("host", host)
                          .value("port", ObjectBuilder(arena_).number("number", port).take())
                          .take();
  return ObjectBuilder(arena_).value("destination", std::move(destination)).number("weight", weight).take();
}

Value VirtualServiceParts::rewrite_to_explain(std::string_view regex) {
  Value rewrite = ObjectBuilder(arena_).text("match", regex).text("rewrite", R"(\1)").take();
  return ObjectBuilder(arena_).value("uriRegexRewrite", std::move(rewrite)).take();
}

void VirtualServiceParts::add_rule(Value matches, Value destinations, RouteRuleOptions options) {
  Value set = ObjectBuilder(arena_)
                  .text_if_any("Host", options.host)
                  .text("KServe-Isvc-Name", build_.name)
                  .text("KServe-Isvc-Namespace", build_.namespace_)
                  .take();
  Value request = ObjectBuilder(arena_).value("set", std::move(set)).take();
  ObjectBuilder rule(arena_);
  rule.value("match", std::move(matches));
  if (options.rewrite.IsObject()) rule.value("rewrite", std::move(options.rewrite));
  rule.value("route", std::move(destinations))
      .value("headers", ObjectBuilder(arena_).value("request", std::move(request)).take());
  if (options.timeout_seconds) rule.text("timeout", fmt::format("{}s", *options.timeout_seconds));
  rules_.PushBack(rule.take(), arena_);
}

void VirtualServiceParts::add_object(const StringMap& labels, const Texts& hosts, const Texts& gateways) {
  Value object = build_.object("networking.istio.io/v1beta1", kVirtualServiceKind, build_.name, labels,
                               build_.exposed_annotations(build_.allowed_annotations(build_.annotations)));
  object.AddMember("spec",
                   ObjectBuilder(arena_)
                       .value("hosts", texts(hosts))
                       .value("gateways", texts(gateways))
                       .value("http", std::move(rules_))
                       .take(),
                   arena_);
  build_.add(std::move(object));
}

}  // namespace modelgate::workload
