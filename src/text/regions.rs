//! Actions for failing Regions, and the setting that leaves one out.

use chrono::{DateTime, Utc};

use super::case_commands::pattern;
use super::comeback::Step;
use super::document::{Line, Span};
use super::hubs::{HubNames, Hubs};
use super::voice::Voice;
use crate::domain::administrator::RegionChoice;
use crate::domain::cases::{Assignment, Case, FailingHub, FailingHubs, PersonId};
use crate::domain::hub::HubId;
use crate::domain::report::HubReport;
use crate::watch::{DecidedHub, HubDecision};

/// The most failing Regions that can be left out one by one. If more fail, that is no remedy.
const FEW: usize = 5;

/// The most cases that are named.
const NAMES: usize = 5;

/// Actions for the failing Regions of a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingText {
    /// The failing hubs.
    pub which: FailingHubs,
    /// Their owners.
    pub owners: Vec<Line>,
    /// Whether someone works on the only one.
    pub taken: bool,
    /// Those that can be left out, each with a label; none if many fail.
    pub leave_out: Vec<(HubId, String)>,
}

/// A monitored hub, its settings, and the open cases.
#[derive(Debug, Clone, Copy)]
pub struct LeavingOut<'a> {
    /// The hub.
    pub hub: &'a HubId,
    /// The configured Regions of its administrator.
    pub chosen: &'a RegionChoice,
    /// All monitored hubs.
    pub watched: &'a [HubId],
    /// The open cases in all hubs.
    pub open: &'a [Case],
}

impl Voice {
    /// Actions for the hubs that fail at the time `at`, if any do.
    pub(super) fn failing_text(
        &self,
        hubs: &Hubs<'_>,
        known: &[FailingHub],
        at: DateTime<Utc>,
    ) -> Option<FailingText> {
        let failing = hubs
            .reports()
            .iter()
            .filter(|report| report.unread.is_some());
        let failing: Vec<_> = failing.collect();
        let hub = match &failing[..] {
            [] => return None,
            [one] => Some(one.hub.clone()),
            _ => None,
        };
        // A doubted list can be read.
        let is_doubted = |report: &HubReport| report.unread.is_some_and(|it| it.doubt.is_some());
        let unreadable = failing.iter().filter(|report| !is_doubted(report));
        let unreadable: Vec<_> = unreadable.map(|report| &report.hub).collect();
        let words = self.words();
        let leave_out = match &unreadable[..] {
            [one] if hub.is_some() => vec![((*one).clone(), words.leave_out().to_owned())],
            few if few.len() <= FEW => {
                let label = |hub: &&HubId| words.leave_out_named(&hubs.name(hub));
                let option = |hub: &&HubId| ((*hub).clone(), label(hub));
                few.iter().map(option).collect()
            }
            _ => Vec::new(),
        };
        let which = FailingHubs { hub, at };
        let is_here = |one: &&FailingHub| failing.iter().any(|report| report.hub == one.hub);
        let here: Vec<_> = known.iter().filter(is_here).cloned().collect();
        let watched: Vec<_> = hubs
            .reports()
            .iter()
            .map(|report| report.hub.clone())
            .collect();
        let owners = self.owners_of_failing(&which, &here, &watched);
        Some(FailingText {
            taken: which.hub.is_some() && !owners.is_empty(),
            owners,
            which,
            leave_out,
        })
    }

    /// The owners of the failing hubs of a message, a line for each person. Hubs are named if
    /// others fail too.
    pub fn owners_of_failing(
        &self,
        which: &FailingHubs,
        failing: &[FailingHub],
        watched: &[HubId],
    ) -> Vec<Line> {
        let names = HubNames::new(self, watched.iter());
        let mut owned = Vec::<(&Assignment, Vec<&HubId>)>::new();
        let of_message: Vec<_> = failing.iter().filter(|one| which.is_about(one)).collect();
        for one in &of_message {
            let Some(owner) = &one.owner else { continue };
            match owned.iter_mut().find(|(other, _)| *other == owner) {
                Some((_, hubs)) => hubs.push(&one.hub),
                None => owned.push((owner, vec![&one.hub])),
            }
        }
        let line = |(owner, hubs): (&Assignment, Vec<&HubId>)| {
            let since = self.words().weekday_time(self.local(owner.at));
            let line = Line::text("👀 ").with(Span::Person(owner.by.clone()));
            let line = line.and(self.words().taken_by_since(&since));
            match hubs.len() == of_message.len() {
                true => line,
                false => line.and(format!(" · {}", names.list(hubs.into_iter()))),
            }
        };
        owned.into_iter().map(line).collect()
    }

