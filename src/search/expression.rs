//! The language of features: which points are looked for, by what fires for them.
//!
//! ```text
//! expression := and { OR and }
//! and        := not { AND not }
//! not        := NOT not | "(" expression ")" | condition
//! condition  := feature [ (">" | "<") threshold ]
//! feature    := index | word | "name in quotes"
//! ```
//!
//! - `12` says that feature 12 fires: its activation is above .1. `12 > 0.4` and `12 < 0.4` say it of another threshold,
//!   from 0 to 1. Both bounds are strict, so that `NOT 12 > 0.4` holds exactly where the activation is at most .4.
//! - A word of digits alone is an index over all blocks (block * block size + place). Any other word is a feature's
//!   name; a name of several words, or one that is made of digits or reads AND, OR or NOT, goes in quotes, in which
//!   `\"` and `\\` stand for a quote and a backslash. Names are taken without regard to case and to how blanks repeat.
//! - NOT binds more closely than AND, and AND more closely than OR. The three are written in any case.
//! - What matches is ranked by [`Matcher`].

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use crate::error::Error;
use crate::features::{FIRES_ABOVE, FeatureNotes};

/// How deep brackets and NOTs may nest.
const DEEPEST: usize = 100;
/// Names that are shown where one is not known.
const NEAR: usize = 4;

/// Which points are looked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A feature's activation is as said.
    Is(Condition),
    /// What does not match.
    Not(Box<Expression>),
    /// What matches all of these; two at least where it was read from text.
    All(Vec<Expression>),
    /// What matches any of these; two at least where it was read from text.
    Any(Vec<Expression>),
}

/// What is said of a feature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// The feature, by its index over all blocks.
    pub feature: usize,
    /// Where its activation lies.
    pub bound: Bound,
}

/// Where an activation lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// Above this.
    Above(f32),
    /// Below this.
    Below(f32),
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The part of the text that is at fault, in bytes; empty at the end of the text where something is missing.
    pub range: Range<usize>,
    /// Where it begins, in characters from 1.
    pub column: usize,
    /// What is wrong, and what was expected.
    pub problem: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "features, at character {}: {}", self.column, self.problem)
    }
}

impl Unreadable {
    /// As a setting that makes no sense.
    pub fn into_error(self) -> Error {
        Error::setting(self.to_string())
    }
}

impl Expression {
    /// Reads an expression about an encoder of so many features, whose names are in the notes.
    pub fn parse(text: &str, notes: &FeatureNotes, features: usize) -> Result<Self, Unreadable> {
        let mut parser = Parser { text, tokens: tokens(text)?, next: 0, depth: 0, notes, features };
        let expression = parser.any()?;
        match parser.peek() {
            None => Ok(expression),
            Some(_) => Err(parser.unexpected("AND, OR or the end")),
        }
    }

    /// Whether a point with these block outputs matches. An index beyond them counts as an activation of 0.
    pub fn matches(&self, outputs: &[f32]) -> bool {
        match self {
            Self::Is(condition) => condition.holds(outputs),
            Self::Not(inner) => !inner.matches(outputs),
            Self::All(parts) => parts.iter().all(|part| part.matches(outputs)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(outputs)),
        }
    }

    /// The features that are asked for: those above a bound outside of NOT, or below one inside; each once, ascending.
    pub fn wanted(&self) -> Vec<usize> {
        let mut wanted = BTreeSet::new();
        self.collect(true, &mut wanted, &mut BTreeSet::new());
        wanted.into_iter().collect()
    }

