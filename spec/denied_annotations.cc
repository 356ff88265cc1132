// SPDX-License-Identifier: Apache-2.0
//
// What the controllers' documentation calls critical or unsafe. Annotations that only tune requests to the
// service itself (timeouts, sizes, CORS, authentication) are not in the list.
#include "spec/denied_annotations.h"

#include <algorithm>
#include <array>

namespace modelgate::spec {
namespace {

constexpr auto kDefaults = std::to_array<std::string_view>({
    // Raw configuration of a proxy: it can read the controller's credentials, and other services' requests.
    "nginx.ingress.kubernetes.io/*-snippet",
    "nginx.org/*-snippets",
    "nginx.com/*-snippets",
    "haproxy.org/*-snippet",
    "haproxy-ingress.github.io/config-*",
    "ingress.kubernetes.io/config-*",
    "ingress.kubernetes.io/*-snippet",
    "getambassador.io/config",
    "konghq.com/override",
    // Hosts that the service does not own.
    "nginx.ingress.kubernetes.io/server-alias",
    "haproxy-ingress.github.io/server-alias*",
    "ingress.kubernetes.io/server-alias*",
    "konghq.com/host-aliases",
    "external-dns.alpha.kubernetes.io/*",
    // Requests sent elsewhere.
    "nginx.ingress.kubernetes.io/mirror-*",
    "haproxy.org/request-redirect*",
    // Objects of other namespaces.
    "traefik.ingress.kubernetes.io/router.middlewares",
    "traefik.ingress.kubernetes.io/service.serverstransport",
    "projectcontour.io/tls-cert-namespace",
    // Load balancers: exposed to the internet, shared with others, or with rules of their own.
    "alb.ingress.kubernetes.io/actions.*",
    "alb.ingress.kubernetes.io/conditions.*",
    "alb.ingress.kubernetes.io/transforms.*",
    "alb.ingress.kubernetes.io/group.*",
    "alb.ingress.kubernetes.io/scheme",
    "alb.ingress.kubernetes.io/load-balancer-name",
    "service.beta.kubernetes.io/*-load-balancer-*",
    "service.kubernetes.io/*-loadbalancer-*",
    "cloud.google.com/load-balancer-type",
    "networking.gke.io/load-balancer-type",
    "kubernetes.io/ingress.global-static-ip-name",
    "kubernetes.io/ingress.regional-static-ip-name",
    "appgw.ingress.kubernetes.io/use-private-ip",
    "appgw.ingress.kubernetes.io/rewrite-rule-set*",
    "metallb.io/*",
    "metallb.universe.tf/*",
});

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
  // The usual walk: on a mismatch, the last star takes one character more. At most length * length steps.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_end = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_end = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_end;
    } else {
      return false;
    }
  }
  return std::ranges::all_of(pattern.substr(p), [](char c) { return c == '*'; });
}

bool is_denied_annotation(std::span<const std::string> patterns, std::string_view key) {
  return std::ranges::any_of(patterns, [&](const std::string& p) { return matches_pattern(p, key); });
}

std::vector<std::string> default_denied_annotations() {
  return {kDefaults.begin(), kDefaults.end()};
}

}  // namespace modelgate::spec
