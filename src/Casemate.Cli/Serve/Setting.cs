using System.CommandLine;
using System.CommandLine.Parsing;
using Casemate.Cli.Commands;

namespace Casemate.Cli.Serve;

/// <summary>
/// One setting of a service: its flag, the environment variable that stands in for it, its key in the settings' file, and what the help
/// says. The flag wins over the variable, the variable over the file, the file over the default.
/// </summary>
/// <param name="Flag">Such as <c>--tls-cert</c>.</param>
/// <param name="ValueName">What the help calls the value; null for a switch.</param>
/// <param name="Description">What it does: one or two sentences.</param>
/// <param name="Default">The value when it is not given, for the help; null when there is none.</param>
/// <param name="Many">True when the flag may be given several times; the variable then holds values separated by commas.</param>
internal sealed record Setting(string Flag, string? ValueName, string Description, string? Default = null, bool Many = false)
{
    /// <summary>The environment variable, such as <c>CASEMATE_TLS_CERT</c>.</summary>
    public string Variable { get; } = "CASEMATE_" + Flag[2..].ToUpperInvariant().Replace('-', '_');

    /// <summary>Adds the flag to a command.</summary>
    public void AddTo(Command command)
    {
        var description = $"{Description}{(Default is null ? "" : $" Default: {Default}.")} Environment: {Variable}.";
        command.Add((ValueName, Many) switch
        {
            (null, _) => new Option<bool>(Flag) { Description = description },
            (_, true) => new Option<string[]>(Flag) { Description = description, HelpName = ValueName, Arity = ArgumentArity.OneOrMore },
            _ => new Option<string>(Flag) { Description = description, HelpName = ValueName },
        });
    }

    /// <summary>The value; the empty text counts as not given. Null when there is neither value nor default.</summary>
    public string? Text(CommandContext context) => Given(context) ?? Default;

    /// <summary>The value, or null when it is not given.</summary>
    public string? Given(CommandContext context) =>
        context.Arguments.GetValue<string>(Flag) is { Length: > 0 } flag ? flag
        : context.Invocation.Environment(Variable) is { Length: > 0 } variable ? variable
        : context.File?.Text(this);

    /// <summary>The values; empty when none is given.</summary>
    /// <exception cref="CliException">The flag was given an empty text (exit code 2), such as a shell's variable that is not set.</exception>
    public IReadOnlyList<string> Values(CommandContext context) =>
        context.Arguments.GetValue<string[]>(Flag) is { Length: > 0 } flag
            ? flag.All(value => value.Length > 0) ? flag
                : throw CliException.Usage($"{Flag}: the value is empty", "Leave the flag out, or give it a value.")
            : context.Invocation.Environment(Variable)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                is { Length: > 0 } variable ? variable
            : context.File?.Values(this) ?? [];

    /// <summary>Whether the switch is on.</summary>
    /// <exception cref="CliException">The variable holds something else than a yes or no (exit code 2).</exception>
    public bool IsOn(CommandContext context) => context.Arguments.GetResult(Flag) is OptionResult { Implicit: false }
        ? context.Arguments.GetValue<bool>(Flag)
        : context.Invocation.Environment(Variable) switch
        {
            null or "" => context.File?.IsOn(this) ?? false,
            "0" or "false" or "no" => false,
            "1" or "true" or "yes" => true,
            var other => throw CliException.Usage($"{Variable} is '{other}', which is neither yes nor no", "Write 1 or 0."),
        };
}
