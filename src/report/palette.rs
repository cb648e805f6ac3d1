//! The colours of every plot, defined once.
//!
//! Okabe and Ito's palette, which stays distinguishable with the common forms of colour blindness; the
//! second value of each is for dark pages, where the HTML report swaps it in.

use std::fmt;

use crate::trial::RunStatus;

/// A colour on white, and its stand-in on dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ink {
    light: u32,
    dark: u32,
}

pub(super) const PAPER: Ink = Ink { light: 0xFF_FF_FF, dark: 0x15_1A_21 };
pub(super) const TEXT: Ink = Ink { light: 0x1F_29_33, dark: 0xE6_EA_EE };
pub(super) const MUTED: Ink = Ink { light: 0x5B_67_70, dark: 0xA3_AE_B8 };
pub(super) const AXIS: Ink = Ink { light: 0x8A_94_9C, dark: 0x6B_76_80 };
pub(super) const GRID: Ink = Ink { light: 0xE3_E7_EA, dark: 0x2B_33_3C };
pub(super) const BAND: Ink = Ink { light: 0xF6_F7_F9, dark: 0x1B_21_29 };
pub(super) const BLUE: Ink = Ink { light: 0x00_72_B2, dark: 0x3B_9B_DB };
pub(super) const ORANGE: Ink = Ink { light: 0xE6_9F_00, dark: 0xF0_B0_2A };
pub(super) const GREEN: Ink = Ink { light: 0x00_9E_73, dark: 0x2B_C4_98 };
pub(super) const PURPLE: Ink = Ink { light: 0xCC_79_A7, dark: 0xDB_8F_BA };
const SKY: Ink = Ink { light: 0x56_B4_E9, dark: 0x9F_DB_FF };
const VERMILLION: Ink = Ink { light: 0xD5_5E_00, dark: 0xFF_7A_24 };
pub(super) const GREY: Ink = Ink { light: 0xA7_AE_B4, dark: 0x7E_88_90 };

/// From the worst trials to the best: viridis (van der Walt and Smith 2015), so turned that the best stand out from the
/// page, be it white or dark.
pub(super) const RAMP: [Ink; 7] = [
    Ink { light: 0xBD_DF_26, dark: 0x46_32_7E },
    Ink { light: 0x7A_D1_51, dark: 0x36_5C_8D },
    Ink { light: 0x35_B7_79, dark: 0x27_7F_8E },
    Ink { light: 0x1F_9E_89, dark: 0x1F_A1_88 },
    Ink { light: 0x2A_78_8E, dark: 0x4A_C1_6D },
    Ink { light: 0x3B_52_8B, dark: 0xA0_DA_39 },
    Ink { light: 0x44_01_54, dark: 0xFD_E7_25 },
];

/// Every colour there is.
pub(super) fn all() -> Vec<Ink> {
    let single = [PAPER, TEXT, MUTED, AXIS, GRID, BAND, BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION, GREY];
    single.into_iter().chain(RAMP).collect()
}

/// The statuses in the order in which legends name them and plots draw them: what needs a look comes last,
/// on top.
pub(super) const STATUSES: [RunStatus; 5] =
    [RunStatus::Scheduled, RunStatus::Finished, RunStatus::Running, RunStatus::Killed, RunStatus::Failed];

/// The colour of a status.
pub(super) fn of_status(status: RunStatus) -> Ink {
    match status {
        RunStatus::Scheduled => GREY,
        RunStatus::Finished => BLUE,
        RunStatus::Running => SKY,
        RunStatus::Killed => ORANGE,
        RunStatus::Failed => VERMILLION,
    }
}

impl Ink {
    /// Red, green and blue on white.
    pub(super) fn rgb(self) -> (u8, u8, u8) {
        let [_, red, green, blue] = self.light.to_be_bytes();
        (red, green, blue)
    }

    /// The stand-in on dark pages, as CSS writes it.
    pub(super) fn on_dark(self) -> String {
        format!("#{:06X}", self.dark)
    }
}

/// The colour on white, as SVG writes it; plotters writes the same letters.
impl fmt::Display for Ink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:06X}", self.light)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_inks_share_their_letters_or_a_stylesheet_could_not_tell_them_apart() {
        let all = all();
        for (i, one) in all.iter().enumerate() {
            for other in &all[i + 1..] {
                assert_ne!(one.to_string(), other.to_string());
            }
        }
    }

    #[test]
    fn every_status_has_its_own_colour() {
        for (i, &one) in STATUSES.iter().enumerate() {
            for &other in &STATUSES[i + 1..] {
                assert_ne!(of_status(one), of_status(other));
            }
        }
    }
}
