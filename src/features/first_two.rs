//! Who wins a block, and who comes second.

use pulp::{Simd, WithSimd};

/// The places in a block of its largest and its second largest output; of equal ones the first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct FirstTwo {
    pub(super) winner: usize,
    /// None where the block has but one.
    pub(super) second: Option<usize>,
}

/// Finds the first two of each block of some points, one after the other; for [`wide`](crate::linalg::wide).
pub(super) struct Find<'a> {
    pub(super) outputs: &'a [f32],
    pub(super) block_size: usize,
    pub(super) found: &'a mut [FirstTwo],
}

impl WithSimd for Find<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (b, found) in self.found.iter_mut().enumerate() {
            *found = first_two(simd, &self.outputs[b * self.block_size..][..self.block_size]);
        }
    }
}

// What longer chains of iterators call is not always inlined, and what is not inlined is not wide: hence plain loops.
#[inline(always)]
fn first_two<S: Simd>(simd: S, block: &[f32]) -> FirstTwo {
    let (head, tail) = S::as_simd_f32s(block);
    // The largest and the second largest of what each lane sees.
    let (mut first, mut second) = (simd.splat_f32s(f32::NEG_INFINITY), simd.splat_f32s(f32::NEG_INFINITY));
    for y in head {
        second = simd.max_f32s(second, simd.min_f32s(first, *y));
        first = simd.max_f32s(first, *y);
    }
    // Then of twice as many lanes, until every lane has them of all.
    let mut apart = S::F32_LANES / 2;
    while apart > 0 {
        let (other_first, other_second) = (simd.rotate_right_f32s(first, apart), simd.rotate_right_f32s(second, apart));
        second = simd.max_f32s(simd.max_f32s(second, other_second), simd.min_f32s(first, other_first));
        first = simd.max_f32s(first, other_first);
        apart /= 2;
    }
    let (mut largest, mut next) = (simd.reduce_max_f32s(first), simd.reduce_max_f32s(second));
    for y in tail {
        next = next.max(largest.min(*y));
        largest = largest.max(*y);
    }
    let (winner, mut second) = places(simd, head, tail, largest, next);
    if second == winner && winner < block.len() {
        // The two are equal.
        second += 1;
        while second < block.len() && block[second] != next {
            second += 1;
        }
    }
    // Only NaN is nowhere.
    let winner = if winner < block.len() { winner } else { 0 };
    FirstTwo { winner, second: (second < block.len()).then_some(second) }
}

/// Where two outputs are first; behind the end where one is nowhere.
#[inline(always)]
fn places<S: Simd>(simd: S, head: &[S::f32s], tail: &[f32], one: f32, other: f32) -> (usize, usize) {
    let nowhere = simd.splat_u32s(u32::MAX);
    let (wanted_one, wanted_other) = (simd.splat_f32s(one), simd.splat_f32s(other));
    let (mut at_one, mut at_other) = (nowhere, nowhere);
    for (i, y) in head.iter().enumerate() {
        let here = simd.splat_u32s(i as u32);
        let (is_one, is_other) = (simd.equal_f32s(*y, wanted_one), simd.equal_f32s(*y, wanted_other));
        at_one = simd.min_u32s(at_one, simd.select_u32s(is_one, here, nowhere));
        at_other = simd.min_u32s(at_other, simd.select_u32s(is_other, here, nowhere));
    }
    let lanes_one: &[u32] = bytemuck::cast_slice(std::slice::from_ref(&at_one));
    let lanes_other: &[u32] = bytemuck::cast_slice(std::slice::from_ref(&at_other));
    let (mut place_one, mut place_other) = (usize::MAX, usize::MAX);
    for i in 0..S::F32_LANES {
        let place = |at: u32| if at == u32::MAX { usize::MAX } else { at as usize * S::F32_LANES + i };
        place_one = place_one.min(place(lanes_one[i]));
        place_other = place_other.min(place(lanes_other[i]));
    }
    for i in (0..tail.len()).rev() {
        let place = head.len() * S::F32_LANES + i;
        place_one = if tail[i] == one && place_one >= place { place } else { place_one };
        place_other = if tail[i] == other && place_other >= place { place } else { place_other };
    }
    (place_one, place_other)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_two_are_those_of_a_stable_sort(
            rows in prop::collection::vec(0u8..30, 1..120), block_size in 1usize..40,
        ) {
            let whole = rows.len().div_ceil(block_size) * block_size;
            let row: Vec<f32> = rows.iter().cycle().take(whole).map(|y| f32::from(*y) / 29.0).collect();
            let mut found = vec![FirstTwo::default(); whole / block_size];
            crate::linalg::wide(Find { outputs: &row, block_size, found: &mut found });
            for (block, found) in row.chunks(block_size).zip(found) {
                let mut order: Vec<usize> = (0..block_size).collect();
                order.sort_by(|a, b| block[*b].total_cmp(&block[*a]));
                prop_assert_eq!(found, FirstTwo { winner: order[0], second: order.get(1).copied() });
            }
        }
    }
}
