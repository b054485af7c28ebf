//! The keyring: where the keys of servers are kept between starts, if the person says so.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What the entries belong to.
const SERVICE: &str = "blockscope";

/// Keeps keys by the address of their server. Failures are words to show; they never hold a key.
pub trait Keyring: Send + Sync {
    /// The key that is kept.
    fn get(&self, address: &str) -> Result<Option<String>, String>;
    /// Keeps a key, in place of the one before.
    fn set(&self, address: &str, key: &str) -> Result<(), String>;
    /// Forgets the key, where one is kept.
    fn delete(&self, address: &str) -> Result<(), String>;
}

/// The system's: the Secret Service, the Keychain, or Windows' own.
pub(super) struct SystemKeyring;

impl SystemKeyring {
    fn entry(address: &str) -> Result<keyring::Entry, String> {
        keyring::Entry::new(SERVICE, address).map_err(|error| words(&error))
    }
}

impl Keyring for SystemKeyring {
    fn get(&self, address: &str) -> Result<Option<String>, String> {
        match Self::entry(address)?.get_password() {
            Ok(key) => Ok(Some(key)),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(words(&error)),
        }
    }

    fn set(&self, address: &str, key: &str) -> Result<(), String> {
        Self::entry(address)?.set_password(key).map_err(|error| words(&error))
    }

    fn delete(&self, address: &str) -> Result<(), String> {
        match Self::entry(address)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(words(&error)),
        }
    }
}

/// What went wrong, without what the keyring holds.
fn words(error: &keyring::Error) -> String {
    match error {
        keyring::Error::NoDefaultStore => "this desktop has no keyring that answers".to_owned(),
        keyring::Error::NoStorageAccess(_) => "the keyring is locked, or refuses access".to_owned(),
        keyring::Error::PlatformFailure(cause) => format!("the keyring failed: {cause}"),
        keyring::Error::TooLong(..) => "the keyring does not take so long a key".to_owned(),
        _ => "the keyring holds something else under this address".to_owned(),
    }
}

/// One that forgets everything at the end of the program.
#[derive(Debug, Default)]
pub struct MemoryKeyring(Mutex<HashMap<String, String>>);

impl Keyring for MemoryKeyring {
    fn get(&self, address: &str) -> Result<Option<String>, String> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(address).cloned())
    }

    fn set(&self, address: &str, key: &str) -> Result<(), String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(address.to_owned(), key.to_owned());
        Ok(())
    }

    fn delete(&self, address: &str) -> Result<(), String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(address);
        Ok(())
    }
}
