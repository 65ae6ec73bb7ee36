//! What is in one folder, files and folders, goes into another, and nothing is put over what is there.

use std::io;

use tracing::warn;

use crate::{AbsPath, Disk};

/// Moves those of a folder's files and folders that are meant and have no twin at the new place; gives how many. A folder
/// moves whole or not at all. One that is missing has none, and one that is a link to the other is full of twins. A link
/// at the new place is a twin also while what it leads to is not there.
pub fn adopt(disk: &dyn Disk, from: &AbsPath, to: &AbsPath, is_meant: impl Fn(&str) -> bool) -> io::Result<usize> {
    let mut moved = 0;
    for name in disk.list(from)?.iter().filter(|name| is_meant(name)) {
        let (old, new) = (from.join(name), to.join(name));
        if disk.is_taken(&new)? {
            continue;
        }
        match disk.rename(&old, &new) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                warn!(from = %old, to = %new, "a file of an older layout is on another disk: move it by hand");
            }
            renamed => {
                renamed?;
                moved += 1;
            }
        }
    }
    Ok(moved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RealDisk;

    #[test]
    fn files_without_a_twin_move_and_the_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| AbsPath::new(folder.path().join(name)).unwrap();
        let put = |name: &str| RealDisk.replace(&path(name), &mut |out| out.write_all(name.as_bytes())).unwrap();
        let get = |name: &str| String::from_utf8(RealDisk.read(&path(name), 0, 99).unwrap()).unwrap();
        put("old/one");
        put("old/two");
        put("old/three");
        put("a/new/two");
        assert_eq!(adopt(&RealDisk, &path("old"), &path("a/new"), |name| name != "three").unwrap(), 1);
        assert_eq!(RealDisk.list(&path("old")).unwrap(), ["three", "two"]);
        assert_eq!((get("a/new/one"), get("a/new/two")), ("old/one".into(), "a/new/two".into()));
        assert_eq!(adopt(&RealDisk, &path("missing"), &path("b"), |_| true).unwrap(), 0);
        assert!(!path("b").exists());
    }

    #[test]
    fn a_link_to_the_new_place_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| AbsPath::new(folder.path().join(name)).unwrap();
        RealDisk.replace(&path("new/one"), &mut |out| out.write_all(b"one")).unwrap();
        std::os::unix::fs::symlink(path("new"), path("old")).unwrap();
        assert_eq!(adopt(&RealDisk, &path("old"), &path("new"), |_| true).unwrap(), 0);
        assert_eq!(RealDisk.list(&path("new")).unwrap(), ["one"]);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| AbsPath::new(folder.path().join(name)).unwrap();
        RealDisk.replace(&path("old/keys"), &mut |out| out.write_all(b"old")).unwrap();
        RealDisk.replace(&path("old/folder/one"), &mut |out| out.write_all(b"one")).unwrap();
        std::fs::create_dir(path("new")).unwrap();
        std::os::unix::fs::symlink(path("not-mounted/keys"), path("new/keys")).unwrap();
        assert_eq!(adopt(&RealDisk, &path("old"), &path("new"), |_| true).unwrap(), 1, "the folder alone");
        assert_eq!(std::fs::read_link(path("new/keys")).unwrap(), path("not-mounted/keys").as_ref());
        assert_eq!(RealDisk.read(&path("new/folder/one"), 0, 99).unwrap(), b"one");
        assert_eq!(RealDisk.list(&path("old")).unwrap(), ["keys"]);
    }
}
