//! Measurements for `benches/measure.py`. Each call takes one measurement and prints JSON, so
//! that each has a process, and thus memory, of its own.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that cannot go on has failed"
)]
#![expect(clippy::print_stdout, reason = "what was measured is the result")]

mod members;
mod outside;
mod parts;
mod poll;
mod table;
mod world;

use std::time::Duration;

use tokio::runtime::Runtime;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<usize>().unwrap();
    let runtime = Runtime::new().unwrap();
    let measured = runtime.block_on(async {
        match arguments[..] {
            ["parts", members] => parts::measure(number(members)),
            ["home", members, busy] => world::home(number(members), number(busy)).await,
            ["quiet-day", members] => world::quiet_day(number(members)).await,
            ["poll"] => poll::poll().await,
            ["send", port, answers, text, connections, seconds] => {
                let during = Duration::from_secs(seconds.parse().unwrap());
                let (answers, text) = (answers.to_owned().leak(), text.to_owned().leak());
                let effort = (number(connections), during);
                outside::send(port.parse().unwrap(), answers, text, effort).await
            }
            ["send-steadily", port, answers, text, every_ms, seconds] => {
                let every = Duration::from_millis(every_ms.parse().unwrap());
                let during = Duration::from_secs(seconds.parse().unwrap());
                let (answers, text) = (answers.to_owned().leak(), text.to_owned().leak());
                outside::send_steadily(port.parse().unwrap(), answers, text, (every, during)).await
            }
            ["mocks", hubs, members] => {
                outside::mocks(number(hubs), number(members)).await;
                serde_json::Value::Null
            }
            ["bare"] => {
                outside::bare_handler().await;
                serde_json::Value::Null
            }
            // `cargo bench` and `cargo test` run everything once, with small numbers.
            _ => smoke().await,
        }
    });
    println!("{measured}");
}

/// Checks that everything can still be measured.
async fn smoke() -> serde_json::Value {
    serde_json::json!([
        parts::measure(10),
        world::home(10, 2).await,
        world::quiet_day(10).await,
    ])
}
