//! The keys of the table: the only list of the kinds of items in it. A test compares the
//! documentation's copy with it.
//!
//! It owns the format of the keys and their order, and doesn't know the other attributes of
//! items.
//!
//! Imported days, from before the first poll, are items like any other. Their versions are
//! negative, one fixed version for each date. In a key they are written as `-` and the distance
//! from the lowest one, so they sort before `000000000000`, by date. A range of versions that
//! begins at an imported day continues into the polled days. A range that begins at 0, as the
//! first digest's does, excludes them. `CHANGES#000000000000` has the changes between the last
//! imported day and the first poll. Both alternatives are worse: raising the polled versions
//! would change what digests have covered, and with a second key space every reader would need to
//! handle two kinds of history.

use std::collections::HashMap;
use std::fmt::{self, Display, Write as _};

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;

use crate::domain::cases::CaseKey;
use crate::domain::due::Due;
use crate::domain::hub::{HubId, Version};
use crate::domain::member::AccountId;
use crate::watch::ports::{Once, OutboxId};

pub(super) type Item = HashMap<String, AttributeValue>;

/// A kind of item: the patterns of its partition key and sort key, with a placeholder in angle
/// brackets for each value.
struct Kind {
    pk: &'static str,
    sk: &'static str,
}

/// The kinds, each with a description for the documentation.
macro_rules! kinds {
    ($($kind:ident: $pk:literal, $sk:literal, $holds:literal;)+) => {
        $(const $kind: Kind = Kind { pk: $pk, sk: $sk };)+

        #[cfg(test)]
        const DOCUMENTED: &[(Kind, &str)] = &[$(($kind, $holds)),+];
    };
}

kinds! {
    SNAPSHOT: "SNAPSHOT#<date>", "<hub>#<version>#<writer>#<part>",
        "the last member list of that date, in parts: JSON, compressed with zstd";
    HEAD: "HUB#<hub>", "HEAD",
        "the hub now: version, when it was read, since when and why not";
    DAY: "HUB#<hub>", "DAY#<date>",
        "that date's version, time, counts, hash; the date before it, and the last version with changes";
    RECENT: "HUB#<hub>", "RECENT",
        "a copy of the latest `DAY#` items, so that many hubs are read at once";
    CHANGES: "HUB#<hub>", "CHANGES#<version>",
        "the changes that led to this version, and the version with changes before it; imported days have versions below 0";
    BOUNDARY: "HUB#<hub>", "BOUNDARY",
        "that there are changes between the last imported day and the first poll, so that it is noticed if they are missing";
    MORE_CHANGES: "CHANGES#<hub>", "<version>#<writer>#<part>",
        "the same in parts, where one item is too small for them";
    REGIONS: "ADMIN#<account>", "REGIONS",
        "the Regions that were found for an administrator";
    LEDGER: "DIGEST#<channel>", "HEAD",
        "the last delivered digest, how far it went, what is being posted, and the hubs that the channel knows as failing";
    DELIVERED: "DIGEST#<channel>", "<due>",
        "the delivered digest of a date, or of one of its times, as in `2026-11-20T17:00`: Slack's `ts`, how far it went";
    ORGANIZATION: "ORGANIZATION", "HEAD",
        "when the organization was read, since when and why not";
    ACCOUNTS: "ORGANIZATION", "ACCOUNTS#<writer>#<part>",
        "its accounts: names, units, states";
    CASE_BOOK: "CASEBOOK", "HEAD",
        "which case book is the current one";
    CASE_BOOK_PARTS: "CASEBOOK", "<writer>#<part>",
        "the accounts that are not Enabled, hub by hub, since when and how; how far the changes of each hub have been read; which unknown statuses people count as Enabled";
    HUB_CLAIMS: "CASEBOOK", "REGIONS",
        "who works on which failing hub; older releases would read it as a case in `CASES`";
    CASE_CLAIM: "CASES", "<case>",
        "who works on a case, and who accepted it until when and why; a case is `<admin>#<account>`";
    CASE_STAMP: "CASES", "HEAD",
        "another text after each change of a claim";
    SCHEMA: "SCHEMA", "HEAD",
        "the newest schema with which a start has used the table";
    ONCE: "ONCE#<sha256>", "CLAIM",
        "that an answer is shared; kept for a day";
    OUTBOX: "OUTBOX#<channel>", "<date>#<nonce>#<part>",
        "the messages of a digest that is being posted; kept for 14 days";
}

