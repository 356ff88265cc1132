// SPDX-License-Identifier: Apache-2.0
#include "process/write_file.h"

#include <cstdio>
#include <fstream>

namespace modelgate::process {

bool write_file(const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  std::ofstream file(beside, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  return file.good() && std::rename(beside.c_str(), path.c_str()) == 0;
}

}  // namespace modelgate::process
