//! File systems of our own: small, read-only, or such that lose power. They need root.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A file system that is unmounted when it is dropped.
pub(crate) struct Mount {
    directory: TempDir,
}

/// Runs a program; whether it is there and succeeded.
pub(crate) fn run(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    let command = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Says that a test is not run, and why.
pub(crate) fn skipped(test: &str, why: &str) {
    println!("SKIPPED: {test}: {why}");
}

impl Mount {
    /// A file system in memory; `None` if it cannot be mounted.
    pub(crate) fn memory(size: &str) -> Option<Self> {
        let mount = Self { directory: tempfile::tempdir().unwrap() };
        let path = mount.prepare();
        let size = format!("size={size}");
        run("mount", &["-t", "tmpfs", "-o", &size, "tmpfs", path.to_str()?]).then_some(mount)
    }

    /// A file system on a disk image; `None` if it cannot be made.
    pub(crate) fn image(bytes: u64) -> Option<Self> {
        let mount = Self { directory: tempfile::tempdir().unwrap() };
        let path = mount.prepare();
        let image = mount.image_path();
        std::fs::File::create(&image).unwrap().set_len(bytes).unwrap();
        (run("mkfs.ext4", &["-q", "-F", image.to_str()?])
            && run("mount", &["-o", "loop", image.to_str()?, path.to_str()?]))
        .then_some(mount)
    }

    fn prepare(&self) -> PathBuf {
        let path = self.path();
        std::fs::create_dir(&path).unwrap();
        path
    }

    fn image_path(&self) -> PathBuf {
        self.directory.path().join("image")
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("mount")
    }

    pub(crate) fn remount(&self, options: &str) -> bool {
        let options = format!("remount,{options}");
        run("mount", &["-o", &options, self.path().to_str().unwrap()])
    }

    /// Power fails: nothing that is not on the disk will get there.
    pub(crate) fn cut(&self) -> bool {
        run("xfs_io", &["-x", "-c", "shutdown", self.path().to_str().unwrap()])
    }

    /// Power is back: the file system is what the disk has.
    pub(crate) fn restore(&self) {
        unmount(&self.path());
        let (image, path) = (self.image_path(), self.path());
        let mounted =
            run("mount", &["-o", "loop", image.to_str().unwrap(), path.to_str().unwrap()]);
        assert!(mounted, "the file system comes back after the cut");
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        unmount(&self.path());
    }
}

fn unmount(path: &Path) {
    let path = path.to_str().unwrap();
    // Who was killed there may take a moment to be gone.
    for _ in 0..1_000 {
        if run("umount", &[path]) || !run("mountpoint", &["-q", path]) {
            return;
        }
        std::thread::yield_now();
    }
    println!("{path} is still mounted");
}
