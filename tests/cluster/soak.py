# SPDX-License-Identifier: Apache-2.0
"""The tests of test_installed.py, test_rolling.py and test_reconciler_faults.py for long: `make soak`, or run.py --soak.
More than an hour with the numbers below.

    MODELGATE_SOAK_STARTS=1000     two replicas start at the same moment on an empty cluster
    MODELGATE_SOAK_ROUNDS=100      each replica is replaced and the CA rotated, one is killed in every tenth round and the
                                   API server restarted in every twenty-fifth, all under load
    MODELGATE_SOAK_KILL_STEP=1     the reconciler is killed at every write and at every call, before and after it; with 5, at
                                   every fifth
    MODELGATE_SOAK_RATE=0          ordinary writes a second meanwhile, two admissions each; 0: what the machine gives
"""
import os

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
