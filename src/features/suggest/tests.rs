use std::collections::BTreeSet;

use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use super::super::words::tests::payload;
use super::*;
use crate::encoder::EncoderMeta;
use crate::point::{Payload, PointId};

const DIM: usize = 24;
const CLASSES: usize = 8;
const DISHES: [&str; CLASSES] = ["pizza", "cake", "salad", "sushi", "burger", "taco", "soup", "soup"];

/// One block, whose feature k fires for class k; and a second one, of which no feature but the first ever wins.
fn encoder() -> Encoder {
    let mut weights = vec![0.0; 2 * CLASSES * DIM];
    let mut bias = vec![0.0; 2 * CLASSES];
    for k in 0..CLASSES {
        weights[k * DIM + k] = 9.0;
    }
    bias[CLASSES] = 3.0;
    Encoder::new(DIM, 2, CLASSES, weights, bias, EncoderMeta::default()).unwrap()
}

/// Vectors of classes that take turns, with some noise.
fn vectors(points: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut vectors = Vec::with_capacity(points * DIM);
    for i in 0..points {
        vectors.extend((0..DIM).map(|d| rng.random_range(-0.25..0.25) + f32::from(u8::from(d == i % CLASSES))));
    }
    vectors
}

/// What the classes are, and a colour that says something of the last two alone.
fn meal(i: usize, rng: &mut ChaCha8Rng) -> Payload {
    let colour = match i % CLASSES {
        6 => "red",
        7 => "green",
        _ => ["red", "green", "blue"][rng.random_range(0..3)],
    };
    payload(json!({ "dish": DISHES[i % CLASSES], "colour": colour, "price": rng.random_range(0.0..50.0) }))
}

fn gathered(points: usize, sample: usize) -> Gathered {
    let encoder = encoder();
    let vectors = vectors(points, 3);
    let mut gathering = Gathering::new(&encoder, sample, 40);
    let ids: Vec<PointId> = (0..points as u64).map(PointId::Num).collect();
    for (ids, rows) in ids.chunks(100).zip(vectors.chunks(100 * DIM)) {
        gathering.add(ids, rows, &encoder.encode(rows));
    }
    assert_eq!(gathering.points(), points as u64);
    gathering.finish()
}

/// A pool of the whole collection's sample and strongest points.
fn pool(points: usize, sample: usize) -> (Pool, FeatureTable) {
    let gathered = gathered(points, sample);
    let all = vectors(points, 3);
    let others = gathered.others();
    let Gathered { ids, vectors, table } = gathered;
    let mut pool = Pool { dim: DIM, sampled: ids.len(), ids, vectors, payloads: Vec::new() };
    for id in others {
        let PointId::Num(number) = id else { unreachable!() };
        pool.vectors.extend_from_slice(&all[number as usize * DIM..][..DIM]);
        pool.ids.push(id);
    }
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let meals: Vec<Payload> = (0..points).map(|i| meal(i, &mut rng)).collect();
    pool.payloads = pool.ids.iter().map(|id| meals[number(*id)].clone()).collect();
    (pool, table)
}

fn number(id: PointId) -> usize {
    let PointId::Num(number) = id else { unreachable!("all ids are numbers") };
    number as usize
}

fn settings() -> SuggestSettings {
    SuggestSettings { payload: true, fields: Vec::new(), least: LEAST_SCORE }
}

fn suggested(
    pool: &Pool,
    table: &FeatureTable,
    settings: &SuggestSettings,
    words: Option<&WordVectors>,
) -> Vec<(usize, String)> {
    let found = suggest(&encoder(), pool, table, settings, words, |_| Ok(())).unwrap();
    assert!(found.iter().all(|s| (0.75..=1.0).contains(&s.score)), "{found:?}");
    found.into_iter().map(|s| (s.feature, s.name)).collect()
}

fn named(names: &[(usize, &str)]) -> Vec<(usize, String)> {
    names.iter().map(|(feature, name)| (*feature, (*name).to_owned())).collect()
}

const RIGHT: [(usize, &str); CLASSES] = [
    (0, "pizza"),
    (1, "cake"),
    (2, "salad"),
    (3, "sushi"),
    (4, "burger"),
    (5, "taco"),
    (6, "soup, red"),
    (7, "soup, green"),
];

