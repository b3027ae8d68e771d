"""Counts statements that hold and those that do not."""

import sys

passed = failed = 0


def check(statement: str, holds: bool, detail: object = "") -> None:
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
    print(f"{'ok    ' if holds else 'FAILED'} {statement}{'' if holds else f': {detail}'}")


def finish() -> None:
    """Prints the numbers; exits with 0 if all statements hold."""
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)
