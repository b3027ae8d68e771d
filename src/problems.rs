//! The open problems: those that need an operator. The log reports each once, when it begins.
//! `/readyz` and the metrics show it until it is resolved.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::masking::mask;
use crate::metrics::Metrics;

/// The open problems. Clones share them.
#[derive(Clone, Default)]
pub struct Problems {
    open: Arc<Mutex<BTreeMap<String, String>>>,
    metrics: Metrics,
}

impl Problems {
    /// No problems yet. `metrics` counts them.
    pub fn new(metrics: Metrics) -> Self {
        Self {
            open: Arc::default(),
            metrics,
        }
    }

    /// Opens a problem with `what`. Returns whether it is new or has changed, and is worth a
    /// line in the log.
    pub fn raise(&self, what: &str, problem: String) -> bool {
        let problem = mask(&problem).into_owned();
        self.metrics.problem(what, true);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let before = open.insert(what.to_owned(), problem.clone());
        before.as_ref() != Some(&problem)
    }

    /// Resolves the problem with `what`. Returns whether there was one.
    pub fn resolve(&self, what: &str) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let was_open = open.remove(what).is_some();
        if was_open {
            self.metrics.problem(what, false);
        }
        was_open
    }

    /// The open problem with `what`.
    pub fn of(&self, what: &str) -> Option<String> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(what).cloned()
    }

    /// A line for each problem, ordered by name.
    pub fn lines(&self) -> Vec<String> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let line = |(what, problem): (&String, &String)| format!("{what}: {problem}");
        open.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_news_once_until_it_changes_or_is_resolved() {
        let problems = Problems::default();
        assert!(problems.raise("the digest", "not_in_channel".to_owned()));
        assert!(!problems.raise("the digest", "not_in_channel".to_owned()));
        assert!(problems.raise("the digest", "is_archived".to_owned()));
        assert!(problems.raise("a hub", "access denied".to_owned()));
        assert_eq!(
            problems.lines(),
            ["a hub: access denied", "the digest: is_archived"]
        );
        assert!(
            problems
                .metrics
                .text()
                .contains("problem{what=\"the digest\"} 1")
        );

        assert!(problems.resolve("the digest"));
        assert!(!problems.resolve("the digest"));
        assert_eq!(problems.lines(), ["a hub: access denied"]);
        assert!(
            problems
                .metrics
                .text()
                .contains("problem{what=\"the digest\"} 0")
        );
        assert!(problems.raise("the digest", "is_archived".to_owned()));
    }
}
