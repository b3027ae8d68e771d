"""The words of the program: what it says in Slack, in the terminal, in the log and in metrics.

    (cd tests/words && python3 -B -m unittest test_sources)

Judged are the string literals of src/, without comments, tests and the reasons of lints. In
the files of the command line, doc comments are its help, so they are judged too.
"""

import os
import re
import unittest
from pathlib import Path

from test_documents import FORBIDDEN, FORBIDDEN_IN_JAPANESE, LETTER, ROOT, SPACING, SPELLING, WHERE, Case

# Another tree than this one, to see what the test finds there.
SOURCES = Path(os.environ.get("WORDS_SOURCES", ROOT / "src"))

# Literals that no person reads, by file, with the reason. Each one has to be there.
STORED = "a name in the table, which the previous release reads too"
PROTOCOL = {
    ("app/channels.rs", "the notice of unread hubs"): "the value of the label `what`, which alarms select",
    ("aws/table/history/heads.rs", "unread"): STORED,
    ("aws/table/history/heads.rs", ":unread"): STORED,
    (
        "aws/table/history/heads.rs",
        "SET unread = :unread, version = if_not_exists(version, :none), #schema = if_not_exists(#schema, :schema)",
    ): STORED,
    ("aws/table/history/publish.rs", "SET checked_at = :at, read_from = :from, readings = :readings REMOVE unread, doubted"): STORED,
    ("metrics/hubs.rs", "unread"): "the value of a label, which alarms and dashboards select",
}

# Headlines and buttons that are whole sentences in Japanese too.
HEADLINES = ("対応します", "の対応が必要です", "が離脱しました", "に改名したようです")

# Texts of everything that is shown, in both languages.
WORDS = "text/words/"

LITERAL = re.compile(
    r"""
      (?P<comment>//[^\n]*|/\*.*?\*/)
    | \bb?r(?P<hashes>\#*)"(?P<raw>.*?)"(?P=hashes)
    | b?"(?P<text>(?:[^"\\]|\\.)*)"
    | b?'(?:[^'\\\n]|\\(?:u\{[^}]*\}|x..|.))'
    """,
    re.S | re.X,
)
TESTS = re.compile(r"#\[cfg\((?:test|all\(test\b[^\]]*)\)?\]\s*(?:#\[[^\]]*\]\s*)*")
REASON = re.compile(r"\breason\s*=\s*$")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}
# `{count:>6}`, and the `%-d` of a date.
PLACEHOLDER = re.compile(r"\{[^{}]*\}|%-?[A-Za-z]")
# "can't" for "cannot".
LONG_FORM = re.compile(r"\b(?:cannot|(?:can|could|do|does|did|is|are|was|were|has|have|had|will) not)\b", re.I)


# A file with more lines has more than one purpose.
MOST_LINES = 400

# The first line of a comment that is a clause without its head: "What the replay needs."
HEADLESS = re.compile(r"(?<!\S)//[/!]? ?(?:What|Who|Whose|Which|Where|How|Why)\b(?!.*\?)")
IN_COMMENT = re.compile(r"\s*//[/!]? ?\S")


def literals(code):
    """The line of every string literal, and its text."""
    for found in LITERAL.finditer(code):
        text = found["raw"] if found["raw"] is not None else found["text"]
        if text is None or REASON.search(code, max(0, found.start() - 40), found.start()):
            continue
        if found["text"] is not None:
            text = re.sub(r"\\\n\s*", "", text)
            text = re.sub(r"\\u\{(\w+)\}", lambda letter: chr(int(letter[1], 16)), text)
            text = re.sub(r"\\(.)", lambda letter: ESCAPES.get(letter[1], letter[1]), text, flags=re.S)
        yield code.count("\n", 0, found.start()) + 1, text


COMMAND_LINE = re.compile(r"#\[derive\([^)]*\b(?:Parser|Subcommand|Args)\b")
HELP = re.compile(r"^ *///(?P<help>.*(?:\n *///.*)*)", re.M)


def helps(code):
    """The line of every doc comment of a command line, and its text."""
    if COMMAND_LINE.search(code):
        for found in HELP.finditer(code):
            yield code.count("\n", 0, found.start()) + 1, re.sub(r"\n *///", "", found["help"]).strip()


def without_tests(code):
    """The code with every item for tests alone replaced by its line breaks."""
    # Braces in strings and comments are none.
    bare = LITERAL.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), code)
    kept, place = [], 0
    while found := TESTS.search(bare, place):
        kept.append(code[place : found.start()])
        place = end_of_item(bare, found.end())
        kept.append("\n" * code.count("\n", found.start(), place))
    return "".join([*kept, code[place:]])


def end_of_item(bare, place):
    """Where an item ends: at its last brace, or at the semicolon of one without braces."""
    depth = 0
    for found in re.compile(r"[{};]").finditer(bare, place):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    return len(bare)


def is_test(path):
    return path.stem == "tests" or "tests" in path.parts


