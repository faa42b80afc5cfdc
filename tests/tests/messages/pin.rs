async fn expression() {
    mainspring::pin!(async {});
}

async fn no_semicolon() {
    mainspring::pin! {
        let a = async {}
    }
}

fn main() {}
