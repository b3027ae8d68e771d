"""The words of the documents: those of the field, one spelling, and links that lead somewhere.

    (cd tests/words && python3 -B -m unittest)

What is in code format is quoted and not judged: names of settings, metrics and tests, and
what the program prints.
"""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
README, JAPANESE = ROOT / "README.md", ROOT / "README.ja.md"
SETTINGS = DOCS / "configuration.md"

README_LINES = 170

# The word, and what to say.
FORBIDDEN = {
    r"mend(?:s|ed|ing)?": "fix",
    r"told": "say who reports what to whom",
    r"tells? of": "report",
    r"who(?:m)?ever": "the person who",
    r"somebody": "name the person, or say 'you'",
    r"nobody": "no one, or say what is missing",
    r"stand-ins?": "mock",
    r"outside": "not a member, from the internet, …",
    r"standing": "open gaps",
    r"unread": "failing, stale",
    r"besides?": "next to, in addition to",
    r"anew": "again",
    r"meanwhile": "until then",
    r"of which": "split the sentence",
}
# "Where X, Y" for "If X, Y".
WHERE = re.compile(r"(?:^|[.:;|] |[-*] |\*\* )Where [^.?|]*,", re.M)

# Also -ize and -yze with their derived forms, below.
BRITISH = """
    artefact behaviour cancelled cancelling catalogue centre cheque colour defence
    enrol favour favourite flavour fulfil grey honour judgement labelled labelling
    labour learnt licence licences manoeuvre metre modelled modelling neighbour odour
    practise programme rumour sceptical signalled storey travelled travelling tyre
    unlabelled whilst
""".split()
ISE = r"""
    anal apolog author capital categor central character custom emphas final general
    harmon initial item local maxim memor minim modern normal optim organ parallel
    penal prior random real recogn serial standard summar synchron token util visual
""".split()
SPELLING = re.compile(
    rf"\b(?:{'|'.join(word + 's?(?:ed|ing|ful)?' for word in BRITISH)}"
    rf"|(?:un|re|de)?(?:{'|'.join(ISE)})(?:is|ys)(?:e|es|ed|ing|er|ers|ation|ations|ational))\b",
    re.I,
)

# Characters and words that Japanese text here does not have, and what it has instead.
FORBIDDEN_IN_JAPANESE = {
    "：": ":", "（": "(", "）": ")", "？": "?", "！": "。",
    "変化": "変更",
    "質問": "実行",
    "番号": "アカウント ID",
    "脱退": "離脱",
    "保護され": "有効",
}  # fmt: skip
LETTER = r"[ぁ-んァ-ヶー一-龠々]"
# "AWSの" for "AWS の", and "3 リージョン" for "3リージョン".
SPACING = [
    (re.compile(rf"[A-Za-z`]{LETTER}|{LETTER}[A-Za-z`]"), "a space between Latin letters or code and Japanese"),
    (re.compile(r"\d (?:件|アカウント|リージョン|通|日|分|時間|か月|つ)"), "no space between a number and its counter"),
]


def documents():
    """Every document that is there."""
    listed = [README, JAPANESE, ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
    return [path for path in listed if path.exists()]


def without_code(text):
    """The text as people read it: no blocks of code or comments, and ` for what is in code format."""
    text = re.sub(r"^( *)(`{3,})[^`\n]*\n.*?^\1\2$", lambda block: "\n" * block[0].count("\n"), text, flags=re.S | re.M)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    return re.sub(r"(`+).+?\1", "`", text)


def table_of_settings():
    """The table itself: its cells are those of the program's help, which has a test of its own."""
    text = SETTINGS.read_text()
    found = re.search(r"^\| variable \| default \| meaning \|\n(?:\|.*\n)+", text, re.M)
    assert found, "docs/configuration.md has no table of settings"
    return found[0]


def prose(path):
    """What is judged of a document, without the targets of its links."""
    return re.sub(r"\]\([^)]*\)", "]", without_code(path.read_text()))


def places(path, pattern, text):
    """Where the pattern is in the text."""
    for found in re.finditer(pattern, text):
        yield f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, found.start()) + 1}: {found[0].strip()!r}"


def headings(path):
    """The headings of a document."""
    return re.findall(r"^#+ +(.+?)\s*$", re.sub(r"^( *)```.*?^\1```$", "", path.read_text(), flags=re.S | re.M), re.M)


def anchors(path):
    """The names by which GitHub links to the headings."""
    seen = {}
    for heading in headings(path):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        seen[name] = seen.get(name, -1) + 1
        yield f"{name}-{seen[name]}" if seen[name] else name


def links(path):
    """What a document links to in this repository."""
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(path.read_text())):
        if "://" not in target:
            yield target


