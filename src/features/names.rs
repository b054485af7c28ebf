//! Names and pins of an encoder's features, kept beside it.
//!
//! `encoder.safetensors` has them in `encoder.features.json`, with the fingerprint of the weights that they are about:
//! a training that writes over an encoder makes other features, which must not go by the old ones' names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::suggest::Suggestion;
use crate::atomic_file;
use crate::count::{counted, grouped};
use crate::error::{Error, Result};
use crate::label;

/// Who gave a feature its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Author {
    /// A person. Such a name is never replaced by a suggested one.
    Person,
    /// The program.
    Suggested,
}

/// The name of a feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureName {
    /// One line of at most 120 characters, not empty.
    pub name: String,
    /// Who gave it.
    pub by: Author,
    /// How well a suggested name does on points held out of its making, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// Where a suggested name comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<NameSource>,
}

/// Where a suggested name comes from, and the points that it was scored on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "lowercase")]
pub enum NameSource {
    /// A value of payloads. The score is the AUROC of the activation.
    Payload {
        /// The field; fields of objects are joined by dots.
        field: String,
        /// The value.
        value: String,
        /// A second value, where the name is made of two.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        and: Option<FieldValue>,
        /// Points of the score that have the value, or both.
        with: u64,
        /// Those that do not.
        without: u64,
    },
    /// A word of a vocabulary, through a text encoder. The score is the contrastive accuracy.
    Text {
        /// The word.
        word: String,
        /// Points of the score that the feature fires for.
        with: u64,
        /// Points that it does not fire for.
        without: u64,
    },
}

/// A value of a field of payloads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldValue {
    /// The field.
    pub field: String,
    /// The value.
    pub value: String,
}

impl NameSource {
    /// What a score says, and over which points: "AUROC .930 over 412 points with dish = pizza against 9,588 without".
    pub fn sentence(&self, score: f32) -> String {
        match self {
            Self::Payload { field, value, and, with, without } => {
                let second = and.as_ref().map_or(String::new(), |and| format!(" and {} = {}", and.field, and.value));
                let (with, without) = (counted(*with, "point"), grouped(*without));
                format!("AUROC {score:.3} over {with} with {field} = {value}{second} against {without} without")
            }
            Self::Text { word, with, without } => format!(
                "\"{word}\" is nearer to the first in {:.1} % of the pairs of {} that it fires for and {} that it does not \
                 fire for",
                score * 100.0,
                counted(*with, "point"),
                grouped(*without)
            ),
        }
    }
}

/// What taking suggestions did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Suggestions that are names now.
    pub named: usize,
    /// Suggestions for features that a person has named, whose names stay.
    pub kept: usize,
    /// Earlier suggestions for features that are unnamed now.
    pub dropped: usize,
}

/// What is noted of an encoder's features, by their index over all blocks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeatureNotes {
    /// Their names.
    pub names: BTreeMap<usize, FeatureName>,
    /// Those that the person wants at hand.
    pub pins: BTreeSet<usize>,
}

/// The weights that notes are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// Their fingerprint ([`Encoder::fingerprint`](crate::encoder::Encoder::fingerprint)).
    pub fingerprint: &'a str,
    /// How many features they have.
    pub features: usize,
}

/// The notes in a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadNotes {
    /// The notes; none where there are none for these weights.
    pub notes: FeatureNotes,
    /// Why what is in the file is not shown. [`FeatureNotes::write`] will set that file aside.
    pub problem: Option<String>,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Merged {
    /// Names of features that had none.
    pub added: usize,
    /// Names that replaced another one.
    pub replaced: usize,
    /// Names that were left out, because the feature has a better one.
    pub left_out: usize,
    /// Pins that were new.
    pub pinned: usize,
}

/// The file.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// The fingerprint of the weights.
    encoder: String,
    #[serde(default)]
    names: BTreeMap<usize, FeatureName>,
    #[serde(default)]
    pins: BTreeSet<usize>,
}

/// Where the notes of an encoder's file are kept: `e.features.json` beside `e.safetensors`.
pub fn path(encoder: &Path) -> PathBuf {
    let mut name = encoder.file_stem().unwrap_or_default().to_owned();
    name.push(".features.json");
    encoder.with_file_name(name)
}

/// The fingerprint of the weights that a file of notes is about; none where it is not such a file.
pub(crate) fn fingerprint_in(notes: &Path) -> Option<String> {
    let kept: Kept = serde_json::from_slice(&fs::read(notes).ok()?).ok()?;
    Some(kept.encoder)
}

