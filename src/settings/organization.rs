//! The setting for AWS Organizations: whether to read it, and how.

use std::str::FromStr;

use crate::domain::administrator::Role;

/// The way to read AWS Organizations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ReadOrganization {
    /// Never.
    Off,
    /// If the role permits it; otherwise messages do not mention it.
    #[default]
    Auto,
    /// Required: messages say what is unknown if it cannot be read.
    On,
    /// Required, by assuming this role.
    Role(String),
}

impl FromStr for ReadOrganization {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self::Off),
            "auto" => Ok(Self::Auto),
            "on" => Ok(Self::On),
            _ if Role::parse(text).is_some() => Ok(Self::Role(text.to_owned())),
            _ => Err(format!(
                "{text:?} must be auto, on, off or the ARN of an IAM role"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_organization_is_read_with_a_role_only_where_its_arn_is_one() {
        for role in [
            "arn:aws:iam::123456789012:role/names",
            "arn:aws-cn:iam::123456789012:role/path/to/names",
        ] {
            assert_eq!(role.parse(), Ok(ReadOrganization::Role(role.to_owned())));
        }
        for wrong in [
            "yes",
            "arn:aws:iam::123456789012:user/sam",
            "arn:aws:iam::12345:role/names",
            "arn:aws:sts::123456789012:assumed-role/names/sam",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:role/a b",
        ] {
            assert!(wrong.parse::<ReadOrganization>().is_err(), "{wrong}");
        }
    }
}