#[test]
fn features_are_named_by_what_their_points_have_and_told_apart_where_they_share_it() {
    let (pool, table) = pool(3_000, 1_500);
    assert_eq!(suggested(&pool, &table, &settings(), None), named(&RIGHT), "and neither the dead nor the one for all");
    let found = suggest(&encoder(), &pool, &table, &settings(), None, |_| Ok(())).unwrap();
    let NameSource::Payload { field, value, and, with, without } = &found[6].source else { panic!("{found:?}") };
    assert_eq!((field.as_str(), value.as_str(), and.as_ref().unwrap().value.as_str()), ("dish", "soup", "red"));
    // An eighth of the half for scoring.
    assert!((60..130).contains(with) && (600..690).contains(without), "{with} {without}");
}

#[test]
fn only_the_fields_that_are_asked_for_give_names() {
    let (pool, table) = pool(3_000, 1_500);
    let colours = SuggestSettings { fields: vec!["colour".into()], ..settings() };
    assert_eq!(suggested(&pool, &table, &colours, None), [], "a colour alone says too little of any");
    let none = SuggestSettings { fields: vec!["col".into()], ..settings() };
    assert_eq!(suggested(&pool, &table, &none, None), []);
}

#[test]
fn a_name_that_only_holds_where_it_was_made_is_no_name() {
    let (mut pool, table) = pool(3_000, 1_500);
    let halves = pool.halves();
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let mut shuffled: Vec<Payload> =
        halves.scoring.all.iter().map(|row| pool.payloads[*row as usize].clone()).collect();
    shuffled.shuffle(&mut rng);
    for (row, payload) in halves.scoring.all.iter().zip(shuffled) {
        pool.payloads[*row as usize] = payload;
    }
    assert_eq!(suggested(&pool, &table, &settings(), None), []);
}

#[test]
fn a_value_of_few_points_is_no_name() {
    let (mut pool, table) = pool(3_000, 1_500);
    // Nine pizzas are left in the half for scoring.
    let halves = pool.halves();
    let pizzas = |pool: &Pool| -> Vec<u32> {
        let is = |row: &&u32| pool.payloads[**row as usize].get("dish").is_some_and(|dish| dish == "pizza");
        halves.scoring.sampled().iter().filter(is).copied().collect()
    };
    for row in &pizzas(&pool)[SUPPORT - 1..] {
        pool.payloads[*row as usize].remove("dish");
    }
    assert_eq!(pizzas(&pool).len(), SUPPORT - 1);
    assert_eq!(suggested(&pool, &table, &settings(), None), named(&RIGHT[1..]));
}

/// Words around the classes' directions, all with a part in common as words have, and others that mean nothing here.
fn words() -> WordVectors {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut all = WordVectors::default();
    let known = ["pizza", "cake", "salad", "sushi", "burger", "taco", "borscht", "pea soup"];
    for (k, word) in known.into_iter().enumerate() {
        all.words.push(word.to_owned());
        all.vectors.extend((0..DIM).map(|d| f32::from(u8::from(d == k)) + if d == DIM - 1 { 3.0 } else { 0.0 }));
    }
    for i in 0..40 {
        all.words.push(format!("word {i}"));
        all.vectors.extend((0..DIM).map(
            |d| if d < CLASSES { 0.0 } else { rng.random_range(-1.0..1.0) } + if d == DIM - 1 { 3.0 } else { 0.0 },
        ));
    }
    all
}

