//! The products of the neighbour search on a GPU, through Burn.

use std::sync::{Mutex, PoisonError};

use burn::tensor::{Tensor, TensorData};

use super::exact::Arithmetic;
use crate::device::Opened;
use crate::error::{Error, Result};

/// Vectors on a device, which does the products; the best of each row are found on the host.
pub struct DeviceProducts {
    /// n x dim. One caller at a time, as a device keeps a stream for each thread.
    table: Mutex<Tensor<2>>,
}

impl DeviceProducts {
    /// Uploads vectors, prepared as the distance needs them (unit length for cosine).
    pub fn upload(vectors: &[f32], dim: usize, opened: &Opened) -> Result<Self> {
        opened.check_room("the vectors", vectors.len() as u64 * 4)?;
        let data = TensorData::new(vectors.to_vec(), [vectors.len() / dim, dim]);
        Ok(Self { table: Mutex::new(Tensor::from_data(data, &opened.device)) })
    }
}

impl Arithmetic for DeviceProducts {
    fn rows(&self) -> usize {
        1_024
    }

    fn columns(&self) -> usize {
        16_384
    }

    fn threads(&self) -> usize {
        1
    }

    fn tile(&self, row: usize, rows: usize, column: usize, columns: usize, out: &mut [f32]) -> Result<()> {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let queries = table.clone().narrow(0, row, rows);
        let points = table.narrow(0, column, columns);
        let scores = queries.matmul(points.transpose()).try_into_vec_as::<f32>();
        out.copy_from_slice(&scores.map_err(|e| Error::Device(e.to_string()))?);
        Ok(())
    }
}
