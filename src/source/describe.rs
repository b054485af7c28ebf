//! What the collections of a server or a store hold, for a person to choose from.

use crate::error::Error;
use crate::point::Distance;

/// What kind of vectors a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VectorKind {
    /// One dense vector a point.
    Dense,
    /// Several dense vectors a point.
    Multi,
    /// A sparse vector a point.
    Sparse,
}

/// One of the vectors that a collection's points have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VectorDescription {
    /// Its name; empty for the default vector.
    pub name: String,
    /// Dimensions; none for a sparse vector.
    pub dim: Option<usize>,
    /// How nearness is measured; none for a sparse vector, and for a distance that this program does not know.
    pub distance: Option<Distance>,
    /// Its kind.
    pub kind: VectorKind,
}

/// A collection, as far as it could be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CollectionDescription {
    /// Its name.
    pub name: String,
    /// Points: of a server its own approximate count, of an embedded store the exact one. None where it is not known.
    pub points: Option<u64>,
    /// Its vectors, by name.
    pub vectors: Vec<VectorDescription>,
    /// Why it could not be looked at, or not wholly.
    pub problem: Option<String>,
}

impl CollectionDescription {
    /// One that could not be looked at.
    pub(super) fn broken(name: &str, error: &Error) -> Self {
        Self { name: name.to_owned(), problem: Some(told(error)), ..Self::default() }
    }
}

/// An error and what to do about it, in one line.
pub(super) fn told(error: &Error) -> String {
    match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    }
}

/// Why blocks cannot be trained on this vector, and what to do about it; none where they can.
pub fn unsuitable(vector: &VectorDescription) -> Option<String> {
    match vector.kind {
        VectorKind::Multi => Some(
            "a multi-vector has several vectors a point, and blocks are trained on one: choose a dense vector, or add one \
             to the collection, such as the mean of each point's vectors"
                .into(),
        ),
        VectorKind::Sparse => Some(
            "blocks are trained on dense vectors, and this one is sparse: choose a dense vector, or add the embeddings \
             that the sparse one was made beside"
                .into(),
        ),
        VectorKind::Dense if vector.dim.is_none_or(|dim| dim == 0) => {
            Some("it has no dimensions: choose another vector".into())
        }
        VectorKind::Dense if vector.distance.is_none() => {
            Some("nearness is measured in a way that this version does not know: choose another vector".into())
        }
        VectorKind::Dense => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dense_vectors_of_a_known_distance_are_suitable() {
        let dense = VectorDescription {
            name: String::new(),
            dim: Some(512),
            distance: Some(Distance::Cosine),
            kind: VectorKind::Dense,
        };
        assert_eq!(unsuitable(&dense), None);
        for (vector, words) in [
            (VectorDescription { kind: VectorKind::Multi, ..dense.clone() }, "several vectors a point"),
            (VectorDescription { kind: VectorKind::Sparse, dim: None, distance: None, ..dense.clone() }, "sparse"),
            (VectorDescription { distance: None, ..dense.clone() }, "does not know"),
            (VectorDescription { dim: Some(0), ..dense.clone() }, "no dimensions"),
        ] {
            let why = unsuitable(&vector).unwrap_or_default();
            assert!(why.contains(words) && why.contains("choose"), "{why}");
        }
    }
}
