//! Words → readings: the notations of days and spans of days.
//!
//! It knows which orders of words and digits are a date, and which are ambiguous. It knows
//! neither today nor which dates exist: `2026-02-30` is well-formed here.

use chrono::Weekday;

use super::lexer::{CENTURY, Token};
use super::moment::{DigitOrder, Moment, MomentReading};
use super::vocabulary::{Unit, Word};

pub(super) fn words(tokens: &[Token<'_>]) -> Vec<Word> {
    tokens.iter().map(|token| token.word).collect()
}

/// The readings of the tokens, the most likely first; `None` if they are not a date.
pub(super) fn readings(tokens: &[Token<'_>]) -> Option<Vec<MomentReading>> {
    let words = words(tokens);
    numeric(tokens).or_else(|| short_named(tokens)).or_else(|| {
        let moment = marked(&words)
            .or_else(|| relative(&words))
            .or_else(|| counted(&words))
            .or_else(|| named(&words))?;
        Some(vec![MomentReading::only(moment)])
    })
}

fn read(order: DigitOrder, moment: Moment) -> [MomentReading; 1] {
    [MomentReading { order, moment }]
}

/// `2026-11-20`, `20261120`, `11/20/2026`, `20.11.2026`, `2026-11`, `11/20`, `2026`.
fn numeric(tokens: &[Token<'_>]) -> Option<Vec<MomentReading>> {
    use Word::{Number, Separator};
    let moment = match *words(tokens) {
        [Number(n)] if (10_000_000..100_000_000).contains(&n) => Moment::Date {
            year: n / 10_000,
            month: n / 100 % 100,
            day: n % 100,
        },
        [Number(year)] if is_year(year) && year < 10_000 => Moment::Year(year),
        [
            Number(year),
            Separator(_),
            Number(month),
            Separator(_),
            Number(day),
        ] if is_year(year) => Moment::Date { year, month, day },
        [Number(year), Separator(_), Number(month)]
        | [Number(month), Separator(_), Number(year)]
            if is_year(year) =>
        {
            whole_month(Some(year), month)
        }
        [
            Number(one),
            Separator(sign),
            Number(two),
            Separator(_),
            Number(three),
        ] => return three_numbers(tokens, sign, [one, two, three]),
        [Number(one), Separator(sign), Number(two)] => {
            let month_first = read(
                DigitOrder::MonthFirst,
                Moment::MonthDay {
                    month: one,
                    day: two,
                },
            );
            let day_first = Moment::MonthDay {
                month: two,
                day: one,
            };
            return Some(orders(sign, &month_first, day_first, &[]));
        }
        _ => return None,
    };
    Some(vec![MomentReading::only(moment)])
}

/// Three numbers that don't begin with a full year.
fn three_numbers(
    tokens: &[Token<'_>],
    sign: char,
    numbers: [u64; 3],
) -> Option<Vec<MomentReading>> {
    let [one, two, three] = numbers;
    let is_full = is_year(three);
    let year = if is_full {
        three
    } else {
        short_year(tokens.last()?)?
    };
    let month_first = read(
        DigitOrder::MonthFirst,
        Moment::Date {
            year,
            month: one,
            day: two,
        },
    );
    let day_first = Moment::Date {
        year,
        month: two,
        day: one,
    };
    if is_full {
        return Some(orders(sign, &month_first, day_first, &[]));
    }
    let year_first = short_year(tokens.first()?).map(|year| MomentReading {
        order: DigitOrder::YearFirst,
        moment: Moment::Date {
            year,
            month: two,
            day: three,
        },
    });
    Some(orders(sign, &month_first, day_first, year_first.as_slice()))
}

/// Month first as in English, but day first with dots.
fn orders(
    sign: char,
    month_first: &[MomentReading],
    day_first: Moment,
    others: &[MomentReading],
) -> Vec<MomentReading> {
    if sign == '.' {
        let dotted = read(DigitOrder::Dotted, day_first);
        [&dotted, others, month_first].concat()
    } else {
        let day_first = read(DigitOrder::DayFirst, day_first);
        [month_first, &day_first, others].concat()
    }
}

/// `20 Nov 26`: the last two digits can be the year.
fn short_named(tokens: &[Token<'_>]) -> Option<Vec<MomentReading>> {
    use Word::{Mark, Month, Number, Separator};
    let is_needed = |token: &&Token<'_>| token.word != Mark(Unit::Day);
    let tokens: Vec<Token<'_>> = tokens.iter().filter(is_needed).copied().collect();
    let (month, before, after) = match *words(&tokens) {
        [Number(_), Month(month), Number(_)] => (month, tokens[0], tokens[2]),
        [
            Number(_),
            Separator(one),
            Month(month),
            Separator(two),
            Number(_),
        ] if one == two => (month, tokens[0], tokens[4]),
        // `Nov 20, 26`
        [Month(month), Number(day), Number(_)] => {
            let year = short_year(&tokens[2])?;
            let month = month.into();
            return Some(vec![MomentReading::only(Moment::Date { year, month, day })]);
        }
        _ => return None,
    };
    let date = |order, year: &Token<'_>, day: &Token<'_>| match (short_year(year), day.word) {
        (Some(year), Number(day)) if !is_year(day) => Some(MomentReading {
            order,
            moment: Moment::Date {
                year,
                month: month.into(),
                day,
            },
        }),
        _ => None,
    };
    let day_first = date(DigitOrder::DayFirst, &after, &before);
    let readings: Vec<_> = day_first
        .into_iter()
        .chain(date(DigitOrder::YearFirst, &before, &after))
        .collect();
    (!readings.is_empty()).then_some(readings)
}

/// `2026年11月20日`, `11月20日`, `2026年11月`, `11月`, `2026年`, `20日` and `20th`. The lexer has already
/// converted R8.11.20 and 令和8年.
fn marked(words: &[Word]) -> Option<Moment> {
    use Word::{Mark, Number};
    const YEAR: Word = Mark(Unit::Year);
    const MONTH: Word = Mark(Unit::Month);
    const DAY: Word = Mark(Unit::Day);
    match *words {
        [Number(year), YEAR, Number(month), MONTH, Number(day), DAY] => {
            Some(Moment::Date { year, month, day })
        }
        [Number(year), YEAR, Number(month), MONTH] => Some(whole_month(Some(year), month)),
        [Number(year), YEAR] => Some(Moment::Year(year)),
        [Number(month), MONTH, Number(day), DAY] => Some(Moment::MonthDay { month, day }),
        [Number(month), MONTH] => Some(whole_month(None, month)),
        [Number(day), DAY] => Some(Moment::DayOfMonth(day)),
        _ => None,
    }
}

/// `yesterday`, `3 days ago`, `monday`, `monday last week`, `the week before last`, `last month`, `past 30 days`, `30d`.
fn relative(words: &[Word]) -> Option<Moment> {
    use Word::{Ago, Back, Before, Mark, Now, Number, Offset, Past};
    const DAY: Word = Word::Unit(Unit::Day);
    Some(match *words {
        [Now] => Moment::Offset(0),
        [Offset(days)] => Moment::Offset(days),
        [DAY, Before, Offset(days)] => Moment::Offset(days - 1),
        [Number(count), Word::Unit(unit) | Mark(unit), Ago] => Moment::Ago { count, unit },
        [Word::Weekday(weekday)] | [Back(1) | Past, Word::Weekday(weekday)] => {
            Moment::Weekday { weekday, weeks: 0 }
        }
        [Word::Weekday(weekday), Before, Back(1)] => Moment::Weekday { weekday, weeks: 1 },
        [Word::Weekday(weekday), ref week @ ..] if weeks_back(week).is_some() => {
            let back = weeks_back(week)?;
            Moment::WeekdayOfWeek { back, weekday }
        }
        [ref week @ .., day] if day_of(day).is_some() && weeks_back(week).is_some() => {
            let (back, weekday) = weeks_back(week).zip(day_of(day))?;
            Moment::WeekdayOfWeek { back, weekday }
        }
        [Back(back), Word::Weekday(weekday)] => Moment::WeekdayOfWeek {
            back: back.into(),
            weekday,
        },
        [Back(back), Word::Unit(unit)] => Moment::Calendar {
            back: back.into(),
            unit,
        },
        [Word::Unit(unit), Before, Back(1)] => Moment::Calendar { back: 2, unit },
        [Back(1) | Past, Number(count), Word::Unit(unit) | Mark(unit)] => {
            Moment::Rolling { count, unit }
        }
        [Number(count), Word::Unit(unit)] => Moment::Rolling { count, unit },
        [Past, Word::Unit(unit)] => Moment::Rolling { count: 1, unit },
        _ => return None,
    })
}

/// `last week`, `the week before last`, `2 weeks ago`.
fn weeks_back(words: &[Word]) -> Option<u64> {
    use Word::{Ago, Back, Before, Number};
    const WEEK: Word = Word::Unit(Unit::Week);
    match *words {
        [Back(back), WEEK] => Some(back.into()),
        [WEEK, Before, Back(1)] => Some(2),
        [Number(back), WEEK, Ago] => Some(back),
        _ => None,
    }
}

/// A weekday. After a week, 月 and 日 are weekdays too.
fn day_of(word: Word) -> Option<Weekday> {
    match word {
        Word::Weekday(weekday) => Some(weekday),
        Word::Mark(Unit::Month) => Some(Weekday::Mon),
        Word::Mark(Unit::Day) => Some(Weekday::Sun),
        _ => None,
    }
}

/// `Q3 2026`, `3Q`, `3rd quarter`, 2026年第3四半期; `2026-W47`, `week 47`, `2026-W47-5`, 第47週.
fn counted(words: &[Word]) -> Option<Moment> {
    use Word::{Mark, Nth, Number, Quarter, Separator};
    const QUARTER: Word = Word::Unit(Unit::Quarter);
    const WEEK: Word = Word::Unit(Unit::Week);
    let is_ordinal = words.contains(&Nth) || words.contains(&Mark(Unit::Day));
    let is_filler = |word: &Word| matches!(word, Nth | Separator(_) | Mark(Unit::Day | Unit::Year));
    let bare: Vec<Word> = words
        .iter()
        .copied()
        .filter(|word| !is_filler(word))
        .collect();
    let (year, rest) = match *bare {
        [Number(year), ref rest @ ..] | [ref rest @ .., Number(year)] if is_year(year) => {
            (Some(year), rest)
        }
        ref rest => (None, rest),
    };
    match *rest {
        [Quarter, Number(quarter)] | [Number(quarter), Quarter] | [QUARTER, Number(quarter)] => {
            Some(Moment::Quarter { year, quarter })
        }
        [Number(quarter), QUARTER] if is_ordinal => Some(Moment::Quarter { year, quarter }),
        [WEEK, Number(week)] => Some(Moment::Week { year, week }),
        [Number(week), WEEK] if is_ordinal => Some(Moment::Week { year, week }),
        [WEEK, Number(week), Number(day)] => Some(Moment::DayOfWeek {
            year: year?,
            week,
            day,
        }),
        _ => None,
    }
}

/// `Nov 20`, `20th November, 2026`, `20-Nov-2026`, `november 2026`.
fn named(words: &[Word]) -> Option<Moment> {
    use Word::{Month, Number};
    let words: Vec<Word> = words
        .iter()
        .copied()
        .filter(|word| !matches!(word, Word::Mark(Unit::Day) | Word::Separator(_)))
        .collect();
    match *words {
        [Month(month)] => Some(whole_month(None, month.into())),
        [Month(month), Number(year)] | [Number(year), Month(month)] if is_year(year) => {
            Some(whole_month(Some(year), month.into()))
        }
        [Month(month), Number(day)] | [Number(day), Month(month)] => Some(Moment::MonthDay {
            month: month.into(),
            day,
        }),
        [Month(month), Number(day), Number(year)]
        | [Number(day), Month(month), Number(year)]
        | [Number(year), Month(month), Number(day)]
            if is_year(year) =>
        {
            Some(Moment::Date {
                year,
                month: month.into(),
                day,
            })
        }
        _ => None,
    }
}

fn whole_month(year: Option<u64>, month: u64) -> Moment {
    Moment::Month { year, month }
}

/// Four digits are a year. `extent` checks whether it is a sensible one.
fn is_year(number: u64) -> bool {
    number >= 1000
}

/// Two digits as a year of this century.
fn short_year(token: &Token<'_>) -> Option<u64> {
    match token.word {
        Word::Number(year @ 0..100) if token.length == 2 => Some(CENTURY + year),
        _ => None,
    }
}
