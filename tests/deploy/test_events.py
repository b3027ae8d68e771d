"""docs/logging.md lists the events of the log, as the code has them."""

import re
import unittest

import policies

PAGE = (policies.ROOT / "docs" / "logging.md").read_text()


def documented():
    """Each event with its fields and levels, from the rows of the page."""
    for event, levels, fields in re.findall(r"^\| `(\w+)` \| ([A-Z, ]+) \| ([^|]*) \|", PAGE, re.M):
        yield event, (set(re.findall(r"`(\w+)`", fields)), set(levels.split(", ")))


class Events(unittest.TestCase):
    maxDiff = None

    def test_the_page_lists_the_events_of_the_code(self):
        rows = list(documented())
        self.assertGreater(len(rows), 30)
        self.assertEqual(len(rows), len(dict(rows)))
        self.assertEqual(dict(rows), dict(policies.events()))

    def test_no_field_hides_one_that_every_line_has(self):
        for event, (fields, _) in policies.events().items():
            self.assertFalse(fields & {"timestamp", "level", "target", "message"}, event)


if __name__ == "__main__":
    unittest.main()
