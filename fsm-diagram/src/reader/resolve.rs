//! From a draft to a diagram: names are settled, arrows from and to groups are made arrows from and
//! to states.

use std::collections::{HashMap, HashSet};

use super::choice;
use super::draft::{Draft, End, Kind, Link, Node, check_size};
use super::error::ParseError;
use crate::writer::is_alias_of;
use crate::{Diagram, Edge, Group, State};

/// Makes a diagram of what was read.
pub(super) fn resolve(draft: &Draft) -> Result<Diagram, ParseError> {
    let mut resolver = Resolver::new(draft);
    let links = choice::joined(draft)?;
    // The starts of groups first: arrows to a group need them.
    for link in &links {
        resolver.start_of_group(link);
    }
    for group in 0..resolver.diagram.groups.len() {
        resolver.diagram.groups[group].initial = resolver.first_state(group);
    }
    for link in &links {
        resolver.start_or_end(link)?;
    }
    resolver.find_members();
    for link in &links {
        resolver.row(link)?;
    }
    Ok(resolver.diagram)
}

struct Resolver {
    diagram: Diagram,
    /// For each node its place among the states or among the groups.
    places: Vec<Option<Place>>,
    /// For each group the node that `[*]` inside it leads to.
    starts: HashMap<usize, usize>,
    /// For each group the states in it, however deep, without the final ones.
    members: Vec<Vec<usize>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    State(usize),
    Group(usize),
}

impl Resolver {
    fn new(draft: &Draft) -> Self {
        let mut diagram = Diagram { name: draft.name.clone(), ..Diagram::default() };
        let mut places = vec![None; draft.nodes.len()];
        // A group stands behind the one around it.
        let mut groups: Vec<usize> =
            (0..draft.nodes.len()).filter(|n| draft.nodes[*n].kind == Kind::Group).collect();
        let depth = |node: &usize| {
            std::iter::successors(Some(*node), |each| draft.nodes[*each].parent).count()
        };
        groups.sort_by_key(depth);
        for node in groups {
            places[node] = Some(Place::Group(diagram.groups.len()));
            let (name, _) = name_and_docs(&draft.nodes[node]);
            let parent = group_around(&draft.nodes[node], &places);
            diagram.groups.push(Group { name, parent, ..Group::default() });
        }
        for (number, node) in draft.nodes.iter().enumerate() {
            if node.kind == Kind::State {
                places[number] = Some(Place::State(diagram.states.len()));
                let (name, docs) = name_and_docs(node);
                diagram.states.push(State {
                    name,
                    docs,
                    initial: false,
                    is_final: node.is_final,
                    group: group_around(node, &places),
                    line: node.line,
                });
            }
        }
        Self { diagram, places, starts: HashMap::new(), members: Vec::new() }
    }

    fn place(&self, end: End) -> Option<Place> {
        match end {
            End::Node(node) => self.places[node],
            End::Pseudo => None,
        }
    }

    /// The group that an arrow stands in.
    fn scope(&self, link: &Link) -> Option<usize> {
        match link.scope.and_then(|node| self.places[node]) {
            Some(Place::Group(group)) => Some(group),
            _ => None,
        }
    }

    fn start_of_group(&mut self, link: &Link) {
        if let (End::Pseudo, End::Node(target), Some(group)) =
            (link.source, link.target, self.scope(link))
        {
            self.starts.entry(group).or_insert(target);
        }
    }

    /// The state that an arrow to the group leads to.
    fn first_state(&self, group: usize) -> Option<usize> {
        let mut group = group;
        // A start may lead to a group inside, and, drawn wrong, in a circle.
        for _ in 0..=self.diagram.groups.len() {
            match self.places[*self.starts.get(&group)?]? {
                Place::State(state) => return Some(state),
                Place::Group(inside) => group = inside,
            }
        }
        None
    }

