//! What a new workspace starts with: short files that the person and the agent make their own.

use stdx::{AbsPath, Disk};
use tracing::warn;

use crate::bootstrap::{FILES, Stamps};

const TEMPLATES: [(&str, &str); FILES.len()] = [
    ("AGENTS.md", include_str!("../templates/AGENTS.md")),
    ("SOUL.md", include_str!("../templates/SOUL.md")),
    ("TOOLS.md", include_str!("../templates/TOOLS.md")),
    ("IDENTITY.md", include_str!("../templates/IDENTITY.md")),
    ("USER.md", include_str!("../templates/USER.md")),
    ("HEARTBEAT.md", include_str!("../templates/HEARTBEAT.md")),
    ("BOOTSTRAP.md", include_str!("../templates/BOOTSTRAP.md")),
];

/// Writes the files that are missing; the greeting only where there is nothing at all. True if any was written.
/// A workspace that cannot be written is used as it is.
pub(crate) fn seed(disk: &dyn Disk, workspace: &AbsPath, stamps: &Stamps) -> bool {
    let is_new = stamps.iter().all(Option::is_none);
    let mut wrote = false;
    for ((name, text), stamp) in TEMPLATES.iter().zip(stamps) {
        if stamp.is_some() || (*name == "BOOTSTRAP.md" && !is_new) {
            continue;
        }
        let path = workspace.join(name);
        match disk.replace(&path, &mut |to| to.write_all(text.as_bytes())) {
            Ok(()) => wrote = true,
            Err(error) => {
                warn!(%path, %error, "a starting file could not be written");
                return wrote;
            }
        }
    }
    wrote
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bootstrap::stamps;
    use stdx::MemoryDisk;

    #[test]
    fn only_a_workspace_without_any_file_gets_the_greeting() {
        let (disk, folder) = (MemoryDisk::new(), AbsPath::new("/clawd").unwrap());
        assert!(seed(&disk, &folder, &stamps(&disk, &folder)));
        assert_eq!(disk.list(&folder).unwrap().len(), 7);
        disk.remove(&folder.join("BOOTSTRAP.md")).unwrap();
        disk.remove(&folder.join("TOOLS.md")).unwrap();
        assert!(seed(&disk, &folder, &stamps(&disk, &folder)));
        assert_eq!(disk.list(&folder).unwrap().len(), 6);
        assert!(!seed(&disk, &folder, &stamps(&disk, &folder)));
    }
}
