#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records how kubectl reads the manifests in yaml_cases.txt, as kubectl_yaml.jsonl. yaml_test.cc compares with it.

    record_yaml.py [--kubectl PATH]

kubectl runs as `kubectl create --dry-run=client --validate=false -o json -f -`. It needs discovery, which a server on the
loopback serves for ConfigMaps only. Standard library only.

Each case in yaml_cases.txt follows a line `=== name`. Two marks are replaced: `$CM` by four lines, the apiVersion, kind and
metadata of a ConfigMap; \\t, \\r, \\n and \\xNN in `<<...>>` by bytes that an editor would change.
"""
import argparse, http.server, json, pathlib, re, shutil, subprocess, tempfile, threading

HERE = pathlib.Path(__file__).parent
HEADER = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x"
DISCOVERY = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
        {"name": "configmaps", "singularName": "configmap", "namespaced": True, "kind": "ConfigMap", "verbs": ["create", "get"]}]},
}


class Discovery(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(DISCOVERY.get(self.path.split("?")[0], {"kind": "Status", "code": 404})).encode()
        self.send_response(200 if self.path.split("?")[0] in DISCOVERY else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def cases(path):
    for part in re.split(r"^=== ", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
        name, _, text = part.partition("\n")
        text = text.replace("$CM", HEADER)
        raw = re.sub(r"<<(\\.*?)>>", lambda m: m.group(1).encode().decode("unicode_escape"), text)
        yield name.strip(), raw


def documents(text):
    decoder, at, out = json.JSONDecoder(), 0, []
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        value, at = decoder.raw_decode(text, at)
        out.append(value)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kubectl", default=shutil.which("kubectl"))
    args = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Discovery)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    version = json.loads(subprocess.check_output([args.kubectl, "version", "--client", "-o", "json"]))["clientVersion"]["gitVersion"]
    with tempfile.TemporaryDirectory() as home, open(HERE / "kubectl_yaml.jsonl", "w", encoding="utf-8") as out:
        out.write(json.dumps({"recorded": "record_yaml.py", "kubectl": version}) + "\n")
        for name, text in cases(HERE / "yaml_cases.txt"):
            run = subprocess.run(
                [args.kubectl, "--server", "http://127.0.0.1:%d" % server.server_port, "--cache-dir", home, "create",
                 "--dry-run=client", "--validate=false", "-o", "json", "-f", "-"],
                input=text.encode("utf-8", "surrogateescape"), capture_output=True, env={"HOME": home})
            record = {"name": name, "text": text}
            if run.returncode == 0:
                record["want"] = documents(run.stdout.decode())
                for document in record["want"]:
                    document.get("metadata", {}).pop("namespace", None)
            else:
                record["error"] = run.stderr.decode().strip().splitlines()[-1]
            out.write(json.dumps(record, ensure_ascii=False, sort_keys=True) + "\n")
    server.shutdown()


if __name__ == "__main__":
    main()