#[test]
fn words_name_features_by_where_their_points_lie() {
    let (pool, table) = pool(3_000, 1_500);
    let words = words();
    let texts = SuggestSettings { payload: false, ..settings() };
    let right: Vec<(usize, String)> = (0..CLASSES).map(|k| (k, words.words[k].clone())).collect();
    assert_eq!(suggested(&pool, &table, &texts, Some(&words)), right);
    let found = suggest(&encoder(), &pool, &table, &texts, Some(&words), |_| Ok(())).unwrap();
    assert!(
        matches!(&found[1].source, NameSource::Text { word, with: 30.., without: 500.. } if word == "cake"),
        "{found:?}"
    );
    // Words that have nothing to do with the points name nothing.
    let strange =
        WordVectors { words: words.words[CLASSES..].to_vec(), vectors: words.vectors[CLASSES * DIM..].to_vec() };
    assert_eq!(suggested(&pool, &table, &texts, Some(&strange)), []);
    // What a payload says goes before a word.
    let fields = SuggestSettings { fields: vec!["colour".into()], ..settings() };
    assert_eq!(suggested(&pool, &table, &fields, Some(&words)), right);
    assert_eq!(suggested(&pool, &table, &settings(), Some(&words)), named(&RIGHT));
}

#[test]
fn naming_ends_when_it_is_told_to() {
    let (pool, table) = pool(300, 200);
    let stop = |_| Err(crate::error::Error::Cancelled);
    assert!(matches!(suggest(&encoder(), &pool, &table, &settings(), None, stop), Err(crate::error::Error::Cancelled)));
}

#[test]
fn the_sample_is_uniform_and_the_halves_are_even() {
    let gathered = gathered(4_000, 1_000);
    assert_eq!((gathered.ids.len(), gathered.vectors.len()), (1_000, 1_000 * DIM));
    // 500 of each half of the ids, give or take four standard deviations (sqrt(1000 / 4 * 3 / 4) = 13.7).
    let early = gathered.ids.iter().filter(|id| number(**id) < 2_000).count();
    assert!((445..=555).contains(&early), "{early}");
    let (pool, _) = pool(4_000, 1_000);
    let halves = pool.halves();
    assert!((437..=563).contains(&halves.making.sampled().len()), "{}", halves.making.sampled().len());
    assert_eq!(halves.making.sampled().len() + halves.scoring.sampled().len(), 1_000);
    assert_eq!(halves.making.all.len() + halves.scoring.all.len(), pool.ids.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_order_of_pages_does_not_matter(seed: u64, sample in 1usize..60, page in 1usize..30) {
        let encoder = encoder();
        let all = vectors(80, 3);
        let rows: Vec<(PointId, &[f32])> = (0..80).map(PointId::Num).zip(all.chunks(DIM)).collect();
        let gather = |rows: &[(PointId, &[f32])]| {
            let mut gathering = Gathering::new(&encoder, sample, 5);
            for page in rows.chunks(page) {
                let ids: Vec<PointId> = page.iter().map(|(id, _)| *id).collect();
                let vectors: Vec<f32> = page.iter().flat_map(|(_, vector)| vector.to_vec()).collect();
                gathering.add(&ids, &vectors, &encoder.encode(&vectors));
            }
            gathering.finish()
        };
        let mut shuffled = rows.clone();
        shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let (one, other) = (gather(&rows), gather(&shuffled));
        prop_assert_eq!(&one.ids, &other.ids);
        prop_assert_eq!(&one.vectors, &other.vectors);
        prop_assert_eq!(one.others(), other.others());
        // Each with its own vector, and the strongest that are not sampled.
        for (id, vector) in one.ids.iter().zip(one.vectors.chunks(DIM)) {
            prop_assert_eq!(vector, &all[number(*id) * DIM..][..DIM]);
        }
        let strongest: BTreeSet<PointId> = one.table.features.iter().flat_map(|f| f.top.iter().map(|s| s.id)).collect();
        let expected: Vec<PointId> = strongest.into_iter().filter(|id| !one.ids.contains(id)).collect();
        prop_assert_eq!(one.others(), expected);
    }
}

#[test]
fn a_value_becomes_a_name_that_can_be_understood_alone() {
    let name = |field: &str, value: &str| as_name(&values::Item { field: field.into(), value: value.into() });
    for (field, value, expected) in [
        ("dish", "ice cream", "ice cream"),
        ("meta.count", "3", "count 3"),
        ("price", "10 to 20", "price 10 to 20"),
        ("price", "under 10", "price under 10"),
        ("vegan", "true", "vegan"),
        ("vegan", "false", "not vegan"),
    ] {
        assert_eq!(name(field, value), expected);
    }
}
