//! A seal on each item: a hash of its key and of the attributes written with it. It detects an
//! item that was altered, that lost an attribute, or that was copied from another hub, date or
//! version.
//!
//! The seal lists the attributes that it covers, so attributes that are updated in place or added
//! by another release stay valid. Items of 0.2.0 have no seal and are read as they are. Binary
//! data needs none: its hash is among the sealed attributes.

use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest as _, Sha256};

use super::keys::Item;

const SEAL: &str = "seal";

/// Seals an item, except the attributes in `open` and the expiry. An item that expires too early
/// is detected as missing.
pub(super) fn close(item: &mut Item, open: &[&str]) {
    item.remove(SEAL);
    let mut names: Vec<_> = item.keys().map(String::as_str).collect();
    names.retain(|name| *name != "expires_at" && !open.contains(name));
    names.sort_unstable();
    let hash = hash(item, &names);
    let seal = format!("{} {hash}", names.join(" "));
    item.insert(SEAL.to_owned(), AttributeValue::S(seal));
}

/// Reports whether the sealed attributes are unchanged.
pub(super) fn holds(item: &Item) -> bool {
    let Some(seal) = item.get(SEAL) else {
        return true;
    };
    let seal = seal.as_s().map(|seal| seal.rsplit_once(' '));
    let Ok(Some((names, sealed))) = seal else {
        return false;
    };
    let names: Vec<_> = names.split(' ').collect();
    hash(item, &names) == sealed
}

fn hash(item: &Item, names: &[&str]) -> String {
    let mut hash = Sha256::new();
    for name in names {
        add(&mut hash, b'K', name.as_bytes());
        match item.get(*name) {
            Some(value) => add_value(&mut hash, value),
            None => hash.update(b"-"),
        }
    }
    hex::encode(hash.finalize())
}

fn add_value(hash: &mut Sha256, value: &AttributeValue) {
    match value {
        AttributeValue::S(text) => add(hash, b'S', text.as_bytes()),
        AttributeValue::N(number) => add(hash, b'N', number.as_bytes()),
        AttributeValue::B(bytes) => add(hash, b'B', bytes.as_ref()),
        AttributeValue::Bool(value) => add(hash, b'T', &[u8::from(*value)]),
        AttributeValue::Null(_) => add(hash, b'0', &[]),
        AttributeValue::L(values) => {
            add(hash, b'L', &(values.len() as u64).to_be_bytes());
            for value in values {
                add_value(hash, value);
            }
        }
        AttributeValue::M(values) => {
            add(hash, b'M', &(values.len() as u64).to_be_bytes());
            let mut values: Vec<_> = values.iter().collect();
            values.sort_unstable_by_key(|(name, _)| *name);
            for (name, value) in values {
                add(hash, b'K', name.as_bytes());
                add_value(hash, value);
            }
        }
        // Our items have no other types.
        _ => add(hash, b'?', &[]),
    }
}

/// Includes type and length, so that different values never hash the same input.
fn add(hash: &mut Sha256, kind: u8, bytes: &[u8]) {
    hash.update([kind]);
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let inner = [("b".to_owned(), text("c"))].into();
        let mut item = Item::from([
            ("pk".to_owned(), text("HUB#1")),
            ("sk".to_owned(), text("HEAD")),
            ("version".to_owned(), AttributeValue::N("7".to_owned())),
            ("day".to_owned(), AttributeValue::M(inner)),
            ("gone".to_owned(), AttributeValue::Null(true)),
            ("checked_at".to_owned(), text("now")),
        ]);
        close(&mut item, &["checked_at"]);
        item
    }

    #[test]
    fn a_seal_breaks_with_whatever_it_covers_and_with_nothing_else() {
        assert!(holds(&item()));
        for name in ["pk", "sk", "version", "day", "gone"] {
            let mut altered = item();
            altered.insert(name.to_owned(), AttributeValue::S("x".to_owned()));
            assert!(!holds(&altered), "{name} is another");
            let mut altered = item();
            altered.remove(name);
            assert!(!holds(&altered), "{name} is missing");
        }
        let mut moved = item();
        moved.insert(
            "checked_at".to_owned(),
            AttributeValue::S("later".to_owned()),
        );
        moved.insert("new".to_owned(), AttributeValue::Bool(true));
        assert!(holds(&moved));
        let mut old = item();
        old.remove(SEAL);
        assert!(holds(&old));
        for wrong in [AttributeValue::Bool(true), AttributeValue::S(String::new())] {
            let mut broken = item();
            broken.insert(SEAL.to_owned(), wrong);
            assert!(!holds(&broken));
        }
    }
}
