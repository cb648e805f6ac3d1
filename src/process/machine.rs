//! Which machine this is: not by its name, which containers change and clones share, but by its running kernel.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Where Linux names the start of the kernel: one name for a machine and all containers on it, another after a restart.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// An id of this machine since it was started, 12 hex digits. Where the system has none, it is made of its name.
#[must_use]
pub fn machine_id() -> String {
    match std::fs::read_to_string(BOOT_ID) {
        Ok(id) => id.chars().filter(char::is_ascii_hexdigit).take(12).collect(),
        Err(_) => {
            let mut hasher = DefaultHasher::new();
            nix::unistd::gethostname().unwrap_or_default().hash(&mut hasher);
            format!("{:012x}", hasher.finish() & 0xffff_ffff_ffff)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_one_id_of_hex_digits() {
        let id = machine_id();
        assert!(id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        assert_eq!(id, machine_id());
    }
}
