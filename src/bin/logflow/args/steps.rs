//! Flags that ask for steps. Names, help and values follow from the registry of steps in the library.

use clap::builder::{PossibleValuesParser, ValueParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use logflow::step::pseudonymise::usual_days;
use logflow::step::registry::{STEPS, StepField, StepFlag};

use crate::parse::sentence;

/// The values of the flags of steps: those about columns, or those about rows.
#[derive(Debug, Clone, Default)]
pub struct StepArgs<const COLUMNS: bool> {
    given: Vec<(&'static str, Vec<String>)>,
}

impl<const COLUMNS: bool> StepArgs<COLUMNS> {
    /// The values of a flag, in the order in which they were given.
    pub fn values(&self, long: &str) -> Vec<String> {
        let found = self.given.iter().find(|(name, _)| *name == long);
        found.map(|(_, values)| values.clone()).unwrap_or_default()
    }

    fn flags() -> impl Iterator<Item = (&'static StepField, &'static StepFlag)> {
        let fields = STEPS.iter().flat_map(|row| row.fields);
        fields
            .filter_map(|field| Some((field, field.flag.as_ref()?)))
            .filter(|(_, flag)| flag.is_about_columns == COLUMNS)
    }
}

fn arg((field, flag): (&'static StepField, &'static StepFlag)) -> Arg {
    let check = field.check;
    let parser: ValueParser = match field.words {
        [] => ValueParser::new(move |text: &str| -> Result<String, String> {
            check(text).map(|()| text.to_owned()).map_err(sentence)
        }),
        words => PossibleValuesParser::new(words.iter().copied()).into(),
    };
    let mut arg = Arg::new(flag.long)
        .long(flag.long)
        .value_name(flag.value_name)
        .help(field.doc)
        .help_heading(flag.heading)
        .hide_possible_values(true)
        .action(ArgAction::Append)
        .value_parser(parser);
    if flag.value_name.starts_with("[=") {
        // What it is without a value.
        arg = arg.num_args(0..=1).require_equals(true).default_missing_value(usual_days());
        arg = arg.value_name(flag.value_name.trim_matches(['[', '=', ']']));
    }
    if let Some(alias) = flag.alias {
        arg = arg.visible_alias(alias);
    }
    if let Some(default) = flag.default {
        arg = arg.default_value(default).action(ArgAction::Set);
    }
    arg
}

impl<const COLUMNS: bool> Args for StepArgs<COLUMNS> {
    fn augment_args(command: Command) -> Command {
        command.args(Self::flags().map(arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<const COLUMNS: bool> FromArgMatches for StepArgs<COLUMNS> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let values = |flag: &StepFlag| -> Vec<String> {
            let found = matches.get_many::<String>(flag.long);
            found.map(|values| values.cloned().collect()).unwrap_or_default()
        };
        Ok(Self { given: Self::flags().map(|(_, flag)| (flag.long, values(flag))).collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
