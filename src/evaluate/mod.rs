//! What encoders are worth: retrieval, agreement, clusters, labels, reconstruction and outliers, each as a pure function
//! over matrices, and the table that `evaluate` makes of them.

pub mod table;
