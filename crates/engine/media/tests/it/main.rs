//! The store on a real disk, with a network that gives what the test wants.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Cursor;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use channel::{AttachmentRef, ByteStream, ChannelError, Files, MediaKind};
use media::{MediaError, MediaStore};
use stdx::{AbsPath, CancellationToken, Clock as _, ManualClock, SystemClock};
use tempfile::TempDir;

#[derive(Debug)]
struct Network(Vec<Result<Bytes, ChannelError>>);

#[async_trait]
impl Files for Network {
    async fn fetch(&self, _file: &AttachmentRef) -> Result<ByteStream, ChannelError> {
        Ok(Box::pin(futures_util::stream::iter(self.0.clone())))
    }
}

fn attachment(name: &str, mime: &str, size: Option<u64>) -> AttachmentRef {
    AttachmentRef {
        reference: "r".to_owned(),
        kind: MediaKind::Document,
        mime: Some(mime.to_owned()),
        name: Some(name.to_owned()),
        size,
    }
}

fn store() -> (TempDir, AbsPath, Arc<MediaStore>) {
    let folder = tempfile::tempdir().unwrap();
    let state = AbsPath::new(folder.path()).unwrap();
    let store = MediaStore::new(&state, Arc::new(SystemClock));
    (folder, state, store)
}

fn png(width: u32, height: u32) -> Bytes {
    let mut out = Cursor::new(Vec::new());
    image::RgbImage::new(width, height).write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner().into()
}

fn names(state: &AbsPath) -> Vec<String> {
    let entries = std::fs::read_dir(state.join("media/inbound").as_path());
    entries.into_iter().flatten().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_file_is_stored_for_its_owner_alone_under_a_name_of_ours() {
    let (_folder, state, store) = store();
    let network = Network(vec![Ok(Bytes::from_static(b"%PDF-")), Ok(Bytes::from_static(b"1.7"))]);
    let file = attachment("../../etc/pass wd.pdf", "application/pdf", None);
    let stored = store.fetch(&network, &file, 100).await.unwrap();
    assert_eq!((stored.mime.as_str(), stored.size, stored.kind), ("application/pdf", 8, MediaKind::Document));
    assert_eq!(stored.path.parent(), state.join("media/inbound"));
    assert!(stored.path.file_name().unwrap().starts_with("etc_pass_wd---"), "{}", stored.path);
    let mode = |path: &AbsPath| std::fs::metadata(path.as_path()).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&stored.path), mode(&stored.path.parent())), (0o600, 0o700));
    assert_eq!(std::fs::read(stored.path.as_path()).unwrap(), b"%PDF-1.7");
}

#[tokio::test]
async fn a_file_above_the_limit_is_refused_by_its_claim_and_by_its_bytes() {
    let (_folder, state, store) = store();
    let network = Network(vec![Ok(Bytes::from_static(b"12345")), Ok(Bytes::from_static(b"6"))]);
    let too_large = Err(MediaError::TooLarge { limit: 5 });
    assert_eq!(store.fetch(&network, &attachment("a", "x/y", Some(6)), 5).await, too_large);
    assert_eq!(store.fetch(&network, &attachment("a", "x/y", Some(1)), 5).await, too_large);
    assert_eq!(names(&state), Vec::<String>::new());
}

#[tokio::test]
async fn a_download_that_breaks_leaves_nothing_behind() {
    let (_folder, state, store) = store();
    let broken = ChannelError::Unknown("cut".to_owned());
    let network = Network(vec![Ok(Bytes::from_static(b"12345")), Err(broken.clone())]);
    let answer = store.fetch(&network, &attachment("a", "x/y", None), 100).await;
    assert_eq!(answer, Err(MediaError::Fetch(broken)));
    assert_eq!(names(&state), Vec::<String>::new());
}

#[tokio::test]
async fn a_large_picture_is_stored_small_and_a_broken_one_as_a_file() {
    let (_folder, _state, store) = store();
    let picture = store.keep(Some("p.png"), None, png(4000, 1000)).await.unwrap();
    assert_eq!((picture.kind, picture.mime.as_str()), (MediaKind::Image, "image/jpeg"));
    assert!(picture.path.file_name().unwrap().ends_with(".jpg"));
    let reread = image::open(picture.path.as_path()).unwrap();
    assert_eq!((reread.width(), reread.height()), (2000, 500));
    let model = store.for_model(&picture.path).await.unwrap();
    assert_eq!(model.mime, "image/jpeg");
    let torn = store.keep(Some("t.png"), Some("image/png"), png(50, 50).slice(..60)).await.unwrap();
    assert_eq!((torn.kind, torn.mime.as_str()), (MediaKind::Document, "application/octet-stream"));
}

#[tokio::test]
async fn old_files_are_forgotten_and_young_ones_stay() {
    let (_folder, state, _) = store();
    let clock = ManualClock::new(SystemClock.now_ms());
    let store = MediaStore::new(&state, Arc::new(clock.clone()));
    assert_eq!(store.sweep(Duration::from_secs(60)).await, Ok(0));
    store.keep(Some("old.txt"), None, Bytes::from_static(b"x")).await.unwrap();
    clock.advance(Duration::from_secs(50));
    assert_eq!(store.sweep(Duration::from_secs(60)).await, Ok(0));
    clock.advance(Duration::from_secs(3600));
    assert_eq!(store.sweep(Duration::from_secs(60)).await, Ok(1));
    assert_eq!(names(&state), Vec::<String>::new());
    let sweeper = store.sweeper(media::Keep::default(), &CancellationToken::new());
    sweeper.stop(Duration::from_secs(5)).await.done().unwrap();
}

#[tokio::test]
async fn a_file_that_leaves_is_named_by_its_content() {
    let (folder, state, store) = store();
    std::fs::write(folder.path().join("chart.dat"), png(3, 3)).unwrap();
    let attachment = store.outgoing(&state.join("chart.dat"), 10_000).await.unwrap();
    assert_eq!((attachment.mime.as_str(), attachment.name.as_str()), ("image/png", "chart.dat"));
    let size = std::fs::metadata(folder.path().join("chart.dat")).unwrap().len();
    let too_large = Err(MediaError::TooLarge { limit: size - 1 });
    assert_eq!(store.outgoing(&state.join("chart.dat"), size - 1).await, too_large);
    std::fs::write(folder.path().join("empty"), "").unwrap();
    for (name, why) in [("empty", "empty: is empty"), ("gone", "gone: No such file or directory (os error 2)")] {
        assert_eq!(store.outgoing(&state.join(name), 9).await, Err(MediaError::NotAFile(why.to_owned())));
    }
    assert!(matches!(store.outgoing(&state, 9).await, Err(MediaError::NotAFile(_))));
}
