// SPDX-License-Identifier: Apache-2.0

// Compiles Asio's and Beast's sources once (BOOST_ASIO_SEPARATE_COMPILATION,
// BOOST_BEAST_SEPARATE_COMPILATION), so that the files that use them compile in seconds.

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
