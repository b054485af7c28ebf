//! Names for features: suggested over real collections, kept beside the encoder, handed on and taken in.

use serde_json::Value;

use crate::support::Workplace;

const ON: &str = "--encoder e.safetensors --store store --collection food";

fn names(answer: &Value) -> Vec<(u64, String)> {
    let one = |n: &Value| (n["index"].as_u64().unwrap(), n["name"].as_str().unwrap().to_owned());
    answer["names"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn features_are_named_by_their_points_payloads_with_scores_and_the_names_are_kept() {
    let place = Workplace::new();
    place.trained(2_000, 16);
    let dry = place.run(&format!("name {ON} --dry-run --json")).json();
    assert!(!place.path("e.features.json").exists());
    let answer = place.run(&format!("name {ON} --json")).json();
    assert_eq!(names(&answer), names(&dry));
    assert!(names(&answer).len() >= 4, "{answer}");
    for name in answer["names"].as_array().unwrap() {
        assert_eq!((&name["by"], &name["field"]), (&"payload".into(), &"label".into()), "{name}");
        assert_eq!(name["name"], name["value"]);
        assert!(name["score"].as_f64().unwrap() >= 0.75);
        // An eighth of the half for scoring, which is about half of the points.
        let of = |side: &str| name["support"][side].as_u64().unwrap();
        assert!((90..160).contains(&of("with")) && (750..1_000).contains(&of("without")), "{name}");
    }
    let counts = &answer["counts"];
    let count = |what: &str| counts[what].as_u64().unwrap();
    assert_eq!(count("features"), count("named") + count("unnamed") + count("dead"));
    assert_eq!(
        (answer["points"].as_u64(), answer["unnamed"].as_array().unwrap().len() as u64),
        (Some(2_000), count("unnamed"))
    );

    // Other commands show them; to be named again changes nothing.
    let told = place.run(&format!("features {ON} --json")).json();
    for (index, name) in names(&answer) {
        assert_eq!(told["features"][index as usize]["name"], *name);
    }
    let kept = std::fs::read_to_string(place.path("e.features.json")).unwrap();
    place.run(&format!("name {ON} -q")).ok();
    assert_eq!(std::fs::read_to_string(place.path("e.features.json")).unwrap(), kept);

    // A field alone that says nothing of the clusters names nothing, and takes earlier suggestions away.
    let none = place.run(&format!("name {ON} --field title --json")).json();
    assert_eq!((names(&none).len(), &none["counts"]["dropped"]), (0, &(names(&answer).len().into())));
    let text = place.run(&format!("name {ON}")).ok().stdout;
    assert!(text.contains("label = c") && text.contains("kept in e.features.json"), "{text}");
}

#[test]
fn a_persons_name_stays_and_names_are_handed_on() {
    let place = Workplace::new();
    place.trained(2_000, 16);
    let answer = place.run(&format!("name {ON} --export all.json --json")).json();
    let (index, _) = names(&answer)[0];
    let mut file: Value = serde_json::from_slice(&std::fs::read(place.path("all.json")).unwrap()).unwrap();
    file["names"][index.to_string()] = serde_json::json!({ "name": "mine", "by": "person" });
    std::fs::write(place.path("mine.json"), file.to_string()).unwrap();
    let taken = place.run("name --encoder e.safetensors --import mine.json --json").json();
    assert_eq!((&taken["imported"]["replaced"], &taken["points"]), (&1.into(), &Value::Null));
    let again = place.run(&format!("name {ON} --json")).json();
    assert_eq!((&again["names"][0]["name"], &again["names"][0]["by"]), (&"mine".into(), &"person".into()));
    assert_eq!((&again["counts"]["kept"], &again["counts"]["by_person"]), (&1.into(), &1.into()));
    // Without a collection, the names that are there are handed on.
    place.run("name --encoder e.safetensors --export out.json -q").ok();
    assert_eq!(
        std::fs::read_to_string(place.path("out.json")).unwrap(),
        std::fs::read_to_string(place.path("e.features.json")).unwrap()
    );
    // Names of other weights are no names for these.
    file["encoder"] = "0000".into();
    std::fs::write(place.path("other.json"), file.to_string()).unwrap();
    place.run("name --encoder e.safetensors --import other.json").refused(2, "these are names for other weights");
    place.run("name --encoder e.safetensors").refused(2, "name a collection");
    place.run("name --encoder e.safetensors --import none.json").refused(2, "none.json");
    let refused = place.run(&format!("name {ON} --min-score 0.3"));
    assert!(refused.code == Some(2) && refused.stderr.contains("at least 0.5"), "{}", refused.stderr);
    std::fs::write(place.path("w.txt"), "one\n").unwrap();
    place.run(&format!("name {ON} --vocabulary w.txt")).refused(2, "fewer than two words");
}

#[test]
fn words_name_features_where_the_model_has_a_side_for_texts() {
    let place = Workplace::new();
    let dishes = ["cake", "pizza", "salad", "soup", "burger", "sushi", "omelette", "taco"];
    let lines: String = (0..1_600)
        .map(|i| {
            let (dish, colour, count) =
                (dishes[i % 8], ["red", "green", "white"][i / 8 % 3], ["one", "two"][i / 24 % 2]);
            let table = ["striped", "checked", "plain"][i / 48 % 3];
            let text = format!("a drawing of {count} {colour} {dish}, on a {table} table, number {i}");
            format!("{}\n", serde_json::json!({ "text": text, "id": i }))
        })
        .collect();
    std::fs::write(place.path("t.jsonl"), lines).unwrap();
    let model = blockscope::embed::DEMO;
    let import =
        format!("import texts t.jsonl --id-field id --model {model} --store store --collection food --onnx tract -q");
    place.run(&import).ok();
    let train = "train --store store --collection food --limit 400 --min-margin 0.02 --epochs 4 --lr 0.01 --blocks 2 --block-size 16 --device cpu";
    place.run(&format!("{train} --output e.safetensors -q")).ok();
    let words: Vec<&str> =
        dishes.into_iter().chain(["red", "green", "white", "one", "two", "striped", "checked"]).collect();
    std::fs::write(place.path("w.txt"), words.join("\n")).unwrap();
    let named = place.run(&format!("name {ON} --from text --vocabulary w.txt --onnx tract --json")).json();
    assert_eq!((&named["words"], &named["text_model"]), (&15.into(), &model.into()));
    let found = named["names"].as_array().unwrap();
    assert!(!found.is_empty(), "{named}");
    for name in found {
        assert_eq!((&name["by"], &name["name"]), (&"text".into(), &name["word"]), "{name}");
        assert!(words.contains(&name["word"].as_str().unwrap()), "{name}");
        assert!(name["score"].as_f64().unwrap() >= 0.9, "{name}");
    }
    // The shipped words are kept, so that a second time takes none of their time; with the same names.
    let first = place.run(&format!("name {ON} --from text --onnx tract --json")).json();
    assert!(first["words"].as_u64().unwrap() > 2_000);
    let folder = place.path("profile/cache/blockscope/vocabularies");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 2, "one list each");
    let second = place.run(&format!("name {ON} --from text --onnx tract --json")).ok();
    assert_eq!(second.json()["names"], first["names"]);
    assert!(!second.stderr.contains("embedding words"), "{}", second.stderr);
}
