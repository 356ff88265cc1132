// SPDX-License-Identifier: Apache-2.0
//
// --client-ca-file and --client-allowed-names: the clients that may connect. Reads the file again when it
// changes. Used by webhook/program.cc if the flag is given.
//
//   auto clients = ClientCaFile::open(flags.client_ca_file, flags.client_allowed_names);
//   if (!clients) return fail("--client-ca-file: " + clients.error());
//   tls.clients = clients->current();
//   every 250 ms:
//     auto seen = clients->poll();
//     if (!seen) log(seen.error());                     // once per invalid content
//     else if (*seen) server.use_clients(clients->current(), *pair);
//
// The API server sends a client certificate if its --admission-control-config-file has a kubeconfig for the
// webhook ("Authenticate API servers" in Kubernetes' documentation of admission webhooks).
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/tls.h"

namespace modelgate::http {

class ClientCaFile {
 public:
  static std::expected<ClientCaFile, std::string> open(std::string path, std::vector<std::string> names);

  /// Never null.
  std::shared_ptr<const TrustedClients> current() const { return clients_; }

  /// Reads the file. True if current() has changed. An error does not change it.
  std::expected<bool, std::string> poll();

 private:
  ClientCaFile(std::string path, std::vector<std::string> names);

  std::string path_;
  std::vector<std::string> names_;
  std::optional<std::string> seen_;  // the last content, valid or not, or the last read error
  std::shared_ptr<const TrustedClients> clients_;
};

}  // namespace modelgate::http
