//! The names that a server may be called by: a page that points its own name at this machine must not get in.

use std::net::{IpAddr, Ipv6Addr};

use super::origins::fits;

/// The names that a server may be called by, with any port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hosts {
    /// This machine's own names, addresses of private networks, and the name it was given to listen on.
    Private(String),
    /// These; `*` stands for any text.
    These(Vec<String>),
}

impl Hosts {
    /// Reads a list as `mlflow server --allowed-hosts` takes it.
    #[must_use]
    pub fn read(list: &str) -> Self {
        Self::These(super::origins::items(list))
    }

    /// Whether a `Host` header is one of them.
    #[must_use]
    pub fn allow(&self, header: &str) -> bool {
        let name = without_port(header);
        match self {
            Self::These(patterns) => {
                patterns.iter().any(|pattern| fits(pattern, header) || fits(pattern, name))
            }
            Self::Private(bound) => {
                name.eq_ignore_ascii_case("localhost")
                    || (!name.is_empty() && bare(name).eq_ignore_ascii_case(bare(bound)))
                    || bare(name).parse().is_ok_and(is_private)
            }
        }
    }
}

/// Loopback, unspecified and private addresses (RFC 1918, RFC 4193).
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_unspecified(),
        IpAddr::V6(address) => {
            address == Ipv6Addr::LOCALHOST || address.is_unspecified() || address.is_unique_local()
        }
    }
}

fn bare(name: &str) -> &str {
    name.trim_matches(['[', ']'])
}

fn without_port(header: &str) -> &str {
    match header.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => header,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_only_this_machine_and_private_networks_are_named() {
        let hosts = Hosts::Private("tracking.example".into());
        for good in [
            "localhost",
            "LOCALHOST:5000",
            "127.0.0.1:5000",
            "127.0.0.1",
            "[::1]:5000",
            "0.0.0.0:80",
            "10.1.2.3",
            "192.168.0.9:5000",
            "172.31.1.1",
            "[fd00::1]:5000",
            "tracking.example:5000",
        ] {
            assert!(hosts.allow(good), "{good}");
        }
        for bad in [
            "",
            "evil.example",
            "10.evil.example",
            "192.168.1.1.evil.example",
            "127.0.0.1.nip.io:5000",
            "8.8.8.8",
            "172.32.0.1",
            "localhost.evil.example",
            "?",
            "[::ffff:8.8.8.8]",
        ] {
            assert!(!hosts.allow(bad), "{bad}");
        }
    }

    #[test]
    fn a_list_names_hosts_with_stars() {
        let hosts = Hosts::read("mlflow.example.org, app-*.internal, 10.0.0.100:5000");
        for good in ["mlflow.example.org", "mlflow.example.org:443", "app-7.internal:80", "10.0.0.100:5000"] {
            assert!(hosts.allow(good), "{good}");
        }
        for bad in ["localhost", "example.org", "xmlflow.example.org", "app-7.internal.evil", "10.0.0.100:80"]
        {
            assert!(!hosts.allow(bad), "{bad}");
        }
        assert!(Hosts::read("*").allow("anything"));
    }
}
