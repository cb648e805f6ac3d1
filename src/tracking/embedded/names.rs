//! Random names for runs that were given none: adjective, noun, number.

const ADJECTIVES: [&str; 32] = [
    "able", "amber", "bold", "brisk", "calm", "clear", "clever", "crisp", "dapper", "eager", "fair", "fleet",
    "gentle", "glad", "golden", "hardy", "honest", "keen", "kind", "lively", "lucky", "mellow", "merry",
    "nimble", "patient", "placid", "proud", "quiet", "rare", "steady", "swift", "wise",
];
const NOUNS: [&str; 32] = [
    "badger", "bee", "bison", "crane", "crow", "deer", "dove", "eel", "elk", "falcon", "finch", "fox",
    "gull", "hare", "heron", "ibis", "jay", "koala", "lark", "lynx", "mole", "newt", "otter", "owl", "quail",
    "raven", "seal", "shrew", "stoat", "swan", "toad", "wren",
];

/// The name that these random bits stand for, such as `swift-otter-123`: at most 20 characters.
pub(super) fn name_from(bits: u64) -> String {
    let pick = |words: &[&'static str; 32], shift: u32| -> &'static str {
        usize::try_from((bits >> shift) % 32).ok().and_then(|at| words.get(at)).copied().unwrap_or("run")
    };
    format!("{}-{}-{}", pick(&ADJECTIVES, 0), pick(&NOUNS, 5), (bits >> 16) % 1001)
}

/// A fresh random name.
pub(super) fn random_name() -> String {
    name_from(rand::random())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_three_parts_and_at_most_twenty_characters() {
        for bits in (0..100_000_u64).map(|k| k.wrapping_mul(0x9e37_79b9_7f4a_7c15)) {
            let name = name_from(bits);
            assert!(name.len() <= 20 && name.split('-').count() == 3, "{name}");
        }
    }
}
