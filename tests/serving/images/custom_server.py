# SPDX-License-Identifier: Apache-2.0
"""A model server as users write their own, without an SDK: scikit-learn models with the v1 protocol, on Python's http.server.
Its answers also have what it was started with, which a runtime's template fills in."""
import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import joblib


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True, help="of the model")
    parser.add_argument("--directory", type=Path, required=True, help="of model.joblib")
    parser.add_argument("--more", metavar="NAME=DIRECTORY", action="append", default=[], help="another model")
    parser.add_argument("--about", default="", help="part of each answer")
    arguments = parser.parse_args()
    directories = {arguments.name: arguments.directory, **dict(more.split("=") for more in arguments.more)}
    models = {name: joblib.load(Path(directory) / "model.joblib") for name, directory in directories.items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.answer(200 if self.path == "/" else 404, {"ready": self.path == "/"})

        def do_POST(self):
            document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = self.path.removeprefix("/v1/models/").removesuffix(":predict")
            if name not in models:
                self.answer(404, {"error": f"there is no {self.path}"})
                return
            model = models[name]
            self.answer(200, {"predictions": model.predict(document["instances"]).tolist(), "about": arguments.about})

        def answer(self, code, document):
            body = json.dumps(document).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    ThreadingHTTPServer(("", 8080), Handler).serve_forever()


if __name__ == "__main__":
    main()
