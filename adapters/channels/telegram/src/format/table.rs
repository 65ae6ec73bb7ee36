//! A table as lines of text.

/// A table, cell by cell.
#[derive(Debug)]
pub(super) struct Table<'m> {
    source: &'m str,
    rows: Vec<Vec<String>>,
}

impl<'m> Table<'m> {
    pub(super) fn new(source: &'m str) -> Self {
        Self { source: source.trim_end(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self) {
        self.rows.push(Vec::new());
    }

    pub(super) fn cell(&mut self) {
        if let Some(row) = self.rows.last_mut() {
            row.push(String::new());
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        if let Some(cell) = self.rows.last_mut().and_then(|row| row.last_mut()) {
            cell.push_str(&text.replace('\n', " "));
        }
    }

    /// As it was written.
    pub(super) fn source(&self) -> &'m str {
        self.source
    }

    /// With columns in line, and a line below the head.
    pub(super) fn aligned(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut lines = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            let cells = widths.iter().enumerate().map(|(column, width)| {
                let cell = row.get(column).map(String::as_str).unwrap_or_default();
                format!("{cell}{}", " ".repeat(width - cell.chars().count()))
            });
            lines.push(cells.collect::<Vec<_>>().join(" | ").trim_end().to_owned());
            if index == 0 {
                let dashes = widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>();
                lines.push(dashes.join("-|-"));
            }
        }
        lines.join("\n")
    }
}
