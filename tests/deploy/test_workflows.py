"""The workflow on GitHub runs every step of the gate, and each command it gives exists."""

import re
import subprocess
import unittest

import yaml

import policies

GATE = policies.ROOT / ".ci" / "run"
WORKFLOWS = policies.ROOT / ".github" / "workflows"


def steps():
    listed = subprocess.run([GATE, "--list"], check=True, capture_output=True, text=True).stdout
    return [line.split()[0] for line in listed.splitlines()]


def jobs(workflow):
    return yaml.safe_load((WORKFLOWS / workflow).read_text())["jobs"]


class Workflows(unittest.TestCase):
    def test_the_jobs_run_each_step_of_the_gate_once(self):
        run = [step for job in jobs("ci.yml")["gate"]["strategy"]["matrix"]["include"] for step in job["steps"].split()]
        self.assertEqual(sorted(run), sorted(steps()))

    def test_no_job_may_write_but_those_of_a_release(self):
        for path in WORKFLOWS.glob("*.yml"):
            text = path.read_text()
            self.assertEqual(yaml.safe_load(text)["permissions"], {"contents": "read"}, path.name)
            if path.name != "release.yml":
                self.assertNotRegex(text, r"[a-z-]+: write")

    def test_every_workflow_takes_the_oldest_rust_that_builds_it(self):
        (oldest,) = re.findall(r'^rust-version = "(.+)"$', (policies.ROOT / "Cargo.toml").read_text(), re.M)
        for path in WORKFLOWS.glob("*.yml"):
            self.assertEqual(yaml.safe_load(path.read_text())["env"]["RUSTUP_TOOLCHAIN"], oldest, path.name)


class Gate(unittest.TestCase):
    def test_an_unknown_step_is_named_with_those_that_there_are(self):
        run = subprocess.run([GATE, "format", "frmat"], capture_output=True, text=True)
        self.assertEqual((run.returncode, run.stdout), (2, ""))
        self.assertIn("unknown step: frmat", run.stderr)
        self.assertIn(" ".join(steps()), run.stderr)


if __name__ == "__main__":
    unittest.main()
