//! Suggested names, and names from a file.

use super::super::super::desk::Picked;
use super::*;
use crate::features::NameSource;
use crate::features::suggest::Suggestion;
use crate::pipeline::NamesFound;

fn suggestion(feature: usize, name: &str, score: f32) -> Suggestion {
    let source = NameSource::Payload { field: "dish".into(), value: name.into(), and: None, with: 40, without: 460 };
    Suggestion { feature, name: name.into(), score, source }
}

fn found(suggestions: Vec<Suggestion>) -> Event<AnyFound> {
    let names = NamesFound { points: 1_000, sampled: 1_000, suggestions, dead: vec![15], words: None };
    Event::Finished(Outcome::Done(AnyFound::Features(Found::Suggested(Box::new(names)))))
}

impl Stage {
    /// Asks for names, and gives the job.
    fn asks(&mut self) -> JobKey {
        self.does(Command::SuggestNames);
        loop {
            let (key, work) = self.app.jobs.take().expect("names are asked for");
            if matches!(work, AnyWork::Features(Work::SuggestNames { .. })) {
                return key;
            }
        }
    }

    fn names(&self) -> Vec<(usize, &str)> {
        self.app.document.names().collect()
    }
}

#[test]
fn suggested_names_come_in_one_step_and_leave_a_persons_alone() {
    let mut stage = Stage::indexed(100);
    stage.does(Command::Name { feature: 2, name: "mine".into() });
    let key = stage.asks();
    assert_eq!(stage.app.features.suggesting.job(), Some(key));
    assert!(!can_suggest(&stage.app), "one at a time");
    stage
        .app
        .apply(key, found(vec![suggestion(1, "soup", 0.8), suggestion(2, "cake", 0.9), suggestion(7, "pie", 0.99)]));
    assert_eq!(stage.names(), [(1, "soup"), (2, "mine"), (7, "pie")]);
    let said = &stage.app.messages.last().unwrap().text;
    assert_eq!(said, "2 features named; 12 of 15 that win for some point stay unnamed; 1 name of your own kept");
    // The best first, and those without a score behind.
    stage.does(Command::Sort(Column::Score));
    assert_eq!(stage.rows()[..2], [7, 1]);
    stage.app.handle(Top::Undo);
    assert_eq!(stage.app.undo.next_undo(), Some("Name 2 features"));
    stage.app.handle(Top::Undo);
    assert_eq!(stage.names(), [(2, "mine")]);
    stage.app.handle(Top::Redo);
    assert_eq!(stage.names().len(), 3);
    // They are kept with where they come from.
    naming::save(&mut stage.app);
    stage.play();
    assert!(kept(&stage.encoder_path("food")).contains("\"value\": \"soup\""));

    // Again: what is not suggested any more is gone; the same again is no step.
    let key = stage.asks();
    stage.app.apply(key, found(vec![suggestion(1, "soup", 0.8)]));
    assert_eq!(stage.names(), [(1, "soup"), (2, "mine")]);
    let steps = stage.app.undo.next_undo().map(str::to_owned);
    let key = stage.asks();
    stage.app.apply(key, found(vec![suggestion(1, "soup", 0.8)]));
    assert_eq!(stage.app.undo.next_undo().map(str::to_owned), steps);
}

#[test]
fn names_for_another_encoder_are_dropped() {
    let mut stage = Stage::indexed(100);
    let key = stage.asks();
    stage.open("things", 2);
    stage.app.apply(key, found(vec![suggestion(1, "soup", 0.8)]));
    assert_eq!(stage.names(), []);
    assert!(can_suggest(&stage.app));
}

#[test]
fn a_cancel_changes_nothing_and_a_failure_is_told() {
    let mut stage = Stage::indexed(100);
    let key = stage.asks();
    stage.app.apply(key, Event::Finished(Outcome::Cancelled));
    assert!(stage.app.features.suggesting.problem.is_none() && can_suggest(&stage.app));
    let key = stage.asks();
    stage.app.apply(key, Event::Finished(Outcome::Failed(crate::error::Error::setting("it is gone"))));
    assert!(stage.app.features.suggesting.problem.as_ref().unwrap().text.contains("it is gone"));
    assert!(can_suggest(&stage.app), "it can be tried again");
}

#[test]
fn names_are_taken_in_from_a_file_in_one_step() {
    let mut stage = Stage::indexed(100);
    stage.does(Command::Name { feature: 2, name: "mine".into() });
    stage.does(Command::Name { feature: 3, name: "theirs".into() });
    stage.does(Command::Pin(5));
    let file = stage.folder.path().join("names.json");
    std::fs::write(&file, stage.app.document.notes.as_ref().unwrap().to_json()).unwrap();
    stage.does(Command::Name { feature: 3, name: String::new() });
    stage.does(Command::Pin(5));
    stage.does(Command::Name { feature: 2, name: "still mine".into() });

    stage.does(Command::ChooseNames);
    assert_eq!(stage.app.desk.take().unwrap().title, "Import names and pins");
    stage.app.desk.answer(Picked::Paths(vec![file.clone()]));
    stage.app.tick();
    stage.play();
    assert_eq!(stage.names(), [(2, "still mine"), (3, "theirs")]);
    assert!(stage.app.document.is_pinned(5));
    assert_eq!(stage.app.undo.next_undo(), Some("Import 1 name"));
    stage.app.handle(Top::Undo);
    assert_eq!(stage.names(), [(2, "still mine")]);

    std::fs::write(&file, "no names").unwrap();
    stage.does(Command::ImportNames(file));
    stage.play();
    assert!(stage.app.features.suggesting.problem.as_ref().unwrap().text.contains("not names of features"));
    stage.does(Command::ImportNames(stage.folder.path().join("none.json")));
    stage.play();
    assert!(stage.app.features.suggesting.problem.as_ref().unwrap().text.contains("none.json"));
}
