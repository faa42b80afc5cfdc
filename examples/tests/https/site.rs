//! A site of its own: an authority, certificates, and a server that speaks HTTP with and without
//! TLS on one port.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use examples::tls::Trust;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::service::service_fn;
use hyper::{Request, Response};
use mainspring::compat::TokioIo;
use mainspring::net::{Server, TcpStream, start_server};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Who signs.
pub struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// When a certificate holds.
#[derive(Clone, Copy, Debug)]
pub enum Valid {
    Before,
    Now,
    Later,
}

/// A certificate and its key.
pub struct Papers {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Authority { certificate, issuer: Issuer::new(params, key) }
    }

    /// One for `host`, signed.
    pub fn certificate(&self, host: &str, valid: Valid) -> Papers {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        match valid {
            Valid::Before => params.not_after = date_time_ymd(2001, 1, 1),
            Valid::Now => {}
            Valid::Later => params.not_before = date_time_ymd(3001, 1, 1),
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        Papers { certificate, key }
    }

    /// One that an authority has signed for itself: what `openssl req -x509` makes.
    pub fn own(host: &str) -> Papers {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Papers { certificate, key }
    }

    /// A file for `--ca`.
    pub fn file(&self) -> PathBuf {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        // Ordering: each number is given out once.
        let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(format!("mainspring-ca-{process}-{number}.pem"));
        std::fs::write(&path, pem(&self.certificate)).unwrap();
        path
    }

    /// As `--ca` with that file.
    pub fn trust(&self) -> Trust {
        let file = self.file();
        let trust = Trust::file(file.to_str().unwrap()).unwrap();
        std::fs::remove_file(file).unwrap();
        trust
    }
}

fn pem(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, i| bits << 8 | three.get(i).map_or(0, |b| u32::from(*b)));
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i)) as usize % 64];
            text.push(if i <= three.len() { digit.into() } else { '=' });
        }
        if text.len() % 65 == 64 {
            text.push('\n');
        }
    }
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", text.trim_end())
}

/// A server that answers with the path and what it was asked by.
pub struct Site(Server);

impl Site {
    pub async fn start(papers: Papers) -> Site {
        let key = PrivateKeyDer::try_from(papers.key.serialize_der()).unwrap();
        let builder = ServerConfig::builder().with_no_client_auth();
        let mut config = builder.with_single_cert(vec![papers.certificate], key).unwrap();
        config.alpn_protocols = ["h2", "http/1.1"].map(|name| name.as_bytes().to_vec()).into();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let handler = move |stream: TcpStream, _peer: SocketAddr| {
            let acceptor = acceptor.clone();
            async move {
                let mut first = [0];
                // The first byte of a TLS record of a handshake.
                if stream.peek(&mut first).await? == 0 || first[0] != 22 {
                    serve(stream, "plain").await;
                    return Ok(());
                }
                // A client that refuses is not this side's trouble.
                let Ok(stream) = acceptor.accept(stream).await else { return Ok(()) };
                let protocol = match stream.get_ref().1.alpn_protocol() {
                    Some(b"http/1.1") => "http/1.1",
                    _ => "another",
                };
                serve(TokioIo::new(stream), protocol).await;
                Ok::<_, std::io::Error>(())
            }
        };
        Site(start_server("127.0.0.1:0", handler).await.unwrap())
    }

    pub fn port(&self) -> u16 {
        self.0.local_addr().port()
    }
}

async fn serve(stream: impl Read + Write + Unpin, protocol: &'static str) {
    let answer = async |request: Request<Incoming>| {
        let text = format!("{} {protocol}", request.uri().path());
        Ok::<_, Infallible>(Response::new(text))
    };
    let builder = hyper::server::conn::http1::Builder::new();
    let _ = builder.serve_connection(stream, service_fn(answer)).await;
}
