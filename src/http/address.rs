//! Addresses and tokens: what a person gives, and where a redirect leads.

use ureq::http::Uri;

use crate::error::{Error, Result};

/// Scheme, host and port of an `http` or `https` URL.
pub(crate) fn origin(url: &str) -> Option<(String, String, u16)> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let usual = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let host = uri.host().filter(|host| !host.is_empty())?.to_ascii_lowercase();
    Some((scheme, host, uri.port_u16().unwrap_or(usual)))
}

/// Checks an address that a person gave, and gives it back without the slash at its end. `what` names where it was
/// given.
pub(crate) fn checked_url(what: &str, text: &str) -> Result<String> {
    let text = text.trim().trim_end_matches('/');
    let authority = text.split_once("://").map_or(text, |(_, rest)| rest).split(['/', '?', '#']).next();
    if authority.is_some_and(|authority| authority.contains('@')) {
        // What stands before the @ may be a password, so it is not repeated here.
        return Err(Error::setting(format!("{what}: leave out what stands before the @; a token has its own place")));
    }
    match origin(text) {
        Some(_) => Ok(text.to_owned()),
        None => {
            Err(Error::setting(format!("{what}: \"{text}\" is not an address that begins with http:// or https://")))
        }
    }
}

/// Checks a token that a person gave; an empty one is none. `what` names where it was given.
pub(crate) fn checked_token(what: &str, text: &str) -> Result<Option<String>> {
    let text = text.trim();
    if !text.bytes().all(|byte| (0x21..0x7f).contains(&byte)) {
        return Err(Error::setting(format!("{what}: the token holds a character that a request cannot carry")));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Where a redirect leads.
pub(crate) fn join(base: &str, location: &str) -> Option<String> {
    if origin(location).is_some() {
        return Some(location.to_owned());
    }
    if location.contains("://") && !location.starts_with(['/', '?', '.']) {
        return None;
    }
    let (scheme, rest) = base.split_once("://")?;
    let joined = if let Some(elsewhere) = location.strip_prefix("//") {
        format!("{scheme}://{elsewhere}")
    } else {
        let path = rest.split(['?', '#']).next()?;
        let authority = path.split('/').next()?;
        if location.starts_with('/') {
            format!("{scheme}://{authority}{location}")
        } else {
            let folder = path.rfind('/').map_or(path, |slash| &path[..slash]);
            format!("{scheme}://{folder}/{location}")
        }
    };
    origin(&joined).map(|_| joined)
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_leads_where_a_browser_would_go() {
        let base = "https://hub.example:8443/a/b/c?x=1";
        for (location, meant) in [
            ("http://cdn.example/f?sig=1", Some("http://cdn.example/f?sig=1")),
            ("//cdn.example/f", Some("https://cdn.example/f")),
            ("/f", Some("https://hub.example:8443/f")),
            ("f", Some("https://hub.example:8443/a/b/f")),
            ("ftp://cdn.example/f", None),
        ] {
            assert_eq!(join(base, location).as_deref(), meant, "{location}");
        }
    }

    #[test]
    fn the_server_is_told_apart_by_scheme_host_and_port() {
        assert_eq!(origin("https://Hub.example/x"), origin("https://hub.example:443/y?z"));
        assert_ne!(origin("https://hub.example"), origin("http://hub.example"));
        assert_ne!(origin("http://localhost:1"), origin("http://localhost:2"));
        assert_eq!(origin("hub.example"), None);
    }

    #[test]
    fn an_address_with_a_password_is_not_repeated() {
        let told = checked_url("HF_ENDPOINT", "https://me:secret@hub.example").unwrap_err().to_string();
        assert!(told.contains("HF_ENDPOINT") && !told.contains("secret"), "{told}");
        assert_eq!(checked_url("x", " https://hub.example/api/ ").unwrap(), "https://hub.example/api");
        assert!(checked_url("x", "hub.example").is_err());
    }
}
