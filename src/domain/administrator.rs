//! The configured administrators, with their Regions.

use std::collections::BTreeSet;
use std::fmt;

use super::hub::Region;
use super::member::AccountId;

/// Selects every Region that is enabled for the account.
const ALL: &str = "all";
/// Selects the account of the program's own credentials.
pub const OWN: &str = "self";

/// The monitored Regions of an administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegionChoice {
    /// Not configured: the Region of the AWS SDK's settings.
    Sdk,
    /// These Regions.
    Named(Vec<Region>),
    /// Every Region that is enabled for the account, with exceptions.
    All {
        /// The excluded Regions.
        but: BTreeSet<Region>,
    },
}

impl RegionChoice {
    /// The Regions that are chosen by name.
    pub fn named(&self) -> &[Region] {
        match self {
            Self::Named(named) => named,
            Self::Sdk | Self::All { .. } => &[],
        }
    }

    /// Parses `eu-west-1,us-east-1`, `all`, or `all,-eu-north-1`.
    ///
    /// # Errors
    ///
    /// The first name that is not a Region, or that `all` already includes.
    pub fn parse(text: &str) -> Result<Self, String> {
        let names = text.split(',').map(str::trim);
        let names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
        let region = |name: &str| name.parse::<Region>().map_err(|error| error.to_string());
        if !names.contains(&ALL) {
            let named: Result<Vec<_>, _> = names.into_iter().map(region).collect();
            return Ok(match named? {
                named if named.is_empty() => Self::Sdk,
                named => Self::Named(named),
            });
        }
        let mut but = BTreeSet::new();
        for name in names.into_iter().filter(|name| *name != ALL) {
            let Some(unwanted) = name.strip_prefix('-') else {
                return Err(format!(
                    "{name:?} is already part of all: remove it, or write -{name} to leave it out"
                ));
            };
            but.insert(region(unwanted)?);
        }
        Ok(Self::All { but })
    }

    /// The same without a Region; `None` if no other is left.
    pub fn without(&self, region: &Region) -> Option<Self> {
        match self {
            Self::Sdk => None,
            Self::Named(named) => {
                let others = named.iter().filter(|named| *named != region);
                let others: Vec<_> = others.cloned().collect();
                (!others.is_empty()).then_some(Self::Named(others))
            }
            Self::All { but } => {
                let mut but = but.clone();
                but.insert(region.clone());
                Some(Self::All { but })
            }
        }
    }

    /// The first named Region.
    pub fn first(&self) -> Option<&Region> {
        self.named().first()
    }
}

impl fmt::Display for RegionChoice {
    /// As in the settings.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = match self {
            Self::Sdk => Vec::new(),
            Self::Named(named) => named.iter().map(ToString::to_string).collect(),
            Self::All { but } => {
                let but = but.iter().map(|region| format!("-{region}"));
                std::iter::once(ALL.to_owned()).chain(but).collect()
            }
        };
        f.write_str(&names.join(","))
    }
}

/// A role in an administrator account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The role's ARN.
    pub arn: String,
    /// The account ID in the ARN.
    pub account: AccountId,
    /// The external ID that the trust policy requires.
    pub external_id: Option<String>,
}

/// The source of credentials for an administrator account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// With the program's own credentials.
    Own,
    /// By assuming a role.
    Role(Role),
}

/// One administrator, with its monitored Regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedAdmin {
    /// The source of its credentials.
    pub sign_in: SignIn,
    /// The monitored Regions.
    pub regions: RegionChoice,
}

/// Parses administrators, separated by semicolons or line breaks:
/// `arn:aws:iam::111122223333:role/NAME external-id=… regions=…`, or `self`. Entries without
/// Regions have `default`.
///
/// # Errors
///
/// All problems, entry by entry.
pub fn parse(text: &str, default: &RegionChoice) -> Result<Vec<WatchedAdmin>, String> {
    let mut admins = Vec::<WatchedAdmin>::new();
    let mut wrong = Vec::new();
    let entries = text.split([';', '\n']).map(str::trim);
    for (index, entry) in entries.filter(|entry| !entry.is_empty()).enumerate() {
        let mut problem = |what: String| wrong.push(format!("entry {}: {what}", index + 1));
        match parse_entry(entry, default) {
            Ok(admin) if admins.iter().any(|other| same(other, &admin)) => {
                problem("this account is already in an earlier entry".to_owned());
            }
            Ok(admin) => admins.push(admin),
            Err(what) => problem(what),
        }
    }
    if admins.is_empty() && wrong.is_empty() {
        wrong.push("must name at least one administrator".to_owned());
    }
    if wrong.is_empty() {
        Ok(admins)
    } else {
        Err(wrong.join("; "))
    }
}

/// Reports whether two entries are certainly the same account.
fn same(one: &WatchedAdmin, other: &WatchedAdmin) -> bool {
    match (&one.sign_in, &other.sign_in) {
        (SignIn::Own, SignIn::Own) => true,
        (SignIn::Role(one), SignIn::Role(other)) => one.account == other.account,
        _ => false,
    }
}

