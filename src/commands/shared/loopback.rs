//! Whether an address can be reached from other machines.

use std::net::ToSocketAddrs as _;

/// Whether all addresses of a name are this machine's own.
pub fn is_loopback(host: &str) -> bool {
    (host, 0).to_socket_addrs().is_ok_and(|found| {
        let addresses: Vec<_> = found.collect();
        !addresses.is_empty() && addresses.iter().all(|address| address.ip().is_loopback())
    })
}
