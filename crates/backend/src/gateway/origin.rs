//! Whether a socket was asked for by our own pages. A browser sends cookies with any page's WebSocket and applies
//! no same-origin policy to it; the only thing a foreign page cannot forge is its `Origin`.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderName};

/// What a program that is not a browser sends instead of an `Origin`. Pages cannot set headers on a WebSocket.
pub(super) const NATIVE: HeaderName = HeaderName::from_static("x-harmony-client");

/// Scheme, host and port, as a browser compares them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    is_secure: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// From `scheme://host[:port]`, and nothing else.
    fn parse(text: &str) -> Option<Self> {
        let (is_secure, authority) = match text.split_once("://")? {
            ("https", rest) => (true, rest),
            ("http", rest) => (false, rest),
            _ => return None,
        };
        Self::of_authority(is_secure, authority)
    }

    fn of_authority(is_secure: bool, authority: &str) -> Option<Self> {
        let allowed = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
        };
        if !authority.bytes().all(allowed) {
            return None;
        }
        // The colons of an IPv6 address stand inside brackets; the port's comes after them.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let is_v6 = host.starts_with('[') && host.ends_with(']');
        if host.is_empty() || (!is_v6 && host.contains([':', '[', ']'])) {
            return None;
        }
        let port = match port {
            None => {
                if is_secure {
                    443
                } else {
                    80
                }
            }
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
        };
        Some(Self { is_secure, host: host.to_ascii_lowercase(), port })
    }
}

/// An address as browsers send it in `Origin`: lower case, the scheme's own port left out. None if it is no origin.
pub(crate) fn canonical(address: &str) -> Option<String> {
    let Origin { is_secure, host, port } = Origin::parse(address)?;
    let scheme = if is_secure { "https" } else { "http" };
    let is_default = port == if is_secure { 443 } else { 80 };
    Some(if is_default { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:{port}") })
}

/// Whether the request comes from our own pages. `public` is the configured address; without one the address the
/// request was sent to counts, by either scheme.
pub(super) fn is_ours(headers: &HeaderMap, public: Option<&str>) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else {
        // No browser leaves it out, but other programs do and say who they are.
        return headers.get(&NATIVE).is_some_and(|value| value == "1");
    };
    if origins.next().is_some() {
        return false;
    }
    let Some(origin) = origin.to_str().ok().and_then(Origin::parse) else { return false };
    match public {
        Some(public) => Origin::parse(public).is_some_and(|public| public == origin),
        None => {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok());
            host.and_then(|host| Origin::of_authority(origin.is_secure, host))
                .is_some_and(|host| host == origin)
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{canonical, is_ours};

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    const PUBLIC: Option<&str> = Some("https://chat.example.org");

    #[test]
    fn only_the_exact_origin_of_the_instance_is_ours() {
        for ours in ["https://chat.example.org", "https://chat.example.org:443", "https://CHAT.example.org"] {
            assert!(is_ours(&headers(&[("host", "inner:3000"), ("origin", ours)]), PUBLIC), "{ours}");
        }
        let foreign = [
            "http://chat.example.org",            // scheme
            "https://chat.example.org:8443",      // port
            "https://chat.example.org.evil.test", // suffix
            "https://evilchat.example.org",       // prefix
            "https://evil-chat.example.org",
            "https://example.org",                // parent
            "https://sub.chat.example.org",       // child
            "https://chat.example.org@evil.test", // user part
            "https://evil.test/chat.example.org", // path
            "https://chat.example.org/",          // an origin has no path
            "https://chat.example.org:",          // no port after the colon
            "https://chat.example.org:443:443",
            "https://chat.example.org.", // another name for the same host is another origin
            "wss://chat.example.org",
            "chat.example.org",
            "//chat.example.org",
            "null",
            "",
            "https://",
            "https://chat.example.org https://evil.test",
            "https://[::1]",
            "file://chat.example.org",
        ];
        for origin in foreign {
            assert!(
                !is_ours(&headers(&[("host", "chat.example.org"), ("origin", origin)]), PUBLIC),
                "{origin:?}"
            );
        }
    }

    #[test]
    fn a_configured_address_is_brought_into_the_form_browsers_send() {
        assert_eq!(canonical("https://Chat.Example.org:443").as_deref(), Some("https://chat.example.org"));
        assert_eq!(canonical("http://[::1]:3000").as_deref(), Some("http://[::1]:3000"));
        assert_eq!(canonical("chat.example.org"), None);
    }

    #[test]
    fn without_a_configured_address_the_host_counts_by_either_scheme() {
        for (host, origin) in [
            ("127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("127.0.0.1:3000", "https://127.0.0.1:3000"),
            ("chat.test", "http://chat.test"),
            ("chat.test", "https://chat.test"),
            ("[::1]:3000", "http://[::1]:3000"),
        ] {
            assert!(is_ours(&headers(&[("host", host), ("origin", origin)]), None), "{host} {origin}");
        }
        for (host, origin) in [
            ("127.0.0.1:3000", "http://localhost:3000"),
            ("127.0.0.1:3000", "http://127.0.0.1:3001"),
            ("127.0.0.1:3000", "http://127.0.0.1"),
            ("chat.test", "http://chat.test:3000"),
            ("[::1]:3000", "http://[::2]:3000"),
        ] {
            assert!(!is_ours(&headers(&[("host", host), ("origin", origin)]), None), "{host} {origin}");
        }
    }

    #[test]
    fn a_request_without_an_origin_has_to_say_that_it_is_no_browser() {
        assert!(!is_ours(&headers(&[("host", "chat.test")]), None));
        assert!(!is_ours(&headers(&[]), PUBLIC));
        assert!(is_ours(&headers(&[("host", "chat.test"), ("x-harmony-client", "1")]), None));
        assert!(!is_ours(&headers(&[("x-harmony-client", "yes")]), None));
    }

    #[test]
    fn saying_so_does_not_excuse_a_foreign_origin_and_neither_do_two_origins() {
        let foreign = [("origin", "https://evil.test"), ("x-harmony-client", "1")];
        assert!(!is_ours(&headers(&foreign), PUBLIC));
        let two = [("origin", "https://chat.example.org"), ("origin", "https://evil.test")];
        assert!(!is_ours(&headers(&two), PUBLIC));
        assert!(!is_ours(&headers(&[("origin", "http://chat.test")]), None), "no host to compare with");
    }
}
