// SPDX-License-Identifier: Apache-2.0
//
// Address of the API server and credentials: from a kubeconfig, or from the Pod's service account.
//
//   auto config = load_client_config({.kubeconfig = flags.kubeconfig});
//   if (!config) fail("--kubeconfig: " + config.error());
//
// The order is client-go's: --kubeconfig; else the files of $KUBECONFIG, merged, where the first file that
// has an entry wins; else the Pod's service account if KUBERNETES_SERVICE_HOST is set; else ~/.kube/config.
// Paths are relative to the kubeconfig's directory. Proxies are not supported: HTTPS_PROXY is ignored, and
// proxy-url is an error, as are auth-provider, passwords and impersonation.
#pragma once

#include <chrono>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace modelgate::kube {

/// A program that prints an ExecCredential (client.authentication.k8s.io/v1 or v1beta1).
struct ExecPlugin {
  std::string command = {};
  std::vector<std::string> arguments = {};
  std::map<std::string, std::string> environment = {};
  std::string api_version = {};
  bool provide_cluster_info = false;
  std::string install_hint = {};
};

struct ClientConfig {
  std::string host = {};  // a name or an IP address, without brackets
  std::string port = "443";
  std::string base_path = {};        // "/k8s/clusters/c-1" with some proxies; else empty
  bool tls = true;                   // false: http://, for tests and `kubectl proxy`
  std::string ca_pem = {};           // empty: the system's CAs
  std::string tls_server_name = {};  // for SNI and verification in place of `host`
  bool insecure = false;             // insecure-skip-tls-verify: logged once

  std::string client_certificate_pem = {}, client_key_pem = {};  // both or neither
  std::string token = {};

  // Read again every minute, and immediately after a 401. They take precedence over the values above.
  std::string ca_file = {};
  std::string client_certificate_file = {}, client_key_file = {};
  std::string token_file = {};

  std::optional<ExecPlugin> exec = {};

  std::string namespace_ = {};  // of the context, or the Pod's own
};

struct ConfigSources {
  std::string kubeconfig = {};  // a path; empty: as above
  std::string context = {};     // empty: the current one
  // For tests; empty: the real ones.
  std::string service_account_directory = {};
  std::optional<std::map<std::string, std::string>> environment = {};
};

/// The error is text for the user and names the file.
std::expected<ClientConfig, std::string> load_client_config(const ConfigSources& sources);

/// True inside a Pod: KUBERNETES_SERVICE_HOST is set and a token is mounted.
bool in_cluster();

}  // namespace modelgate::kube
