//! What workers do: saving, judging, drawing points.

use super::*;

fn never(_: &Figure, _: &Control) -> Result<RgbImage> {
    Ok(RgbImage::from_pixel(3, 2, image::Rgb([9, 9, 9])))
}

const PAINT: Paint = Paint { draw: never, dark: true };

fn save(app: &mut App, what: What, path: &Path, replace: bool) {
    ask(app, Command::Save(what, PAINT));
    ask(app, Command::EditPath(path.display().to_string()));
    ask(app, Command::SaveNow { replace });
    let (key, work) = last(app, |work| matches!(work, AnyWork::Inspect(Work::Save { .. })));
    let AnyWork::Inspect(work) = work else { panic!("{work:?}") };
    match work.run(&Control::new(), &mut Reporter::silent()) {
        Ok(found) => finish(app, key, found),
        Err(error) => app.apply(key, Event::Finished(Outcome::Failed(error))),
    }
}

#[test]
fn figure_and_numbers_are_saved_and_nothing_is_replaced_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = ready();
    ask(&mut app, Command::Save(What::Json, PAINT));
    assert!(app.inspect.saving.is_none(), "there is nothing to save");
    ask(&mut app, files(&["a.png", "broken.png"]));
    let (key, first) = batch(&mut app);
    first.outbox.leave(Note::Scale(scale()));
    first.outbox.leave(Note::Found(0, Ok(item("a.png", 1))));
    let problem = Problem { text: "is not a picture".into(), hint: None, about: Default::default() };
    first.outbox.leave(Note::Found(1, Err(problem)));
    finish(&mut app, key, Found::Judged);

    let path = folder.path().join("x.json");
    save(&mut app, What::Json, &path, false);
    assert!(app.inspect.saving.is_none());
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    for key in ["points", "cutoff", "outlier_percentile", "held_out", "items", "warnings"] {
        assert!(keys.contains(&key), "{keys:?}");
    }
    assert_eq!(json["items"][0]["input"], "a.png");
    assert_eq!(json["items"].as_array().unwrap().len(), 1);
    assert_eq!(json["warnings"][0], "broken.png: is not a picture; it is left out");

    save(&mut app, What::Json, &path, false);
    assert!(app.inspect.saving.as_ref().unwrap().exists, "it is there already");
    ask(&mut app, Command::EditPath(path.display().to_string()));
    ask(&mut app, Command::SaveNow { replace: true });
    let (key, _) = last(&mut app, |work| matches!(work, AnyWork::Inspect(Work::Save { replace: true, .. })));
    finish(&mut app, key, Found::Saved(Some(path)));
    assert!(app.inspect.saving.is_none());

    let path = folder.path().join("x.csv");
    save(&mut app, What::Csv, &path, false);
    assert!(std::fs::read_to_string(path).unwrap().starts_with("input,verdict,confidence"));
    let path = folder.path().join("x.png");
    save(&mut app, What::Figure, &path, false);
    assert_eq!(image::open(path).unwrap().into_rgb8().dimensions(), (3, 2));
    save(&mut app, What::Figure, folder.path(), false);
    assert!(app.inspect.saving.as_ref().unwrap().problem.as_ref().unwrap().text.contains("is a folder"));

    ask(&mut app, Command::Save(What::Csv, PAINT));
    ask(&mut app, Command::BrowseSave);
    assert_eq!(app.desk.take().unwrap().choice, Choice::Save("inspected.csv".into()));
    app.desk.answer(Picked::Paths(vec![folder.path().join("chosen.csv")]));
    app.tick();
    let (key, work) = last(&mut app, |work| matches!(work, AnyWork::Inspect(Work::Save { .. })));
    assert!(matches!(&work, AnyWork::Inspect(Work::Save { replace: true, .. })), "the dialog has asked");
    finish(&mut app, key, Found::Saved(Some(folder.path().join("chosen.csv"))));

    ask(&mut app, Command::Copy(PAINT));
    let (key, work) = last(&mut app, |work| matches!(work, AnyWork::Inspect(Work::Draw(..))));
    let AnyWork::Inspect(work) = work else { panic!("{work:?}") };
    assert!(app.inspect.is_copying());
    finish(&mut app, key, work.run(&Control::new(), &mut Reporter::silent()).unwrap());
    assert_eq!(app.inspect.figure().unwrap().dimensions(), (3, 2));
    ask(&mut app, Command::Copied);
    assert!(app.inspect.figure().is_none());
}

/// A file of vectors and an encoder for the demo's model.
fn real(folder: &TempDir) -> (CollectionArgs, Arc<Encoder>) {
    let path = folder.path().join("v.npy");
    write_matrix(&path, 512, &noise(40 * 512, 5)).unwrap();
    (CollectionArgs { vectors: Some(path), ..CollectionArgs::default() }, encoder(512, 3))
}