impl FeatureName {
    /// One that a person gave.
    pub fn by_person(name: &str) -> Self {
        Self { name: name.to_owned(), by: Author::Person, score: None, source: None }
    }
}

impl FeatureNotes {
    /// Reads the notes beside an encoder's file; none where there is no such file. Notes of other weights, and what is not
    /// notes, are not shown, and the problem says so. Fails where the file cannot be read at all.
    pub fn read(encoder: &Path, subject: Subject) -> Result<ReadNotes> {
        let path = path(encoder);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(ReadNotes::default()),
            Err(e) => return Err(Error::io(&path)(e)),
        };
        Ok(match parse(&bytes, subject) {
            Ok(notes) => ReadNotes { notes, problem: None },
            Err(problem) => ReadNotes {
                notes: Self::default(),
                problem: Some(format!("{}: {problem}; saving names will set this file aside", path.display())),
            },
        })
    }

    /// Writes the notes beside an encoder's file. A file there that is not about these weights is set aside first, under
    /// another name with `.old`, which is given.
    pub fn write(&self, encoder: &Path, subject: Subject) -> Result<Option<PathBuf>> {
        let path = path(encoder);
        let aside = match fs::read(&path) {
            Ok(bytes) if parse(&bytes, subject).is_err() => Some(set_aside(&path)?),
            Ok(_) => None,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
            // It must not be written over unseen.
            Err(e) => return Err(Error::io(&path)(e)),
        };
        atomic_file::write(&path, self.to_json(subject.fingerprint).as_bytes())?;
        Ok(aside)
    }

    /// The notes as JSON, to hand on.
    pub fn to_json(&self, fingerprint: &str) -> String {
        let kept = Kept { encoder: fingerprint.to_owned(), names: self.names.clone(), pins: self.pins.clone() };
        // Maps with whole numbers for keys, and finite scores, always have a JSON form.
        serde_json::to_string_pretty(&kept).unwrap_or_default()
    }

    /// Takes in notes that were handed on. A name that a person gave stays, whatever comes; one from a person replaces a
    /// suggested one; of two suggested ones the better one is kept, and what is there if they are alike. Pins are added.
    /// Nothing is changed where the text is not notes about these weights.
    pub fn import(&mut self, json: &str, subject: Subject) -> Result<Merged> {
        let theirs = parse(json.as_bytes(), subject).map_err(|e| Error::setting(format!("names to import: {e}")))?;
        let mut merged = Merged::default();
        for (feature, name) in theirs.names {
            match self.names.get(&feature) {
                None => merged.added += 1,
                Some(ours) if *ours == name => continue,
                Some(ours) if is_better(&name, ours) => merged.replaced += 1,
                Some(_) => {
                    merged.left_out += 1;
                    continue;
                }
            }
            self.names.insert(feature, name);
        }
        merged.pinned = theirs.pins.into_iter().filter(|feature| self.pins.insert(*feature)).count();
        Ok(merged)
    }

    /// A feature's name.
    pub fn name(&self, feature: usize) -> Option<&str> {
        self.names.get(&feature).map(|name| name.name.as_str())
    }

    /// Gives a feature the name that a person wrote, without blanks around it; an empty one takes its name away. Fails for
    /// a name of more than 120 characters, or with a control character.
    pub fn rename(&mut self, feature: usize, text: &str) -> Result<()> {
        let name = label::checked(&format!("feature {feature}"), text)?;
        if name.is_empty() {
            self.names.remove(&feature);
        } else {
            self.names.insert(feature, FeatureName::by_person(name));
        }
        Ok(())
    }

    /// Gives a feature a suggested name with its score, in place of an earlier suggestion. A person's name stays; says
    /// whether the suggestion was taken. Fails as [`rename`](Self::rename) does, and for an empty name.
    pub fn suggest(&mut self, feature: usize, text: &str, score: f32) -> Result<bool> {
        self.suggest_from(feature, text, score, None)
    }

    fn suggest_from(&mut self, feature: usize, text: &str, score: f32, source: Option<NameSource>) -> Result<bool> {
        let name = FeatureName { name: text.trim().to_owned(), by: Author::Suggested, score: Some(score), source };
        check_name(feature, &name).map_err(Error::Setting)?;
        if self.names.get(&feature).is_some_and(|ours| ours.by == Author::Person) {
            return Ok(false);
        }
        self.names.insert(feature, name);
        Ok(true)
    }

    /// Takes suggestions in place of all earlier ones: what the program would not suggest any more is unnamed again. Names
    /// that a person gave stay.
    pub fn take(&mut self, suggestions: &[Suggestion]) -> Result<Taken> {
        let mut next = self.clone();
        let old = next.names.extract_if(.., |_, name| name.by == Author::Suggested).count();
        let mut taken = Taken::default();
        let mut again = 0;
        for one in suggestions {
            if next.suggest_from(one.feature, &one.name, one.score, Some(one.source.clone()))? {
                taken.named += 1;
                again += usize::from(self.names.contains_key(&one.feature));
            } else {
                taken.kept += 1;
            }
        }
        taken.dropped = old - again;
        *self = next;
        Ok(taken)
    }

    /// Pins a feature, or takes the pin away; says whether it is pinned now.
    pub fn toggle_pin(&mut self, feature: usize) -> bool {
        let pinned = !self.pins.remove(&feature);
        if pinned {
            self.pins.insert(feature);
        }
        pinned
    }
}

