//! The address a request comes from. Headers are believed only when a configured proxy wrote them.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use http::request::Parts;
use ipnet::IpNet;

use crate::Config;

/// The client's address: the socket's, or, behind configured proxies, the last hop in `X-Forwarded-For` that is
/// not one of them. Read from the right: whatever stands further left was written by the client itself.
pub fn address(config: &Config, parts: &Parts) -> IpAddr {
    let socket = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |info| info.0.ip().to_canonical());
    let forwarded = parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    client(&config.trusted_proxies, socket, &hops)
}

fn client(trusted: &[IpNet], socket: IpAddr, hops: &[&str]) -> IpAddr {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip));
    let mut current = socket;
    for hop in hops.iter().rev() {
        if !is_trusted(current) {
            break;
        }
        let Ok(ip) = hop.parse::<IpAddr>() else { break };
        current = ip.to_canonical();
    }
    current
}

/// What limits count by: one IPv4 address, or the /64 a household gets.
pub fn bucket(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{bucket, client};

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn without_configured_proxies_headers_mean_nothing() {
        assert_eq!(client(&[], ip("203.0.113.5"), &["1.2.3.4", "5.6.7.8"]), ip("203.0.113.5"));
    }

    #[test]
    fn behind_a_proxy_the_rightmost_foreign_hop_counts() {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "127.0.0.1/32".parse().unwrap()];
        assert_eq!(client(&trusted, ip("127.0.0.1"), &["6.6.6.6", "198.51.100.7"]), ip("198.51.100.7"));
        assert_eq!(
            client(&trusted, ip("127.0.0.1"), &["6.6.6.6", "198.51.100.7", "10.1.1.1"]),
            ip("198.51.100.7")
        );
        assert_eq!(client(&trusted, ip("203.0.113.5"), &["198.51.100.7"]), ip("203.0.113.5"));
        assert_eq!(client(&trusted, ip("127.0.0.1"), &["198.51.100.7", "garbage"]), ip("127.0.0.1"));
    }

    #[test]
    fn an_ipv6_household_is_one() {
        assert_eq!(bucket(ip("2001:db8:1:2:3:4:5:6")), ip("2001:db8:1:2::"));
    }
}
