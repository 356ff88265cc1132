// SPDX-License-Identifier: Apache-2.0
//
// Parses the `server` of a kubeconfig. Used by kube/client/kubeconfig.cc.
//
//   read_server_url("https://[fd00::1]:6443/k8s/clusters/c-1", true)
//     -> host "fd00::1", port "6443", base_path "/k8s/clusters/c-1"
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace modelgate::kube {

struct ServerUrl {
  bool tls = true;
  std::string host = {}, port = {};  // the host without brackets
  std::string base_path = {};        // no slash at its end
};

/// Without a scheme it is https if the cluster has TLS settings, else http, as in client-go.
std::expected<ServerUrl, std::string> read_server_url(std::string_view text, bool has_tls_settings);

/// host:port, with an IPv6 address in brackets.
std::string host_and_port(std::string_view host, std::string_view port);

}  // namespace modelgate::kube
