//! Searches by what a decoder makes of the query, against plain float64, in a store and through the encoder.

use rand::{Rng, SeedableRng};

use super::*;
use crate::encoder::Decoder;
use crate::source::Distance;

/// A place whose encoder has a decoder for what is stored so.
fn decoding(stored: Stored) -> Place {
    let mut place = place();
    let mut encoder = place.encoder.as_ref().clone();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(21);
    let weights = (0..encoder.outputs() * DIM).map(|_| rng.random_range(-1.0f32..1.0)).collect();
    encoder.meta.stored = stored;
    let decoder = Decoder::new(DIM, encoder.outputs(), weights, vec![0.3; DIM]).unwrap();
    place.encoder = Arc::new(encoder.with_decoder(decoder).unwrap());
    place
}

const WAYS: [Stored; 3] = [Stored::Activations, Stored::Winners, Stored::Strongest(2)];

impl Place {
    /// D^T q.
    fn query_weights(&self, i: usize) -> Vec<f64> {
        let row = |d: &[f32]| d.iter().zip(self.row(i)).map(|(d, q)| f64::from(*d) * f64::from(*q)).sum();
        self.encoder.decoder().unwrap().weights().chunks(DIM).map(row).collect()
    }

    /// What is stored of a point, with 0 for what is not.
    fn code(&self, i: usize, stored: Stored) -> Vec<f64> {
        let mut code: Vec<f64> = self.outputs(i).into_iter().map(f64::from).collect();
        for block in code.chunks_mut(6) {
            let mut order: Vec<usize> = (0..6).collect();
            order.sort_by(|a, b| block[*b].total_cmp(&block[*a]).then(a.cmp(b)));
            match stored {
                Stored::Activations => {}
                Stored::Winners => {
                    block.fill(0.0);
                    block[order[0]] = 1.0;
                }
                Stored::Strongest(k) => order[k..].iter().for_each(|i| block[*i] = 0.0),
            }
        }
        code
    }
}

/// The weights that are the largest in magnitude, and 0 for the others.
fn kept(mut weights: Vec<f64>, entries: usize) -> Vec<f64> {
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| weights[*b].abs().total_cmp(&weights[*a].abs()));
    order[entries..].iter().for_each(|i| weights[*i] = 0.0);
    weights
}

/// The scores of all other points that have any of the query's entries.
fn twin(place: &Place, query: usize, weights: &[f64], stored: Stored) -> Vec<Option<f64>> {
    let score = |i: usize| {
        let code = place.code(i, stored);
        let shared = code.iter().zip(weights).any(|(y, w)| *y != 0.0 && *w != 0.0);
        (i != query && shared).then(|| code.iter().zip(weights).map(|(y, w)| y * w).sum())
    };
    (0..POINTS).map(score).collect()
}

fn by_point(hits: &[Hit]) -> Vec<(u64, f32)> {
    rows(hits).into_iter().zip(hits).map(|(row, hit)| (row, hit.score)).collect()
}

#[test]
fn a_store_and_a_pass_give_the_scores_of_the_formula_in_float64() {
    let mut against = 0;
    for stored in WAYS {
        let place = decoding(stored);
        // Nothing is said of what to keep: it is what the decoder was fitted on.
        let mut there = place.with_stored(&place.encoder, None, SparseValues::Probability, 0.0);
        for entries in [None, Some(5), Some(1)] {
            let weights = kept(place.query_weights(3), entries.unwrap_or(18));
            let wanted = twin(&place, 3, &weights, stored);
            let sparse = SparseAsk { symmetric: false, entries };
            let asked = Ask { way: Way::Sparse, sparse, ..ask(point(3), POINTS) };
            for searcher in [&mut there, &mut place.searcher()] {
                let found = search(searcher, &asked).unwrap();
                let told = Asymmetric { weights: entries.unwrap_or(18), stored };
                assert_eq!(found.asymmetric, Some(told));
                assert_eq!(found.hits.len(), wanted.iter().flatten().count(), "{stored} {entries:?}");
                assert!(found.hits.is_sorted_by(|a, b| a.score >= b.score));
                against += found.hits.iter().filter(|hit| hit.score < 0.0).count();
                for (row, score) in by_point(&found.hits) {
                    let wanted = wanted[row as usize].unwrap();
                    assert!((f64::from(score) - wanted).abs() < 1e-5, "{stored} {entries:?}: {score} {wanted}");
                }
            }
        }
    }
    assert!(against > 0, "points that the weights count against are found, too");
}