impl Kind {
    /// Fills the placeholders in order, those of `pk` first. The key ends before the first one
    /// without a value, so `<part>` can be left out.
    fn key(&self, values: &[&dyn Display]) -> Key {
        let mut values = values.iter();
        let mut fill = |pattern: &str| {
            let (mut text, mut rest) = (String::new(), pattern);
            while let Some((before, after)) = rest.split_once('<') {
                text.push_str(before);
                rest = "";
                if let (Some(value), Some((_, after))) = (values.next(), after.split_once('>')) {
                    // Writing to a String cannot fail.
                    let _ = write!(text, "{value}");
                    rest = after;
                }
            }
            text + rest
        };
        Key {
            pk: fill(self.pk),
            sk: fill(self.sk),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

/// The keys of one partition from `from` to `to`, both inclusive.
#[derive(Debug, Clone)]
pub(super) struct Range {
    pub(super) pk: String,
    pub(super) from: String,
    pub(super) to: String,
}

impl Key {
    pub(super) fn head(hub: &HubId) -> Self {
        HEAD.key(&[hub])
    }

    pub(super) fn recent(hub: &HubId) -> Self {
        RECENT.key(&[hub])
    }

    pub(super) fn day(hub: &HubId, date: NaiveDate) -> Self {
        DAY.key(&[hub, &plain(date)])
    }

    pub(super) fn changes(hub: &HubId, version: Version) -> Self {
        CHANGES.key(&[hub, &sortable(version)])
    }

    pub(super) fn boundary(hub: &HubId) -> Self {
        BOUNDARY.key(&[hub])
    }

    /// The parts of a snapshot, without their number.
    pub(super) fn snapshot(hub: &HubId, date: NaiveDate, version: Version, writer: &str) -> Self {
        SNAPSHOT.key(&[&plain(date), hub, &sortable(version), &writer])
    }

    /// The parts of a large list of changes, without their number.
    pub(super) fn more_changes(hub: &HubId, version: Version, writer: &str) -> Self {
        MORE_CHANGES.key(&[hub, &sortable(version), &writer])
    }

    pub(super) fn regions(admin: AccountId) -> Self {
        REGIONS.key(&[&admin])
    }

    pub(super) fn ledger(channel: &str) -> Self {
        LEDGER.key(&[&channel])
    }

    pub(super) fn delivered(channel: &str, due: Due) -> Self {
        let date = plain(due.date);
        let due = match due.time {
            Some(_) => due.to_string(),
            None => date,
        };
        DELIVERED.key(&[&channel, &due])
    }

    /// The messages of a digest, without their number.
    pub(super) fn outbox(outbox: &OutboxId) -> Self {
        let date = plain(outbox.subject.date());
        OUTBOX.key(&[&outbox.channel, &date, &outbox.nonce])
    }

    pub(super) fn organization() -> Self {
        ORGANIZATION.key(&[])
    }

    /// The accounts of the organization, without the number of the part.
    pub(super) fn accounts(writer: &str) -> Self {
        ACCOUNTS.key(&[&writer])
    }

    pub(super) fn case_book() -> Self {
        CASE_BOOK.key(&[])
    }

    /// The parts of a case book, without their number.
    pub(super) fn case_book_parts(writer: &str) -> Self {
        CASE_BOOK_PARTS.key(&[&writer])
    }

    pub(super) fn hub_claims() -> Self {
        HUB_CLAIMS.key(&[])
    }

    pub(super) fn case_claim(case: CaseKey) -> Self {
        CASE_CLAIM.key(&[&case])
    }

    pub(super) fn case_stamp() -> Self {
        CASE_STAMP.key(&[])
    }

    pub(super) fn once(what: &Once) -> Self {
        ONCE.key(&[&what.as_str()])
    }

    pub(super) fn schema() -> Self {
        SCHEMA.key(&[])
    }

    /// Part number `index` below this key.
    pub(super) fn part(&self, index: usize) -> Self {
        Self {
            pk: self.pk.clone(),
            sk: format!("{}{index:04}", self.sk),
        }
    }

    /// The range from this key to another one of the same partition, both inclusive.
    pub(super) fn to(self, last: Self) -> Range {
        Range {
            pk: self.pk,
            from: self.sk,
            to: last.sk,
        }
    }

    pub(super) fn of(item: &Item) -> Self {
        let text = |name| item.get(name).and_then(|value| value.as_s().ok());
        let text = |name| text(name).cloned().unwrap_or_default();
        Self {
            pk: text("pk"),
            sk: text("sk"),
        }
    }

    /// An item with the key attributes only.
    pub(super) fn item(&self) -> Item {
        let text = |text: &String| AttributeValue::S(text.clone());
        HashMap::from([
            ("pk".to_owned(), text(&self.pk)),
            ("sk".to_owned(), text(&self.sk)),
        ])
    }
}

impl Range {
    /// All items of a hub except its parts.
    pub(super) fn hub(hub: &HubId) -> Self {
        Self {
            pk: Key::head(hub).pk,
            from: " ".to_owned(),
            to: "~".to_owned(),
        }
    }

    /// The claims of all cases, and their stamp.
    pub(super) fn claims() -> Self {
        Self {
            pk: Key::case_stamp().pk,
            from: " ".to_owned(),
            to: "~".to_owned(),
        }
    }

    /// The dates of a hub, both ends inclusive.
    pub(super) fn days(hub: &HubId, from: NaiveDate, to: NaiveDate) -> Self {
        Key::day(hub, from).to(Key::day(hub, to))
    }
}

impl Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pk, self.sk)
    }
}

