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
struct Rule {
    marks: &'static [&'static str],
    pattern: Regex,
    replace: fn(&Captures<'_>) -> Option<String>,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(rules);

#[expect(
    clippy::expect_used,
    reason = "the patterns are constants, used by a test"
)]
fn rules() -> Vec<Rule> {
    let rule = |marks, pattern: &str, replace| Rule {
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_that_looks_like_a_token_is_masked_anywhere() {
        for (text, masked) in [
            ("xoxb-1-mutter", "xoxb-…"),
            ("\"xoxp-1-mutter\" is not", "\"xoxp-…\" is not"),
            (
                "dns error: securityhub.xoxb-1-mutter.amazonaws.com",
                "dns error: securityhub.xoxb-….amazonaws.com",
            ),
            ("token%3Dxoxb-1%2Dmutter&a=b", "token%3Dxoxb-…&a=b"),
            ("XOXB-1-MUTTER", "XOXB-…"),
            ("xoxe.xoxp-1-mutter, xoxe-1-mutter", "xoxe.xoxp-…, xoxe-…"),
            ("--xapp-1-A0-mutter", "--xapp-…"),
            (
                "https://hooks.slack.com/commands/T1/2/mutter)",
                "https://hooks.slack.com/…)",
            ),
            (
                "https://hooks.slack-gov.com/services/T1/mutter",
                "https://hooks.slack-gov.com/…",
            ),
            (
                "wss://wss-primary.slack.com/link/?ticket=mutter&app_id=1",
                "wss://wss-primary.slack.com/link/?ticket=…&app_id=1",
            ),
            (
                "http://user:mutter@proxy.example.com:3128",
                "http://…@proxy.example.com:3128",
            ),
            (
                "Authorization: Bearer abcd-1-mutter",
                "Authorization: Bearer …",
            ),
            ("key AKIAIOSFODNN7EXAMPLE", "key AKIA…"),
            (
                "AWS_REGION=8f742231b10e8888abcd99aaaeee85a5",
                "AWS_REGION=[secret]",
            ),
            ("(8f742231b10e8888abcd99aaaeee85a5)", "([secret])"),
            ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY.", "[secret]."),
        ] {
            assert_eq!(mask(text), masked);
            assert_eq!(mask(masked), masked, "once is enough");
        }
    }

    #[test]
    fn a_colour_in_front_of_a_token_does_not_hide_it() {
        for (text, masked) in [
            (
                "'\u{1b}[33mASIAIOSFODNN7EXAMPLE\u{1b}[0m'",
                "'\u{1b}[33mASIA…\u{1b}[0m'",
            ),
            (
                "\u{1b}[1;31m8f742231b10e8888abcd99aaaeee85a5\u{1b}[0m",
                "\u{1b}[1;31m[secret]\u{1b}[0m",
            ),
            ("\u{1b}xoxb-1-mutter\u{1b}[", "\u{1b}xoxb-…\u{1b}["),
        ] {
            assert_eq!(mask(text), masked);
        }
    }

    #[test]
    fn ids_and_addresses_that_an_operator_needs_are_not_masked() {
        for text in [
            "SLACK_BOT_TOKEN: must be a bot token, which begins with xoxb-",
            "for example: SLACK_SIGNING_SECRET=8f742231b10e8888abcd99yyyzzz85a5",
            "arn:aws:sts::111122223333:assumed-role/bot/0123456789abcdef0123456789abcdef",
            "SNAPSHOT#2026-11-25 111122223333/eu-west-1#3#0123456789abcdef0123456789abcdef#0",
            "request 0f4e1c5a-9f0b-4c3d-8a53-3f6d1e9a2b10",
            "5badf00d5badf00d5badf00d5badf00d5badf00d5badf00d5badf00d5badf00d",
            "basic authentication, a bearer token",
            "https://console.aws.amazon.com/securityhub/home?region=eu-west-1#/settings/general",
            "look at wss://*.slack.com and https://hooks.slack.com/",
            "aws+1@example.com",
            "日本語 … ✅",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn a_secret_that_the_program_has_is_masked_whatever_it_looks_like() {
        remember("cor\"rect\\horse,battery staple,short");
        for text in [
            "cor\"rect\\horse",
            r#""cor\"rect\\horse""#,
            r#""\"cor\\\"rect\\\\horse\" is wrong""#,
            "cor%22rect%5Chorse",
            "battery staple",
            "battery+staple",
        ] {
            let masked = mask(text);
            assert!(masked.contains(MASK), "{masked}");
            assert!(
                !masked.contains("rect") && !masked.contains("staple"),
                "{masked}"
            );
        }
        assert_eq!(mask("a short text"), "a short text");
    }

    #[test]
    fn a_secret_with_commas_is_masked_as_a_whole_too() {
        remember("few,long,parts,in it");
        assert_eq!(
            mask("signed with few,long,parts,in it"),
            "signed with [secret]"
        );
    }

    #[test]
    fn no_number_of_secrets_makes_the_program_forget_one_in_use() {
        let mut known = KnownSecrets::new();
        let (given, current) = (
            |number: usize| format!("mutter {number}: given"),
            |file: usize, turn: usize| format!("mutter {turn} of {file}: renewed"),
        );
        (0..1_000).for_each(|number| known.give(&given(number)));
        known.renew("rarely", "mutter: rarely renewed");
        for turn in 0..50 {
            known.renew("often", &current(1, 0));
            known.renew("often", &current(1, turn));
            known.renew("often", &format!("{},", current(2, turn)).repeat(50));
        }
        let in_use = (0..1_000).map(given);
        let in_use = in_use.chain([
            "mutter: rarely renewed".to_owned(),
            current(1, 0),
            current(1, 49),
        ]);
        for secret in in_use {
            assert_eq!(known.mask(&secret), MASK, "{secret}");
        }
        // Only a file's own earlier secrets make room.
        assert_eq!(known.renewed["often"].len(), MOST_OF_A_FILE);
        assert_eq!(known.mask(&current(1, 1)), current(1, 1));
    }

    #[test]
    fn the_log_writer_masks_each_line() {
        let mut log = Vec::new();
        writeln!(Masking::new(&mut log), "one xoxb-1-mutter").unwrap();
        Masking::new(&mut log)
            .write_all(b"\xff two xapp-1-mutter\n")
            .unwrap();
        assert_eq!(
            String::from_utf8(log).unwrap(),
            "one xoxb-…\n\u{fffd} two xapp-…\n"
        );
    }

    proptest! {
        #[test]
        fn no_token_survives_and_nothing_else_is_lost(
            before in r"[a-z .:='(/-]{0,12}[ =:'(/.]",
            kind in "xox[abpers]-|xapp-1-|xoxe.xoxb-1-",
            rest in "[0-9A-Z]{6}[0-9a-zA-Z]{6,20}",
            after in "[ ,:')./][a-z ,.:')/-]{0,12}",
        ) {
            let text = format!("{before}{kind}{rest}{after}");
            let masked = mask(&text);
            prop_assert!(!masked.contains(&rest), "{masked}");
            prop_assert!(masked.ends_with(&after), "{masked}");
        }

        #[test]
        fn any_text_can_be_masked(text in "\\PC{0,80}") {
            let masked = mask(&text).into_owned();
            prop_assert_eq!(mask(&masked), masked.as_str());
        }
    }
}