#[test]
fn a_worker_judges_pictures_points_and_texts_and_tells_of_each_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    let (collection, encoder) = real(&folder);
    let mut app = app();
    app.settings.remember(&collection).model = Some(embed::DEMO.into());
    open(&mut app, collection, 512, Some(encoder));
    app.inspect.judging.texts = Texts::Yes;
    std::fs::write(folder.path().join("broken.png"), "no picture").unwrap();
    std::fs::create_dir(folder.path().join("pictures")).unwrap();
    std::fs::create_dir(folder.path().join("none")).unwrap();
    let (pixels, _) = pixels::prepare(&Raw::Drawing("pizza"), "pizza").unwrap();
    pixels.whole.save(folder.path().join("pizza.png")).unwrap();
    pixels.whole.save(folder.path().join("pictures/inside.png")).unwrap();
    let names = ["broken.png", "pizza.png", "pictures", "none"];
    ask(&mut app, Command::Files(names.map(|name| folder.path().join(name)).to_vec()));
    ask(&mut app, Command::Point(PointId::Num(3)));
    ask(&mut app, Command::Point(PointId::Num(99)));
    ask(&mut app, Command::EditText("a pizza".into()));
    ask(&mut app, Command::Text);
    for _ in 0..3 {
        let (key, batch) = batch(&mut app);
        batch.judge(&Control::new(), &mut Reporter::silent()).unwrap();
        finish(&mut app, key, Found::Judged);
        if standing(&app).iter().all(|word| *word != "waiting") {
            break;
        }
    }
    let found: Vec<(&str, &str)> =
        app.inspect.cards().iter().map(|card| card.name.as_str()).zip(standing(&app)).collect();
    assert_eq!(
        found,
        [
            ("broken.png", "failed"),
            ("pizza.png", "judged"),
            ("none", "failed"),
            ("Point 3", "judged"),
            ("Point 99", "failed"),
            ("\"a pizza\"", "judged"),
            ("inside.png", "judged"),
        ]
    );
    let cards = app.inspect.cards();
    let item = |i: usize| &cards[i].judged().unwrap().item;
    assert_eq!(item(1).vector, item(6).vector, "the same picture");
    assert_eq!((item(1).nearest.len(), app.inspect.scale().unwrap().all.points()), (NEAREST, 40));
    assert_eq!(app.inspect.scale().unwrap().counts.iter().sum::<u64>(), 40);
    // Of 40 points a quarter is compared with; of an encoder that says nothing of its training this is no held-out part.
    let summary = app.inspect.summary().unwrap();
    assert_eq!((summary.judged, summary.points, summary.held_out, summary.known), (4, 10, false, 0));
    for card in cards.iter().filter_map(Card::judged) {
        let oddity = card.oddity.unwrap();
        assert!(oddity.p >= 0.1 / 1.1 && oddity.above <= oddity.points && oddity.adjusted >= oddity.p);
    }
    let text = |i: usize| match &cards[i].standing {
        Standing::Failed(problem) => problem.text.clone(),
        other => panic!("{other:?}"),
    };
    assert!(text(0).contains("is not a picture") && text(2).contains("without pictures"), "{} {}", text(0), text(2));
    assert!(text(4).contains("no point 99"), "{}", text(4));

    // What is saved says so, too.
    let oddity = cards[1].judged().unwrap().oddity.unwrap();
    let path = folder.path().join("numbers.json");
    save(&mut app, What::Json, &path, false);
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let first = &json["items"][0];
    assert_eq!((&first["outlier_score"], &first["flagged"]), (&"fused".into(), &oddity.flagged.into()));
    assert_eq!(first["p_value"].as_f64(), Some(oddity.p));
    let path = folder.path().join("numbers.csv");
    save(&mut app, What::Csv, &path, false);
    let table = std::fs::read_to_string(path).unwrap();
    assert!(table.lines().next().unwrap().contains(",outlier_score,p_value,flagged"), "{table}");
    assert!(table.lines().nth(1).unwrap().contains(&format!(",fused,{},{}", oddity.p, oddity.flagged)), "{table}");
}

#[test]
fn random_points_are_of_the_collection_and_in_no_order() {
    let folder = tempfile::tempdir().unwrap();
    let (collection, _) = real(&folder);
    let deal = |seed| choose::deal(&collection, seed, &Control::new(), &mut Reporter::silent()).unwrap();
    let ids: Vec<PointId> = deal(1).into_iter().map(|(id, _)| id).collect();
    let mut sorted = ids.clone();
    sorted.sort();
    assert_eq!(sorted, (0..40).map(PointId::Num).collect::<Vec<_>>(), "there are fewer than are dealt");
    assert_ne!(sorted, ids);
    assert_ne!(deal(2).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), ids);
}

#[test]
fn nothing_is_downloaded_without_consent() {
    let hub = embed::Hub::from_env().unwrap();
    let absent = embed::listed().into_iter().find(|m| m.side == Side::Texts && !m.is_here(&hub)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.npy");
    write_matrix(&path, absent.dim, &noise(20 * absent.dim, 5)).unwrap();
    let collection = CollectionArgs { vectors: Some(path), ..CollectionArgs::default() };
    let mut app = app();
    app.settings.remember(&collection).model = Some(absent.name.clone());
    open(&mut app, collection, absent.dim, Some(encoder(absent.dim, 3)));
    app.inspect.judging.texts = Texts::Yes;
    ask(&mut app, Command::EditText("a".into()));
    ask(&mut app, Command::Text);
    ask(&mut app, Command::Point(PointId::Num(1)));
    for _ in 0..2 {
        let (key, batch) = batch(&mut app);
        let control = Control::new();
        batch.judge(&control, &mut Reporter::silent()).unwrap();
        finish(&mut app, key, Found::Judged);
    }
    assert_eq!(standing(&app), ["needs a model", "judged"]);
    assert_eq!(app.inspect.question().unwrap().downloads[0].model, absent.name);
}