def texts(root=SOURCES):
    """Every literal that is judged: file, line, text."""
    for path in sorted(root.rglob("*.rs")):
        file = path.relative_to(root)
        if not is_test(file):
            code = without_tests(path.read_text())
            for line, text in [*literals(code), *helps(code)]:
                yield file.as_posix(), line, text


def wrong(patterns, wanted=lambda file, text: True):
    """What the patterns find, and what to say instead."""
    for file, line, text in texts():
        if (file, text) in PROTOCOL or not wanted(file, text):
            continue
        said = PLACEHOLDER.sub("\0", text)
        for pattern, instead in patterns:
            if found := re.search(pattern, said):
                yield f"src/{file}:{line}: {found[0].strip()!r} in {text!r}: {instead}"


def is_japanese(text):
    return re.search(LETTER, text) is not None


class Files(unittest.TestCase):
    def test_none_outgrows_its_purpose(self):
        lengths = {
            file.relative_to(SOURCES): len(file.read_text().splitlines())
            for file in SOURCES.rglob("*.rs")
            if "tests" not in file.relative_to(SOURCES).with_suffix("").parts
        }
        self.assertEqual({file: lines for file, lines in lengths.items() if lines > MOST_LINES}, {})


class Comments(unittest.TestCase):
    def test_they_begin_with_a_noun_or_a_verb(self):
        found = []
        for file in sorted(SOURCES.rglob("*.rs")):
            before = ""
            for number, line in enumerate(file.read_text().splitlines(), 1):
                if HEADLESS.match(line.strip()) and not IN_COMMENT.match(before):
                    found.append(f"{file.relative_to(SOURCES)}:{number}: {line.strip()}")
                before = line
        self.assertEqual(found, [])


class Words(Case):
    def test_texts_use_the_words_of_the_field(self):
        self.none(wrong([(re.compile(rf"\b{word}\b", re.I), instead) for word, instead in FORBIDDEN.items()]))

    def test_if_is_not_said_as_where(self):
        self.none(wrong([(WHERE, "If")]))

    def test_spelling_is_american(self):
        self.none(wrong([(SPELLING, "American spelling")]))

    def test_slack_is_spoken_to_with_contractions(self):
        self.none(wrong([(LONG_FORM, "the short form")], lambda file, _: file.startswith(WORDS)))

    def test_every_word_of_the_protocol_is_there(self):
        there = {(file, text) for file, _, text in texts()}
        self.assertFalse(set(PROTOCOL) - there)


class Japanese(Case):
    def test_punctuation_is_half_width(self):
        signs = [(re.escape(sign), instead) for sign, instead in FORBIDDEN_IN_JAPANESE.items() if not is_japanese(sign)]
        self.none(wrong(signs, lambda _, text: is_japanese(text)))

    def test_words_are_those_of_the_glossary(self):
        # What people may type is in other files: 脱退 is understood, and never said.
        words = [(word, instead) for word, instead in FORBIDDEN_IN_JAPANESE.items() if is_japanese(word)]
        words.append(("状態", "ステータス"))
        self.none(wrong(words, lambda file, _: file.startswith(WORDS)))

    def test_spaces_are_where_they_belong(self):
        self.none(wrong(SPACING, lambda file, text: file.startswith(WORDS) and is_japanese(text)))

    def test_a_sentence_ends_with_a_full_stop(self):
        sentence = re.compile(r"(?:です|でした|ます|ました|ません|ませんでした|ください)(?:$| · )")
        is_checked = lambda file, text: file.startswith(WORDS) and not text.endswith(HEADLINES)
        self.none(wrong([(sentence, "。, or a label")], is_checked))


class Reading(unittest.TestCase):
    def test_literals_are_found_and_comments_and_tests_are_not(self):
        code = r'''
            // "whoever" and it's
            let a = "told \"you\" \
                     now"; /* "anew" */ let b = '"'; let c = r#"mended "here""#;
            fn d<'a>(e: &'a str) { f(b"unread", '\'', "\u{201c}") }
            #[expect(lint, reason = "whoever reads it")]
            #[cfg(test)]
            #[allow(dead)]
            mod tests { fn g() { h("} somebody") } }
            const I: &str = "last";
        '''
        found = [text for _, text in literals(without_tests(code))]
        self.assertEqual(found, ['told "you" now', 'mended "here"', "unread", "“", "last"])
        self.assertEqual([line for line, _ in literals(without_tests(code))], [3, 4, 5, 5, 10])


    def test_the_help_of_a_command_line_is_found(self):
        code = "#[derive(Debug, Subcommand)]\nenum A {\n    /// Tell\n    /// whoever\n    B,\n}\n"
        self.assertEqual(list(helps(code)), [(3, "Tell whoever")])
        self.assertEqual(list(helps(code.replace("Subcommand", "Clone"))), [])


if __name__ == "__main__":
    unittest.main()
