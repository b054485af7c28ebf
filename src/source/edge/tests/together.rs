//! A collection that is open more than once, in this process or in another, and folders that go away meanwhile.

use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

fn sink(store: &TempDir) -> EdgeSink {
    EdgeStore::open_or_create(store.path(), "food", &dense(4, Distance::Dot)).unwrap()
}

/// The lock that a process has on a collection while it has it open; none where another has it.
fn process_lock(store: &TempDir) -> Option<File> {
    let log = File::open(store.path().join("food/wal")).unwrap();
    log.try_lock().is_ok().then_some(log)
}

#[test]
fn a_collection_is_open_many_times_and_closed_with_its_last_handle() {
    let store = filled(10, 4, Distance::Dot);
    let mut first = open(&store, None).unwrap();
    let mut second = open(&store, None).unwrap();
    let mut sink = sink(&store);
    sink.upsert(vec![point(number(50), &vector(50, 4), json!({ "n": 50 }))], &Control::new()).unwrap();
    for source in [&mut first, &mut second] {
        let page = read_all(source, 3, Want::ALL);
        assert_eq!(page.ids.len(), 11, "what was written meanwhile is read");
        assert_eq!((page.ids[10], &page.vectors[40..]), (number(50), &vector(50, 4)[..]));
        assert_eq!(page.payloads[10], payload(json!({ "n": 50 })));
    }
    assert_eq!(first.info().points, 10, "counted when it was opened");
    assert_eq!(open(&store, None).unwrap().info().points, 11);
    // Another layout is refused as ever.
    let other = EdgeStore::open_or_create(store.path(), "food", &dense(5, Distance::Dot));
    assert!(matches!(refusal(other), Error::TargetLayout { .. }));
    for _ in 0..2 {
        drop(first);
        assert!(process_lock(&store).is_none(), "still open");
        first = open(&store, None).unwrap();
    }
    drop((first, second));
    assert_eq!(sink.count(&Control::new()).unwrap(), 11);
    drop(sink);
    assert!(process_lock(&store).is_some(), "free for other processes");
    assert_eq!(read_all(&mut open(&store, None).unwrap(), 4, Want::IDS).ids.len(), 11);
}

#[test]
fn a_collection_that_another_process_has_is_refused_and_its_neighbours_are_not() {
    let store = filled(10, 4, Distance::Dot);
    let dir = store.path().join("food");
    let lock = process_lock(&store).unwrap();
    assert!(matches!(refusal(open(&store, None)), Error::StoreLocked { path } if path == dir));
    let second = EdgeStore::open_or_create(store.path(), "food", &dense(4, Distance::Dot));
    assert!(matches!(refusal(second), Error::StoreLocked { path } if path == dir));
    assert!(matches!(refusal(remove_collection(store.path(), "food")), Error::StoreLocked { path } if path == dir));
    EdgeStore::open_or_create(store.path(), "blocks", &sparse("blocks")).unwrap();
    drop(lock);
    assert!(open(&store, None).is_ok(), "free again");
    assert_eq!(list_collections(store.path()).unwrap(), ["blocks", "food"]);
}

#[cfg(unix)]
#[test]
fn a_store_is_the_same_by_whatever_path() {
    let store = filled(10, 4, Distance::Dot);
    let other = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(store.path(), other.path().join("link")).unwrap();
    let _source = open(&store, None).unwrap();
    let deep = store.path().join("food").join("..");
    for path in [other.path().join("link"), deep] {
        let source = EdgeStore::open(&path, "food", None, None).unwrap();
        assert_eq!(source.info().title, format!("collection \"food\" in {}", path.display()));
    }
}

/// Two that write, three that read: nobody meets half of a point, and everything that was written is there in the end.
#[test]
fn readers_and_writers_go_on_at_once() {
    const POINTS: u64 = 600;
    let store = filled(1, 4, Distance::Dot);
    let whole = |id: PointId, vector: &[f32], payload: &Payload| {
        let PointId::Num(n) = id else { panic!("a number") };
        let round = payload["n"].as_u64().unwrap() / 10_000;
        assert_eq!(payload["n"], json!(round * 10_000 + n));
        assert_eq!(vector, super::vector(n as usize, 4), "the vector is the point's own, to the last bit");
    };
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..2_u64)
            .map(|writer| {
                let store = &store;
                scope.spawn(move || {
                    let mut sink = sink(store);
                    for round in 1..4_u64 {
                        let mine: Vec<u64> = (writer..POINTS).step_by(2).collect();
                        for some in mine.chunks(25) {
                            let new = |n: &u64| {
                                point(number(*n), &super::vector(*n as usize, 4), json!({ "n": round * 10_000 + n }))
                            };
                            sink.upsert(some.iter().map(new).collect(), &Control::new()).unwrap();
                        }
                    }
                })
            })
            .collect();
        for reader in 0..3 {
            let (store, over, whole) = (&store, &over, &whole);
            scope.spawn(move || {
                let mut seen = 0;
                while !over.load(Ordering::Relaxed) {
                    // Opened anew each time by one of them, so that handles come and go.
                    let mut source = open(store, None).unwrap();
                    let page = read_all(&mut source, 50, Want::ALL);
                    assert!(page.ids.is_sorted() && page.ids.len() >= seen, "no point is lost or comes twice");
                    seen = page.ids.len();
                    for ((id, vector), payload) in page.ids.iter().zip(page.vectors.chunks(4)).zip(&page.payloads) {
                        whole(*id, vector, payload);
                    }
                    let found = source.nearest(&super::vector(7, 4), 5, &Control::new()).unwrap();
                    assert!(found.is_sorted_by(|a, b| a.score >= b.score));
                    if reader == 0 {
                        let ids: Vec<PointId> = (0..POINTS).map(number).collect();
                        let found = source.by_ids(&ids, Want::ALL, &Control::new()).unwrap();
                        for ((id, vector), payload) in
                            found.ids.iter().zip(found.vectors.chunks(4)).zip(&found.payloads)
                        {
                            whole(*id, vector, payload);
                        }
                    }
                }
            });
        }
        let written: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        over.store(true, Ordering::Relaxed);
        assert!(written.iter().all(Result::is_ok), "{written:?}");
    });
    let page = read_all(&mut open(&store, None).unwrap(), 1_000, Want::ALL);
    assert_eq!(page.ids, (0..POINTS).map(number).collect::<Vec<_>>());
    assert!(page.payloads.iter().all(|p| p["n"].as_u64().unwrap() / 10_000 == 3), "the last round's");
}

