# SPDX-License-Identifier: Apache-2.0
"""InferenceServices through a real API server: each verb of kubectl, the messages for the client, and the stored objects.

`Cases` runs twice: on our CRDs and, if they are next to the repository, on KServe's own.
"""
import json
import re

from webhook import MUTATE, VALIDATE
from world import ClusterTest, inference_service, model, warnings

# The API server drops longer warnings and those with control characters.
MAX_WARNING = 256


class Cases:
    # ---- defaults, with each kind of write

    def assert_defaulted(self, service):
        made = service["spec"]["predictor"]["model"]
        self.assertEqual(made["runtime"], "bare")
        self.assertEqual(made["resources"], {kind: {"cpu": "1", "memory": "2Gi"} for kind in ("requests", "limits")})

    def test_create(self):
        self.assert_defaulted(self.shown("create", "-f", "-", stdin=inference_service("a")))
        self.assert_defaulted(self.service("a"))

    def test_create_with_generate_name(self):
        manifest = inference_service("a")
        manifest["metadata"] = {"generateName": "generated-"}
        self.assert_defaulted(self.shown("create", "-f", "-", stdin=manifest))

    def test_dry_run_shows_and_stores_nothing(self):
        for way in (["create"], ["apply"], ["apply", "--server-side"]):
            with self.subTest(" ".join(way)):
                self.assert_defaulted(self.shown(*way, "--dry-run=server", "-f", "-", stdin=inference_service("a")))
                self.kubectl("get", "isvc", "a", expect=1)

    def test_apply_client_side(self):
        self.assert_defaulted(self.shown("apply", "-f", "-", stdin=inference_service("a")))

    def test_apply_server_side(self):
        self.assert_defaulted(self.shown("apply", "--server-side", "-f", "-", stdin=inference_service("a")))

    def test_replace_keeps_the_selected_runtime(self):
        self.kubectl("create", "-f", "-", stdin=inference_service("a"))
        self.kubectl("replace", "-f", "-", stdin=inference_service("a"))
        self.assert_defaulted(self.service("a"))
        self.assertEqual(self.generation("a"), 1)

    def test_patches(self):
        self.kubectl("create", "-f", "-", stdin=inference_service("a"))
        patches = [("merge", {"spec": {"predictor": {"minReplicas": 2}}}),
                   ("json", [{"op": "replace", "path": "/spec/predictor/minReplicas", "value": 3}])]
        for kind, patch in patches:
            self.kubectl("patch", "isvc", "a", f"--type={kind}", "-p", json.dumps(patch))
        service = self.service("a")
        self.assertEqual(service["spec"]["predictor"]["minReplicas"], 3)
        self.assert_defaulted(service)

    def test_a_user_value_replaces_our_default_and_can_be_removed(self):
        mine = inference_service("a", {"model": model(resources={"requests": {"cpu": "250m"}, "limits": {"cpu": "500m"}})})
        for way in ([], ["--server-side"]):
            with self.subTest(way=way):
                self.kubectl("apply", *way, "-f", "-", stdin=inference_service("a"))
                ours = self.service("a")["spec"]["predictor"]["model"]["resources"]
                self.kubectl("apply", *way, "-f", "-", stdin=mine)
                resources = self.service("a")["spec"]["predictor"]["model"]["resources"]
                self.assertEqual((resources["requests"]["cpu"], resources["limits"]["cpu"]), ("250m", "500m"))
                self.kubectl("apply", *way, "-f", "-", stdin=inference_service("a"))
                self.assertEqual(self.service("a")["spec"]["predictor"]["model"]["resources"], ours)
                self.kubectl("delete", "isvc", "a")

    def test_another_format_gets_another_runtime_with_a_warning(self):
        for way in ([], ["--server-side"]):
            name = "a" + str(len(way))
            with self.subTest(name):
                self.kubectl("apply", *way, "-f", "-", stdin=inference_service(name))
                other = inference_service(name, {"model": model(modelFormat={"name": "xgboost"})})
                done = self.kubectl("apply", *way, "-f", "-", stdin=other)
                self.assertEqual(self.service(name)["spec"]["predictor"]["model"]["runtime"], "kserve-xgbserver")
                self.assertTrue([w for w in warnings(done.stderr) if "kserve-xgbserver" in w], done.stderr)

    def test_gpu_toleration_is_added_and_removed(self):
        def asking_for(*resources):
            return inference_service("a", {"model": model(resources={"limits": {r: "1" for r in resources}})})

        for way in ([], ["--server-side"]):
            for wanted in (["nvidia.com/gpu"], ["nvidia.com/gpu"], ["amd.com/gpu"], []):
                with self.subTest(way=way, wanted=wanted):
                    self.kubectl("apply", *way, "-f", "-", stdin=asking_for(*wanted))
                    tolerations = self.service("a")["spec"]["predictor"].get("tolerations", [])
                    self.assertEqual([t["key"] for t in tolerations], wanted)
            self.kubectl("delete", "isvc", "a")

    def test_framework_field_becomes_model(self):
        manifest = inference_service("a", {"sklearn": {"storageUri": "s3://models/iris"}})
        for way in ([], ["--server-side"]):
            with self.subTest(way=way):
                self.kubectl("apply", *way, "-f", "-", stdin=manifest)
                predictor = self.service("a")["spec"]["predictor"]
                self.assertEqual(predictor["model"]["modelFormat"]["name"], "sklearn")
                self.assertNotIn("sklearn", predictor)
                self.kubectl("delete", "isvc", "a")

    # ---- messages for the client

    def test_one_warning_names_the_defaults(self):
        shown = warnings(self.kubectl("create", "-f", "-", stdin=inference_service("a")).stderr)
        self.assertEqual(len([w for w in shown if "cpu" in w and "memory" in w]), 1, shown)
        for warning in shown:
            self.assertLessEqual(len(warning.encode()), MAX_WARNING)

    def test_a_missing_runtime_is_a_warning(self):
        manifest = inference_service("a", {"model": model(runtime="nowhere")})
        shown = warnings(self.kubectl("create", "-f", "-", stdin=manifest).stderr)
        self.assertTrue([w for w in shown if "nowhere" in w], shown)

    def test_a_service_that_cannot_be_created_is_denied(self):
        manifest = inference_service("a", {"model": model(args=["--team={{.Labels.team}}"])})
        self.assertIn('the service has no "team"', self.denied("create", "-f", "-", stdin=manifest))
        manifest["metadata"]["labels"] = {"team": "pricing"}
        self.kubectl("create", "-f", "-", stdin=manifest)

    def test_denial_names_each_path_on_a_line(self):
        manifest = inference_service("a", {"minReplicas": 3, "maxReplicas": 2, "model": model(
            storage={"path": "iris"}, resources={"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}})})
        for way in (["create"], ["apply"], ["apply", "--server-side"], ["create", "--dry-run=server"]):
            with self.subTest(" ".join(way)):
                text = self.denied(*way, "-f", "-", stdin=manifest)
                self.assertIn('The InferenceService "a" is invalid', text)
                for path in ("spec.predictor.model.storage", "spec.predictor.model.resources"):
                    self.assertRegex(text, rf"(?m)^\* {re.escape(path)}")
                self.assertGreaterEqual(text.count("\n* "), 3, text)
        self.kubectl("get", "isvc", "a", expect=1)

    def test_denied_update_changes_nothing(self):
        self.kubectl("create", "-f", "-", stdin=inference_service("a"))
        before = self.service("a")
        patch = {"spec": {"predictor": {"minReplicas": 3, "maxReplicas": 2}}}
        self.denied("patch", "isvc", "a", "--type=merge", "-p", json.dumps(patch))
        self.assertEqual(self.service("a"), before)

    def test_audit_log_has_the_annotations(self):
        self.kubectl("create", "-f", "-", stdin=inference_service("a"))
        self.denied("create", "-f", "-", stdin=inference_service(
            "b", {"minReplicas": 3, "maxReplicas": 2, "model": model()}))
        wanted = [("create", 201, MUTATE, "bare"), ("create", 422, VALIDATE, "")]
        for verb, code, webhook, value in wanted:
            events = [e for e in self.plane.audit_events() if e["verb"] == verb
                      and e["objectRef"].get("namespace") == self.namespace and e["responseStatus"]["code"] == code]
            self.assertEqual(len(events), 1)
            ours = {k: v for k, v in events[0]["annotations"].items() if k.startswith(webhook + "/")}
            self.assertTrue([v for v in ours.values() if value in v], (webhook, events[0]["annotations"]))

    # ---- repeated apply

    def test_applying_twice_changes_no_generation(self):
        for way in ([], ["--server-side"]):
            name = "a" + str(len(way))
            with self.subTest(name):
                for _ in range(3):
                    self.kubectl("apply", *way, "-f", "-", stdin=inference_service(name))
                self.assertEqual(self.generation(name), 1)

    def test_switching_between_kinds_of_apply_changes_no_generation(self):
        self.kubectl("apply", "-f", "-", stdin=inference_service("a"))
        self.kubectl("apply", "--server-side", "-f", "-", stdin=inference_service("a"))
        self.kubectl("apply", "-f", "-", stdin=inference_service("a"))
        self.assertEqual(self.generation("a"), 1)

    # ---- containers that are renamed

    def test_a_renamed_container_is_merged_only_if_it_is_applied_again(self):
        def transformer(*containers):
            return inference_service("a", transformer={"containers": [{"name": n, "image": i} for n, i in containers]})

        def containers():
            return [(c["name"], c["image"]) for c in self.service("a")["spec"]["transformer"]["containers"]]

        for way in ([], ["--server-side"]):
            with self.subTest(way=way):
                self.kubectl("apply", *way, "-f", "-", stdin=transformer(("mine", "one")))
                self.kubectl("apply", *way, "-f", "-", stdin=transformer(("mine", "two")))
                self.assertEqual(containers(), [("kserve-container", "two")])
                sidecar = {"op": "add", "path": "/spec/transformer/containers/-", "value": {"name": "mine", "image": "three"}}
                self.kubectl("patch", "isvc", "a", "--type=json", "-p", json.dumps([sidecar]))
                self.assertEqual(containers(), [("kserve-container", "two"), ("mine", "three")])
                self.kubectl("patch", "isvc", "a", "--type=merge", "-p", '{"spec":{"transformer":{"minReplicas":2}}}')
                self.assertEqual(containers(), [("kserve-container", "two"), ("mine", "three")])
                self.kubectl("delete", "isvc", "a")

    def test_two_containers_of_one_name_stay_two(self):
        self.kubectl("create", "-f", "-", stdin=inference_service("a", transformer={
            "containers": [{"name": "w", "image": "one"}, {"name": "w", "image": "two"}]}))
        self.kubectl("patch", "isvc", "a", "--type=merge", "-p", '{"spec":{"transformer":{"minReplicas":2}}}')
        containers = self.service("a")["spec"]["transformer"]["containers"]
        self.assertEqual([(c["name"], c["image"]) for c in containers], [("kserve-container", "one"), ("w", "two")])

    # ---- deletion

    def test_delete(self):
        self.kubectl("create", "-f", "-", stdin=inference_service("a"))
        self.kubectl("delete", "isvc", "a")
        self.kubectl("get", "isvc", "a", expect=1)

    def test_deletion_completes_without_the_webhook(self):
        manifest = inference_service("a")
        manifest["metadata"]["finalizers"] = ["example.com/wait"]
        self.kubectl("create", "-f", "-", stdin=manifest)
        self.kubectl("delete", "isvc", "a", "--wait=false")
        self.webhook.kill()
        try:
            self.kubectl("patch", "isvc", "a", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
            self.kubectl("get", "isvc", "a", expect=1)
        finally:
            self.webhook.start()

    # ---- stopping and starting the webhook

    def test_killed_and_started_again(self):
        self.webhook.kill()
        try:
            text = self.denied("create", "-f", "-", stdin=inference_service("a"))
            self.assertIn("failed calling webhook", text)
        finally:
            self.webhook.start()
        self.assert_defaulted(self.shown("create", "-f", "-", stdin=inference_service("a")))

    def test_drains_without_a_failed_write(self):
        self.kubectl("create", "-f", "-", stdin=inference_service("a"))
        try:
            with self.webhook.draining():
                for number in range(5):
                    self.kubectl("annotate", "isvc", "a", "--overwrite", f"example.com/number={number}")
        finally:
            self.webhook.start()
        self.assert_defaulted(self.shown("create", "-f", "-", stdin=inference_service("b")))

    # ---- Pods

    def test_pod_of_a_service_passes(self):
        pod = {"apiVersion": "v1", "kind": "Pod",
               "metadata": {"name": "a", "labels": {"serving.kserve.io/inferenceservice": "a"}},
               "spec": {"automountServiceAccountToken": False, "containers": [{"name": "kserve-container", "image": "a"}]}}
        self.eventually("the namespace's service account", lambda: self.plane.get(
            f"/api/v1/namespaces/{self.namespace}/serviceaccounts/default"))
        self.kubectl("create", "-f", "-", stdin=pod)


class OnOurCrds(Cases, ClusterTest):
    # ---- old spellings that only our CRD accepts

    def test_canary_object_becomes_a_list(self):
        def manifest(percent):
            return inference_service("a", {"canaryTrafficPercent": percent, "model": model()},
                                     annotations={"serving.kserve.io/deploymentMode": "Standard"},
                                     canary={"predictor": {"model": model(storageUri="s3://models/iris-2")}})

        for way in ([], ["--server-side"]):
            # Applying it again changes nothing; another percentage is computed again.
            for percent, generation in ((90, 1), (90, 1), (70, 2)):
                with self.subTest(way=way, percent=percent):
                    self.kubectl("apply", *way, "-f", "-", stdin=manifest(percent))
                    service = self.service("a")
                    self.assertEqual(service["metadata"]["generation"], generation)
                    (canary,) = service["spec"]["canary"]
                    self.assertEqual(canary["trafficPercent"], 100 - percent)
                    self.assertEqual(canary["predictor"]["model"]["storageUri"], "s3://models/iris-2")
            self.kubectl("delete", "isvc", "a")

    def test_the_traffic_percent_at_the_top_is_the_newest(self):
        manifest = inference_service("a", {"canaryTrafficPercent": 20, "model": model()},
                                     annotations={"serving.kserve.io/deploymentMode": "Standard"},
                                     canary={"predictor": {"model": model(storageUri="s3://models/iris-2")}})
        for way in ([], ["--server-side"]):
            for percent in (20, 100, 0, 20):
                with self.subTest(way=way, percent=percent):
                    if percent == 20:
                        self.kubectl("apply", *way, "-f", "-", stdin=manifest)
                    else:
                        self.kubectl("patch", "isvc", "a", "--type=merge", "-p",
                                     json.dumps({"spec": {"canaryTrafficPercent": percent}}))
                    spec = self.service("a")["spec"]
                    self.assertEqual(spec["predictor"]["canaryTrafficPercent"], percent)
                    self.assertEqual([c["trafficPercent"] for c in spec["canary"]], [100 - percent])
                    self.assertNotIn("canaryTrafficPercent", spec)
            self.kubectl("delete", "isvc", "a")

    def test_traffic_percent_moves_to_the_predictor(self):
        done = self.kubectl("apply", "-f", "-", stdin=inference_service("a", canaryTrafficPercent=20))
        spec = self.service("a")["spec"]
        self.assertNotIn("canaryTrafficPercent", spec)
        self.assertEqual(spec["predictor"]["canaryTrafficPercent"], 20)
        self.assertTrue([w for w in warnings(done.stderr) if "canaryTrafficPercent" in w], done.stderr)

    # ---- installation in a cluster with existing objects

    def test_an_older_object_with_an_error_can_be_updated(self):
        self.webhook.unregister()
        try:
            self.kubectl("create", "-f", "-", stdin=inference_service(
                "a", {"minReplicas": 3, "maxReplicas": 2, "model": model()}))
        finally:
            self.webhook.register()
        done = self.kubectl("patch", "isvc", "a", "--type=merge", "-p", '{"spec":{"predictor":{"timeout":60}}}')
        self.assertTrue([w for w in warnings(done.stderr) if "Replicas" in w], done.stderr)
        text = self.denied("patch", "isvc", "a", "--type=merge", "-p",
                           '{"spec":{"predictor":{"model":{"storage":{"path":"iris"}}}}}')
        self.assertIn("spec.predictor.model.storage", text)

    def test_reviews_of_v1beta1(self):
        self.webhook.unregister()
        self.webhook.register(review_versions=["v1beta1"])
        try:
            self.assert_defaulted(self.shown("create", "-f", "-", stdin=inference_service("a")))
            text = self.denied("create", "-f", "-", stdin=inference_service("b", {
                "minReplicas": 3, "maxReplicas": 2, "model": model()}))
            self.assertIn('The InferenceService "b" is invalid', text)
        finally:
            self.webhook.unregister()
            self.webhook.register()

    # ---- unknown fields in open parts of the schema

    def test_unknown_field_in_an_open_part(self):
        for path, manifest in {
            "spec.predictor.workerSpec.containrs": inference_service(
                "a", {"model": model(), "workerSpec": {"containrs": []}}),
            "spec.explainer.containers[0].imgae": inference_service(
                "a", explainer={"containers": [{"name": "kserve-container", "image": "a", "imgae": "b"}]}),
            "spec.canary[0].predictor.model.storageUrl": inference_service("a", canary=[
                {"predictor": {"name": "canary", "model": model(storageUrl="s3://a/b")}, "trafficPercent": 10}]),
        }.items():
            with self.subTest(path):
                self.assertIn(path, self.denied("create", "-f", "-", stdin=manifest))


class OnKserveCrds(Cases, ClusterTest):
    crds = "kserve"

    # ---- the two old spellings on these CRDs

    def test_canary_object_is_rejected(self):
        manifest = inference_service("a", canary={"predictor": {"model": model()}})
        self.assertIn("spec.canary", self.denied("create", "-f", "-", stdin=manifest))

    def test_traffic_percent_is_pruned(self):
        manifest = inference_service("a", canaryTrafficPercent=20)
        self.kubectl("create", "--validate=false", "-f", "-", stdin=manifest)
        spec = self.service("a")["spec"]
        self.assertNotIn("canaryTrafficPercent", spec)
        self.assertNotIn("canaryTrafficPercent", spec["predictor"])
