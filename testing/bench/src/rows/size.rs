//! What lies on the disk.

use anyhow::Result;

use super::{Figures, Scale};
use crate::program::Program;

pub(super) fn measure(program: &Program, _scale: &Scale, figures: &mut Figures) -> Result<()> {
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let bytes = program.size()? as f64;
    figures.put("size", bytes / 1e6);
    Ok(())
}
