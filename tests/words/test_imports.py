"""The imports between the files of src/: no circles, and nothing against the architecture.

    (cd tests/words && python3 -B -m unittest test_imports)

A file and the files of its own folder may use each other: `slack/socket.rs` and
`slack/socket/opener.rs` are one module in two files.
"""

import os
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
# Another tree than this one, to see what the test finds there.
SOURCES = Path(os.environ.get("WORDS_SOURCES", ROOT / "src"))

# The folders that a folder must not import. The others below it are docs/architecture.md's.
EDGES = {"app", "aws", "demo", "settings", "slack", "webhook"}
FORBIDDEN = {
    "domain": EDGES | {"text", "watch"},
    "watch": EDGES | {"text"},
    "text": EDGES,
    "aws": EDGES - {"aws"} | {"text"},
    "slack": EDGES - {"slack"},
    "webhook": EDGES - {"webhook"} | {"text"},
    "app": {"aws", "demo", "webhook"},
}

COMMENT = re.compile(r"//[^\n]*")
TESTS = re.compile(r"#\[cfg\(test\)\]\s*mod \w+ \{")
USE = re.compile(r"^[ \t]*(?P<public>pub(?:\([^)]*\))?\s+)?use\s+(?P<paths>[^;]+);", re.M)
PATH = re.compile(r"\b(?:crate|super|self)(?:::\w+)+")


def single_paths(paths):
    """`a::{b, c::d}` as `a::b` and `a::c::d`."""
    paths = re.sub(r"\s+", "", re.sub(r"\s+as\s+\w+", "", paths))
    found = re.fullmatch(r"(.*?)\{(.*)\}", paths)
    if not found:
        return [paths]
    single, depth, item = [], 0, ""
    for character in found[2] + ",":
        if character == "," and not depth:
            single += [found[1] + path for path in single_paths(item)] if item else []
            item = ""
            continue
        depth += (character == "{") - (character == "}")
        item += character
    return single


class Imports:
    """The imports between modules. A module is the tuple of its names."""

    def __init__(self, sources):
        self.files = {}
        for file in sources.rglob("*.rs"):
            module = file.relative_to(sources).with_suffix("").parts
            if "tests" not in module and module not in {("lib",), ("main",)}:
                self.files[module[:-1] if module[-1] == "mod" else module] = file
        self.exports = {module: {} for module in self.files}
        used = {module: set() for module in self.files}
        for module, file in self.files.items():
            code = TESTS.split(COMMENT.sub("", file.read_text()))[0]
            for found in USE.finditer(code):
                for path in single_paths(found["paths"]):
                    path = self.absolute(path, module)
                    if path and found["public"]:
                        self.exports[module][path[-1]] = path
                    elif path:
                        used[module].add(path)
            for path in PATH.findall(USE.sub("", code)):
                used[module].add(self.absolute(path, module))
        self.of = {module: {self.owner(path) for path in paths} - {None, module} for module, paths in used.items()}

    def absolute(self, path, module):
        """The path from the crate's root; `None` for another crate's."""
        first, *rest = path.removesuffix("::self").split("::")
        if first == "crate":
            return tuple(rest)
        if first == "self":
            return (*module, *rest)
        if first == "super":
            base, names = module[:-1], rest
            while names[:1] == ["super"]:
                base, names = base[:-1], names[1:]
            return (*base, *names)
        return (*module, first, *rest) if (*module, first) in self.files else None

    def owner(self, path):
        """The module that has the item, past the ones that only export it again."""
        for end in range(len(path), 0, -1):
            module, rest = path[:end], path[end:]
            if module in self.files:
                again = self.exports[module].get(rest[0]) if rest else None
                return self.owner((*again, *rest[1:])) if again and again != path else module
        return None

    def circles(self):
        """The sets of modules that lead back to themselves, without steps from a file to the files around it."""
        down = {module: {other for other in of if module[: len(other)] != other} for module, of in self.of.items()}

        def reached(module):
            seen, left = set(), [module]
            while left:
                new = down[left.pop()] - seen
                seen |= new
                left += new
            return seen

        everywhere = {module: reached(module) for module in down}
        circles = {module: frozenset(o for o in to if module in everywhere[o]) for module, to in everywhere.items()}
        return {frozenset(circle) for module, circle in circles.items() if module in circle}


class TestImports(unittest.TestCase):
    def setUp(self):
        self.imports = Imports(SOURCES)
        self.name = lambda module: str(self.imports.files[module].relative_to(SOURCES))

    def test_no_files_import_each_other(self):
        found = [sorted(map(self.name, circle)) for circle in self.imports.circles()]
        self.assertEqual(sorted(found), [])

    def test_folders_import_in_one_direction(self):
        found = [
            f"{self.name(module)} imports {self.name(other)}"
            for module, of in self.imports.of.items()
            for other in of
            if other[0] in FORBIDDEN.get(module[0], ())
        ]
        self.assertEqual(sorted(found), [])

    def test_the_imports_are_found(self):
        self.assertGreater(sum(map(len, self.imports.of.values())), 1000)
        self.assertLessEqual(set(FORBIDDEN), {module[0] for module in self.imports.files})


if __name__ == "__main__":
    unittest.main()
