//! https: whom a client believes, and what it says when it does not.
//!
//! rustls makes the connection private and checks the certificate; it never looks for a socket. So
//! tokio-rustls, which feeds it from a stream with tokio's traits, needs no tokio runtime: the
//! runtime's own `TcpStream` has these traits.
//!
//! A certificate that is refused is no trouble that passes, so nobody tries again because of one.
//! There is no flag that believes everybody: `--ca` names an authority, and that is as easy.

#![forbid(unsafe_code)]

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use mainspring::compat::TokioIo;
use mainspring::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, RootCertStore};

/// The authorities whose signature makes a certificate good: those that browsers trust, as the
/// crate `webpki-roots` lists them, and those of a file.
#[derive(Clone, Default)]
pub struct Trust(Option<Arc<ClientConfig>>);

static PUBLIC: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| config(public()));

fn public() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

fn config(roots: RootCertStore) -> Arc<ClientConfig> {
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    // The client speaks nothing else.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}

impl Trust {
    /// The public authorities and those in a file of certificates.
    ///
    /// # Errors
    /// It cannot be read, or has no certificate of an authority.
    pub fn file(name: &str) -> Result<Trust, String> {
        let no_file = |error: pem::Error| match error {
            pem::Error::Io(error) => format!("cannot read it: {error}"),
            error => format!("it is no file of certificates in PEM: {error}"),
        };
        let found = CertificateDer::pem_file_iter(Path::new(name)).map_err(no_file)?;
        let mut roots = public();
        let before = roots.len();
        for certificate in found {
            let added = roots.add(certificate.map_err(no_file)?);
            added.map_err(|error| format!("a certificate in it cannot be used: {error}"))?;
        }
        match roots.len() - before {
            0 => {
                Err("there is no certificate in it: a -----BEGIN CERTIFICATE----- is wanted".into())
            }
            _ => Ok(Trust(Some(config(roots)))),
        }
    }

    /// Agrees with `host` on TLS over a connection to it.
    ///
    /// # Errors
    /// Why the two could not agree.
    ///
    /// # Cancel safety
    /// Dropping it closes the connection.
    pub async fn connect(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> Result<TokioIo<TlsStream<TcpStream>>, Refused> {
        let refused = |error| Refused { host: host.to_owned(), error };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|error| refused(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        let config = self.0.as_ref().unwrap_or(&*PUBLIC).clone();
        let stream = TlsConnector::from(config).connect(name, stream).await.map_err(refused)?;
        Ok(TokioIo::new(stream))
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Trust(public, file)" } else { "Trust(public)" })
    }
}

/// The flag of every program that takes addresses.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Ca {
    /// For https: trust the authorities in this file (PEM) too, besides those that browsers trust
    #[arg(long, value_name = "FILE", value_parser = Trust::file)]
    ca: Option<Trust>,
}

impl Ca {
    /// Whom the flag makes the client trust.
    #[must_use]
    pub fn trust(&self) -> Trust {
        self.ca.clone().unwrap_or_default()
    }
}

/// Why there is no TLS with a host.
#[derive(Debug)]
pub struct Refused {
    host: String,
    error: io::Error,
}

impl Refused {
    /// What rustls says; nothing if the connection itself broke.
    fn verdict(&self) -> Option<&rustls::Error> {
        self.error.get_ref()?.downcast_ref()
    }

    /// Whether another attempt may end better: when the connection broke.
    #[must_use]
    pub fn worth_another(&self) -> bool {
        self.verdict().is_none() && self.error.kind() != io::ErrorKind::InvalidInput
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match self.verdict() {
            Some(rustls::Error::InvalidCertificate(why)) => {
                write!(f, "the certificate of {host} is refused: {}", fault(why))
            }
            Some(rustls::Error::InvalidMessage(_)) => {
                write!(f, "what answers for {host} does not speak TLS: is it http://?")
            }
            Some(why) => write!(f, "no TLS with {host}: {why}"),
            None if self.error.kind() == io::ErrorKind::UnexpectedEof => {
                write!(f, "{host} closed the connection in the TLS handshake")
            }
            None => write!(f, "no TLS with {host}: {}", self.error),
        }
    }
}

impl std::error::Error for Refused {}

/// What is wrong with a certificate.
fn fault(why: &CertificateError) -> String {
    match why {
        CertificateError::NotValidForNameContext { presented, .. } => match presented.as_slice() {
            [] => "it is for no host at all".to_owned(),
            names => {
                let names: Vec<_> = names.iter().map(|name| plain(name)).collect();
                format!("it is for {}", names.join(", "))
            }
        },
        CertificateError::NotValidForName => "it is for another host".to_owned(),
        CertificateError::ExpiredContext { time, not_after } => {
            format!("it expired {} ago", days(*not_after, *time))
        }
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "it will be valid in {}; is the clock of this machine right?",
            days(*time, *not_before)
        ),
        CertificateError::UnknownIssuer => {
            "no authority that is trusted here has signed it (--ca FILE trusts another)".to_owned()
        }
        // What `ExpiredContext` says of others is not known of this one.
        CertificateError::Expired => "it would end before it begins".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not meant for a server".to_owned()
        }
        CertificateError::Other(why) => match format!("{:?}", why.0).as_str() {
            "CaUsedAsEndEntity" => "it is an authority's own, and a server needs one that is \
                                    none (basicConstraints = CA:FALSE)"
                .to_owned(),
            "UnsupportedCertVersion" => "it is of an old version, in which no names of hosts \
                                         stand: make one with a subjectAltName"
                .to_owned(),
            why => why.to_owned(),
        },
        why => why.to_string(),
    }
}