    /// The result of a decision on failing hubs, for the person who decided.
    pub fn hubs_decided(
        &self,
        asked: &FailingHubs,
        decided: &[DecidedHub],
        decision: HubDecision,
        by: &PersonId,
        watched: &[HubId],
    ) -> Vec<Line> {
        let words = self.words();
        let names = HubNames::new(self, watched.iter());
        if decided.is_empty() {
            return vec![Line::text(match &asked.hub {
                Some(hub) if !watched.contains(hub) => words.not_monitored_now(&names.name(hub)),
                Some(hub) => words.readable_again(&names.name(hub)),
                None => words.all_readable_again().to_owned(),
            })];
        }
        // Of several, those of others are none of the person's business when giving back.
        let is_asked = |one: &&DecidedHub| {
            let owner = one.failing.owner.as_ref();
            let is_of_other = owner.is_none_or(|owner| owner.by != *by) && !one.is_new;
            decision == HubDecision::Take || asked.hub.is_some() || !is_of_other
        };
        let mut groups = Vec::<(&'static str, Option<&Assignment>, Vec<&HubId>)>::new();
        for one in decided.iter().filter(is_asked) {
            let owner = one.failing.owner.as_ref();
            let said = match (decision, owner) {
                (HubDecision::Take, Some(_)) if one.is_new => words.case_taken(),
                (_, Some(owner)) if owner.by == *by => words.case_taken_already(),
                (_, Some(_)) => words.case_of_other(),
                (_, None) if one.is_new => words.case_given_back(),
                (_, None) => words.case_free_already(),
            };
            let group = groups
                .iter_mut()
                .find(|(text, other, _)| *text == said && *other == owner);
            match group {
                Some((_, _, hubs)) => hubs.push(&one.failing.hub),
                None => groups.push((said, owner, vec![&one.failing.hub])),
            }
        }
        if groups.is_empty() {
            return vec![Line::text(words.on_none_of_them())];
        }
        let line = |(said, owner, hubs): (&str, Option<&Assignment>, Vec<&HubId>)| {
            let mut spans = vec![("name", Span::Strong(names.list(hubs.into_iter())))];
            spans.extend(owner.into_iter().flat_map(|owner| {
                let since = Span::Text(self.moment(owner.at));
                [("who", Span::Person(owner.by.clone())), ("since", since)]
            }));
            pattern(said, &spans)
        };
        groups.into_iter().map(line).collect()
    }

    /// The message in the channel after a decision on failing hubs.
    pub fn hubs_news(
        &self,
        hubs: &[&HubId],
        decision: HubDecision,
        by: &PersonId,
        watched: &[HubId],
    ) -> Line {
        let words = self.words();
        let names = HubNames::new(self, watched.iter());
        let said = match decision {
            HubDecision::Take => words.news_taken(),
            HubDecision::GiveBack => words.news_given_back(),
        };
        let name = Span::Strong(names.list(hubs.iter().copied()));
        pattern(said, &[("who", Span::Person(by.clone())), ("name", name)])
    }

    /// The setting that leaves a Region out, and what follows from it.
    pub fn leaving_out(&self, asked: &LeavingOut<'_>) -> (Step, Vec<Line>) {
        let words = self.words();
        let hub = asked.hub;
        let names = HubNames::new(self, asked.watched.iter());
        let region = names.name(hub);
        let alone = |text: String| Step {
            text: Line::text(text),
            command: None,
        };
        if !asked.watched.contains(hub) {
            return (alone(words.not_monitored_now(&region)), Vec::new());
        }
        let Some(choice) = asked.chosen.without(&hub.region) else {
            return (alone(words.only_region(&region)), Vec::new());
        };
        let step = match names.with_admin() {
            true => Step {
                text: Line::text(
                    words.leave_out_in_entry(hub.region.as_str(), &hub.admin.to_string()),
                ),
                command: Some(format!("regions={choice}")),
            },
            false => Step {
                text: Line::text(words.leave_out_in_regions(&region)),
                command: Some(format!("REGIONS={choice}")),
            },
        };
        let only_there =
            |case: &&Case| !case.hubs.is_empty() && case.hubs.keys().all(|one| one == hub);
        let ending: Vec<_> = asked.open.iter().filter(only_there).collect();
        let mut notes = vec![
            words.no_longer_compared().to_owned(),
            match ending.is_empty() {
                true => words.no_case_ends_there().to_owned(),
                false => words.cases_end_there(&self.names(&ending, NAMES)),
            },
        ];
        if !names.with_admin() {
            notes.push(words.entry_comes_first().to_owned());
            // The first of `REGIONS` is also the Region of the table.
            let first = asked.chosen.first().filter(|first| **first == hub.region);
            notes.extend(first.map(|first| words.table_stays_in(first.as_str())));
        }
        notes.push(words.change_it_yourself().to_owned());
        (step, notes.into_iter().map(Line::text).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Locale;

    fn said(locale: Locale, chosen: &str, region: &str, watched: &[&str]) -> String {
        let hub = |text: &str| -> HubId {
            match text.contains('/') {
                true => text.parse().unwrap(),
                false => format!("111122223333/{text}").parse().unwrap(),
            }
        };
        let watched: Vec<_> = watched.iter().map(|text| hub(text)).collect();
        let (step, notes) = Voice::new(locale, chrono_tz::UTC).leaving_out(&LeavingOut {
            hub: &hub(region),
            chosen: &RegionChoice::parse(chosen).unwrap(),
            watched: &watched,
            open: &[],
        });
        let lines = std::iter::once(step.text.plain()).chain(step.command);
        let lines = lines.chain(notes.iter().map(Line::plain));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn leaving_a_region_out_is_explained_with_the_setting_to_copy() {
        let two = ["eu-south-1", "eu-west-1"];
        let all = said(Locale::En, "all,-us-east-1", "eu-south-1", &two);
        insta::assert_snapshot!(all, @"
        To leave eu-south-1 out, change this setting and restart the bot:
        REGIONS=all,-eu-south-1,-us-east-1
        The bot no longer compares the accounts there, and digests no longer name the Region.
        No open case exists only there.
        If the entry in ADMINISTRATORS has regions=, change that instead.
        Change it yourself: the bot doesn't change what it monitors.
        ");
        let named = said(
            Locale::Ja,
            "eu-south-1,us-east-1,eu-west-1",
            "eu-south-1",
            &two,
        );
        insta::assert_snapshot!(named, @"
        eu-south-1 を監視対象から外すには、次の設定に変更してボットを再起動してください。
        REGIONS=us-east-1,eu-west-1
        このリージョンのアカウントは比較の対象外となり、ダイジェストにも表示しません。
        このリージョンだけの未解決項目はありません。
        ADMINISTRATORS の項目に regions= があれば、そちらを変更してください。
        AWS_REGION が未設定なら eu-south-1 を設定してください。テーブルの場所は変わりません。
        設定はご自身で変更してください。ボットは監視対象を変更しません。
        ");
        let admins = ["eu-south-1", "444455556666/eu-west-1"];
        let entry = said(Locale::En, "all", "eu-south-1", &admins);
        insta::assert_snapshot!(entry, @"
        To leave eu-south-1 out, change the entry of 111122223333 in ADMINISTRATORS and restart the bot:
        regions=all,-eu-south-1
        The bot no longer compares the accounts there, and digests no longer name the Region.
        No open case exists only there.
        Change it yourself: the bot doesn't change what it monitors.
        ");
        let entry = said(Locale::Ja, "all", "eu-south-1", &admins);
        assert!(
            entry.starts_with(
                "eu-south-1 を監視対象から外すには、ADMINISTRATORS の 111122223333 の項目を"
            ),
            "{entry}"
        );
    }

    #[test]
    fn the_only_region_and_one_that_is_left_out_already_need_no_setting() {
        for (locale, chosen, watched, words) in [
            (
                Locale::En,
                "eu-south-1",
                "eu-south-1",
                "eu-south-1 is the only Region.",
            ),
            (
                Locale::En,
                "eu-west-1",
                "eu-west-1",
                "eu-south-1 is no longer monitored.",
            ),
            (
                Locale::Ja,
                "eu-south-1",
                "eu-south-1",
                "eu-south-1 以外のリージョンがありません。",
            ),
            (
                Locale::Ja,
                "eu-west-1",
                "eu-west-1",
                "eu-south-1 はすでに監視対象外です。",
            ),
        ] {
            let said = said(locale, chosen, "eu-south-1", &[watched]);
            assert!(said.starts_with(words), "{said}");
            assert!(!said.contains("REGIONS="), "{said}");
        }
    }
}
