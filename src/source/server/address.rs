//! The address of a server: what a person writes, and the gRPC URL that it stands for.

use std::net::Ipv6Addr;

use crate::error::{Error, Result};

/// The port of Qdrant's gRPC API.
const GRPC_PORT: u16 = 6334;
/// The port of Qdrant's REST API, which people have in their browser's address line.
const REST_PORT: u16 = 6333;

/// Where a server is, and the key to it.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerAddress {
    /// The gRPC URL: scheme, host and port. `https` means TLS.
    pub url: String,
    /// The API key. It is left out of the debug form.
    pub api_key: Option<String>,
}

impl std::fmt::Debug for ServerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = self.api_key.as_ref().map(|_| "hidden");
        f.debug_struct("ServerAddress").field("url", &self.url).field("api_key", &key).finish()
    }
}

impl ServerAddress {
    /// Reads an `http` or `https` URL, or a bare host with or without a port. Without a port, gRPC's is meant. The REST
    /// port is replaced by gRPC's, and the second value is a note that says so.
    pub fn parse(text: &str, api_key: Option<&str>) -> Result<(Self, Option<String>)> {
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => ("http", rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => ("https", rest),
            Some((scheme, _)) => {
                return Err(Error::setting(format!("--url: {scheme}:// is not known; write http:// or https://")));
            }
            None => ("http", text),
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if authority.contains('@') {
            // What stands before the @ may be a password, so it is not repeated here.
            return Err(Error::setting(
                "--url: leave out what stands before the @; the server's key goes in --api-key",
            ));
        }
        let (host, port) = split_port(authority).ok_or_else(|| {
            Error::setting(format!("--url: \"{text}\" is not an address; write one as http://localhost:{GRPC_PORT}"))
        })?;

        let mut notes = Vec::new();
        let grpc = match port {
            Some(REST_PORT) => {
                notes.push(format!(
                    "{scheme}://{host}:{REST_PORT} is the REST address; using gRPC at {scheme}://{host}:{GRPC_PORT}"
                ));
                GRPC_PORT
            }
            other => other.unwrap_or(GRPC_PORT),
        };
        if path.len() > 1 {
            notes.push(format!("\"{path}\" in --url is not used"));
        }
        let address =
            Self { url: format!("{scheme}://{host}:{grpc}"), api_key: api_key.map(key).transpose()?.flatten() };
        Ok((address, (!notes.is_empty()).then(|| notes.join("; "))))
    }
}

/// The key without the line break that a file or an environment variable may bring.
fn key(text: &str) -> Result<Option<String>> {
    let text = text.trim();
    if !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Err(Error::setting("--api-key: the key holds a character that a request cannot carry"));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// The host, as it stands in a URL, and the port if one is written.
fn split_port(authority: &str) -> Option<(String, Option<u16>)> {
    let ipv6 = |text: &str| text.parse::<Ipv6Addr>().ok().map(|ip| format!("[{ip}]"));
    if let Some(bare) = ipv6(authority) {
        return Some((bare, None));
    }
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        (ipv6(host)?, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
    } else {
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        (Some(host).filter(|host| !host.is_empty() && host.chars().all(good))?.to_owned(), port)
    };
    match port {
        None => Some((host, None)),
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().filter(|port| *port != 0).map(|port| (host, Some(port)))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> String {
        ServerAddress::parse(text, None).unwrap().0.url
    }

    #[test]
    fn an_address_is_a_url_or_a_host() {
        for (written, meant) in [
            ("http://localhost:6334", "http://localhost:6334"),
            ("localhost", "http://localhost:6334"),
            ("localhost:7000", "http://localhost:7000"),
            (" HTTP://Db.Example.com/ ", "http://Db.Example.com:6334"),
            ("https://x-1.eu-central.aws.cloud.qdrant.io", "https://x-1.eu-central.aws.cloud.qdrant.io:6334"),
            ("https://x.example.com:443", "https://x.example.com:443"),
            ("10.0.0.7:6334", "http://10.0.0.7:6334"),
            ("[::1]:7000", "http://[::1]:7000"),
            ("http://[::1]", "http://[::1]:6334"),
            ("::1", "http://[::1]:6334"),
            ("qdrant_1:6334", "http://qdrant_1:6334"),
        ] {
            assert_eq!(ServerAddress::parse(written, None).unwrap().0.url, meant, "{written}");
            assert_eq!(ServerAddress::parse(written, None).unwrap().1, None, "{written}");
        }
    }

    #[test]
    fn the_rest_port_is_taken_to_mean_grpc_and_a_note_says_so() {
        let (address, note) = ServerAddress::parse("http://localhost:6333", None).unwrap();
        assert_eq!(address.url, "http://localhost:6334");
        let wanted = "http://localhost:6333 is the REST address; using gRPC at http://localhost:6334";
        assert_eq!(note.as_deref(), Some(wanted));
        assert_eq!(url("localhost:6333"), "http://localhost:6334");
        assert_eq!(url("https://x.example.com:6333"), "https://x.example.com:6334");
        let (address, note) = ServerAddress::parse("http://localhost:6333/dashboard#/collections", None).unwrap();
        assert_eq!(address.url, "http://localhost:6334");
        assert!(note.is_some_and(|note| note.contains("\"/dashboard#/collections\" in --url is not used")));
    }

    #[test]
    fn rubbish_is_refused() {
        for text in [
            "",
            "http://",
            "ftp://host",
            "http://:6334",
            "host:",
            "host:0",
            "host:65536",
            "host:+80",
            "a b",
            "host:6334:1",
            "[::1",
            "[::1]6334",
            "[host]:1",
            "http://user:secret@host",
            "häuser.example:6334",
            "://host",
        ] {
            let told = ServerAddress::parse(text, None).unwrap_err();
            assert!(matches!(told, Error::Setting(_)) && told.to_string().contains("--url"), "{text}: {told}");
            assert!(!told.to_string().contains("secret"));
        }
    }

    #[test]
    fn the_key_is_kept_clean_and_out_of_sight() {
        let with = |key| ServerAddress::parse("localhost", Some(key)).map(|(address, _)| address);
        assert_eq!(with(" secret\n").unwrap().api_key.as_deref(), Some("secret"));
        assert_eq!(with("").unwrap().api_key, None);
        assert!(!format!("{:?}", with("secret").unwrap()).contains("secret"));
        let told = with("sec\u{7}ret").unwrap_err().to_string();
        assert!(told.contains("--api-key") && !told.contains("ret\""), "{told}");
        assert!(with("schlüssel").is_err());
    }
}
