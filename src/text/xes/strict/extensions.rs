//! The extensions of the standard, and those that are registered beside it: which prefix each has, and of
//! which type the attributes are that it defines.
//!
//! Types are those of IEEE 1849-2016 (concept, lifecycle, org, time, semantic, identity, cost) and of the
//! definitions that are published with the other extensions (micro, software communication, telemetry and
//! events, artifact lifecycle). A key that an extension does not define is nothing of its own.

use super::grammar::XesElement;
use crate::text::xml::lexical::Lexical;

/// An extension of XES, with the keys that it defines.
#[derive(Debug)]
pub struct Extension {
    /// The name that its declaration gives it.
    pub name: &'static str,
    /// The prefix that it is known by.
    pub prefix: &'static str,
    /// The last part of its URI, without its ending.
    file: &'static str,
    /// What it defines: keys without the prefix, and what element each of them is.
    keys: &'static [(&'static str, XesElement)],
}

const STRING: XesElement = XesElement::Attribute(Lexical::Any);
const DATE: XesElement = XesElement::Attribute(Lexical::ZonedDate);
const INT: XesElement = XesElement::Attribute(Lexical::Long);
const FLOAT: XesElement = XesElement::Attribute(Lexical::Double);
const BOOLEAN: XesElement = XesElement::Attribute(Lexical::Boolean);
const ID: XesElement = XesElement::Attribute(Lexical::Uuid);

/// The extensions whose keys are known.
static KNOWN: [Extension; 12] = [
    Extension {
        name: "Concept",
        prefix: "concept",
        file: "concept",
        keys: &[("name", STRING), ("instance", STRING)],
    },
    Extension {
        name: "Lifecycle",
        prefix: "lifecycle",
        file: "lifecycle",
        keys: &[("model", STRING), ("transition", STRING), ("state", STRING)],
    },
    Extension {
        name: "Organizational",
        prefix: "org",
        file: "org",
        keys: &[("resource", STRING), ("role", STRING), ("group", STRING)],
    },
    Extension { name: "Time", prefix: "time", file: "time", keys: &[("timestamp", DATE)] },
    Extension { name: "Semantic", prefix: "semantic", file: "semantic", keys: &[("modelReference", STRING)] },
    Extension { name: "ID", prefix: "identity", file: "identity", keys: &[("id", ID)] },
    Extension {
        name: "Cost",
        prefix: "cost",
        file: "cost",
        keys: &[
            ("total", FLOAT),
            ("currency", STRING),
            ("amount", FLOAT),
            ("driver", STRING),
            ("type", STRING),
        ],
    },
    Extension {
        name: "Micro",
        prefix: "micro",
        file: "micro",
        keys: &[("level", INT), ("parentId", ID), ("length", INT)],
    },
    Extension {
        name: "Software Communication",
        prefix: "swcomm",
        file: "swcomm",
        keys: &[("localHost", STRING), ("localPort", INT), ("remoteHost", STRING), ("remotePort", INT)],
    },
    Extension {
        name: "Software Telemetry",
        prefix: "swtelemetry",
        file: "swtelemetry",
        keys: &[
            ("cpuTotalUser", INT),
            ("cpuTotalKernel", INT),
            ("cpuTotalIdle", INT),
            ("cpuLoadUser", FLOAT),
            ("cpuLoadKernel", FLOAT),
            ("threadTotal", INT),
            ("threadDaemon", INT),
            ("memoryUsed", INT),
            ("memoryTotal", INT),
            ("memoryLoad", FLOAT),
        ],
    },
    Extension {
        name: "Software Event",
        prefix: "swevent",
        file: "swevent",
        keys: &[
            ("type", STRING),
            ("callee-class", STRING),
            ("callee-method", STRING),
            ("callee-isConstructor", BOOLEAN),
            ("callee-lineNr", INT),
            ("caller-class", STRING),
            ("caller-method", STRING),
            ("caller-isConstructor", BOOLEAN),
            ("caller-lineNr", INT),
        ],
    },
    Extension {
        name: "Artifact Lifecycle",
        prefix: "artifactlifecycle",
        file: "artifactlifecycle",
        keys: &[("model", STRING), ("moves", XesElement::List)],
    },
];

impl Extension {
    /// The one that is known by this prefix.
    pub fn of_prefix(prefix: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|known| known.prefix == prefix)
    }

    /// The one that this URI names; `None` for one that is none of those known, whatever its prefix.
    pub fn of_uri(uri: &str) -> Option<&'static Self> {
        let uri = uri.trim();
        let rest = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://"))?;
        let rest = rest.strip_prefix("www.").unwrap_or(rest);
        let (host, path) = rest.split_once('/')?;
        // Before the standard they were published by those who wrote it.
        let path = match host {
            "xes-standard.org" => path,
            "code.deckfour.org" | "code.fluxicon.com" => path.strip_prefix("xes/").unwrap_or(path),
            _ => return None,
        };
        let file = path.strip_suffix(".xesext")?;
        KNOWN.iter().find(|known| known.file == file)
    }

    /// The element that an attribute of this key, without its prefix, is.
    pub fn element_of(&self, key: &str) -> Option<XesElement> {
        self.keys.iter().find(|(known, _)| *known == key).map(|(_, element)| *element)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_known_by_prefix_and_by_uri() {
        for known in &KNOWN {
            assert_eq!(Extension::of_prefix(known.prefix).unwrap().name, known.name);
            let uri = format!("http://www.xes-standard.org/{}.xesext", known.file);
            assert_eq!(Extension::of_uri(&uri).unwrap().name, known.name);
        }
        for (uri, name) in [
            ("http://www.xes-standard.org/concept.xesext", Some("Concept")),
            (" https://xes-standard.org/org.xesext ", Some("Organizational")),
            ("http://code.deckfour.org/xes/time.xesext", Some("Time")),
            ("http://code.fluxicon.com/xes/cost.xesext", Some("Cost")),
            ("http://www.xes-standard.org/meta_time.xesext", None),
            ("http://example.org/concept.xesext", None),
            ("concept.xesext", None),
            ("", None),
        ] {
            assert_eq!(Extension::of_uri(uri).map(|it| it.name), name, "{uri}");
        }
    }
}
