//! Serving: pages, server functions, gateway and files from one port; stopping in order.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use backend::{AppState, Config};
use harmony::api::plain_forms;
use harmony::app::{App, shell};
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, generate_route_list};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::Failure;

/// How long requests that are under way may take to end.
const DRAIN: Duration = Duration::from_secs(8);

/// Runs until the process is told to stop.
pub(super) async fn serve(config: Config, file: &Path) -> Result<(), Failure> {
    let addr = config.site_addr;
    let options = leptos_options(&config, file)?;
    let state = super::open(config).await?;
    state.start();
    let listener =
        TcpListener::bind(addr).await.map_err(|error| format!("cannot listen on {addr}: {error}"))?;
    greet(&state, listener.local_addr()?).await;
    let router = router(&state, options);
    let token = state.shutdown.token().clone();
    tokio::spawn({
        let token = token.clone();
        async move {
            stop_requested().await;
            tracing::info!("stopping: finishing what is under way");
            token.cancel();
        }
    });
    let proxies = state.config.trusted_proxies.clone();
    tokio::select! {
        () = backend::listen::serve(listener, router, proxies, token.clone()) => {}
        // A request that does not end must not keep the process.
        () = async { token.cancelled().await; tokio::time::sleep(DRAIN).await } => {}
    }
    let _ = tokio::time::timeout(Duration::from_secs(2), state.close()).await;
    tracing::info!("stopped");
    Ok(())
}

/// What the framework needs to know. It reads the same file; a missing one means the defaults.
fn leptos_options(config: &Config, file: &Path) -> Result<LeptosOptions, Failure> {
    let mut options = match file.to_str().filter(|_| file.exists()) {
        Some(path) => get_configuration(Some(path))?.leptos_options,
        None => LeptosOptions::builder().output_name("harmony").hash_files(true).build(),
    };
    options.site_addr = config.site_addr;
    options.site_root = config.site_root.display().to_string().into();
    // Hashed names exist only in a built site; a plain debug build serves plain names.
    let hashes = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("hash.txt")));
    options.hash_files = options.hash_files && hashes.is_some_and(|hashes| hashes.exists());
    Ok(options)
}

/// Pages and server functions around the backend's own routes, behind one set of protections.
fn router(state: &AppState, options: LeptosOptions) -> Router {
    let routes = generate_route_list(App);
    let context = {
        let state = state.clone();
        move || provide_context(state.clone())
    };
    let pages: Router = Router::new()
        .leptos_routes_with_context(&options, routes, context, {
            let options = options.clone();
            move || shell(options.clone())
        })
        .with_state(options);
    let forms = plain_forms::Forms { pages: pages.clone(), state: state.clone() };
    let pages = pages.route_layer(from_fn_with_state(forms, plain_forms::take));
    backend::router::protect(backend::router::routes(state.clone()).merge(pages), state)
}

async fn greet(state: &AppState, addr: SocketAddr) {
    let url = state.config.origin().map_or_else(|| format!("http://{addr}"), str::to_owned);
    println!("Harmony is at {url}, its data in {}.", state.config.data_dir.display());
    let needs = backend::actions::accounts::registration_needs(state).await;
    if let (Ok((_, true)), Some(code)) = (needs, state.setup_code.text()) {
        println!("The first account needs this setup code: {code}");
    }
}

/// SIGTERM, SIGINT, or Ctrl-C.
async fn stop_requested() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// Asks `/healthz` of the server these settings describe.
pub(super) async fn healthcheck(config: &Config) -> Result<(), Failure> {
    let mut addr = config.site_addr;
    if addr.ip().is_unspecified() {
        addr.set_ip(if addr.is_ipv4() { [127, 0, 0, 1].into() } else { [0, 0, 0, 0, 0, 0, 0, 1].into() });
    }
    let ask = async {
        let mut stream = TcpStream::connect(addr).await?;
        let request = format!("GET /healthz HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.take(4096).read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer =
        tokio::time::timeout(Duration::from_secs(5), ask).await.map_err(|_| "no answer in 5 seconds")??;
    if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err("the server is not well".into()) }
}
