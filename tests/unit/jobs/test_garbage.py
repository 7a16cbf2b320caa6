import subprocess
import sys

from fixtures.helpers import SCRIPTS

from posemake.jobs.garbage import THRESHOLD

CODE = """
import atexit, gc
from posemake.jobs.garbage import collect_garbage_seldom
collect_garbage_seldom()
print(gc.isenabled(), gc.get_threshold()[0])
atexit._run_exitfuncs()
print(len(gc.get_objects()) < 1000)
"""


def test_garbage_is_looked_for_seldom_and_not_at_the_end():
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, env={"PYTHONPATH": str(SCRIPTS), "PATH": ""}
    )
    assert done.stdout.split() == ["True", str(THRESHOLD), "True"], done.stderr
