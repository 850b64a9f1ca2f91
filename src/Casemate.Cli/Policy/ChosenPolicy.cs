using System.Collections.Immutable;
using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.KataPolicy;
using Casemate.KataPolicy.Initdata;

namespace Casemate.Cli.Policy;

/// <summary>A policy's text with the workload that carries it: all of a file's, or the one that <c>--workload</c> chooses.</summary>
/// <param name="Origin">Where it was found, for people.</param>
/// <param name="Workload">The workload, as <c>Deployment/web</c>; null where none carries it.</param>
/// <param name="Text">The Rego text.</param>
internal sealed record ChosenPolicy(string Origin, string? Workload, string Text)
{
    private const string Form = "KIND/NAME";

    /// <summary>Makes the option that chooses a workload.</summary>
    /// <param name="isNeeded">Whether the command can do nothing with several.</param>
    public static Option<string?> Option(bool isNeeded) => new("--workload")
    {
        Description = "The workload of annotated YAML that is meant, such as Deployment/web; NAMESPACE/KIND/NAME where that is not enough. "
            + (isNeeded ? "Needed where the file has several." : "Default: all."),
        HelpName = Form,
    };

    /// <summary>Reads what a file carries for a workload; everything where none is named.</summary>
    /// <exception cref="CliException">It cannot be read, or has no such workload (exit code 3).</exception>
    public static ImmutableArray<CarriedPolicy> ReadCarried(CommandContext context, string path, string? workload) =>
        Meant(PolicyInput.Read(context, path), path, workload);

    private static ImmutableArray<CarriedPolicy> Meant(ImmutableArray<CarriedPolicy> all, string path, string? workload)
    {
        if (workload is null)
        {
            return all;
        }

        var found = all.Where(policy => WorkloadName.Of(policy)?.IsMeant(workload) is true).ToImmutableArray();
        if (found.IsEmpty)
        {
            throw CliException.BadInput(
                $"{PolicyInput.Quoted(path)} has no workload '{workload}' with a policy",
                all.All(policy => policy.Workload is null) ? "It carries one policy and names no workload: leave --workload out."
                    : $"There are: {Names(all)}.");
        }

        var places = found.Select(policy => (policy.Namespace, policy.Workload)).Distinct().Count();
        return places == 1 ? found : throw CliException.BadInput(
            $"{PolicyInput.Quoted(path)} has {places} workloads '{workload}'", $"Name one with its namespace: {Names(found, withNamespace: true)}.");
    }

    /// <summary>Reads the texts of a file's policies, each workload's once; at least one.</summary>
    /// <exception cref="CliException">As <see cref="ReadCarried"/>; or there is no policy (exit code 3).</exception>
    public static IReadOnlyList<ChosenPolicy> ReadAll(CommandContext context, string path, string? workload) =>
        TextsOf(ReadCarried(context, path, workload), path);

    private static List<ChosenPolicy> TextsOf(ImmutableArray<CarriedPolicy> carried, string path)
    {
        // A workload that carries its policy in both forms carries one policy.
        var texts = carried.Where(policy => policy.Policy is not null)
            .DistinctBy(policy => (policy.Namespace, policy.Workload, policy.Policy))
            .Select(policy => new ChosenPolicy(policy.Origin, policy.Workload, policy.Policy!)).ToList();
        return texts.Count > 0 ? texts
            : throw CliException.BadInput($"{PolicyInput.Quoted(path)} carries initdata without a policy", "Give a file that carries a policy.");
    }

    /// <summary>Reads the one policy that a command works on.</summary>
    /// <exception cref="CliException">As <see cref="ReadAll"/>; or there are several (exit code 3).</exception>
    public static ChosenPolicy ReadOne(CommandContext context, string path, string? workload) =>
        OnlyOneOf(ReadCarried(context, path, workload), path);

    private static ChosenPolicy OnlyOneOf(ImmutableArray<CarriedPolicy> carried, string path)
    {
        var all = TextsOf(carried, path);
        if (all.Count == 1)
        {
            return all[0];
        }

        var names = carried.Select(policy => (policy.Namespace, policy.Workload)).Distinct().Count();
        throw CliException.BadInput(
            names > 1 ? $"{PolicyInput.Quoted(path)} has policies of {names} workloads, and this command takes one"
                : $"{PolicyInput.Quoted(path)} carries {all.Count} different policies for one workload",
            names > 1 ? $"Choose one with --workload: {Names(carried)}."
                : "Make them again with 'casemate policy generate', or give one as 'casemate policy decode' prints it.");
    }

    /// <summary>As <see cref="ReadOne"/>, where a choice of another file's workload does not concern a file that names none.</summary>
    /// <exception cref="CliException">As <see cref="ReadOne"/>.</exception>
    public static ChosenPolicy ReadSide(CommandContext context, string path, string? workload)
    {
        var all = PolicyInput.Read(context, path);
        return OnlyOneOf(Meant(all, path, all.All(policy => policy.Workload is null) ? null : workload), path);
    }

    /// <summary>The policy's data.</summary>
    /// <exception cref="CliException">The policy is not of Casemate's making (exit code 3).</exception>
    public PolicyData ReadData() => PolicyDataText.TryReadPolicy(Text, out var data, out var error)
        ? data
        : throw CliException.BadInput(
            $"the data of the policy in '{Origin}' cannot be read: {error}", "Only policies that Casemate made can be put into words.");

    /// <summary>Compiles the policy.</summary>
    /// <exception cref="CliException">The agent would refuse it (exit code 3).</exception>
    public AgentPolicy Compile() => AgentPolicy.TryCompile(Text, out var policy, out var errors)
        ? policy
        : throw new CliException(
            ExitCode.BadInput, $"the agent would refuse the policy in '{Origin}'", "Mend the policy, or generate it again.")
        {
            Findings = [.. errors.Select(error => error.ToString())],
        };

    /// <summary>Writes a heading where one of several follows.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="isFirst">Whether nothing stands before it.</param>
    public void WriteHeading(ConsoleOutput console, bool isFirst)
    {
        if (!isFirst)
        {
            console.Out.WriteLine();
        }

        console.Out.WriteLine(console.Paint(Tone.Strong, $"=== {ErrorText.OneLine(Origin)}"));
    }

    private static string Names(IEnumerable<CarriedPolicy> policies, bool withNamespace = false) =>
        WorkloadName.List(policies.Select(WorkloadName.Of).OfType<WorkloadName>(), withNamespace);
}
