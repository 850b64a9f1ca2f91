using System.Collections.Immutable;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.KataPolicy.Initdata;
using Casemate.KataPolicy.Manifests;

namespace Casemate.Cli.Policy;

/// <summary>Files that carry policies, in whatever form, as arguments name them.</summary>
internal static class PolicyInput
{
    public const string Forms = "annotated YAML or JSON, an initdata document or block device, an annotation's value, or Rego text; '-' for "
        + "standard input";

    /// <summary>Reads the policies of a file.</summary>
    /// <exception cref="CliException">It cannot be read, or carries none (exit code 3).</exception>
    public static ImmutableArray<CarriedPolicy> Read(CommandContext context, string path)
    {
        return PolicyFile.TryRead(NameOf(path), ReadBytes(context, null, path), out var policies) is { } problem
            ? throw CliException.BadInput(problem, $"Give {Forms}.")
            : policies;
    }

    private static string NameOf(string path) => path == "-" ? "standard input" : path;

    /// <summary>Says what the digest of Rego text alone is good for: which guests report it, and which report another.</summary>
    public static void NoteTextAlone(ConsoleOutput console, IReadOnlyCollection<string> paths, IEnumerable<CarriedPolicy> policies)
    {
        // Within a manifest it is AKS's annotation that holds the text, and its place is part of the origin: there nothing is left to guess.
        var names = paths.Select(NameOf).ToHashSet(StringComparer.Ordinal);
        var alone = policies.Where(policy => policy.IsAgentPolicy && names.Contains(policy.Origin)).Select(policy => policy.Origin).Distinct()
            .ToList();
        if (alone.Count > 0)
        {
            console.Note(
                $"{ErrorText.OneLine(string.Join(", ", alone))}: the text alone: HOST_DATA as AKS has it; a Kata guest "
                + "reports the digest of the initdata: give the annotated YAML");
        }
    }

    /// <summary>Reads a file, or standard input for <c>-</c>.</summary>
    /// <exception cref="CliException">It cannot be read, or is too large (exit code 3).</exception>
    public static byte[] ReadBytes(CommandContext context, string? option, string path) =>
        InputFile.ReadOrStandardInput(context, option, path, ManifestLimits.MaxFileBytes);
}