    fn collect(&self, positive: bool, wanted: &mut BTreeSet<usize>, unwanted: &mut BTreeSet<usize>) {
        match self {
            Self::Is(condition) => {
                let above = matches!(condition.bound, Bound::Above(_));
                let kind = if above == positive { wanted } else { unwanted };
                kind.insert(condition.feature);
            }
            Self::Not(inner) => inner.collect(!positive, wanted, unwanted),
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.collect(positive, wanted, unwanted));
            }
        }
    }

    /// Features of which at least one has an activation above `threshold` wherever the expression matches, so that points
    /// that have them are all that need to be looked at; none where there is no saying so.
    pub fn implied(&self, threshold: f32) -> Option<BTreeSet<usize>> {
        match self {
            Self::Is(Condition { feature, bound: Bound::Above(bound) }) if *bound >= threshold => {
                Some(BTreeSet::from([*feature]))
            }
            Self::Is(_) | Self::Not(_) => None,
            // Any part will do, and the one with the fewest features leaves the fewest points.
            Self::All(parts) => parts.iter().filter_map(|part| part.implied(threshold)).min_by_key(BTreeSet::len),
            Self::Any(parts) => {
                let all: Option<Vec<_>> = parts.iter().map(|part| part.implied(threshold)).collect();
                Some(all?.into_iter().flatten().collect())
            }
        }
    }

    /// As text with names in place of indices, where a feature has one that no other has. It reads back as the same.
    pub fn named(&self, notes: &FeatureNotes) -> String {
        let mut text = String::new();
        let name = |feature: usize| {
            let name = notes.name(feature)?;
            let folded = folded(name);
            let sole = notes.names.values().filter(|other| self::folded(&other.name) == folded).count() == 1;
            (sole && !folded.is_empty()).then(|| quoted(name))
        };
        // Writing to a string does not fail.
        let _ = self.write(&mut text, &name, true);
        text
    }

    fn write(&self, out: &mut dyn fmt::Write, name: &dyn Fn(usize) -> Option<String>, top: bool) -> fmt::Result {
        let (parts, between) = match self {
            Self::Is(condition) => {
                match name(condition.feature) {
                    Some(name) => out.write_str(&name)?,
                    None => write!(out, "{}", condition.feature)?,
                }
                return match condition.bound {
                    Bound::Above(FIRES_ABOVE) => Ok(()),
                    Bound::Above(bound) => write!(out, " > {bound}"),
                    Bound::Below(bound) => write!(out, " < {bound}"),
                };
            }
            Self::Not(inner) => {
                out.write_str("NOT ")?;
                return inner.write(out, name, false);
            }
            Self::All(parts) => (parts, " AND "),
            Self::Any(parts) => (parts, " OR "),
        };
        out.write_str(if top { "" } else { "(" })?;
        for (i, part) in parts.iter().enumerate() {
            out.write_str(if i > 0 { between } else { "" })?;
            part.write(out, name, false)?;
        }
        out.write_str(if top { "" } else { ")" })
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, &|_| None, true)
    }
}

impl Condition {
    fn holds(&self, outputs: &[f32]) -> bool {
        let activation = outputs.get(self.feature).copied().unwrap_or_default();
        match self.bound {
            Bound::Above(bound) => activation > bound,
            Bound::Below(bound) => activation < bound,
        }
    }
}

/// An expression that points are ranked by.
///
/// A point either matches or does not. Those that match are ranked by the mean of sqrt p over the features that are
/// asked for ([`Expression::wanted`]), from 0 to 1: the sum is what a sparse query with equal weights over vectors of
/// sqrt p gives, and dividing it lets expressions be compared. Where none is asked for, as in `NOT 12`, it is the mean of
/// 1 - sqrt p over the features that are not to fire.
#[derive(Clone, Debug)]
pub struct Matcher {
    expression: Expression,
    features: Vec<usize>,
    wanted: bool,
}

impl Matcher {
    /// Ranks by this expression.
    pub fn new(expression: Expression) -> Self {
        let (mut wanted, mut unwanted) = (BTreeSet::new(), BTreeSet::new());
        expression.collect(true, &mut wanted, &mut unwanted);
        let some = !wanted.is_empty();
        Self { expression, features: (if some { wanted } else { unwanted }).into_iter().collect(), wanted: some }
    }

    /// The expression.
    pub fn expression(&self) -> &Expression {
        &self.expression
    }

    /// The score of a point with these block outputs; none where it does not match.
    pub fn score(&self, outputs: &[f32]) -> Option<f32> {
        if !self.expression.matches(outputs) {
            return None;
        }
        let root = |feature: &usize| outputs.get(*feature).copied().unwrap_or_default().max(0.0).sqrt();
        let sum: f32 = self.features.iter().map(|f| if self.wanted { root(f) } else { 1.0 - root(f) }).sum();
        Some(sum / self.features.len().max(1) as f32)
    }
}

