//! A machine with a network of its own, as a network namespace with one link to this machine, that can be cut.

// Says why a test is skipped.
#![allow(clippy::print_stderr)]

use std::process::Command;

/// A network namespace; it goes with the test.
pub struct Machine {
    name: String,
    /// The link's end on this machine.
    link: String,
    /// The address of this machine on the link.
    host: String,
}

impl Machine {
    /// Makes one; `None`, said aloud, where that can't be done here. `number` tells those of one test program apart.
    pub fn new(number: u8) -> Option<Self> {
        let id = std::process::id();
        let name = format!("swt{id}n{number}");
        let link = format!("sw{:x}n{number}", id & 0xff_ffff);
        let net = format!("10.{}.{}", 64 + (id >> 8) % 64, id % 256);
        let (host, guest) = (format!("{net}.{}", 4 * number + 1), format!("{net}.{}", 4 * number + 2));
        if !ip(&["netns", "add", &name]) {
            eprintln!("skipped: no network namespaces here (root, and the program `ip` of iproute2)");
            return None;
        }
        let machine = Self { name, link, host };
        let (name, link) = (machine.name.as_str(), machine.link.as_str());
        for args in [
            &["link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name][..],
            &["addr", "add", &format!("{}/30", machine.host), "dev", link],
            &["link", "set", link, "up"],
            &["-n", name, "addr", "add", &format!("{guest}/30"), "dev", "eth0"],
            &["-n", name, "link", "set", "lo", "up"],
            &["-n", name, "link", "set", "eth0", "up"],
        ] {
            assert!(ip(args), "ip {args:?}");
        }
        Some(machine)
    }

    /// The address of this machine, as the other one sees it.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Runs what follows on the other machine.
    pub fn wrapper(&self) -> [&str; 4] {
        ["ip", "netns", "exec", &self.name]
    }

    /// Takes the link away: both machines live, and nothing comes through.
    pub fn cut(&self) {
        assert!(ip(&["link", "set", &self.link, "down"]));
    }

    /// Brings it back.
    pub fn heal(&self) {
        assert!(ip(&["link", "set", &self.link, "up"]));
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        ip(&["link", "del", &self.link]);
        ip(&["netns", "del", &self.name]);
    }
}

fn ip(args: &[&str]) -> bool {
    Command::new("ip").args(args).output().is_ok_and(|done| done.status.success())
}
