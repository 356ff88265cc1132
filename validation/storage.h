// SPDX-License-Identifier: Apache-2.0
//
// Where the model comes from: storageUri, storageUris, storage, and the settings for them.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

/// storageUri or storageUris, not both.
void check_one_storage_form(const Service& s, Report& report);
/// The list.
void check_storage_uris(const Service& s, Report& report);
/// What KServe does not check in it.
void check_storage_mount_paths(const Service& s, Report& report);
/// No STORAGE_URI in a transformer beside the predictor.
void check_transformer_container_storage(const Service& s, Report& report);
/// Types of `storage`, of art and some frameworks.
void check_storage_spec_types(const Service& s, Report& report);
void check_storage_uri_beside_storage(const Service& s, Report& report);
/// Each URI has a scheme that something fetches, and its form (spec/storage_uri.h).
void check_storage_uri_supported(const Service& s, Report& report);
void check_confidential(const Service& s, Report& report);

}  // namespace modelgate::validation
