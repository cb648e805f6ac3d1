//! The seeds of the fuzzers in `fuzz/`, and bytes near them: no reader panics on any of them.

#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sweep::testing::TARGETS;

/// Changed copies of each seed, unless `SWEEP_FUZZ_COPIES` says how many.
const COPIES: usize = 1000;
/// Pieces that change what stands around them.
const PIECES: [&[u8]; 12] = [
    b"\"",
    b"'",
    b"${",
    b"}",
    b"[",
    b"{",
    b"\n",
    b"\\",
    b"\0",
    b"\xff\xfe",
    b"-9223372036854775809",
    b"1e999",
];

fn seeds(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut seeds: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    seeds
}

/// A copy in which some bytes are gone, doubled, exchanged, or new.
fn near(bytes: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..random.random_range(1..6) {
        let at = random.random_range(0..=changed.len());
        let end = random.random_range(at..=changed.len().min(at + 20));
        match random.random_range(0..4) {
            0 => drop(changed.drain(at..end)),
            1 => {
                let piece = changed[at..end].to_vec();
                changed.splice(at..at, piece);
            }
            2 => {
                let piece = PIECES[random.random_range(0..PIECES.len())];
                changed.splice(at..end, piece.iter().copied());
            }
            _ if at < changed.len() => changed[at] = random.random(),
            _ => {}
        }
    }
    changed
}

#[test]
fn each_reader_has_seeds_and_a_fuzzer() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    for (name, _) in TARGETS {
        assert!(!seeds(name).is_empty(), "{name}");
        let fuzzer = std::fs::read_to_string(fuzz.join("targets").join(format!("{name}.rs"))).unwrap();
        assert!(fuzzer.contains(&format!("\"{name}\"")), "{name}");
    }
}

#[test]
fn no_reader_panics_on_the_seeds_or_what_is_near_them() {
    let copies = std::env::var("SWEEP_FUZZ_COPIES").ok().and_then(|copies| copies.parse().ok());
    for (name, target) in TARGETS {
        let mut random = StdRng::seed_from_u64(1);
        for seed in seeds(name) {
            let bytes = std::fs::read(&seed).unwrap();
            target(&bytes);
            for number in 0..copies.unwrap_or(COPIES) {
                let changed = near(&bytes, &mut random);
                let outcome = std::panic::catch_unwind(|| target(&changed));
                assert!(
                    outcome.is_ok(),
                    "{name}, {} changed the {number}th time: {changed:?}",
                    seed.display()
                );
            }
        }
    }
}
