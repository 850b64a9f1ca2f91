using System.Text.RegularExpressions;
using Casemate.Rego;

namespace Casemate.KataPolicy.Settings;

/// <summary>
/// Whether a setting is a regular expression as policies take them. A rule with another one is an error within the guest: it would allow
/// nothing, and what a list of patterns forbids would be allowed.
/// </summary>
internal static partial class SettingsPattern
{
    private const string Function = "regex.match: ";
    private const string Policy = """
        package settings

        matches := regex.match(input, "")
        """;

    private static readonly PreparedQuery s_query =
        RegoCompiler.Compile("settings.rego", Policy, new RegoCompileOptions { Version = RegoVersion.V0 }).Policy!.Prepare("data.settings.matches");

    private static readonly RegoEvaluation s_evaluation = RegoEvaluation.Default with { StrictBuiltinErrors = true };

    /// <summary>What is wrong with a pattern; null where nothing is.</summary>
    /// <param name="pattern">The pattern, in which <c>$(…)</c> stands for a pattern of its own.</param>
    public static string? FaultOf(string pattern)
    {
        var filled = Placeholder().Replace(pattern, "(?:x)");
        if (s_query.Evaluate(RegoValue.From(filled), RegoState.Initial.Data, s_evaluation).Error is not { } error)
        {
            return null;
        }

        return error.Message.StartsWith(Function, StringComparison.Ordinal) ? error.Message[Function.Length..] : error.Message;
    }

    [GeneratedRegex(@"\$\([a-z0-9_-]+\)", RegexOptions.NonBacktracking)]
    private static partial Regex Placeholder();
}
