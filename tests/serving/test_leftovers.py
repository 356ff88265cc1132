# SPDX-License-Identifier: Apache-2.0
"""After a cluster's life, the machine is as before: also after Ctrl-C, and after the death of its main process, at any time."""
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import traces

LIFE = Path(__file__).resolve().parent / "life.py"
# From the end of the main process until the last trace is gone; a lost process would keep the output open for ever.
END_SECONDS = 90


class Leftovers(unittest.TestCase):
    outside = True

    def end(self, line, number, code):
        """Sends the signal once the line is printed. Compares the machine before and after."""
        with tempfile.TemporaryDirectory(prefix="modelgate-life-") as folder:
            state, before = Path(folder), traces.of_machine()
            # The guard and the cluster have the output too: its end is theirs.
            with subprocess.Popen([sys.executable, "-B", LIFE, state], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True) as life:
                printed = []
                for text in life.stdout:
                    printed.append(text)
                    if text.strip() == line:
                        break
                else:
                    self.fail("".join(printed))
                self.assertTrue(traces.processes(state, life.pid), "the comparison would not see the cluster's processes")
                self.assertTrue(traces.cgroups(life.pid), "the comparison would not see the cluster's cgroups")
                life.send_signal(number)
                rest, _ = life.communicate(timeout=END_SECONDS)
                self.assertEqual(life.returncode, code, rest)
            if number == signal.SIGKILL:
                # Its files are in the folder, and the next start removes them.
                subprocess.run(["rm", "-rf", state / "tmp"], check=True)
            self.assertEqual(traces.left_behind(before, state, life.pid), [])

    def test_after_an_interrupt(self):
        self.end("running", signal.SIGINT, 130)

    def test_after_an_interrupt_during_the_start(self):
        self.end("started", signal.SIGINT, 130)

    def test_after_the_death_of_the_main_process(self):
        self.end("running", signal.SIGKILL, -signal.SIGKILL)

    def test_after_its_death_during_the_start(self):
        self.end("started", signal.SIGKILL, -signal.SIGKILL)

    def test_after_termination(self):
        self.end("running", signal.SIGTERM, 128 + signal.SIGTERM)
