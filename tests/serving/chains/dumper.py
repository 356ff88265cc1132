# SPDX-License-Identifier: Apache-2.0
"""A sink for the messages of a logger: POST keeps a CloudEvent (binary mode), GET answers with all of them."""
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8080
messages = []


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        attributes = {name.lower()[3:]: value for name, value in self.headers.items() if name.lower().startswith("ce-")}
        messages.append({**attributes, "data": json.loads(body)})
        self.answer(b"")

    def do_GET(self):
        self.answer(json.dumps(messages).encode())

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", PORT), Handler).serve_forever()
