// SPDX-License-Identifier: Apache-2.0
//
// Limits of the server, each with the reason for its value. Used by http/server.h. Tests use smaller ones.
#pragma once

#include <chrono>
#include <cstddef>

namespace modelgate::http {

struct Limits {
  /// The API server rejects objects over 3 MiB. A review has two of them and some metadata: rounded up to 7
  /// MiB.
  std::size_t body_bytes = std::size_t{7} << 20;

  /// The API server sends about 400 bytes of headers. 16 KiB is one TLS record, and twice what nginx allows.
  std::size_t header_bytes = std::size_t{16} << 10;

  /// An API server keeps 25 idle connections, and a cluster rarely has more than five of them: 512 leaves
  /// room for bursts. With about 75 KB each (OpenSSL's and Asio's buffers) that is at most 38 MB.
  std::size_t connections = 512;

  /// Connections above `connections` that get a TLS handshake and 429, so that the API server retries after a
  /// second. Further ones are closed immediately.
  std::size_t turned_away = 64;

  /// Total size of the bodies larger than `counted_body_bytes` in memory, on all threads: six of the largest.
  /// Beyond it: 429. Without this limit 512 connections could hold 3.5 GB. A large request needs about 16 MB
  /// more while it is answered: at most 140 MB for all, and 200 MB with all connections open. The memory
  /// limit in deploy/ is 256 MiB.
  std::size_t bodies_bytes = std::size_t{42} << 20;
  std::size_t counted_body_bytes = std::size_t{64} << 10;

  /// Requests that may wait for lookups at the same time, on all threads. Requests without lookups are not
  /// affected. Eight lookups run at the same time and take about 5 ms each: the last of 256 takes 0.16 s.
  /// With a slower API server, more of them would all reach their deadlines. Beyond it: 429, after which the
  /// API server retries; it has at most 200 writes in flight (--max-mutating-requests-inflight).
  std::size_t waiting = 256;

  // Deadlines. They are measured in ticks of `tick`, and may be late by one or two ticks.

  /// A handshake takes three round trips and a signature: milliseconds. The API server allows 10 s.
  std::chrono::milliseconds handshake = std::chrono::seconds(10);
  /// From the first byte of a request to its last header, which are sent in one packet.
  std::chrono::milliseconds header = std::chrono::seconds(10);
  /// From there to the last byte of the body. The largest `timeoutSeconds` of a webhook is 30 s; after that
  /// the API server does not read the answer. A `?timeout=` of the client applies from the first byte of the
  /// request.
  std::chrono::milliseconds body = std::chrono::seconds(30);
  /// An answer of a few kilobytes fits into the socket's buffer, unless the client has stopped reading.
  std::chrono::milliseconds write = std::chrono::seconds(10);
  /// The API server closes idle connections after 90 s. It does not retry a POST on a connection that we
  /// close, so it must close first.
  std::chrono::milliseconds idle = std::chrono::seconds(120);
  /// For the client to close after our answer.
  std::chrono::milliseconds close = std::chrono::seconds(2);

  /// How often deadlines are checked: one timer per thread instead of one per phase of a request.
  std::chrono::milliseconds tick = std::chrono::milliseconds(100);

  /// Connections that the kernel queues until we accept them; net.core.somaxconn may lower it.
  int backlog = 1024;
};

}  // namespace modelgate::http