/// A part of the text and where it is.
#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    range: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    And,
    Or,
    Not,
    Open,
    Close,
    Above,
    Below,
    Word(String),
    Quoted(String),
}

fn tokens(text: &str) -> Result<Vec<Token>, Unreadable> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let kind = match c {
            c if c.is_whitespace() => continue,
            '(' => Kind::Open,
            ')' => Kind::Close,
            '>' => Kind::Above,
            '<' => Kind::Below,
            '"' => {
                let mut name = String::new();
                loop {
                    match chars.next() {
                        None => return Err(unreadable(text, start..text.len(), "the quote is never closed".into())),
                        Some((_, '"')) => break,
                        Some((_, '\\')) => name.extend(chars.next().map(|(_, c)| c)),
                        Some((_, c)) => name.push(c),
                    }
                }
                Kind::Quoted(name)
            }
            c => {
                let mut word = String::from(c);
                while let Some((_, c)) = chars.next_if(|(_, c)| !c.is_whitespace() && !"()<>\"".contains(*c)) {
                    word.push(c);
                }
                match word.to_ascii_uppercase().as_str() {
                    "AND" => Kind::And,
                    "OR" => Kind::Or,
                    "NOT" => Kind::Not,
                    _ => Kind::Word(word),
                }
            }
        };
        let end = chars.peek().map_or(text.len(), |(at, _)| *at);
        tokens.push(Token { kind, range: start..end });
    }
    Ok(tokens)
}

fn unreadable(text: &str, range: Range<usize>, problem: String) -> Unreadable {
    let column = text.get(..range.start).map_or(0, |before| before.chars().count()) + 1;
    Unreadable { range, column, problem }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    notes: &'a FeatureNotes,
    features: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self, kind: &Kind) -> bool {
        let there = self.peek().is_some_and(|token| token.kind == *kind);
        self.next += usize::from(there);
        there
    }

    /// At the token that comes next, or at the end.
    fn fail(&self, problem: String) -> Unreadable {
        let end = self.text.trim_end().len();
        let range = self.peek().map_or(end..end, |token| token.range.clone());
        unreadable(self.text, range, problem)
    }

    fn unexpected(&self, expected: &str) -> Unreadable {
        let Some(token) = self.peek() else {
            return self.fail(format!("expected {expected}, and the text ends here"));
        };
        let found = &self.text[token.range.clone()];
        let after_word = self.next > 0 && matches!(self.tokens[self.next - 1].kind, Kind::Word(_) | Kind::Quoted(_));
        let hint = match token.kind {
            Kind::Word(_) | Kind::Quoted(_) if after_word => "; a name of several words goes in quotes",
            _ => "",
        };
        self.fail(format!("expected {expected}, and found {}{hint}", found.trim()))
    }

    fn any(&mut self) -> Result<Expression, Unreadable> {
        self.list(&Kind::Or, Self::all, Expression::Any)
    }

    fn all(&mut self) -> Result<Expression, Unreadable> {
        self.list(&Kind::And, Self::not, Expression::All)
    }

    fn list(
        &mut self,
        between: &Kind,
        part: fn(&mut Self) -> Result<Expression, Unreadable>,
        several: fn(Vec<Expression>) -> Expression,
    ) -> Result<Expression, Unreadable> {
        let first = part(self)?;
        if !self.take(between) {
            return Ok(first);
        }
        let mut parts = vec![first, part(self)?];
        while self.take(between) {
            parts.push(part(self)?);
        }
        Ok(several(parts))
    }

    fn not(&mut self) -> Result<Expression, Unreadable> {
        if self.depth >= DEEPEST {
            return Err(self.fail(format!("brackets and NOTs nest more than {DEEPEST} deep here")));
        }
        self.depth += 1;
        let found = if self.take(&Kind::Not) {
            self.not().map(|inner| Expression::Not(Box::new(inner)))
        } else if self.take(&Kind::Open) {
            self.any().and_then(|inner| {
                if self.take(&Kind::Close) { Ok(inner) } else { Err(self.unexpected("AND, OR or a closing bracket")) }
            })
        } else {
            self.condition()
        };
        self.depth -= 1;
        found
    }

    fn condition(&mut self) -> Result<Expression, Unreadable> {
        let feature = match self.peek().map(|token| token.kind.clone()) {
            Some(Kind::Word(word)) => find_feature(&word, self.notes, self.features),
            Some(Kind::Quoted(name)) => feature_called(&name, self.notes, self.features),
            _ => return Err(self.unexpected("a feature (an index or a name), NOT or an opening bracket")),
        };
        let feature = feature.map_err(|problem| self.fail(problem))?;
        self.next += 1;
        let bound = if self.take(&Kind::Above) {
            Bound::Above(self.threshold()?)
        } else if self.take(&Kind::Below) {
            Bound::Below(self.threshold()?)
        } else {
            Bound::Above(FIRES_ABOVE)
        };
        Ok(Expression::Is(Condition { feature, bound }))
    }

    fn threshold(&mut self) -> Result<f32, Unreadable> {
        let Some(Kind::Word(word)) = self.peek().map(|token| token.kind.clone()) else {
            return Err(self.unexpected("a threshold from 0 to 1"));
        };
        if word.starts_with('=') {
            return Err(self.fail("bounds are strict: write > or < alone".into()));
        }
        match word.parse::<f32>() {
            Ok(number) if (0.0..=1.0).contains(&number) => {
                self.next += 1;
                Ok(number)
            }
            _ => Err(self.unexpected("a threshold from 0 to 1")),
        }
    }
}

