//! What a person does on the inspect screen.

use super::*;

#[test]
fn the_empty_screen_says_what_to_do_and_does_it() {
    let mut harness = shown(opened(false));
    assert!(harness.query_by_label("No encoder is open").is_some());
    harness.get_by_role_and_label(Role::Button, "Train an encoder").click();
    harness.run_steps(2);
    assert_eq!(harness.state_mut().app().view.place.screen, Screen::Train);

    let mut harness = shown(opened(true));
    harness.get_by_role_and_label(Role::Button, "Try four drawings").click();
    frames(&mut harness);
    let app = harness.state_mut().app();
    assert_eq!(app.inspect.cards().len(), 4);
    assert!(app.inspect.cards().iter().all(|card| card.judged().is_some()));
    let outliers = app.inspect.cards().iter().filter(|card| card.judged().unwrap().item.verdict == Verdict::Outlier);
    assert_eq!(outliers.map(|card| card.judged().unwrap().item.kind).collect::<Vec<_>>(), [Some("car")]);
    assert!(harness.query_all_by_label_contains(": more confident than").count() >= 1);
    assert!(harness.query_by_label_contains("outlier: lower than").is_some());

    let mut harness = shown(opened(true));
    harness.get_by_role_and_label(Role::Button, "Try one of the collection").click();
    frames(&mut harness);
    assert_eq!(names(&mut harness), ["Point 20"]);
}

#[test]
fn files_dropped_on_other_screens_are_inspected_and_on_the_start_screen_opened() {
    for screen in [Screen::Features, Screen::Train, Screen::Inspect] {
        let mut app = opened(true);
        app.handle(Any::Show(screen));
        let mut harness = shown(app);
        drop_file(&mut harness, "/nowhere/a.png");
        drop_file(&mut harness, "/nowhere/b.png");
        frames(&mut harness);
        assert_eq!(names(&mut harness), ["a.png", "b.png"]);
        assert_eq!(harness.state_mut().app().view.place.screen, Screen::Inspect);
    }
    let mut app = opened(true);
    app.handle(Any::Show(Screen::Start));
    let mut harness = window(app, SIZE, Theme::Dark);
    drop_file(&mut harness, "/nowhere/a.png");
    harness.run_steps(2);
    assert!(names(&mut harness).is_empty());
}

#[test]
fn pictures_paths_and_texts_are_pasted() {
    let mut harness = shown(opened(true));
    let image = ColorImage::filled([40, 30], egui::Color32::RED);
    harness.event(egui::Event::PasteImage(Arc::new(image)));
    harness.event(egui::Event::Paste("file:///nowhere/from%20a%20manager.png".into()));
    frames(&mut harness);
    assert_eq!(names(&mut harness), ["Pasted picture 1", "from a manager.png"]);
    assert!(harness.state_mut().app().inspect.cards()[0].judged().is_some());
    // The demo's model has a side for texts.
    assert_eq!(harness.state_mut().app().inspect.texts(), &Texts::Yes);
    harness.event(egui::Event::Paste("a pizza\nwith basil".into()));
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().inspect.text, "a pizza with basil");
    harness.get_by_role_and_label(Role::Button, "Inspect the text").click();
    frames(&mut harness);
    assert_eq!(names(&mut harness)[2], "\"a pizza with basil\"");
    let field = harness.get_by_label("Inspect a text");
    field.focus();
    harness.run_steps(2);
    harness.event(egui::Event::Paste("/nowhere/typed.png".into()));
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    frames(&mut harness);
    assert_eq!(names(&mut harness)[3], "\"/nowhere/typed.png\"", "what is pasted into a field is no file");
}

#[test]
fn a_broken_input_says_so_on_its_card_and_can_be_tried_again() {
    let mut harness = shown(with([files(&["broken.png", "fine.png"])]));
    assert_eq!(harness.query_all_by_label_contains("is not a picture").count(), 2, "on the card and at the right");
    assert!(harness.query_all_by_label("convert it first").next().is_some());
    assert!(harness.query_by_label_contains("fits: more confident").is_some(), "the other one is judged");
    harness.state_mut().app().handle(Any::Select(Selected::Item(1)));
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::Button, "Try again").click();
    harness.run_steps(2);
    let (_, work) = harness.state_mut().app().jobs.take().unwrap();
    assert!(matches!(work, AnyWork::Inspect(Work::Judge(batch)) if batch.asks.len() == 1));
}

