//! rustls through both crates that carry it: tokio-rustls over tokio's traits, futures-rustls over
//! futures_io's. The certificates are made here.

use crate::on_each;
use futures_rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use mainspring::compat::TokioIo;
use mainspring::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use mainspring::net::{Server, TcpStream, start_server};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
// One rustls under both.
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

/// A key, its certificate, and the authority that has signed it. (One that has signed itself is
/// refused by clients: it would be both.)
struct Papers {
    authority: CertificateDer<'static>,
    server: CertificateDer<'static>,
    key: Vec<u8>,
}

static PAPERS: LazyLock<Papers> = LazyLock::new(|| {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let server = params.signed_by(&key, &issuer).unwrap();
    let (authority, server) = (authority.der().clone(), server.der().clone());
    Papers { authority, server, key: key.serialize_der() }
});

/// What the server says it can speak, first what it likes best.
pub fn server_config(protocols: &[&str]) -> Arc<ServerConfig> {
    let chain = vec![PAPERS.server.clone()];
    let key = PrivateKeyDer::try_from(PAPERS.key.clone()).unwrap();
    let mut config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

pub fn client_config(protocols: &[&str]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(PAPERS.authority.clone()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

pub fn name() -> ServerName<'static> {
    ServerName::try_from("localhost").unwrap()
}

/// Everything back until the other side says that it is done; then a clean end.
async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let mut buf = vec![0; 4096];
    loop {
        match stream.read(&mut buf).await? {
            0 => return stream.shutdown().await,
            n => stream.write_all(&buf[..n]).await?,
        }
        stream.flush().await?;
    }
}

async fn echo_over_futures_rustls() -> Server {
    let acceptor = futures_rustls::TlsAcceptor::from(server_config(&[]));
    let handler = move |stream: TcpStream, _peer: SocketAddr| {
        let acceptor = acceptor.clone();
        async move { echo(acceptor.accept(stream).await?).await }
    };
    start_server("127.0.0.1:0", handler).await.unwrap()
}

async fn echo_over_tokio_rustls() -> Server {
    let acceptor = tokio_rustls::TlsAcceptor::from(server_config(&[]));
    let handler = move |stream: TcpStream, _peer: SocketAddr| {
        let acceptor = acceptor.clone();
        async move { echo(TokioIo::new(acceptor.accept(stream).await?)).await }
    };
    start_server("127.0.0.1:0", handler).await.unwrap()
}

/// What is written is sent at once, as on the server's side.
async fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.local_addr()).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// 300 kB there and back, much more than all buffers on the way but the kernel's.
async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let sent: Vec<u8> = (0..300_000_u32).map(|n| (n / 7) as u8).collect();
    let mut back = vec![0; 10_000];
    for part in sent.chunks(back.len()) {
        stream.write_all(part).await.unwrap();
        stream.flush().await.unwrap();
        stream.read_exact(&mut back).await.unwrap();
        assert_eq!(back, part);
    }
    stream.shutdown().await.unwrap();
    // An end without `close_notify` would be an error.
    assert_eq!(stream.read(&mut back).await.unwrap(), 0);
}

#[test]
fn a_tls_echo_over_each_family_with_a_client_of_each() {
    on_each(async || {
        for server in [echo_over_futures_rustls().await, echo_over_tokio_rustls().await] {
            let connector = futures_rustls::TlsConnector::from(client_config(&[]));
            let stream = connect(&server).await;
            talk(connector.connect(name(), stream).await.unwrap()).await;

            let connector = tokio_rustls::TlsConnector::from(client_config(&[]));
            let stream = connect(&server).await;
            talk(TokioIo::new(connector.connect(name(), stream).await.unwrap())).await;
            server.close();
            server.wait_closed().await;
        }
    });
}

#[test]
fn a_server_with_another_name_is_refused() {
    on_each(async || {
        let server = echo_over_tokio_rustls().await;
        let connector = tokio_rustls::TlsConnector::from(client_config(&[]));
        let stream = TcpStream::connect(server.local_addr()).await.unwrap();
        let other = ServerName::try_from("elsewhere").unwrap();
        let error = connector.connect(other, stream).await.unwrap_err();
        assert!(error.to_string().contains("not valid for name"), "{error}");
        // The server lives.
        let stream = TcpStream::connect(server.local_addr()).await.unwrap();
        talk(TokioIo::new(connector.connect(name(), stream).await.unwrap())).await;
    });
}
