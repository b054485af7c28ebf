//! What a store's collections hold.

use std::path::Path;

use qdrant_edge::CountRequest;

use super::layout::vectors_of;
use super::shard::{Shard, config_in, list};
use crate::error::Result;
use crate::job::Control;
use crate::source::CollectionDescription;

/// What a store's collections hold, by name, with exact counts of points.
///
/// A collection that cannot be looked at is in the list with its problem; one that is open elsewhere still has its
/// vectors. Each is opened for a moment to count its points. Fails where the folder is no store.
pub fn describe_collections(store: &Path, control: &Control) -> Result<Vec<CollectionDescription>> {
    let describe = |name: String| {
        control.check_whole()?;
        let config = config_in(&store.join(&name));
        let vectors = config.as_ref().map(vectors_of).unwrap_or_default();
        let count = |shard: Shard| shard.call(|edge| edge.count(CountRequest { filter: None, exact: true }));
        Ok(match config.and_then(|_| Shard::open(store, &name)).and_then(count) {
            Ok(points) => CollectionDescription { name, points: Some(points as u64), vectors, problem: None },
            Err(error) => CollectionDescription { vectors, ..CollectionDescription::broken(&name, &error) },
        })
    };
    list(store)?.into_iter().map(describe).collect()
}

#[cfg(test)]
mod tests {
    use qdrant_edge::{
        EdgeConfig, EdgeShard, EdgeSparseVectorParams, EdgeVectorParams, MultiVectorComparator, MultiVectorConfig,
    };

    use super::*;
    use crate::error::Error;
    use crate::point::{Distance, Payload, PointId};
    use crate::source::{
        EdgeStore, Layout, NewPoint, NewVector, VectorDescription, VectorKind, VectorSink, unsuitable,
    };

    fn fill(store: &Path, name: &str, n: u64) {
        let layout = Layout::Dense { name: String::new(), dim: 3, distance: Distance::Euclid };
        let mut sink = EdgeStore::open_or_create(store, name, &layout).unwrap();
        let point =
            |i| NewPoint { id: PointId::Num(i), vector: NewVector::Dense(vec![i as f32; 3]), payload: Payload::new() };
        sink.upsert((0..n).map(point).collect(), &Control::new()).unwrap();
    }

    #[test]
    fn every_collection_is_described_and_a_broken_one_spoils_no_other() {
        let store = tempfile::tempdir().unwrap();
        let at = |name: &str| store.path().join(name);
        fill(store.path(), "food", 7);
        fill(store.path(), "held", 2);
        fill(store.path(), "torn", 2);
        std::fs::remove_dir_all(at("torn").join("wal")).unwrap();
        std::fs::create_dir(at("odd")).unwrap();
        std::fs::write(at("odd").join("edge_config.json"), "{").unwrap();
        std::fs::create_dir(at("mixed")).unwrap();
        let multi = MultiVectorConfig { comparator: MultiVectorComparator::MaxSim };
        let config = EdgeConfig::builder()
            .vector("words", EdgeVectorParams::builder(4, qdrant_edge::Distance::Dot).multivector_config(multi).build())
            .vector("image", EdgeVectorParams::builder(5, qdrant_edge::Distance::Cosine).build())
            .sparse_vector("block", EdgeSparseVectorParams::builder().build())
            .build();
        drop(EdgeShard::new(&at("mixed"), config).unwrap());

        // Past what the handles of this process share, as another process has it.
        let _held = EdgeShard::load(&at("held"), None).unwrap();
        let all = describe_collections(store.path(), &Control::new()).unwrap();
        let told: Vec<_> = all.iter().map(|c| (c.name.as_str(), c.points, c.vectors.len())).collect();
        let wanted =
            [("food", Some(7), 1), ("held", None, 1), ("mixed", Some(0), 3), ("odd", None, 0), ("torn", None, 1)];
        assert_eq!(told, wanted);
        let problem = |i: usize| all[i].problem.as_deref().unwrap_or_default();
        assert_eq!((problem(0), problem(2)), ("", ""));
        assert!(problem(1).contains("is open in another process"), "{}", problem(1));
        assert!(problem(3).contains("is damaged"), "{}", problem(3));
        assert!(problem(4).contains("\"wal\" is missing"), "{}", problem(4));

        let dense = |name: &str, dim, distance| VectorDescription {
            name: name.into(),
            dim: Some(dim),
            distance: Some(distance),
            kind: VectorKind::Dense,
        };
        assert_eq!(all[0].vectors, [dense("", 3, Distance::Euclid)]);
        let mixed = &all[2].vectors;
        assert_eq!(mixed[1], dense("image", 5, Distance::Cosine));
        assert_eq!(
            [&mixed[0], &mixed[2]].map(|v| (v.name.as_str(), v.kind)),
            [("block", VectorKind::Sparse), ("words", VectorKind::Multi)]
        );
        let suitable: Vec<_> = mixed.iter().map(|v| unsuitable(v).is_none()).collect();
        assert_eq!(suitable, [false, true, false]);
        // It was only looked at.
        assert!(EdgeStore::open(store.path(), "food", None, None).is_ok());
    }

    #[test]
    fn what_is_no_store_and_a_cancel_are_told() {
        let store = tempfile::tempdir().unwrap();
        assert_eq!(describe_collections(store.path(), &Control::new()).unwrap(), []);
        let nowhere = describe_collections(&store.path().join("nowhere"), &Control::new());
        assert!(matches!(nowhere, Err(Error::Store { .. })));
        fill(store.path(), "food", 1);
        let control = Control::new();
        control.cancel();
        assert!(matches!(describe_collections(store.path(), &control), Err(Error::Cancelled)));
    }
}
