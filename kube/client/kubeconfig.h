// SPDX-License-Identifier: Apache-2.0
//
// Reads and merges kubeconfig files and returns the configuration of one context. Used by client_config.cc,
// which handles the environment and service accounts.
//
//   Kubeconfig all;
//   if (auto added = all.add(path, text); !added) ...
//   auto config = all.config_of("");          // the current context
//
// Unsupported settings (proxies, auth providers, impersonation, passwords) are errors: without them the
// client would use another server or another identity.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kube/client/client_config.h"
#include "kube/client/object.h"

namespace modelgate::kube {

class Kubeconfig {
 public:
  /// `path` is the base of relative paths in `text`, and appears in errors.
  std::expected<void, std::string> add(const std::string& path, std::string_view text);

  /// For the context of that name; empty: the current context.
  std::expected<ClientConfig, std::string> config_of(const std::string& context) const;

 private:
  /// An entry of clusters, users or contexts; the first file that has the name wins.
  struct Entry {
    const spec::Value* value = nullptr;
    std::string file;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  static std::expected<void, std::string> add_entries(const spec::Value& document, std::string_view list,
                                                      std::string_view member, const std::string& file,
                                                      Entries& into);

  std::vector<Object> documents_;
  std::string files_;
  std::string current_context_;
  Entries clusters_, users_, contexts_;
};

}  // namespace modelgate::kube
