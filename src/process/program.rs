//! Where a program is found, looked up once by the agent: a new process that looks itself copies its arguments and its
//! environment for each folder of `PATH` that lacks the program.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

/// The file that `execvp` would find for `program` in `path`. `None` where the new process has to look itself: the name
/// has a slash, nothing is found (the error is then the system's own), or a folder counts from the working directory,
/// which is another one there.
pub(super) fn find(program: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    if program.is_empty() || program.contains('/') {
        return None;
    }
    let mut folders = std::env::split_paths(path?).take_while(|folder| folder.is_absolute());
    folders.find_map(|folder| Some(folder.join(program)).filter(|file| is_program(file)))
}

fn is_program(file: &Path) -> bool {
    access(file, AccessFlags::X_OK).is_ok() && file.is_file()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn file(folder: &Path, name: &str, mode: u32) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join(name), "").unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn found(program: &str, folders: &[&Path]) -> Option<PathBuf> {
        find(program, Some(&std::env::join_paths(folders).unwrap()))
    }

    #[test]
    fn the_first_program_of_the_path_is_found() {
        let root = tempfile::tempdir().unwrap();
        let folder = |name: &str| root.path().join(name);
        let (plain, first, second) = (folder("plain"), folder("first"), folder("second"));
        file(&plain, "train", 0o644);
        fs::create_dir_all(plain.join("tool")).unwrap();
        file(&first, "train", 0o755);
        file(&second, "train", 0o755);
        file(&second, "tool", 0o755);
        let folders: [&Path; 4] = [&folder("missing"), &plain, &first, &second];
        assert_eq!(found("train", &folders), Some(first.join("train")));
        // A folder of that name is no program.
        assert_eq!(found("tool", &folders), Some(second.join("tool")));
    }

    #[test]
    fn the_new_process_looks_where_it_alone_can_tell() {
        let root = tempfile::tempdir().unwrap();
        file(root.path(), "train", 0o755);
        assert_eq!(found("train", &[Path::new("bin"), root.path()]), None);
        assert_eq!(found("./train", &[root.path()]), None);
        assert_eq!(found("", &[root.path()]), None);
        assert_eq!(found("missing", &[root.path()]), None);
        assert_eq!(find("train", None), None);
    }
}
