//! Which addresses a client may connect to.
//!
//! An address that comes out of a collection may be anybody's. Where it leads into the person's own network or machine,
//! fetching it would let a stranger's collection ask things there. So the check is made on what a name was looked up
//! as, and the connection goes to just that: a name that is looked up as something else a moment later gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ureq::config::ConfigBuilder;
use ureq::http::Uri;
use ureq::typestate::AgentScope;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Proxy};

/// What a client may connect to, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reach {
    /// Everything, through the proxy that the environment names where it names one.
    Any,
    /// Everything, and never through a proxy.
    Direct,
    /// Addresses of which this is true, and never through a proxy: a proxy looks names up by itself, and what it
    /// connects to cannot be seen from here.
    Only(fn(IpAddr) -> bool),
}

impl Reach {
    /// An agent that keeps to it.
    pub(super) fn agent(self, config: ConfigBuilder<AgentScope>) -> Agent {
        match self {
            Self::Any => config.build().new_agent(),
            Self::Direct => config.proxy(None).build().new_agent(),
            Self::Only(allowed) => {
                let guard = Guard { allowed, look_up: DefaultResolver::default() };
                Agent::with_parts(config.proxy(None).build(), DefaultConnector::new(), guard)
            }
        }
    }
}

/// Whether the environment names a proxy.
pub(crate) fn proxy_named() -> bool {
    Proxy::try_from_env().is_some()
}

/// Looks names up and gives the addresses that are allowed. The agent takes its addresses from nowhere else.
#[derive(Debug)]
struct Guard<R> {
    allowed: fn(IpAddr) -> bool,
    look_up: R,
}

impl<R: Resolver> Resolver for Guard<R> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.look_up.resolve(uri, config, timeout)?;
        let mut kept = self.empty();
        for address in found.iter().filter(|address| (self.allowed)(address.ip())) {
            kept.push(*address);
        }
        if kept.is_empty() { Err(ureq::Error::Other(Box::new(Refused))) } else { Ok(kept) }
    }
}

/// All addresses of a name are such that they may not be connected to.
#[derive(Debug, thiserror::Error)]
#[error("leads to an address of this machine or of a private network, which is not allowed")]
struct Refused;

