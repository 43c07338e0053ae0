# build.mjs puts it beside the bundle and the files that it embeds: workerd serve OUT/config.capnp
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "main")],
);

const main :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
  compatibilityDate = "2026-01-01",
  bindings = [
    (name = "ROOTS", text = embed "roots.pem"),
    (name = "INTERMEDIATES", text = embed "intermediates.pem"),
    (name = "POLICY", text = embed "policy.json"),
    (name = "SECRET", text = embed "secret.txt"),
  ],
);
