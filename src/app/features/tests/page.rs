//! A feature's page.

use super::*;

#[test]
fn pages_follow_the_order_of_the_table() {
    let mut stage = Stage::indexed(400);
    stage.does(Command::Sort(Column::Mean));
    let rows = stage.rows();
    stage.app.handle(Top::Feature(rows[0]));
    let page = |stage: &Stage| stage.app.view.place.page.unwrap();
    stage.does(Command::Page(-1));
    assert_eq!(page(&stage), rows[0], "there is none before the first");
    stage.does(Command::Page(1));
    assert_eq!(page(&stage), rows[1]);
    stage.does(Command::Page(100));
    assert_eq!(page(&stage), rows[FEATURES - 1]);
    assert_eq!(stage.app.view.place.selected, Selected::Feature(rows[FEATURES - 1]));
    stage.app.handle(Top::Escape);
    assert_eq!(stage.app.view.place.page, None);
    stage.does(Command::Move(-2));
    assert_eq!(stage.app.view.place.selected, Selected::Feature(rows[FEATURES - 3]));
    stage.does(Command::Filter("block 1".into()));
    stage.app.handle(Top::Select(Selected::Nothing));
    stage.does(Command::Move(1));
    let first = stage.rows()[0];
    assert_eq!(stage.app.view.place.selected, Selected::Feature(first), "the first of those that are shown");
}

#[test]
fn a_page_shows_what_the_index_knows_and_near_points_follow_the_threshold() {
    let mut stage = Stage::indexed(400);
    let index = stage.index();
    stage.app.handle(Top::Feature(3));
    stage.app.tick();
    stage.play();
    let page = stage.app.features.page(3).unwrap();
    assert_eq!(page.intervals, index.intervals(3));
    assert_eq!(page.near, index.near(3, 0.1));
    assert_eq!(page.related, Some(related(&stage.encoder(), &index, 3, 0.1)));
    stage.app.handle(Top::Settings(Change::Threshold(0.6)));
    stage.app.tick();
    assert_eq!(stage.app.features.page(3).unwrap().near, index.near(3, 0.6));
    stage.app.handle(Top::Settings(Change::Threshold(0.06)));
    stage.app.tick();
    stage.play();
    let page = stage.app.features.page(3).unwrap();
    assert_eq!(page.related, Some(related(&stage.encoder(), &index, 3, 0.05)), "at the nearer of the two thresholds");
    stage.app.handle(Top::Settings(Change::Threshold(0.6)));
    stage.app.tick();
    stage.play();
    for shown in [true, false] {
        stage.does(Command::More { feature: 3, part: Part::Near });
        let page = stage.app.features.page(3).unwrap();
        assert_eq!((page.is_unfolded(Part::Near), page.is_unfolded(Part::Interval(2))), (shown, false));
    }
    let strongest = index.feature(3).unwrap().top[0];
    stage.app.handle(Top::Select(Selected::Point(strongest.id)));
    assert_eq!(marks(&stage.app, 3), [(format!("point {}", strongest.id), strongest.value)]);
}

#[test]
fn what_a_page_worked_out_on_an_older_index_is_dropped() {
    let mut stage = Stage::indexed(100);
    stage.app.handle(Top::Feature(3));
    stage.app.tick();
    let (key, _) = stage.app.jobs.take().unwrap();
    stage.does(Command::Reindex);
    let index = index_of(&stage.encoder(), 300, 9);
    stage.finish(stage.app.features.building().unwrap(), index.clone());
    assert_eq!(stage.app.features.page(3).unwrap().random, index.random(3), "the page is of the new index at once");
    let stale = Related { nearest: vec![(1, 0.5)], ..Related::default() };
    stage.app.apply(key, Event::Finished(Outcome::Done(AnyFound::Features(Found::Related(stale)))));
    stage.app.tick();
    stage.play();
    assert_eq!(stage.app.features.page(3).unwrap().related, Some(related(&stage.encoder(), &index, 3, 0.1)));
}
