"""The code in the documents works.

    (cd tests/words && python3 -B -m unittest)
"""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Webhook(unittest.TestCase):
    """docs/webhook.md, Verify the signature."""

    def setUp(self):
        text = (ROOT / "docs" / "webhook.md").read_text()
        self.given = dict(re.findall(r"^\| (secret|timestamp|body|signature) \| `(.*)` \|$", text, re.M))
        sample = {}
        exec(re.search(r"^```python\n(.*?)^```$", text, re.M | re.S)[1], sample)
        self.is_genuine = sample["is_genuine"]

    def judged(self, off=0, **changed):
        given = self.given | changed
        headers = {
            "X-Securityhub-Members-Timestamp": given["timestamp"],
            "X-Securityhub-Members-Signature": given["signature"],
        }
        now = int(self.given["timestamp"]) + off
        return self.is_genuine(given["secret"], headers, given["body"].encode(), now)

    def test_the_documented_request_is_genuine_for_five_minutes(self):
        self.assertTrue(self.judged())
        self.assertTrue(self.judged(off=300))
        self.assertFalse(self.judged(off=301))
        self.assertFalse(self.judged(off=-301))

    def test_an_altered_request_is_not(self):
        self.assertFalse(self.judged(body=self.given["body"] + " "))
        self.assertFalse(self.judged(secret="another secret of some length"))
        self.assertFalse(self.judged(timestamp=str(int(self.given["timestamp"]) + 1)))
        self.assertFalse(self.judged(signature=self.given["signature"].replace("v1=", "v0=")))


if __name__ == "__main__":
    unittest.main()
