//! The models that queries and inputs go through, opened when they are first needed.

use super::{model_of, warn_of_model};
use crate::config::ModelArgs;
use crate::embed::{Download, Embedder, Side};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::source::VectorSource;

/// The sides of the model that a collection was made with, or of the one that was named.
pub(super) struct Models {
    args: ModelArgs,
    /// The model that the points were embedded with, as far as they say so.
    usual: Option<Option<String>>,
    pictures: Option<Embedder>,
    texts: Option<Embedder>,
}

impl Models {
    pub(super) fn new(args: ModelArgs) -> Self {
        Self { args, usual: None, pictures: None, texts: None }
    }

    /// Takes one that is open already.
    pub(super) fn set(&mut self, embedder: Embedder) {
        let slot = self.slot(embedder.side());
        *slot = Some(embedder);
    }

    fn slot(&mut self, side: Side) -> &mut Option<Embedder> {
        match side {
            Side::Pictures => &mut self.pictures,
            Side::Texts => &mut self.texts,
        }
    }

    fn usual(&mut self, source: &mut dyn VectorSource, control: &Control) -> Result<Option<String>> {
        let usual = match self.usual.take() {
            Some(usual) => usual,
            None => model_of(source, control)?,
        };
        Ok(self.usual.insert(usual).clone())
    }

    /// What would have to be downloaded first; none where the model is here. The hub is asked for the size. Fails where
    /// the model has no such side, or does not fit the collection.
    pub(super) fn needs_download(
        &mut self,
        side: Side,
        source: &mut dyn VectorSource,
        control: &Control,
    ) -> Result<Option<Download>> {
        if self.slot(side).is_some() {
            return Ok(None);
        }
        let usual = self.usual(source, control)?;
        Embedder::to_download(&self.args, usual.as_deref(), side, Some(needed(source)), control)
    }

    /// A side of the model, for vectors that fit the collection.
    pub(super) fn side(
        &mut self,
        side: Side,
        source: &mut dyn VectorSource,
        allow_download: bool,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<&mut Embedder> {
        let embedder = match self.slot(side).take() {
            Some(embedder) => embedder,
            None => {
                let usual = self.usual(source, control)?;
                let (usual, needed) = (usual.as_deref(), Some(needed(source)));
                if !allow_download && let Some(model) = Embedder::missing(&self.args, usual, side, needed)? {
                    return Err(Error::DownloadNeeded { model });
                }
                let embedder = Embedder::open(&self.args, usual, side, needed, control, reporter)?;
                warn_of_model(usual, &embedder, reporter);
                embedder
            }
        };
        Ok(self.slot(side).insert(embedder))
    }
}

/// What vectors must fit: the collection's title and its dimensions.
fn needed(source: &dyn VectorSource) -> (&str, usize) {
    let info = source.info();
    (info.title.as_str(), info.dim)
}
