// SPDX-License-Identifier: Apache-2.0
#include "kube/client/kubeconfig.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include "kube/client/server_url.h"
#include "spec/field.h"
#include "spec/text/base64.h"
#include "spec/view.h"
#include "yaml/yaml.h"

namespace modelgate::kube {
namespace {

using spec::ObjectView;
using Problem = std::optional<std::string>;

/// One entry of a kubeconfig, and the file that it is from.
struct Section {
  ObjectView view;
  std::string file;
  std::string name;  // `user "admin"`

  std::string error(std::string_view text) const { return fmt::format("{}: {}: {}", file, name, text); }
};

/// Members with unsupported settings.
struct Unsupported {
  std::string_view member, instead;
};
constexpr std::array kUnsupportedOfUser{
    Unsupported{"auth-provider", "use an exec plugin"},
    Unsupported{"username", "use a token, a client certificate or an exec plugin"},
    Unsupported{"as", "impersonation needs an account of its own"},
    Unsupported{"as-uid", "impersonation needs an account of its own"},
    Unsupported{"as-groups", "impersonation needs an account of its own"},
    Unsupported{"as-user-extra", "impersonation needs an account of its own"},
};
constexpr std::array kUnsupportedOfCluster{Unsupported{"proxy-url", "connect to the server directly"}};

Problem first_unsupported(const Section& section, std::span<const Unsupported> rows) {
  for (const Unsupported& row : rows) {
    if (!section.view.has(row.member) || section.view.optional_string(row.member) == "") continue;
    return section.error(fmt::format("{} is not supported; {}", row.member, row.instead));
  }
  return std::nullopt;
}

std::string absolute(const std::string& file, std::string_view path) {
  const std::filesystem::path given(path);
  if (given.is_absolute()) return std::string(path);
  return (std::filesystem::path(file).parent_path() / given).lexically_normal().string();
}

/// Reads `member`-data into `pem`, else the path in `member` into `path`.
Problem read_pem(const Section& section, std::string_view member, std::string& pem, std::string& path) {
  const std::string data_member = fmt::format("{}-data", member);
  const std::string_view data = section.view.string(data_member);
  if (!data.empty()) {
    auto decoded = text::decode_base64(data);
    if (!decoded) return section.error(data_member + " is not base64");
    pem = std::move(*decoded);
  } else if (const std::string_view file = section.view.string(member); !file.empty()) {
    path = absolute(section.file, file);
  }
  return std::nullopt;
}

Problem read_cluster(const Section& section, ClientConfig& config) {
  if (auto problem = first_unsupported(section, kUnsupportedOfCluster)) return problem;
  if (auto problem = read_pem(section, "certificate-authority", config.ca_pem, config.ca_file))
    return problem;
  config.insecure = section.view.boolean("insecure-skip-tls-verify").value_or(false);
  config.tls_server_name = section.view.string("tls-server-name");
  const bool has_ca = !config.ca_pem.empty() || !config.ca_file.empty();
  if (config.insecure && has_ca) {
    return section.error("certificate-authority and insecure-skip-tls-verify are both set; one is allowed");
  }
  const std::string_view server = section.view.string("server");
  if (server.empty()) return section.error("it has no server");
  auto url = read_server_url(server, has_ca || config.insecure);
  if (!url) return section.error(fmt::format("server {}: {}", spec::quote(server), url.error()));
  config.host = std::move(url->host);
  config.port = std::move(url->port);
  config.base_path = std::move(url->base_path);
  config.tls = url->tls;
  return std::nullopt;
}

Problem read_exec(const Section& section, ClientConfig& config) {
  const ObjectView exec = section.view.object("exec");
  if (!exec)
    return section.view.has("exec") ? std::optional(section.error("exec is not an object")) : std::nullopt;
  ExecPlugin plugin{.command = std::string(exec.string("command")),
                    .api_version = std::string(exec.string("apiVersion")),
                    .provide_cluster_info = exec.boolean("provideClusterInfo").value_or(false),
                    .install_hint = std::string(exec.string("installHint"))};
  if (plugin.command.empty()) return section.error("exec has no command");
  if (plugin.api_version != "client.authentication.k8s.io/v1" &&
      plugin.api_version != "client.authentication.k8s.io/v1beta1") {
    return section.error(
        fmt::format("exec.apiVersion is {}; client.authentication.k8s.io/v1 and v1beta1 are supported",
                    spec::quote(plugin.api_version)));
  }
  if (exec.string("interactiveMode") == "Always") {
    return section.error("exec.interactiveMode Always is not supported: there is no terminal");
  }
  // A command with a slash is a path relative to the kubeconfig; one without is found in $PATH.
  if (plugin.command.contains('/')) plugin.command = absolute(section.file, plugin.command);
  if (const spec::Value* arguments = exec.field("args"); arguments && arguments->IsArray()) {
    for (const spec::Value& argument : arguments->GetArray()) {
      if (!argument.IsString()) return section.error("exec.args: an entry is not a string");
      plugin.arguments.emplace_back(spec::text_of(argument));
    }
  }
  for (const ObjectView variable : exec.list("env")) {
    plugin.environment.insert_or_assign(std::string(variable.string("name")), variable.string("value"));
  }
  config.exec = std::move(plugin);
  return std::nullopt;
}

Problem read_user(const Section& section, ClientConfig& config) {
  if (auto problem = first_unsupported(section, kUnsupportedOfUser)) return problem;
  auto problem =
      read_pem(section, "client-certificate", config.client_certificate_pem, config.client_certificate_file);
  if (!problem) problem = read_pem(section, "client-key", config.client_key_pem, config.client_key_file);
  if (problem) return problem;
  const bool certificate = !config.client_certificate_pem.empty() || !config.client_certificate_file.empty();
  const bool key = !config.client_key_pem.empty() || !config.client_key_file.empty();
  if (certificate != key) {
    return section.error(certificate ? "a client-certificate without a client-key"
                                     : "a client-key without a client-certificate");
  }
  config.token = section.view.string("token");
  if (const std::string_view file = section.view.string("tokenFile"); !file.empty()) {
    config.token_file = absolute(section.file, file);
  }
  return read_exec(section, config);
}

}  // namespace

std::expected<void, std::string> Kubeconfig::add(const std::string& path, std::string_view text) {
  files_ += files_.empty() ? path : ", " + path;
  const auto documents = yaml::read_yaml(text);
  if (!documents) {
    return std::unexpected(fmt::format("{}:{}: {}", path, documents.error().line, documents.error().message));
  }
  if (documents->empty()) return {};  // an empty file is valid, as in kubectl
  if (documents->size() > 1) return std::unexpected(path + ": a kubeconfig must be one document");
  auto document = Object::read(documents->front().json);
  if (!document) return std::unexpected(fmt::format("{}: {}", path, document.error().message));
  const spec::Value& root = document->value();
  const std::string_view kind = ObjectView(root).string("kind");
  if (!kind.empty() && kind != "Config") {
    return std::unexpected(fmt::format("{}: kind is {}; it must be Config", path, spec::quote(kind)));
  }
  documents_.push_back(std::move(*document));
  auto added = add_entries(root, "clusters", "cluster", path, clusters_);
  if (added) added = add_entries(root, "users", "user", path, users_);
  if (added) added = add_entries(root, "contexts", "context", path, contexts_);
  if (current_context_.empty()) current_context_ = ObjectView(root).string("current-context");
  return added;
}

std::expected<void, std::string> Kubeconfig::add_entries(const spec::Value& document, std::string_view list,
                                                         std::string_view member, const std::string& file,
                                                         Entries& into) {
  const spec::Value* const values = spec::find(document, list);
  if (!values) return {};
  if (!values->IsArray()) return std::unexpected(fmt::format("{}: {} is not a list", file, list));
  for (const ObjectView entry : ObjectView(document).list(list)) {
    const std::string_view name = entry.string("name");
    const ObjectView value = entry.object(member);
    if (!entry) return std::unexpected(fmt::format("{}: {}: an entry is not an object", file, list));
    if (entry.has(member) && !value) {
      return std::unexpected(
          fmt::format("{}: {} {}: its {} is not an object", file, list, spec::quote(name), member));
    }
    into.try_emplace(std::string(name), Entry{value.value(), file});
  }
  return {};
}

std::expected<ClientConfig, std::string> Kubeconfig::config_of(const std::string& context) const {
  const std::string& name = context.empty() ? current_context_ : context;
  if (name.empty()) return std::unexpected(files_ + ": no current-context, and no context was named");
  const auto found = contexts_.find(name);
  if (found == contexts_.end())
    return std::unexpected(fmt::format("{}: no context {}", files_, spec::quote(name)));
  const ObjectView chosen(found->second.value);
  const std::string cluster(chosen.string("cluster"));
  const std::string user(chosen.string("user"));
  const auto at = clusters_.find(cluster);
  if (at == clusters_.end()) {
    return std::unexpected(fmt::format("{}: context {}: no cluster {}", found->second.file, spec::quote(name),
                                       spec::quote(cluster)));
  }
  ClientConfig config;
  config.namespace_ = chosen.string("namespace");
  const Section of_cluster{ObjectView(at->second.value), at->second.file, "cluster " + spec::quote(cluster)};
  if (auto problem = read_cluster(of_cluster, config)) return std::unexpected(std::move(*problem));
  if (user.empty()) return config;
  const auto who = users_.find(user);
  if (who == users_.end()) {
    return std::unexpected(
        fmt::format("{}: context {}: no user {}", found->second.file, spec::quote(name), spec::quote(user)));
  }
  const Section of_user{ObjectView(who->second.value), who->second.file, "user " + spec::quote(user)};
  if (auto problem = read_user(of_user, config)) return std::unexpected(std::move(*problem));
  return config;
}

}  // namespace modelgate::kube
