//! values of flags, and errors that name the remedy.

#![forbid(unsafe_code)]

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// Reads a flag in seconds, such as `0.5` or `10`.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let value: f64 = text.parse().map_err(|_| "give seconds, such as 0.5 or 10".to_owned())?;
    Duration::try_from_secs_f64(value).map_err(|_| "give a time that is not negative".to_owned())
}

/// Reads a factor for delays: 1 is the documents' size, 0.1 ten times as fast.
pub fn scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value <= 100.0 => Ok(value),
        _ => Err("give a factor above 0 and up to 100, such as 0.1".to_owned()),
    }
}

/// Says why nobody can listen at `addr`, and which flag helps.
pub fn cannot_listen(addr: SocketAddr, error: &io::Error) -> String {
    let remedy = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program listens there: stop it, or choose another port with --port N \
             (0 lets the system choose)"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need special rights: choose another with --port N"
        }
        _ => "choose another port with --port N",
    };
    format!("cannot listen on port {} of {}: {error}; {remedy}", addr.port(), addr.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_names_the_port_and_the_flag() {
        let addr: SocketAddr = "127.0.0.1:8888".parse().unwrap();
        let text = cannot_listen(addr, &io::ErrorKind::AddrInUse.into());
        assert!(text.contains("8888") && text.contains("--port"), "{text}");
    }

    #[test]
    fn a_scale_must_be_above_zero() {
        assert!(scale("0").is_err() && scale("-1").is_err() && scale("x").is_err());
        assert_eq!(scale("0.1"), Ok(0.1));
    }

    #[test]
    fn seconds_may_have_a_fraction_and_no_sign() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert!(seconds("-1").is_err() && seconds("soon").is_err());
    }
}
