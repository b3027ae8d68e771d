//! Masks secrets in text for people: anything that looks like a token, and all known secrets, in
//! every log line and all output of commands.
//!
//! People put secrets into wrong settings (`AWS_REGION=xoxb-…`), and services quote their input.
//! Masking at the output covers these cases, so other code needs no precautions.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};
use std::sync::{LazyLock, PoisonError, RwLock};

use regex_lite::{Captures, Regex};
use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use crate::proxy;
use crate::settings::list::{SETTINGS, SettingKind};

/// Replaces a known secret.
const MASK: &str = "[secret]";

/// The start of an escape code for color.
const ESCAPE: char = '\u{1b}';

/// Shorter secrets would mask ordinary words.
const SHORTEST: usize = 8;

/// The secrets to keep of a file that changes: the one in use, and some earlier ones, which other
/// services may still quote.
const MOST_OF_A_FILE: usize = 8;

/// The items of a list to mask one by one. A signing secret can be two.
const MOST_ITEMS: usize = 8;

/// Variables with secrets that are not settings.
const VARIABLES: [&str; 3] = [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
];

/// The secrets that `mask` looks for.
static KNOWN: RwLock<KnownSecrets> = RwLock::new(KnownSecrets::new());

/// The known secrets.
struct KnownSecrets {
    /// Those of the settings. They are as many as the settings have, so none is dropped.
    given: Vec<String>,
    /// By file, those that it contained after the start. The newest come last.
    renewed: BTreeMap<String, VecDeque<String>>,
    /// All of them as they are and in other forms: JSON, Rust's `Debug`, URL. Longer ones come
    /// first, because one can be a part of another.
    forms: Vec<String>,
}

impl KnownSecrets {
    const fn new() -> Self {
        Self {
            given: Vec::new(),
            renewed: BTreeMap::new(),
            forms: Vec::new(),
        }
    }

    fn give(&mut self, secret: &str) {
        if !self.given.iter().any(|other| other == secret) {
            self.given.push(secret.to_owned());
            self.forms.extend(forms(secret));
            self.sort();
        }
    }

    fn renew(&mut self, file: &str, secret: &str) {
        let of_file = self.renewed.entry(file.to_owned()).or_default();
        of_file.retain(|other| other != secret);
        of_file.push_back(secret.to_owned());
        if of_file.len() > MOST_OF_A_FILE {
            of_file.pop_front();
        }
        let renewed = self.renewed.values().flatten();
        let renewed = renewed.flat_map(|secret| parts(secret));
        let given = self.given.iter().map(String::as_str);
        self.forms = given.chain(renewed).flat_map(forms).collect();
        self.sort();
    }

    fn sort(&mut self) {
        let key = |form: &String| std::cmp::Reverse(form.len());
        self.forms
            .sort_by(|one, other| key(one).cmp(&key(other)).then_with(|| one.cmp(other)));
        self.forms.dedup();
    }

    fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut masked = Cow::Borrowed(text);
        for form in &self.forms {
            if masked.contains(form.as_str()) {
                masked = Cow::Owned(masked.replace(form, MASK));
            }
        }
        masked
    }
}

