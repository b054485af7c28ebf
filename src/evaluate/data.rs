//! The points that everything in a table is measured on.

use crate::error::Result;
use crate::job::Control;
use crate::linalg::{self, Rows};
use crate::point::Distance;

use super::recall::Exact;

/// Labels of points, as numbers of their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// The names, sorted.
    pub names: Vec<String>,
    /// Of the points trained on; none where a point has no label.
    pub train: Vec<Option<u32>>,
    /// Of the queries.
    pub queries: Vec<Option<u32>>,
}

impl Labels {
    /// From each point's label.
    pub fn new(train: &[Option<String>], queries: &[Option<String>]) -> Self {
        let mut names: Vec<String> = train.iter().chain(queries).flatten().cloned().collect();
        names.sort_unstable();
        names.dedup();
        let number = |label: &Option<String>| {
            let place = names.binary_search(label.as_ref()?).ok()?;
            Some(place as u32)
        };
        Self { train: train.iter().map(number).collect(), queries: queries.iter().map(number).collect(), names }
    }
}

/// A collection, split into the points that are trained on and searched, and the queries.
#[derive(Clone, Debug)]
pub struct Split {
    /// Dimensions.
    pub dim: usize,
    /// How nearness is measured.
    pub distance: Distance,
    /// The points trained on, n x dim, as they are.
    pub train: Vec<f32>,
    /// The queries, n x dim.
    pub queries: Vec<f32>,
    /// Labels, where there are any.
    pub labels: Option<Labels>,
    /// The seed of everything drawn.
    pub seed: u64,
    /// The exact nearest points of the queries.
    pub exact: Exact,
}

impl Split {
    /// Finds the nearest points of the queries, and so needs a point of each.
    pub fn new(
        (train, queries): (Vec<f32>, Vec<f32>),
        dim: usize,
        distance: Distance,
        labels: Option<Labels>,
        seed: u64,
        control: &Control,
    ) -> Result<Self> {
        let exact = Exact::new(Rows::new(&queries, dim), Rows::new(&train, dim), distance, control)?;
        Ok(Self { dim, distance, train, queries, labels, seed, exact })
    }

    /// The points trained on.
    pub fn train(&self) -> Rows<'_> {
        Rows::new(&self.train, self.dim)
    }

    /// The queries.
    pub fn queries(&self) -> Rows<'_> {
        Rows::new(&self.queries, self.dim)
    }

    /// Vectors as they are compared without an encoder: at unit length for cosine.
    pub fn as_compared(&self, vectors: &[f32]) -> Vec<f32> {
        match self.distance {
            Distance::Cosine => linalg::normalised(vectors, self.dim),
            Distance::Dot | Distance::Euclid | Distance::Manhattan => vectors.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_numbers_in_the_order_of_their_names() {
        let some = |names: &[&str]| -> Vec<Option<String>> {
            names.iter().map(|n| (!n.is_empty()).then(|| (*n).to_owned())).collect()
        };
        let labels = Labels::new(&some(&["b", "", "a"]), &some(&["c", "a"]));
        assert_eq!(labels.names, ["a", "b", "c"]);
        assert_eq!((labels.train, labels.queries), (vec![Some(1), None, Some(0)], vec![Some(2), Some(0)]));
    }
}
