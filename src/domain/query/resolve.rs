//! A phrase + today → a [`Query`], with notes for the answer.
//!
//! It decides what a bare date next to another one means, and when to ask instead of guessing. It
//! knows no spelling.

use chrono::{Datelike, Days, NaiveDate, TimeDelta, TimeZone as _};

use super::calendar::{
    date as date_of, lasting, lasting_until, latest_day_of_month, latest_days_of_month,
    latest_month_day, minus, next_weekday, start, weekday_of,
};
use super::choice::{Asking, Chosen, undecided};
use super::extent::{
    Extent, Impossible, NOWHERE, YEARS, day_of_month_from, extent, month_day_from,
};
use super::grammar::{Length, Phrase};
use super::moment::{Moment, MomentText, Offset, Time};
use super::vocabulary::Unit;
use super::{Note, Query, QueryError, Unclear, Understood};

/// Finds the days of the phrase.
pub(super) fn resolve(phrase: Phrase<'_>, asking: &Asking<'_>) -> Result<Understood, QueryError> {
    match phrase {
        Phrase::Now => Ok(Query::Now.into()),
        Phrase::Help => Ok(Query::Help.into()),
        Phrase::One(said) => asking.one(&said),
        Phrase::Range { from, to: None } => asking.since(&from),
        Phrase::Range { from, to: Some(to) } => asking.range(&from, &to),
        Phrase::From { first, length } => asking.lasting_from(&first, length),
        Phrase::UpTo { length, last } => asking.lasting_up_to(length, &last),
    }
}

