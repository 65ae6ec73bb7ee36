//! What is printed: one row per figure, ours beside the published program's.

use std::io::Write as _;

use crate::budget::{Budget, Budgets};
use crate::rows::{Figure, Figures};

/// The table, ready to be shown.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<[String; 5]>,
}

const HEAD: [&str; 5] = ["figure", "published", "ours", "budget", ""];

impl Table {
    pub(crate) fn new(budgets: &Budgets, ours: &Figures, published: Option<&Figures>) -> Self {
        let row = |budget: &Budget| {
            let mine = ours.get(&budget.id)?;
            let theirs = published.and_then(|figures| figures.get(&budget.id));
            let verdict = if budget.keeps(mine.value) { "" } else { "over" };
            Some([
                budget.what.clone(),
                theirs.map_or_else(|| "–".to_owned(), |figure| cell(figure, &budget.unit)),
                cell(mine, &budget.unit),
                budget.promise(),
                verdict.to_owned(),
            ])
        };
        Self { rows: budgets.rows.iter().filter_map(row).collect() }
    }

    /// Columns of equal width.
    pub(crate) fn terminal(&self) -> String {
        let mut widths = HEAD.map(|head| head.chars().count());
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |cells: &[&str]| {
            let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let mut lines = vec![line(&HEAD)];
        lines.extend(self.rows.iter().map(|row| line(&row.each_ref().map(String::as_str))));
        lines.join("\n")
    }

    /// As Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::from("| figure | published | ours | budget | |\n|---|--:|--:|--:|---|\n");
        for row in &self.rows {
            text.push_str(&format!("| {} |\n", row.join(" | ")));
        }
        text
    }
}

/// A figure with as many digits as mean something, and how it was measured when that differs.
fn cell(figure: &Figure, unit: &str) -> String {
    let value = figure.value;
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 0.1 => 2,
        _ => 4,
    };
    let note = figure.note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
    format!("{value:.digits$} {unit}{note}")
}

/// For the reader of the table.
pub(crate) fn line(text: &str) {
    // Nobody may be reading; the figures are written down all the same.
    let _unread = writeln!(std::io::stdout(), "{text}");
}

/// For whoever watches.
pub(crate) fn aside(text: &str) {
    let _unread = writeln!(std::io::stderr(), "{text}");
}
