// SPDX-License-Identifier: Apache-2.0
//
// --client-ca-file and --client-allowed-names: which clients may call, read again when the file changes. Made
// by webhook/program.cc, and only where the flag is given.
//
//   auto clients = ClientCaFile::open(flags.client_ca_file, flags.client_allowed_names);
//   if (!clients) return fail("--client-ca-file: " + clients.error());
//   tls.clients = clients->current();
//   every 250 ms:
//     auto seen = clients->poll();
//     if (!seen) log(seen.error());                     // once for each content that is refused
//     else if (*seen) server.use_clients(clients->current(), *pair);
//
// The API server shows a certificate where its --admission-control-config-file names a kubeconfig for the
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

  // Never null.
  std::shared_ptr<const TrustedClients> current() const { return clients_; }

  // True where current() is another than before. An error leaves it as it is. Reads a small local file.
  std::expected<bool, std::string> poll();

 private:
  ClientCaFile(std::string path, std::vector<std::string> names);

  std::string path_;
  std::vector<std::string> names_;
  std::optional<std::string> seen_;  // what was read last, taken or refused; or why it could not be read
  std::shared_ptr<const TrustedClients> clients_;
};

}  // namespace modelgate::http
