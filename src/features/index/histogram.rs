//! The bins of the histograms of activations, a thousandth wide.

/// Bins from 0 to 1.
pub(super) const BINS: usize = 1_000;

/// The bin of an activation: bin b holds those above b thousandths and up to (b + 1) thousandths, each rounded to
/// float32 as a literal is; so the activations above a threshold of b thousandths are exactly those of the bins from b
/// on. Bin 0 also holds 0.
#[inline(always)]
pub(super) fn bin(activation: f32) -> usize {
    let y = clamped(activation);
    let (nearest, number) = rounded(y * BINS as f32);
    (number - i32::from(y <= nearest / BINS as f32)).max(0) as usize
}

/// From 0 to 1; NaN becomes 0.
#[inline(always)]
pub(super) fn clamped(activation: f32) -> f32 {
    let y = if activation > 0.0 { activation } else { 0.0 };
    if y < 1.0 { y } else { 1.0 }
}

/// The whole number nearest to one from 0 to 2^22, in both forms, without a call or a branch.
#[inline(always)]
pub(super) fn rounded(x: f32) -> (f32, i32) {
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to a whole number
    let shifted = x + MAGIC;
    (shifted - MAGIC, shifted.to_bits().wrapping_sub(MAGIC.to_bits()) as i32)
}

/// The bin from which on activations are above a threshold, which is rounded to thousandths.
pub(super) fn bin_above(threshold: f32) -> usize {
    // A negative number or NaN becomes 0 in the cast.
    ((threshold * BINS as f32).round() as usize).min(BINS)
}

/// The threshold below a bin.
pub(super) fn edge(bin: usize) -> f32 {
    bin as f32 / BINS as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_above_a_threshold_is_in_the_bins_from_it_on() {
        assert_eq!(bin(0.0), 0);
        for b in 0..=BINS {
            let threshold: f32 = format!("{}.{:03}", b / BINS, b % BINS).parse().unwrap();
            assert_eq!((edge(b), bin_above(threshold)), (threshold, b));
            assert_eq!(bin(threshold), b.saturating_sub(1), "{threshold}");
            assert_eq!(bin(threshold.next_up()), b.min(BINS - 1), "above {threshold}");
            assert_eq!(bin(threshold + 0.0004), b.min(BINS - 1), "well above {threshold}");
        }
        assert_eq!((bin(f32::NAN), bin(-1.0), bin(7.0)), (0, 0, 999));
        assert_eq!((bin_above(f32::NAN), bin_above(-1.0), bin_above(7.0)), (0, 0, 1_000));
    }
}
