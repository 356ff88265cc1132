# SPDX-License-Identifier: Apache-2.0
"""A server for scikit-learn models with the arguments of KServe's sklearnserver, on KServe's SDK: stands in for its image."""
import argparse
from pathlib import Path

import joblib
import kserve
from kserve import model_server

MODEL_FILES = ("*.joblib", "*.pkl", "*.pickle")


class SklearnModel(kserve.Model):
    def __init__(self, name, directory):
        super().__init__(name)
        self.directory = Path(directory)
        self.model = None

    def load(self):
        files = [path for pattern in MODEL_FILES for path in sorted(self.directory.glob(pattern))]
        if len(files) != 1:
            raise RuntimeError(f"{self.directory} must contain one model, found {len(files)}")
        self.model = joblib.load(files[0])
        self.ready = True
        return self.ready

    def predict(self, payload, headers=None):
        return {"predictions": self.model.predict(payload["instances"]).tolist()}


def main():
    parser = argparse.ArgumentParser(parents=[model_server.parser])
    parser.add_argument("--model_dir", required=True)
    arguments, _ = parser.parse_known_args()
    model = SklearnModel(arguments.model_name, arguments.model_dir)
    model.load()
    kserve.ModelServer(http_port=arguments.http_port, enable_grpc=False).start([model])


if __name__ == "__main__":
    main()