impl Asking<'_> {
    fn one(&self, said: &MomentText<'_>) -> Result<Understood, QueryError> {
        let (extent, notes) = self.alone(said)?;
        let last = self.until(extent, extent.first());
        Ok(Understood {
            query: Query::period(extent.first(), last),
            notes,
        })
    }

    /// A first day in the future is kept as it is.
    fn since(&self, from: &MomentText<'_>) -> Result<Understood, QueryError> {
        let (extent, notes) = self.alone(from)?;
        let first = extent.first();
        let last = if first <= self.today {
            self.today
        } else {
            extent.last()
        };
        Ok(Understood {
            query: Query::period(first, last),
            notes,
        })
    }

    fn lasting_from(
        &self,
        said: &MomentText<'_>,
        length: Length,
    ) -> Result<Understood, QueryError> {
        let (extent, mut notes) = self.alone(said)?;
        let first = extent.first();
        let last = lasting(first, length.count, length.unit).ok_or(NOWHERE);
        let period = last.and_then(|last| Extent::Span { first, last }.checked());
        let last = period.map_err(|error| self.error(error))?.last();
        let last = self.cut(first, last, &mut notes);
        Ok(Understood {
            query: Query::period(first, last),
            notes,
        })
    }

    fn lasting_up_to(
        &self,
        length: Length,
        said: &MomentText<'_>,
    ) -> Result<Understood, QueryError> {
        let (extent, notes) = self.alone(said)?;
        let last = self.until(extent, extent.first());
        let first = lasting_until(last, length.count, length.unit).ok_or(NOWHERE);
        let period = first.and_then(|first| Extent::Span { first, last }.checked());
        let first = period.map_err(|error| self.error(error))?.first();
        Ok(Understood {
            query: Query::period(first, last),
            notes,
        })
    }

    fn range(&self, from: &MomentText<'_>, to: &MomentText<'_>) -> Result<Understood, QueryError> {
        let order = self.common_order(from, to);
        let from = self.choose(from, order)?;
        let to = self
            .choose(to, order)
            .or_else(|error| undecided(to).ok_or(error))?;
        let (left, right) = self.ends(&from, &to)?;
        let is_wrong = |chosen: &Chosen<'_, '_>, extent| match extent {
            Extent::Day(date) if !chosen.said.has(date) => Some(date),
            _ => None,
        };
        if let Some(date) = is_wrong(&from, left).or_else(|| is_wrong(&to, right)) {
            let meant =
                (left.first() <= right.last()).then(|| Query::period(left.first(), right.last()));
            return Err(self.unclear(Unclear::WrongWeekday(date), meant.into_iter().collect()));
        }
        let mut notes: Vec<_> = [from.note(left), to.note(right)]
            .into_iter()
            .flatten()
            .collect();
        let left = self.shifted(left, from.said.time);
        let right = self.shifted(right, to.said.time);
        if right.last() < left.first() {
            let meant = self.forward(left, right, from.moment, to.moment);
            return Err(self.unclear(Unclear::EndsBeforeStart, meant));
        }
        let first = left.first();
        let last = match right {
            Extent::Day(date) if !to.moment.is_explicit() => self.cut(first, date, &mut notes),
            right => self.until(right, first),
        };
        Ok(Understood {
            query: Query::period(first, last),
            notes,
        })
    }

    /// A single moment.
    fn alone(&self, said: &MomentText<'_>) -> Result<(Extent, Vec<Note>), QueryError> {
        let chosen = self.choose(said, None)?;
        let extent = chosen.extent(self.today)?;
        if let Extent::Day(date) = extent
            && !said.has(date)
        {
            let meant = self.with_weekday(said, chosen.moment, date);
            let meant = [Some(date), meant].into_iter().flatten().map(Query::On);
            return Err(self.unclear(Unclear::WrongWeekday(date), meant.collect()));
        }
        let notes = chosen.note(extent).into_iter().collect();
        Ok((self.shifted(extent, said.time), notes))
    }

    /// The ends of a range. The other end completes a missing year, month or week.
    fn ends(
        &self,
        from: &Chosen<'_, '_>,
        to: &Chosen<'_, '_>,
    ) -> Result<(Extent, Extent), QueryError> {
        use Moment::{DayOfMonth, MonthDay, Weekday, WeekdayOfWeek};
        match (from.moment, to.moment) {
            // A weekday is in the week that the other end names.
            (WeekdayOfWeek { back, .. }, Weekday { weekday, weeks: 0 }) => {
                let right = to.checked(extent(WeekdayOfWeek { back, weekday }, self.today))?;
                Ok((from.extent(self.today)?, right))
            }
            (Weekday { weekday, weeks: 0 }, WeekdayOfWeek { back, .. }) => {
                let left = from.checked(extent(WeekdayOfWeek { back, weekday }, self.today))?;
                Ok((left, to.extent(self.today)?))
            }
            (Weekday { .. }, Weekday { .. }) => self.left_as_of_right(from, to),
            (DayOfMonth(first), DayOfMonth(last)) if first <= last => {
                match latest_days_of_month(first, last, self.today) {
                    Some((first, last)) => Ok((
                        from.checked(Ok(Extent::Day(first)))?,
                        to.checked(Ok(Extent::Day(last)))?,
                    )),
                    None => self.right_from_left(from, to),
                }
            }
            (_, MonthDay { .. } | DayOfMonth(_) | Weekday { .. }) => self.right_from_left(from, to),
            (left, right) if left.depends_on_year() && right.has_year() => {
                self.left_as_of_right(from, to)
            }
            (left, right) if left.has_year() && right.depends_on_year() => {
                self.right_from_left(from, to)
            }
            (left, _) => {
                let (first, last) = (from.extent(self.today)?, to.extent(self.today)?);
                if last.last() < first.first() && left.depends_on_year() {
                    self.left_as_of_right(from, to)
                } else {
                    Ok((first, last))
                }
            }
        }
    }

    /// `friday..monday`, `october..november 2025`, `Nov 1 to Nov 20, 2025`: the left end is the
    /// latest before the right one.
    fn left_as_of_right(
        &self,
        from: &Chosen<'_, '_>,
        to: &Chosen<'_, '_>,
    ) -> Result<(Extent, Extent), QueryError> {
        let right = to.extent(self.today)?;
        let as_of = match from.moment {
            // The latest before the next day is the latest up to the day itself.
            Moment::Weekday { .. } => right.last().succ_opt(),
            _ => Some(right.last()),
        };
        let left = as_of.map_or(Err(NOWHERE), |as_of| extent(from.moment, as_of));
        Ok((from.checked(left)?, right))
    }

    /// `12/28..1/3`, `25日〜5日`: the right end is the first one after the left. If that is in the
    /// future and the one before the left is nearer, the ends were swapped.
    fn right_from_left(
        &self,
        from: &Chosen<'_, '_>,
        to: &Chosen<'_, '_>,
    ) -> Result<(Extent, Extent), QueryError> {
        let left = from.extent(self.today)?;
        let day = left.first();
        let (next, before) = match to.moment {
            Moment::MonthDay { month, day: number } => (
                month_day_from(day, month, number),
                latest_month_day(month, number, day),
            ),
            Moment::DayOfMonth(number) => (
                day_of_month_from(day, number).ok_or(NOWHERE),
                latest_day_of_month(number, day),
            ),
            Moment::Weekday { weekday, .. } => {
                let right = to.extent(self.today)?;
                if day <= right.last() {
                    return Ok((left, right));
                }
                (next_weekday(weekday, day).ok_or(NOWHERE), None)
            }
            moment => {
                // In the year that starts at the left end, the latest one is the first after it.
                let year = lasting(day, 1, Unit::Year).ok_or(NOWHERE);
                let right = year.and_then(|last| extent(moment, last));
                return Ok((left, to.checked(right)?));
            }
        };
        let next = to.checked(next.map(Extent::Day))?;
        let is_nearer = |before: &NaiveDate| day - *before < next.first() - day;
        let is_ahead = next.first() > self.today && day <= self.today;
        let reversed = before.filter(|before| is_ahead && is_nearer(before));
        Ok((left, reversed.map_or(next, Extent::Day)))
    }

    /// Possible meanings of a range whose end is before its start.
    fn forward(&self, left: Extent, right: Extent, from: Moment, to: Moment) -> Vec<Query> {
        let is_weekday = |moment| {
            matches!(
                moment,
                Moment::Weekday { .. } | Moment::WeekdayOfWeek { .. }
            )
        };
        if is_weekday(from) && is_weekday(to) {
            let week = Days::new(7);
            let later = right.last().checked_add_days(week);
            let earlier = left.first().checked_sub_days(week);
            let later = later.map(|last| (left.first(), last.min(self.today.max(left.first()))));
            let periods = [later, earlier.map(|first| (first, right.last()))];
            let periods = periods.into_iter().flatten();
            return periods
                .filter(|(first, last)| {
                    YEARS.contains(&first.year()) && YEARS.contains(&last.year())
                })
                .map(|(first, last)| Query::period(first, last))
                .collect();
        }
        vec![Query::period(
            right.first(),
            self.until(left, right.first()),
        )]
    }

    /// The last day of an extent. A span that has begun ends today at the latest.
    fn until(&self, extent: Extent, from: NaiveDate) -> NaiveDate {
        match extent {
            Extent::Span { first, last } if first <= self.today && from <= self.today => {
                last.min(self.today)
            }
            extent => extent.last(),
        }
    }

    /// Cuts a current period to end today, with a note.
    fn cut(&self, first: NaiveDate, last: NaiveDate, notes: &mut Vec<Note>) -> NaiveDate {
        if last <= self.today || first > self.today {
            return last;
        }
        notes.push(Note::UntilToday { asked: last });
        self.today
    }

    /// The date in the configured zone of a time with an offset.
    fn shifted(&self, extent: Extent, time: Option<Time>) -> Extent {
        let (
            Extent::Day(day),
            Some(Time {
                seconds,
                offset: Some(offset),
            }),
        ) = (extent, time)
        else {
            return extent;
        };
        let seconds = i64::try_from(seconds).unwrap_or_default();
        let time = day.and_time(chrono::NaiveTime::MIN) + TimeDelta::seconds(seconds);
        let moment = match offset {
            Offset::Minutes(east) => (time - TimeDelta::minutes(east.into())).and_utc(),
            // Its offset depends on the day. Nothing is shifted in the configured zone itself.
            Offset::Of(zone) if zone == self.zone => return extent,
            Offset::Of(zone) => match zone.from_local_datetime(&time).earliest() {
                Some(moment) => moment.to_utc(),
                None => return extent,
            },
        };
        Extent::Day(moment.with_timezone(&self.zone).date_naive())
    }

    /// A similar day that falls on the given weekday.
    fn with_weekday(
        &self,
        said: &MomentText<'_>,
        moment: Moment,
        date: NaiveDate,
    ) -> Option<NaiveDate> {
        /// Within twelve years, a date has every weekday at least once, except 29 February.
        const BACK: i32 = 12;
        match moment {
            Moment::MonthDay { month, day } => (1..=BACK)
                .filter_map(|back| date_of(date.year() - back, month, day))
                .find(|date| said.has(*date)),
            Moment::DayOfMonth(day) => (1..=24)
                .filter_map(|back| minus(start(Unit::Month, date)?, back, Unit::Month))
                .filter_map(|then| date_of(then.year(), then.month().into(), day))
                .find(|date| said.has(*date)),
            _ => weekday_of(said.weekday?, date),
        }
        .filter(|date| YEARS.contains(&date.year()))
    }

    fn unclear(&self, why: Unclear, meant: Vec<Query>) -> QueryError {
        QueryError::Unclear {
            text: self.text.to_owned(),
            why,
            meant,
        }
    }

    fn error(&self, Impossible { last_day }: Impossible) -> QueryError {
        QueryError::ImpossibleDate {
            text: self.text.to_owned(),
            last_day_of_month: last_day,
        }
    }
}
