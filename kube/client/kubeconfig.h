// SPDX-License-Identifier: Apache-2.0
//
// Reads kubeconfig files: several merged into one, and what one context of it says. No environment, no
// service accounts: those are client_config.cc's, which is the only one to use this.
//
//   Kubeconfig all;
//   if (auto added = all.add(path, text); !added) ...
//   auto config = all.config_of("");          // the current context
//
// What a file says and we cannot do (proxies, auth providers, impersonation, passwords) is an error: to go on
// without it would be to speak to another server, or as somebody else.
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
  /// `path` is where relative paths in `text` start from, and is named in errors.
  std::expected<void, std::string> add(const std::string& path, std::string_view text);

  /// Of the context of that name; empty: the current one.
  std::expected<ClientConfig, std::string> config_of(const std::string& context) const;

 private:
  /// An entry of clusters, users or contexts; the first file that has a name counts.
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
