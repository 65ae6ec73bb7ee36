//! Who an agent says it is: in the config, or in its workspace's IDENTITY.md.

use schemars::JsonSchema;
use serde::Deserialize;
use stdx::{AbsPath, Disk};

use crate::bootstrap::LARGEST;

/// How an agent shows itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(rename = "IdentitySettings")]
pub struct Identity {
    pub name: Option<String>,
    pub theme: Option<String>,
    pub emoji: Option<String>,
    /// An address, a data: URL, a file in the workspace, or a short text.
    pub avatar: Option<String>,
}

impl Identity {
    /// The lines `- Name: …` of IDENTITY.md.
    pub(crate) fn of(disk: &dyn Disk, workspace: &AbsPath) -> Self {
        let bytes = disk.read(&workspace.join("IDENTITY.md"), 0, LARGEST).unwrap_or_default();
        let mut identity = Self::default();
        for line in String::from_utf8_lossy(&bytes).lines() {
            let Some((name, value)) = line.trim_start_matches(['-', '*', ' ']).split_once(':') else { continue };
            let value = value.trim().trim_matches(['*', '_']).trim();
            // A template's hint in brackets is no value.
            if value.is_empty() || value.starts_with(['(', '[']) {
                continue;
            }
            let value = Some(value.to_owned());
            match name.trim_matches(['*', '_', ' ']).to_lowercase().as_str() {
                "name" => identity.name = value,
                "vibe" => identity.theme = value,
                "emoji" => identity.emoji = value,
                "avatar" => identity.avatar = value,
                _ => {}
            }
        }
        identity
    }
}

#[cfg(test)]
mod tests {
    use stdx::MemoryDisk;

    use super::*;

    #[test]
    fn a_name_is_read_from_the_identity_file_and_a_hint_is_no_name() {
        let (disk, folder) = (MemoryDisk::new(), AbsPath::new("/clawd").unwrap());
        let text = b"# Who\n- **Name:** Clawd\n- Emoji: (pick one)\n- Vibe: calm\n";
        disk.replace(&folder.join("IDENTITY.md"), &mut |to| to.write_all(text)).unwrap();
        let identity = Identity::of(&disk, &folder);
        assert_eq!(
            (identity.name.as_deref(), identity.emoji, identity.theme.as_deref()),
            (Some("Clawd"), None, Some("calm"))
        );
    }
}
