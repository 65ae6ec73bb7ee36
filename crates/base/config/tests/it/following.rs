//! The config in force follows the file.

use std::sync::Arc;
use std::time::Duration;

use config::{Base, Configuration, Edit, Live, Notice, Reload};
use parking_lot::Mutex;
use serde_json::json;
use stdx::CancellationToken;

use crate::{Door, Home, path};

const SOON: Duration = Duration::from_secs(20);

fn open(home: &Home) -> (Arc<Configuration>, Live<Door>, Arc<Mutex<Vec<Notice>>>) {
    let configuration = Configuration::open(home.file()).unwrap();
    let live = configuration.live::<Door>().unwrap();
    let notices = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&notices);
    configuration.listen(move |notice| sink.lock().push(notice.clone()));
    (configuration, live, notices)
}

#[tokio::test]
async fn a_change_of_the_file_reaches_its_readers() {
    let home = Home::with("{ door: { port: 1 } }");
    let (configuration, mut live, _) = open(&home);
    let cancel = CancellationToken::new();
    let _task = configuration.watch(&cancel);
    // The first write may come before the watch has begun, the second comes after.
    home.put("app.json", "{ door: { port: 2 } }");
    let door = tokio::time::timeout(SOON, live.changed()).await.unwrap().unwrap();
    assert_eq!(door.port, 2);
    home.put("other.json", "{ port: 3 }");
    home.put("app.json", "{ door: { $include: 'other.json' } }");
    let door = tokio::time::timeout(SOON, live.changed()).await.unwrap().unwrap();
    assert_eq!(door.port, 3);
    home.put("other.json", "{ port: 4 }");
    let door = tokio::time::timeout(SOON, live.changed()).await.unwrap().unwrap();
    assert_eq!(door.port, 4);
}

#[test]
fn a_broken_file_leaves_the_last_good_one_in_force() {
    let home = Home::with("{ door: { port: 1 } }");
    let (configuration, live, notices) = open(&home);
    home.put("app.json", "{ door: { port: 'x' } }");
    configuration.reload();
    configuration.reload();
    assert_eq!((live.get().port, configuration.issues().len()), (1, 1));
    home.put("app.json", "{ door: { port: 1 } } // mended");
    configuration.reload();
    assert!(configuration.issues().is_empty());
    assert!(matches!(&notices.lock()[..], [Notice::Broken(_), Notice::Mended]));
}

#[test]
fn a_change_names_its_places_and_what_they_cost() {
    let home = Home::with("{ door: { port: 1 }, later: { flag: true } }");
    let (configuration, live, _) = open(&home);
    home.put("app.json", "{ door: { port: 1 }, later: { flag: false } }");
    let Some(Notice::Changed(change)) = configuration.reload() else { panic!("no change was seen") };
    assert_eq!((change.places.clone(), change.cost()), (vec![(path("later.flag"), Reload::Now)], Reload::Now));
    let edit = Edit::Set(path("door.port"), json!(2));
    configuration.write(&[edit], &Base::Whatever).unwrap();
    assert_eq!(live.get().port, 2);
    assert!(configuration.reload().is_none());
    home.put("app.json", "{ door: { port: 3 } }");
    let Some(Notice::Changed(change)) = configuration.reload() else { panic!("no change was seen") };
    assert_eq!(change.cost(), Reload::Gateway);
    assert!(change.touches(&path("later.flag")) && !change.touches(&path("door.token")));
}

#[test]
fn a_broken_file_is_refused_at_the_start() {
    let home = Home::with("{ door: 1 }");
    let broken = Configuration::open(home.file()).unwrap_err();
    assert_eq!(broken.issues.to_string(), "- door: Invalid input: expected object, received 1");
}