    fn start_or_end(&mut self, link: &Link) -> Result<(), ParseError> {
        let scope = self.scope(link);
        match (link.source, link.target) {
            (End::Pseudo, End::Pseudo) => {
                Err(unsupported(link, "an arrow from `[*]` to `[*]`", "draw a state between them"))
            }
            (End::Pseudo, target) if scope.is_none() => {
                let state = self.target(target, link)?;
                self.diagram.states[state].initial = true;
                Ok(())
            }
            (source, End::Pseudo) => match (self.place(source), scope) {
                (Some(Place::State(state)), None) => {
                    self.diagram.states[state].is_final = true;
                    Ok(())
                }
                (Some(Place::State(state)), Some(group)) => {
                    let finals = &mut self.diagram.groups[group].finals;
                    if !finals.contains(&state) {
                        finals.push(state);
                    }
                    Ok(())
                }
                _ => {
                    let what = "an arrow from a group to `[*]`";
                    Err(unsupported(link, what, "draw it from the states that are final"))
                }
            },
            _ => Ok(()),
        }
    }

    /// The state that an arrow leads to.
    fn target(&self, end: End, link: &Link) -> Result<usize, ParseError> {
        match self.place(end) {
            Some(Place::State(state)) => Ok(state),
            Some(Place::Group(group)) => self.diagram.groups[group].initial.ok_or_else(|| {
                let (line, column) = link.place;
                let group = self.diagram.groups[group].name.clone();
                ParseError::GroupWithoutInitial { line, column, group }
            }),
            None => Err(unsupported(link, "an arrow to this", "draw it to a state")),
        }
    }

    fn find_members(&mut self) {
        self.members = vec![Vec::new(); self.diagram.groups.len()];
        for (state, each) in self.diagram.states.iter().enumerate() {
            for group in self.diagram.groups_of(state).filter(|_| !each.is_final) {
                self.members[group].push(state);
            }
        }
    }

    fn row(&mut self, link: &Link) -> Result<(), ParseError> {
        match self.place(link.source) {
            None => Ok(()),
            Some(_) if link.target == End::Pseudo => Ok(()),
            Some(Place::State(source)) => {
                let target = self.target(link.target, link)?;
                self.edge(source, target, None, link)
            }
            Some(Place::Group(group)) => {
                let target =
                    if link.internal { None } else { Some(self.target(link.target, link)?) };
                for number in 0..self.members[group].len() {
                    let source = self.members[group][number];
                    self.edge(source, target.unwrap_or(source), Some(group), link)?;
                }
                Ok(())
            }
        }
    }

    fn edge(
        &mut self,
        source: usize,
        target: usize,
        group: Option<usize>,
        link: &Link,
    ) -> Result<(), ParseError> {
        check_size(self.diagram.edges.len(), link.place)?;
        let trigger = match link.label.trigger.as_str() {
            "always" => String::new(),
            trigger => trigger.to_owned(),
        };
        self.diagram.edges.push(Edge {
            source,
            target,
            internal: link.internal,
            trigger,
            guard: link.label.guard.clone(),
            action: link.label.action.clone(),
            group,
            line: link.place.0,
        });
        Ok(())
    }
}

fn unsupported(link: &Link, what: &str, instead: &'static str) -> ParseError {
    let (line, column) = link.place;
    ParseError::Unsupported { line, column, what: what.to_owned(), instead }
}

fn group_around(node: &Node, places: &[Option<Place>]) -> Option<usize> {
    match places[node.parent?] {
        Some(Place::Group(group)) => Some(group),
        _ => None,
    }
}

/// The text beside an alias is the name; beside any other word it says more about it.
fn name_and_docs(node: &Node) -> (String, String) {
    let mut docs: Vec<&str> = node.docs.iter().map(String::as_str).collect();
    let name = match &node.text {
        Some(text) if is_alias_of(&node.id, text) => text,
        Some(text) if !text.is_empty() && *text != node.id => {
            docs.insert(0, text);
            &node.id
        }
        _ => &node.id,
    };
    (name.clone(), docs.join("\n"))
}

/// Finitomata's rule for a text that draws no start: a state that no arrow leads to is a start,
/// and a state that no arrow leaves is an end. Arrows from a state to itself do not count.
pub(super) fn infer(diagram: &mut Diagram, starts: bool, ends: bool) {
    let between = || diagram.edges.iter().filter(|edge| edge.source != edge.target);
    let sources: HashSet<usize> = between().map(|edge| edge.source).collect();
    let targets: HashSet<usize> = between().map(|edge| edge.target).collect();
    for (number, state) in diagram.states.iter_mut().enumerate() {
        let (leaves, enters) = (sources.contains(&number), targets.contains(&number));
        state.initial |= starts && leaves && !enters;
        state.is_final |= ends && enters && !leaves;
    }
}
