//! The columns of a names file, by their headings.

use super::fault::NamesFault;
use crate::domain::naming::letters_and_digits;

/// The positions of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NamesColumns {
    pub(super) id: usize,
    pub(super) name: usize,
    pub(super) unit: Option<usize>,
    /// The number of columns. A line may have fewer.
    pub(super) count: usize,
}

/// The names that a column may have, the clearest names first: a column with one of the
/// later names counts only if none has an earlier one.
type Spellings = &'static [&'static [&'static str]];

const ID: Spellings = &[
    &[
        "accountid",
        "awsaccountid",
        "accountnumber",
        "awsaccountnumber",
        "アカウントid",
        "awsアカウントid",
        "アカウント番号",
        "awsアカウント番号",
    ],
    &["id"],
    &["account", "awsaccount", "アカウント", "awsアカウント"],
];
const NAME: Spellings = &[
    &[
        "accountname",
        "awsaccountname",
        "アカウント名",
        "awsアカウント名",
    ],
    &["name", "名前", "名称"],
    &["displayname", "accountalias", "alias", "表示名"],
];
const UNIT: Spellings = &[
    &[
        "organizationalunit",
        "organisationalunit",
        "組織単位",
        "組織単位ou",
    ],
    &["ou", "unit", "oupath", "ouname"],
];

impl NamesColumns {
    /// The columns of a file without a heading: ID, name.
    pub(super) const PLAIN: Self = Self {
        id: 0,
        name: 1,
        unit: None,
        count: 2,
    };

    /// The columns that a heading names.
    pub(super) fn of(heading: &[String]) -> Result<Self, NamesFault> {
        let words: Vec<_> = heading
            .iter()
            .map(|field| letters_and_digits(field))
            .collect();
        let id = find(&words, ID).map_err(|()| NamesFault::TwoIds)?;
        let name = find(&words, NAME).map_err(|()| NamesFault::TwoNames)?;
        let unit = find(&words, UNIT).map_err(|()| NamesFault::TwoUnits)?;
        match (id, name) {
            (Some(id), Some(name)) => Ok(Self {
                id,
                name,
                unit,
                count: heading.len(),
            }),
            (Some(_), None) => Err(NamesFault::HeadingWithoutName),
            (None, Some(_)) => Err(NamesFault::HeadingWithoutId),
            (None, None) => Err(NamesFault::NoHeading),
        }
    }
}

/// The only column with one of these headings. Two are an error.
fn find(words: &[String], spellings: Spellings) -> Result<Option<usize>, ()> {
    for equal in spellings {
        let words = words.iter().enumerate();
        let mut found = words.filter(|(_, word)| equal.contains(&word.as_str()));
        match (found.next(), found.next()) {
            (None, _) => {}
            (Some((column, _)), None) => return Ok(Some(column)),
            (Some(_), Some(_)) => return Err(()),
        }
    }
    Ok(None)
}
