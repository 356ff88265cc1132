// SPDX-License-Identifier: Apache-2.0
//
// Pictures of clusters for the tests of `modelgate doctor`: a healthy installation, made of deploy/ itself
// and of what a cluster adds to it, and ways to spoil it.
#pragma once

#include <string>
#include <string_view>

#include "cli/doctor/cluster_picture.h"

namespace modelgate::cli {

/// Everything as deploy/ has it, with two replicas that serve.
ClusterPicture healthy_picture();

/// A cluster in which nothing is installed.
ClusterPicture empty_picture();

/// Puts the objects of a YAML text into the picture; each replaces one of the same name.
void put_yaml(ClusterPicture& picture, std::string_view yaml);

/// Replaces `before` in an object's JSON, everywhere in it. Fails the test where it is not in it.
void rewrite(ClusterPicture& picture, const kube::Resource& resource, std::string_view ns,
             std::string_view name, std::string_view before, std::string_view after);

/// Reads a whole file below the source's root.
std::string read_source(const std::string& path);

}  // namespace modelgate::cli
