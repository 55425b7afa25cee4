//! Which file of a crate uses which, read from its paths.
//!
//! A module is a file. It uses another one where a path of its own, in a `use` or in the code, leads to an item that
//! stands there. Three rules make that mean something:
//! - A re-export is a door. Who goes through it uses the file where the item is defined, not the one with the door.
//! - A parent that only re-exports what its children define uses none of them.
//! - Tests do not count: neither `tests.rs` and `tests/` nor items under `#[cfg(test)]`.
//!
//! Methods are not seen: they are called without a path.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{Item, ItemMod, ItemUse, Macro, UseTree, Visibility};

use crate::{files, read};

/// Segments of a path from the root of its crate.
type Segments = Vec<String>;

/// The modules of one crate by their path ("" is the root, "lane::queue" a file), and whom each of them uses.
pub(crate) type Uses = BTreeMap<String, BTreeSet<String>>;

/// Folders of the crates that make the product.
pub(crate) fn crates() -> Vec<String> {
    let roots = files("src/lib.rs").into_iter().filter(|file| !file.starts_with("benches/"));
    roots.map(|file| file.trim_end_matches("/lib.rs").to_owned()).collect()
}

/// Reads the crate whose sources stand in `folder`.
pub(crate) fn uses(folder: &str) -> Uses {
    let modules = modules(folder);
    let users = modules.iter();
    users.map(|(name, module)| (name.clone(), module.used(name, &modules))).collect()
}

type Modules = BTreeMap<String, Module>;

fn modules(folder: &str) -> Modules {
    let mut modules = Modules::new();
    for file in files(".rs") {
        let Some(inside) = file.strip_prefix(&format!("{folder}/")) else { continue };
        let path = inside.trim_end_matches(".rs");
        if path == "main" || path.split('/').any(|part| part == "tests" || part == "bin") {
            continue;
        }
        let name = if path == "lib" { String::new() } else { path.replace('/', "::") };
        modules.insert(name.clone(), Module::parse(&read(&file), split(&name)));
    }
    modules
}

fn split(name: &str) -> Segments {
    name.split("::").filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
}

/// A name that a `use` brings into a module, and where it leads. A glob's name is `*`.
struct Import {
    name: String,
    path: Segments,
    exported: bool,
}

/// One file, before its paths are followed.
#[derive(Default)]
struct Module {
    /// Where we are: longer than the file's own path inside of an inline module.
    at: Segments,
    imports: Vec<Import>,
    /// Items that stand here.
    defined: BTreeSet<String>,
    /// Paths in the code, as they are written.
    paths: Vec<Segments>,
}

impl Module {
    fn parse(text: &str, at: Segments) -> Self {
        let mut module = Self { at, ..Self::default() };
        module.visit_file(&syn::parse_file(text).unwrap());
        module
    }

    /// A path from the root of the crate, if the written one starts from something known: `crate`, `self`, `super` or a child.
    fn absolute(&self, written: &[String], children: impl Fn(&Segments) -> bool) -> Option<Segments> {
        let first = written.first()?;
        let mut path = match first.as_str() {
            "crate" => Segments::new(),
            "self" => self.at.clone(),
            "super" => self.at[..self.at.len().checked_sub(1)?].to_vec(),
            child => {
                let path = [&self.at[..], &[child.to_owned()]].concat();
                return children(&path).then(|| [&self.at[..], written].concat());
            }
        };
        for segment in &written[1..] {
            if segment == "super" {
                path.pop()?;
            } else {
                path.push(segment.clone());
            }
        }
        Some(path)
    }

    /// Other modules that this one uses.
    fn used(&self, name: &str, modules: &Modules) -> BTreeSet<String> {
        let child = |path: &Segments| modules.contains_key(&path.join("::"));
        let mut used = BTreeSet::new();
        for import in &self.imports {
            let Some(path) = self.absolute(&import.path, child) else { continue };
            let below = path.starts_with(&split(name)) && path.len() > split(name).len();
            // A module that is only named is used where a path in the code goes on from it.
            let door = import.exported && below;
            if !door && !child(&path) {
                used.insert(follow(&path, modules, 0));
            }
        }
        for path in &self.paths {
            // A name that was brought in stands for where it leads.
            let import = self.imports.iter().find(|import| import.name == path[0]);
            let written = import.map(|import| [&import.path[..], &path[1..]].concat());
            if let Some(path) = self.absolute(written.as_ref().unwrap_or(path), child)
                && !child(&path)
            {
                used.insert(follow(&path, modules, 0));
            }
        }
        used.remove(name);
        used
    }
}

