//! Which hosts may be asked (R72). Playbooks run in CI, beside metadata services that hand out the machine's identity.
#![cfg_attr(not(feature = "http"), allow(dead_code, reason = "without it only the rules for addresses are used"))]

use crate::failure;
use heal_lang::catalogue::Permission;
use heal_lang::plan::ErrorClass;
use heal_stdlib::error::ErrorInfo;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// Hosts of the allow list and of the connections.
pub(crate) struct Hosts(Vec<Allowed>);

enum Allowed {
    /// A host, at any port or at one.
    Host(String, Option<u16>),
    /// Everything below a domain.
    Below(String),
}

impl Hosts {
    /// `allow` holds `host`, `host:port` or `*.domain`; `connections` whole URLs.
    pub(crate) fn new<'a>(allow: &[String], connections: impl Iterator<Item = &'a str>) -> Self {
        let mut all: Vec<Allowed> = allow.iter().filter_map(|entry| allowed(entry)).collect();
        for url in connections.filter_map(|url| Url::parse(url).ok()) {
            if let Some(host) = url.host_str() {
                all.push(Allowed::Host(plain(host), url.port_or_known_default()));
            }
        }
        Self(all)
    }

    /// The URL may be asked.
    pub(crate) fn check(&self, url: &Url) -> Result<(), ErrorInfo> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ErrorInfo::permanent("url", format!("{} is not a URL of http or https", shown(url))));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let message = format!("the URL of {} holds a password; give it as a secret header", shown(url));
            return Err(ErrorInfo::permanent("url", message));
        }
        never(url)?;
        let host = plain(url.host_str().unwrap_or_default());
        let fits = |allowed: &Allowed| match allowed {
            Allowed::Host(name, port) => *name == host && port.is_none_or(|p| Some(p) == url.port_or_known_default()),
            Allowed::Below(domain) => host.strip_suffix(domain.as_str()).is_some_and(|front| front.ends_with('.')),
        };
        if self.0.iter().any(fits) {
            return Ok(());
        }
        let message = format!("{} may not be asked; add `{host}` to `http: allow` in healrun.yaml", shown(url));
        Err(refused("host_not_allowed", &host, message))
    }
}

/// Refuses what no list may allow: link-local addresses and metadata services, however they are written.
pub(crate) fn never(url: &Url) -> Result<(), ErrorInfo> {
    let bad = match url.host() {
        Some(Host::Ipv4(ip)) => never_ip(ip.into()),
        Some(Host::Ipv6(ip)) => never_ip(ip.into()),
        Some(Host::Domain(name)) => {
            let name = plain(name);
            ["metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"]
                .contains(&name.as_str())
        }
        None => true,
    };
    if !bad {
        return Ok(());
    }
    let host = url.host_str().unwrap_or_default();
    let message = format!("{} is a link-local address or a metadata service: it is never asked", shown(url));
    Err(refused("address_refused", host, message))
}

/// An address that is never asked, whatever name led there.
pub(crate) fn never_ip(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            // Metadata services that are not link-local: Alibaba, Azure, Oracle.
            let known = [[100, 100, 100, 200], [168, 63, 129, 16], [192, 0, 0, 192]];
            ip.is_link_local() || known.contains(&ip.octets())
        }
        IpAddr::V6(ip) => {
            let link_local = ip.segments()[0] & 0xffc0 == 0xfe80;
            let aws = ip == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
            link_local || aws || embedded(ip).is_some_and(|ip| never_ip(ip.into()))
        }
    }
}

/// The old address that a new one stands for: mapped, compatible, translated (64:ff9b::) or 6to4 (2002::).
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let o = ip.octets();
    match ip.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
            Some(Ipv4Addr::new(o[12], o[13], o[14], o[15]))
        }
        [0x2002, ..] => Some(Ipv4Addr::new(o[2], o[3], o[4], o[5])),
        _ => None,
    }
}

fn refused(code: &str, host: &str, message: String) -> ErrorInfo {
    let permission = Some(Permission::Http { what: format!("ask {host}") });
    ErrorInfo { permission, ..failure::unsent(ErrorClass::Denied, code, message) }
}

fn allowed(entry: &str) -> Option<Allowed> {
    if let Some(domain) = entry.strip_prefix("*.") {
        return Some(Allowed::Below(plain(domain)));
    }
    // As a URL, so that addresses are written as they are in the URLs that are checked.
    let url = Url::parse(entry).ok().filter(Url::has_host).or_else(|| Url::parse(&format!("http://{entry}")).ok())?;
    let port = entry.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    // `[::1]` has no port, and `http://host` is not a port either.
    let port = port.filter(|_| !entry.ends_with(']'));
    Some(Allowed::Host(plain(url.host_str()?), port))
}

/// Without the dot that ends a name, in lower case.
fn plain(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// A URL as it may be shown: no password, no query.
fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(allow: &[&str], url: &str) -> Option<String> {
        let allow: Vec<String> = allow.iter().map(|host| (*host).to_owned()).collect();
        let hosts = Hosts::new(&allow, ["https://prom.example.com/x"].into_iter());
        hosts.check(&Url::parse(url).expect("a URL")).err().map(|error| error.code)
    }

    #[test]
    fn a_host_is_asked_when_the_list_or_a_connection_names_it() {
        let allow = ["api.example.com", "127.0.0.1:8080", "*.internal.example.com", "[::1]"];
        for url in [
            "http://api.example.com/x",
            "https://API.example.com.:99/",
            "http://127.0.0.1:8080/",
            "http://a.b.internal.example.com/",
            "https://prom.example.com/api",
            "http://[::1]:5/",
        ] {
            assert_eq!(code(&allow, url), None, "{url}");
        }
        for url in [
            "http://example.com/",
            "http://127.0.0.1:8081/",
            "http://internal.example.com/",
            "http://notinternal.example.com/",
            "http://prom.example.com/",
            "http://api.example.com.evil.com/",
        ] {
            assert_eq!(code(&allow, url).as_deref(), Some("host_not_allowed"), "{url}");
        }
    }

    #[test]
    fn no_list_allows_a_metadata_service_however_it_is_written() {
        for url in [
            "http://169.254.169.254/latest/meta-data",
            "http://2852039166/",
            "http://0xa9.0xfe.0xa9.0xfe/",
            "http://0251.0376.0251.0376/",
            "http://[::ffff:169.254.169.254]/",
            "http://[::169.254.169.254]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[2002:a9fe:a9fe::]/",
            "http://[fe80::1]/",
            "http://[febf::1]/",
            "http://[fd00:ec2::254]/",
            "http://100.100.100.200/",
            "http://METADATA.google.internal./computeMetadata/v1/",
        ] {
            let url = Url::parse(url).expect("a URL");
            let hosts = Hosts::new(&[plain(url.host_str().expect("a host"))], std::iter::empty());
            assert_eq!(hosts.check(&url).expect_err("refused").code, "address_refused", "{url}");
        }
    }

    #[test]
    fn a_url_with_a_password_or_another_scheme_is_refused() {
        assert_eq!(code(&["h"], "http://u:p@h/").as_deref(), Some("url"));
        assert_eq!(code(&["h"], "ftp://h/").as_deref(), Some("url"));
        assert_eq!(code(&["h"], "file:///etc/passwd").as_deref(), Some("url"));
    }
}