/// Whether a name that comes is to replace the one that is there.
fn is_better(theirs: &FeatureName, ours: &FeatureName) -> bool {
    let score = |name: &FeatureName| name.score.unwrap_or(f32::NEG_INFINITY);
    match (ours.by, theirs.by) {
        (Author::Person, _) => false,
        (Author::Suggested, Author::Person) => true,
        (Author::Suggested, Author::Suggested) => score(theirs) > score(ours),
    }
}

/// Reads notes about these weights, or says what they are instead.
fn parse(bytes: &[u8], subject: Subject) -> Result<FeatureNotes, String> {
    let kept: Kept = serde_json::from_slice(bytes).map_err(|e| format!("these are not names of features ({e})"))?;
    if kept.encoder != subject.fingerprint {
        return Err(format!(
            "these are names for other weights ({}), and not for these ({})",
            kept.encoder, subject.fingerprint
        ));
    }
    if let Some(feature) = kept.names.keys().chain(&kept.pins).find(|feature| **feature >= subject.features) {
        return Err(format!("there is no feature {feature}: the encoder has {}", subject.features));
    }
    kept.names.iter().try_for_each(|(feature, name)| check_name(*feature, name))?;
    Ok(FeatureNotes { names: kept.names, pins: kept.pins })
}

fn check_name(feature: usize, name: &FeatureName) -> Result<(), String> {
    let checked = label::checked(&format!("feature {feature}"), &name.name).map_err(|e| e.to_string())?;
    if checked.is_empty() {
        return Err(format!("the name of feature {feature} is empty"));
    }
    match name.score {
        Some(score) if !(0.0..=1.0).contains(&score) => {
            Err(format!("the score of feature {feature} is {score}, and not between 0 and 1"))
        }
        _ => Ok(()),
    }
}

