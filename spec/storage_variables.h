// SPDX-License-Identifier: Apache-2.0
//
// Variables of a server's container that also matter to the download of its model: tokens, keys, endpoints,
// regions, proxies. In Strict mode Pod injection passes them on to the init container; KServe does not, and
// validation warns in Compatible mode.
//
//   if (is_storage_variable("HF_TOKEN", "hf://org/model")) pass it on
//
// Paths of files and caches are not among them, since the init container does not have the server's volumes,
// nor is what concerns only the server (HF_HUB_OFFLINE).
#pragma once

#include <string_view>

namespace modelgate::spec {

/// Whether the storage initializer reads the variable to download a model from `uri`.
bool is_storage_variable(std::string_view name, std::string_view uri);

}  // namespace modelgate::spec