#[test]
fn a_prefetch_leaves_the_best_by_the_decoder_and_tells_what_it_read() {
    let stored = Stored::Strongest(2);
    let place = decoding(stored);
    let weights = kept(place.query_weights(3), 7);
    let scores = twin(&place, 3, &weights, stored).into_iter().map(|score| score.map(|s| s as f32));
    let left = ids(&best(scores, &[3], POINTS / 20));
    let near = (0..POINTS).map(|i| left.contains(&(i as u64)).then(|| place.cosine(place.row(3), i)));
    let wanted = best(near, &[3], 8);
    let exact = ids(&best((0..POINTS).map(|i| Some(place.cosine(place.row(3), i))), &[3], 8));
    let recall = exact.iter().filter(|id| ids(&wanted).contains(id)).count() as f64 / 8.0;
    let (mut all, mut read) = (0, 0);
    for i in 0..POINTS {
        let code = place.code(i, stored);
        all += code.iter().filter(|y| **y != 0.0).count();
        read += code.iter().zip(&weights).filter(|(y, w)| **y != 0.0 && **w != 0.0).count();
    }
    let share = read as f64 / all as f64;
    let sparse = SparseAsk { symmetric: false, entries: Some(7) };
    let asked = Ask { way: Way::Prefetched { share: 0.05 }, sparse, compare: true, ..ask(point(3), 8) };
    let mut there = place.with_stored(&place.encoder, None, SparseValues::Probability, 0.0);
    for searcher in [&mut there, &mut place.searcher()] {
        // The second time what was read is known.
        for _ in 0..2 {
            let found = search(searcher, &asked).unwrap();
            close(&found.hits, &wanted);
            let compared = found.compared.unwrap();
            assert_eq!(compared.recall, recall);
            assert!((compared.postings.unwrap() - share).abs() < 1e-9, "{compared:?} {share}");
        }
    }
    let dense = Ask { way: Way::Dense, ..asked };
    let found = search(&mut there, &dense).unwrap();
    assert_eq!((found.asymmetric, found.compared.unwrap().postings), (None, None));
}

#[test]
fn the_request_has_the_weights() {
    let place = decoding(Stored::Winners);
    let mut there = place.with_stored(&place.encoder, None, SparseValues::Probability, 0.05);
    for (way, at) in [(Way::Sparse, "/query"), (Way::Prefetched { share: 0.1 }, "/prefetch/0/query")] {
        let found = search(&mut there, &Ask { way, ..ask(point(3), 8) }).unwrap();
        let request = found.request.unwrap();
        let body: serde_json::Value = serde_json::from_str(request.json.split_once('\n').unwrap().1).unwrap();
        let query = body.pointer(at).unwrap();
        let weights = place.query_weights(3);
        assert_eq!(query["indices"], serde_json::json!((0..18).collect::<Vec<_>>()));
        for (j, weight) in weights.iter().enumerate() {
            let told = query["values"][j].as_f64().unwrap();
            assert!((told - weight).abs() < 1e-5);
            let digits = format!("{:?}", told as f32);
            assert!(request.rust.contains(&digits) && request.python.contains(&digits), "{digits}");
        }
    }
    assert!(search(&mut place.searcher(), &Ask { way: Way::Sparse, ..ask(point(3), 8) }).unwrap().request.is_none());
}

/// The dot product of the query's activations above .05 with what is stored.
fn symmetric(place: &Place, query: usize, stored: Stored, value: fn(f32) -> f32) -> Vec<(u64, f32)> {
    let own = place.outputs(query);
    let score = |i: usize| {
        let entries = own.iter().zip(place.code(i, stored)).filter(|(q, _)| **q > 0.05);
        Some(entries.map(|(q, y)| value(*q) * if y == 1.0 { 1.0 } else { value(y as f32) }).sum::<f32>())
    };
    best((0..POINTS).map(score), &[query], POINTS)
}