#[test]
fn chips_open_their_features_and_follow_the_threshold() {
    let mut harness = shown(with([files(&["soup.png"])]));
    let features = harness.state_mut().app().inspect.cards()[0].judged().unwrap().features.clone();
    let (feature, value) = features[0];
    let digits = format!("{value:.3}").replacen("0.", ".", 1);
    let name = harness.state_mut().app().document.name(feature).map(|name| format!(" {name}")).unwrap_or_default();
    let label = format!("{feature}{name} {digits}");
    harness.get_by_role_and_label(Role::Button, &label).click();
    harness.run_steps(2);
    assert_eq!(harness.state_mut().app().view.place.page, Some(feature));
    harness.get_by_role_and_label(Role::Button, "Back").click();
    harness.run_steps(2);

    // By the slider, and by the line in the bars.
    let slider = harness.get_by(|node| node.role() == Role::Slider && node.label().as_deref() == Some("Threshold"));
    slider.set_value_accesskit(0.98);
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().settings.threshold, 0.98);
    assert!(harness.query_by_label_contains("none above .980").is_some());
    let bars = harness.get_by_label_contains("Block 0: ").rect();
    let from = egui::pos2(bars.center().x, bars.bottom() - 0.98 * (bars.height() - 24.0));
    let to = egui::pos2(bars.center().x, bars.bottom() - 0.25 * (bars.height() - 24.0));
    harness.hover_at(from);
    harness.drag_at(from);
    harness.run_steps(2);
    harness.hover_at(to);
    harness.run_steps(2);
    harness.drop_at(to);
    frames(&mut harness);
    let threshold = harness.state_mut().app().settings.threshold;
    assert!((0.2..0.3).contains(&threshold), "{threshold}");
    let above = features.iter().filter(|(_, value)| *value > threshold).count();
    assert_eq!(harness.state_mut().app().inspect.cards()[0].judged().unwrap().features.len(), above);
}

#[test]
fn cards_are_selected_removed_and_brought_back() {
    let mut harness = shown(drawings());
    let name = names(&mut harness)[1].clone();
    harness.get_by_role_and_label(Role::Button, &format!("Picture of {name}")).click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.place.selected, Selected::Item(1));
    assert!(harness.query_by_label_contains("Percentile: ").is_some(), "the panel at the right tells of it");
    harness.get_by_role_and_label(Role::Button, "Copy the sparse vector").click();
    harness.run_steps(1);
    let copied = harness.output().platform_output.commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let json: serde_json::Value = serde_json::from_str(&copied.expect("it is copied")).unwrap();
    let judged = harness.state_mut().app().inspect.cards()[1].judged().unwrap().item.sparse.len();
    assert_eq!(json["indices"].as_array().unwrap().len(), judged);
    assert_eq!(json["values"].as_array().unwrap().len(), judged);

    let name = names(&mut harness)[0].clone();
    harness.get_by_role_and_label(Role::Button, &format!("Remove {name}")).click();
    harness.run_steps(2);
    assert_eq!(names(&mut harness).len(), 3);
    harness.get_by_role_and_label(Role::Button, "Remove all").click();
    harness.run_steps(2);
    assert!(names(&mut harness).is_empty());
    for left in [3, 4] {
        harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::Z);
        harness.run_steps(2);
        assert_eq!(names(&mut harness).len(), left);
    }
}

