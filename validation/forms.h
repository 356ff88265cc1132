// SPDX-License-Identifier: Apache-2.0
//
// Forms of texts in Pods that are no names: paths, addresses, headers, images. As the checks of spec/names.h,
// each returns what is allowed, a literal, or nothing for a valid text.
//
//   if (const auto problem = check_relative_path(sub_path)) report.add(invalid(at, sub_path, *problem));
#pragma once

#include <string_view>

#include "spec/names.h"

namespace modelgate::validation {

/// Relative, without ".." as a part.
spec::NameProblem check_relative_path(std::string_view path);
/// The same, and no file or directory that begins with "..": files of ConfigMaps and Secrets.
spec::NameProblem check_projected_path(std::string_view path);
spec::NameProblem check_absolute_path(std::string_view path);
/// Without ".." as a part.
spec::NameProblem check_path_stays_below(std::string_view path);

/// IPv4 or IPv6.
spec::NameProblem check_ip_address(std::string_view text);
spec::NameProblem check_http_header(std::string_view name);
/// `kernel.shm_rmid_forced`, `net/ipv4/tcp_syncookies`
spec::NameProblem check_sysctl(std::string_view name);
/// A CSI driver's: a subdomain of 63 bytes, which may have capitals.
spec::NameProblem check_driver_name(std::string_view name);
/// A search domain of a resolver: "." alone, or a subdomain with underscores and a trailing dot.
spec::NameProblem check_search_domain(std::string_view domain);

/// `[registry[:port]/]repository[:tag][@digest]`, as container runtimes parse it.
spec::NameProblem check_image(std::string_view image);

}  // namespace modelgate::validation
