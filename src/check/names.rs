//! Checks the names file, and names its faulty lines.

use super::Finding;
use crate::names::{NamesProblem, NamesTable};
use crate::remedies;
use crate::terminal::counted;

/// The finding about the file.
pub fn names_file(read: &anyhow::Result<NamesTable>) -> Finding {
    const TOPIC: &str = "Names file";
    let table = match read {
        Ok(table) => table,
        Err(error) => return Finding::wrong(TOPIC, format!("{error:#}"), remedies::NAMES_FILE),
    };
    let detail = format!(
        "{} in {}",
        counted(table.names.len(), "name"),
        counted(table.lines, "line")
    );
    if table.unused == 0 {
        return Finding::well(TOPIC, detail);
    }
    let named: Vec<_> = table.problems.iter().map(NamesProblem::to_string).collect();
    let more = match table.unused - named.len() {
        0 => String::new(),
        more => format!("\n… and {more} more"),
    };
    let detail = format!(
        "{detail}, {} ignored\n{}{more}",
        counted(table.unused, "line"),
        named.join("\n")
    );
    Finding::wrong(TOPIC, detail, remedies::NAMES_FILE)
}