#[test]
fn near_points_are_selected_by_a_click_and_inspected_by_two() {
    let mut harness = shown(with([files(&["soup.png"])]));
    let near = harness.get_by_role_and_label(Role::Button, "Point 11 .939");
    near.click();
    harness.run_steps(2);
    assert_eq!(harness.state_mut().app().view.place.selected, Selected::Point(PointId::Num(11)));
    harness.run_steps(4);
    let at = harness.get_by_role_and_label(Role::Button, "Point 11 .939").rect().center();
    harness.hover_at(at);
    harness.run_steps(2);
    // Both clicks within one frame: the harness lets a quarter of a second pass between frames.
    for pressed in [true, false, true, false] {
        let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
        harness.input_mut().events.push(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
    }
    harness.step();
    frames(&mut harness);
    assert_eq!(names(&mut harness), ["soup.png", "Point 11"]);
    // From the panel at the right, too.
    harness.state_mut().app().handle(Any::Select(Selected::Point(PointId::Num(12))));
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::Button, "Inspect").click();
    frames(&mut harness);
    assert_eq!(names(&mut harness)[2], "Point 12");
}

#[test]
fn a_point_is_chosen_by_its_id_or_its_picture() {
    let mut harness = shown(opened(true));
    harness.get_all_by_role_and_label(Role::Button, "Choose a point").next().unwrap().click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.dialog, Some(Dialog::Points));
    harness.get_by_role_and_label(Role::TextInput, "Id").focus();
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::TextInput, "Id").type_text("nine");
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(4);
    assert!(harness.query_by_label_contains("neither a number nor a UUID").is_some());
    harness.get_by_role_and_label(Role::Button, "Point 3").click();
    frames(&mut harness);
    assert_eq!((names(&mut harness), harness.state_mut().app().view.dialog.clone()), (vec!["Point 3".into()], None));
    harness.state_mut().app().handle(Any::Dialog(Some(Dialog::Points)));
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::Tab, "Random points").click();
    frames(&mut harness);
    harness.get_by_role_and_label(Role::Button, "Point 21").click();
    frames(&mut harness);
    assert_eq!(names(&mut harness), ["Point 3", "Point 21"]);
}

#[test]
fn a_download_is_asked_for_with_its_size() {
    let mut harness = window(missing([files(&["a.png"])]), SIZE, Theme::Dark);
    harness.run_steps(3);
    let words = "Download Qdrant/clip-ViT-B-32-vision (352 MB) from https://huggingface.co?";
    assert!(harness.query_all_by_label(words).next().is_some());
    harness.get_by_role_and_label(Role::Button, "Close this message").click();
    harness.run_steps(2);
    let question = |harness: &mut Harness<'_, Whole>| -> Option<Question> {
        harness.state_mut().app().inspect.question().cloned()
    };
    assert_eq!(question(&mut harness), None);
    harness.get_by_role_and_label(Role::Button, "Download").click();
    harness.run_steps(2);
    assert!(question(&mut harness).is_some(), "the card asks again");
    harness.get_all_by_role_and_label(Role::Button, "Download").next().unwrap().click();
    harness.run_steps(2);
    let asked = std::iter::from_fn(|| harness.state_mut().app().jobs.take());
    let allowed: Vec<String> = asked
        .filter_map(|(_, work)| match work {
            AnyWork::Inspect(Work::Judge(batch)) => Some(batch.allowed.into_iter().next()?),
            _ => None,
        })
        .collect();
    assert_eq!(allowed, ["Qdrant/clip-ViT-B-32-vision"]);
}

#[test]
fn the_judging_shows_how_far_it_is_and_can_be_cancelled() {
    let mut app = opened(true);
    play(&mut app);
    app.handle(Any::Inspect(files(&["a.png", "b.png", "c.png"])));
    let (key, _) = app.jobs.take().unwrap();
    app.apply(key, Event::Started);
    let progress =
        Progress { stage: "inspecting".into(), done: 1, total: Some(3), unit: "inputs", rate: 1.0, left: Some(2.0) };
    app.apply(key, Event::Progress(progress));
    let mut harness = window(app, SIZE, Theme::Dark);
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("Inspecting: 1 of 3 inputs").is_some());
    harness.get_by_role_and_label(Role::Button, "Cancel the inspection").click();
    harness.run_steps(2);
    harness.state_mut().app().apply(key, Event::Finished(Outcome::Cancelled));
    harness.run_steps(2);
    assert_eq!(harness.get_all_by_role_and_label(Role::Button, "Inspect it").count(), 3);
}
