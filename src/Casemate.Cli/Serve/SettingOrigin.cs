using System.CommandLine.Parsing;
using Casemate.Cli.Commands;

namespace Casemate.Cli.Serve;

/// <summary>
/// Says where the value of a setting came from when it was not the flag that messages call it by: a variable of the environment, or a line of
/// the settings' file.
/// </summary>
internal static class SettingOrigin
{
    /// <summary>Adds to an objection where the settings that it names were given; those that were given as flags are in plain sight.</summary>
    /// <param name="failure">The objection.</param>
    /// <param name="settings">All settings of the command.</param>
    /// <param name="context">Has their values.</param>
    public static CliException Explain(CliException failure, IReadOnlyList<Setting> settings, CommandContext context)
    {
        List<string> origins =
            [.. settings.Where(setting => Names(failure, setting.Flag)).Select(setting => Find(setting, context)).OfType<string>()];
        return origins.Count == 0
            ? failure
            : new CliException(failure.ExitCode, failure.Message, failure.Remedy, failure) { Findings = [.. failure.Findings, .. origins] };
    }

    private static string? Find(Setting setting, CommandContext context) =>
        context.Arguments.GetResult(setting.Flag) is OptionResult { Implicit: false } ? null
        : context.Invocation.Environment(setting.Variable) is { Length: > 0 } ? $"{setting.Flag} comes from the environment: {setting.Variable}"
        : context.File?.PlaceOf(setting) is { } place ? $"{setting.Flag} comes from {place}"
        : null;

    private static bool Names(CliException failure, string flag) =>
        HasWord(failure.Message, flag) || (failure.Remedy is { } remedy && HasWord(remedy, flag));

    // A flag may be the beginning of another one.
    private static bool HasWord(string text, string flag)
    {
        for (var at = text.IndexOf(flag, StringComparison.Ordinal); at >= 0; at = text.IndexOf(flag, at + 1, StringComparison.Ordinal))
        {
            var end = at + flag.Length;
            if (end == text.Length || !(char.IsAsciiLetterOrDigit(text[end]) || text[end] == '-'))
            {
                return true;
            }
        }

        return false;
    }
}
