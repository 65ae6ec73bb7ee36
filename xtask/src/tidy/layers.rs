//! The folder says what a crate may depend on.

use anyhow::Result;

use super::{
    Finding,
    source::{Package, Tree},
};

/// Every edge between engines.
const ENGINE_EDGES: &[(&str, &[&str])] = &[
    ("agent", &["lanes", "sessions", "sandbox", "credentials", "budget", "media", "prompt"]),
    ("inbound", &["accounts", "lanes", "sessions", "outbound"]),
    ("outbound", &["lanes"]),
];

pub(super) fn check(tree: &Tree) -> Result<Vec<Finding>> {
    Ok(tree.crates.iter().flat_map(|package| depends(package, &tree.crates)).collect())
}

fn depends(package: &Package, all: &[Package]) -> Vec<Finding> {
    let folder = package.folder();
    let ours = package.dependencies.iter().filter(|dependency| dependency.path.is_some());
    let refused = ours.filter(|dependency| {
        let Some(target) = all.iter().find(|package| package.name == dependency.name) else { return false };
        let is_dev = dependency.kind.as_deref() == Some("dev");
        !may(&package.name, &folder, &target.name, &target.folder(), is_dev)
    });
    refused
        .map(|dependency| {
            let message = format!(
                "`{}` may not depend on `{}`: see the layers in ARCHITECTURE.md",
                package.name, dependency.name
            );
            Finding::new("layer", folder.clone(), message)
        })
        .collect()
}

fn may(name: &str, folder: &str, target: &str, target_folder: &str, is_dev: bool) -> bool {
    let layer = layer(folder);
    let below = layer_of(target_folder);
    if is_dev && matches!(target, "fakes" | "conformance") {
        return true;
    }
    match layer {
        "base" => below == "base",
        "contract" | "surface" | "adapters" => {
            matches!(below, "base" | "contract") || (is_dev && layer == "surface" && below == "surface")
        }
        "engine" => {
            let edges = ENGINE_EDGES.iter().find(|(engine, _)| *engine == name).map_or(&[][..], |(_, edges)| edges);
            // Tests may stand on whatever the engine itself stands on, one step further.
            matches!(below, "base" | "contract") || edges.contains(&target) || (is_dev && below == "engine")
        }
        "fakes" => below == "base",
        "conformance" => matches!(below, "base" | "contract"),
        "testkit" => matches!(below, "base" | "contract") || matches!(target, "client" | "fakes"),
        _ => true,
    }
}

fn layer_of(folder: &str) -> &str {
    layer(folder)
}

fn layer(folder: &str) -> &str {
    let mut parts = folder.split('/');
    match (parts.next(), parts.next()) {
        (Some("crates"), Some(layer)) => layer,
        (Some("adapters"), _) => "adapters",
        (Some("testing"), Some(part)) => part,
        (first, _) => first.unwrap_or_default(),
    }
}

#[cfg(test)]
mod held {
    use super::*;

    #[test]
    fn an_engine_reaches_another_only_by_a_listed_edge() {
        let engine = |name: &str| format!("crates/engine/{name}");
        assert!(may("agent", &engine("agent"), "lanes", &engine("lanes"), false));
        assert!(!may("lanes", &engine("lanes"), "agent", &engine("agent"), false));
        assert!(!may("gateway", "crates/surface/gateway", "lanes", &engine("lanes"), false));
        assert!(may("clawdbot", "crates/app/clawdbot", "lanes", &engine("lanes"), false));
    }
}
