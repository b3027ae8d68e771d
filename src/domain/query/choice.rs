//! Chooses one date for a moment with several readings.
//!
//! It decides which reading comes first, and which others the answer mentions.

use chrono::{Datelike, NaiveDate, TimeDelta};
use chrono_tz::Tz;

use super::extent::{Extent, Impossible, NOWHERE, YEARS, extent};
use super::moment::{DigitOrder, Moment, MomentReading, MomentText};
use super::{Note, QueryError};

/// Other readings are mentioned if they are within ten years.
const NEAR: TimeDelta = TimeDelta::days(3660);

/// The time and text of a query.
pub(super) struct Asking<'a> {
    /// The typed text.
    pub(super) text: &'a str,
    pub(super) today: NaiveDate,
    pub(super) zone: Tz,
}

/// The chosen reading.
pub(super) struct Chosen<'s, 'a> {
    pub(super) said: &'s MomentText<'a>,
    pub(super) moment: Moment,
    /// Other readings of the digits.
    others: Vec<NaiveDate>,
}

impl Chosen<'_, '_> {
    pub(super) fn extent(&self, as_of: NaiveDate) -> Result<Extent, QueryError> {
        self.checked(extent(self.moment, as_of))
    }

    pub(super) fn checked(&self, extent: Result<Extent, Impossible>) -> Result<Extent, QueryError> {
        let checked = extent.and_then(Extent::checked);
        checked.map_err(|impossible| not_a_date(self.said, impossible))
    }

    /// The note for the answer, if the date has other readings.
    pub(super) fn note(&self, extent: Extent) -> Option<Note> {
        match extent {
            Extent::Day(date) if !self.others.is_empty() => Some(Note::Read {
                text: self.said.text.to_owned(),
                date,
                others: self.others.clone(),
            }),
            _ => None,
        }
    }
}

impl Asking<'_> {
    /// The most likely existing reading: one that matches the given weekday, and the day-month
    /// order of the other end of a range.
    pub(super) fn choose<'s, 'a>(
        &self,
        said: &'s MomentText<'a>,
        order: Option<DigitOrder>,
    ) -> Result<Chosen<'s, 'a>, QueryError> {
        let possible = self.possible(said)?;
        let first = possible[0];
        let in_order = possible
            .iter()
            .find(|(reading, _)| Some(reading.order) == order);
        let is_likeliest = first.0 == said.readings[0] || said.weekday.is_some();
        let (reading, extent) = match in_order {
            Some(in_order) => *in_order,
            None if is_likeliest => first,
            None => {
                let distance = |extent: Extent| (extent.first() - self.today).abs();
                let nearest = possible.iter().min_by_key(|(_, extent)| distance(*extent));
                nearest.copied().unwrap_or(first)
            }
        };
        // Dates with dots are day first, but a two-digit number can also be the year.
        let is_other = |other: &MomentReading| {
            reading.order != DigitOrder::Dotted || other.order == DigitOrder::YearFirst
        };
        let others = possible.iter().filter(|(other, _)| is_other(other));
        let others = others
            .map(|(_, other)| other.first())
            .filter(|other| *other != extent.first() && (*other - self.today).abs() <= NEAR);
        Ok(Chosen {
            said,
            moment: reading.moment,
            others: if said.weekday.is_some() || is_japanese(self.text) {
                Vec::new()
            } else {
                others.collect()
            },
        })
    }

    /// All readings that exist. If any has the given weekday, only those; never empty.
    fn possible(&self, said: &MomentText<'_>) -> Result<Vec<(MomentReading, Extent)>, QueryError> {
        let mut found = Vec::new();
        let mut failed: Option<Impossible> = None;
        for reading in &said.readings {
            match extent(reading.moment, self.today).and_then(Extent::checked) {
                Ok(extent) => found.push((*reading, extent)),
                Err(error) => {
                    failed = failed
                        .filter(|failed| failed.last_day.is_some())
                        .or(Some(error));
                }
            }
        }
        if found.is_empty() {
            return Err(not_a_date(said, failed.unwrap_or(NOWHERE)));
        }
        let has = |found: &(MomentReading, Extent)| said.has(found.1.first());
        if found.iter().any(has) {
            found.retain(has);
        }
        Ok(found)
    }

    /// In `05/11/2026..20/11/2026`, the second end must be day first, so the first one is too.
    pub(super) fn common_order(
        &self,
        from: &MomentText<'_>,
        to: &MomentText<'_>,
    ) -> Option<DigitOrder> {
        let (from, to) = self.possible(from).ok().zip(self.possible(to).ok())?;
        let mut orders = from.iter().map(|(reading, _)| reading.order);
        orders.find(|order| to.iter().any(|(reading, _)| reading.order == *order))
    }
}

/// A month and a day that don't exist together. The other end of the range decides the year.
pub(super) fn undecided<'s, 'a>(said: &'s MomentText<'a>) -> Option<Chosen<'s, 'a>> {
    let is_month = |moment: &Moment| matches!(moment, Moment::MonthDay { month: 1..=12, .. });
    let mut moments = said.readings.iter().map(|reading| reading.moment);
    Some(Chosen {
        said,
        moment: moments.find(is_month)?,
        others: Vec::new(),
    })
}

/// Japanese dates are always month first.
fn is_japanese(text: &str) -> bool {
    text.chars()
        .any(|letter| matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}'))
}

fn not_a_date(said: &MomentText<'_>, Impossible { last_day }: Impossible) -> QueryError {
    QueryError::ImpossibleDate {
        text: said.text.to_owned(),
        last_day_of_month: last_day.filter(|date| YEARS.contains(&date.year())),
    }
}
