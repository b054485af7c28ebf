//! Codes of an autoencoder that are cut to their strongest features, and what is kept of the vectors.

use serde::{Deserialize, Serialize};

use super::{Activation, Encoder};
use crate::error::{Error, Result};
use crate::linalg;

/// Sizes of a code that are looked at: how many of its features are kept.
pub const CODE_SIZES: [usize; 5] = [4, 8, 16, 32, 64];

/// What is kept of vectors that are encoded and decoded again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Features that were active at most; 0 where that has no limit.
    pub active: usize,
    /// Mean cosine between a vector and what is decoded of its code.
    pub cosine: f32,
    /// Share of the variance that is not explained: the sum of |x - x'|^2 by that of |x - mean|^2.
    pub unexplained: f32,
}

impl Encoder {
    /// How many features are active at most, where there is such a limit.
    pub fn code_size(&self) -> Option<usize> {
        match self.activation() {
            Activation::TopK(k) => Some(k),
            Activation::SoftMax | Activation::Relu => None,
        }
    }

    /// Whether its outputs are sparse codes, where 0 is not active, and not blocks that sum to one.
    pub fn is_code(&self) -> bool {
        self.activation() != Activation::SoftMax
    }

    /// Of how many features one is to win: those of a block, which share what there is. Features of a code are active or
    /// not each on its own, as if it were a block.
    pub fn rivals(&self) -> usize {
        if self.is_code() { 1 } else { self.block_size }
    }

    /// The same weights, of whose code the `active` strongest features are kept: fewer than it was trained with, or more.
    /// Fails for blocks, and where there are not so many features.
    pub fn truncated(&self, active: usize) -> Result<Self> {
        if !self.is_code() {
            return Err(Error::setting("only the codes of an autoencoder can be truncated, and these are blocks"));
        }
        if active == 0 || active > self.outputs() {
            let features = self.outputs();
            return Err(Error::setting(format!("a code of {features} features can be cut to 1 to {features} of them")));
        }
        let mut cut = self.clone();
        cut.meta.activation = Activation::TopK(active);
        // They were counted over whole codes; the strongest feature, and with it the confidence, is still the same.
        cut.meta.metrics = None;
        Ok(cut)
    }

    /// What is kept of vectors, n x dim; none without a decoder.
    pub fn kept(&self, vectors: &[f32]) -> Option<Kept> {
        let decoder = self.decoder.as_ref()?;
        let n = (vectors.len() / self.dim).max(1);
        let mut mean = vec![0f64; self.dim];
        for row in vectors.chunks(self.dim) {
            mean.iter_mut().zip(row).for_each(|(m, x)| *m += f64::from(*x) / n as f64);
        }
        let (mut cosines, mut left, mut all) = (0f64, 0f64, 0f64);
        // In parts, as codes take more room than vectors.
        let part = ((8 << 20) / self.outputs()).max(1) * self.dim;
        for rows in vectors.chunks(part) {
            let back = decoder.decode(&self.encode(rows));
            for (x, y) in rows.chunks(self.dim).zip(back.chunks(self.dim)) {
                cosines += linalg::cosine(x, y);
                left += x.iter().zip(y).map(|(x, y)| f64::from(x - y).powi(2)).sum::<f64>();
                all += x.iter().zip(&mean).map(|(x, m)| (f64::from(*x) - m).powi(2)).sum::<f64>();
            }
        }
        Some(Kept {
            active: self.code_size().unwrap_or(0),
            cosine: (cosines / n as f64) as f32,
            // Where all vectors are the same there is nothing to explain.
            unexplained: if all > 0.0 { (left / all) as f32 } else { 0.0 },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::tests::random;
    use crate::encoder::{Decoder, EncoderMeta};

    /// Each feature is one axis of four, and so is what it adds.
    fn axes(active: usize) -> Encoder {
        let unit: Vec<f32> = (0..16).map(|i| if i % 5 == 0 { 1.0 } else { 0.0 }).collect();
        let meta = EncoderMeta { activation: Activation::TopK(active), ..EncoderMeta::default() };
        let encoder = Encoder::new(4, 1, 4, unit.clone(), vec![0.0; 4], meta).unwrap();
        encoder.with_decoder(Decoder::new(4, 4, unit, vec![0.0; 4]).unwrap()).unwrap()
    }

    #[test]
    fn a_truncated_code_keeps_its_strongest_features() {
        let whole = axes(3);
        let x = [0.5, 0.1, 0.3, 0.2];
        assert_eq!(whole.encode(&x), [0.5, 0.0, 0.3, 0.2]);
        let cut = whole.truncated(2).unwrap();
        assert_eq!(cut.encode(&x), [0.5, 0.0, 0.3, 0.0]);
        assert_eq!((cut.code_size(), cut.rivals()), (Some(2), 1));
        assert_ne!(cut.fingerprint(), whole.fingerprint());
        // Truncating twice is truncating once.
        assert_eq!(axes(4).truncated(3).unwrap().truncated(1).unwrap(), axes(4).truncated(1).unwrap());
    }

    #[test]
    fn what_is_kept_is_what_the_formulas_say() {
        let vectors = [0.6, 0.8, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        let kept = axes(1).kept(&vectors).unwrap();
        assert!((kept.cosine - (0.8 + 1.0) / 2.0).abs() < 1e-6 && kept.active == 1, "{kept:?}");
        // The mean is (.3, .4, .5, 0), and .6 of the first vector is left.
        assert!((kept.unexplained - 0.36).abs() < 1e-6, "{kept:?}");
        let whole = axes(4).kept(&vectors).unwrap();
        assert!((whole.cosine - 1.0).abs() < 1e-6 && whole.unexplained.abs() < 1e-9, "{whole:?}");
    }

    #[test]
    fn blocks_and_odd_sizes_are_refused() {
        let told = random(4, 2, 3, 1).truncated(2).unwrap_err().to_string();
        assert!(told.contains("only the codes of an autoencoder"), "{told}");
        for odd in [0, 5] {
            assert!(axes(2).truncated(odd).unwrap_err().to_string().contains("1 to 4"));
        }
    }
}
