using System.CommandLine;
using Casemate.Cli.Output;

namespace Casemate.Cli.Commands;

/// <summary>Options that every command has. Read back by name, because a symbol belongs to the one tree that it was added to.</summary>
internal static class GlobalOptions
{
    private const string Output = "--output";
    private const string Quiet = "--quiet";
    private const string Verbose = "--verbose";
    private const string NoColor = "--no-color";

    public static void AddTo(Command root)
    {
        var output = new Option<string>(Output, "-o")
        {
            Description = "Form of the result: table, json or yaml. Without effect on commands that print no result of their own: run, "
                + "serve, completion, secret set, get and delete.",
            HelpName = "table|json|yaml",
            Recursive = true,
            DefaultValueFactory = _ => "table",
        };
        root.Add(output.AcceptOnlyFromAmong("table", "json", "yaml"));
        root.Add(Flag(
            Quiet, "-q", "Print results and errors only, no notes or progress; of what run and up tell, refusals and the last line."));
        root.Add(Flag(Verbose, "-v", "Print more about what is being done, on standard error."));
        root.Add(Flag(
            NoColor, null, "No colours. NO_COLOR in the environment does the same; output that is not a terminal never has any."));
    }

    /// <summary>The chosen output format.</summary>
    public static OutputFormat FormatOf(ParseResult arguments) => arguments.GetValue<string>(Output) switch
    {
        "json" => OutputFormat.Json,
        "yaml" => OutputFormat.Yaml,
        _ => OutputFormat.Table,
    };

    /// <summary>Whether <c>--quiet</c> was given.</summary>
    public static bool IsQuiet(ParseResult arguments) => arguments.GetValue<bool>(Quiet);

    /// <summary>Whether <c>--verbose</c> was given.</summary>
    public static bool IsVerbose(ParseResult arguments) => arguments.GetValue<bool>(Verbose);

    /// <summary>Whether <c>--no-color</c> was given.</summary>
    public static bool IsWithoutColor(ParseResult arguments) => arguments.GetValue<bool>(NoColor);

    private static Option<bool> Flag(string name, string? alias, string description) =>
        new(name, alias is null ? [] : [alias]) { Description = description, Recursive = true };
}
