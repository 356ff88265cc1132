# SPDX-License-Identifier: Apache-2.0
"""An explainer on KServe's SDK: which measures of a flower change its prediction when they are zero."""
import argparse

import kserve
from kserve import model_server


class Without(kserve.Model):
    async def explain(self, payload, headers=None):
        explanations = []
        for instance in payload["instances"]:
            changed = [[*instance[:i], 0, *instance[i + 1:]] for i in range(len(instance))]
            first, *others = (await self.predict({"instances": [instance, *changed]}))["predictions"]
            explanations.append([i for i, prediction in enumerate(others) if prediction != first])
        return {"explanations": explanations}


if __name__ == "__main__":
    name = argparse.ArgumentParser(parents=[model_server.parser]).parse_known_args()[0].model_name
    model = Without(name)
    model.load()
    kserve.ModelServer(enable_grpc=False).start([model])