/// Parses one administrator.
///
/// # Errors
///
/// The first problem. It doesn't quote the entry, which can be a misplaced secret.
pub fn parse_entry(entry: &str, default: &RegionChoice) -> Result<WatchedAdmin, String> {
    const OPTIONS: &str = "only external-id=… and regions=… can follow, once each";
    let mut words = entry.split_whitespace();
    let name = words.next().unwrap_or_default();
    let mut sign_in = if name == OWN {
        SignIn::Own
    } else {
        SignIn::Role(Role::parse(name).ok_or("must be self or the ARN of an IAM role")?)
    };
    let mut regions = None;
    for word in words {
        match (word.split_once('='), &mut sign_in) {
            (Some(("regions", text)), _) if regions.is_none() => {
                regions = Some(RegionChoice::parse(text)?);
            }
            (Some(("external-id", id)), SignIn::Role(role)) if role.external_id.is_none() => {
                if !is_external_id(id) {
                    let is = "external-id must be 2 to 1224 letters, digits or +=,.@:/_-";
                    return Err(is.to_owned());
                }
                role.external_id = Some(id.to_owned());
            }
            _ => return Err(OPTIONS.to_owned()),
        }
    }
    Ok(WatchedAdmin {
        sign_in,
        regions: regions.unwrap_or_else(|| default.clone()),
    })
}

impl Role {
    /// Parses `arn:aws:iam::111122223333:role/path/name`. The external ID is not part of it.
    pub fn parse(arn: &str) -> Option<Self> {
        let parts: Vec<_> = arn.split(':').collect();
        let ["arn", partition, "iam", "", account, resource] = parts[..] else {
            return None;
        };
        let name = resource.strip_prefix("role/")?;
        let letters = |letter: char| letter.is_ascii_alphanumeric() || "+=,.@_/-".contains(letter);
        let plausible = partition == "aws" || partition.starts_with("aws-");
        (plausible && !name.is_empty() && name.chars().all(letters)).then_some(())?;
        Some(Self {
            arn: arn.to_owned(),
            account: account.parse().ok()?,
            external_id: None,
        })
    }
}

/// STS's rules for external IDs.
fn is_external_id(text: &str) -> bool {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || "+=,.@:/_-".contains(letter);
    (2..=1224).contains(&text.len()) && text.chars().all(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_but(but: &[&str]) -> RegionChoice {
        let but = but.iter().map(|name| name.parse().unwrap()).collect();
        RegionChoice::All { but }
    }

    #[test]
    fn regions_are_named_or_all_or_all_but_some() {
        let named = |names: &[&str]| {
            RegionChoice::Named(names.iter().map(|name| name.parse().unwrap()).collect())
        };
        for (text, meant) in [
            ("", RegionChoice::Sdk),
            ("eu-west-1", named(&["eu-west-1"])),
            ("eu-west-1, us-east-1,", named(&["eu-west-1", "us-east-1"])),
            ("all", all_but(&[])),
            (
                "all,-us-east-1, -eu-west-1",
                all_but(&["us-east-1", "eu-west-1"]),
            ),
        ] {
            assert_eq!(RegionChoice::parse(&meant.to_string()).as_ref(), Ok(&meant));
            assert_eq!(RegionChoice::parse(text), Ok(meant), "{text}");
        }
        for (text, wrong) in [
            ("all,eu-west-1", "write -eu-west-1 to leave it out"),
            ("all,-everything", "\"everything\" must be an AWS Region"),
            ("-eu-west-1", "must be an AWS Region"),
            ("ALL", "must be an AWS Region"),
        ] {
            let error = RegionChoice::parse(text).unwrap_err();
            assert!(error.contains(wrong), "{text}: {error}");
        }
    }

    #[test]
    fn administrators_are_roles_with_an_external_id_and_regions_or_oneself() {
        let text = "self regions=us-east-1;\n \
                    arn:aws:iam::111122223333:role/audit/members external-id=a:1 regions=all,-eu-west-1 \n\
                    arn:aws-us-gov:iam::444455556666:role/members;";
        let default = RegionChoice::parse("eu-west-1").unwrap();
        let admins = parse(text, &default).unwrap();
        let [own, first, second] = &admins[..] else {
            panic!("{admins:?}")
        };
        assert_eq!(own.sign_in, SignIn::Own);
        assert_eq!(own.regions.first().unwrap().as_str(), "us-east-1");
        let SignIn::Role(role) = &first.sign_in else {
            panic!("{first:?}")
        };
        assert_eq!(role.account.to_string(), "111122223333");
        assert_eq!(role.arn, "arn:aws:iam::111122223333:role/audit/members");
        assert_eq!(role.external_id.as_deref(), Some("a:1"));
        assert_eq!(first.regions, all_but(&["eu-west-1"]));
        assert_eq!(second.regions, default);
    }

    #[test]
    fn all_that_is_wrong_with_the_administrators_is_named_and_nothing_secret_is_quoted() {
        let text = "xoxb-hush; arn:aws:iam::1:role/members; arn:aws:iam::111122223333:user/sam; \
                    self; self; self external-id=1; \
                    arn:aws:iam::111122223333:role/a external-id=x; \
                    arn:aws:iam::111122223333:role/a externalid=hush; \
                    arn:aws:iam::111122223333:role/a regions=Dublin; \
                    arn:aws:iam::111122223333:role/a; arn:aws:iam::111122223333:role/b";
        let error = parse(text, &RegionChoice::Sdk).unwrap_err();
        assert!(!error.contains("hush"), "{error}");
        insta::assert_snapshot!(error.replace("; ", "\n"), @r##"
        entry 1: must be self or the ARN of an IAM role
        entry 2: must be self or the ARN of an IAM role
        entry 3: must be self or the ARN of an IAM role
        entry 5: this account is already in an earlier entry
        entry 6: only external-id=… and regions=… can follow, once each
        entry 7: external-id must be 2 to 1224 letters, digits or +=,.@:/_-
        entry 8: only external-id=… and regions=… can follow, once each
        entry 9: "Dublin" must be an AWS Region, such as eu-west-1
        entry 11: this account is already in an earlier entry
        "##);
    }
}
