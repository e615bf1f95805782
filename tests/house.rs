//! The house keeps its own rules: walls between rooms, short files, one place for SQL, papers that match the code.
//!
//! Each rule is a function from a file to what it finds wrong there, and beside each stands a sample that it must
//! find: a check that cannot fail is a defect. What the rules are for is in CONTRIBUTING.md.

#[path = "house/habits.rs"]
mod habits;
#[path = "house/papers.rs"]
mod papers;
#[path = "house/source.rs"]
mod source;
#[path = "house/tidy.rs"]
mod tidy;
#[path = "house/walls.rs"]
mod walls;

use source::{File, Finding, repository};

/// Applies a rule to every file and names all it finds.
fn keep(rule: impl Fn(&File) -> Vec<Finding>) {
    let found: Vec<Finding> = repository().iter().flat_map(rule).collect();
    expect_none(&found);
}

fn expect_none(found: &[Finding]) {
    let list: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "\n  {}\n", list.join("\n  "));
}

#[test]
fn rooms_name_only_what_their_walls_let_through() {
    keep(walls::walls);
}

#[test]
fn manifests_let_nothing_through_the_walls() {
    keep(walls::manifests);
}

#[test]
fn every_file_begins_with_what_it_is_for() {
    keep(tidy::purpose);
}

#[test]
fn no_file_is_too_long() {
    keep(tidy::length);
}

#[test]
fn no_function_is_too_long() {
    keep(tidy::functions);
}

#[test]
fn names_say_what_is_inside() {
    keep(tidy::names);
}

#[test]
fn sql_is_in_the_store_alone() {
    keep(habits::sql);
}

#[test]
fn feature_switches_are_in_the_crate_roots_and_server_functions_alone() {
    keep(habits::switches);
}

#[test]
fn no_span_records_arguments() {
    keep(habits::spans);
}

#[test]
fn nothing_panics_in_the_browser() {
    keep(habits::panics);
}

#[test]
fn no_markup_goes_into_a_page_unparsed() {
    keep(habits::raw_markup);
}

#[test]
fn no_text_area_has_children() {
    keep(habits::text_areas);
}

#[test]
fn no_style_is_written_into_a_page() {
    keep(habits::inline_styles);
}

#[test]
fn both_databases_have_the_same_migrations() {
    expect_none(&papers::migrations(&repository()));
}

#[test]
fn every_setting_is_documented_with_its_default() {
    expect_none(&papers::settings(&repository()));
}

#[test]
fn every_limit_that_is_set_anywhere_exists() {
    let files = repository();
    keep(|file| papers::limit_variables(file, &files));
}

#[test]
fn build_and_instance_agree_on_the_keys_they_share() {
    expect_none(&papers::shared_keys(&repository()));
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    keep(papers::machine);
}

#[test]
fn documents_speak_of_files_and_tests_there_are() {
    let files = repository();
    let found: Vec<Finding> = files.iter().flat_map(|file| papers::documents(file, &files)).collect();
    expect_none(&found);
}