/// Whether an address is one of the public internet: by IANA's registries of special-purpose addresses for IPv4 and
/// IPv6, globally reachable and for one receiver. An IPv6 address that carries an IPv4 address (mapped, 6to4, NAT64) is
/// as public as that.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127, ..]          // this network, private, loopback
            | [100, 64..=127, ..]   // shared by a provider's customers
            | [169, 254, ..]        // link-local, where clouds keep their credentials
            | [172, 16..=31, ..]    // private
            | [192, 0, 0 | 2, _]    // protocols, documentation
            | [192, 88, 99, _]      // once the way to 6to4
            | [192, 168, ..]        // private
            | [198, 18 | 19, ..]    // tests of equipment
            | [198, 51, 100, _]     // documentation
            | [203, 0, 113, _]      // documentation
            | [224..=255, ..] // multicast, reserved, broadcast
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let carried = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0xFFFF, high, low] => carried(high, low), // mapped
        [0x64, 0xFF9B, 0, 0, 0, 0, high, low] => carried(high, low), // NAT64
        [0x2002, high, low, ..] => carried(high, low),            // 6to4
        [0x2001, 0..=0x1FF, ..] | [0x2001, 0xDB8, ..] => false,   // protocols with Teredo, documentation
        [0x3FFF, 0..=0xFFF, ..] => false,                         // documentation
        // All else that is given to somebody; loopback, unique local, link-local and multicast lie outside of it.
        [first, ..] => first & 0xE000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::super::server::{Reply, Server};
    use super::super::{Ask, Client, Failure, Patience};
    use super::*;
    use crate::job::Control;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.1.1",
            "198.17.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450:4001::200e",
            "2001:200::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ];
        let other = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b:1::808:808",
            "2002:7f00:1::1",
            "2002:c0a8:101::1",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "fc00::1",
            "fd12:3456:789a::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
            "100::1",
        ];
        for (addresses, expected) in [(&public[..], true), (&other[..], false)] {
            for address in addresses {
                assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
            }
        }
    }

    #[test]
    fn the_standard_librarys_private_addresses_are_never_public() {
        // Every first half of an IPv4 address, with a few second ones.
        for (high, low) in (0..=u16::MAX).flat_map(|high| [0, 1, 0x101, 0xFFFF].map(|low| (high, low))) {
            let address = Ipv4Addr::from_bits(u32::from(high) << 16 | low);
            if is_public_v4(address) {
                let private = address.is_private()
                    || address.is_loopback()
                    || address.is_link_local()
                    || address.is_multicast()
                    || address.is_broadcast()
                    || address.is_documentation()
                    || address.is_unspecified();
                assert!(!private, "{address}");
            }
        }
        for (first, last) in (0..=u16::MAX).flat_map(|first| [0, 1].map(|last| (first, last))) {
            let address = Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, last);
            if is_public_v6(address) {
                let private = address.is_loopback()
                    || address.is_unique_local()
                    || address.is_unicast_link_local()
                    || address.is_multicast()
                    || address.is_unspecified();
                assert!(!private, "{address}");
            }
        }
    }

    /// A name that leads somewhere else each time it is looked up.
    #[derive(Debug)]
    struct Fickle(AtomicUsize);

    impl Resolver for Fickle {
        fn resolve(
            &self,
            _: &Uri,
            _: &ureq::config::Config,
            _: NextTimeout,
        ) -> Result<ResolvedSocketAddrs, ureq::Error> {
            let mut found = self.empty();
            if self.0.fetch_add(1, Ordering::Relaxed) == 0 {
                found.push("8.8.8.8:80".parse().unwrap());
                found.push("10.0.0.1:80".parse().unwrap());
            } else {
                found.push("127.0.0.1:80".parse().unwrap());
            }
            Ok(found)
        }
    }

    #[test]
    fn what_was_checked_is_what_is_connected_to() {
        let guard = Guard { allowed: is_public, look_up: Fickle(AtomicUsize::new(0)) };
        let uri: Uri = "http://fickle.example/".parse().unwrap();
        let config = ureq::config::Config::default();
        let timeout = || NextTimeout { after: Duration::from_secs(1).into(), ..NextTimeout::default() };
        let found = guard.resolve(&uri, &config, timeout()).unwrap();
        assert_eq!(found[..], ["8.8.8.8:80".parse().unwrap()], "the private one is left out");
        assert_eq!(guard.look_up.0.load(Ordering::Relaxed), 1, "looked up once");
        assert!(guard.resolve(&uri, &config, timeout()).is_err(), "and all of it anew for the next connection");
    }

    #[test]
    fn a_server_that_may_not_be_reached_hears_nothing() {
        let server = Server::start(|_| Reply::new(200, "secret"));
        let patience = Patience {
            connect: Duration::from_secs(5),
            silence: Duration::from_secs(5),
            whole: None,
            heeds_stop: false,
        };
        let port = server.url().rsplit(':').next().unwrap();
        let ask = |client: &Client, host: &str| {
            let url = format!("http://{host}:{port}/");
            let ask = Ask { method: ureq::http::Method::GET, url: &url, token: None, headers: Vec::new(), body: None };
            client.send(&ask, &Control::new()).map(|answer| answer.status)
        };
        let public = Client::with_reach(Reach::Only(is_public), patience);
        for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f.1"] {
            match ask(&public, host) {
                Err(Failure::Final(problem)) => assert!(problem.contains("private network"), "{host}: {problem}"),
                // Not every system takes the odd ways of writing an address.
                Err(Failure::Offline(_)) if !host.contains("127.0.0.1") => {}
                other => panic!("{host}: {other:?}"),
            }
        }
        assert!(server.asked().is_empty());
        assert_eq!(ask(&Client::with_reach(Reach::Direct, patience), "127.0.0.1").unwrap(), 200);
    }
}
