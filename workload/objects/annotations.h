// SPDX-License-Identifier: Apache-2.0
//
// The annotations and labels of a Pod that request what is injected, and the names of the injected
// containers. All of them are KServe v0.20's.
#pragma once

#include <string_view>

namespace modelgate::workload {

namespace label {
/// A Pod without it is not mutated.
inline constexpr std::string_view kInferenceService = "serving.kserve.io/inferenceservice";
inline constexpr std::string_view kComponent = "component";
inline constexpr std::string_view kEndpoint = "endpoint";
inline constexpr std::string_view kLocalModel = "internal.serving.kserve.io/localmodel";
/// Of the Pods of a Knative revision.
inline constexpr std::string_view kKnativeRevision = "serving.knative.dev/revision";
}  // namespace label

namespace annotation {
inline constexpr std::string_view kInternalPrefix = "internal.serving.kserve.io/";

// Storage.
inline constexpr std::string_view kSourceUri = "internal.serving.kserve.io/storage-initializer-sourceuri";
inline constexpr std::string_view kStorageSpec = "internal.serving.kserve.io/storage-spec";
inline constexpr std::string_view kStorageSpecParameters = "internal.serving.kserve.io/storage-spec-param";
inline constexpr std::string_view kStorageSpecKey = "internal.serving.kserve.io/storage-spec-key";
inline constexpr std::string_view kStorageContainer = "internal.serving.kserve.io/storage-container-name";
inline constexpr std::string_view kReadOnly = "storage.kserve.io/readonly";
inline constexpr std::string_view kLocalModelSourceUri = "internal.serving.kserve.io/localmodel-sourceuri";
inline constexpr std::string_view kLocalModelPvcName = "internal.serving.kserve.io/localmodel-pvc-name";
inline constexpr std::string_view kConfidential = "internal.serving.kserve.io/confidential-enabled";
inline constexpr std::string_view kConfidentialResource =
    "internal.serving.kserve.io/confidential-resource-id";

// The agent.
inline constexpr std::string_view kAgent = "internal.serving.kserve.io/agent";
inline constexpr std::string_view kModelConfigVolume = "internal.serving.kserve.io/configVolumeName";
inline constexpr std::string_view kModelConfigMount = "internal.serving.kserve.io/configMountPath";
inline constexpr std::string_view kModelDirectory = "internal.serving.kserve.io/modelDir";
inline constexpr std::string_view kBatcher = "internal.serving.kserve.io/batcher";
inline constexpr std::string_view kBatcherMaxBatchSize = "internal.serving.kserve.io/batcher-max-batchsize";
inline constexpr std::string_view kBatcherMaxLatency = "internal.serving.kserve.io/batcher-max-latency";
inline constexpr std::string_view kLogger = "internal.serving.kserve.io/logger";
inline constexpr std::string_view kLoggerUrl = "internal.serving.kserve.io/logger-sink-url";
inline constexpr std::string_view kLoggerMode = "internal.serving.kserve.io/logger-mode";
inline constexpr std::string_view kLoggerHeaders = "internal.serving.kserve.io/logger-metadata-headers";
inline constexpr std::string_view kLoggerAnnotations =
    "internal.serving.kserve.io/logger-metadata-annotations";

// Metrics.
inline constexpr std::string_view kMetricAggregation = "serving.kserve.io/enable-metric-aggregation";
inline constexpr std::string_view kPrometheusScraping = "serving.kserve.io/enable-prometheus-scraping";
inline constexpr std::string_view kContainerMetricsPort = "prometheus.kserve.io/port";
inline constexpr std::string_view kContainerMetricsPath = "prometheus.kserve.io/path";
inline constexpr std::string_view kPrometheusScrape = "prometheus.io/scrape";
inline constexpr std::string_view kPrometheusPort = "prometheus.io/port";
inline constexpr std::string_view kPrometheusPath = "prometheus.io/path";

// Nodes and networks.
inline constexpr std::string_view kGkeAccelerator = "serving.kserve.io/gke-accelerator";
inline constexpr std::string_view kStorageInitializerUid = "serving.kserve.io/storage-initializer-uid";
inline constexpr std::string_view kIstioInterceptionMode = "sidecar.istio.io/interceptionMode";
inline constexpr std::string_view kIstioStatus = "sidecar.istio.io/status";
}  // namespace annotation

namespace container {
inline constexpr std::string_view kModelServer = "kserve-container";
inline constexpr std::string_view kWorker = "worker-container";
inline constexpr std::string_view kTransformer = "transformer-container";
inline constexpr std::string_view kQueueProxy = "queue-proxy";
inline constexpr std::string_view kStorageInitializer = "storage-initializer";
inline constexpr std::string_view kAgent = "agent";
inline constexpr std::string_view kModelcar = "modelcar";
inline constexpr std::string_view kModelcarInit = "modelcar-init";
}  // namespace container

/// The directory of the model in containers that serve it.
inline constexpr std::string_view kModelPath = "/mnt/models";

}  // namespace modelgate::workload
