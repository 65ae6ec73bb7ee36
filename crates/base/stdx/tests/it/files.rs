//! Files keep what they promised to keep, and the disk in memory behaves like the real one.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use proptest::prelude::*;
use stdx::{AbsPath, AppendFile, AtomicFile, Disk, MemoryDisk, RealDisk, Repair};

fn is_json(line: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(line).is_ok()
}

fn memory() -> (MemoryDisk, Arc<dyn Disk>, AbsPath) {
    let disk = MemoryDisk::new();
    (disk.clone(), Arc::new(disk), AbsPath::new("/s/a.jsonl").unwrap())
}

fn all(disk: &dyn Disk, path: &AbsPath) -> String {
    String::from_utf8(disk.read(path, 0, usize::MAX).unwrap_or_default()).unwrap()
}

#[test]
fn a_torn_last_line_is_cut_when_the_file_is_opened() {
    let (_, disk, path) = memory();
    disk.open(&path).unwrap().append(b"{\"a\":1}\n{\"b\":").unwrap();
    let (file, repair) = AppendFile::open(&disk, &path, is_json).unwrap();
    assert_eq!((repair, file.len()), (Repair::Cut { bytes: 5 }, 8));
    assert_eq!(all(&*disk, &path), "{\"a\":1}\n");
}

#[test]
fn a_whole_last_line_without_an_end_is_kept_and_ended() {
    let (_, disk, path) = memory();
    disk.open(&path).unwrap().append(b"{\"a\":1}").unwrap();
    let (mut file, repair) = AppendFile::open(&disk, &path, is_json).unwrap();
    file.append(b"{\"b\":2}").unwrap();
    assert_eq!(repair, Repair::Ended);
    assert_eq!(all(&*disk, &path), "{\"a\":1}\n{\"b\":2}\n");
}

#[test]
fn a_full_disk_leaves_no_piece_of_a_line_behind() {
    let (memory, disk, path) = memory();
    let (mut file, _) = AppendFile::open(&disk, &path, is_json).unwrap();
    file.append(b"{\"a\":1}").unwrap();
    memory.fill_up_after(Some(3));
    assert_eq!(file.append(b"{\"b\":2}").unwrap_err().kind(), ErrorKind::StorageFull);
    memory.fill_up_after(None);
    file.append(b"{\"c\":3}").unwrap();
    assert_eq!(all(&*disk, &path), "{\"a\":1}\n{\"c\":3}\n");
}

