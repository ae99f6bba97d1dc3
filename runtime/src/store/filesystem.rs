//! Which filesystems keep SQLite's locks.

use std::path::Path;

/// The name of the network filesystem that `folder` lies on, if it does.
pub(super) fn network(folder: &Path) -> Option<&'static str> {
    #[cfg(target_os = "linux")]
    {
        let found = rustix::fs::statfs(folder).ok()?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "magic numbers have 32 bits")]
        name(found.f_type as u32)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        None
    }
}

#[cfg(target_os = "linux")]
fn name(magic: u32) -> Option<&'static str> {
    Some(match magic {
        0x6969 => "NFS",
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => "SMB",
        0x5346_414f => "AFS",
        0x00c3_6400 => "Ceph",
        0x0bd0_0bd0 => "Lustre",
        0x0116_1970 => "GFS2",
        _ => return None,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn a_network_filesystem_is_known_by_its_magic_number() {
        assert_eq!(super::name(0x6969), Some("NFS"));
        assert_eq!(super::name(0xff53_4d42), Some("SMB"));
        assert_eq!(super::name(0xef53), None, "ext4");
        assert_eq!(super::network(std::path::Path::new("/")), None);
    }
}
