//! Blockscope: what the vectors of a Qdrant collection know.
