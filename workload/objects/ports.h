// SPDX-License-Identifier: Apache-2.0
//
// Port numbers of the objects that serve an InferenceService. All of them are KServe v0.20's.
#pragma once

namespace modelgate::workload {

/// Of a component's Service.
inline constexpr int kServicePort = 80;
/// Of a model server whose container declares no port.
inline constexpr int kModelServerPort = 8080;
/// Of the agent, which receives requests before the model server.
inline constexpr int kAgentPort = 9081;

}  // namespace modelgate::workload