#[test]
fn handles_that_come_and_go_on_many_threads_never_meet_a_locked_store() {
    let store = filled(10, 4, Distance::Dot);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..15 {
                    assert_eq!(open(&store, None).unwrap().info().points, 10);
                }
            });
        }
    });
    assert!(process_lock(&store).is_some());
}

#[test]
fn only_a_collection_that_nobody_has_open_is_removed() {
    let store = filled(10, 4, Distance::Dot);
    let dir = store.path().join("food");
    let source = open(&store, None).unwrap();
    let error = refusal(remove_collection(store.path(), "food"));
    assert!(matches!(&error, Error::StoreInUse { path } if *path == dir), "{error}");
    assert_eq!(read_all(&mut { source }, 4, Want::IDS).ids.len(), 10, "nothing has changed");
    assert!(remove_collection(store.path(), "food").unwrap());
    assert_eq!(list_collections(store.path()).unwrap(), Vec::<String>::new());
    let left: Vec<_> = fs::read_dir(store.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, [".lock"], "nothing is left of it");
    assert!(!remove_collection(store.path(), "food").unwrap(), "there is none");
    assert!(matches!(refusal(remove_collection(store.path(), "../x")), Error::Setting(_)));
    assert!(matches!(refusal(open(&store, None)), Error::CollectionMissing { .. }));
}

/// Other programs may do with a folder what they like, except on Windows.
#[cfg(unix)]
#[test]
fn a_folder_that_is_replaced_or_renamed_meanwhile_is_noticed() {
    let store = filled(10, 4, Distance::Dot);
    let dir = store.path().join("food");
    let (mut old, mut old_source) = (sink(&store), open(&store, None).unwrap());
    fs::remove_dir_all(&dir).unwrap();
    let lost = |sink: &mut EdgeSink| {
        let points = vec![point(number(70), &[1.0; 4], json!({}))];
        let error = sink.upsert(points, &Control::new()).unwrap_err();
        assert!(
            matches!(&error, Error::Store { path, problem } if *path == dir && problem.contains("removed")),
            "{error}"
        );
    };
    lost(&mut old);
    // A new one of the same name is opened for itself, beside what is left of the old one.
    let mut new = sink(&store);
    new.upsert(vec![point(number(1), &[1.0; 4], json!({}))], &Control::new()).unwrap();
    lost(&mut old);
    assert_eq!(read_all(&mut open(&store, None).unwrap(), 9, Want::IDS).ids, [number(1)]);
    assert_eq!(read_all(&mut old_source, 4, Want::IDS).ids.len(), 10, "the old one is read to its end");
    drop((old, old_source));
    assert_eq!(new.count(&Control::new()).unwrap(), 1, "closing the old one has not touched the new one");

    fs::rename(&dir, store.path().join("meals")).unwrap();
    let renamed = || EdgeStore::open(store.path(), "meals", None, None);
    assert!(matches!(refusal(renamed()), Error::StoreInUse { .. }));
    assert!(matches!(refusal(remove_collection(store.path(), "meals")), Error::StoreInUse { .. }));
    lost(&mut new);
    drop(new);
    assert_eq!(renamed().unwrap().info().points, 1);
}

#[test]
fn looking_for_a_target_makes_nothing() {
    let store = filled(3, 4, Distance::Dot);
    let look = |path: &Path, name: &str| EdgeStore::open_present(path, name, &dense(4, Distance::Dot));
    assert!(look(store.path(), "none").unwrap().is_none());
    assert!(look(&store.path().join("nowhere"), "none").unwrap().is_none());
    fs::create_dir(store.path().join("empty")).unwrap();
    assert!(look(store.path(), "empty").unwrap().is_none(), "an empty folder is no collection yet");
    assert_eq!(fs::read_dir(store.path()).unwrap().count(), 3, "food, empty and the lock");
    assert_eq!(look(store.path(), "food").unwrap().unwrap().count(&Control::new()).unwrap(), 3);
    let other = EdgeStore::open_present(store.path(), "food", &sparse("blocks"));
    assert!(matches!(refusal(other), Error::TargetLayout { .. }));
    fs::write(store.path().join("empty/notes.txt"), "mine").unwrap();
    assert!(matches!(refusal(look(store.path(), "empty")), Error::Store { .. }));
}