/// Sorts as text in the order of the versions.
fn sortable(version: Version) -> String {
    const FAR: i64 = 1_000_000_000_000;
    match version.0 {
        polled @ 0.. => format!("{polled:012}"),
        imported => format!("-{:012}", FAR.saturating_add(imported).max(0)),
    }
}

/// Years above 9999 wouldn't sort as text. They only occur as the bounds of a range.
fn plain(date: NaiveDate) -> String {
    use chrono::Datelike as _;
    match date.year() {
        ..=-1 => "0000-00-00".to_owned(),
        0..=9999 => date.to_string(),
        _ => "9999-99-99".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_versions_do_with_imported_days_before_what_was_polled() {
        let imported = |date: &str| Version::imported(date.parse().unwrap());
        let versions = [
            Version::BEGINNING,
            Version::BEGINNING.next(),
            imported("1970-01-01"),
            imported("2026-01-15"),
            imported("2026-01-16"),
            imported("9999-12-31"),
            Version::NONE,
            Version(1),
            Version(9_999_999),
        ];
        assert!(versions.is_sorted());
        let keys: Vec<_> = versions.into_iter().map(sortable).collect();
        assert!(keys.is_sorted(), "{keys:?}");
        assert_eq!(sortable(Version(12)), "000000000012");
        assert!(Version::imported(NaiveDate::MAX).is_imported());
    }

    #[test]
    fn a_key_has_its_values_in_their_places_and_ends_where_they_end() {
        let hub: HubId = "111122223333/eu-west-1".parse().unwrap();
        let date = "2026-11-25".parse().unwrap();
        let key = Key::snapshot(&hub, date, Version(3), "w<1>").part(7);
        assert_eq!(
            key.to_string(),
            "SNAPSHOT#2026-11-25 111122223333/eu-west-1#000000000003#w<1>#0007"
        );
        assert_eq!(Key::of(&key.item()), key);
        assert_eq!(
            Key::head(&hub).to_string(),
            "HUB#111122223333/eu-west-1 HEAD"
        );
        assert_eq!(Key::organization().to_string(), "ORGANIZATION HEAD");
    }

    #[test]
    fn the_documentation_lists_every_kind_of_item_and_no_other() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let pages = std::fs::read_dir(root.join("docs")).unwrap();
        let pages = pages.map(|entry| entry.unwrap().path());
        let pages = pages.filter(|path| path.extension().is_some_and(|kind| kind == "md"));
        let pages = pages.chain([root.join("README.md")]);
        let text: String = pages
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect();
        let (_, table) = text
            .split_once("| pk | sk | holds |\n| --- | --- | --- |\n")
            .unwrap();
        let documented: Vec<_> = table
            .lines()
            .take_while(|line| line.starts_with('|'))
            .collect();
        let kinds: Vec<_> = DOCUMENTED
            .iter()
            .map(|(kind, holds)| format!("| `{}` | `{}` | {holds} |", kind.pk, kind.sk))
            .collect();
        assert_eq!(
            documented,
            kinds,
            "the table in the documentation is to be:\n{}",
            kinds.join("\n")
        );
    }
}
