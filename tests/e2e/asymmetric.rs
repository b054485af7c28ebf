//! Short codes in a collection, and searches that weigh the query by the encoder's decoder, from the command line.

use blockscope::encoder::{Decoder, Encoder, Stored};
use qdrant_client::qdrant as q;
use serde_json::{Value, json};

use crate::loopback::Loopback;
use crate::support::{Workplace, clusters};

const DIM: usize = 12;
const POINTS: usize = 300;
const CODES: &str = "--encoder d.safetensors --collection codes";

/// A store, an encoder `e.safetensors`, and the same with a decoder for winners as `d.safetensors`.
fn decoding() -> (Workplace, Encoder) {
    let w = Workplace::new();
    w.trained(POINTS, DIM);
    let mut encoder = Encoder::read(w.path("e.safetensors")).unwrap();
    encoder.meta.stored = Stored::Winners;
    let weights = (0..encoder.outputs() * DIM).map(|i| ((i * 37 + 11) % 101) as f32 / 50.0 - 1.0).collect();
    let decoder = Decoder::new(DIM, encoder.outputs(), weights, vec![0.25; DIM]).unwrap();
    let encoder = encoder.with_decoder(decoder).unwrap();
    encoder.write(w.path("d.safetensors")).unwrap();
    (w, encoder)
}

fn row(i: usize) -> Vec<f32> {
    clusters(POINTS, DIM)[i * DIM..][..DIM].to_vec()
}

/// The winners of a point.
fn winners(encoder: &Encoder, i: usize) -> Vec<usize> {
    let outputs = encoder.encode(&row(i));
    let blocks = outputs.chunks(encoder.block_size()).enumerate();
    blocks
        .map(|(b, block)| {
            let largest = block.iter().copied().fold(f32::MIN, f32::max);
            b * encoder.block_size() + block.iter().position(|p| *p == largest).unwrap()
        })
        .collect()
}

/// D^T q in float64.
fn weights(encoder: &Encoder, query: usize) -> Vec<f64> {
    let query = row(query);
    let one = |d: &[f32]| d.iter().zip(&query).map(|(d, q)| f64::from(*d) * f64::from(*q)).sum();
    encoder.decoder().unwrap().weights().chunks(DIM).map(one).collect()
}

#[test]
fn winners_are_written_and_searched_by_weights() {
    let (w, encoder) = decoding();
    let line = "convert --encoder d.safetensors --store store --collection food --target codes --with-dense";
    let told = w.run(&format!("{line} --json")).json();
    assert_eq!((&told["written"], &told["stored"]), (&json!(POINTS), &json!("winners")));
    // Two blocks of eight: 3 bits each; as Qdrant keeps them, 8 bytes each.
    assert_eq!(told["size"], json!({ "entries": 2.0, "packed": 0.75, "packed_single": 0.75, "qdrant": 16.0 }));
    let kept = std::fs::read(w.path("store/codes/blockscope.json")).unwrap();
    let kept: Value = serde_json::from_slice(&kept).unwrap();
    let origin =
        json!({ "encoder": encoder.fingerprint(), "values": "probability", "threshold": 0.5, "stored": "winners" });
    assert_eq!(kept["block"], origin);

    let sparse = format!("search --id 7 {CODES} --store store --sparse --limit 300");
    let found = w.run(&format!("{sparse} --json")).json();
    assert_eq!(found["asymmetric"], json!({ "weights": 16, "stored": "winners" }));
    let weights = weights(&encoder, 7);
    let hits = found["hits"].as_array().unwrap();
    assert_eq!(hits.len(), POINTS - 1);
    assert!(hits.is_sorted_by(|a, b| a["score"].as_f64() >= b["score"].as_f64()));
    for hit in hits {
        let id = hit["id"].as_u64().unwrap() as usize;
        let wanted: f64 = winners(&encoder, id).into_iter().map(|j| weights[j]).sum();
        assert!(id != 7 && (hit["score"].as_f64().unwrap() - wanted).abs() < 1e-4, "{hit} {wanted}");
    }
    // Without all of its weights, over other points and as its own activations.
    let told = w.run(&format!("{sparse} --query-entries 3 --compare --json")).json();
    assert_eq!(told["asymmetric"]["weights"], 3);
    let mut order: Vec<usize> = (0..16).collect();
    order.sort_by(|a, b| weights[*b].abs().total_cmp(&weights[*a].abs()));
    let read = (0..POINTS).flat_map(|i| winners(&encoder, i)).filter(|j| order[..3].contains(j)).count();
    let postings = told["compared"]["postings"].as_f64().unwrap();
    assert!((postings - read as f64 / (2 * POINTS) as f64).abs() < 1e-9, "{postings} {read}");
    let own = w.run(&format!("{sparse} --symmetric --json")).json();
    assert!(own.get("asymmetric").is_none());
    assert!(own["hits"].as_array().unwrap().iter().all(|hit| hit["score"].as_f64().unwrap() > 0.0));
    let words = w.run(&format!("{sparse} --compare")).ok().stdout;
    assert!(
        words.contains("16 weights of the query, by the encoder's decoder, over the winners of each point"),
        "{words}"
    );
    assert!(words.contains("100.0 % of the postings read"), "{words}");
}

