//! Sparse vectors from block outputs.

/// Ascending feature indices (block * block size + place) and their activations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SparseVector {
    /// Feature indices.
    pub indices: Vec<u32>,
    /// Activations, each above 0.
    pub values: Vec<f32>,
}

impl SparseVector {
    /// Entries.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether there are no entries, so that a search over sparse vectors would never find the point.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// The entries as pairs.
    pub fn iter(&self) -> impl Iterator<Item = (u32, f32)> + '_ {
        self.indices.iter().copied().zip(self.values.iter().copied())
    }
}

/// The entries of one point's block outputs above `threshold`.
pub fn sparse(outputs: &[f32], threshold: f32) -> SparseVector {
    let mut vector = SparseVector::default();
    for (i, y) in outputs.iter().enumerate().filter(|(_, y)| **y > threshold) {
        vector.indices.push(i as u32);
        vector.values.push(*y);
    }
    vector
}

/// The `k` largest entries of one point's block outputs: the fallback for a point with none above the threshold.
pub fn top_k(outputs: &[f32], k: usize) -> SparseVector {
    let mut order: Vec<u32> = (0..outputs.len() as u32).collect();
    order.sort_by(|a, b| outputs[*b as usize].total_cmp(&outputs[*a as usize]).then(a.cmp(b)));
    order.truncate(k);
    order.sort_unstable();
    SparseVector { values: order.iter().map(|i| outputs[*i as usize]).collect(), indices: order }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_strict_and_top_k_keeps_the_order_of_indices() {
        let y = [0.05, 0.3, 0.1, 0.55, 0.0];
        assert_eq!(sparse(&y, 0.1), SparseVector { indices: vec![1, 3], values: vec![0.3, 0.55] });
        assert!(sparse(&y, 0.6).is_empty());
        assert_eq!(top_k(&y, 3), SparseVector { indices: vec![1, 2, 3], values: vec![0.3, 0.1, 0.55] });
        assert_eq!(top_k(&y, 9).len(), 5);
    }
}