/// `DnsName("a")` and `IpAddress(b)` are ways to write `a` and `b`.
fn plain(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, inner)| inner.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"')
}

fn days(from: UnixTime, to: UnixTime) -> String {
    match to.as_secs().saturating_sub(from.as_secs()) / 86_400 {
        0 => "less than a day".to_owned(),
        1 => "a day".to_owned(),
        n => format!("{n} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(text: &str) -> String {
        let name = format!("mainspring-tls-{}-{}.pem", std::process::id(), text.len());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        let error = Trust::file(path.to_str().unwrap()).unwrap_err();
        std::fs::remove_file(path).unwrap();
        error
    }

    #[test]
    fn a_file_that_is_none_of_certificates_is_refused_with_the_reason() {
        assert!(Trust::file("/nowhere/ca.pem").unwrap_err().contains("cannot read it"));
        assert!(fails("").contains("no certificate in it"));
        assert!(fails("hello\n").contains("no certificate in it"));
        assert!(fails("-----BEGIN CERTIFICATE-----\nAA==\n").contains("no file of certificates"));
        let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(fails(nonsense).contains("cannot be used"));
    }

    #[test]
    fn the_public_authorities_are_there() {
        assert!(public().len() > 50);
        assert_eq!(PUBLIC.alpn_protocols, [b"http/1.1"]);
    }

    #[test]
    fn a_time_is_told_in_days() {
        let at = |secs| UnixTime::since_unix_epoch(std::time::Duration::from_secs(secs));
        assert_eq!(days(at(0), at(86_399)), "less than a day");
        assert_eq!(days(at(0), at(86_400)), "a day");
        assert_eq!(days(at(0), at(10 * 86_400)), "10 days");
    }

    /// What `openssl x509 -req` makes without a file of extensions.
    #[test]
    fn a_fault_that_rustls_has_no_name_for_is_told_in_words_too() {
        #[derive(Debug)]
        struct UnsupportedCertVersion;
        impl fmt::Display for UnsupportedCertVersion {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }
        }
        impl std::error::Error for UnsupportedCertVersion {}
        let other = |error| CertificateError::Other(rustls::OtherError(Arc::new(error)));
        assert!(fault(&other(UnsupportedCertVersion)).contains("subjectAltName"));
        assert_eq!(fault(&CertificateError::Expired), "it would end before it begins");
    }

    #[test]
    fn a_name_is_shown_as_people_write_it() {
        assert_eq!(plain("DnsName(\"a.example\")"), "a.example");
        assert_eq!(plain("IpAddress(::1)"), "::1");
        assert_eq!(plain("as it is"), "as it is");
    }
}