/// The module where the item at `path` is defined, through as many doors as lead there.
fn follow(path: &[String], modules: &Modules, doors: usize) -> String {
    let depth =
        (0..=path.len()).rev().find(|&depth| modules.contains_key(&path[..depth].join("::"))).unwrap();
    let name = path[..depth].join("::");
    let module = &modules[&name];
    let Some(item) = path.get(depth).filter(|item| doors < 8 && !module.defined.contains(*item)) else {
        return name;
    };
    let child = |path: &Segments| modules.contains_key(&path.join("::"));
    for import in &module.imports {
        let Some(mut target) = module.absolute(&import.path, child) else { continue };
        if import.name == "*" {
            let origin = follow(&[&target[..], std::slice::from_ref(item)].concat(), modules, doors + 1);
            if modules[&origin].defined.contains(item) {
                return origin;
            }
        } else if import.name == *item {
            target.extend_from_slice(&path[depth + 1..]);
            return follow(&target, modules, doors + 1);
        }
    }
    name
}

impl<'ast> Visit<'ast> for Module {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = match item {
            Item::Const(item) => (&item.attrs, Some(&item.ident)),
            Item::Enum(item) => (&item.attrs, Some(&item.ident)),
            Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
            Item::Impl(item) => (&item.attrs, None),
            Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
            Item::Mod(item) => (&item.attrs, None),
            Item::Static(item) => (&item.attrs, Some(&item.ident)),
            Item::Struct(item) => (&item.attrs, Some(&item.ident)),
            Item::Trait(item) => (&item.attrs, Some(&item.ident)),
            Item::Type(item) => (&item.attrs, Some(&item.ident)),
            Item::Union(item) => (&item.attrs, Some(&item.ident)),
            Item::Use(item) => (&item.attrs, None),
            _ => return syn::visit::visit_item(self, item),
        };
        let test = |attribute: &syn::Attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "test")
        };
        if attributes.iter().any(test) {
            return;
        }
        self.defined.extend(name.map(ToString::to_string));
        syn::visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.at.push(item.ident.to_string());
        syn::visit::visit_item_mod(self, item);
        self.at.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let exported = !matches!(item.vis, Visibility::Inherited);
        leaves(&item.tree, &mut Segments::new(), &mut |name, path| {
            self.imports.push(Import { name, path: path.to_vec(), exported });
        });
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.paths.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        paths_in(call.tokens.clone(), &mut self.paths);
    }

    // `pub(in path)` and attributes use nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}

/// Calls `found` with the name and the path of everything that a `use` brings in.
fn leaves(tree: &UseTree, before: &mut Segments, found: &mut impl FnMut(String, &[String])) {
    let mut leaf = |name: String, last: Option<String>| {
        // `use a::b::{self}` brings in `b`.
        let last = last.filter(|last| last != "self" || before.is_empty());
        let name = if name == "self" { before.last().cloned().unwrap_or(name) } else { name };
        found(name, &before.iter().cloned().chain(last).collect::<Segments>());
    };
    match tree {
        UseTree::Name(name) => leaf(name.ident.to_string(), Some(name.ident.to_string())),
        UseTree::Rename(name) => leaf(name.rename.to_string(), Some(name.ident.to_string())),
        UseTree::Glob(_) => leaf("*".to_owned(), None),
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            leaves(&path.tree, before, found);
            before.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, before, found)),
    }
}

/// Paths among the tokens of a macro: names joined by `::`.
fn paths_in(tokens: TokenStream, paths: &mut Vec<Segments>) {
    let mut path = Segments::new();
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                if colons != 2 && !path.is_empty() {
                    paths.push(std::mem::take(&mut path));
                }
                path.push(name.to_string());
                colons = 0;
                continue;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {
                colons += 1;
                continue;
            }
            TokenTree::Group(group) => paths_in(group.stream(), paths),
            _ => {}
        }
        colons = 0;
        paths.extend((!path.is_empty()).then(|| std::mem::take(&mut path)));
    }
    paths.extend((!path.is_empty()).then_some(path));
}
