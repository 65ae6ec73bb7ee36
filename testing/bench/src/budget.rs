//! What is promised, read from `budgets.json` beside this crate.

use anyhow::{Result, bail};
use serde::Deserialize;

use crate::rows::Figures;

/// One row of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budget {
    pub(crate) id: String,
    pub(crate) what: String,
    pub(crate) unit: String,
    pub(crate) most: Option<f64>,
    pub(crate) least: Option<f64>,
}

impl Budget {
    /// The promise, in figures; empty for rows that are only reported.
    pub(crate) fn promise(&self) -> String {
        match (self.most, self.least) {
            (Some(most), _) => format!("≤ {most} {}", self.unit),
            (None, Some(least)) => format!("≥ {least} {}", self.unit),
            (None, None) => String::new(),
        }
    }

    pub(crate) fn keeps(&self, value: f64) -> bool {
        self.most.is_none_or(|most| value <= most) && self.least.is_none_or(|least| value >= least)
    }
}

/// All rows, in the table's order.
#[derive(Debug)]
pub(crate) struct Budgets {
    pub(crate) rows: Vec<Budget>,
}

impl Budgets {
    pub(crate) fn read() -> Result<Self> {
        Ok(Self { rows: serde_json::from_str(include_str!("../budgets.json"))? })
    }

    /// Refuses names of rows that are not there.
    pub(crate) fn know(&self, ids: &[String]) -> Result<()> {
        let all: Vec<&str> = self.rows.iter().map(|row| row.id.as_str()).collect();
        match ids.iter().find(|id| !all.contains(&id.as_str())) {
            Some(id) => bail!("no row {id}: {}", all.join(", ")),
            None => Ok(()),
        }
    }

    /// A sentence for each promise that was not kept.
    pub(crate) fn broken(&self, figures: &Figures) -> Vec<String> {
        let measured = self.rows.iter().filter_map(|row| Some((row, figures.get(&row.id)?.value)));
        measured
            .filter(|(row, value)| !row.keeps(*value))
            .map(|(row, value)| format!("over budget: {}: {value:.3} {}, promised {}", row.id, row.unit, row.promise()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_over_its_budget_is_named_and_one_on_it_is_not() {
        let budgets = Budgets::read().unwrap();
        let mut figures = Figures::default();
        figures.put("version", 6.0);
        figures.put("together-rate", 249.0);
        let broken = budgets.broken(&figures);
        assert_eq!(broken.len(), 1);
        assert!(broken[0].starts_with("over budget: together-rate"));
    }
}
