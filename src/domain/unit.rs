//! Patterns of OUs: `Workloads/Prod` is that OU, `*` matches one level, and `**` any number of
//! levels.

use std::fmt;
use std::str::FromStr;

/// A pattern that matches OUs by path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitPattern(Vec<String>);

/// Not a valid pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an OU path; use names from the root down, for example Workloads/Prod/**")]
pub struct InvalidUnitPattern(pub String);

impl UnitPattern {
    /// Reports whether it matches the OU with this path from the root.
    pub fn takes(&self, unit: &str) -> bool {
        let levels: Vec<_> = unit.split('/').collect();
        takes(&self.0, &levels)
    }
}

fn takes(pattern: &[String], levels: &[&str]) -> bool {
    match (pattern.split_first(), levels.split_first()) {
        (None, None) => true,
        (Some((any, rest)), _) if any == "**" => {
            (0..=levels.len()).any(|skipped| takes(rest, &levels[skipped..]))
        }
        (Some((wanted, pattern)), Some((level, levels))) => {
            (wanted == "*" || wanted == level) && takes(pattern, levels)
        }
        _ => false,
    }
}

impl FromStr for UnitPattern {
    type Err = InvalidUnitPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let levels: Vec<_> = text.trim().split('/').map(str::to_owned).collect();
        let is_level = |level: &String| {
            !level.trim().is_empty() && (!level.contains('*') || level == "*" || level == "**")
        };
        // Repeated `**` matches the same, but takes much longer.
        let repeats = levels
            .windows(2)
            .any(|pair| pair[0] == "**" && pair[1] == "**");
        if levels.iter().all(is_level) && !repeats {
            Ok(Self(levels))
        } else {
            Err(InvalidUnitPattern(text.to_owned()))
        }
    }
}

impl fmt::Display for UnitPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_its_units_and_no_other() {
        for (pattern, unit, wanted) in [
            ("Workloads/Prod", "Workloads/Prod", true),
            ("Workloads/Prod", "Workloads/Prod/EU", false),
            ("Workloads/Prod", "Workloads", false),
            ("Workloads/*", "Workloads/Prod", true),
            ("Workloads/*", "Workloads", false),
            ("Workloads/*", "Workloads/Prod/EU", false),
            ("Workloads/**", "Workloads", true),
            ("Workloads/**", "Workloads/Prod/EU", true),
            ("**/Prod", "Prod", true),
            ("**/Prod", "Workloads/Prod", true),
            ("**/Prod", "Workloads/Prod/EU", false),
            ("**/Prod/**", "Workloads/Prod/EU", true),
            ("**", "anything", true),
            ("Workloads/Prod", "workloads/prod", false),
        ] {
            let parsed: UnitPattern = pattern.parse().unwrap();
            assert_eq!(parsed.takes(unit), wanted, "{pattern} {unit}");
            assert_eq!(parsed.to_string(), pattern);
        }
        for wrong in ["", "/", "Workloads//Prod", "Prod*", "***", "**/**", "a/ /b"] {
            assert!(wrong.parse::<UnitPattern>().is_err(), "{wrong}");
        }
    }
}
