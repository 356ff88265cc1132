// SPDX-License-Identifier: Apache-2.0
#include "kube/client/client_config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <ranges>
#include <string_view>
#include <utility>

#include "kube/client/kubeconfig.h"
#include "kube/client/small_file.h"

namespace modelgate::kube {
namespace {

constexpr std::string_view kServiceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

class Environment {
 public:
  explicit Environment(std::optional<std::map<std::string, std::string>> given) : given_(std::move(given)) {}

  std::string operator[](const char* name) const {
    if (given_) return given_->contains(name) ? given_->at(name) : std::string();
    const char* const value = std::getenv(name);  // NOLINT: no thread calls setenv
    return value ? value : "";
  }

 private:
  std::optional<std::map<std::string, std::string>> given_;
};

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

using Loaded = std::expected<ClientConfig, std::string>;

Loaded from_files(const std::vector<std::string>& paths, const std::string& context, bool skip_missing) {
  Kubeconfig all;
  std::size_t read = 0;
  for (const std::string& path : paths) {
    if (skip_missing && !exists(path)) continue;
    const auto text = read_small_file(path);
    if (!text) return std::unexpected(text.error());
    // Paths in it are relative to its directory, whatever the working directory is later.
    std::error_code ignored;
    const auto absolute = std::filesystem::absolute(path, ignored).string();
    if (const auto added = all.add(absolute.empty() ? path : absolute, *text); !added) {
      return std::unexpected(added.error());
    }
    ++read;
  }
  if (read == 0) return std::unexpected("no file that $KUBECONFIG names exists");
  return all.config_of(context);
}

Loaded from_service_account(const std::string& directory, const Environment& environment) {
  const std::string port = environment["KUBERNETES_SERVICE_PORT"];
  ClientConfig config{.host = environment["KUBERNETES_SERVICE_HOST"], .port = port.empty() ? "443" : port};
  config.token_file = directory + "/token";
  config.ca_file = directory + "/ca.crt";
  for (const std::string& path : {config.token_file, config.ca_file}) {
    if (const auto text = read_small_file(path); !text) return std::unexpected(text.error());
  }
  if (auto ns = read_small_file(directory + "/namespace")) {
    config.namespace_ = ns->substr(0, ns->find_first_of(" \t\r\n"));
  }
  return config;
}

std::vector<std::string> split_paths(const std::string& list) {
  std::vector<std::string> out;
  for (const auto part : std::views::split(list, ':')) {
    if (!part.empty()) out.emplace_back(part.begin(), part.end());
  }
  return out;
}

}  // namespace

std::expected<ClientConfig, std::string> load_client_config(const ConfigSources& sources) {
  const Environment environment(sources.environment);
  if (!sources.kubeconfig.empty()) return from_files({sources.kubeconfig}, sources.context, false);
  const auto listed = split_paths(environment["KUBECONFIG"]);
  if (!listed.empty()) return from_files(listed, sources.context, true);
  const std::string directory = sources.service_account_directory.empty()
                                    ? std::string(kServiceAccountDirectory)
                                    : sources.service_account_directory;
  if (!environment["KUBERNETES_SERVICE_HOST"].empty() && sources.context.empty()) {
    return from_service_account(directory, environment);
  }
  const std::string home = environment["HOME"];
  const std::string path = home + "/.kube/config";
  if (home.empty() || !exists(path)) {
    return std::unexpected("no kubeconfig: set --kubeconfig or $KUBECONFIG, or create ~/.kube/config");
  }
  return from_files({path}, sources.context, false);
}

bool in_cluster() {
  const Environment environment(std::nullopt);
  const std::string token = std::string(kServiceAccountDirectory) + "/token";
  return !environment["KUBERNETES_SERVICE_HOST"].empty() && ::access(token.c_str(), F_OK) == 0;
}

}  // namespace modelgate::kube