#[test]
fn a_line_with_a_line_end_inside_is_refused() {
    let (_, disk, path) = memory();
    let (mut file, _) = AppendFile::open(&disk, &path, is_json).unwrap();
    assert_eq!(file.append(b"a\nb").unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(file.is_empty());
}

#[test]
fn the_dead_process_writes_nothing_after_the_crash() {
    let (memory, disk, path) = memory();
    let mut file = disk.open(&path).unwrap();
    let after: Arc<dyn Disk> = Arc::new(memory.crash(1));
    assert!(file.append(b"late").is_err());
    assert_eq!(all(&*after, &path), "");
}

#[test]
fn an_atomic_file_is_private_and_leaves_no_temporary_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = AbsPath::new(folder.path().join("deep/er/a.json")).unwrap();
    let file = AtomicFile::real(path.clone());
    assert_eq!(file.read().unwrap(), None);
    file.write(b"one").unwrap();
    file.write(b"two").unwrap();
    assert_eq!(file.read().unwrap().unwrap(), b"two");
    assert_eq!(RealDisk.list(&path.parent()).unwrap(), ["a.json"]);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(path.parent()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_failed_replacement_keeps_the_old_content() {
    let folder = tempfile::tempdir().unwrap();
    let file = AtomicFile::real(AbsPath::new(folder.path().join("a.json")).unwrap());
    file.write(b"old").unwrap();
    let failed = file.write_with(&mut |out| {
        out.write_all(b"ne")?;
        Err(ErrorKind::Other.into())
    });
    assert!(failed.is_err());
    assert_eq!(file.read().unwrap().unwrap(), b"old");
    assert_eq!(RealDisk.list(&file.path().parent()).unwrap(), ["a.json"]);
}

#[derive(Debug, Clone)]
enum Step {
    Append(u8, String),
    Sync(u8),
    Reopen(u8),
    Replace(u8, String),
    Rename(u8, u8),
    Remove(u8),
    Tear(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let text = "[a-z]{0,12}";
    prop_oneof![
        4 => (0..3_u8, text).prop_map(|(file, text)| Step::Append(file, text)),
        2 => (0..3_u8).prop_map(Step::Sync),
        1 => (0..3_u8).prop_map(Step::Reopen),
        1 => (0..3_u8, text).prop_map(|(file, text)| Step::Replace(file, text)),
        1 => (0..3_u8, 0..3_u8).prop_map(|(from, to)| Step::Rename(from, to)),
        1 => (0..3_u8).prop_map(Step::Remove),
        1 => (0..3_u8).prop_map(Step::Tear),
    ]
}

/// The same steps on any disk; gives what each answered and what the folder holds in the end.
fn play(disk: &Arc<dyn Disk>, folder: &AbsPath, steps: &[Step]) -> Vec<String> {
    let path = |file: &u8| folder.join(format!("{file}.jsonl"));
    let mut open: [Option<AppendFile>; 3] = [None, None, None];
    let mut seen = Vec::new();
    for step in steps {
        let said = match step {
            Step::Append(file, text) => {
                let slot = &mut open[usize::from(*file)];
                if slot.is_none() {
                    *slot = AppendFile::open(disk, &path(file), |_| false).ok().map(|(file, _)| file);
                }
                slot.as_mut()
                    .map(|file| file.append(text.as_bytes()).is_ok())
                    .map_or(String::new(), |ok| ok.to_string())
            }
            Step::Sync(file) => open[usize::from(*file)].as_mut().is_none_or(|file| file.sync().is_ok()).to_string(),
            Step::Reopen(file) => {
                open[usize::from(*file)] = None;
                let opened = AppendFile::open(disk, &path(file), |_| false).unwrap();
                let said = format!("{:?} {}", opened.1, opened.0.len());
                open[usize::from(*file)] = Some(opened.0);
                said
            }
            Step::Replace(file, text) => {
                open[usize::from(*file)] = None;
                disk.replace(&path(file), &mut |out| out.write_all(text.as_bytes())).is_ok().to_string()
            }
            Step::Rename(from, to) => {
                open[usize::from(*from)] = None;
                open[usize::from(*to)] = None;
                if from == to {
                    continue;
                }
                disk.rename(&path(from), &path(to)).is_ok().to_string()
            }
            Step::Remove(file) => {
                open[usize::from(*file)] = None;
                disk.remove(&path(file)).is_ok().to_string()
            }
            Step::Tear(file) => {
                open[usize::from(*file)] = None;
                disk.open(&path(file)).unwrap().append(b"torn").is_ok().to_string()
            }
        };
        seen.push(said);
    }
    for name in disk.list(folder).unwrap() {
        seen.push(format!("{name}: {}", all(&**disk, &folder.join(&name))));
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_disk_in_memory_answers_like_the_real_one(steps in prop::collection::vec(step(), 0..40)) {
        let folder = tempfile::tempdir().unwrap();
        let real: Arc<dyn Disk> = Arc::new(RealDisk);
        let memory: Arc<dyn Disk> = Arc::new(MemoryDisk::new());
        let on_real = play(&real, &AbsPath::new(folder.path()).unwrap(), &steps);
        let in_memory = play(&memory, &AbsPath::new("/s").unwrap(), &steps);
        prop_assert_eq!(on_real, in_memory);
    }

    #[test]
    fn after_a_crash_all_synced_lines_are_there_and_the_rest_is_a_prefix(
        lines in prop::collection::vec(("[a-z]{1,9}", any::<bool>()), 0..30),
        seed: u64,
    ) {
        let (memory, disk, path) = memory();
        let (mut file, _) = AppendFile::open(&disk, &path, |_| false).unwrap();
        let (mut written, mut synced) = (String::new(), 0);
        for (line, sync) in &lines {
            file.append(line.as_bytes()).unwrap();
            written += &format!("{line}\n");
            if *sync {
                file.sync().unwrap();
                synced = written.len();
            }
        }
        let disk: Arc<dyn Disk> = Arc::new(memory.crash(seed));
        let found = all(&*disk, &path);
        prop_assert!(written.starts_with(&found) && found.len() >= synced);
        drop(AppendFile::open(&disk, &path, |_| false).unwrap());
        let mended = all(&*disk, &path);
        prop_assert!(written.starts_with(&mended) && mended.len() >= synced);
        prop_assert!(mended.is_empty() || mended.ends_with('\n'));
    }
}
