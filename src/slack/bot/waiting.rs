//! The people who wait for a live check in the Home tab, with their current filters, which the
//! result must use.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::slack::ids::UserId;
use crate::slack::view::home::HomeFilter;

/// The view of a person who waits.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct WaitingView {
    pub(super) chosen: HomeFilter,
    /// The hash of the last published view; `None` before the first.
    pub(super) hash: Option<String>,
}

#[derive(Debug, Default)]
struct Person {
    seen: WaitingView,
    /// The number of checks they wait for.
    checks: usize,
}

/// The people who wait for a check; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Waiting(Arc<Mutex<HashMap<UserId, Person>>>);

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Person>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A person with these filters waits from now on, until the wait is over or dropped.
    pub(super) fn begin(&self, user: &UserId, chosen: &HomeFilter) -> Wait {
        let mut people = self.lock();
        let person = people.entry(user.clone()).or_default();
        person.checks += 1;
        person.seen.chosen = chosen.clone();
        Wait {
            waiting: self.clone(),
            user: user.clone(),
            is_over: false,
        }
    }

    /// Reports whether the person waits.
    pub(super) fn has(&self, user: &UserId) -> bool {
        self.lock().contains_key(user)
    }

    /// Records the current view. Returns whether the person still waits. If not, the caller has
    /// to show them the result of the check.
    pub(super) fn note(&self, user: &UserId, seen: WaitingView) -> bool {
        let mut people = self.lock();
        let person = people.get_mut(user);
        person.map(|person| person.seen = seen).is_some()
    }
}

/// A person's wait for one check.
pub(super) struct Wait {
    waiting: Waiting,
    user: UserId,
    is_over: bool,
}

impl Wait {
    /// The view with this hash shows that the check is running, unless they see a newer
    /// one.
    pub(super) fn is_shown(&self, hash: Option<String>) {
        let mut people = self.waiting.lock();
        if let Some(person) = people.get_mut(&self.user) {
            person.seen.hash = person.seen.hash.take().or(hash);
        }
    }

    /// Their view now.
    pub(super) fn seen(&self) -> WaitingView {
        let people = self.waiting.lock();
        let person = people.get(&self.user);
        person.map(|person| person.seen.clone()).unwrap_or_default()
    }

    /// Ends the wait, and records `shown` if the current view is still `seen`. Otherwise the wait
    /// continues, and `false` is returned.
    pub(super) fn end(&mut self, seen: &WaitingView, shown: WaitingView) -> bool {
        let mut people = self.waiting.lock();
        let Some(person) = people.get_mut(&self.user) else {
            return true;
        };
        if person.seen != *seen {
            return false;
        }
        person.seen = shown;
        self.is_over = true;
        leave(&mut people, &self.user);
        true
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if !self.is_over {
            leave(&mut self.waiting.lock(), &self.user);
        }
    }
}

fn leave(people: &mut HashMap<UserId, Person>, user: &UserId) {
    if let Some(person) = people.get_mut(user) {
        person.checks -= 1;
        if person.checks == 0 {
            people.remove(user);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sam() -> UserId {
        UserId::parse("U0SAM").unwrap()
    }

    fn seen(page: usize, hash: &str) -> WaitingView {
        WaitingView {
            chosen: HomeFilter {
                page,
                ..HomeFilter::default()
            },
            hash: Some(hash.to_owned()),
        }
    }

    #[test]
    fn a_wait_does_not_end_while_something_newer_is_seen() {
        let waiting = Waiting::default();
        let mut wait = waiting.begin(&sam(), &HomeFilter::default());
        wait.is_shown(Some("1".to_owned()));
        let before = wait.seen();
        assert!(waiting.note(&sam(), seen(2, "2")));
        // This arrives late and is not the current view.
        wait.is_shown(Some("1".to_owned()));
        assert!(!wait.end(&before, seen(0, "3")));
        assert_eq!(wait.seen(), seen(2, "2"));
        assert!(wait.end(&seen(2, "2"), seen(2, "3")));
        assert!(!waiting.note(&sam(), seen(3, "3")), "the wait is over");
    }

    #[test]
    fn a_person_with_two_checks_waits_for_the_last_and_a_dropped_wait_is_none() {
        let waiting = Waiting::default();
        let mut one = waiting.begin(&sam(), &HomeFilter::default());
        let other = waiting.begin(&sam(), &HomeFilter::default());
        assert!(one.end(&one.seen(), seen(0, "1")));
        drop(one);
        assert!(waiting.has(&sam()));
        assert_eq!(other.seen(), seen(0, "1"));
        drop(other);
        assert!(!waiting.has(&sam()));
    }
}
