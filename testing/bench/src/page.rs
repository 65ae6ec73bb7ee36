//! The section of docs/measurements.md that this program writes; the others are left as they are.

use std::fs;

use anyhow::{Context as _, Result};

use crate::machine;
use crate::options::root;
use crate::table::Table;

const TITLE: &str = "## Speed and size";

/// Writes the table with its date and machine.
pub(crate) fn write(table: &Table) -> Result<()> {
    let path = root().join("docs/measurements.md");
    let page = fs::read_to_string(&path).unwrap_or_else(|_| "# Measurements\n".to_owned());
    let date = jiff::Zoned::now().strftime("%Y-%m-%d").to_string();
    let section = format!(
        "{TITLE}\n\nBy `cargo xtask bench`, {date}, on {}, load average {} at the end{}. Published: 2026.1.24-3 on Node 22, \
         in the same run, with the same drivers, model and state. Every write was synced before it was acknowledged. \
         Smaller loads of the published program are named in its cells.\n\n{}",
        machine::machine(),
        machine::load(),
        if machine::is_preferred() { " (the measured programs went before other work)" } else { "" },
        table.markdown(),
    );
    fs::write(&path, replaced(&page, &section)).with_context(|| path.display().to_string())
}

/// The page with this section in the old one's place, or at the end.
fn replaced(page: &str, section: &str) -> String {
    let Some(start) = page.find(TITLE) else {
        return format!("{}\n\n{section}", page.trim_end());
    };
    let (before, old) = page.split_at(start);
    let after = old.get(TITLE.len()..).and_then(|rest| Some(rest.split_at(rest.find("\n## ")? + 1).1));
    match after {
        Some(after) => format!("{before}{section}\n{after}"),
        None => format!("{before}{section}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_section_of_the_page_changes() {
        let page = "# Measurements\n\n## Speed and size\n\nold\n\n## Faults\n\nkept\n";
        let new = replaced(page, "## Speed and size\n\nnew\n");
        assert_eq!(new, "# Measurements\n\n## Speed and size\n\nnew\n\n## Faults\n\nkept\n");
        assert_eq!(replaced("# Measurements\n", "## Speed and size\n"), "# Measurements\n\n## Speed and size\n");
    }
}
