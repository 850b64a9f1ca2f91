using System.Collections.Immutable;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.KataPolicy;
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

    /// <summary>Refuses a command line that names standard input more than once: what was read is gone.</summary>
    /// <param name="paths">All inputs; null for those that are not named.</param>
    /// <exception cref="CliException">It does (exit code 2).</exception>
    public static void RequireOneStandardInput(params IEnumerable<string?> paths)
    {
        if (paths.Count(path => path == "-") > 1)
        {
            throw CliException.Usage("standard input can be named once", "Name a file in the place of every other '-'.");
        }
    }

    /// <summary>What a file is called in messages.</summary>
    public static string NameOf(string path) => path == "-" ? "standard input" : path;

    /// <summary>The same within a sentence: files stand in quotes.</summary>
    public static string Quoted(string path) => path == "-" ? "standard input" : $"'{path}'";

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

    /// <summary>Refuses policies whose text the agent refuses.</summary>
    /// <exception cref="CliException">There is one (exit code 3).</exception>
    public static void RefuseBroken(IEnumerable<CarriedPolicy> policies)
    {
        foreach (var policy in policies.Where(policy => policy.Policy is not null).DistinctBy(policy => policy.Policy))
        {
            _ = new ChosenPolicy(policy.Origin, policy.Workload, policy.Policy!).Compile();
        }
    }

    /// <summary>Says on which requests policies do not decide.</summary>
    public static void WarnOfUndecided(ConsoleOutput console, IEnumerable<CarriedPolicy> policies)
    {
        foreach (var policy in policies.Where(policy => policy.Policy is not null).DistinctBy(policy => policy.Policy))
        {
            if (AgentPolicy.TryCompile(policy.Policy!, out var compiled, out _) && PolicyCheck.UndecidedSentence(compiled) is { } undecided)
            {
                console.Warn($"{ErrorText.OneLine(policy.Origin)}: {undecided}");
            }
        }
    }

    /// <summary>Says that a policy has a digest which no guest will ever run under: its agent refuses the text.</summary>
    public static void WarnOfBroken(ConsoleOutput console, IEnumerable<CarriedPolicy> policies)
    {
        foreach (var policy in policies.Where(policy => policy.Policy is not null).DistinctBy(policy => policy.Policy))
        {
            if (!AgentPolicy.TryCompile(policy.Policy!, out _, out var errors))
            {
                console.Warn(
                    $"{ErrorText.OneLine(policy.Origin)}: the agent would refuse this policy, so no container starts under it: "
                    + $"{ErrorText.OneLine(errors[0].ToString())}");
            }
        }
    }

    /// <summary>Reads a file, or standard input for <c>-</c>.</summary>
    /// <exception cref="CliException">It cannot be read, or is too large (exit code 3).</exception>
    public static byte[] ReadBytes(CommandContext context, string? option, string path) =>
        InputFile.ReadOrStandardInput(context, option, path, ManifestLimits.MaxFileBytes);
}
