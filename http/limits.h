// SPDX-License-Identifier: Apache-2.0
#pragma once

// What one client may ask of the server, each bound with how it was derived. Used by http/server.h; tests
// set shorter ones.

#include <chrono>
#include <cstddef>

namespace modelgate::http {

struct Limits {
  // The API server refuses objects over 3 MiB; a review holds two of them and the rest: rounded up to 7 MiB.
  std::size_t body_bytes = std::size_t{7} << 20;

  // The API server sends about 400 bytes of headers. 16 KiB is one TLS record, and twice what nginx allows.
  std::size_t header_bytes = std::size_t{16} << 10;

  // API servers keep 25 idle connections each and there are rarely more than five: 512 leaves room for
  // bursts, at about 75 KB each (OpenSSL's and Asio's buffers) 38 MB at the worst.
  std::size_t connections = 512;

  // Connections above `connections` that are still given a TLS handshake and the answer 429, so that the API
  // server tries again after a second. Those above that too are closed at once.
  std::size_t turned_away = 64;

  // Bodies larger than `counted_body_bytes` that may be in memory at once, on all threads together: six of
  // the largest. Beyond it 429. Without it 512 connections could hold 3.5 GB. While one is answered it takes
  // some 16 MB more, so they are 140 MB at the worst, and with all connections open 200 MB: deploy/ gives 256
  // MiB.
  std::size_t bodies_bytes = std::size_t{42} << 20;
  std::size_t counted_body_bytes = std::size_t{64} << 10;

  // Requests that may wait for facts at once, on all threads together; what needs none is answered all the
  // same. Eight are read at once, in about 5 ms each: the last of 256 has its own after 0.16 s. Where the API
  // server is slower than that, more of them would only wait for their deadlines together. Beyond it 429,
  // which the API server obeys; it has no more than 200 writes under way (--max-mutating-requests-inflight).
  std::size_t waiting = 256;

  // Deadlines. Each is counted in ticks of `tick`, so it may be late by one or two of them.
  //
  // A handshake takes three round trips and a signature: milliseconds. The API server itself gives it 10 s.
  std::chrono::milliseconds handshake = std::chrono::seconds(10);
  // From a request's first byte to its last header; sent in one packet.
  std::chrono::milliseconds header = std::chrono::seconds(10);
  // From there to the last byte of the body. The longest `timeoutSeconds` a webhook can have is 30 s, after
  // which the API server would not read the answer. It says its own in `?timeout=`, and that counts from the
  // request's first byte.
  std::chrono::milliseconds body = std::chrono::seconds(30);
  // An answer of a few kilobytes goes into the socket's buffer at once, unless the client has stopped
  // reading.
  std::chrono::milliseconds write = std::chrono::seconds(10);
  // The API server drops its idle connections after 90 s and does not send a POST again whose connection
  // closes under it: so it must be the one who closes.
  std::chrono::milliseconds idle = std::chrono::seconds(120);
  // For the client to notice that we close: it has our answer already.
  std::chrono::milliseconds close = std::chrono::seconds(2);

  // How often deadlines are looked at. One timer a thread instead of one a phase of a request.
  std::chrono::milliseconds tick = std::chrono::milliseconds(100);

  // Connections that the kernel holds for us until we accept them; net.core.somaxconn may lower it.
  int backlog = 1024;
};

}  // namespace modelgate::http