/// A secret as it is and in other forms, without those that would mask ordinary words.
fn forms(secret: &str) -> Vec<String> {
    let json = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let inner = |quoted: String| {
        let quoted = quoted.strip_prefix('"').unwrap_or(&quoted);
        quoted.strip_suffix('"').unwrap_or(quoted).to_owned()
    };
    let debug = inner(format!("{secret:?}"));
    let mut forms = vec![
        secret.to_owned(),
        inner(json(secret)),
        // A JSON error that quotes the `Debug` form.
        inner(json(&debug)),
        debug,
        form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
    ];
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

/// The secrets in a value: all of it, and the items of a list.
fn parts(value: &str) -> impl Iterator<Item = &str> {
    let parts = std::iter::once(value).chain(value.split(',').take(MOST_ITEMS));
    parts
        .map(str::trim)
        .filter(|part| part.chars().count() >= SHORTEST)
}

/// Adds a secret of the settings. It stays known.
pub fn remember(secret: &str) {
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    parts(secret).for_each(|part| known.give(part));
}

/// Adds an address of the settings, whose parts are no secrets. It stays known.
pub fn remember_address(address: &str) {
    let address = address.trim();
    if address.chars().count() >= SHORTEST {
        let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
        known.give(address);
    }
}

/// Adds what a file contains since it changed. The last secrets of each file stay known.
pub fn remember_renewed(file: &str, secret: &str) {
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    known.renew(file, secret);
}

/// Adds the secrets in the environment.
pub fn remember_environment() {
    let secrets = SETTINGS
        .iter()
        .filter(|setting| setting.kind == SettingKind::Secret);
    for name in secrets.map(|setting| setting.name).chain(VARIABLES) {
        if let Ok(secret) = std::env::var(name) {
            remember(&secret);
        }
    }
    proxy::passwords().for_each(|password| remember(&password));
}

/// If a text contains one of `marks`, the matches of `pattern` are replaced by `replace`; `None`
/// keeps a match.
struct MaskRule {
    marks: &'static [&'static str],
    pattern: Regex,
    replace: fn(&Captures<'_>) -> Option<String>,
}

static RULES: LazyLock<Vec<MaskRule>> = LazyLock::new(rules);

#[expect(
    clippy::expect_used,
    reason = "the patterns are constants, used by a test"
)]
fn rules() -> Vec<MaskRule> {
    let rule = |marks, pattern: &str, replace| MaskRule {
        marks,
        pattern: Regex::new(pattern).expect("a well-formed constant"),
        replace,
    };
    vec![
        // Slack's tokens: xoxb-, xoxp-, xoxe-, xoxe.xoxb-, xapp-, xwfp-.
        rule(
            &["xox", "xapp-", "xwfp-"],
            r"(?i)((?:xox[a-z]\.)?xox[a-z]-|xapp-|xwfp-)[a-z0-9_%+-]+",
            |found| Some(format!("{}…", &found[1])),
        ),
        // Webhook URLs, to which anyone can post.
        rule(
            &["hooks.slack"],
            r#"(?i)(hooks\.slack(?:-gov)?\.com(?:%2F|/))[^\s"'<>\\)\x1b]+"#,
            |found| Some(format!("{}…", &found[1])),
        ),
        // A user name or password in a URL.
        rule(
            &["://", "%3a%2f%2f"],
            r#"(?i)(://|%3a%2f%2f)[^/\s"'<>@\\]+@"#,
            |found| Some(format!("{}…@", &found[1])),
        ),
        rule(
            &["earer ", "asic "],
            r"(?i)\b(bearer|basic) +([a-z0-9._~+/=%-]{8,})",
            |found| {
                let is_word = |letter: u8| letter.is_ascii_alphabetic();
                let secret = !found[2].bytes().all(is_word) || found[2].len() > 30;
                secret.then(|| format!("{} …", &found[1]))
            },
        ),
        rule(
            &[
                "ticket=",
                "x-amz-",
                "aws_secret_access_key",
                "aws_session_token",
            ],
            r#"(?i)\b(ticket|x-amz-(?:security-token|signature|credential)|aws_secret_access_key|aws_session_token)=[^&\s"'<>\\]+"#,
            |found| Some(format!("{}=…", &found[1])),
        ),
        rule(
            &["akia", "asia"],
            r"(?i)\b(akia|asia)[a-z0-9]{16}\b",
            |found| Some(format!("{}…", &found[1])),
        ),
    ]
}

