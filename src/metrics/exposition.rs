//! Converts OpenMetrics, which the library writes, to the text format that every version of
//! Prometheus and its tools read.

use std::fmt::Write as _;

/// The metrics in the text format 0.0.4. In it, a counter is called like its series, with
/// `_total`, and there is no end marker.
pub(super) fn classic(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    let mut help = "";
    for line in open_metrics.lines() {
        // Writing to a String cannot fail.
        let _ = match line.strip_prefix("# ").and_then(split_twice) {
            Some(("HELP", _, said)) => {
                help = said;
                Ok(())
            }
            Some(("TYPE", name, kind)) => {
                let suffix = if kind == "counter" { "_total" } else { "" };
                writeln!(
                    text,
                    "# HELP {name}{suffix} {help}\n# TYPE {name}{suffix} {kind}"
                )
            }
            _ if line.starts_with('#') => Ok(()),
            _ => writeln!(text, "{line}"),
        };
    }
    text
}

fn split_twice(text: &str) -> Option<(&str, &str, &str)> {
    let (first, rest) = text.split_once(' ')?;
    let (second, rest) = rest.split_once(' ')?;
    Some((first, second, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_named_as_its_series_and_the_rest_stays() {
        let open_metrics = "# HELP polls Polls # by hub.\n# TYPE polls counter\npolls_total{hub=\"# a\"} 1\n\
             # HELP age Age.\n# TYPE age gauge\n# UNIT age seconds\nage 2\n# EOF\n";
        insta::assert_snapshot!(classic(open_metrics), @r##"
        # HELP polls_total Polls # by hub.
        # TYPE polls_total counter
        polls_total{hub="# a"} 1
        # HELP age Age.
        # TYPE age gauge
        age 2
        "##);
    }
}
