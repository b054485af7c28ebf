//! The strongest points of each feature.

use super::accumulate::Strong;

/// The strongest points of each feature, at most so many: those that come first in the order of [`Strong`], in whatever
/// order they are offered.
///
/// A feature has up to twice as many before the superfluous ones are let go of together, which costs less than a heap.
#[derive(Clone, Debug)]
pub(super) struct Strongest {
    most: usize,
    /// For each feature the activation that a point must reach to be among them.
    needed: Vec<f32>,
    points: Vec<Vec<Strong>>,
}

impl PartialEq for Strongest {
    /// Whatever the order, and whatever is superfluous.
    fn eq(&self, other: &Self) -> bool {
        self.most == other.most
            && self.points.len() == other.points.len()
            && (0..self.points.len()).all(|feature| self.sorted(feature) == other.sorted(feature))
    }
}

impl Strongest {
    pub(super) fn new(features: usize, most: usize) -> Self {
        let needed = if most == 0 { f32::INFINITY } else { f32::NEG_INFINITY };
        Self { most, needed: vec![needed; features], points: vec![Vec::new(); features] }
    }

    /// The most points of a feature.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// For each feature the activation that a point must reach to be of interest.
    pub(super) fn needed(&self) -> &[f32] {
        &self.needed
    }

    /// Takes a point in where it may be among a feature's strongest.
    pub(super) fn offer(&mut self, feature: usize, point: Strong) {
        if self.most == 0 || point.value < self.needed[feature] {
            return;
        }
        let points = &mut self.points[feature];
        points.push(point);
        if points.len() > 2 * self.most {
            self.cut(feature);
        }
    }

    fn cut(&mut self, feature: usize) {
        let points = &mut self.points[feature];
        if points.len() >= self.most && self.most > 0 {
            let (_, weakest, _) = points.select_nth_unstable(self.most - 1);
            self.needed[feature] = weakest.value;
            points.truncate(self.most);
        }
    }

    /// Takes in what others have kept of other points.
    pub(super) fn merge(&mut self, others: &Self) {
        for (feature, points) in others.points.iter().enumerate() {
            points.iter().for_each(|point| self.offer(feature, *point));
        }
    }

    /// Lets go of what is superfluous.
    pub(super) fn settle(&mut self) {
        (0..self.points.len()).for_each(|feature| self.cut(feature));
    }

    /// A feature's strongest points, strongest first.
    pub(super) fn sorted(&self, feature: usize) -> Vec<Strong> {
        let mut points = self.points[feature].clone();
        points.sort_unstable();
        points.truncate(self.most);
        points
    }
}