#[test]
fn where_the_decoder_does_not_fit_or_is_not_wanted_activations_are_compared() {
    let fitted = |stored| decoding(stored);
    let probability = |p: f32| p;
    // What the encoder's decoder was fitted on, what is stored, and as what.
    for (decoder, keep, values) in [
        (Stored::Winners, Stored::Activations, SparseValues::Probability),
        (Stored::Activations, Stored::Winners, SparseValues::Probability),
        (Stored::Strongest(2), Stored::Strongest(2), SparseValues::Sqrt),
        (Stored::Activations, Stored::Activations, SparseValues::Probability),
    ] {
        let place = fitted(decoder);
        let value = if values == SparseValues::Sqrt { f32::sqrt } else { probability };
        let wanted = symmetric(&place, 3, keep, value);
        let mut there = place.with_stored(&place.encoder, Some(keep), values, 0.0);
        let sparse = SparseAsk { symmetric: decoder == keep && values == SparseValues::Probability, entries: None };
        let found = search(&mut there, &Ask { way: Way::Sparse, sparse, ..ask(point(3), POINTS) }).unwrap();
        assert_eq!(found.asymmetric, None, "{decoder} {keep}");
        let wanted: Vec<_> = wanted.into_iter().filter(|(_, score)| *score > 0.0).collect();
        assert_eq!(found.hits.len(), wanted.len());
        for (hit, (_, score)) in found.hits.iter().zip(&wanted) {
            assert!((hit.score - score).abs() < 1e-5, "{decoder} {keep}: {} {score}", hit.score);
        }
    }
    // A file by the Euclidean distance, which no dot product is in proportion to.
    let place = fitted(Stored::Winners);
    let args = CollectionArgs { distance: Distance::Euclid, ..place.args() };
    let source = source::open(&args, &Control::new(), &mut Reporter::silent()).unwrap();
    let mut euclid = Searcher::new(Some(Arc::clone(&place.encoder)), source, args, ModelArgs::default()).unwrap();
    let asked = Ask { way: Way::Sparse, ..ask(point(3), 9) };
    let found = search(&mut euclid, &asked).unwrap();
    assert_eq!(found.asymmetric, None);
    let plain = search(&mut super::place().searcher(), &asked).unwrap();
    assert_eq!(by_point(&found.hits), by_point(&plain.hits), "as without a decoder");
}

#[test]
fn block_vectors_of_another_encoder_are_not_weighed() {
    let place = decoding(Stored::Winners);
    let mut searcher = place.with_stored(&random(DIM, 3, 6, 99), Some(Stored::Winners), SparseValues::Probability, 0.0);
    assert!(!searcher.has_blocks(&Control::new(), &mut Reporter::silent()).unwrap());
    let asked = Ask { way: Way::Sparse, ..ask(point(3), POINTS) };
    let found = search(&mut searcher, &asked).unwrap();
    assert_eq!(rows(&found.hits), rows(&search(&mut place.searcher(), &asked).unwrap().hits));
    assert!(found.request.is_none() && found.asymmetric.is_some(), "every point goes through the encoder");
}

#[test]
fn features_and_steering_do_not_take_winners_for_all_there_is() {
    for stored in WAYS {
        let place = decoding(stored);
        let mut there = place.with_stored(&place.encoder, Some(stored), SparseValues::Sqrt, 0.05);
        there.sizes.few = POINTS / 4;
        for text in ["4 > 0.4", "4 > 0.2 AND NOT 9 > 0.2", "9 > 0.6 OR 4 > 0.7", "4 > 0.5"] {
            there.held = None;
            let asked = ask(By::Features(text.into()), POINTS);
            let wanted = search(&mut place.searcher(), &asked).unwrap();
            assert!(!wanted.hits.is_empty());
            assert_eq!(rows(&search(&mut there, &asked).unwrap().hits), rows(&wanted.hits), "{text} {stored}");
        }
        let weights = [(2, 1.0), (7, -0.5)];
        let steered = steer(&mut there, &ask(point(3), 8), &weights, 1.0).unwrap();
        let wanted = steer(&mut place.searcher(), &ask(point(3), 8), &weights, 1.0).unwrap();
        let after = |steered: &Steered| steered.after.iter().map(|after| after.hit.clone()).collect::<Vec<_>>();
        assert_eq!(rows(&after(&steered)), rows(&after(&wanted)), "{stored}");
        assert_eq!(steered.request.is_some(), stored == Stored::Activations, "{stored}");
    }
}

#[test]
fn a_query_of_zeros_is_like_nothing_and_does_no_harm() {
    let place = decoding(Stored::Winners);
    let mut there = place.with_stored(&place.encoder, None, SparseValues::Probability, 0.0);
    let asked = Ask { way: Way::Sparse, ..ask(point(5), 4) };
    let found = search(&mut there, &asked).unwrap();
    assert_eq!((found.hits.len(), found.asymmetric), (4, None));
}