#[test]
fn what_is_stored_can_be_chosen_and_what_does_not_fit_is_told() {
    let (w, _) = decoding();
    let line = "convert --encoder d.safetensors --store store --collection food";
    let told = w.run(&format!("{line} --target some --keep strongest:3 --with-dense"));
    assert!(told.stderr.contains("decoder was fitted on winners"), "{}", told.stderr);
    // 6 entries of 3 bits and a weight of 16 or of 32.
    let words = "a vector holds the 3 strongest of each block, 6.0 entries: 15 bytes packed with weights of half \
                 precision (27 with single), 48 as Qdrant keeps it";
    assert!(told.ok().stdout.contains(words));
    let searched = w.run("search --id 7 --encoder d.safetensors --store store --collection some --sparse");
    assert!(searched.stderr.contains("activations are compared"), "{}", searched.stderr);
    assert!(!searched.ok().stdout.contains("decoder"));
    let odd = format!("{line} --target odd --keep strongest:0");
    for (line, words) in [(odd.as_str(), "strongest:K"), ("search --id 7 --collection food --symmetric", "--encoder")] {
        let told = w.run(line);
        assert!(told.code == Some(2) && told.stderr.contains(words), "{}", told.stderr);
    }
    let line = "steer --id 7 --weight 3=1 --copy json --encoder d.safetensors --store store --collection some";
    w.run(line).refused(2, "--keep activations");
}

#[test]
fn without_a_decoder_all_is_as_it_was() {
    let (w, _) = decoding();
    let line = "convert --encoder e.safetensors --store store --collection food --target plain --with-dense";
    let told = w.run(&format!("{line} --json")).json();
    assert_eq!(told["stored"], "activations");
    let kept = std::fs::read(w.path("store/plain/blockscope.json")).unwrap();
    let kept: Value = serde_json::from_slice(&kept).unwrap();
    let encoder = Encoder::read(w.path("e.safetensors")).unwrap();
    let origin = json!({ "encoder": encoder.fingerprint(), "values": "probability", "threshold": 0.05 });
    assert_eq!(kept["block"], origin);
    let sparse = "search --id 7 --encoder e.safetensors --store store --collection plain --sparse --json";
    let (own, same) = (w.run(sparse).json(), w.run(&format!("{sparse} --symmetric")).json());
    assert_eq!(own["hits"], same["hits"]);
    assert!(own.get("asymmetric").is_none());
    let outputs = encoder.encode(&row(7));
    let copied = w.run(&sparse.replace("--json", "--copy json")).ok().stdout;
    let body: Value = serde_json::from_str(copied.split_once('\n').unwrap().1).unwrap();
    let own: Vec<usize> = (0..outputs.len()).filter(|j| outputs[*j] > 0.05).collect();
    assert_eq!(body["query"]["indices"], json!(own));
}

#[test]
fn a_server_is_sent_the_weights() {
    let (w, encoder) = decoding();
    let server = Loopback::start(&w.path("server"));
    let run = |line: &str| w.run(&format!("{line} --url {}", server.url)).ok();
    run("import vectors --vectors v.npy --payload p.jsonl --collection food -q");
    run("convert --encoder d.safetensors --collection food --target codes --with-dense");
    let weights = weights(&encoder, 7);
    for way in ["--sparse", "--prefetch 0.1"] {
        run(&format!("search --id 7 {CODES} {way}"));
        let request = server.requests.last_query().unwrap();
        let query = request.prefetch.first().map_or(request.query, |prefetch| prefetch.query.clone());
        let Some(q::query::Variant::Nearest(input)) = query.unwrap().variant else { panic!("{way}") };
        let Some(q::vector_input::Variant::Sparse(sent)) = input.variant else { panic!("{way}") };
        assert_eq!(sent.indices, (0..16).collect::<Vec<_>>());
        assert!(sent.values.iter().zip(&weights).all(|(sent, wanted)| (f64::from(*sent) - wanted).abs() < 1e-5));
        assert!(sent.values.iter().any(|sent| *sent < 0.0));
        let python = run(&format!("search --id 7 {CODES} {way} --copy python")).stdout;
        assert!(sent.values.iter().all(|sent| python.contains(&format!("{sent:?}"))), "{python}");
    }
}