/// Renames a file to the first name with `.old` that is free.
fn set_aside(path: &Path) -> Result<PathBuf> {
    let free = (1u32..).map(|n| path.with_added_extension(if n == 1 { "old".into() } else { format!("old{n}") }));
    let Some(aside) = free.into_iter().find(|aside| fs::symlink_metadata(aside).is_err()) else {
        return Err(Error::file(path, "cannot be set aside: every name is taken"));
    };
    fs::rename(path, &aside).map_err(Error::io(path))?;
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OURS: Subject = Subject { fingerprint: "00112233", features: 20 };
    const OTHERS: Subject = Subject { fingerprint: "ffeeddcc", features: 20 };

    fn suggested(name: &str, score: f32) -> FeatureName {
        FeatureName { name: name.into(), by: Author::Suggested, score: Some(score), source: None }
    }

    fn person(name: &str) -> FeatureName {
        FeatureName::by_person(name)
    }

    fn notes(names: &[(usize, FeatureName)], pins: &[usize]) -> FeatureNotes {
        FeatureNotes { names: names.iter().cloned().collect(), pins: pins.iter().copied().collect() }
    }

    #[test]
    fn a_persons_name_is_trimmed_and_an_empty_one_takes_it_away() {
        let mut notes = FeatureNotes::default();
        notes.rename(3, "  red soups ").unwrap();
        assert_eq!(notes.names[&3], person("red soups"));
        for bad in ["x".repeat(121), "two\nlines".into()] {
            let problem = notes.rename(3, &bad).unwrap_err().to_string();
            assert!(problem.contains("the name of feature 3 must"), "{problem}");
        }
        assert_eq!(notes.name(3), Some("red soups"), "what is refused changes nothing");
        notes.rename(3, "  ").unwrap();
        assert_eq!(notes.name(3), None);
    }

    #[test]
    fn a_suggestion_never_replaces_a_persons_name() {
        let mut notes = FeatureNotes::default();
        assert!(notes.suggest(3, "soups", 0.75).unwrap());
        assert!(notes.suggest(3, "red soups", 0.5).unwrap(), "a later suggestion does");
        assert_eq!(notes.names[&3], suggested("red soups", 0.5));
        notes.rename(3, "mine").unwrap();
        assert!(!notes.suggest(3, "theirs", 1.0).unwrap());
        assert_eq!(notes.names[&3], person("mine"));
        assert!(notes.suggest(4, " ", 0.5).is_err() && notes.suggest(4, "x", f32::NAN).is_err());
        assert!(notes.toggle_pin(4) && !notes.toggle_pin(4) && notes.pins.is_empty());
    }

    #[test]
    fn suggestions_come_in_place_of_all_earlier_ones_and_a_persons_names_stay() {
        let suggestion = |feature: usize, name: &str| Suggestion {
            feature,
            name: name.into(),
            score: 0.9,
            source: NameSource::Payload {
                field: "dish".into(),
                value: name.into(),
                and: None,
                with: 412,
                without: 9_588,
            },
        };
        let mut ours = notes(&[(1, person("mine")), (2, suggested("old", 0.9)), (3, suggested("same", 0.8))], &[7]);
        let taken = ours.take(&[suggestion(1, "pizza"), suggestion(3, "soup"), suggestion(4, "cake")]).unwrap();
        assert_eq!(taken, Taken { named: 2, kept: 1, dropped: 1 });
        let names: Vec<_> = ours.names.iter().map(|(feature, name)| (*feature, name.name.as_str())).collect();
        assert_eq!(names, [(1, "mine"), (3, "soup"), (4, "cake")]);
        assert_eq!(ours.pins, [7].into());
        let source = ours.names[&4].source.as_ref().unwrap();
        assert_eq!(source.sentence(0.93), "AUROC 0.930 over 412 points with dish = cake against 9,588 without");
        let before = ours.clone();
        assert!(ours.take(&[suggestion(5, "x"), suggestion(6, " ")]).is_err());
        assert_eq!(ours, before, "what is refused changes nothing");
    }

    #[test]
    fn notes_of_other_weights_are_told_and_set_aside_and_never_lost() {
        let folder = tempfile::tempdir().unwrap();
        let encoder = folder.path().join("e.safetensors");
        let file = folder.path().join("e.features.json");
        assert_eq!(FeatureNotes::read(&encoder, OURS).unwrap(), ReadNotes::default());
        let first = notes(&[(1, person("first"))], &[2]);
        assert_eq!(first.write(&encoder, OURS).unwrap(), None);
        assert_eq!(FeatureNotes::read(&encoder, OURS).unwrap(), ReadNotes { notes: first.clone(), problem: None });

        let read = FeatureNotes::read(&encoder, OTHERS).unwrap();
        assert_eq!(read.notes, FeatureNotes::default());
        assert!(read.problem.unwrap().contains("names for other weights (00112233)"));
        let before = fs::read(&file).unwrap();
        let second = notes(&[(1, person("second"))], &[]);
        let aside = second.write(&encoder, OTHERS).unwrap().unwrap();
        assert_eq!(aside, folder.path().join("e.features.json.old"));
        assert_eq!(fs::read(&aside).unwrap(), before);
        // Back again: what was set aside before stays as well.
        assert_eq!(first.write(&encoder, OURS).unwrap(), Some(folder.path().join("e.features.json.old2")));
        assert_eq!(fs::read(&aside).unwrap(), before);
        assert_eq!(FeatureNotes::read(&encoder, OURS).unwrap().notes, first);
        assert_eq!(fingerprint_in(&file).as_deref(), Some("00112233"));
    }

    #[test]
    fn what_is_no_notes_is_told_and_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let encoder = folder.path().join("e.pt");
        let file = path(&encoder);
        let long = "x".repeat(121);
        for (text, words) in [
            ("", "not names of features"),
            ("[1, 2]", "not names of features"),
            (r#"{"names": {}}"#, "not names of features"),
            (r#"{"encoder": "00112233", "names": {"20": {"name": "x", "by": "person"}}}"#, "there is no feature 20"),
            (r#"{"encoder": "00112233", "pins": [3, 99]}"#, "there is no feature 99"),
            (r#"{"encoder": "00112233", "names": {"2": {"name": " ", "by": "person"}}}"#, "is empty"),
            (
                r#"{"encoder": "00112233", "names": {"2": {"name": "x", "by": "person", "score": 7}}}"#,
                "between 0 and 1",
            ),
            (
                &format!(r#"{{"encoder": "00112233", "names": {{"2": {{"name": "{long}", "by": "person"}}}}}}"#),
                "at most",
            ),
        ] {
            fs::write(&file, text).unwrap();
            let read = FeatureNotes::read(&encoder, OURS).unwrap();
            assert_eq!(read.notes, FeatureNotes::default());
            let problem = read.problem.unwrap_or_default();
            assert!(problem.contains(words) && problem.contains("e.features.json"), "{text}: {problem}");
            assert!(FeatureNotes::default().import(text, OURS).is_err());
        }
        let aside = FeatureNotes::default().write(&encoder, OURS).unwrap().unwrap();
        assert!(fs::read_to_string(aside).unwrap().contains(&long));
    }

    #[test]
    fn a_persons_name_wins_an_import_and_the_better_suggestion_does() {
        let mut ours = notes(
            &[
                (1, person("mine")),
                (2, suggested("weak", 0.25)),
                (3, suggested("strong", 0.75)),
                (4, suggested("x", 1.0)),
            ],
            &[1, 5],
        );
        let theirs = notes(
            &[
                (1, person("theirs")),
                (2, suggested("better", 0.5)),
                (3, suggested("worse", 0.5)),
                (4, person("a person's")),
                (6, suggested("new", 0.0)),
            ],
            &[5, 6],
        );
        let merged = ours.import(&theirs.to_json(OURS.fingerprint), OURS).unwrap();
        assert_eq!(merged, Merged { added: 1, replaced: 2, left_out: 2, pinned: 1 });
        let names: Vec<_> = [1, 2, 3, 4, 6].map(|f| ours.name(f).unwrap()).into();
        assert_eq!(names, ["mine", "better", "strong", "a person's", "new"]);
        assert_eq!(ours.pins, [1, 5, 6].into());
        let before = ours.clone();
        assert!(ours.import(&theirs.to_json(OTHERS.fingerprint), OURS).is_err());
        assert_eq!(ours, before);
    }

    fn any_notes() -> impl Strategy<Value = FeatureNotes> {
        let name =
            ("[a-zäß .,\"\\\\]{0,40}x", any::<bool>(), proptest::option::of(0.0f32..=1.0)).prop_map(|(n, p, score)| {
                let by = if p { Author::Person } else { Author::Suggested };
                let source = score.map(|_| NameSource::Text { word: n.clone(), with: 20, without: 50 });
                FeatureName { name: n.trim().to_owned(), by, score, source }
            });
        (proptest::collection::btree_map(0usize..20, name, 0..10), proptest::collection::btree_set(0usize..20, 0..8))
            .prop_map(|(names, pins)| FeatureNotes { names, pins })
    }

    proptest! {
        #[test]
        fn what_is_exported_is_imported_as_it_was(notes in any_notes()) {
            let mut empty = FeatureNotes::default();
            let merged = empty.import(&notes.to_json(OURS.fingerprint), OURS).unwrap();
            prop_assert_eq!(&empty, &notes);
            prop_assert_eq!((merged.added, merged.pinned), (notes.names.len(), notes.pins.len()));
            // Once more changes nothing.
            prop_assert_eq!(empty.import(&notes.to_json(OURS.fingerprint), OURS).unwrap(), Merged::default());
        }

        #[test]
        fn no_import_loses_a_persons_name(ours in any_notes(), theirs in any_notes()) {
            let mut both = ours.clone();
            both.import(&theirs.to_json(OURS.fingerprint), OURS).unwrap();
            for (feature, name) in &ours.names {
                if name.by == Author::Person {
                    prop_assert_eq!(&both.names[feature], name);
                }
            }
            for (feature, name) in &theirs.names {
                if name.by == Author::Person && ours.names.get(feature).is_none_or(|n| n.by == Author::Suggested) {
                    prop_assert_eq!(&both.names[feature], name);
                }
            }
        }
    }
}
