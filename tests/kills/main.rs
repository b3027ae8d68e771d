//! Processes are killed and stopped at any moment, while AWS, Slack and the store keep running.
//! No change is lost or reported twice.
#![cfg(feature = "demo")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "what was measured is a result too")]

mod dice;
mod hubs;
mod posted;
mod process;
#[path = "../program/mod.rs"]
#[expect(dead_code, reason = "other tests read what went wrong")]
mod program;
mod still;
mod stop;
#[path = "../program/tap.rs"]
mod tap;
mod world;

use std::sync::Arc;

use dice::Dice;
use process::Tally;
use world::World;

/// The number of parallel worlds. They spend most of their time waiting for the lease of a killed
/// process.
const WORLDS: usize = 12;
/// The number of kills on one day of a world.
const KILLS_A_DAY: usize = 6;

/// `KILLS` sets the number of kills. `SEED` repeats the plan of an earlier run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_any_process_killed_every_change_is_reported_once_and_no_date_twice() {
    let seed = number("SEED").unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    let kills = number("KILLS").unwrap_or(WORLDS as u64 * KILLS_A_DAY as u64);
    println!("SEED={seed} KILLS={kills}");
    let days = usize::try_from(kills)
        .unwrap()
        .div_ceil(WORLDS * KILLS_A_DAY);
    let tally = Arc::new(Tally::default());
    let mut dice = Dice::new(seed);
    let worlds: Vec<_> = (0..WORLDS)
        .map(|number| {
            let (dice, tally) = (dice.another(), Arc::clone(&tally));
            tokio::spawn(async move {
                let mut world = World::new(number, dice, tally).await;
                // Every second world begins with a quiet day, so that the others have kills
                // before the first digest.
                if number % 2 == 0 {
                    world.day(0).await;
                }
                for _ in 0..days {
                    world.day(KILLS_A_DAY).await;
                }
                world.day(0).await;
                world.end().await;
            })
        })
        .collect();
    for world in worlds {
        world.await.unwrap();
    }
    println!("{tally}");
    assert!(tally.kills() >= kills, "{tally}");
    let taken_over = tally.takeovers.load(std::sync::atomic::Ordering::Relaxed);
    assert!(taken_over > 0, "no killed delivery was finished: {tally}");
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap())
}
