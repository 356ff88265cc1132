// SPDX-License-Identifier: Apache-2.0
//
// Where the API server is and who we are: from a kubeconfig, or from inside a cluster.
//
//   auto config = load_client_config({.kubeconfig = flags.kubeconfig});
//   if (!config) fail("--kubeconfig: " + config.error());
//
// As client-go does it: --kubeconfig, else the files of $KUBECONFIG (merged, the first one that sets a thing
// counts), else the Pod's service account where KUBERNETES_SERVICE_HOST is set, else ~/.kube/config.
// Relative paths are taken from the kubeconfig's own directory. Proxies are not supported: HTTPS_PROXY is not
// looked at, and proxy-url is an error, as are auth-provider, passwords and impersonation.
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
  std::string base_path = {};        // "/k8s/clusters/c-1" behind some proxies; else empty
  bool tls = true;                   // false: http://, for tests and `kubectl proxy`
  std::string ca_pem = {};           // empty: the system's CAs
  std::string tls_server_name = {};  // for SNI and verification in place of `host`
  bool insecure = false;             // insecure-skip-tls-verify: said in the log once

  std::string client_certificate_pem = {}, client_key_pem = {};  // both or neither
  std::string token = {};

  // Read again every minute, and at once after a 401; what is in them counts in place of the texts above.
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

/// The error is text for people and names the file.
std::expected<ClientConfig, std::string> load_client_config(const ConfigSources& sources);

/// True inside a Pod: KUBERNETES_SERVICE_HOST is set and a token is mounted.
bool in_cluster();

}  // namespace modelgate::kube
