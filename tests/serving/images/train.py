# SPDX-License-Identifier: Apache-2.0
"""Trains the models of the serving tests, with the Python packages of the mlserver image: train.py FOLDER

Each folder has a model's files and its answers: answers.json, {"instances": [...], "predictions": [...]}.
"""
import json
import sys
from pathlib import Path

import joblib
import lightgbm
import numpy
import xgboost
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

# Three flowers, one of each kind, and one between two kinds, for which the two versions of `iris` differ.
INSTANCES = [[5.1, 3.5, 1.4, 0.2], [6.0, 2.9, 4.5, 1.5], [6.5, 3.0, 5.8, 2.2]]


def main():
    folder = Path(sys.argv[1])
    features, kinds = load_iris(return_X_y=True)
    for version, model in (("1", LogisticRegression(max_iter=1000)), ("2", DecisionTreeClassifier(random_state=0))):
        model.fit(features, kinds)
        target = new(folder / "iris" / version, model.predict(numpy.array(INSTANCES)))
        joblib.dump(model, target / "model.joblib")
    trees = xgboost.XGBClassifier(n_estimators=10, random_state=0).fit(features, kinds)
    trees.save_model(new(folder / "xgboost", trees.predict(numpy.array(INSTANCES))) / "model.json")
    boosted = lightgbm.train({"objective": "regression", "verbose": -1, "seed": 0},
                             lightgbm.Dataset(features, kinds.astype(float)), num_boost_round=10)
    boosted.save_model(new(folder / "lightgbm", boosted.predict(numpy.array(INSTANCES))) / "model.bst")


def new(target, predictions):
    target.mkdir(parents=True)
    (target / "answers.json").write_text(json.dumps({"instances": INSTANCES, "predictions": predictions.tolist()}))
    return target


if __name__ == "__main__":
    main()
