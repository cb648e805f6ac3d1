//! Names for sweeps that were given none: `sweep-<adjective>-<animal>-<number>`.

use rand::{Rng, RngExt as _};

const ADJECTIVES: [&str; 32] = [
    "able", "amber", "bold", "brave", "bright", "calm", "clever", "cosmic", "daring", "eager", "fair",
    "fleet", "gentle", "glad", "golden", "honest", "jolly", "keen", "kind", "lively", "lucky", "merry",
    "mighty", "nimble", "patient", "proud", "quick", "quiet", "silver", "steady", "swift", "wise",
];

const ANIMALS: [&str; 32] = [
    "badger", "bear", "beaver", "bison", "crane", "crow", "deer", "dolphin", "eagle", "falcon", "finch",
    "fox", "goose", "hare", "hawk", "heron", "horse", "lark", "lynx", "marten", "moose", "otter", "owl",
    "panda", "raven", "robin", "seal", "stork", "swan", "tiger", "whale", "wolf",
];

/// A name that a person can say and remember.
pub fn sweep_name(rng: &mut impl Rng) -> String {
    let adjective = ADJECTIVES[rng.random_range(0..ADJECTIVES.len())];
    let animal = ANIMALS[rng.random_range(0..ANIMALS.len())];
    format!("sweep-{adjective}-{animal}-{}", rng.random_range(1..=999))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    #[test]
    fn names_have_an_adjective_an_animal_and_a_number() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        for _ in 0..100 {
            let name = super::sweep_name(&mut rng);
            let parts: Vec<&str> = name.split('-').collect();
            assert_eq!((parts.len(), parts[0]), (4, "sweep"));
            assert!(parts[3].parse::<u32>().is_ok_and(|number| (1..=999).contains(&number)));
        }
    }
}
