// SPDX-License-Identifier: Apache-2.0
//
// Cluster snapshots for the tests of `modelgate doctor`: a healthy installation, built from deploy/ and from the
// fields that a cluster adds, and functions that change it.
#pragma once

#include <string>
#include <string_view>

#include "cli/doctor/cluster_snapshot.h"

namespace modelgate::cli {

/// The installation of deploy/, with two ready replicas of each program.
ClusterSnapshot healthy_snapshot();

/// A cluster without an installation.
ClusterSnapshot empty_snapshot();

/// Adds the objects of a YAML text to the snapshot, or replaces objects of the same name.
void put_yaml(ClusterSnapshot& snapshot, std::string_view yaml);

/// Replaces every `before` in an object's JSON. Fails the test if there is none.
void rewrite(ClusterSnapshot& snapshot, const kube::Resource& resource, std::string_view ns,
             std::string_view name, std::string_view before, std::string_view after);

/// Reads a file of the source tree.
std::string read_source(const std::string& path);

}  // namespace modelgate::cli
