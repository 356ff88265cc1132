# SPDX-License-Identifier: Apache-2.0
"""Long versions of test_installed.py, test_rolling.py, test_api_rules.py and test_reconciler_faults.py: `make soak`, or
run.py --soak. They take more than an hour with the numbers below.

    MODELGATE_SOAK_STARTS=1000     starts of two replicas at the same time in an empty cluster
    MODELGATE_SOAK_ROUNDS=100      rounds under load: each replica is replaced and the CA rotated; in every tenth round
                                   one is killed, in every twenty-fifth the API server is restarted
    MODELGATE_SOAK_KILL_STEP=1     the reconciler is killed before and after each write and each call; with 5, each fifth
    MODELGATE_SOAK_RATE=0          ordinary writes per second, with two admissions each; 0: as many as possible
"""
import os

import test_api_rules
import test_installed
import test_reconciler_faults
import test_rolling


def number(name, default):
    return int(os.environ.get("MODELGATE_SOAK_" + name, default))


class SoakRolling(test_rolling.Rolling):
    rounds, rotating, rate = number("ROUNDS", 100), True, number("RATE", 0)


class SoakCertificates(test_installed.Certificates):
    starts, rotations = number("STARTS", 1000), number("ROUNDS", 100)


class SoakFollowing(test_installed.Following):
    pass


class SoakKilled(test_reconciler_faults.KilledInTurn):
    step, of = number("KILL_STEP", 1), ("writes", "calls")


class SoakOddPods(test_api_rules.OddPods):
    step = 1