class Case(unittest.TestCase):
    maxDiff = None

    def none(self, found):
        """Nothing was found that must not be there."""
        found = list(found)
        if found:
            self.fail("\n" + "\n".join(found))


class Words(Case):
    def test_documents_use_the_words_of_the_field(self):
        self.none(
            f"{place}: {instead}"
            for path in documents()
            for word, instead in FORBIDDEN.items()
            for place in places(path, re.compile(rf"\b{word}\b", re.I), prose(path))
        )

    def test_if_is_not_said_as_where(self):
        self.none(place for path in documents() for place in places(path, WHERE, prose(path)))

    def test_spelling_is_american(self):
        self.none(place for path in documents() for place in places(path, SPELLING, prose(path)))

    def test_the_lists_find_what_they_are_for(self):
        for text in ("organisation", "optimisation", "analysed", "coloured", "licence", "behaviours", "recognises"):
            self.assertRegex(text, SPELLING)
        for text in ("organization", "raise", "otherwise", "precise", "advertise", "promise", "analysis", "license"):
            self.assertNotRegex(text, SPELLING)
        self.assertRegex("Where there is none, see below.", WHERE)
        self.assertNotRegex("Where do I start?", WHERE)


class Japanese(Case):
    def test_punctuation_is_half_width_and_words_are_those_of_the_glossary(self):
        self.none(
            f"{place}: {instead}"
            for word, instead in FORBIDDEN_IN_JAPANESE.items()
            for place in places(JAPANESE, re.escape(word), prose(JAPANESE))
        )

    def test_spaces_are_where_they_belong(self):
        self.none(f"{place}: {rule}" for pattern, rule in SPACING for place in places(JAPANESE, pattern, prose(JAPANESE)))

    def test_headings_have_no_full_stop_and_paragraphs_have_one(self):
        self.none(heading for heading in headings(JAPANESE) if heading.endswith("。"))
        paragraphs = [line for line in prose(JAPANESE).splitlines() if re.match(rf"(?:- |\d\. )?{LETTER}", line)]
        self.assertGreater(len(paragraphs), 10)
        self.none(line for line in paragraphs if not line.endswith("。"))

    def test_it_names_the_same_settings_as_the_english_one(self):
        def named(path):
            return set(re.findall(r"^\| `([A-Z_]+)`", path.read_text(), re.M))

        self.assertEqual(named(JAPANESE), named(README))


class Documents(Case):
    def test_every_link_leads_somewhere(self):
        dead = []
        for path in [*documents(), ROOT / "CHANGELOG.md"]:
            for target in links(path):
                file, _, anchor = target.partition("#")
                to = (path.parent / file).resolve() if file else path
                if not to.exists() or (anchor and anchor not in set(anchors(to))):
                    dead.append(f"{path.relative_to(ROOT)}: {target}")
        self.none(dead)

    def test_every_document_that_the_program_names_has_that_heading(self):
        named = 0
        wrong = []
        for path in sorted((ROOT / "src").rglob("*.rs")):
            text = re.sub(r"\\\n\s*", "", path.read_text())
            for file, heading in re.findall(r"\b(docs/[\w-]+\.md)(?:, ([A-Z][\w ,'-]*\w))?", text):
                named += 1
                there = headings(ROOT / file) if (ROOT / file).exists() else []
                if not there or (heading and heading not in there):
                    wrong.append(f"{path.relative_to(ROOT)}: {file}, {heading}")
            wrong += [f"{path.relative_to(ROOT)}: {found}" for found in re.findall(r"\(README[,)].*", text)]
        self.none(wrong)
        self.assertGreater(named, 5)

    def test_the_readme_can_be_read_in_two_minutes(self):
        self.assertLessEqual(len(README.read_text().splitlines()), README_LINES)

    def test_the_index_names_every_document(self):
        index = README.read_text().partition("\n## Documentation\n")[2].partition("\n## ")[0]
        named = set(re.findall(r"\]\((docs/[\w-]+\.md)\)", index))
        there = {path.relative_to(ROOT).as_posix() for path in DOCS.glob("*.md")}
        self.assertFalse(there - named)

    def test_everything_else_in_docs_is_used_by_a_document(self):
        used = {(path.parent / target).resolve() for path in documents() for target in links(path)}
        self.none(path.name for path in DOCS.iterdir() if path.suffix != ".md" and path not in used)

    def test_every_setting_is_explained_somewhere(self):
        table = table_of_settings()
        names = [name for row in table.splitlines()[2:] for name in re.findall(r"`([A-Z][A-Z_]+)`", row.split("|")[1])]
        self.assertGreater(len(names), 20)
        rest = "\n".join(path.read_text() for path in documents()).replace(table, "")
        self.none(name for name in names if not re.search(rf"`{name}\b", rest))


if __name__ == "__main__":
    unittest.main()