/// The text with all secrets masked.
pub fn mask(text: &str) -> Cow<'_, str> {
    if !text.contains(ESCAPE) {
        return mask_plain(text);
    }
    // The last letter of an escape code is not part of the next word.
    let mut masked = String::with_capacity(text.len());
    for (index, part) in text.split(ESCAPE).enumerate() {
        let colour = match part.strip_prefix('[') {
            Some(_) if index > 0 => part.find(|letter: char| letter.is_ascii_alphabetic()),
            _ => None,
        };
        let (colour, rest) = part.split_at(colour.map_or(0, |end| end + 1));
        if index > 0 {
            masked.push(ESCAPE);
        }
        masked.push_str(colour);
        masked.push_str(&mask_plain(rest));
    }
    Cow::Owned(masked)
}

fn mask_plain(text: &str) -> Cow<'_, str> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    let mut masked = known.mask(text);
    drop(known);
    for rule in RULES.iter() {
        if rule.marks.iter().any(|mark| holds(&masked, mark)) {
            let replaced = rule.pattern.replace_all(&masked, |found: &Captures<'_>| {
                (rule.replace)(found).unwrap_or_else(|| found[0].to_owned())
            });
            let replaced = match replaced {
                Cow::Owned(replaced) => Some(replaced),
                Cow::Borrowed(_) => None,
            };
            masked = replaced.map_or(masked, Cow::Owned);
        }
    }
    match without_long_words(&masked) {
        Some(replaced) => Cow::Owned(replaced),
        None => masked,
    }
}

/// Reports whether the text contains a mark, ignoring case.
fn holds(text: &str, mark: &str) -> bool {
    let (text, mark) = (text.as_bytes(), mark.as_bytes());
    let mut windows = text.windows(mark.len());
    windows.any(|part| part.eq_ignore_ascii_case(mark))
}

/// Masks random words: signing secrets, secret access keys and session tokens have no prefix.
/// `None` if there are none.
fn without_long_words(text: &str) -> Option<String> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    let bytes = text.as_bytes();
    let mut replaced = String::new();
    let (mut at, mut kept) = (0, 0);
    while at < bytes.len() {
        let length = bytes[at..]
            .iter()
            .take_while(|byte| is_word(**byte))
            .count();
        if length == 0 {
            at += 1;
            continue;
        }
        // `NAME=value` is two words, and a value can end with `=`.
        let word = &text[at..at + length];
        let inner = word
            .trim_end_matches('=')
            .rfind('=')
            .map_or(0, |equals| equals + 1);
        let before = at
            .checked_sub(1)
            .map(|before| bytes[before])
            .filter(|_| inner == 0);
        if is_random(&word[inner..], before) {
            replaced.push_str(&text[kept..at + inner]);
            replaced.push_str(MASK);
            kept = at + length;
        }
        at += length;
    }
    (kept > 0).then(|| replaced + &text[kept..])
}

/// Reports whether a word looks random. IDs of ECS tasks, after a slash, and of items in the
/// table, after a number sign, look like signing secrets, but are excluded.
fn is_random(word: &str, before: Option<u8>) -> bool {
    let has = |kind: fn(&u8) -> bool| word.as_bytes().iter().any(kind);
    let is_mixed =
        || has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    match word.len() {
        32 => before != Some(b'#') && word.bytes().all(|byte| byte.is_ascii_hexdigit()),
        40 => !word.starts_with('/') && is_mixed(),
        100.. => is_mixed(),
        _ => false,
    }
}

/// A log writer that masks secrets. Each write has one or more complete lines.
#[derive(Debug, Clone)]
pub struct Masking<W>(W);

impl<W> Masking<W> {
    /// Masks what is written to `inner`.
    pub fn new(inner: W) -> Self {
        Self(inner)
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Masking<M> {
    type Writer = Masking<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Masking(self.0.make_writer())
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Self::Writer {
        Masking(self.0.make_writer_for(metadata))
    }
}

impl<W: Write> Write for Masking<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(bytes);
        self.0.write_all(mask(&text).as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests;