/// The feature that an index or a name stands for, among so many; or why none does.
pub fn find_feature(text: &str, notes: &FeatureNotes, features: usize) -> Result<usize, String> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return feature_called(text, notes, features);
    }
    let index = text.parse::<usize>().ok().filter(|index| *index < features);
    index.ok_or_else(|| format!("there is no feature {text}: the encoder has 0 to {}", features.saturating_sub(1)))
}

fn feature_called(name: &str, notes: &FeatureNotes, features: usize) -> Result<usize, String> {
    let wanted = folded(name);
    let known = notes.names.iter().filter(|(feature, _)| **feature < features);
    let found: Vec<usize> = known.clone().filter(|(_, n)| folded(&n.name) == wanted).map(|(f, _)| *f).collect();
    match found[..] {
        [feature] => return Ok(feature),
        [] => {}
        _ => {
            let list: Vec<String> = found.iter().map(usize::to_string).collect();
            let list = list.join(", ");
            return Err(format!("{} features are called \"{name}\": {list}; name one by its index", found.len()));
        }
    }
    let mut near: Vec<(usize, usize, &str)> =
        known.filter_map(|(f, n)| Some((unlikeness(&wanted, &folded(&n.name))?, *f, n.name.as_str()))).collect();
    near.sort_unstable();
    near.truncate(NEAR);
    let list: Vec<String> = near.iter().map(|(_, feature, name)| format!("\"{name}\" ({feature})")).collect();
    let hint = match () {
        () if !list.is_empty() => format!("; there is {}", list.join(", ")),
        () if notes.names.is_empty() => "; no feature has a name yet, so give indices".into(),
        () => String::new(),
    };
    Err(format!("no feature is called \"{name}\"{hint}"))
}

/// A name as names are compared.
fn folded(name: &str) -> String {
    name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// How far a name is from what was written: 0 where one holds the other, else the letters to change; none where they
/// have little in common.
fn unlikeness(wanted: &str, name: &str) -> Option<usize> {
    if !wanted.is_empty() && (name.contains(wanted) || wanted.contains(name)) {
        return Some(0);
    }
    let (a, b): (Vec<char>, Vec<char>) = (wanted.chars().collect(), name.chars().collect());
    let most = (a.len().max(b.len()) / 3).max(1);
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    // Levenshtein's distance, row by row.
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    Some(row[b.len()]).filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests;
