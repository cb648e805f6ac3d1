//! Wrong logins are answered ever more slowly, so that nobody guesses a password by trying.
//!
//! Each address has a few tries; after them every new login from there waits for its turn, twice a second, whether it is
//! right or wrong: the wait says nothing. A login that was right before from the same address does not wait, so that
//! somebody's guesses lock nobody out.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong logins that an address has free.
const FREE: u32 = 5;
/// The time between two tries after them.
const BETWEEN: Duration = Duration::from_millis(500);
/// Who would have to wait longer is sent away.
const LONGEST: Duration = Duration::from_secs(10);
/// So long after the last wrong login all is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(60);
/// Most addresses that are remembered.
const ADDRESSES: usize = 4096;

/// When a login is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LoginTurn {
    /// After this time.
    After(Duration),
    /// Not now: too many are waiting.
    Never,
}

#[derive(Debug, Default)]
pub(super) struct LoginPauses(Mutex<HashMap<IpAddr, LoginAddress>>);

#[derive(Debug, Default)]
struct LoginAddress {
    wrong: u32,
    last: Option<Instant>,
    /// The time of the next turn.
    next: Option<Instant>,
    /// The logins that were right from here.
    right: HashSet<usize>,
}

impl LoginPauses {
    /// When to answer an address that shows this login; `None`: a wrong one.
    pub fn turn(&self, from: IpAddr, login: Option<usize>, now: Instant) -> LoginTurn {
        let mut addresses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = network(from);
        if addresses.len() >= ADDRESSES && !addresses.contains_key(&from) {
            addresses.retain(|_, address| !address.is_old(now));
            if addresses.len() >= ADDRESSES {
                addresses.clear();
            }
        }
        addresses.entry(from).or_default().turn(login, now)
    }
}

impl LoginAddress {
    fn is_old(&self, now: Instant) -> bool {
        self.last.is_none_or(|last| now.saturating_duration_since(last) > FORGOTTEN)
    }

    fn turn(&mut self, login: Option<usize>, now: Instant) -> LoginTurn {
        if self.is_old(now) {
            (self.wrong, self.next) = (0, None);
        }
        if login.is_some_and(|login| self.right.contains(&login)) {
            return LoginTurn::After(Duration::ZERO);
        }
        let mut wait = Duration::ZERO;
        if self.wrong >= FREE {
            let turn = self.next.unwrap_or(now).max(now) + BETWEEN;
            wait = turn - now;
            if wait > LONGEST {
                return LoginTurn::Never;
            }
            self.next = Some(turn);
        }
        match login {
            Some(login) => drop(self.right.insert(login)),
            None => {
                self.wrong = self.wrong.saturating_add(1);
                self.last = Some(now);
            }
        }
        LoginTurn::After(wait)
    }
}

/// Anyone who has an address of IPv6 has its whole network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUESSER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));
    const AT_ONCE: LoginTurn = LoginTurn::After(Duration::ZERO);

    #[test]
    fn guesses_wait_for_their_turn_and_the_right_login_of_others_does_not() {
        let (pauses, now) = (LoginPauses::default(), Instant::now());
        assert_eq!(pauses.turn(GUESSER, Some(0), now), AT_ONCE);
        for _ in 0..FREE {
            assert_eq!(pauses.turn(GUESSER, None, now), AT_ONCE);
        }
        assert_eq!(pauses.turn(GUESSER, None, now), LoginTurn::After(BETWEEN));
        assert_eq!(pauses.turn(GUESSER, None, now), LoginTurn::After(BETWEEN * 2));
        // The same wait for a right login that is new from there, or the time would tell it.
        assert_eq!(pauses.turn(GUESSER, Some(1), now), LoginTurn::After(BETWEEN * 3));
        assert_eq!(pauses.turn(GUESSER, Some(0), now), AT_ONCE);
        assert_eq!(pauses.turn(OTHER, Some(1), now), AT_ONCE);
        let answered = (0..1000).filter(|_| pauses.turn(GUESSER, None, now) != LoginTurn::Never).count();
        assert!(answered < 20, "{answered}");
        assert_eq!(pauses.turn(GUESSER, Some(0), now), AT_ONCE);
        let later = now + FORGOTTEN + LONGEST;
        assert_eq!(pauses.turn(GUESSER, Some(2), later), AT_ONCE);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_few_are_remembered() {
        let (pauses, now) = (LoginPauses::default(), Instant::now());
        for host in 0..u32::from(u8::MAX) {
            pauses.turn(Ipv6Addr::from_bits((0xfd00 << 112) | u128::from(host)).into(), None, now);
        }
        let last = Ipv6Addr::from_bits((0xfd00 << 112) | 0xffff);
        assert_ne!(pauses.turn(last.into(), None, now), AT_ONCE);
        for network in 0..10_000_u128 {
            pauses.turn(Ipv6Addr::from_bits((0xfd01 << 112) | (network << 64)).into(), None, now);
        }
        assert!(pauses.0.lock().unwrap().len() <= ADDRESSES);
    }
}
