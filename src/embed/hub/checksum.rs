//! Whether a content is the one that its name promises.

use sha1::{Digest as _, Sha1};
use sha2::{Digest as _, Sha256};

/// The checksum of a content as it comes in, of the kind that its name is.
pub(super) enum Checksum {
    /// Large files are named by their SHA-256.
    Sha256(Sha256),
    /// Small files are named as git names them. Mirrors of the hub give a plain SHA-1, which looks the same.
    Sha1 {
        /// With the head that git puts before a content.
        git: Sha1,
        /// Without it.
        plain: Sha1,
    },
    /// The name says nothing.
    None,
}

impl Checksum {
    pub(super) fn new(etag: &str, size: Option<u64>) -> Self {
        match (etag.len(), size) {
            _ if !etag.bytes().all(|byte| byte.is_ascii_hexdigit()) => Self::None,
            (64, _) => Self::Sha256(Sha256::new()),
            (40, Some(size)) => Self::Sha1 { git: Sha1::new_with_prefix(format!("blob {size}\0")), plain: Sha1::new() },
            _ => Self::None,
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(sum) => sum.update(bytes),
            Self::Sha1 { git, plain } => {
                git.update(bytes);
                plain.update(bytes);
            }
            Self::None => {}
        }
    }

    /// What is wrong, if anything is.
    pub(super) fn problem(self, etag: &str) -> Option<String> {
        let (kind, found) = match self {
            Self::Sha256(sum) => ("SHA-256", vec![hex(&sum.finalize())]),
            Self::Sha1 { git, plain } => ("SHA-1", vec![hex(&git.finalize()), hex(&plain.finalize())]),
            Self::None => return None,
        };
        if found.iter().any(|found| found.eq_ignore_ascii_case(etag)) {
            return None;
        }
        Some(format!("its {kind} is {}, and the hub promised {etag}; it was thrown away", found[0]))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
