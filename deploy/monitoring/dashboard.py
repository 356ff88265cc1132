#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes dashboard.json, the Grafana dashboard of both programs, from the table below.

    dashboard.py            writes it
    dashboard.py --check    exit code 1 if the committed file is out of date
"""
import json
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parent / "dashboard.json"
ACROSS, COLUMNS, HEIGHT = 3, 24, 8
RATE = "[$__rate_interval]"
# The labels of a model server's metrics that name its service; Prometheus adds them (pod-monitor.yaml).
SERVICE = "namespace, serving_kserve_io_inferenceservice"
LEGEND = "{{namespace}}/{{serving_kserve_io_inferenceservice}}"
# The containers of model servers, in metrics of the node.
SERVER = "container=~\"kserve-container|worker-container|transformer-container\""


def per_service(metric, function="rate", selector=""):
    """The sum of a counter for each service."""
    return f"sum by ({SERVICE}) ({function}({metric}{selector}{RATE}))"


def quantile(metric, q=0.99, scale=""):
    """A quantile of a histogram for each service, in seconds."""
    return f"histogram_quantile({q}, sum by (le, {SERVICE}) (rate({metric}_bucket{RATE}))){scale}"


def mean(metric, count, scale=""):
    """The mean of a server that has no histogram: time per request, in seconds."""
    return f"{per_service(metric)} / {per_service(count)}{scale}"


def by_server(queries):
    """One target for each server: (server, expression) to (legend, expression)."""
    return [(f"{LEGEND} ({server})", expression) for server, expression in queries]


# Row -> panels: title, unit, and queries (legend, expression).
PANELS = {
    "Admission": [
        ("Requests by webhook", "reqps",
         [("{{webhook}}", f"sum by (webhook) (rate(controller_runtime_webhook_requests_total{RATE}))")]),
        ("Latency", "s",
         [(f"p{q * 100:g}", f"histogram_quantile({q}, sum by (le) "
           f"(rate(controller_runtime_webhook_latency_seconds_bucket{RATE})))") for q in (0.5, 0.9, 0.99)]),
        ("Denied, and denied by Strict only", "reqps",
         [("denied", f"sum(rate(modelgate_webhook_denied_total{RATE}))"),
          ("Strict would deny", f"sum(rate(modelgate_webhook_strict_would_deny_total{RATE}))")]),
        ("Errors and overload", "reqps",
         [("{{code}}", f"sum by (code) (rate(controller_runtime_webhook_requests_total{{code!=\"200\"}}{RATE}))"),
          ("HTTP {{code}}", f"sum by (code) (rate(modelgate_http_errors_total{RATE}))"),
          ("shed: {{cause}}", f"sum by (cause) (rate(modelgate_requests_shed_total{RATE}))")]),
        ("In flight", "short",
         [("{{pod}}", "sum by (pod) (controller_runtime_webhook_requests_in_flight)")]),
        ("As the API server sees it", "reqps",
         [("{{name}} {{error_type}}", "sum by (name, error_type) (rate(apiserver_admission_webhook_rejection_count"
           f"{{name=~\".+\\\\.kserve-webhook-server\\\\..+\"}}{RATE}))"),
          ("{{name}} failed open", "sum by (name) (rate(apiserver_admission_webhook_fail_open_count"
           f"{{name=~\".+\\\\.kserve-webhook-server\\\\..+\"}}{RATE}))")]),
    ],
    "Models": [
        ("Services by phase", "short",
         [("{{phase}}", "sum by (phase) (modelgate_inferenceservice_phase)"),
          ("ready", "sum(modelgate_inferenceservice_ready)")]),
        ("Not ready", "short",
         [("{{namespace}}/{{name}}", "modelgate_inferenceservice_ready{name!=\"(others)\"} == 0")]),
        ("Replicas", "short",
         [("desired, {{namespace}}", "sum by (namespace) (modelgate_inferenceservice_replicas_wanted)"),
          ("ready, {{namespace}}", "sum by (namespace) (modelgate_inferenceservice_replicas_ready)")]),
        ("Requested accelerators", "short",
         [("{{resource}}, {{namespace}}", "sum by (resource, namespace) (modelgate_inferenceservice_accelerators)")]),
        ("Time to Ready", "s",
         [("longest", "max(modelgate_inferenceservice_created_to_ready_seconds)"),
          ("median", "quantile(0.5, modelgate_inferenceservice_created_to_ready_seconds)")]),
        ("Loading a model, the ten slowest", "s",
         [("{{namespace}}/{{name}}", "topk(10, modelgate_inferenceservice_model_load_seconds)")]),
    ],
    # Their names are in model-metrics.yaml, with the documentation of each server.
    "Model servers": [
        ("Requests", "reqps", by_server([
            ("KServe", per_service("request_predict_seconds_count")),
            ("MLServer", per_service("model_infer_request_success_total")),
            ("Triton", per_service("nv_inference_request_success")),
            ("vLLM", per_service("vllm:request_success_total")),
            ("TorchServe", per_service("ts_inference_requests_total")),
            ("TensorFlow", per_service(":tensorflow:serving:request_count")),
            ("OpenVINO", per_service("ovms_requests_success"))])),
        ("Latency, 99th percentile (Triton, TorchServe: mean)", "s", by_server([
            ("KServe", quantile("request_predict_seconds")),
            ("MLServer", quantile("rest_server_request_duration_seconds")),
            ("Triton", mean("nv_inference_request_duration_us", "nv_inference_request_success", " / 1e6")),
            ("vLLM", quantile("vllm:e2e_request_latency_seconds")),
            ("TorchServe", mean("ts_inference_latency_microseconds", "ts_inference_requests_total", " / 1e6")),
            ("TensorFlow", quantile(":tensorflow:serving:request_latency", scale=" / 1e6")),
            ("OpenVINO", quantile("ovms_request_time_us", scale=" / 1e6"))])),
        ("Errors", "reqps", by_server([
            ("MLServer", per_service("model_infer_request_failure_total")),
            ("Triton", per_service("nv_inference_request_failure")),
            ("vLLM", per_service("vllm:request_success_total", selector="{finished_reason=~\"abort|error\"}")),
            ("TorchServe", per_service("Requests5XX")),
            ("TensorFlow", per_service(":tensorflow:serving:request_count", selector="{status!=\"OK\"}")),
            ("OpenVINO", per_service("ovms_requests_fail"))])),
        ("CPU", "short",
         [("{{namespace}}/{{pod}}", f"sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{{{SERVER}}}{RATE}))")]),
        ("Memory", "bytes",
         [("{{namespace}}/{{pod}}", f"sum by (namespace, pod) (container_memory_working_set_bytes{{{SERVER}}})")]),
        # The exporter's labels of the Pod are exported_* unless Prometheus honors them.
        ("GPU", "percent",
         [("{{exported_namespace}}/{{exported_pod}} {{gpu}}", f"DCGM_FI_DEV_GPU_UTIL{{exported_{SERVER}}}"),
          ("{{namespace}}/{{pod}} {{gpu}}", f"DCGM_FI_DEV_GPU_UTIL{{{SERVER}}}")]),
        ("GPU memory", "decmbytes",
         [("{{exported_namespace}}/{{exported_pod}} {{gpu}}", f"DCGM_FI_DEV_FB_USED{{exported_{SERVER}}}"),
          ("{{namespace}}/{{pod}} {{gpu}}", f"DCGM_FI_DEV_FB_USED{{{SERVER}}}")]),
        ("Waiting requests, and time to first token", "short", by_server([
            ("vLLM, waiting", f"sum by ({SERVICE}) (vllm:num_requests_waiting)"),
            ("vLLM, p99 in seconds", quantile("vllm:time_to_first_token_seconds")),
            ("Triton, waiting", f"sum by ({SERVICE}) (nv_inference_pending_request_count)")])),
        ("Load time", "s",
         [("{{namespace}}/{{name}}", "modelgate_inferenceservice_model_load_seconds"),
          (f"{LEGEND}: {{{{model}}}} (Triton)", f"max by ({SERVICE}, model) (nv_model_load_duration_secs)")]),
    ],
    "Reconciler": [
        ("Reconciles", "ops",
         [("{{result}}", f"sum by (result) (rate(controller_runtime_reconcile_total{RATE}))")]),
        ("Duration of a reconcile", "s",
         [(f"p{q * 100:g}", f"histogram_quantile({q}, sum by (le) "
           f"(rate(controller_runtime_reconcile_time_seconds_bucket{RATE})))") for q in (0.5, 0.9, 0.99)]),
        ("Workers", "short",
         [("active, {{pod}}", "controller_runtime_active_workers{controller=\"inferenceservice\"}"),
          ("maximum, {{pod}}", "controller_runtime_max_concurrent_reconciles{controller=\"inferenceservice\"}")]),
        ("Queue", "short",
         [("depth, {{pod}}", "workqueue_depth{name=\"inferenceservice\"}"),
          ("added per second", f"sum(rate(workqueue_adds_total{{name=\"inferenceservice\"}}{RATE}))"),
          ("retries per second", f"sum(rate(workqueue_retries_total{{name=\"inferenceservice\"}}{RATE}))")]),
        ("Waiting in the queue", "s",
         [(f"p{q * 100:g}", f"histogram_quantile({q}, sum by (le) "
           f"(rate(workqueue_queue_duration_seconds_bucket{{name=\"inferenceservice\"}}{RATE})))")
          for q in (0.5, 0.99)]
         + [("longest running", "max(workqueue_longest_running_processor_seconds{name=\"inferenceservice\"})")]),
        ("Bugs and write storms", "short",
         [("failed because of a bug", f"sum(increase(controller_runtime_reconcile_panics_total{RATE}))"),
          ("write storms", f"sum(increase(modelgate_write_storms_total{RATE}))"),
          ("leader: {{pod}}", "leader_election_master_status{name=\"modelgate-reconciler\"} == 1")]),
    ],
    "Connections": [
        ("Open", "short", [("{{pod}}", "modelgate_connections")]),
        ("New", "cps", [("{{pod}}", f"rate(modelgate_connections_total{RATE})")]),
        ("Rejected and failed", "cps",
         [("over the limit: {{how}}", f"sum by (how) (rate(modelgate_connections_rejected_total{RATE}))"),
          ("handshake failed", f"sum(rate(modelgate_handshake_errors_total{RATE}))"),
          ("accept failed", f"sum(rate(modelgate_accept_errors_total{RATE}))"),
          ("timed out: {{phase}}", f"sum by (phase) (rate(modelgate_timeouts_total{RATE}))")]),
    ],
    "Cluster": [
        ("Catalog", "short", [("generation, {{pod}}", "modelgate_catalog_generation"),
                              ("connected, {{pod}}", "modelgate_cluster_connected")]),
        ("Watches", "short",
         [("{{resource}} events", f"sum by (resource) (rate(modelgate_watch_events_total{RATE}))"),
          ("{{resource}} lists", f"sum by (resource) (increase(modelgate_watch_lists_total{RATE}))"),
          ("{{resource}} failures", f"sum by (resource) (increase(modelgate_watch_failures_total{RATE}))")]),
        ("Invalid configuration", "short", [("{{pod}}", f"increase(modelgate_configuration_refused_total{RATE})")]),
        ("Calls to the API server", "reqps",
         [("{{method}} {{code}}", f"sum by (method, code) (rate(rest_client_requests_total{RATE}))")]),
        ("Live reads for admission", "reqps",
         [("{{result}}", f"sum by (result) (rate(modelgate_facts_total{RATE}))"),
          ("rounds", f"sum(rate(modelgate_webhook_lookups_total{RATE}))")]),
        ("Waiting for our own rate limit", "s",
         [("{{pod}}", f"rate(modelgate_client_rate_limited_seconds_total{RATE})")]),
    ],
    "Certificates": [
        ("Remaining validity of the certificate", "s", [("{{pod}}", "modelgate_certificate_not_after_seconds - time()")]),
        ("Remaining validity of the CA", "s", [("CA", "max(modelgate_ca_not_after_seconds > 0) - time()")]),
        ("Created and written", "short",
         [("leaves", f"sum(increase(modelgate_leaf_certificates_total{RATE}))"),
          ("CA rotations", f"sum(increase(modelgate_ca_rotations_total{RATE}))"),
          ("caBundle written", f"sum(increase(modelgate_ca_bundle_writes_total{RATE}))"),
          ("errors", f"sum(increase(modelgate_certificate_errors_total{RATE}))"),
          ("leader: {{pod}}", "leader_election_master_status{name=\"modelgate-webhook\"} == 1")]),
    ],
    "Process": [
        ("Memory", "bytes", [("{{pod}}", "process_resident_memory_bytes{pod=~\"modelgate-.+\"}")]),
        ("CPU", "short", [("{{pod}}", f"rate(process_cpu_seconds_total{{pod=~\"modelgate-.+\"}}{RATE})")]),
        ("Builds", "short", [("{{program}} {{version}}", "sum by (program, version) (modelgate_build_info)")]),
        ("Open files", "short", [("{{pod}}", "process_open_fds{pod=~\"modelgate-.+\"}")]),
    ],
}


def dashboard():
    panels, y = [], 0
    for row, contents in PANELS.items():
        panels.append({"type": "row", "title": row, "id": len(panels) + 1, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1}})
        y += 1
        for number, (title, unit, queries) in enumerate(contents):
            width = COLUMNS // ACROSS
            panels.append({
                "type": "timeseries", "title": title, "id": len(panels) + 1, "datasource": source(),
                "gridPos": {"x": width * (number % ACROSS), "y": y + HEIGHT * (number // ACROSS), "w": width, "h": HEIGHT},
                "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
                "options": {"legend": {"displayMode": "list", "placement": "bottom"}},
                "targets": [{"refId": chr(ord("A") + i), "expr": expression, "legendFormat": legend,
                             "datasource": source()} for i, (legend, expression) in enumerate(queries)]})
        y += HEIGHT * -(-len(contents) // ACROSS)
    return {"title": "Modelgate", "uid": "modelgate-webhook", "tags": ["modelgate", "kserve"],
            "schemaVersion": 39, "version": 1, "editable": True, "refresh": "30s", "timezone": "",
            "time": {"from": "now-1h", "to": "now"}, "annotations": {"list": []}, "panels": panels,
            "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus",
                                     "label": "Data source"}]}}


def source():
    return {"type": "prometheus", "uid": "${datasource}"}


def main():
    text = json.dumps(dashboard(), indent=1) + "\n"
    if sys.argv[1:] == ["--check"]:
        if not FILE.exists() or FILE.read_text() != text:
            sys.exit(f"{FILE.name} is not what dashboard.py makes")
        return
    if sys.argv[1:]:
        sys.exit(__doc__)
    FILE.write_text(text)


if __name__ == "__main__":
    main()
