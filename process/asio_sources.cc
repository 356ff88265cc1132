// SPDX-License-Identifier: Apache-2.0

// The one place where Asio's and Beast's own sources are compiled (BOOST_ASIO_SEPARATE_COMPILATION,
// BOOST_BEAST_SEPARATE_COMPILATION), so that each file that uses them compiles in seconds.

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
