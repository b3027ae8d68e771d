//! A search through random histories for one in which a property doesn't hold.

use std::cell::RefCell;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};

use super::table::Engine;

/// The number of cases of a search. `PROPTEST_CASES` overrides it.
pub(crate) fn cases(usual: u32) -> u32 {
    let wanted = std::env::var("PROPTEST_CASES").ok();
    let wanted = wanted.and_then(|wanted| wanted.parse().ok());
    wanted.unwrap_or(usual)
}

/// The extent of the search.
pub(crate) struct Search {
    /// The `file!()` of the test, which names the file of the seeds that have failed before.
    pub(crate) file: &'static str,
    /// The usual number of histories.
    pub(crate) cases: u32,
    /// The number of attempts to make a history that fails smaller.
    pub(crate) shrinks: u32,
}

impl Search {
    /// Runs histories on one engine. `run` panics if the property doesn't hold, and counts what
    /// happened. The sums are printed in any case.
    pub(crate) fn run<S: Strategy, const N: usize>(
        self,
        histories: &S,
        run: impl AsyncFn(&Engine, S::Value) -> [(&'static str, usize); N],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let engine = runtime.block_on(Engine::start());
        let mut runner = TestRunner::new(Config {
            source_file: Some(self.file),
            max_shrink_iters: self.shrinks,
            ..Config::with_cases(cases(self.cases))
        });
        let sums = RefCell::new(Vec::new());
        let found = runner.run(histories, |history| {
            let counted = runtime.block_on(run(&engine, history));
            let mut sums = sums.borrow_mut();
            if sums.is_empty() {
                sums.extend(counted.map(|(what, _)| (what, 0)));
            }
            for (sum, (_, count)) in sums.iter_mut().zip(counted) {
                sum.1 += count;
            }
            Ok(())
        });
        let sums = sums.into_inner().into_iter();
        let sums = sums.map(|(what, sum)| format!("{sum} {what}"));
        println!("{}", sums.collect::<Vec<_>>().join(", "));
        if let Err(counterexample) = found {
            panic!("{counterexample}");
        }
    }
}
