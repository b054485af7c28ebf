//! A forwarder of bytes in front of the server, which keeps its port and breaks connections as a network does.

use std::io::{ErrorKind, Result};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, JoinSet};

/// When the next connection is to be reset: once this many more bytes of answers have passed.
#[derive(Clone, Default)]
pub struct Cut(Arc<Mutex<Option<u64>>>);

impl Cut {
    /// Resets the connection that carries the byte after the next `bytes` bytes of answers.
    pub fn after(&self, bytes: u64) {
        *self.0.lock().unwrap() = Some(bytes);
    }

    /// How many of `len` bytes may pass before the connection is reset; `None` if all may and it stays.
    fn falls_within(&self, len: usize) -> Option<usize> {
        let mut left = self.0.lock().unwrap();
        match *left {
            Some(bytes) if bytes < len as u64 => {
                *left = None;
                Some(bytes as usize)
            }
            Some(bytes) => {
                *left = Some(bytes - len as u64);
                None
            }
            None => None,
        }
    }
}

pub struct Proxy {
    address: SocketAddr,
    backend: SocketAddr,
    cut: Cut,
    accepting: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Listens on a free port and forwards to the backend.
    pub fn start(runtime: &Handle, backend: SocketAddr, cut: Cut) -> Self {
        let mut proxy = Self { address: ([127, 0, 0, 1], 0).into(), backend, cut, accepting: None };
        proxy.open(runtime);
        proxy
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Listens, on the same port as before.
    pub fn open(&mut self, runtime: &Handle) {
        if self.accepting.is_some() {
            return;
        }
        let listener = runtime.block_on(async {
            let mut tries = 0;
            loop {
                match TcpListener::bind(self.address).await {
                    Ok(listener) => break listener,
                    Err(error) if tries == 100 => panic!("{}: {error}", self.address),
                    Err(_) => tries += 1,
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        self.address = listener.local_addr().unwrap();
        let (backend, cut) = (self.backend, self.cut.clone());
        self.accepting = Some(runtime.spawn(async move {
            // Aborting this task ends its connections too.
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(forward(client, backend, cut.clone()));
                while connections.try_join_next().is_some() {}
            }
        }));
    }

    /// Ends every connection and refuses new ones.
    pub fn close(&mut self, runtime: &Handle) {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
            let _ = runtime.block_on(accepting);
        }
    }
}

async fn forward(client: TcpStream, backend: SocketAddr, cut: Cut) {
    let Ok(server) = TcpStream::connect(backend).await else { return };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let was_cut = tokio::select! {
        _ = pump(&client, &server, None) => false,
        down = pump(&server, &client, Some(&cut)) => down.unwrap_or(false),
    };
    if was_cut {
        // Closing it now sends a reset instead of an orderly end.
        let _ = client.set_zero_linger();
    }
}

/// Copies until the end, or until the cut; tells whether it was cut.
async fn pump(from: &TcpStream, to: &TcpStream, cut: Option<&Cut>) -> Result<bool> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        from.readable().await?;
        let len = match from.try_read(&mut buffer) {
            Ok(0) => return Ok(false),
            Ok(len) => len,
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        match cut.and_then(|cut| cut.falls_within(len)) {
            Some(passing) => {
                write_all(to, &buffer[..passing]).await?;
                return Ok(true);
            }
            None => write_all(to, &buffer[..len]).await?,
        }
    }
}

async fn write_all(to: &TcpStream, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        to.writable().await?;
        match to.try_write(bytes) {
            Ok(len) => bytes = &bytes[len..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
