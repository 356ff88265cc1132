# SPDX-License-Identifier: Apache-2.0
"""A transformer on KServe's SDK: takes flowers with named measures, answers with the names of species."""
import argparse

import kserve
from kserve import model_server

MEASURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")
SPECIES = ("setosa", "versicolor", "virginica")


class Flowers(kserve.Model):
    def preprocess(self, payload, headers=None):
        return {"instances": [[flower[measure] for measure in MEASURES] for flower in payload["instances"]]}

    def postprocess(self, result, headers=None, response_headers=None):
        return {"predictions": [SPECIES[int(number)] for number in result["predictions"]]}


if __name__ == "__main__":
    name = argparse.ArgumentParser(parents=[model_server.parser]).parse_known_args()[0].model_name
    model = Flowers(name)
    model.load()
    kserve.ModelServer(enable_grpc=False).start([model])
