//! Results without and with steering, side by side.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use super::pass::{Encoded, Nearness};
use super::searcher::Blocks;
use super::target::Target;
use super::{Ask, Because, Searcher, Steered, SteeredHit, Steering};
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::search::{Best, Matcher, Preset, Steer, order, spread};
use crate::source::{Distance, PointId, Query, SparseWeights};

impl Searcher {
    /// The points that are looked for, ranked by [the score of steering](crate::search) and without it. Similarity is the
    /// cosine, whatever the collection's distance.
    ///
    /// A collection of up to 200,000 points is scored whole, so that both rankings are exact. Of a larger one the 2,000
    /// points nearest to the query are scored, together with the 2,000 best by the steered score where the collection has
    /// block vectors of sqrt p: [`Steered::candidates`] says how many. A query by features ranks what matches it by the
    /// [score of the match](Matcher) in place of the cosine; a query by examples or pairs that no single vector stands for
    /// ranks the best 2,000 by the collection's own score.
    ///
    /// [`Steered::request`] is there where the collection has block vectors of sqrt p and one vector stands for the query.
    /// It takes entries under the threshold of `convert` for 0, so that the last ranks may differ a little. Where only
    /// winners or the strongest of each block are stored, it would differ by much, and there is none.
    ///
    /// A [relative strength](crate::search::Strength) goes by the cosines of the query with the collection, or with a
    /// uniform sample of at most 10,000 points; where no single vector stands for the query, it is alpha.
    ///
    /// Fails without an encoder, and for weights that are not of its features or out of range.
    pub fn steer(
        &mut self,
        ask: &Ask,
        steering: &Steering,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Steered> {
        let encoder = self.needs_encoder("steering")?;
        steering.strength.check()?;
        Steer::check(&steering.weights, 0.0, encoder.outputs())?;
        let asked = self.read(ask, control, reporter)?;
        let means = self.means(&encoder, control, reporter)?;
        let alpha = match asked.target.sole_vector() {
            Some(vector) => steering.strength.alpha(spread(vector, &self.sample)),
            None => steering.strength.alpha(None),
        };
        let steer = Steer::new(&steering.weights, alpha, &means)?;
        let info = self.source.info();
        let points = info.points;
        if info.distance != Distance::Cosine && asked.target.sole_vector().is_some() {
            reporter.note(format!("{} measures {} distance; steering goes by the cosine", info.title, info.distance));
        }
        reporter.stage("steering", "points", None);
        let began = Instant::now();
        let whole = points <= self.sizes.whole;
        let ranking = match (&asked.target, asked.target.sole_vector()) {
            (Target::Matches(matcher), _) => {
                let mut ranking = Ranking::new(Base::Match(matcher), &steer, &asked.own, ask.limit);
                self.each_page(control, reporter, |page| {
                    ranking.take(page, &encoder);
                    Ok(())
                })?;
                ranking
            }
            (_, Some(vector)) if whole => {
                let base = Base::Cosine(Nearness::new(Distance::Cosine, vector));
                let mut ranking = Ranking::new(base, &steer, &asked.own, ask.limit);
                self.each_page(control, reporter, |page| {
                    ranking.take(page, &encoder);
                    Ok(())
                })?;
                ranking
            }
            (target, vector) => {
                let most = self.sizes.candidates.max(ask.limit) + asked.own.len();
                let query =
                    target.query().ok_or_else(|| Error::setting("features are not searched by dense vectors"))?;
                let nearest = self.ask(query, most, false, control)?;
                let mut ids: Vec<PointId> = nearest.iter().map(|found| found.id).collect();
                let known: HashSet<PointId> = ids.iter().copied().collect();
                let base = match vector {
                    Some(vector) => {
                        if self.blocks(control, reporter)?.is_some() {
                            let more =
                                self.ask(steered(vector, &steering.weights, alpha, most), most, false, control)?;
                            ids.extend(more.iter().map(|found| found.id).filter(|id| !known.contains(id)));
                        }
                        Base::Cosine(Nearness::new(Distance::Cosine, vector))
                    }
                    None => Base::Given(nearest.iter().map(|found| (found.id, found.score)).collect()),
                };
                let mut ranking = Ranking::new(base, &steer, &asked.own, ask.limit);
                ranking.known = Some(known);
                self.each_of(&ids, &encoder, control, |page| ranking.take(page, &encoder))?;
                ranking
            }
        };
        let ranked = ranking.finish(ask.limit);
        let seconds = began.elapsed().as_secs_f64();
        let request = match asked.target.sole_vector() {
            Some(vector) if self.blocks(control, reporter)?.is_some_and(Blocks::has_roots) => {
                let most = self.sizes.candidates.max(ask.limit);
                self.request(steered(vector, &steering.weights, alpha, most), ask.limit, &asked.own)?
            }
            _ => None,
        };
        let before = self.hits(&ranked.before, control)?;
        let scored: Vec<(PointId, f32)> = ranked.after.iter().map(|after| (after.id, after.score)).collect();
        let after = self.hits(&scored, control)?.into_iter().zip(ranked.after).enumerate();
        let after = after.map(|(place, (hit, after))| SteeredHit {
            hit,
            similarity: after.similarity,
            rank_before: after.rank_before,
            moved: after.rank_before.map(|rank| rank as i64 - (place as i64 + 1)),
            because: after.because,
        });
        Ok(Steered {
            before,
            after: after.collect(),
            alpha,
            candidates: ranked.candidates,
            seconds,
            model: asked.model,
            request,
        })
    }

    /// The weights of a preset for a query.
    pub fn preset(
        &mut self,
        preset: Preset,
        ask: &Ask,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Vec<(usize, f32)>> {
        let encoder = self.needs_encoder("a preset")?;
        let outputs = self.features_of(ask, control, reporter)?;
        let means = self.means(&encoder, control, reporter)?;
        Ok(preset.weights(&outputs, encoder.rivals(), &means))
    }
}

/// Steering as a collection with block vectors of sqrt p does it: the same order, as what is missing is the same for all.
fn steered(dense: &[f32], weights: &[(usize, f32)], alpha: f32, candidates: usize) -> Query {
    let mut weights = weights.to_vec();
    weights.retain(|(_, weight)| *weight != 0.0);
    weights.sort_unstable_by_key(|(feature, _)| *feature);
    let (indices, values) = weights.into_iter().map(|(feature, weight)| (feature as u32, weight)).unzip();
    let weights = SparseWeights { indices, values };
    Query::Steered { dense: dense.to_vec(), weights, alpha, candidates }
}

/// What a point's score is without steering.
enum Base<'a> {
    Cosine(Nearness<'a>),
    Match(&'a Matcher),
    Given(HashMap<PointId, f32>),
}

/// Points as they are scored.
struct Ranking<'a> {
    base: Base<'a>,
    steer: &'a Steer,
    own: &'a [PointId],
    /// The points whose rank without steering is known; all of them where there is no such set.
    known: Option<HashSet<PointId>>,
    before: Vec<(f32, PointId)>,
    after: Best<(f32, Vec<Because>)>,
}

/// What comes of it.
struct Ranked {
    before: Vec<(PointId, f32)>,
    after: Vec<After>,
    candidates: usize,
}

struct After {
    id: PointId,
    score: f32,
    similarity: f32,
    rank_before: Option<usize>,
    because: Vec<Because>,
}

impl<'a> Ranking<'a> {
    fn new(base: Base<'a>, steer: &'a Steer, own: &'a [PointId], limit: usize) -> Self {
        Self { base, steer, own, known: None, before: Vec::new(), after: Best::new(limit) }
    }

    fn take(&mut self, page: &Encoded, encoder: &Encoder) {
        let vectors = page.vectors.chunks(encoder.dim());
        for ((id, x), y) in page.ids.iter().zip(vectors).zip(page.outputs.chunks(encoder.outputs())) {
            let similarity = match &self.base {
                Base::Cosine(nearness) => Some(nearness.score(x)),
                Base::Match(matcher) => matcher.score(y),
                Base::Given(scores) => scores.get(id).copied(),
            };
            // What is not a number cannot be ranked, neither with nor without.
            let Some(similarity) = similarity.filter(|s| s.is_finite()) else { continue };
            let score = similarity + self.steer.shift(y);
            if !score.is_finite() || self.own.contains(id) {
                continue;
            }
            self.before.push((similarity + 0.0, *id));
            self.after.offer(score, *id, || {
                let because = self.steer.because(y).into_iter();
                (similarity, because.map(|(index, contribution)| Because { index, contribution }).collect())
            });
        }
    }

    fn finish(self, limit: usize) -> Ranked {
        let mut before = self.before;
        before.sort_unstable_by(|a, b| order(*a, *b));
        let known = |id: &PointId| self.known.as_ref().is_none_or(|known| known.contains(id));
        let after = self.after.into_sorted().into_iter().map(|(score, id, (similarity, because))| {
            let place = before.binary_search_by(|other| order(*other, (similarity + 0.0, id))).ok();
            After { id, score, similarity, rank_before: place.map(|p| p + 1).filter(|_| known(&id)), because }
        });
        Ranked {
            after: after.collect(),
            before: before.iter().take(limit).map(|(score, id)| (*id, *score)).collect(),
            candidates: before.len(),
        }
    }
}
