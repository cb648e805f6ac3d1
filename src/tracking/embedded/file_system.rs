//! Which file systems are shared between machines: there SQLite's write-ahead log, whose index lives in memory that
//! processes of one machine share, loses writes.

use std::path::Path;

/// The name of a network file system by the number that Linux gives it in `statfs`; `None`: it belongs to this machine.
///
/// FUSE is among them: what lies behind it (sshfs, GlusterFS, a bucket, a folder of the host of a virtual machine) can't
/// be seen, and most of it has no shared memory maps.
pub(super) fn network_name(magic: u32) -> Option<&'static str> {
    Some(match magic {
        0x6969 => "NFS",
        0x517B => "SMB",
        0xFF53_4D42 => "CIFS",
        0xFE53_4D42 => "SMB2",
        0x564C => "NCP",
        0x6573_5546 => "FUSE",
        0x0102_1997 => "9p",
        0x0BD0_0BD0 => "Lustre",
        0x5346_414F | 0x6B41_4653 | 0x6B61_6673 => "AFS",
        0x00C3_6400 => "Ceph",
        0x4750_4653 => "GPFS",
        0x7375_7245 => "Coda",
        0x0116_1970 => "GFS2",
        0x7461_636F => "OCFS2",
        0x1983_0326 => "BeeGFS",
        0xAAD7_AAEA => "PanFS",
        0x2003_0528 => "OrangeFS",
        0x786F_4256 => "vboxsf",
        0xBACB_ACBC => "VMware shared folders",
        0x7C7C_6673 => "Parallels shared folders",
        0x0131_11A8 => "IBRIX",
        0xBEEF_DEAD => "SnapFS",
        0x6163_6673 => "ACFS",
        0xA501_FCF5 => "VxFS",
        _ => return None,
    })
}

/// The same by name, as other systems say it.
#[cfg_attr(target_os = "linux", allow(dead_code))]
pub(super) fn network_word(word: &str) -> Option<&'static str> {
    Some(match word {
        "nfs" => "NFS",
        "smbfs" | "cifs" => "SMB",
        "afpfs" => "AFP",
        "webdav" => "WebDAV",
        "ftp" => "FTP",
        "acfs" => "ACFS",
        "macfuse" | "osxfuse" | "fusefs" => "FUSE",
        _ => return None,
    })
}

/// The name of the network file system that a folder lies on; `None`: it is none, or this can't be known.
pub(super) fn network_of(folder: &Path) -> Option<&'static str> {
    // The folder may yet have to be made.
    let there = folder.ancestors().find(|folder| folder.exists())?;
    let found = nix::sys::statfs::statfs(there).ok()?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        // The number has 32 bits, in a field whose width and sign depend on machine and C library.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::unnecessary_cast,
            clippy::cast_lossless
        )]
        let magic = found.filesystem_type().0 as u32;
        network_name(magic)
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    network_word(found.filesystem_type_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_that_machines_share_are_told_from_local_ones() {
        for (magic, name) in [
            (0x6969, "NFS"),
            (0xFF53_4D42, "CIFS"),
            (0xFE53_4D42, "SMB2"),
            (0x517B, "SMB"),
            (0x6573_5546, "FUSE"),
            (0x0102_1997, "9p"),
            (0x0BD0_0BD0, "Lustre"),
            (0x5346_414F, "AFS"),
            (0x00C3_6400, "Ceph"),
            (0x4750_4653, "GPFS"),
        ] {
            assert_eq!(network_name(magic), Some(name), "{magic:x}");
        }
        // ext4, xfs, btrfs, tmpfs, overlayfs, zfs, f2fs, vfat, ramfs, bcachefs.
        for magic in [
            0xEF53,
            0x5846_5342,
            0x9123_683E,
            0x0102_1994,
            0x794C_7630,
            0x2FC1_2FC1,
            0xF2F5_2010,
            0x4D44,
            0x8584_58F6,
            0xCA45_1A4E,
        ] {
            assert_eq!(network_name(magic), None, "{magic:x}");
        }
        assert_eq!((network_word("nfs"), network_word("apfs")), (Some("NFS"), None));
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_judged_by_the_one_that_will_hold_it() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("not/there/yet");
        assert_eq!(network_of(&below), network_of(folder.path()));
    }
}
